"""What was held of a person and where, what was removed, and what stays and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass
class Place:
    """One service on one host: counts before and after, by what is counted.

    ``before`` or ``after`` is None where it could not be looked at; ``trouble`` says why.
    """

    service: str
    host: str
    before: dict[str, int] | None = None
    after: dict[str, int] | None = None
    trouble: str = ""

    @property
    def gone(self) -> bool | None:
        """Tell whether nothing is left; None: nobody looked."""
        return None if self.after is None else not any(self.after.values())

    def as_json(self) -> dict[str, Any]:
        return {
            "service": self.service,
            "host": self.host,
            "before": self.before,
            "after": self.after,
            "gone": self.gone,
            "trouble": self.trouble,
        }


@dataclass(frozen=True)
class Stays:
    """What is not removed: ``what`` is a key of report.REASONS, ``seen`` what was found."""

    what: str
    where: str
    seen: str

    def as_json(self) -> dict[str, Any]:
        return {"what": self.what, "where": self.where, "seen": self.seen}


@dataclass(frozen=True)
class Deletion:
    """The report; times are UTC, days YYYY-MM-DD."""

    uid: str
    organisation: str
    left: str
    keep_until: str
    reason: str
    when: str
    places: Sequence[Place]
    stays: Sequence[Stays] = field(default_factory=tuple)

    @property
    def complete(self) -> bool:
        return all(place.gone for place in self.places)

    @property
    def exit_code(self) -> int:
        """Return 1 if something is left, 3 if something could not be looked at, else 0."""
        if any(place.gone is False for place in self.places):
            return 1
        return 0 if self.complete else 3

    def as_json(self) -> dict[str, Any]:
        """Return it as schemas/deletion.schema.json describes it."""
        return {
            "version": 1,
            "uid": self.uid,
            "organisation": self.organisation,
            "left": self.left,
            "keep_until": self.keep_until,
            "reason": self.reason,
            "when": self.when,
            "complete": self.complete,
            "places": [place.as_json() for place in self.places],
            "stays": [stays.as_json() for stays in self.stays],
        }

    def lines(self) -> list[str]:
        """Return it for the terminal."""
        words = {True: "removed", False: "NOT ALL REMOVED", None: "not looked at"}
        found = []
        for place in self.places:
            held = ", ".join(f"{n} {what}" for what, n in (place.before or {}).items() if n)
            line = f"{place.service:9} {place.host}: {words[place.gone]}; there was: {held or '-'}"
            found.append(f"{line} {place.trouble}".rstrip())
        return [*found, *(f"stays: {s.what} ({s.where}): {s.seen}" for s in self.stays)]
