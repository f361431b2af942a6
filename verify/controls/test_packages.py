"""What a host installs from, and whose signatures it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from verify.controls import facts
from verify.model import Source

if TYPE_CHECKING:
    from verify.controls.ledger import Ledger
    from verify.evidence import Evidence
    from verify.model import HostSeen

_DEPOT_KEY = "/etc/apt/keyrings/kootwijk-depot.gpg"


def _depot(evidence: Evidence, name: str) -> tuple[str, int | None]:
    url = urlsplit(str(evidence.inventory.host(name).vars.get("kootwijk_depot_url", "")))
    return url.hostname or "", url.port


@pytest.mark.control("KW-PKG-01")
def test_only_source(seen: HostSeen, evidence: Evidence, ledger: Ledger) -> None:
    """Ensure every source of packages that apt would read is the depot."""
    depot = _depot(evidence, seen.name)
    found = [
        r for r in facts.rows(seen, "apt") if str(r[0]).startswith(("/etc/apt/sources", "apt-get"))
    ]
    strange = 0
    for row in found:
        url = urlsplit(str(row[3]))
        if url.hostname and (url.hostname, url.port) != depot:
            strange += 1
            source = Source("file" if row[1] else "setting", str(row[0]), int(row[1]), str(row[2]))
            ledger.failed(
                f"{row[3]} is not the depot",
                component="apt",
                endpoint=url.hostname,
                sources=(source,),
            )
    if not found:
        ledger.failed("apt has no source at all", component="apt")
    elif not strange:
        ledger.passed(f"the depot at {depot[0]} alone", component="apt")


@pytest.mark.control("KW-PKG-02")
def test_origins(seen: HostSeen, evidence: Evidence, ledger: Ledger) -> None:
    """Ensure the installed version of each package is in the depot."""
    depot = _depot(evidence, seen.name)
    origins = facts.said(seen, "packages").get("origins")
    if not isinstance(origins, dict) or not origins:
        ledger.unknown("apt said nothing of where packages come from", component="apt")
        return
    strange = {
        name: urls
        for name, urls in origins.items()
        if not any((urlsplit(u).hostname, urlsplit(u).port) == depot for u in urls or ())
    }
    for name, urls in sorted(strange.items()):
        ledger.failed(
            f"{name} is from {', '.join(urls) or 'no source'}", component="apt", endpoint=name
        )
    if not strange:
        ledger.passed(f"{len(origins)} packages, all in the depot", component="apt")


@pytest.mark.control("KW-PKG-03")
def test_keys(seen: HostSeen, ledger: Ledger) -> None:
    """Ensure apt takes no signature but those of the depot and of Debian's own packages."""
    bad = [str(r[0]) for r in facts.rows(seen, "apt", "keys") if r[0] != _DEPOT_KEY and not r[1]]
    for path in bad:
        source = (Source("file", path),)
        ledger.failed(f"{path} is a key of others", component="apt", endpoint=path, sources=source)
    if not bad:
        ledger.passed("the depot's key alone", component="apt")


@pytest.mark.control("KW-PKG-04")
def test_as_shipped(seen: HostSeen, ledger: Ledger) -> None:
    """Ensure no program of a Debian package or of a service's wheels was changed afterwards."""
    checked = facts.said(seen, "altered").get("checked")
    if not checked:
        ledger.unknown("no sums of packages' files were found", component="dpkg")
        return
    found = facts.rows(seen, "altered", "altered")
    for path, owner, what in (map(str, row[:3]) for row in found):
        ledger.failed(
            f"{path} {what}",
            component=owner if owner != "none" else "python",
            endpoint=path,
            sources=(Source("file", path),),
        )
    if not found:
        ledger.passed(f"{checked} files are as they were brought", component="dpkg")
