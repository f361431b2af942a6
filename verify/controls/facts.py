"""Reading what a host or a name said, which may be anything, without ever failing. Pure."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verify.evidence import Evidence
    from verify.model import HostSeen, Observation


# Of an endpoint without a verdict: only what is out there has a jurisdiction, and none is known.
_JURISDICTION = {"own": "", "internal": "", "documentation": "", "public": "UNKNOWN"}


def said(seen: HostSeen, look: str) -> dict[str, Any]:
    """Return what a look of the collector found on the host; {} where it found nothing."""
    found = (seen.facts.get("services") or {}).get(look)
    return found if isinstance(found, dict) else {}


def rows(seen: HostSeen, look: str, key: str = "rows") -> list[list[Any]]:
    found = said(seen, look).get(key)
    return [r for r in found if isinstance(r, list)] if isinstance(found, list) else []


def abroad(
    evidence: Evidence, host: str, *, layer: str = "", component: str = "", setting: str = ""
) -> list[tuple[Observation, Any]]:
    """Return (observation, place) of a host's endpoints that are out in the world."""
    found = []
    for one in evidence.of(host):
        if (not layer or one.layer == layer) and (not component or one.component == component):
            if setting and setting not in one.source.setting:
                continue
            place = evidence.judge.place(host, one.endpoint)
            if place.scope == "public":
                found.append((one, place))
    return found


def is_public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


def details(one: Observation, place: Any) -> dict[str, Any]:
    """Return the fields that a finding on one endpoint has."""
    verdict = place.verdict
    return {
        "component": one.component,
        "layer": one.layer,
        "endpoint": one.endpoint,
        "jurisdiction": verdict.jurisdiction.name if verdict else _JURISDICTION[place.scope],
        "owner": (verdict.owner or "") if verdict else "",
        "grade": one.grade,
        "sources": (one.source,),
        "chain": (*place.via, *(s.as_json() for s in (verdict.chain if verdict else ()))),
    }
