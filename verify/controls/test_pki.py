"""Certificates: who signed them, how long they last, who else is trusted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from verify.controls import facts
from verify.model import Source
from verify.observe import certificates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verify.controls.ledger import Ledger
    from verify.evidence import Evidence
    from verify.model import HostSeen

_LEFT = timedelta(days=7)


@pytest.mark.control("KW-PKI-01")
@pytest.mark.everywhere
def test_issuers(seen: HostSeen, evidence: Evidence, ledger: Ledger) -> None:
    """Ensure the issuer of each certificate in use, and what it points at, passes."""
    found = facts.abroad(evidence, seen.name, component="certificates")
    used = [(o, p) for o, p in found if o.source.setting != "trusted"]
    for one, place in used:
        ledger.write(str(place.status), f"{place.reason}; {one.note}", **facts.details(one, place))
    if not used and list(_served(seen)):
        ledger.passed("every certificate is signed by the platform's own authority", grade="E3")


@pytest.mark.control("KW-PKI-02")
@pytest.mark.everywhere
def test_validity(seen: HostSeen, ledger: Ledger) -> None:
    """Ensure each certificate that is served lasts another week."""
    for place, pem in _served(seen):
        found = certificates.parse(pem)
        if found is None:
            ledger.unknown(f"{place}: this is no certificate")
            continue
        left = found.not_after - datetime.now(UTC)
        said = f"{place}: {found.subject} until {found.not_after:%Y-%m-%d}"
        source = (Source("certificate", place),)
        ledger.expect(left > _LEFT, said, said, component="certificates", sources=source)


def _served(seen: HostSeen) -> Iterator[tuple[str, str]]:
    """Yield (place, PEM) of what a host or a name serves: the leaf of each chain."""
    for row in facts.rows(seen, "certificates", "served"):
        if len(row) == 3 and row[2] == 0:  # noqa: PLR2004
            yield f"port {row[0]} of {seen.name}", str(row[1])
    for pem in (seen.facts.get("chain") or ())[:1]:
        yield seen.name, str(pem)


@pytest.mark.control("KW-PKI-03")
def test_added_authorities(seen: HostSeen, evidence: Evidence, ledger: Ledger) -> None:
    """Ensure what was added to the trust store is the platform's own authority."""
    own = evidence.own
    rows = facts.rows(seen, "certificates", "trusted")
    judged = 0
    for row in rows:
        found = certificates.parse(str(row[1]))
        if found is not None and not found.authority:
            continue
        judged += 1
        name = found.subject if found else "no certificate"
        ledger.expect(
            found is not None and own.signed(found),
            f"{row[0]} is the platform's own",
            f"{row[0]}: {name} is not the platform's own",
            component="certificates",
            endpoint=certificates.PREFIX + name,
            sources=(Source("certificate", str(row[0]), 0, "trusted"),),
        )
    if not judged:
        ledger.passed("no authority was added")
