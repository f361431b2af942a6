"""Who decides who somebody is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from verify.controls import facts

if TYPE_CHECKING:
    from verify.controls.ledger import Ledger
    from verify.evidence import Evidence
    from verify.model import HostSeen

_KEYS = re.compile(
    r"ldap|oidc|issuer|saml|sso|openid|oauth|discovery|introspection|cas_", re.IGNORECASE
)


@pytest.mark.control("KW-IDN-01")
def test_own_identities(seen: HostSeen, evidence: Evidence, ledger: Ledger) -> None:
    """Ensure every directory and login that a service is told to ask is the platform's own."""
    looked = 0
    for one in evidence.of(seen.name):
        if one.component == "certificates" or not (
            one.layer == "L12" or _KEYS.search(f"{one.source.setting} {one.endpoint}")
        ):
            continue
        looked += 1
        place = evidence.judge.place(seen.name, one.endpoint)
        if place.scope == "public":
            ledger.failed(f"{one.endpoint} is asked who somebody is", **facts.details(one, place))
    if looked and not any(str(f.status) != "PASS" for f in ledger.findings):
        ledger.passed(f"{looked} settings, all of the platform's own directory and login")
