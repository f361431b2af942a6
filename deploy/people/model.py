"""What a roster says, wherever it was read: people, teams, shared mailboxes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Place = Callable[[str, int | None], str]  # column, which of its values -> where that stands

LANGUAGES = ("nl", "en")
ROLES = ("lead",)


@dataclass(frozen=True, slots=True)
class Person:
    """One person. ``mail`` is the primary address; ``aliases`` and ``teams`` are sorted.

    ``files_quota`` is as "10 GB", ``mail_quota`` as "5G"; empty is the platform's own. ``role`` is
    empty or "lead" (of the person's teams). ``start`` and ``end`` are the first and the last day,
    as "2026-12-31", or empty. ``place`` says where a value stands that it was read from.
    """

    uid: str
    given_name: str
    surname: str
    mail: str
    aliases: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    language: str = "nl"
    files_quota: str = ""
    mail_quota: str = ""
    role: str = ""
    start: str = ""
    end: str = ""
    place: Place | None = field(default=None, compare=False, repr=False)

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.surname}"

    @property
    def addresses(self) -> tuple[str, ...]:
        return (self.mail, *self.aliases)


@dataclass(frozen=True, slots=True)
class Team:
    """What a team has: a folder of a size ("10 GB"; empty is none), more rooms (sorted)."""

    name: str
    folder_quota: str = ""
    rooms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox that several people share; ``members`` are uids, sorted, at least one.

    ``name`` is no person's uid. ``quota`` is as "5G"; empty is the platform's own.
    ``place`` is as a person's.
    """

    name: str
    mail: str
    members: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    quota: str = ""
    place: Place | None = field(default=None, compare=False, repr=False)

    @property
    def addresses(self) -> tuple[str, ...]:
        return (self.mail, *self.aliases)


@dataclass(frozen=True, slots=True)
class Roster:
    """One organisation's roster. ``notes`` say what was read and not taken, each with its place.

    Teams are the people's; ``teams`` are those of which the roster says what they have. ``unsaid``
    are the columns that it does not have: what they would say of a person stays as it is.
    ``origin`` is where it was read.
    """

    people: tuple[Person, ...]
    teams: tuple[Team, ...] = ()
    mailboxes: tuple[Mailbox, ...] = ()
    notes: tuple[str, ...] = ()
    unsaid: frozenset[str] = frozenset()
    origin: str = ""
