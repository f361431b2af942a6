"""What the platform points at, and whose law reaches it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from verify.controls import facts
from verify.controls.endpoints import dependencies

if TYPE_CHECKING:
    from verify.controls.ledger import Ledger
    from verify.evidence import Evidence
    from verify.model import HostSeen


@pytest.mark.control("KW-DEP-01")
@pytest.mark.everywhere
def test_no_dependency_under_us_jurisdiction(
    seen: HostSeen, evidence: Evidence, ledger: Ledger
) -> None:
    """Ensure no component of the host points at an endpoint that fails or that nobody placed."""
    for found in dependencies(evidence, seen.name):
        ledger.write(found.pop("status"), found.pop("reason"), **found)


@pytest.mark.control("KW-DEP-02")
def test_everything_was_read(seen: HostSeen, ledger: Ledger) -> None:
    """Ensure nothing the collector was to read was too large, binary, in a circle or refused."""
    problems = seen.facts.get("problems") or []
    for problem in problems:
        place = str(problem.get("place", ""))
        ledger.unknown(f"{place}: {problem.get('what')}", component=place)
    if not problems:
        ledger.passed("everything was read")


@pytest.mark.control("KW-DEP-03")
def test_no_default_left(seen: HostSeen, evidence: Evidence, ledger: Ledger) -> None:
    """Ensure no known default of an upstream that points outside is in force."""
    found = [(o, p) for o, p in facts.abroad(evidence, seen.name) if o.source.kind == "default"]
    for one, place in found:
        ledger.write(
            str(place.status),
            f"nothing overrides {one.source.setting}: {place.reason}",
            **facts.details(one, place),
        )
    if not found:
        ledger.passed("no default that points outside is in force")
