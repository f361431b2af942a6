"""Plan a roster and apply it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploy.errors import InputError
from deploy.narrate import say
from deploy.people import planning, roster
from deploy.people.directory import Directory
from deploy.secrets import Store

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.inventory import Inventory
    from deploy.people.planning import Plan

_NAMED = 10


def plan(inventory: Inventory, file: Path, *, organisation: str | None = None) -> Plan:
    """Return what the roster ``file`` changes; nothing is changed.

    ``organisation`` is whose roster it is, by default that of the inventory's first host. Raises
    InputError for a wrong roster, UnreachableError if the directory does not answer.
    """
    return _plan(Directory(inventory, organisation or inventory.hosts[0].organisation), file)


def apply(
    inventory: Inventory, file: Path, *, organisation: str | None = None, yes: bool = False
) -> Plan:
    """Do what ``plan`` says and return it. Run again, it changes nothing.

    A newcomer's first password is in the inventory's secrets as ``person_UID@DOMAIN``. A roster
    in which more than half of the people are missing is refused unless ``yes``. Whatever stops it,
    what was done stays and the next run does the rest.
    """
    directory = Directory(inventory, organisation or inventory.hosts[0].organisation)
    made = _plan(directory, file)
    if made.mass_absence and not yes:
        raise InputError(
            f"{len(made.absent)} of the {made.held} people in the directory are not in this roster",
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


def _plan(directory: Directory, file: Path) -> Plan:
    people = roster.read(file, directory.host.domain)
    made = planning.make(
        people,
        directory.read(),
        organisation=directory.host.organisation,
        base=directory.base,
    )
    if made.absent:
        names = ", ".join(made.absent[:_NAMED]) + (", ..." if len(made.absent) > _NAMED else "")
        say(f"    not in this roster, left as they are: {len(made.absent)} ({names})")
    return made


def _passwords(inventory: Inventory, uids: tuple[str, ...], domain: str) -> dict[str, str]:
    names = {uid: secret_name(uid, domain) for uid in uids}
    held = Store(inventory.path).get_many(list(names.values())) if names else {}
    return {uid: held[name] for uid, name in names.items()}
