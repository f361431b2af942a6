"""Whose clock the platform goes by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from verify.controls import facts

if TYPE_CHECKING:
    from verify.controls.ledger import Ledger
    from verify.evidence import Evidence
    from verify.model import HostSeen

_OTHERS = ("systemd-timesyncd.service", "ntp.service", "ntpsec.service", "openntpd.service")


@pytest.mark.control("KW-TIM-01")
def test_sources(seen: HostSeen, evidence: Evidence, ledger: Ledger) -> None:
    """Ensure each source of time passes, and that a host that is no source itself has one."""
    found = [o for o in evidence.of(seen.name) if o.layer == "L8"]
    for one in found:
        place = evidence.judge.place(seen.name, one.endpoint)
        ledger.write(
            str(place.status), f"{one.endpoint}: {place.reason}", **facts.details(one, place)
        )
    if not found and evidence.inventory.lab:
        ledger.not_tested("a lab host that serves the time has no source of its own")
    elif not found:
        ledger.failed("no source of time is set")


@pytest.mark.control("KW-TIM-02")
def test_one_client(seen: HostSeen, ledger: Ledger) -> None:
    """Ensure no time client but chrony is active."""
    active = facts.said(seen, "systemd").get("active") or ()
    others = [unit for unit in _OTHERS if unit in active]
    ledger.expect(not others, "chrony alone", f"{', '.join(others)} runs beside chrony")
