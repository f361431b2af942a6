"""What the directory holds of one person: one search over everything that names them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deploy.people.entries import LOCKED, person_dn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deploy.people.directory import Directory
    from deploy.people.ldif import Values

NAME = "account"  # the class of a name that was somebody's, and is nobody's any more


@dataclass(frozen=True)
class Entry:
    """A person, as far as leaving is concerned; dates are YYYY-MM-DD, empty where there is none."""

    dn: str
    uid: str
    name: str
    mail: str
    language: str
    locked: bool
    left: str
    keep_until: str
    successor: str
    classes: frozenset[str]
    addresses: tuple[str, ...] = ()
    entry: str = ""  # the directory's UUID of it


@dataclass(frozen=True)
class Held:
    """The person, whoever else was asked for, and what names the person.

    ``teams`` and ``mailboxes`` map a dn to its name and how many members there are.
    """

    person: Entry | None
    others: Mapping[str, Entry]
    teams: Mapping[str, tuple[str, int]]
    mailboxes: Mapping[str, tuple[str, int]]
    app_passwords: tuple[str, ...]
    deleted: str = ""  # the day on which somebody left who is deleted: only the name is left


def read(directory: Directory, uid: str, *others: str) -> Held:
    """Ask the directory; UnreachableError if it does not answer."""
    dn = person_dn(uid, directory.base)
    wanted = "".join(f"(uid={_escaped(name)})" for name in (uid, *filter(None, others)))
    named = f"(member={_escaped(dn)})(seeAlso={_escaped(dn)})"
    which = f"(|(&(|(objectClass=inetOrgPerson)(objectClass={NAME}))(|{wanted})){named})"
    found = directory.search(which, "'*' pwdAccountLockedTime entryUUID")
    return understood(uid, list(found), directory.base)


def understood(uid: str, records: list[tuple[str, Values]], base: str) -> Held:
    """Return what the entries say. Pure."""
    people: dict[str, Entry] = {}
    teams: dict[str, tuple[str, int]] = {}
    mailboxes: dict[str, tuple[str, int]] = {}
    passwords: list[str] = []
    for dn, values in records:
        place = dn.lower().removesuffix(f",{base.lower()}").rpartition(",")[2]
        if place == "ou=people":
            entry = _entry(dn, values)
            people[entry.uid] = entry
        elif place == "ou=app-passwords":
            passwords.append(dn)
        elif "member" in values:
            kind = mailboxes if place == "ou=mailboxes" else teams
            kind[dn] = (values["cn"][0], len(values["member"]))
    for name in [name for name, entry in people.items() if NAME in entry.classes and name != uid]:
        del people[name]
    person = people.pop(uid, None)
    if person and NAME in person.classes:
        return Held(None, people, {}, {}, (), person.left)
    return Held(person, people, teams, mailboxes, tuple(passwords))


def name_alone(uid: str, left: str, domain: str) -> Entry:
    """Return who was deleted, as far as is known."""
    return Entry("", uid, "", f"{uid}@{domain}", "nl", True, left, "", "", frozenset())  # noqa: FBT003


def _entry(dn: str, values: Values) -> Entry:
    def one(name: str) -> str:
        return values.get(name, [""])[0]

    return Entry(
        dn=dn,
        uid=one("uid"),
        name=one("cn"),
        mail=one("mail"),
        language=one("preferredlanguage") or "nl",
        locked=one("pwdaccountlockedtime") == LOCKED,
        left=one("kootwijkleft"),
        keep_until=one("kootwijkkeepuntil"),
        successor=one("kootwijksuccessor"),
        classes=frozenset(name.lower() for name in values.get("objectclass", [])),
        entry=one("entryuuid"),
        addresses=(*values.get("mail", ()), *values.get("maillocaladdress", ())),
    )


def _escaped(value: str) -> str:
    """Return ``value`` for a filter within single quotes (RFC 4515)."""
    return "".join(f"\\{ord(c):02x}" if c in "\\*()'\0" else c for c in value)
