"""One service while somebody leaves: a way in made and tried, the end, tried again."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deploy.people.leaving import letter
from deploy.people.leaving.agent import Agent, AgentError, program
from deploy.people.leaving.proof import MOST_SECONDS, Door, ServiceOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deploy.inventory import Host, Inventory
    from deploy.people.leaving.held import Entry
    from deploy.people.leaving.letter import MailWish

_PAUSE = 0.5
_HOURS = 7200.0  # files take as long as they take
ROLES = {"portal": "lemonldap_ng", "mail": "dovecot", "files": "nextcloud", "chat": "synapse"}


@dataclass
class Trial:
    """The service ``outcome`` tells of, reached through ``agent``."""

    outcome: ServiceOutcome
    agent: Agent

    def prepare(self) -> None:
        """Make the ways in, and see each open."""
        try:
            self.agent.ask("sweep")
            self.outcome.held = self.agent.ask("count")
            self.agent.ask("make")
            self.outcome.doors = [Door(name) for name in self.agent.ask("doors")]
        except AgentError as why:
            self.outcome.trouble = f"no way in could be made to try: {why}"
        self._try(self.outcome.doors)
        for door in self.outcome.doors:
            door.before = door.open

    def finish(self, locked: float) -> None:
        """End what there is, and try until all is refused; ``locked`` is when the lock came."""
        try:
            self.agent.ask("end")
        except AgentError as why:
            self._trouble(f"not ended: {why}")
        while True:
            waiting = [door for door in self.outcome.doors if door.after is None]
            self._try(waiting)
            for door in waiting:
                if door.open is False:
                    door.after = round(time.monotonic() - locked, 1)
            late = time.monotonic() - locked > MOST_SECONDS
            if late or all(door.after is not None for door in self.outcome.doors):
                break
            time.sleep(_PAUSE)
        try:
            self.outcome.left = self.agent.ask("count")
        except AgentError as why:
            self._trouble(f"what is left could not be counted: {why}")

    def hand_over(self, successor: str, mail: MailWish | None, person: Entry) -> None:
        """Hand over what the service has of the person."""
        more = {}
        if self.outcome.service == "mail":
            said = letter.said(mail) if mail else ""
            more = {"script": letter.script(person, mail) if mail else "", "said": said}
        try:
            found = self.agent.ask("hand_over", seconds=_HOURS, successor=successor, **more)
            self.outcome.handed = [(what, became) for what, became in found]
        except AgentError as why:
            self.outcome.not_handed = str(why)

    def close(self) -> None:
        self.agent.close()

    def _try(self, doors: list[Door]) -> None:
        if not doors:
            return
        try:
            found = self.agent.ask("try", doors=[door.name for door in doors])
        except AgentError as why:
            found = {door.name: (None, str(why)) for door in doors}
        for door in doors:
            door.open, door.seen = found[door.name]

    def _trouble(self, words: str) -> None:
        self.outcome.trouble = "; ".join(filter(None, (self.outcome.trouble, words)))


def trials(inventory: Inventory, organisation: str, person: Entry, secret: str) -> list[Trial]:
    """Return a trial of every service the organisation has, its program started."""
    return [
        Trial(ServiceOutcome(service, agent.host.name, locked_before=person.locked), agent)
        for service, agent in agents(inventory, organisation, person, ROLES, secret)
    ]


def agents(
    inventory: Inventory,
    organisation: str,
    person: Entry,
    roles: Mapping[str, str],
    secret: str = "",
) -> list[tuple[str, Agent]]:
    """Start the program of every service in ``roles`` (-> its role) on the first host that has it.

    A service whose host says that it is not there, as a release that was left out, is not among
    them; one that cannot be asked is.
    """
    started = [
        (service, Agent(inventory, host, service, start(service, host, person, secret)))
        for service, role in roles.items()
        for host in inventory.with_role(role, organisation)[:1]
    ]
    return [(service, agent) for service, agent in started if _here(agent)]


def _here(agent: Agent) -> bool:
    try:
        found = bool(agent.ask("here"))
    except AgentError:
        return True  # what is to be done there says why
    if not found:
        agent.close()
    return found


def start(service: str, host: Host, person: Entry, secret: str = "") -> dict[str, str]:
    """Return what the service's program is started with; ``secret`` is of an app password."""
    common = {"uid": person.uid}
    if service == "mail":
        return common | {"address": person.mail, "host": host.fqdn, "secret": secret}
    if service == "webmail":
        return common | {"address": person.mail, "program": program("webmail.php")}
    if service == "portal":
        return common | {
            "domain": host.domain,
            "entry": person.entry,
            "program": program("portal.pl"),
        }
    more = {"program": program("files.php")} if service == "files" else {}
    return common | {"domain": host.domain} | more
