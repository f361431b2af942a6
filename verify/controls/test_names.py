"""The zone, the resolver, and what stands above both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from verify.controls import facts
from verify.jurisdiction import names
from verify.model import Source

if TYPE_CHECKING:
    from verify.controls.ledger import Ledger
    from verify.evidence import Evidence
    from verify.model import HostSeen

# Key tags of the root's own keys: https://data.iana.org/root-anchors/root-anchors.xml
ROOT_KEYS = {"20326", "38696"}


@pytest.mark.control("KW-DNS-01")
def test_registry(zone: HostSeen, evidence: Evidence, ledger: Ledger) -> None:
    """Ensure the registry of the platform's domain passes."""
    if names.reserved(zone.name):
        ledger.not_tested(f"{zone.name} is a reserved name, which no registry gives out")
        return
    verdict = evidence.judge.engine.verdict("." + zone.name.rpartition(".")[2])
    ledger.write(
        str(verdict.status),
        f"the registry of {zone.name} is {verdict.owner or 'unknown'}",
        endpoint="." + zone.name.rpartition(".")[2],
        jurisdiction=verdict.jurisdiction.name,
        owner=verdict.owner or "",
        grade="E1",
        chain=tuple(s.as_json() for s in verdict.chain),
    )


@pytest.mark.control("KW-DNS-02")
def test_name_servers(zone: HostSeen, evidence: Evidence, ledger: Ledger) -> None:
    """Ensure every name server of the zone is the platform's own, or passes."""
    if _not_served(zone, ledger):
        return
    found = [o for o in evidence.of(zone.name) if o.source.setting.endswith(" NS")]
    for one in found:
        place = evidence.judge.place(zone.name, one.endpoint)
        fields = facts.details(one, place)
        ledger.write(str(place.status), f"{one.endpoint}: {place.reason}", **fields)
    if not found:
        ledger.failed("the zone has no NS record that its own server gives out")


@pytest.mark.control("KW-DNS-03")
def test_signed(zone: HostSeen, ledger: Ledger) -> None:
    """Ensure answers of the zone's own server carry signatures."""
    if not _not_served(zone, ledger):
        signed = (zone.facts.get("zone") or {}).get("signed")
        ledger.expect(signed, "answers carry signatures", "answers carry no signature", grade="E3")


def _not_served(zone: HostSeen, ledger: Ledger) -> bool:
    why = (zone.facts.get("zone") or {}).get("not_tested")
    if why:
        ledger.not_tested(str(why))
    return bool(why)


@pytest.mark.control("KW-RES-01")
def test_own_resolver(seen: HostSeen, evidence: Evidence, ledger: Ledger) -> None:
    """Ensure every name server in resolv.conf is the host itself or the platform's."""
    found = [
        o
        for o in evidence.of(seen.name)
        if o.source.place == "/etc/resolv.conf" and o.source.setting == "nameserver"
    ]
    for one in found:
        place = evidence.judge.place(seen.name, one.endpoint)
        own = place.scope == "own" or one.endpoint.startswith("127.") or one.endpoint == "::1"
        fields = facts.details(one, place)
        ledger.expect(own, f"asks {one.endpoint}", f"asks {one.endpoint}", **fields)
    if not found:
        ledger.failed("resolv.conf names no resolver")


@pytest.mark.control("KW-RES-02")
def test_validates(seen: HostSeen, ledger: Ledger) -> None:
    """Ensure the resolver has its validator on and vouches for the platform's own zone."""
    options = facts.said(seen, "unbound").get("options")
    if not isinstance(options, dict):
        ledger.failed("no Unbound answers on this host")
        return
    source = (Source("setting", "unbound-control get_option", 0, "module-config"),)
    on = "validator" in str(options.get("module-config"))
    lenient = str(options.get("val-permissive-mode")) == "yes"
    ledger.expect(
        on and not lenient,
        "the validator is on",
        "the validator is off" if not on else "answers with wrong signatures are let through",
        sources=source,
    )
    authentic = (seen.facts.get("answers") or {}).get("authentic") or {}
    for zone, vouched in authentic.items():
        ledger.expect(
            vouched,
            f"answers of {zone} are vouched for",
            f"answers of {zone} are not vouched for"
            if vouched is False
            else f"no answer for {zone}",
            endpoint=str(zone),
            grade="E3",
        )


@pytest.mark.control("KW-RES-03")
def test_forwards_to_nobody(seen: HostSeen, evidence: Evidence, ledger: Ledger) -> None:
    """Ensure no forward zone of the running resolver leads outside the platform."""
    bad = 0
    for row in facts.rows(seen, "unbound"):
        if "list_forwards" in str(row[0]):
            place = evidence.judge.place(seen.name, str(row[3]))
            if place.scope == "public" or (place.scope != "own" and not _loopback(str(row[3]))):
                bad += 1
                source = Source("setting", str(row[0]), 0, str(row[2]))
                ledger.failed(f"forwards to {row[3]}", endpoint=str(row[3]), sources=(source,))
    if not bad:
        ledger.passed("no forward zone")


def _loopback(text: str) -> bool:
    return text.startswith("127.") or text == "::1" or not any(c.isdigit() for c in text)


@pytest.mark.control("KW-RES-04")
def test_root(seen: HostSeen, evidence: Evidence, ledger: Ledger) -> None:
    """Ensure root hints are the root's servers, and the anchor is the root's key."""
    known = {
        str(n.network_address)
        for n, (_, _, use) in evidence.judge.engine.tables.networks.items()
        if use.startswith("root server ")
    }
    for row in facts.rows(seen, "unbound"):
        if str(row[2]) in ("root-hints", ".") and ("." in str(row[3]) or ":" in str(row[3])):
            end = str(row[3]).lower()
            if (
                end not in known
                and not end.endswith("root-servers.net")
                and "list_st" not in row[0]
            ):
                source = Source("file", str(row[0]), int(row[1]), "root-hints")
                ledger.failed(f"{end} is no server of the root", endpoint=end, sources=(source,))
    anchors = set(facts.said(seen, "unbound").get("anchors") or ())
    strange = anchors - ROOT_KEYS
    ledger.expect(
        anchors and not strange,
        f"the root's keys are trusted: {', '.join(sorted(anchors))}",
        f"not the root's key: {', '.join(sorted(strange)) or 'no key at all'}",
        component="unbound",
        sources=(Source("file", "/var/lib/unbound/root.key"),),
    )
