"""Logs, backups, administration, and the day that everything American is gone."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from verify.controls import facts
from verify.model import Source
from verify.observe import firewall

if TYPE_CHECKING:
    from verify.controls.ledger import Ledger
    from verify.evidence import Evidence
    from verify.model import HostSeen

_EXPORTERS = (
    "systemd-journal-upload",
    "telegraf",
    "datadog-agent",
    "newrelic-infra",
    "fluent-bit",
    "fluentd",
    "filebeat",
    "vector",
    "promtail",
    "amazon-cloudwatch-agent",
    "netdata",
    "google-cloud-ops-agent",
    "waagent",
    "amazon-ssm-agent",
)
_YEAR = timedelta(days=366)
# sshd -T says: what it must be
_SSHD = {
    "permitrootlogin": ("no",),
    "passwordauthentication": ("no",),
    "kbdinteractiveauthentication": ("no",),
    "permitemptypasswords": ("no",),
}


@pytest.mark.control("KW-LOG-01")
def test_no_log_leaves(seen: HostSeen, evidence: Evidence, ledger: Ledger) -> None:
    """Ensure no log is forwarded outside and no known agent is installed or active."""
    installed = {str(r[0]) for r in facts.rows(seen, "packages", "installed") if r}
    active = {
        str(u).removesuffix(".service") for u in facts.said(seen, "systemd").get("active") or ()
    }
    bad = sorted((installed | active) & set(_EXPORTERS))
    for name in bad:
        ledger.failed(f"{name} is here, and sends what it sees elsewhere", component=name)
    components = ("journald", "rsyslog")
    found = [x for c in components for x in facts.abroad(evidence, seen.name, component=c)]
    for one, place in found:
        ledger.failed(f"logs go to {one.endpoint}", **facts.details(one, place))
    if not bad and not found:
        ledger.passed("no forwarding, no agent")


@pytest.mark.control("KW-BKP-01")
def test_backups(seen: HostSeen, evidence: Evidence, ledger: Ledger) -> None:
    """Ensure where backups go passes."""
    found = [o for o in evidence.of(seen.name) if o.component == "backup"]
    for one in found:
        place = evidence.judge.place(seen.name, one.endpoint)
        ledger.write(str(place.status), f"backups: {one.endpoint}", **facts.details(one, place))
    for contract in (c for c in evidence.contracts if c.covers("L15", seen.name)):
        verdict = evidence.judge.engine.verdict(contract.party)
        ledger.write(
            str(verdict.status),
            f"{contract.what} by {contract.party} ({contract.reference}, {contract.date})",
            endpoint=contract.party,
            jurisdiction=verdict.jurisdiction.name,
            owner=verdict.owner or "",
            grade="E1",
        )
    if not ledger.findings:
        ledger.not_tested("no backup is set up on this host, and contracts.yml names none")


@pytest.mark.control("KW-ADM-01")
def test_keys_only(seen: HostSeen, ledger: Ledger) -> None:
    """Ensure sshd, as it runs, takes keys alone and never root."""
    settings = facts.said(seen, "sshd").get("settings")
    if not isinstance(settings, dict) or not settings:
        ledger.unknown("sshd -T said nothing", component="openssh")
        return
    for key, wanted in _SSHD.items():
        value = str(settings.get(key))
        source = (Source("setting", "sshd -T", 0, key),)
        said = f"{key} {value}"
        ledger.expect(value in wanted, said, said, component="openssh", sources=source)


@pytest.mark.control("KW-ADM-02")
def test_ssh_from_admins(seen: HostSeen, evidence: Evidence, ledger: Ledger) -> None:
    """Ensure port 22 is open for the inventory's administrators' networks alone."""
    wanted = set(
        map(str, evidence.inventory.host(seen.name).vars.get("kootwijk_admin_networks") or ())
    )
    bare = wanted | {w.removesuffix("/32").removesuffix("/128") for w in wanted}
    rules = [r for r in firewall.accepts(seen) if r.hook == "input" and "22" in r.port.split(",")]
    source = (Source("setting", firewall.PLACE, 0, "tcp 22"),)
    for rule in rules:
        strange = [p for p in rule.peers if p not in bare]
        ledger.expect(
            rule.peers and not strange,
            f"open for {', '.join(rule.peers)}",
            f"open for {', '.join(strange) or 'everybody'}",
            component="openssh",
            sources=source,
        )
    if not rules:
        ledger.unknown("no rule lets SSH in, and yet this host answered", sources=source)
    for network in wanted:
        place = evidence.judge.place(seen.name, network)
        if place.scope == "public":
            ledger.write(
                str(place.status),
                f"administrators come from {network}: {place.reason}",
                component="openssh",
                endpoint=network,
            )


@pytest.mark.control("KW-BLK-01")
def test_blackout(evidence: Evidence, ledger: Ledger) -> None:
    """Ensure a blackout was run within a year and the platform went on."""
    path = evidence.inventory.path / "blackout.json"
    if not path.is_file():
        ledger.not_tested(f"no blackout was run on this inventory ({path.name})", grade="E0")
        return
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        when = datetime.fromisoformat(str(found["finished"]))
        passed = bool(found["passed"])
    except (ValueError, KeyError, TypeError) as why:
        ledger.unknown(f"{path.name} cannot be read: {why}", grade="E0")
        return
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    fresh = datetime.now(UTC) - aware < _YEAR
    source = (Source("inventory", str(path)),)
    said = f"blackout of {when:%Y-%m-%d}: {'passed' if passed else 'failed'}"
    ledger.expect(
        passed and fresh,
        said,
        said if fresh else f"{said}; too long ago",
        grade="E5",
        sources=source,
    )
