"""From a roster and what the directory holds to what has to change. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from deploy.errors import InputError
from deploy.people import ldif

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from deploy.people.roster import Person

_CLASSES = ("inetOrgPerson", "inetLocalMailRecipient")
_ADDRESSES = ("mail", "mailLocalAddress")
_COLUMNS = {  # attribute -> how the roster calls it
    "cn": "name",
    "givenName": "given_name",
    "sn": "surname",
    "mail": "mail",
    "mailLocalAddress": "aliases",
    "preferredLanguage": "language",
}
_NOBODY = "cn=nobody"  # the directory's own stand-in where a team lost its last member

Fields = dict[str, tuple[tuple[str, ...], tuple[str, ...]]]


@dataclass(frozen=True)
class State:
    """What the directory holds: uid -> attributes, and team -> (dn, members' dns)."""

    people: Mapping[str, Mapping[str, Sequence[str]]]
    teams: Mapping[str, tuple[str, frozenset[str]]]


@dataclass(frozen=True)
class Change:
    """One person or team; ``fields`` maps what changes to its values before and after."""

    kind: Literal["person", "team"]
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
        return f"{self.action:6} {self.kind:6} {self.name}  {'; '.join(parts)}".rstrip()


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

    ``changes`` are for reading, people in the roster's order and then teams; ``steps`` do them, in
    an order in which each may be done. ``held`` counts the people in the directory before.
    """

    organisation: str
    changes: tuple[Change, ...]
    absent: tuple[str, ...]
    held: int
    steps: tuple[Step, ...]

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
            "version": 1,
            "organisation": self.organisation,
            "changes": [change.as_json() for change in self.changes],
            "absent": list(self.absent),
        }


def base_dn(domain: str) -> str:
    """Return the directory's suffix for a mail domain: example.test -> dc=example,dc=test."""
    return ",".join(f"dc={label}" for label in domain.split("."))


def make(people: Sequence[Person], state: State, *, organisation: str, base: str) -> Plan:
    """Return what makes ``state`` be as the roster says; nobody is removed.

    InputError if a person claims an address of somebody who is in the directory and not in the
    roster.
    """
    _refuse_taken(people, state)
    wanted = {p.uid: attributes(p) for p in people}
    changed = [
        (uid, attrs, _differing(attrs, state.people.get(uid, {}))) for uid, attrs in wanted.items()
    ]
    teams = list(_team_changes(people, state, base))
    joined = _joined(people, state, base)
    changes = [
        Change(
            "person",
            uid,
            "change" if uid in state.people else "add",
            {**{_COLUMNS[name]: values for name, values in fields.items()}, **joined[uid]},
        )
        for uid, _, fields in changed
        if fields or joined[uid]
    ]
    steps = [
        *_releases(wanted, state, base),
        *(
            _person_step(uid, attrs, fields, state, base)
            for uid, attrs, fields in changed
            if fields
        ),
        *(step for _, step in teams),
    ]
    return Plan(
        organisation=organisation,
        changes=(*changes, *(change for change, _ in teams if change)),
        absent=tuple(sorted(set(state.people) - set(wanted))),
        held=len(state.people),
        steps=tuple(steps),
    )


def attributes(person: Person) -> dict[str, tuple[str, ...]]:
    """Return what the directory holds of a person, but for the password and the teams."""
    return {
        "cn": (person.name,),
        "givenName": (person.given_name,),
        "sn": (person.surname,),
        "mail": (person.mail,),
        "mailLocalAddress": person.aliases,
        "preferredLanguage": (person.language,),
    }


def _person_dn(uid: str, base: str) -> str:
    return f"{ldif.rdn('uid', uid)},ou=people,{base}"


def _differing(wanted: Mapping[str, tuple[str, ...]], held: Mapping[str, Sequence[str]]) -> Fields:
    found = {name: tuple(sorted(held.get(name.lower(), ()))) for name in wanted}
    return {n: (found[n], v) for n, v in wanted.items() if found[n] != tuple(sorted(v))}


def _refuse_taken(people: Sequence[Person], state: State) -> None:
    present = {p.uid for p in people}
    owners = {
        address: uid
        for uid, held in state.people.items()
        if uid not in present
        for name in _ADDRESSES
        for address in held.get(name.lower(), ())
    }
    for person in people:
        for address in person.addresses:
            if address in owners:
                raise InputError(
                    f"'{address}' of {person.uid} belongs to {owners[address]}, "
                    "who is in the directory and not in this roster",
                    where=f"person {person.uid}",
                    next_step=f"put {owners[address]} in the roster too, or take another address",
                )


def _releases(
    wanted: Mapping[str, Mapping[str, tuple[str, ...]]], state: State, base: str
) -> Iterator[Step]:
    """Yield the steps that free an address which goes from one person to another.

    The directory refuses an address that somebody else still has, so these come first.
    """
    claimed = {
        (name, address)
        for uid, attrs in wanted.items()
        for name in _ADDRESSES
        for address in attrs[name]
        if address not in state.people.get(uid, {}).get(name.lower(), ())
    }
    for uid, attrs in wanted.items():
        freed = [
            ("delete", name, [address])
            for name in _ADDRESSES
            for address in state.people.get(uid, {}).get(name.lower(), ())
            if address not in attrs[name] and (name, address) in claimed
        ]
        if freed:
            yield Step(ldif.modify(_person_dn(uid, base), freed))


def _person_step(
    uid: str, wanted: Mapping[str, tuple[str, ...]], fields: Fields, state: State, base: str
) -> Step:
    dn = _person_dn(uid, base)
    if uid in state.people:
        return Step(ldif.modify(dn, [("replace", n, after) for n, (_, after) in fields.items()]))
    return Step(ldif.add(dn, {"objectClass": _CLASSES, "uid": (uid,), **wanted}), newcomer=uid)


def _joined(people: Sequence[Person], state: State, base: str) -> dict[str, Fields]:
    """Return per uid how the person's teams change; empty where they do not."""
    held: dict[str, list[str]] = {}
    for team, (_, members) in state.teams.items():
        for dn in members:
            held.setdefault(dn, []).append(team)
    found = {p.uid: tuple(sorted(held.get(_person_dn(p.uid, base), ()))) for p in people}
    return {
        p.uid: {"teams": (found[p.uid], p.teams)} if found[p.uid] != p.teams else {} for p in people
    }


def _team_changes(
    people: Sequence[Person], state: State, base: str
) -> Iterator[tuple[Change | None, Step]]:
    """Yield the steps for teams; with a change where a team comes or goes."""
    present = {_person_dn(p.uid, base) for p in people} | {_NOBODY}
    wanted: dict[str, set[str]] = {}
    for person in people:
        for team in person.teams:
            wanted.setdefault(team, set()).add(_person_dn(person.uid, base))
    for team in sorted({*wanted, *state.teams}):
        dn, held = state.teams.get(team, (f"{ldif.rdn('cn', team)},ou=groups,{base}", frozenset()))
        members = wanted.get(team, set()) | (held - present)
        if members == held:
            continue
        if not held:
            record = ldif.add(
                dn, {"objectClass": ["groupOfNames"], "cn": [team], "member": sorted(members)}
            )
            yield Change("team", team, "add", {}), Step(record)
        elif not members:
            yield Change("team", team, "remove", {}), Step(ldif.delete(dn))
        else:
            moves = [("add", members - held), ("delete", held - members)]
            done = [(kind, "member", sorted(dns)) for kind, dns in moves if dns]
            yield None, Step(ldif.modify(dn, done))
