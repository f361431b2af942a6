"""What the platform's pages make a browser ask for."""

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


_WILD = re.compile(
    r"(?:default|script|style|img|font|connect|frame)-src[^;]*?\s(\*|https?:)(?=[\s;]|$)"
)


@pytest.mark.control("KW-WEB-01")
def test_asks_nobody_else(page: HostSeen, evidence: Evidence, ledger: Ledger) -> None:
    """Ensure no request of a browser on any page went to anybody but the platform."""
    said = page.facts.get("pages") or {}
    if said.get("left_out"):
        ledger.not_tested(str(said["left_out"]))
        return
    found = evidence.of(page.name)
    strange = [
        (o, p) for o in found if (p := evidence.judge.place(page.name, o.endpoint)).scope != "own"
    ]
    for one, place in strange:
        ledger.failed(f"{one.source.place} asked {one.endpoint}", **facts.details(one, place))
    opened = ", ".join(said.get("opened") or ())
    if said.get("error"):
        ledger.unknown(f"not all pages could be opened: {said['error']}", grade="E4")
    elif not strange:
        ledger.passed(f"{opened}: the platform alone", grade="E4")
    if not said.get("person") and not said.get("error"):
        ledger.not_tested(f"{page.name}: nobody has an account here, so no page after logging in")


@pytest.mark.control("KW-WEB-02")
def test_policy(site: HostSeen, ledger: Ledger) -> None:
    """Ensure the page has a Content-Security-Policy whose sources are its own."""
    headers = site.facts.get("headers") or {}
    policy = str(headers.get("content-security-policy", ""))
    source = (Source("page", f"https://{site.name}/", 0, "content-security-policy"),)
    wild = _WILD.findall(policy)
    if headers.get(":error"):
        ledger.unknown(f"the page did not answer: {headers[':error']}", sources=source)
    elif not policy:
        ledger.failed("the page has no Content-Security-Policy", sources=source)
    else:
        ledger.expect(
            not wild,
            f"policy: {policy[:200]}",
            f"open to all: {policy[:200]}",
            sources=source,
            grade="E3",
        )
