"""Whose hands mail goes through."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from verify.controls import facts
from verify.model import Source

if TYPE_CHECKING:
    from verify.controls.ledger import Ledger
    from verify.evidence import Evidence
    from verify.model import HostSeen

_ROUTES = re.compile(r"relay|transport|fallback|content_filter|proxy|bcc|forward")


@pytest.mark.control("KW-MAIL-01")
def test_no_relay(seen: HostSeen, evidence: Evidence, ledger: Ledger) -> None:
    """Ensure no setting that routes mail names a host of others."""
    settings = facts.said(seen, "postfix").get("settings")
    if not isinstance(settings, dict):
        return
    source = Source("setting", "postconf")
    relay = str(settings.get("relayhost", ""))
    found = facts.abroad(evidence, seen.name, component="postfix")
    routed = [(o, p) for o, p in found if _ROUTES.search(str(o.source))]
    for one, place in routed:
        ledger.failed(f"{one.source.setting} leads to {one.endpoint}", **facts.details(one, place))
    if relay and not routed and not evidence.judge.is_own(re.sub(r"[\[\]]|:\d+$", "", relay)):
        ledger.failed(
            f"relayhost is {relay}", component="postfix", endpoint=relay, sources=(source,)
        )
    elif not routed:
        ledger.passed("no relay", component="postfix", sources=(source,))


@pytest.mark.control("KW-MAIL-02")
def test_mx(zone: HostSeen, evidence: Evidence, ledger: Ledger) -> None:
    """Ensure every MX of the domain is a host of the platform."""
    _records(zone, evidence, ledger, f"{zone.name} MX", "takes the mail in")


@pytest.mark.control("KW-MAIL-03")
def test_reports(zone: HostSeen, evidence: Evidence, ledger: Ledger) -> None:
    """Ensure DMARC and TLS reports go to mailboxes of the organisation."""
    _records(zone, evidence, ledger, f"_dmarc.{zone.name} TXT", "gets the DMARC reports")
    _records(zone, evidence, ledger, f"_smtp._tls.{zone.name} TXT", "gets the TLS reports")


def _records(zone: HostSeen, evidence: Evidence, ledger: Ledger, setting: str, what: str) -> None:
    if why := (zone.facts.get("zone") or {}).get("not_tested"):
        ledger.not_tested(str(why))
        return
    for one in evidence.of(zone.name):
        if one.source.setting == setting:
            place = evidence.judge.place(zone.name, one.endpoint)
            ledger.expect(
                place.scope == "own",
                f"{one.endpoint} {what}",
                f"{one.endpoint} {what}, and is not of the platform",
                **facts.details(one, place),
            )


@pytest.mark.control("KW-MAIL-04")
def test_policies(zone: HostSeen, evidence: Evidence, ledger: Ledger) -> None:
    """Ensure the domain says who may send for it, and mail leaves by DANE."""
    if why := (zone.facts.get("zone") or {}).get("not_tested"):
        ledger.not_tested(str(why))
        return
    texts = {
        str(r[1]).rstrip(".").lower(): str(r[3])
        for r in (zone.facts.get("zone") or {}).get("records") or ()
        if r[2] == "TXT"
    }
    for name, mark in ((zone.name, "v=spf1"), (f"_dmarc.{zone.name}", "v=DMARC1")):
        there = mark in texts.get(name, "")
        ledger.expect(there, f"{name}: {mark}", f"{name} has no {mark}", grade="E3")
    for host in evidence.hosts:
        settings = facts.said(host, "postfix").get("settings")
        if isinstance(settings, dict) and host.fqdn.endswith(f".{zone.name}"):
            level = str(settings.get("smtp_tls_security_level"))
            said = f"{host.name}: smtp_tls_security_level = {level}"
            ledger.expect(level in ("dane", "dane-only"), said, said, component="postfix")


@pytest.mark.control("KW-FEED-01")
def test_no_feeds(seen: HostSeen, evidence: Evidence, ledger: Ledger) -> None:
    """Ensure neither Rspamd nor Postfix asks a list or feed of others."""
    if "rspamd" not in seen.roles:
        return
    found = facts.abroad(evidence, seen.name, layer="L11")
    for one, place in found:
        ledger.failed(f"{one.endpoint} is asked", **facts.details(one, place))
    if not found:
        ledger.passed("no feed of others in the configuration in force", component="rspamd")
