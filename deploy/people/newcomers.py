"""Who may get a letter: the people of the directory, and who has set an own password."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from deploy.people import ldif
from deploy.people.entries import LOCKED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from deploy.people.directory import Directory
    from deploy.people.ldif import Values

_ATTRIBUTES = (
    "objectClass uid cn sn givenName mail mailLocalAddress preferredLanguage entryUUID memberOf "
    "kootwijkFilesQuota kootwijkMailQuota kootwijkStart kootwijkLeft kootwijkWelcomed member "
    "createTimestamp pwdChangedTime pwdAccountLockedTime"
)
_FILTER = "(|(objectClass=inetOrgPerson)(objectClass=kootwijkMailbox))"


@dataclass(frozen=True)
class Newcomer:
    """A person of the directory, as a letter needs it.

    ``activated``: a password was set after the entry was made with one, so it is the person's own
    (slapd notes that as ``pwdChangedTime``, which an entry has not when it is made).
    ``start`` is the first day if that is set, ``mailboxes`` are the addresses of shared ones.
    """

    uid: str
    dn: str
    entry: str
    name: str
    mail: str
    aliases: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    mailboxes: tuple[str, ...] = ()
    language: str = "nl"
    files_quota: str = ""
    mail_quota: str = ""
    start: date | None = None
    activated: bool = False
    locked: bool = False
    left: bool = False
    welcomed: bool = False
    classes: tuple[str, ...] = ()

    def closed(self, today: date) -> str:
        """Return why no letter may be made for this person, or nothing."""
        if self.left:
            return "has left"
        if self.locked and not (self.start and self.start > today):
            return "is locked"
        return ""


def read(directory: Directory) -> dict[str, Newcomer]:
    """Return everybody, by login name."""
    return {person.uid: person for person in people(directory.search(_FILTER, _ATTRIBUTES))}


def note_welcome(directory: Directory, persons: Sequence[Newcomer], today: date) -> None:
    """Note at each person that the message of welcome went out."""
    records = []
    for person in persons:
        changes = [("replace", "kootwijkWelcomed", [today.isoformat()])]
        if "kootwijkPerson" not in person.classes:
            changes.insert(0, ("add", "objectClass", ["kootwijkPerson"]))
        records.append(ldif.modify(person.dn, changes))
    directory.write(records, alone=False)  # no roster says it, and the messages are gone


def people(entries: Iterable[tuple[str, Values]]) -> Iterator[Newcomer]:
    """Yield the people among ``entries``, which are people and shared mailboxes."""
    records = list(entries)
    shared: dict[str, list[str]] = {}
    for _, values in records:
        if "uid" not in values:
            for dn in values.get("member", ()):
                shared.setdefault(dn, []).extend(values.get("mail", ()))
    for dn, values in records:
        if "uid" in values:
            yield _person(dn, values, tuple(sorted(shared.get(dn, ()))))


def _person(dn: str, values: Mapping[str, Sequence[str]], mailboxes: tuple[str, ...]) -> Newcomer:
    def one(name: str) -> str:
        return next(iter(values.get(name.lower(), ())), "")

    start = one("kootwijkStart")
    return Newcomer(
        uid=one("uid"),
        dn=dn,
        entry=one("entryUUID"),
        name=one("cn"),
        mail=one("mail"),
        aliases=tuple(sorted(set(values.get("maillocaladdress", ())) - {one("mail")})),
        teams=tuple(sorted(map(_first_value, values.get("memberof", ())))),
        mailboxes=mailboxes,
        language=one("preferredLanguage") or "nl",
        files_quota=one("kootwijkFilesQuota"),
        mail_quota=one("kootwijkMailQuota"),
        start=date.fromisoformat(start) if start else None,
        activated=one("pwdChangedTime") > one("createTimestamp"),  # a copied entry may have both
        locked=one("pwdAccountLockedTime") == LOCKED,
        left=bool(one("kootwijkLeft")),
        welcomed=bool(one("kootwijkWelcomed")),
        classes=tuple(values.get("objectclass", ())),
    )


def _first_value(dn: str) -> str:
    """Return the value of the first part of ``dn``, without what RFC 4514 escapes."""
    found = re.match(r"[^=]+=((?:\\.|[^,\\])*)", dn)
    text = found[1] if found else dn
    bare = re.sub(rb"\\([0-9A-Fa-f]{2})", lambda m: bytes([int(m[1], 16)]), text.encode())
    return re.sub(r"\\(.)", r"\1", bare.decode("utf-8", "replace"))
