"""Fills a verdict in: a method for each kind of target."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from verify.jurisdiction import certificate, names
from verify.jurisdiction.holders import Holders
from verify.jurisdiction.model import Jurisdiction, Party, Source, Status, Step
from verify.jurisdiction.naming import simple
from verify.jurisdiction.network import Lookup
from verify.jurisdiction.owners import Climb, unknown
from verify.jurisdiction.target import Kind, Target
from verify.jurisdiction.verdict import worst_status

if TYPE_CHECKING:
    from datetime import date

    from verify.jurisdiction.certificate import Issuer
    from verify.jurisdiction.engine import Engine
    from verify.jurisdiction.holders import Placed
    from verify.jurisdiction.resolve import Resolver

RESERVED = Source("RFC 2606, RFC 6761 and successors", "2013-02-01")
SPECIAL = Source("RFC 6890, special-purpose addresses", "2013-04-01")


@dataclass
class Case:
    """One verdict in the making."""

    target: Target
    day: date
    parties: list[Party] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    name_jurisdiction: Jurisdiction | None = None
    name_complete: bool = False
    service: str = ""
    layer: str = ""
    evidence: str = "E1"
    network: str = ""
    scope: str = "public"
    lookalike_of: str = ""
    notes: list[str] = field(default_factory=list)


class Judge:
    """Fills one case: a method per kind of target."""

    def __init__(self, engine: Engine, case: Case, network: Resolver | None) -> None:
        self.tables, self.case, self.network = engine.tables, case, network
        self.max_age = engine.max_age
        self.holders = Holders(engine.tables, engine.addresses)

    def judge(self) -> None:
        target = self.case.target
        if target.note:
            self.case.steps.append(_given("address", f"{target.normal} ({target.note})"))
        match target.kind:
            case Kind.NAME | Kind.MAIL:
                self.name(target)
            case Kind.ADDRESS:
                self.address(target.normal)
            case Kind.NETWORK:
                self.networks(target.normal)
            case Kind.ASN:
                self.asn(int(target.normal[2:]))
            case Kind.TLD:
                self.registry(target.normal, answers=True)
            case Kind.ORGANISATION:
                self.organisation(target.normal)
            case Kind.CERTIFICATE | Kind.ISSUER:
                self.certificate(target)

    def place(self, role: str, org: str, source: Source) -> Party:
        climb = Climb(self.tables, self.case.day, self.max_age)
        party = climb.party(role, org, source)
        self.case.steps += climb.steps
        if party.influence is not None and not party.influence.passes:
            self.note(f"{party.owner} is influenced by a party under {party.influence.name} law")
        if climb.later:
            self.note(
                f"some records were read after {self.case.day}: who owned it then shows only "
                "where an owner's days are on record"
            )
        if party.reopened:
            self.note(f"a takeover of {party.operator} or its owner is open: reopened")
        return party

    def note(self, text: str) -> None:
        if text not in self.case.notes:
            self.case.notes.append(text)

    def add(self, role: str, org: str, source: Source) -> None:
        self.case.parties.append(self.place(role, org, source))

    def name(self, target: Target) -> None:
        case, name = self.case, target.normal
        if names.shown(name) != name:
            case.steps.append(_given("name", f"{name} ({names.shown(name)})"))
        if names.reserved(name):
            case.scope = "reserved"
            case.name_jurisdiction = Jurisdiction.UNKNOWN
            case.steps.append(
                Step(
                    "registry",
                    "a reserved name, which no registry gives out",
                    RESERVED,
                )
            )
        else:
            self.registry(name)
        known = self.known(name, "mail of" if target.kind is Kind.MAIL else "operator")
        if not known:
            self.imitation(name)
        asked = Lookup(self, self.network) if self.network and case.scope == "public" else None
        if asked:
            asked.follow(target, known=known)
        if target.kind is Kind.MAIL and case.service != "mail" and not (asked and asked.mx):
            self.note("MX not found out: whose servers take this domain's mail is unknown")
            if not any(party.status is Status.FAIL for party in case.parties):
                party = unknown("mail server", f"MX of {names.shown(name)}", case.steps)
                case.parties.append(party)
        elif not known and not asked:
            case.parties.append(unknown("operator", names.shown(name), case.steps))
        if not case.name_complete and case.name_jurisdiction is not None:
            case.notes.append(
                "authoritative DNS not looked up: name_jurisdiction is the registry's"
            )

    def known(self, name: str, role: str) -> bool:
        """Add whom the facts know to be behind ``name``; say whether they do."""
        found = names.service(self.tables, name)
        if found is None:
            return False
        case = self.case
        case.steps.append(Step("name", f"{name} is in {found.domain} ({found.kind})", found.source))
        if not case.service:
            case.service, case.layer = found.kind, found.layer
        self.add(role, found.org, found.source)
        for carrier in found.via:
            self.add("carried by", carrier, found.source)
        return True

    def imitation(self, name: str) -> None:
        self.case.lookalike_of = names.imitated(self.tables, name)
        if self.case.lookalike_of:
            self.case.notes.append(f"looks like {self.case.lookalike_of}, and is not")

    def registry(self, name: str, *, answers: bool = False) -> None:
        """Add the registry above ``name``; with ``answers`` it is itself what is judged."""
        case = self.case
        found = names.registry(self.tables, name)
        if found is None:
            case.name_jurisdiction = Jurisdiction.UNKNOWN
            top = name.rpartition(".")[2]
            party = unknown("registry", f"registry of .{top}", case.steps)
        else:
            case.steps.append(Step("registry", f".{found[0]}", found[2]))
            party = self.place("registry", found[1], found[2])
            case.name_jurisdiction = party.jurisdiction
        if answers:
            case.parties.append(party)
            case.name_jurisdiction = None

    def address(self, text: str) -> None:
        """Add who holds one address."""
        address = ipaddress.ip_address(text)
        if scope := self.holders.scope(address):
            self.special("address", text, scope)
        else:
            self.placed(self.holders.of_address(address), text)

    def networks(self, text: str) -> None:
        network = ipaddress.ip_network(text)
        found = self.holders.of_network(network)
        scope = self.holders.scope(network)
        if scope and not found.orgs:
            self.special("network", text, scope)
        else:
            self.placed(found, text)

    def special(self, what: str, text: str, scope: str) -> None:
        """Add an address or network that nobody holds on the internet."""
        self.case.scope = scope
        value = f"{text} is {scope}: who answers is decided by the network it is used in"
        self.case.steps.append(Step(what, value, SPECIAL))
        self.case.parties.append(unknown("holder", text, self.case.steps))

    def asn(self, number: int) -> None:
        self.placed(self.holders.of_asn(number), f"AS{number}")

    def placed(self, found: Placed, text: str) -> None:
        self.case.steps += found.steps
        for role, org, source in found.orgs:
            self.add(role, org, source)
        if not found.orgs or found.stranger:
            party = unknown("holder", found.stranger or text, self.case.steps)
            self.case.parties.append(party)

    def organisation(self, text: str) -> None:
        product = self.tables.software.get(simple(text))
        found = product or self.holders.organisation(text)
        if found:
            self.add("supplier" if product else "organisation", *found)
        else:
            self.case.parties.append(unknown("organisation", text, self.case.steps))

    def certificate(self, target: Target) -> None:
        self.case.service, self.case.layer = "ca", "L7"
        for one in certificate.issuers(target):
            before = len(self.case.parties)
            self.issuer(one)
            for host in one.hosts:
                if not self.known(host, "revocation and issuer address"):
                    self.note(f"the certificate points at {host}, which nobody placed")
            found = worst_status((p.status for p in self.case.parties[before:]), empty=Status.PASS)
            if one.number and found is not Status.PASS:
                self.note(f"certificate {one.number}: {found}")

    def issuer(self, issuer: Issuer) -> None:
        """Add who issued one certificate; what a common name says never mends an unknown O."""
        self.case.steps += issuer.steps
        role = f"issuer of certificate {issuer.number}" if issuer.number else "issuer"
        found = {name: self.holders.issuer(name) for name in issuer.names}
        strangers = [name for name, known in found.items() if known is None]
        if strangers or not found:
            found |= {name: self.holders.issuer(name) for name in issuer.more}
            party = unknown(role, next(iter(strangers), ""), self.case.steps)
            self.case.parties.append(party)
        for known in filter(None, found.values()):
            self.add(role, *known)


def _given(what: str, value: str) -> Step:
    return Step(what, value, Source("as given", ""))
