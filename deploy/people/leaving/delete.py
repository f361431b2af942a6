"""The second, later step: what somebody who left left behind is removed, and a report is written.

Why this order: what was held is looked at everywhere before anything goes; the directory's entry is
the last to go, because every service finds the person by it; and afterwards everything is looked at
again. Run again, it removes what is not removed.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from deploy import files
from deploy.errors import InputError
from deploy.narrate import say
from deploy.people import ldif
from deploy.people.directory import Directory
from deploy.people.entries import person_dn
from deploy.people.leaving import held as holding
from deploy.people.leaving import report
from deploy.people.leaving.agent import Agent, AgentError
from deploy.people.leaving.deletion import Deletion, Place, Stays
from deploy.people.leaving.trial import ROLES, agents
from deploy.people.people import secret_name
from deploy.secrets import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deploy.inventory import Inventory
    from deploy.people.leaving.held import Entry, Held

_JOURNAL_SECONDS, _HOURS = 660.0, 7200.0
_ROLES = ROLES | {"webmail": "roundcube"}


def delete(
    inventory: Inventory,
    uid: str,
    file: Path,
    *,
    organisation: str | None = None,
    reason: str = "",
    language: str = "nl",
) -> Deletion:
    """Remove what there is of ``uid``, and write ``file`` (JSON) and beside it a page (.html).

    Refused (InputError) for who has not left, whose things are to be kept still (unless there is a
    ``reason``), and if ``file`` is there already.
    """
    directory = Directory(inventory, organisation or inventory.hosts[0].organisation)
    held = holding.read(directory, uid)
    where = f"{directory.host.name}, {directory.base}"
    now = datetime.now(UTC)
    person = check(uid, held, reason, now.astimezone().date(), where)
    if person is None:  # once more over everything, by the name alone
        person = holding.name_alone(uid, held.deleted, directory.host.domain)
    if file.suffix != ".json" or file.exists():
        raise InputError(
            "the report has to be a new file that ends in .json",
            where=str(file),
            next_step="name another; a page to read is written beside it",
        )
    work = _Work(inventory, directory, person, held)
    found = Deletion(
        uid=uid,
        organisation=directory.host.organisation,
        left=person.left,
        keep_until=person.keep_until,
        reason=reason if person.keep_until > now.date().isoformat() else "",
        when=now.isoformat(timespec="seconds"),
        places=work.places,
        stays=work.stays,
    )
    # What was held is written before anything goes: whatever stops it, that is known.
    work.do(lambda: _write(found, file, language))
    _write(found, file, language)
    return found


def _write(found: Deletion, file: Path, language: str) -> None:
    """Write the report and the page; they name a person, so only who asked may read them."""
    text = json.dumps(found.as_json(), indent=1, ensure_ascii=False) + "\n"
    files.write(file, text.encode(), mode=0o600)
    files.write(file.with_suffix(".html"), report.page(found, language).encode(), mode=0o600)


def check(uid: str, held: Held, reason: str, today: date, where: str) -> Entry | None:
    """Return who is to be deleted, None if only the name is left; InputError if that may not be."""
    person = held.person
    if person is None and held.deleted:
        return None
    if person is None:
        raise InputError(
            f"nobody here has the login name '{uid}'",
            where=where,
            next_step="look in the roster how it is written",
        )
    if not (person.left and person.locked):
        raise InputError(
            f"'{uid}' has not left",
            where=where,
            next_step=f"first `kootwijk people leave {uid}`; deleting is a later step",
        )
    if person.keep_until > today.isoformat() and not reason:
        raise InputError(
            f"what '{uid}' left behind is to be kept until {person.keep_until}",
            where=where,
            next_step='wait, or say why not with --yes "REASON": it is put in the report',
        )
    return person


class _Work:
    """One deletion: the services' programs, what they found, what stays."""

    def __init__(
        self, inventory: Inventory, directory: Directory, person: Entry, held: Held
    ) -> None:
        self.stays: list[Stays] = []
        self._inventory, self._directory = inventory, directory
        self._person, self._held = person, held
        self._entry = Place("directory", directory.host.name, before=_entries(held))
        self._first = Place("secrets", "inventory")
        self._agents = [
            (Place(service, agent.host.name), agent)
            for service, agent in agents(inventory, directory.host.organisation, person, _ROLES)
        ]
        self.places = [self._entry, self._first, *(place for place, _ in self._agents)]

    def do(self, looked: Callable[[], None]) -> None:
        """Look, say so, remove, look again."""
        chat = [pair for pair in self._agents if pair[0].service == "chat"]
        others = [pair for pair in self._agents if pair not in chat]
        with ThreadPoolExecutor(len(self._agents) or 1) as pool:
            try:
                say("==> what is held where")
                list(pool.map(_look, self._agents))
                looked()
                say("==> removed, and looked at again")
                list(pool.map(_erase, others))
                self._forget_password(self._first)
                # The teams' rooms follow the directory: who is in it has to be in chat as well.
                if all(place.gone for place, _ in others):
                    self._forget_entry(self._entry)
                    list(pool.map(_erase, chat))
                else:
                    self._entry.trouble = "waits until the services are done"
                say("==> what stays")
                self._look_at_what_stays()
            finally:
                list(pool.map(lambda pair: pair[1].close(), self._agents))

    def _forget_entry(self, place: Place) -> None:
        """Remove the entry and leave the name, so that nobody gets it again."""
        dn = person_dn(self._person.uid, self._directory.base)
        if self._held.person:
            gone = [ldif.delete(name) for name in self._held.app_passwords]
            name = {
                "objectClass": [holding.NAME, "kootwijkPerson"],
                "uid": [self._person.uid],
                "kootwijkLeft": [self._person.left],
            }
            self._directory.write([*gone, ldif.delete(dn), ldif.add(dn, name)])
        now = holding.read(self._directory, self._person.uid)
        place.after = _entries(now)
        seen = f"{dn}: left {now.deleted}" if now.deleted else "NOT THERE"
        self.stays.append(Stays("name", place.host, seen))

    def _forget_password(self, place: Place) -> None:
        store = Store(self._inventory.path)
        name = secret_name(self._person.uid, self._directory.host.domain)
        place.before = {"first password": int(name in store.names())}
        if name in store.names():
            store.forget([name])
        place.after = {"first password": int(name in store.names())}

    def _look_at_what_stays(self) -> None:
        if self._person.successor:
            self.stays.append(Stays("successor", "files, chat", self._person.successor))
        hosts: set[str] = set()
        for place, agent in self._agents:
            if place.service == "mail":
                self._stays("others", place.host, agent, "elsewhere")
            if place.host not in hosts:
                hosts.add(place.host)
                self._stays("journal", place.host, agent, "named", uid=self._person.uid)
                self._stays("backups", place.host, agent, "backups")

    def _stays(self, what: str, host: str, agent: Agent, order: str, **more: str) -> None:
        try:
            seen = str(agent.ask(order, seconds=_JOURNAL_SECONDS, **more))
        except AgentError as why:
            seen = f"? {why}"
        self.stays.append(Stays(what, host, seen))


def _entries(held: Held) -> dict[str, int]:
    return {
        "entry": int(held.person is not None),
        "app passwords": len(held.app_passwords),
        "teams and mailboxes": len(held.teams) + len(held.mailboxes),
    }


def _look(pair: tuple[Place, Agent]) -> None:
    place, agent = pair
    try:
        place.before = agent.ask("traces", seconds=_HOURS)
    except AgentError as why:
        place.trouble = str(why)


def _erase(pair: tuple[Place, Agent]) -> None:
    place, agent = pair
    if place.before is None:
        return  # what was not looked at is not removed unseen
    try:
        agent.ask("erase", seconds=_HOURS)
        place.after = agent.ask("traces", seconds=_HOURS)
    except AgentError as why:
        place.trouble = str(why)
