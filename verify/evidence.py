"""Everything that was seen of a platform, before anything is concluded from it."""

from __future__ import annotations

import functools
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from deploy.errors import KootwijkError
from deploy.narrate import say
from deploy.secrets import Store
from verify import catalogue, contracts, waivers
from verify.judge import Judge
from verify.jurisdiction import Engine
from verify.observe import (
    certificates,
    defaults,
    everyone,
    firewall,
    from_host,
    zones,
)
from verify.observe.observations import Reader
from verify.observe.outside import left_out, look
from verify.observe.pages import browse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deploy.inventory import Inventory
    from verify.catalogue import Default, Places
    from verify.contracts import Contract
    from verify.model import HostSeen, Observation
    from verify.observe.outside import Seen
    from verify.waivers import Waiver


_RECORD = 4  # zone, owner, type, value


@dataclass(frozen=True)
class Evidence:
    """What the controls look at.

    ``outside`` are the names that were looked at from outside, in the same form as the hosts.
    ``judge`` places an endpoint; ``waivers`` are the inventory's.
    """

    inventory: Inventory
    started: str
    hosts: tuple[HostSeen, ...]
    outside: tuple[HostSeen, ...]
    observations: tuple[Observation, ...]
    judge: Judge
    waivers: tuple[Waiver, ...]
    contracts: tuple[Contract, ...]
    own: certificates.Own

    @functools.cached_property
    def _by_host(self) -> dict[str, list[Observation]]:
        made: dict[str, list[Observation]] = {}
        for one in self.observations:
            made.setdefault(one.host, []).append(one)
        return made

    def of(self, host: str) -> list[Observation]:
        return self._by_host.get(host, [])

    @property
    def data(self) -> dict[str, str]:
        """Return the names and dates of the data that verdicts rest on."""
        table = self.judge.engine.addresses
        return {
            "addresses": f"{table.source.name}, {table.source.date}" if table else "none",
            "organisations": str(len(self.judge.engine.tables.orgs)),
            "controls": str(len(catalogue.controls())),
            "defaults": str(len(catalogue.defaults())),
        }


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True)
class Look:
    """What does not change while one looks again and again: ``prepare`` makes it."""

    inventory: Inventory
    places: Places
    defaults: tuple[Default, ...]
    engine: Engine
    authorities: certificates.Own
    waivers: tuple[Waiver, ...]
    contracts: tuple[Contract, ...]

    def at(
        self, hosts: Sequence[str] | None = None, *, outside: bool = True, pages: bool = True
    ) -> Evidence:
        """Look at the named hosts (default: all) at once, and from outside.

        ``pages`` false: no browser opens the pages; ``outside`` false: no zone, certificate or
        header is looked at over the network either.
        """
        started = now()
        wanted = {
            **self.places.wanted,
            "own": sorted({h.domain for h in self.inventory.hosts}),
            "keys": sorted({d.where for d in self.defaults}),
        }
        with ThreadPoolExecutor(max_workers=3) as pool:
            views = []
            if outside:
                views.append(pool.submit(look, self.inventory, self.authorities, started))
            if pages:
                views.append(pool.submit(browse, self.inventory, started))
            seen = everyone(self.inventory, wanted, hosts)
            subjects = [one for view in views for one in view.result()]
        return self.evidence(started, seen, subjects)

    def evidence(
        self, started: str, hosts: tuple[HostSeen, ...], subjects: Sequence[Seen]
    ) -> Evidence:
        """Return what follows from what the hosts sent and was seen from outside. Pure."""
        reader = Reader(self.places, self.engine.tables)
        seen: list[Observation] = []
        gone = left_out(self.inventory)
        for host in (h for h in hosts if h.reached):
            without = frozenset(role for role, name in gone if name == host.name)
            seen += from_host(host, reader)
            seen += firewall.observations(host, started)
            seen += certificates.from_host(host, self.authorities, started)
            seen += defaults.from_host(host, self.defaults, started, without)
            seen += _zone(host, started)
        for subject in subjects:
            seen += subject.observations
        return Evidence(
            self.inventory,
            started,
            hosts,
            tuple(s.subject for s in subjects),
            tuple(dict.fromkeys(seen)),
            Judge(self.engine, self.inventory, hosts),
            self.waivers,
            self.contracts,
            self.authorities,
        )


def prepare(inventory: Inventory) -> Look:
    """Read what a look needs; InputError for wrong waivers, contracts or catalogue."""
    return Look(
        inventory,
        catalogue.places(),
        catalogue.defaults(),
        Engine.load(),
        certificates.Own(own_authorities(inventory)),
        waivers.read(inventory.path),
        contracts.read(inventory.path),
    )


def collect(inventory: Inventory, *, pages: bool = True) -> Evidence:
    """Look at every host of ``inventory`` once; see ``Look.at``."""
    return prepare(inventory).at(pages=pages)


def _zone(host: HostSeen, when: str) -> Iterator[Observation]:
    said = (host.facts.get("services") or {}).get("knot") or {}
    rows = [r for r in said.get("records") or () if isinstance(r, list) and len(r) == _RECORD]
    records = [(str(r[0]), str(r[1]), str(r[2]), str(r[3])) for r in rows]
    yield from zones.observations(records, when=when, observer="knotc", host=host.name)


def own_authorities(inventory: Inventory) -> list[str]:
    """Return the certificates (PEM) of authorities that are the platform's own."""
    store = Store(inventory.path)
    try:
        if "authority" in store.names():
            return [str(json.loads(store.get("authority", "ca"))["cert"])]
    except KootwijkError as error:
        say(str(error))  # without the key to its secrets, nothing is its own
    return []
