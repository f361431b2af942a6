"""Who makes the journeys, and how they reach the platform: by its own names and authority."""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
from dns.exception import DNSException

from deploy import artifacts
from deploy.errors import InputError, UnreachableError
from deploy.paths import ROOT
from deploy.people import roster, secret_name
from deploy.secrets import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from deploy.inventory import Host, Inventory
    from deploy.people import Mailbox
    from deploy.people.model import Roster
    from verify.journeys.portal import AppPassword, Portal

TIMEOUT = 15.0
PROGRAM = "Kootwijk journeys"  # what an app password of theirs is called
ROSTER, OTHER_ROSTER = "department.yml", "other-organisation.csv"


class JourneyError(Exception):
    """The platform did something that it should not have done."""


class SkipError(Exception):
    """There is nothing here to try this on."""


@dataclass(frozen=True)
class Person:
    """Somebody with an account; ``mail`` is the address, and a login."""

    uid: str
    mail: str
    password: str

    @property
    def domain(self) -> str:
        return self.mail.partition("@")[2]


class Stage:
    """The platform as its users see it. ``screenshot`` is set by a journey that leaves one."""

    def __init__(self, inventory: Inventory, screenshots: Path | None = None) -> None:
        self.inventory = inventory
        self.screenshots = screenshots
        self.screenshot: Path | None = None
        self._store = Store(inventory.path)
        self._programs: dict[str, tuple[Portal, AppPassword]] = {}

    @property
    def organisation(self) -> str:
        """Return whose platform it is: the organisation that has web mail."""
        for host in self.inventory.hosts:
            if "roundcube" in host.roles:
                return host.organisation
        raise InputError(
            "no host of this inventory has web mail, so nobody's platform is here",
            where=str(self.inventory.path),
            next_step="put a host in the group `web`",
        )

    def host_with(self, role: str) -> Host:
        """Return the organisation's first host with ``role``, which is deployed there.

        SkipError where there is none, or where it was left out because the depot lacks its release.
        """
        hosts = self.inventory.with_role(role, self.organisation)
        if not hosts:
            raise SkipError(f"no host of this inventory has the role {role}")
        versions = hosts[0].vars.get("kootwijk_artifact_versions") or {}
        missing = artifacts.lacking(role, versions)
        if missing:
            raise SkipError(f"{role} was left out: the depot lacks {', '.join(missing)}")
        return hosts[0]

    def domain(self, organisation: str) -> str:
        return next(h.domain for h in self.inventory.hosts if h.organisation == organisation)

    def person(self, number: int) -> Person:
        """Return the sample department's person ``number``, counted from 0."""
        return self._person(self.organisation, ROSTER, number)

    def department(self, domain: str) -> Roster:
        """Return the sample department, as an organisation with that domain has it."""
        return roster.load(ROOT / "examples" / ROSTER, domain)

    def teams(self, person: Person) -> tuple[frozenset[str], frozenset[str]]:
        """Return the teams of one of the sample department, and those that are others'."""
        people = self.department(person.domain).people
        own = frozenset(t for found in people if found.uid == person.uid for t in found.teams)
        return own, frozenset(t for found in people for t in found.teams) - own

    def shared_mailbox(self) -> tuple[Mailbox, list[Person], Person]:
        """Return the sample department's first shared mailbox, two members and one who is none."""
        found = roster.load(ROOT / "examples" / ROSTER, self.domain(self.organisation))
        box = found.mailboxes[0]
        inside = [i for i, one in enumerate(found.people) if one.uid in box.members]
        outside = next(i for i, one in enumerate(found.people) if one.uid not in box.members)
        return box, [self.person(i) for i in inside[:2]], self.person(outside)

    def partner(self) -> Person:
        """Return somebody of the other organisation; SkipError if this inventory has none."""
        own = self.organisation
        for host in self.inventory.hosts:
            if host.organisation != own and "postfix" in host.roles:
                return self._person(host.organisation, OTHER_ROSTER, 0)
        raise SkipError("this inventory has no other organisation with mail")

    def _person(self, organisation: str, file: str, number: int) -> Person:
        domain = self.domain(organisation)
        people = roster.read(ROOT / "examples" / file, domain)
        found = people[number]
        name = secret_name(found.uid, domain)
        if name not in self._store.names():
            raise InputError(
                f"{found.mail} has no account yet, or one from another inventory's secrets",
                where=f"{self._store.file} holds no {name}",
                next_step=f"kootwijk people apply examples/{file} --organisation {organisation}; if"
                " that changes nothing, the lab is another's: kootwijk down, and up again",
            )
        return Person(found.uid, found.mail, self._store.get(name))

    def client_secret(self, client_id: str, domain: str) -> str:
        """Return the secret with which a service asks the portal for tokens."""
        organisation = next(h.organisation for h in self.inventory.hosts if h.domain == domain)
        return self._store.get(f"oidc_{client_id}_{organisation}")

    def mail_password(self, person: Person) -> str:
        """Return what the person's mail program logs in with.

        Where the organisation has a portal, an app password, made there as the person would; until
        ``tidy_up`` it stays the same. Elsewhere, the person's own password.
        """
        hosts = [h for h in self.inventory.hosts if h.domain == person.domain]
        if not any("lemonldap_ng" in host.roles for host in hosts):
            return person.password
        if person.mail not in self._programs:
            from verify.journeys.portal import Portal  # noqa: PLC0415  (it needs this module)

            portal = Portal(self, person)
            portal.forget_old()
            self._programs[person.mail] = (portal, portal.make(PROGRAM))
        return self._programs[person.mail][1].secret

    def tidy_up(self) -> None:
        """Take away the app passwords that were made here."""
        while self._programs:
            portal, password = self._programs.popitem()[1]
            portal.remove(password)

    def trust(self) -> ssl.SSLContext:
        """Return a context that verifies names and trusts what the platform's users trust."""
        return ssl.create_default_context(cadata=self.authority())

    def authority(self) -> str | None:
        """Return the lab authority's certificate (PEM), or None where the world's are used."""
        if "authority" not in self._store.names():
            return None
        return str(json.loads(self._store.get("authority", "ca"))["cert"])

    def name_servers(self, domain: str) -> tuple[Host, ...]:
        return tuple(h for h in self.inventory.hosts if h.domain == domain and "knot" in h.roles)

    def ask(
        self, domain: str, name: str, kind: str, server: Host | None = None
    ) -> dns.message.Message:
        """Ask a name server of the zone, over TCP, for an answer with its signatures.

        Without ``server``, the first that answers is asked. UnreachableError if none does.
        """
        servers = (server,) if server else self.name_servers(domain)
        if not servers:
            raise SkipError(f"no host of this inventory serves {domain}")
        query = dns.message.make_query(name, kind, want_dnssec=True)
        failed = []
        for host in servers:
            try:
                answer = dns.query.tcp(query, str(host.address), timeout=TIMEOUT)
            except (OSError, DNSException) as why:
                failed.append(f"{host.fqdn}: {why or type(why).__name__}")
                continue
            if answer.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
                return answer
            failed.append(f"{host.fqdn}: {dns.rcode.to_text(answer.rcode())}")
        raise UnreachableError(
            f"the name servers of {domain} did not answer for {name}", where="; ".join(failed)
        )

    def address(self, name: str) -> str:
        """Return the IPv4 address that the platform's own zone gives ``name``."""
        domain = self._zone(name)
        for record in self.records(domain, name, "A"):
            return str(record.address)
        raise JourneyError(f"the zone {domain} has no address for {name}")

    def _zone(self, name: str) -> str:
        """Return the zone that ``name`` is in: an organisation's domain is a name in itself."""
        domains = {host.domain for host in self.inventory.hosts}
        return name if name in domains else name.partition(".")[2]

    def mail_hosts(self, domain: str) -> tuple[str, ...]:
        """Return the hosts that the zone's MX name, the preferred first."""
        found = sorted(
            (int(record.preference), str(record.exchange).rstrip(".").lower())
            for record in self.records(domain, domain, "MX")
        )
        if not found:
            raise JourneyError(f"the zone {domain} has no MX")
        return tuple(name for _, name in found)

    def mail_host(self, domain: str) -> str:
        return self.mail_hosts(domain)[0]

    def records(self, domain: str, name: str, kind: str) -> Iterator[Any]:
        """Yield the records of this kind that the platform's own zone has for ``name``."""
        wanted = dns.rdatatype.from_text(kind)
        for rrset in self.ask(domain, name, kind).answer:
            if rrset.rdtype == wanted:
                yield from rrset
