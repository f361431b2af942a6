"""From what a source read to a roster, or everything that is wrong with it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deploy.errors import InputError
from deploy.people import cells
from deploy.people.cells import BadCellError
from deploy.people.model import LANGUAGES, ROLES, Mailbox, Person, Roster, Team

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

REQUIRED = ("uid", "given_name", "surname")
LISTS = ("aliases", "teams")
COLUMNS = (
    *(*REQUIRED, "mail", "aliases", "teams", "language", "files_quota", "mail_quota"),
    *("role", "start", "end"),
)
_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Record:
    """One row, entry or block as a source has it; its values are cleaned (cells.clean).

    ``where`` is where it begins ("line 4"); ``place(column, index)`` is where a value of it
    stands ("line 4, column mail").
    """

    values: Mapping[str, str | Sequence[str]]
    where: str
    place: Callable[[str, int | None], str]

    def one(self, column: str) -> str:
        value = self.values.get(column, "")
        return value if isinstance(value, str) else ""

    def many(self, column: str) -> list[str]:
        value = self.values.get(column, ())
        return [value] if isinstance(value, str) else list(value)


@dataclass
class _Claims:
    """Who has which name or address so far; problems where a second one wants it."""

    domain: str
    problems: list[str] = field(default_factory=list)
    owners: dict[str, tuple[str, str]] = field(default_factory=dict)  # -> (where, whose)

    def wrong(self, record: Record, error: BadCellError) -> None:
        self.problems.append(f"{record.place(error.column, error.index)}: {error}")

    def claim(self, record: Record, owner: str, column: str, value: str) -> None:
        """Note an address of ``owner``; whose name is there twice is told that alone."""
        _, whose = held = self.owners.setdefault(value, (record.where, owner))
        if whose != owner:
            self._taken(record, column, value, f"{whose}'s", held)

    def named(self, record: Record, column: str, value: str, kind: str) -> None:
        """Note the name of a person or shared mailbox, which is what ``kind`` says."""
        where, other = held = self.owners.setdefault(f"name {value}", (record.where, kind))
        if where != record.where:
            self._taken(record, column, value, f"{other} already", held)

    def _taken(
        self, record: Record, column: str, value: str, what: str, held: tuple[str, str]
    ) -> None:
        place = record.place(column, None)
        self.problems.append(f"{place}: {value!r} is {what} ({held[0]})")

    def spelled(self, record: Record, column: str, team: str) -> None:
        # The directory takes names that differ in case alone for the same.
        where, other = self.owners.setdefault(f"team {team.casefold()}", (record.where, team))
        if other != team:
            place = record.place(column, None)
            self.problems.append(f"{place}: {team!r} is written {other!r} in {where}")

    def once(self, record: Record, team: str) -> None:
        where, _ = self.owners.setdefault(f"what {team.casefold()} has", (record.where, team))
        if where != record.where:
            place = record.place("name", None)
            self.problems.append(f"{place}: what {team!r} has is said in {where} already")


def roster(
    domain: str,
    origin: str,
    *,
    people: Iterable[Record],
    teams: Sequence[Record] = (),
    mailboxes: Sequence[Record] = (),
    notes: Sequence[str] = (),
) -> Roster:
    """Return the roster that ``people``, ``teams`` and ``mailboxes`` make, in their order.

    Addresses are in ``domain``. InputError says what is wrong in ``origin``, up to 50 places.
    """
    claims = _Claims(domain)
    persons = [p for record in people if (p := _person(record, claims))]
    known = {team for person in persons for team in person.teams}
    named = [(record, t) for record in teams if (t := _team(record, claims))]
    uids = {person.uid for person in persons}
    boxes = [m for record in mailboxes if (m := _mailbox(record, claims, uids))]
    refuse(claims.problems, origin)
    if not persons:
        raise InputError("this roster has no people", where=origin, next_step="add people to it")
    empty = [
        f"{record.place('name', None)}: team '{team.name}' has no members; "
        "it is made when somebody is in it"
        for record, team in named
        if team.name not in known
    ]
    return Roster(
        people=tuple(persons),
        teams=tuple(team for _, team in named if team.name in known),
        mailboxes=tuple(boxes),
        notes=(*notes, *empty),
    )


def refuse(problems: Sequence[str], origin: str) -> None:
    """Raise InputError with the first 50 of ``problems``, if there are any."""
    if not problems:
        return
    more = len(problems) - _SHOWN
    shown = [*problems[:_SHOWN], *([f"and {more} more"] if more > 0 else [])]
    raise InputError(
        shown[0] if len(problems) == 1 else "\n".join(["this roster is wrong:", *shown]),
        where=origin,
        next_step="correct these in the roster; nothing was changed",
    )


def _person(record: Record, claims: _Claims) -> Person | None:
    try:
        person = _made(record, claims.domain)
    except BadCellError as error:
        claims.wrong(record, error)
        return None
    claims.named(record, "uid", person.uid, "a login name")
    claims.claim(record, person.uid, "mail", person.mail)
    for alias in person.aliases:
        claims.claim(record, person.uid, "aliases", alias)
    for team in person.teams:
        claims.spelled(record, "teams", team)
    return person


def _made(record: Record, domain: str) -> Person:
    uid = cells.login("uid", record.one("uid"), (*cells.ADDRESSES, *cells.ACCOUNTS))
    language = cells.one_of("language", record.one("language") or LANGUAGES[0], LANGUAGES)
    mail = cells.address("mail", record.one("mail") or uid, domain)
    start, end = (cells.day(column, record.one(column)) for column in ("start", "end"))
    if start and end and end < start:
        raise BadCellError("end", f"{end} is before the first day, {start}")
    teams = {cells.name("teams", value, n) for n, value in enumerate(record.many("teams"))}
    return Person(
        uid=uid,
        given_name=cells.name("given_name", record.one("given_name")),
        surname=cells.name("surname", record.one("surname")),
        mail=mail,
        aliases=_aliases(record, mail, domain),
        teams=tuple(sorted(teams)),
        language=language,
        files_quota=cells.size("files_quota", record.one("files_quota"), cells.FILES),
        mail_quota=cells.size("mail_quota", record.one("mail_quota"), cells.MAIL),
        role=cells.one_of("role", record.one("role"), ROLES),
        start=start,
        end=end,
    )


def _aliases(record: Record, mail: str, domain: str) -> tuple[str, ...]:
    values = enumerate(record.many("aliases"))
    return tuple(sorted({cells.address("aliases", v, domain, n) for n, v in values} - {mail}))


def _team(record: Record, claims: _Claims) -> Team | None:
    try:
        rooms = {cells.name("rooms", value, n) for n, value in enumerate(record.many("rooms"))}
        team = Team(
            name=cells.name("name", record.one("name")),
            folder_quota=cells.size("folder_quota", record.one("folder_quota"), cells.FILES),
            rooms=tuple(sorted(rooms)),
        )
    except BadCellError as error:
        claims.wrong(record, error)
        return None
    claims.spelled(record, "name", team.name)
    claims.once(record, team.name)
    return team


def _mailbox(record: Record, claims: _Claims, uids: set[str]) -> Mailbox | None:
    try:
        name = cells.login("name", record.one("name"))
        mail = cells.address("mail", record.one("mail") or name, claims.domain)
        mailbox = Mailbox(
            name=name,
            mail=mail,
            members=_members(record, uids),
            aliases=_aliases(record, mail, claims.domain),
            quota=cells.size("quota", record.one("quota"), cells.MAIL),
        )
    except BadCellError as error:
        claims.wrong(record, error)
        return None
    owner = f"the shared mailbox {name}"
    claims.named(record, "name", name, "a shared mailbox")
    claims.claim(record, owner, "mail", mailbox.mail)
    for alias in mailbox.aliases:
        claims.claim(record, owner, "aliases", alias)
    return mailbox


def _members(record: Record, uids: set[str]) -> tuple[str, ...]:
    members = [value.lower() for value in record.many("members")]
    for index, uid in enumerate(members):
        if uid not in uids:
            raise BadCellError("members", f"nobody in this roster is {uid!r}", index)
    if not members:
        raise BadCellError("members", "has nobody: who would read its mail?")
    return tuple(sorted(set(members)))
