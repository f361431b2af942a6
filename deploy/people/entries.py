"""People and shared mailboxes as the directory has them: wanted beside held. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from deploy.errors import InputError
from deploy.people import ldif
from deploy.people.change import Change, Fields, State, Step, Values

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from deploy.people.model import Mailbox, Person, Place

ADDRESSES = ("mail", "mailLocalAddress")
LOCKED = "000001010000Z"  # for good; a lockout after wrong passwords has the time when it began
TEAMS = "teams"  # of a person: no attribute of theirs
NOBODY = "cn=nobody"  # the directory's own stand-in where a group lost its last member
_CLASSES = {
    "person": ("inetOrgPerson", "inetLocalMailRecipient", "kootwijkPerson"),
    "mailbox": ("kootwijkMailbox",),
}
_COLUMNS = {  # attribute -> how the roster calls it
    "cn": "name",
    "givenName": "given_name",
    "sn": "surname",
    "mail": "mail",
    "mailLocalAddress": "aliases",
    "member": "members",
    "preferredLanguage": "language",
    "kootwijkFilesQuota": "files_quota",
    "kootwijkMailQuota": "mail_quota",
    "kootwijkRole": "role",
    "kootwijkStart": "start",
    "kootwijkEnd": "end",
    "kootwijkLeft": "left",
    "kootwijkKeepUntil": "keep_until",
    "kootwijkSuccessor": "successor",
    "pwdAccountLockedTime": "locked",
    TEAMS: "teams",
}
_MAILBOX_COLUMNS = {"kootwijkMailQuota": "quota"}
# What somebody who left has; it goes when they come back.
_LEAVING = ("kootwijkLeft", "kootwijkKeepUntil", "kootwijkSuccessor", "pwdAccountLockedTime")

# Who has days begins locked, so not even a minute before the first; the directory's own look at the
# dates (openldap-dates), which marks its locks so, lets in.
_WAITING: Values = {"pwdAccountLockedTime": (LOCKED,), "kootwijkLocked": ("dates",)}


@dataclass(frozen=True, slots=True)
class Entry:
    """A person or mailbox: the attributes it should have, and has (lower case; None is new)."""

    kind: Literal["person", "mailbox"]
    name: str
    dn: str
    wanted: Values
    held: Mapping[str, Sequence[str]] | None
    place: Place | None = None

    @property
    def fields(self) -> Fields:
        """Return what differs, by attribute: before and after."""
        held = self.held or {}
        found = {name: tuple(sorted(held.get(name.lower(), ()))) for name in self.wanted}
        return {n: (found[n], v) for n, v in self.wanted.items() if found[n] != tuple(sorted(v))}

    def change(self, fields: Fields) -> Change:
        """Return what ``fields`` (with a person's teams) change, as a roster says it."""
        called = {**_COLUMNS, **(_MAILBOX_COLUMNS if self.kind == "mailbox" else {})}
        shown = {
            called[n]: (uids(b), uids(a)) if n == "member" else (b, a)
            for n, (b, a) in fields.items()
        }
        action: Literal["add", "change"] = "add" if self.held is None else "change"
        return Change(self.kind, self.name, action, shown)

    def step(self, fields: Fields) -> Step:
        classes = _CLASSES[self.kind]
        if self.held is None:
            naming = {"uid" if self.kind == "person" else "cn": (self.name,)}
            dated = any(self.wanted.get(name) for name in ("kootwijkStart", "kootwijkEnd"))
            values = {**naming, **self.wanted, **(_WAITING if dated else {})}
            record = ldif.add(self.dn, {"objectClass": classes, **values})
            return Step(record, newcomer=self.name if self.kind == "person" else "")
        # Somebody who came before the class was there gets it with the first of its attributes.
        has = {name.lower() for name in self.held.get("objectclass", ())}
        lacks = classes[-1].lower() not in has and any(n.startswith("kootwijk") for n in fields)
        added = [("add", "objectClass", classes[-1:])] if lacks else []
        replaced = [("replace", n, after) for n, (_, after) in fields.items()]
        return Step(ldif.modify(self.dn, [*added, *replaced]))


def own(fields: Fields) -> Fields:
    """Return those of ``fields`` that are an entry's own attributes."""
    return {name: values for name, values in fields.items() if name != TEAMS}


def person_dn(uid: str, base: str) -> str:
    return f"{ldif.rdn('uid', uid)},ou=people,{base}"


def as_held(found: Person, state: State, base: str, columns: Collection[str]) -> Person:
    """Return ``found`` with ``columns`` as the directory has them, if it has the person."""
    held = state.people.get(found.uid)
    if not columns or held is None:
        return found
    values: dict[str, Any] = {}
    for name, called in _COLUMNS.items():
        has = tuple(sorted(held.get(name.lower(), ())))
        if called in columns and called == "aliases":
            values[called] = has
        elif called in columns and called != TEAMS and (has or not getattr(found, called)):
            values[called] = has[0] if has else ""
    if TEAMS in columns:
        dn = person_dn(found.uid, base)
        values[TEAMS] = tuple(sorted(n for n, team in state.teams.items() if dn in team.members))
    return replace(found, **values)


def person(found: Person, state: State, base: str, *, back: bool = False) -> Entry:
    """Return a person's entry; one who is ``back`` is no longer one who left."""
    wanted: Values = {
        "cn": (found.name,),
        "givenName": (found.given_name,),
        "sn": (found.surname,),
        "mail": (found.mail,),
        "mailLocalAddress": found.aliases,
        "preferredLanguage": (found.language,),
        "kootwijkFilesQuota": _one(found.files_quota),
        "kootwijkMailQuota": _one(found.mail_quota),
        "kootwijkRole": _one(found.role),
        "kootwijkStart": _one(found.start),
        "kootwijkEnd": _one(found.end),
        **(dict.fromkeys(_LEAVING, ()) if back else {}),
    }
    held = state.people.get(found.uid)
    return Entry("person", found.uid, person_dn(found.uid, base), wanted, held, found.place)


@dataclass(frozen=True)
class Present:
    """Whose membership the roster says (dns), and who left; others keep theirs."""

    here: frozenset[str]
    left: frozenset[str]

    def members(self, wanted: Collection[str], held: Collection[str]) -> set[str]:
        """Return who is a member: who left only stays where there would be nobody else."""
        others = set(held) - self.here - {NOBODY}
        return (set(wanted) & self.here) | (others - self.left) or others


def mailbox(found: Mailbox, state: State, base: str, present: Present) -> Entry:
    """Return a shared mailbox's entry.

    InputError if it has no members, which happens when all that a new one names have left.
    """
    held = state.mailboxes.get(found.name)
    wanted_members = [person_dn(uid, base) for uid in found.members]
    members = present.members(wanted_members, (held or {}).get("member", ()))
    if not members:
        raise InputError(
            f"everybody who reads the shared mailbox {found.name} has left",
            where=f"shared mailbox {found.name}",
            next_step="name somebody who is here as a member",
        )
    wanted: Values = {
        "mail": (found.mail,),
        "mailLocalAddress": found.aliases,
        "member": tuple(sorted(members)),
        "kootwijkMailQuota": _one(found.quota),
    }
    dn = f"{ldif.rdn('cn', found.name)},ou=mailboxes,{base}"
    return Entry("mailbox", found.name, dn, wanted, held, found.place)


def releases(entries: Sequence[Entry]) -> Iterator[Step]:
    """Yield the steps that free an address which goes from one to another; people come first.

    The directory refuses an address that somebody else still has, so these come first.
    """
    before = {e.dn: _addresses(e.held or {}, lower=True) for e in entries}
    after = {e.dn: _addresses(e.wanted) for e in entries}
    claimed = {address for e in entries for address in after[e.dn] - before[e.dn]}
    owners = {address: dn for dn, addresses in before.items() for address in addresses}
    # A mailbox is never without a primary address: it gets its next one, once people's are free.
    for entry in entries:
        freed: list[tuple[str, str, list[str]]] = []
        for name, address in _held(entry):
            if address in after[entry.dn] or address not in claimed:
                continue
            if entry.kind == "person" or name != "mail":
                freed.append(("delete", name, [address]))
                owners.pop(address, None)
            elif owners.get(entry.wanted[name][0], entry.dn) == entry.dn:
                freed.append(("replace", name, list(entry.wanted[name])))
        if freed:
            yield Step(ldif.modify(entry.dn, freed))


def _held(entry: Entry) -> Iterator[tuple[str, str]]:
    for name in ADDRESSES:
        for address in (entry.held or {}).get(name.lower(), ()):
            yield name, address


def _addresses(values: Mapping[str, Sequence[str]], *, lower: bool = False) -> set[str]:
    return {a for n in ADDRESSES for a in values.get(n.lower() if lower else n, ())}


def _one(value: str) -> tuple[str, ...]:
    return (value,) if value else ()


def uids(dns: Collection[str]) -> tuple[str, ...]:
    """Return members by uid, as the roster has them."""
    return tuple(sorted(dn.removeprefix("uid=").partition(",")[0] for dn in dns))
