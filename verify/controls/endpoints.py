"""Observations of one host, by component and endpoint, with the verdict on each. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from verify.jurisdiction import Status
from verify.observe.certificates import PREFIX as ISSUER
from verify.observe.observations import host_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verify.evidence import Evidence
    from verify.model import Observation

_MOST_SOURCES = 20


def dependencies(evidence: Evidence, host: str) -> Iterator[dict[str, Any]]:
    """Yield the fields of a finding per (component, layer, endpoint) that is out in the world.

    A component with none gives one finding that says so.
    """
    grouped: dict[tuple[str, str, str], list[Observation]] = {}
    looked: dict[tuple[str, str], int] = {}
    for one in evidence.of(host):
        key = (one.component, one.layer)
        looked[key] = looked.get(key, 0) + 1
        if evidence.judge.place(host, one.endpoint).scope == "public":
            grouped.setdefault((*key, shown(one.endpoint)), []).append(one)
    for (component, layer, endpoint), found in sorted(grouped.items()):
        placed = evidence.judge.place(host, found[0].endpoint)
        verdict = placed.verdict
        yield {
            "status": str(placed.status),
            "reason": placed.reason,
            "component": component,
            "layer": layer,
            "endpoint": endpoint,
            "jurisdiction": verdict.jurisdiction.name if verdict else "UNKNOWN",
            "owner": (verdict.owner or "") if verdict else "",
            "grade": max([o.grade for o in found] + [verdict.evidence if verdict else "E0"]),
            "sources": tuple(o.source for o in sorted(found, key=_where)[:_MOST_SOURCES]),
            "chain": (*placed.via, *(s.as_json() for s in (verdict.chain if verdict else ()))),
            "criticality": _criticality(layer, endpoint),
        }
    abroad = {key[:2] for key in grouped}
    for (component, layer), count in sorted(looked.items()):
        if (component, layer) not in abroad:
            yield {
                "status": str(Status.PASS),
                "reason": f"{count} endpoints, all of the platform itself",
                "component": component,
                "layer": layer,
            }


def _where(one: Observation) -> tuple[bool, str, int]:
    """Order places by where a person would go first: a file, at its first line."""
    return (one.source.kind != "file", one.source.place, one.source.line)


def shown(endpoint: str) -> str:
    """Return what a finding says of an endpoint: its host, or the issuer in full."""
    return endpoint if endpoint.startswith(ISSUER) else host_of(endpoint).lower()


def _criticality(layer: str, endpoint: str) -> str:
    if endpoint.endswith("root-servers.net"):
        return "unavoidable"
    return {"L7": "renewal", "L9": "build-only"}.get(layer, "runtime")
