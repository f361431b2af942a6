"""Who makes the journeys, and how they reach the platform: by its own names and authority."""

from __future__ import annotations

import csv
import json
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dns.message
import dns.query
import dns.rdatatype

from deploy.errors import InputError
from deploy.paths import ROOT
from deploy.people import secret_name
from deploy.secrets import Store

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.inventory import Host, Inventory

TIMEOUT = 15.0
ROSTER, OTHER_ROSTER = "department.csv", "other-organisation.csv"


class JourneyError(Exception):
    """The platform did something that it should not have done."""


class SkipError(Exception):
    """There is nothing here to try this on."""


@dataclass(frozen=True)
class Person:
    """Somebody with an account: ``mail`` is address and login."""

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

    @property
    def organisation(self) -> str:
        """Return whose platform it is: the organisation that has web mail."""
        return next(h.organisation for h in self.inventory.hosts if "roundcube" in h.roles)

    def domain(self, organisation: str) -> str:
        return next(h.domain for h in self.inventory.hosts if h.organisation == organisation)

    def person(self, number: int) -> Person:
        """Return the sample department's person ``number``, counted from 0."""
        return self._person(self.organisation, ROSTER, number)

    def partner(self) -> Person:
        """Return somebody of the other organisation; SkipError if this inventory has none."""
        own = self.organisation
        for host in self.inventory.hosts:
            if host.organisation != own and "postfix" in host.roles:
                return self._person(host.organisation, OTHER_ROSTER, 0)
        raise SkipError("this inventory has no other organisation with mail")

    def _person(self, organisation: str, roster: str, number: int) -> Person:
        text = (ROOT / "examples" / roster).read_text(encoding="utf-8-sig")
        rows = list(csv.DictReader(text.splitlines(), delimiter=";" if ";" in text else ","))
        uid = rows[number]["uid"]
        domain = self.domain(organisation)
        name = secret_name(uid, domain)
        if name not in self._store.names():
            raise InputError(
                f"{uid}@{domain} has no account yet",
                where=str(self._store.file),
                next_step=f"kootwijk people apply examples/{roster} --organisation {organisation}",
            )
        return Person(uid, f"{uid}@{domain}", self._store.get(name))

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

    def ask(self, domain: str, name: str, kind: str) -> dns.message.Message:
        """Ask the zone's own name server, over TCP, for an answer with its signatures."""
        servers = self.name_servers(domain)
        if not servers:
            raise SkipError(f"no host of this inventory serves {domain}")
        query = dns.message.make_query(name, kind, want_dnssec=True)
        return dns.query.tcp(query, str(servers[0].address), timeout=TIMEOUT)

    def address(self, name: str) -> str:
        """Return the IPv4 address that the platform's own zone gives ``name``."""
        domain = name.partition(".")[2]
        for rrset in self.ask(domain, name, "A").answer:
            if rrset.rdtype == dns.rdatatype.A:
                return str(rrset[0].address)
        raise JourneyError(f"the zone {domain} has no address for {name}")

    def mail_host(self, domain: str) -> str:
        """Return the host that the zone's MX names."""
        for rrset in self.ask(domain, domain, "MX").answer:
            if rrset.rdtype == dns.rdatatype.MX:
                return str(rrset[0].exchange).rstrip(".")
        raise JourneyError(f"the zone {domain} has no MX")
