"""The verdict on one target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from verify.jurisdiction.model import Control, Jurisdiction, Status

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from verify.jurisdiction.model import Party, Step

SCHEMA = "kootwijk.jurisdiction/1"
NAME_STEPS = ("registry", "authoritative DNS", "NS")  # of the name, not of what answers
_BY_SEVERITY = (Status.PASS, Status.UNKNOWN, Status.FAIL)


@dataclass(frozen=True, slots=True)
class Verdict:
    """``jurisdiction`` is of what answers, ``name_jurisdiction`` of its name.

    The latter is None where the target is no name, and the registry's alone while
    ``name_complete`` is false: then nobody asked who serves the zone.
    """

    target: str
    kind: str
    normal: str
    as_of: date
    parties: tuple[Party, ...]
    chain: tuple[Step, ...]
    name_jurisdiction: Jurisdiction | None = None
    name_complete: bool = False
    service: str = ""
    layer: str = ""
    evidence: str = "E1"
    network: str = ""
    address_data: str = ""
    scope: str = "public"
    lookalike_of: str = ""
    error: str = ""
    notes: tuple[str, ...] = ()

    @property
    def worst(self) -> Party | None:
        return max(self.parties, key=lambda p: (p.jurisdiction, p.control), default=None)

    @property
    def jurisdiction(self) -> Jurisdiction:
        return self.worst.jurisdiction if self.worst else Jurisdiction.UNKNOWN

    @property
    def control(self) -> Control:
        return max((p.control for p in self.parties), default=Control.UNKNOWN)

    @property
    def owner(self) -> str | None:
        return (self.worst.owner or None) if self.worst else None

    @property
    def status(self) -> Status:
        return worst_status((p.status for p in self.parties), empty=Status.UNKNOWN)

    @property
    def unverified(self) -> bool:
        """Whether what answers was placed by a fact that nobody has verified."""
        return any(s.source.unverified for s in self.chain if s.what not in NAME_STEPS)

    def as_json(self) -> dict[str, Any]:
        """Return the documented object, schema ``kootwijk.jurisdiction/1``."""
        name = self.name_jurisdiction
        return {
            "schema": SCHEMA,
            "target": self.target,
            "kind": self.kind,
            "normal": self.normal,
            "as_of": self.as_of.isoformat(),
            "jurisdiction": self.jurisdiction.name,
            "name_jurisdiction": None if name is None else name.name,
            "name_complete": self.name_complete,
            "control": self.control.word,
            "owner": self.owner,
            "operator": (self.worst.operator or None) if self.worst else None,
            "status": str(self.status),
            "unverified": self.unverified,
            "service": self.service or None,
            "layer": self.layer or None,
            "scope": self.scope,
            "evidence": self.evidence,
            "lookalike_of": self.lookalike_of or None,
            "error": self.error or None,
            "network": self.network,
            "address_data": self.address_data,
            "notes": list(self.notes),
            "parties": [p.as_json() for p in self.parties],
            "chain": [self._dated(s) for s in self.chain],
        }

    def _dated(self, step: Step) -> dict[str, Any]:
        """Return a step; what was given or found without a date is of the day of the verdict."""
        found = step.as_json()
        return {**found, "date": found["date"] or self.as_of.isoformat()}


def worst_status(found: Iterable[Status], *, empty: Status) -> Status:
    return max(found, key=_BY_SEVERITY.index, default=empty)
