"""What a verdict is made of: its axes, its steps, and the record kinds they come from.

The axes and their words are those of docs/reference/jurisdiction.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date


class Jurisdiction(IntEnum):
    """Whose law reaches the owner; a greater value is worse, so a group takes its ``max``."""

    NL = 0
    EU = 1
    EEA = 2
    ADEQUATE = 3
    MIXED = 4
    OTHER = 5
    UNKNOWN = 6
    US = 7

    @property
    def passes(self) -> bool:
        return self <= Jurisdiction.ADEQUATE


class Control(IntEnum):
    """The grip of a party from outside the EU and the EEA; a greater value is worse."""

    NONE = 0
    SUPPLIER_ONLY = 1
    INFLUENCED = 2
    CONTROLLED = 3
    UNKNOWN = 4

    @property
    def word(self) -> str:
        return self.name.lower().replace("_", "-")


class Status(StrEnum):
    """The words a verdict uses; waivers and what was not tested are added by the controls."""

    PASS = "PASS"  # noqa: S105
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact comes from and on which day it was read there."""

    name: str
    date: str
    unverified: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One link of the chain of reasons. ``jurisdiction`` only where the step decides one."""

    what: str
    value: str
    source: Source
    jurisdiction: Jurisdiction | None = None
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "what": self.what,
            "value": self.value,
            "source": self.source.name,
            "date": self.source.date,
            "unverified": self.source.unverified,
        }
        if self.jurisdiction is not None:
            found["jurisdiction"] = self.jurisdiction.name
        if self.note:
            found["note"] = self.note
        return found


@dataclass(frozen=True, slots=True)
class Organisation:
    """A legal person. ``country`` is ISO 3166 alpha-2 of its seat, ``MIXED``, or empty: unknown."""

    id: str
    name: str
    country: str
    source: Source
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ownership:
    """``owner`` holds ``org`` between two days (``None``: before, or after, the records).

    ``share``: ``controls`` (over half) or ``influences`` (over 24%, SecNumCloud 3.2 §19.6).
    """

    org: str
    owner: str
    share: str
    since: date | None
    until: date | None
    source: Source

    def holds(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (
            self.until is None or day < self.until
        )


@dataclass(frozen=True, slots=True)
class Event:
    """A takeover: announced, then completed, prohibited or withdrawn, or still open."""

    org: str
    by: str
    announced: date
    decided: date | None
    outcome: str
    source: Source
    note: str = ""

    def state(self, day: date) -> str:
        """Return what was known on ``day``: ``''`` (not yet), ``pending``, or the outcome."""
        if day < self.announced:
            return ""
        return self.outcome if self.decided and self.decided <= day else "pending"


@dataclass(frozen=True, slots=True)
class Party:
    """Who stands behind one thing that answers, up to the ultimate owner."""

    role: str
    operator: str
    owner: str
    jurisdiction: Jurisdiction
    control: Control
    influence: Jurisdiction | None = None
    reopened: bool = False

    @property
    def status(self) -> Status:
        if self.control is Control.SUPPLIER_ONLY:
            return Status.PASS
        if self.jurisdiction is Jurisdiction.UNKNOWN:
            return Status.UNKNOWN
        if not self.jurisdiction.passes:
            return Status.FAIL
        if self.influence is not None and not self.influence.passes:
            return Status.FAIL
        return Status.UNKNOWN if self.reopened else Status.PASS

    def as_json(self) -> dict[str, Any]:
        return {
            "role": self.role,
            "operator": self.operator,
            "owner": self.owner,
            "jurisdiction": self.jurisdiction.name,
            "control": self.control.word,
            "influence": None if self.influence is None else self.influence.name,
            "reopened": self.reopened,
            "status": str(self.status),
        }
