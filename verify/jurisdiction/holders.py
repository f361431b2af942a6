"""Addresses, AS numbers and names of holders: to the organisations that they are. Pure."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from verify.jurisdiction.model import Source, Step
from verify.jurisdiction.naming import core_and_form, simple

if TYPE_CHECKING:
    from verify.jurisdiction.addresses import AddressTable
    from verify.jurisdiction.carried import Address, Network
    from verify.jurisdiction.tables import Tables

Found = tuple[str, Source]
_MOST = 64  # origins of one network that are judged
_SHARED = ipaddress.IPv4Network("100.64.0.0/10")  # RFC 6598


@dataclass
class Placed:
    """Steps, the organisations they led to as (role, id, source), and a holder nobody knows."""

    steps: list[Step] = field(default_factory=list)
    orgs: list[tuple[str, str, Source]] = field(default_factory=list)
    stranger: str = ""


@dataclass(frozen=True)
class Holders:
    """Questions about holders, over the curated facts and an address table that may be absent."""

    tables: Tables
    addresses: AddressTable | None

    def scope(self, address: Address | Network) -> str:
        """Return why ``address``, or all of a network, is not public, or an empty string."""
        special = {
            "loopback": address.is_loopback,
            "link-local": address.is_link_local,
            "multicast": address.is_multicast,
            "unspecified": address.is_unspecified,
            "private": address.is_private or _shared(ipaddress.ip_network(address)),
            "reserved": address.is_reserved or not address.is_global,
        }
        return next((word for word, holds in special.items() if holds), "")

    def of_address(self, address: Address) -> Placed:
        placed = Placed()
        if known := self._known(ipaddress.ip_network(address)):
            network, (org, source, use) = known
            placed.steps.append(Step("address", f"{address} is in {network} ({use})", source))
            placed.orgs.append(("operator", org, source))
        if self.addresses is None:
            return placed
        hit = self.addresses.find(address)
        if hit is None:
            why = "in no known network" if self.addresses.partial else "announced by nobody"
            placed.steps.append(Step("address", f"{address}: {why}", self._source))
            return placed
        span = f"{address} is in {hit.first} to {hit.last}, announced by AS{hit.asn}"
        placed.steps.append(Step("address", span, self._source))
        return self._merge(placed, self.of_asn(hit.asn))

    def of_network(self, network: Network) -> Placed:
        placed = Placed()
        if known := self._known(network):
            within, (org, source, use) = known
            placed.steps.append(Step("network", f"{network} is in {within} ({use})", source))
            placed.orgs.append(("operator", org, source))
        if self.addresses is None:
            return placed
        origins, cut = self.addresses.within(network, _MOST)
        asns = ", ".join(f"AS{a}" for a in sorted(origins) if a) or "nobody"
        value = f"{network} is announced by {asns}" + (" and others" if cut else "")
        placed.steps.append(Step("network", value, self._source))
        for asn in sorted(origins - {0}):
            self._merge(placed, self.of_asn(asn))
        if cut or (self.addresses.partial and 0 in origins):
            placed.stranger = placed.stranger or f"the rest of {network}"
        return placed

    def of_asn(self, number: int) -> Placed:
        """Place one AS number: by number, else by its holder's name."""
        placed = Placed()
        if row := self.tables.asns.get(number):
            placed.steps.append(Step("asn", f"AS{number} {row.name}", row.source))
            placed.orgs.append(("holder", row.org, row.source))
            return placed
        name = self.addresses.holder(number) if self.addresses else ""
        if name:
            placed.steps.append(Step("asn", f"AS{number} {name}", self._source))
        found = self.organisation(name) if name else None
        if found:
            placed.orgs.append(("holder", *found))
        else:
            placed.stranger = f"AS{number} {name}".strip()
        return placed

    def organisation(self, name: str) -> Found | None:
        """Return the organisation called ``name``: by its names, then by a holder's pattern.

        Patterns exist for owners that fail alone, so that a look-alike of a good name never
        passes and a US group's new subsidiary does not slip through.
        """
        plain = simple(name)
        if found := self.tables.holders.get(plain):
            return found
        if org := self.tables.names.find(name):
            return org.id, org.source
        core, _ = core_and_form(name)
        rows = self.tables.prefixes
        return next(((o, s) for p, o, s in rows if p.match(plain) or p.match(core)), None)

    def issuer(self, name: str) -> Found | None:
        """Return the organisation behind a certificate's issuer name (O or CN)."""
        return self.tables.issuers.get(simple(name)) or self.organisation(name)

    @property
    def _source(self) -> Source:
        return self.addresses.source if self.addresses else Source("none", "")

    def _known(self, network: Network) -> tuple[Network, tuple[str, Source, str]] | None:
        for length in range(network.prefixlen, -1, -1):
            above = network.supernet(new_prefix=length)
            if found := self.tables.networks.get(above):
                return above, found
        return None

    def _merge(self, placed: Placed, more: Placed) -> Placed:
        placed.steps += more.steps
        placed.orgs += more.orgs
        placed.stranger = placed.stranger or more.stranger
        return placed


def _shared(network: Network) -> bool:
    return isinstance(network, ipaddress.IPv4Network) and network.subnet_of(_SHARED)
