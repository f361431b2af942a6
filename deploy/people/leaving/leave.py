"""Lock somebody, have every service look at once, and try the ways in until all are refused.

Why this order: a way in that was not seen open proves nothing when it is shut, so probes are made
and tried first; then the lock, the one thing that every service follows; then every service is told
at once, each from a thread of its own, and tried until it refuses.
"""

from __future__ import annotations

import secrets
import string
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from deploy.errors import KootwijkError
from deploy.narrate import say
from deploy.people import ldif
from deploy.people.directory import Directory
from deploy.people.leaving import held as holding
from deploy.people.leaving import planning
from deploy.people.leaving.proof import Outcome
from deploy.people.leaving.trial import trials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deploy.inventory import Inventory
    from deploy.people.leaving.held import Entry, Held
    from deploy.people.leaving.planning import Wishes
    from deploy.people.leaving.trial import Trial

_SIGNS = string.digits + string.ascii_lowercase
_PROBE = "Kootwijk leave probe"


def leave(
    inventory: Inventory, uid: str, wishes: Wishes, *, organisation: str | None = None
) -> Outcome:
    """Have ``uid`` leave; run again, it does what is not done and tries everything again.

    InputError if there is no such person or they cannot leave like this, UnreachableError if the
    directory does not answer: then nothing was changed.
    """
    directory = Directory(inventory, organisation or inventory.hosts[0].organisation)
    held = holding.read(directory, uid, *wishes.colleagues)
    person = planning.check(uid, held, wishes, f"{directory.host.name}, {directory.base}")
    if person.successor and not wishes.successor:
        held = holding.read(directory, uid, person.successor, *wishes.colleagues)
    today = datetime.now(UTC).astimezone().date()
    years = int(directory.host.vars.get("kootwijk_keep_years", planning.KEEP_YEARS))
    changes = planning.records(held, person, wishes, today, years)
    mail = planning.mail(person, held, wishes, today)
    with _probe_password(directory, person) as (secret, dn):
        found = trials(inventory, directory.host.organisation, person, secret)
        _prove(
            found,
            lambda: directory.write([*changes, ldif.delete(dn)]),
            lambda trial: trial.hand_over(wishes.successor or person.successor, mail, person),
        )
    return _outcome(holding.read(directory, uid), held, found)


def _prove(
    found: list[Trial], lock: Callable[[], None], hand_over: Callable[[Trial], None]
) -> None:
    """Prepare every trial, lock, finish every trial; nothing made for it stays."""
    with ThreadPoolExecutor(max(len(found), 1)) as pool:
        try:
            say("==> ways in: made, and tried")
            list(pool.map(lambda trial: trial.prepare(), found))
            say("==> locked in the directory; every service looks now")
            locked = time.monotonic()
            lock()
            list(pool.map(lambda trial: trial.finish(locked), found))
            say("==> mail, files, calendars, rooms: who has them now")
            list(pool.map(hand_over, found))
        finally:
            list(pool.map(lambda trial: trial.close(), found))


@contextmanager
def _probe_password(directory: Directory, person: Entry) -> Iterator[tuple[str, str]]:
    """Make an app password of the person's; it is gone afterwards, if not before."""
    groups = ["".join(secrets.choice(_SIGNS) for _ in range(4)) for _ in range(5)]
    name, secret = "-".join(groups[:2]), "-".join(groups)
    dn = f"cn={name},ou=app-passwords,{directory.base}"
    entry = {
        "objectClass": ["applicationProcess", "simpleSecurityObject"],
        "cn": [name],
        "seeAlso": [person.dn],
        "description": [_PROBE],
        "userPassword": [secret],
    }
    directory.write([ldif.add(dn, entry)])
    try:
        yield secret, dn
    except BaseException:
        with suppress(KootwijkError):  # it may be gone: the lock takes it along
            directory.write([ldif.delete(dn)])
        raise


def _outcome(now: Held, before: Held, found: list[Trial]) -> Outcome:
    person = now.person
    if person is None:
        raise AssertionError
    out = {name for name, _ in before.teams.values()} - {name for name, _ in now.teams.values()}
    boxes = {n for n, _ in before.mailboxes.values()} - {n for n, _ in now.mailboxes.values()}
    stays = [name for name, _ in {**now.teams, **now.mailboxes}.values()]
    return Outcome(
        uid=person.uid,
        left=person.left,
        keep_until=person.keep_until,
        successor=person.successor,
        teams=tuple(sorted(out)),
        mailboxes=tuple(sorted(boxes)),
        stays_in=tuple(sorted(stays)),
        app_passwords=len(before.app_passwords),
        services=tuple(trial.outcome for trial in found),
    )
