"""From what a source read to a roster, or everything that is wrong with it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deploy.errors import InputError
from deploy.people import cells
from deploy.people.cells import BadCellError
from deploy.people.claims import Claims, Reader
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
    claims = Claims(domain)
    persons = [p for record in people if (p := _person(record, claims))]
    known = {team for person in persons for team in person.teams}
    named = [(record, t) for record in teams if (t := _team(record, claims))]
    boxes = [m for record in mailboxes if (m := _mailbox(record, claims))]
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
        origin=origin,
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


def _person(record: Record, claims: Claims) -> Person | None:
    claims.uids.add(record.one("uid").lower())
    person = _made(record, claims)
    if not person:
        return None
    claims.named(record, "uid", person.uid, "a login name")
    claims.claim(record, person.uid, "mail", person.mail)
    for alias in person.aliases:
        claims.claim(record, person.uid, "aliases", alias)
    for team in person.teams:
        claims.spelled(record, "teams", team)
    return person


def _made(record: Record, claims: Claims) -> Person | None:
    read = Reader(record, claims)
    uid = read.one("uid", cells.login, (*cells.ADDRESSES, *cells.ACCOUNTS))
    mail = _mail(read, uid)
    start, end = (read.one(column, cells.day) for column in ("start", "end"))
    if start and end and end < start:
        read.wrong(BadCellError("end", f"{end} is before the first day, {start}"))
    person = Person(
        uid=uid,
        given_name=read.one("given_name", cells.name),
        surname=read.one("surname", cells.name),
        mail=mail,
        aliases=_aliases(read, mail),
        teams=read.many("teams", cells.team),
        language=read.one("language", cells.one_of, LANGUAGES, default=LANGUAGES[0]),
        files_quota=read.one("files_quota", cells.size, cells.FILES),
        mail_quota=read.one("mail_quota", cells.size, cells.MAIL),
        role=read.one("role", cells.one_of, ROLES),
        start=start,
        end=end,
        place=record.place,
    )
    return person if read.right else None


def _mail(read: Reader, name: str) -> str:
    """Return the primary address; where none is said, that of the name, if this is right."""
    if not (name or read.record.one("mail")):
        return ""
    return read.one("mail", cells.address, read.claims.domain, default=name)


def _aliases(read: Reader, mail: str) -> tuple[str, ...]:
    return tuple(a for a in read.many("aliases", cells.address, read.claims.domain) if a != mail)


def _team(record: Record, claims: Claims) -> Team | None:
    read = Reader(record, claims)
    team = Team(
        name=read.one("name", cells.team),
        folder_quota=read.one("folder_quota", cells.size, cells.FILES),
        rooms=read.many("rooms", cells.name),
    )
    alike = {cells.same(room): room for room in team.rooms}
    for room in team.rooms:
        if (other := alike[cells.same(room)]) != room:
            read.wrong(BadCellError("rooms", f"{room!r} and {other!r} are one name"))
    if not read.right:
        return None
    claims.spelled(record, "name", team.name)
    claims.once(record, team.name)
    return team


def _mailbox(record: Record, claims: Claims) -> Mailbox | None:
    read = Reader(record, claims)
    name = read.one("name", cells.login)
    mail = _mail(read, name)
    mailbox = Mailbox(
        name=name,
        mail=mail,
        members=read.many("members", _member, claims.uids),
        aliases=_aliases(read, mail),
        quota=read.one("quota", cells.size, cells.MAIL),
        place=record.place,
    )
    if not record.many("members"):
        read.wrong(BadCellError("members", "has nobody: who would read its mail?"))
    if not read.right:
        return None
    owner = f"the shared mailbox {name}"
    claims.named(record, "name", name, "a shared mailbox")
    claims.claim(record, owner, "mail", mailbox.mail)
    for alias in mailbox.aliases:
        claims.claim(record, owner, "aliases", alias)
    return mailbox


def _member(column: str, value: str, uids: set[str], index: int) -> str:
    if value.lower() not in uids:
        what = f"nobody in this roster is {cells.short(value.lower())!r}"
        raise BadCellError(column, what, index)
    return value.lower()
