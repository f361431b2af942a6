"""From a roster and what the directory holds to what has to change. Pure."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from deploy.errors import InputError
from deploy.people import assemble, entries, teams
from deploy.people.cells import same
from deploy.people.change import Change, Fields, HeldTeam, Plan, State, Step
from deploy.people.entries import ADDRESSES, Entry, person_dn

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from deploy.people.model import Mailbox, Person, Place, Roster

__all__ = ["Change", "HeldTeam", "Plan", "State", "Step", "base_dn", "make"]


def base_dn(domain: str) -> str:
    """Return the directory's suffix for a mail domain: example.test -> dc=example,dc=test."""
    return ",".join(f"dc={label}" for label in domain.split("."))


def make(
    roster: Roster,
    state: State,
    *,
    organisation: str,
    base: str,
    again: Collection[str] = (),
) -> Plan:
    """Return what makes ``state`` be as the roster says; nobody is removed.

    Somebody who left and is in the roster still is left alone and named, but for those in
    ``again`` (uids), who are back. InputError with all that the directory would not take: the name
    of somebody who left given to another, an address of what is in the directory and not in the
    roster, a team of the directory's that is written otherwise.
    """
    problems: list[str] = []
    left = _left(roster.people, state, again, problems)
    people = [
        entries.as_held(p, state, base, roster.unsaid) for p in roster.people if p.uid not in left
    ]
    present = entries.Present(
        here=frozenset(person_dn(p.uid, base) for p in people),
        left=frozenset(person_dn(uid, base) for uid in state.people if state.left(uid)),
    )
    named = {p.uid for p in roster.people}
    boxes = {m.name for m in roster.mailboxes}
    every = partial(_entries, people, roster.mailboxes, state, base, present)
    problems += _taken(every(), named - left.keys(), boxes, state)
    problems += _misspelled(people, state)
    assemble.refuse(problems, roster.origin)
    joined = teams.joined(people, state, base)
    # Only what changes is kept: of 20,000 people that is little.
    changed = [(entry, fields) for entry in every() if (fields := _fields(entry, joined))]
    moved_address = [e for e, fields in changed if not fields.keys().isdisjoint(ADDRESSES)]
    moved = list(teams.changes(people, roster.teams, state, base, present))
    here = [uid for uid in state.people if not state.left(uid)]
    return Plan(
        organisation=organisation,
        changes=(
            *(entry.change(fields) for entry, fields in changed),
            *(change for change, _ in moved if change),
        ),
        absent=tuple(sorted(set(here) - named)),
        held=len(here),
        steps=(
            *entries.releases(moved_address),
            *(entry.step(own) for entry, fields in changed if (own := entries.own(fields))),
            *(step for _, step in moved),
        ),
        left=tuple(left),
        absent_mailboxes=tuple(sorted(set(state.mailboxes) - boxes)) if boxes else (),
        notes=(*roster.notes, *left.values()),
    )


def _entries(
    people: Sequence[Person],
    mailboxes: Sequence[Mailbox],
    state: State,
    base: str,
    present: entries.Present,
) -> Iterator[Entry]:
    for person in people:
        yield entries.person(person, state, base, back=_is_back(person, state))
    for mailbox in mailboxes:
        yield entries.mailbox(mailbox, state, base, present)


def _fields(entry: Entry, joined: Mapping[str, Fields]) -> Fields:
    """Return what changes of an entry: its attributes, and a person's teams."""
    return {**entry.fields, **(joined.get(entry.name, {}) if entry.kind == "person" else {})}


def _is_back(person: Person, state: State) -> bool:
    return bool(state.left(person.uid))  # who left and is not back is not asked about


def _left(
    people: Sequence[Person], state: State, again: Collection[str], problems: list[str]
) -> dict[str, str]:
    """Return who is in the roster although they left: uid -> what to say of it.

    Whose name was that of somebody else who left is added to ``problems``.
    """
    unknown = sorted(set(again) - {p.uid for p in people})
    if unknown:
        raise InputError(
            f"'{unknown[0]}', who is said to be back, is not in this roster",
            where=f"--again {unknown[0]}",
            next_step="put them in the roster, or leave this out",
        )
    found = {}
    for person in people:
        day = state.left(person.uid)
        if state.deleted(person.uid):
            problems.append(
                f"{_at(person.place, 'uid')}the login name {person.uid} of {person.name} was "
                f"somebody's who left on {day} and is deleted: it is never given again"
            )
        elif day and person.uid not in again:
            problems += _reused(person, state.people[person.uid], day)
            found[person.uid] = (
                f"{person.uid} left on {day} and is in this roster still: nothing of them is "
                f"changed; take them out of it, or say --again {person.uid} if they are back"
            )
    return found


def _reused(person: Person, held: Mapping[str, Sequence[str]], day: str) -> Iterator[str]:
    before = " ".join([*held.get("givenname", ()), *held.get("sn", ())])
    if before != person.name:
        yield (
            f"{_at(person.place, 'uid')}the login name {person.uid} of {person.name} was "
            f"{before}'s, who left on {day}: take a name that nobody had; if it is the same "
            f"person, say --again {person.uid}"
        )


def _taken(
    every: Iterable[Entry], people: Collection[str], mailboxes: Collection[str], state: State
) -> Iterator[str]:
    """Yield the names and addresses that are of who is in the directory and not among ``every``.

    ``people`` and ``mailboxes`` are the names of those who are.
    """
    owners: dict[str, str] = {}
    for held, here, form in (
        (state.people, people, "{}"),
        (state.mailboxes, mailboxes, "the shared mailbox {}"),
    ):
        for name, values in held.items():
            if name not in here:
                owner = form.format(name)
                owners[name] = owner
                owners |= {a: owner for n in ADDRESSES for a in values.get(n.lower(), ())}
    for entry in every:
        for column, claims in (
            ("uid" if entry.kind == "person" else "name", (entry.name,)),
            ("mail", entry.wanted["mail"]),
            ("aliases", entry.wanted["mailLocalAddress"]),
        ):
            for claim in claims:
                if owner := owners.get(claim, ""):
                    day = state.left(owner)
                    whose = f"{owner}, who left on {day}: take another"
                    if not day:
                        whose = (
                            f"{owner}, in the directory and not in this roster: take another, "
                            f"or put {owner} in the roster too"
                        )
                    yield f"{_at(entry.place, column)}'{claim}' of {entry.name} belongs to {whose}"


def _misspelled(people: Iterable[Person], state: State) -> Iterator[str]:
    """Yield the teams that the directory, which looks past case, has under another name."""
    held = {same(name): name for name in state.teams}
    for person in people:
        for name in person.teams:
            if name not in state.teams and (other := held.get(same(name))):
                place = _at(person.place, "teams")
                yield f"{place}'{name}' is written '{other}' in the directory"


def _at(place: Place | None, column: str) -> str:
    return f"{place(column, None)}: " if place else ""
