"""Plan a roster and apply it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploy.errors import InputError
from deploy.narrate import say
from deploy.people import planning, roster
from deploy.people.directory import Directory
from deploy.secrets import Store

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from deploy.inventory import Inventory
    from deploy.people.change import Plan

_NAMED = 10


def plan(
    inventory: Inventory,
    file: Path,
    *,
    organisation: str | None = None,
    again: Collection[str] = (),
) -> Plan:
    """Return what the roster ``file`` changes; nothing is changed.

    ``organisation`` is whose roster it is, by default that of the inventory's first host. Those in
    ``again`` (uids) had left and are back. Raises InputError for a wrong roster, UnreachableError
    if the directory does not answer.
    """
    directory = Directory(inventory, organisation or inventory.hosts[0].organisation)
    made = _plan(inventory, directory, file, again)
    if made.mass_absence:
        say(f"    `apply` will want --yes: {_absent(made)}")
    return made


def apply(
    inventory: Inventory,
    file: Path,
    *,
    organisation: str | None = None,
    yes: bool = False,
    again: Collection[str] = (),
) -> Plan:
    """Do what ``plan`` says and return it. Run again, it changes nothing.

    A newcomer's first password is in the inventory's secrets as ``person_UID@DOMAIN``. A roster
    in which more than half of the people are missing is refused unless ``yes``. Whatever stops it,
    what was done stays and the next run does the rest.
    """
    directory = Directory(inventory, organisation or inventory.hosts[0].organisation)
    made = _plan(inventory, directory, file, again)
    if made.mass_absence and not yes:
        raise InputError(
            _absent(made),
            where=f"{file}, organisation {made.organisation}",
            next_step="if that is meant, say so with --yes; otherwise look which roster this is",
        )
    if made.steps:
        passwords = _passwords(inventory, made.newcomers, directory.host.domain)
        directory.write([step.text(passwords) for step in made.steps])
    return made


def secret_name(uid: str, domain: str) -> str:
    """Return the name of a person's first password in the inventory's secrets."""
    return f"person_{uid}@{domain}"


def _plan(inventory: Inventory, directory: Directory, file: Path, again: Collection[str]) -> Plan:
    made = planning.make(
        roster.load(file, directory.host.domain, Store(inventory.path).held),
        directory.read(),
        organisation=directory.host.organisation,
        base=directory.base,
        again=again,
    )
    for note in made.notes:
        say(f"    {note}")
    for what, absent in (("", made.absent), ("shared mailboxes ", made.absent_mailboxes)):
        if absent:
            names = ", ".join(absent[:_NAMED]) + (", ..." if len(absent) > _NAMED else "")
            say(f"    {what}not in this roster, left as they are: {len(absent)} ({names})")
    return made


def _absent(made: Plan) -> str:
    return f"{len(made.absent)} of the {made.held} people in the directory are not in this roster"


def _passwords(inventory: Inventory, uids: tuple[str, ...], domain: str) -> dict[str, str]:
    names = {uid: secret_name(uid, domain) for uid in uids}
    held = Store(inventory.path).get_many(list(names.values())) if names else {}
    return {uid: held[name] for uid, name in names.items()}
