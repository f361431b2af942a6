"""What no host can show: who runs the data centre, the transit, the hosting, the registration."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from verify import contracts
from verify.model import LAYERS, Source

if TYPE_CHECKING:
    from verify.controls.ledger import Ledger
    from verify.evidence import Evidence
    from verify.model import HostSeen


@pytest.mark.control("KW-LOC-01")
def test_data_centre(seen: HostSeen, evidence: Evidence, ledger: Ledger) -> None:
    """Ensure the data centre of the host is run by a party that passes."""
    _declared("L1", seen, evidence, ledger)


@pytest.mark.control("KW-LOC-02")
def test_transit(seen: HostSeen, evidence: Evidence, ledger: Ledger) -> None:
    """Ensure the host's way to the internet is run by a party that passes."""
    _declared("L2", seen, evidence, ledger)


@pytest.mark.control("KW-LOC-03")
def test_hosting(seen: HostSeen, evidence: Evidence, ledger: Ledger) -> None:
    """Ensure the machine the host runs on is a party's that passes."""
    _declared("L3", seen, evidence, ledger)


@pytest.mark.control("KW-LOC-04")
def test_registrar(seen: HostSeen, evidence: Evidence, ledger: Ledger) -> None:
    """Ensure the registrar of the domain is a party that passes."""
    _declared("L4", seen, evidence, ledger)


@pytest.mark.control("KW-SUP-01")
def test_support(seen: HostSeen, evidence: Evidence, ledger: Ledger) -> None:
    """Ensure who supports the host is a party that passes."""
    _declared("L16", seen, evidence, ledger)


@pytest.mark.control("KW-OWN-01")
def test_owner(seen: HostSeen, evidence: Evidence, ledger: Ledger) -> None:
    """Ensure who owns the platform passes."""
    _declared("L17", seen, evidence, ledger)


def _declared(layer: str, seen: HostSeen, evidence: Evidence, ledger: Ledger) -> None:
    """Judge the parties of the contracts for a layer; none is a hole, in a lab an expected one."""
    held = [c for c in evidence.contracts if c.covers(layer, seen.name)]
    what = LAYERS[layer]
    if not held and evidence.inventory.lab:
        ledger.not_tested(
            f"a lab has no {what} of its own; a real deployment must supply a contract"
        )
    elif not held:
        ledger.unknown(f"nobody declared the {what} of this host in {contracts.FILE}", grade="E0")
    for contract in held:
        source = Source("contract", str(evidence.inventory.path / contracts.FILE), 0, contract.what)
        verdict = evidence.judge.engine.verdict(contract.party)
        old = datetime.now(UTC).date() - contract.date > timedelta(days=contracts.MAX_AGE)
        reason = f"{contract.what} by {contract.party} ({contract.reference}, {contract.date})"
        ledger.write(
            "UNKNOWN" if old and str(verdict.status) == "PASS" else str(verdict.status),
            f"{reason}; checked too long ago" if old else reason,
            component=contract.what,
            endpoint=contract.party,
            jurisdiction=verdict.jurisdiction.name,
            owner=verdict.owner or "",
            grade="E1",
            sources=(source,),
            chain=tuple(s.as_json() for s in verdict.chain),
        )
