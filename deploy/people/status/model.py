"""What the pilot lead sees: counts and open problems, and what could not be found out. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# The kinds of problems, the most urgent first.
KINDS = (
    *("service_down", "mailbox_full", "files_full", "shared_mailbox_full", "team_folder_full"),
    *("locked", "end_passed", "end_near", "keep_until_passed", "never_activated"),
    *("shared_mailbox_without_members", "team_without_lead", "team_without_members"),
)


@dataclass(frozen=True)
class Storage:
    """Bytes used and allowed, of all of a group; ``quota`` is 0 if somebody's has no limit."""

    used: int
    quota: int


@dataclass(frozen=True)
class Activity:
    """How many of a group; None where what knows it did not answer, which is not zero.

    ``activated`` have logged in once; ``clients`` maps each kind of client that there is to how
    many used one in the last 30 days; ``storage`` is by "mail" and "files".
    """

    activated: int | None
    active_7: int | None
    active_30: int | None
    clients: Mapping[str, int | None]
    storage: Mapping[str, Storage | None]


@dataclass(frozen=True)
class Group:
    """A team, those in no team (no name), or everybody; ``activity`` is None if withheld."""

    name: str
    accounts: int
    activity: Activity | None


@dataclass(frozen=True)
class Problem:
    """Something to act on: whom or what it concerns, and a day, a percentage or a state."""

    kind: str
    subject: str
    detail: str = ""


@dataclass(frozen=True)
class Unknown:
    """A source that did not answer: which, where, and how that went."""

    source: str
    host: str
    why: str


@dataclass(frozen=True)
class Status:
    """The whole view. ``time`` is ISO 8601 in UTC; ``left`` counts who left and is kept."""

    organisation: str
    domain: str
    time: str
    after_days: int
    everybody: Group
    teams: tuple[Group, ...]
    left: int
    problems: tuple[Problem, ...]
    unknown: tuple[Unknown, ...]

    def of_kind(self) -> dict[str, list[Problem]]:
        """Return the problems by kind, the most urgent kind first; kinds without are absent."""
        made = {kind: [p for p in self.problems if p.kind == kind] for kind in KINDS}
        return {kind: found for kind, found in made.items() if found}

    def as_json(self) -> dict[str, Any]:
        """Return the view as schemas/status.schema.json describes it."""
        found = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}
        return {"version": 1, **found}
