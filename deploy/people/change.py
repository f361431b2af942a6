"""What a plan is made of, and what the directory holds. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from deploy.people import ldif

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Values = dict[str, tuple[str, ...]]
Fields = dict[str, tuple[tuple[str, ...], tuple[str, ...]]]


class HeldTeam(NamedTuple):
    """A team in the directory; ``values`` are its attributes by name in lower case."""

    dn: str
    members: frozenset[str]
    values: Mapping[str, Sequence[str]] = {}


@dataclass(frozen=True)
class State:
    """What the directory holds: uid -> attributes, team -> its entry, mailbox -> attributes.

    Attributes are by name in lower case; members are dns.
    """

    people: Mapping[str, Mapping[str, Sequence[str]]]
    teams: Mapping[str, HeldTeam]
    mailboxes: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)

    def left(self, uid: str) -> str:
        """Return the day on which a person was made to leave; empty for everybody else."""
        return next(iter(self.people.get(uid, {}).get("kootwijkleft", ())), "")

    def deleted(self, uid: str) -> bool:
        """Tell whether only the login name is left of somebody who left."""
        return "account" in self.people.get(uid, {}).get("objectclass", ())


@dataclass(frozen=True)
class Change:
    """One person, mailbox or team; ``fields`` maps what changes to its values before and after."""

    kind: Literal["person", "mailbox", "team"]
    name: str
    action: Literal["add", "change", "remove"]
    fields: Fields

    def as_json(self) -> dict[str, Any]:
        fields = {k: {"before": list(b), "after": list(a)} for k, (b, a) in self.fields.items()}
        return {"kind": self.kind, "name": self.name, "action": self.action, "fields": fields}

    def __str__(self) -> str:
        parts = [
            f"{name} {', '.join(after) or '(none)'}"
            + (f" (was {', '.join(before)})" if before else "")
            for name, (before, after) in self.fields.items()
        ]
        return f"{self.action:6} {self.kind:7} {self.name}  {'; '.join(parts)}".rstrip()


@dataclass(frozen=True)
class Step:
    """One LDIF record, in two parts around the password of ``newcomer`` if there is one."""

    record: str
    newcomer: str = ""

    def text(self, passwords: Mapping[str, str]) -> str:
        if not self.newcomer:
            return self.record
        line = ldif.line("userPassword", passwords[self.newcomer])
        return f"{self.record.rstrip()}\n{line}\n\n"


@dataclass(frozen=True)
class Plan:
    """What a roster changes, and who is in the directory but not in it.

    ``changes`` are for reading: people in the roster's order, mailboxes, teams; ``steps`` do them,
    in an order in which each may be done. ``held`` counts the people in the directory before, but
    for those who left. ``left`` are in the roster although they left; nothing of them is changed.
    """

    organisation: str
    changes: tuple[Change, ...]
    absent: tuple[str, ...]
    held: int
    steps: tuple[Step, ...]
    left: tuple[str, ...] = ()
    absent_mailboxes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def newcomers(self) -> tuple[str, ...]:
        return tuple(step.newcomer for step in self.steps if step.newcomer)

    @property
    def mass_absence(self) -> bool:
        """Tell whether more than half of the people in the directory are not in the roster."""
        return len(self.absent) * 2 > self.held

    def as_json(self) -> dict[str, Any]:
        """Return the plan as schemas/plan.schema.json describes it."""
        return {
            "version": 2,
            "organisation": self.organisation,
            "changes": [change.as_json() for change in self.changes],
            "absent": list(self.absent),
            "absent_mailboxes": list(self.absent_mailboxes),
            "left": list(self.left),
            "notes": list(self.notes),
        }
