"""Teams: they are there as long as they have members. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploy.people import ldif
from deploy.people.change import Change, Fields, HeldTeam, State, Step
from deploy.people.entries import Present, person_dn, uids

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deploy.people.model import Person, Team

_CLASS = "kootwijkTeam"
_COLUMNS = {"kootwijkFilesQuota": "folder_quota", "kootwijkRoom": "rooms"}


def joined(people: Sequence[Person], state: State, base: str) -> dict[str, Fields]:
    """Return per uid how the person's teams change, where they do."""
    held: dict[str, list[str]] = {}
    for name, team in state.teams.items():
        for dn in team.members:
            held.setdefault(dn, []).append(name)
    found = {p.uid: tuple(sorted(held.get(person_dn(p.uid, base), ()))) for p in people}
    return {p.uid: {"teams": (found[p.uid], p.teams)} for p in people if found[p.uid] != p.teams}


def changes(
    people: Sequence[Person],
    said: Sequence[Team],
    state: State,
    base: str,
    present: Present,
) -> Iterator[tuple[Change | None, Step]]:
    """Yield the steps for teams; with a change where a team, or what it has, does.

    ``said`` are the teams of which the roster says what they have; others keep it.
    """
    wanted: dict[str, set[str]] = {}
    for person in people:
        for name in person.teams:
            wanted.setdefault(name, set()).add(person_dn(person.uid, base))
    has = {team.name: team for team in said}
    for name in sorted({*wanted, *state.teams}):
        new = HeldTeam(f"{ldif.rdn('cn', name)},ou=groups,{base}", frozenset())
        held = state.teams.get(name, new)
        members = present.members(wanted.get(name, ()), held.members)
        fields = _fields(has.get(name), held)
        if not held.members:
            yield Change("team", name, "add", _shown(fields)), _add(name, held.dn, members, fields)
        elif not members:
            yield Change("team", name, "remove", {}), Step(ldif.delete(held.dn))
        elif members != held.members or fields:
            shown = {**_shown(fields), **_unsaid(held.members - members - present.here)}
            change = Change("team", name, "change", shown) if shown else None
            yield change, _modify(held, members, fields)


def _fields(team: Team | None, held: HeldTeam) -> Fields:
    if not team:
        return {}
    wanted = {
        "kootwijkFilesQuota": (team.folder_quota,) if team.folder_quota else (),
        "kootwijkRoom": team.rooms,
    }
    before = {name: tuple(sorted(held.values.get(name.lower(), ()))) for name in wanted}
    return {n: (before[n], v) for n, v in wanted.items() if before[n] != tuple(sorted(v))}


def _shown(fields: Fields) -> Fields:
    return {_COLUMNS[name]: values for name, values in fields.items()}


def _unsaid(dns: frozenset[str]) -> Fields:
    """Return what to show of members who go and are not in the roster, where it would be said."""
    return {"members": (uids(dns), ())} if dns else {}


def _add(name: str, dn: str, members: set[str], fields: Fields) -> Step:
    values = {attribute: after for attribute, (_, after) in fields.items()}
    classes = ["groupOfNames", *([_CLASS] if values else [])]
    record = {"objectClass": classes, "cn": [name], "member": sorted(members), **values}
    return Step(ldif.add(dn, record))


def _modify(held: HeldTeam, members: set[str], fields: Fields) -> Step:
    classes = {name.lower() for name in held.values.get("objectclass", ())}
    lacks = fields and _CLASS.lower() not in classes
    moves = [
        *([("add", "objectClass", [_CLASS])] if lacks else []),
        ("add", "member", sorted(members - held.members)),
        ("delete", "member", sorted(held.members - members)),
    ]
    replaced = [("replace", name, after) for name, (_, after) in fields.items()]
    return Step(ldif.modify(held.dn, [*(m for m in moves if m[2]), *replaced]))
