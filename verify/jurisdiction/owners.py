"""From an organisation up to its ultimate owner, on a given day. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from verify.jurisdiction.model import Control, Jurisdiction, Party, Source, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verify.jurisdiction.model import Organisation, Ownership
    from verify.jurisdiction.tables import Tables

MAX_AGE = 400  # days; what was checked longer ago proves nothing about today
NOBODY = Source("no record", "", unverified=True)
_CONTROL = {
    Jurisdiction.NL: Control.NONE,
    Jurisdiction.EU: Control.NONE,
    Jurisdiction.EEA: Control.NONE,
    Jurisdiction.MIXED: Control.INFLUENCED,
    Jurisdiction.UNKNOWN: Control.UNKNOWN,
}


@dataclass
class Climb:
    """One way up the owners: the steps so far and what they add up to."""

    tables: Tables
    day: date
    max_age: int = MAX_AGE
    steps: list[Step] = field(default_factory=list)
    found: list[Jurisdiction] = field(default_factory=list)
    influence: Jurisdiction | None = None
    reopened: bool = False
    later: bool = False  # what was read after the day was used
    seen: set[str] = field(default_factory=set)  # shares may go round in a ring

    def party(self, role: str, org_id: str, source: Source | None = None) -> Party:
        """Climb from ``org_id``; ``source`` is that of the fact that led to it."""
        first = self.tables.orgs[org_id]
        top = first
        self.seen.add(org_id)
        self._seat(role, first, source)
        while owner := self._owner(top):
            top = self.tables.orgs[owner.owner]
            self.seen.add(top.id)
            self._seat("owned by", top, owner.source, owner)
        worst = max(self.found)
        own = self.found[-1]
        control = _CONTROL.get(own, Control.CONTROLLED)
        if role == "supplier":  # of software: it answers nothing, so it holds nothing
            control = Control.SUPPLIER_ONLY
        elif self.influence is not None:
            control = max(control, Control.INFLUENCED)
        return Party(role, first.name, top.name, worst, control, self.influence, self.reopened)

    def _seat(
        self, what: str, org: Organisation, source: Source | None, held: Ownership | None = None
    ) -> None:
        """Add the step of one organisation, and its events and influences."""
        found, _ = self.tables.jurisdiction(org.country, self.day)
        seat = f"seat {org.country}" if org.country else "seat unknown"
        note = f"since {held.since}" if held and held.since else ""
        stale = [s for s in (org.source, source) if s and self._age(s) > self.max_age]
        self.later = self.later or any(self._age(s) < 0 for s in (org.source, source) if s)
        if held and not held.since and -self._age(held.source) > self.max_age:
            found = max(found, Jurisdiction.UNKNOWN)
            note = (
                f"since when is not on record; checked on {held.source.date}, "
                f"more than {self.max_age} days after {self.day}"
            )
        if stale:
            found = max(found, Jurisdiction.UNKNOWN)
            note = f"checked on {stale[0].date}, more than {self.max_age} days before {self.day}"
        if source and source != org.source:
            self.steps.append(Step(what, org.name, source, note=note))
            what = "seat"
        self.steps.append(Step(what, f"{org.name} ({seat})", org.source, found, note))
        self.found.append(found)
        self._events(org)
        self._influences(org)

    def _age(self, source: Source) -> int:
        """Return how many days before the day a record was read; less than 0: after it."""
        checked = date.fromisoformat(source.date) if source.date else self.day
        return (self.day - checked).days

    def _held(self, org: Organisation, share: str) -> Iterator[Ownership]:
        rows = self.tables.owners.get(org.id, ())
        return (o for o in rows if o.share == share and o.holds(self.day))

    def _owner(self, org: Organisation) -> Ownership | None:
        return next((o for o in self._held(org, "controls") if o.owner not in self.seen), None)

    def _influences(self, org: Organisation) -> None:
        for row in self._held(org, "influences"):
            if row.owner in self.seen:
                continue
            by = self.tables.orgs[row.owner]
            above = Climb(self.tables, self.day, self.max_age, seen=set(self.seen))
            theirs = above.party("influenced by", row.owner, row.source).jurisdiction
            if theirs > Jurisdiction.EEA:
                self.influence = max(theirs, self.influence or theirs)
            self.steps.append(Step("influenced by", by.name, row.source, note=theirs.name))

    def _events(self, org: Organisation) -> None:
        for event in self.tables.events.get(org.id, ()):
            state = event.state(self.day)
            if not state:
                continue
            by = self.tables.orgs[event.by]
            day = event.decided if state != "pending" else event.announced
            text = f"takeover of {org.name} by {by.name}: {state} ({day})"
            self.steps.append(Step("event", text, event.source, note=event.note))
            if state == "pending":
                theirs = self.tables.jurisdiction(by.country, self.day)[0]
                self.reopened = self.reopened or theirs > max(self.found)


def unknown(role: str, name: str, steps: list[Step], source: Source = NOBODY) -> Party:
    """Return the party that nobody can place, and add its step."""
    value = f"{name or 'nobody on record'} (owner unknown)"
    steps.append(Step(role, value, source, Jurisdiction.UNKNOWN))
    return Party(role, name, "", Jurisdiction.UNKNOWN, Control.UNKNOWN)
