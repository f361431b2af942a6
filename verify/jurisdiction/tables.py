"""The curated facts in memory, and the questions they answer alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from verify.jurisdiction.model import Jurisdiction, Source
from verify.jurisdiction.naming import NameIndex, simple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from verify.jurisdiction.carried import Network
    from verify.jurisdiction.model import Event, Organisation, Ownership


@dataclass(frozen=True, slots=True)
class Service:
    """A domain and everything below it: who operates it, what it is, and who carries it."""

    domain: str
    org: str
    kind: str
    layer: str
    via: tuple[str, ...]
    source: Source


@dataclass(frozen=True, slots=True)
class Holder:
    """An AS number's holder as its registry names it, and the organisation that is."""

    org: str
    name: str
    source: Source


@dataclass(frozen=True)
class Tables:
    """All curated facts, by key."""

    orgs: Mapping[str, Organisation]
    owners: Mapping[str, tuple[Ownership, ...]]
    events: Mapping[str, tuple[Event, ...]]
    asns: Mapping[int, Holder]
    patterns: tuple[tuple[str, str, Source], ...]
    services: Mapping[str, Service]
    tlds: Mapping[str, tuple[str, Source]]
    issuers: Mapping[str, tuple[str, Source]]
    software: Mapping[str, tuple[str, Source]]
    networks: Mapping[Network, tuple[str, Source, str]]
    countries: Mapping[str, tuple[tuple[date | None, Jurisdiction, Source], ...]]

    @cached_property
    def names(self) -> NameIndex:
        """The organisations by name."""
        return NameIndex(self.orgs.values())

    @cached_property
    def holders(self) -> Mapping[str, tuple[str, Source]]:
        """The organisations by the names that AS holders are registered under."""
        return {simple(h.name): (h.org, h.source) for h in self.asns.values()}

    @cached_property
    def prefixes(self) -> tuple[tuple[re.Pattern[str], str, Source], ...]:
        """How holders' names begin, for owners that fail."""
        return tuple((re.compile(pattern), org, source) for pattern, org, source in self.patterns)

    def jurisdiction(self, country: str, day: date) -> tuple[Jurisdiction, Source]:
        """Return the class of ``country`` (ISO 3166 alpha-2) on ``day``."""
        if country == "MIXED":
            return Jurisdiction.MIXED, Source("members in several jurisdictions", "")
        rows = self.countries.get(country, ())
        held = [(kind, source) for since, kind, source in rows if since is None or since <= day]
        if held:
            return held[-1]
        if country:
            return Jurisdiction.OTHER, Source("not in the EU or EEA, no adequacy decision", "")
        return Jurisdiction.UNKNOWN, Source("no seat on record", "")
