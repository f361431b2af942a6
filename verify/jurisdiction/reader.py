"""Reads the curated facts from data/*.csv. Every wrong row is said with its file and line."""

from __future__ import annotations

import csv
import re
from datetime import date
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from deploy.errors import InputError
from verify.jurisdiction.model import Event, Jurisdiction, Organisation, Ownership, Source
from verify.jurisdiction.naming import simple
from verify.jurisdiction.tables import Holder, Service, Tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from verify.jurisdiction.carried import Network

    Row = dict[str, str]

DATA = Path(__file__).parent / "data"
SHARES = ("controls", "influences")
OUTCOMES = ("completed", "prohibited", "withdrawn", "")
K = TypeVar("K")
V = TypeVar("V")


def load(folder: Path = DATA) -> Tables:
    """Read all tables of ``folder``; raise InputError for the first row that is wrong."""
    files = _Files(folder)
    try:
        return _tables(files)
    except OSError as error:
        raise InputError(
            f"a file of the facts cannot be read: {error.strerror}", where=str(error.filename)
        ) from error
    except (ValueError, KeyError) as error:
        raise files.wrong(str(error)) from error


def _tables(files: _Files) -> Tables:
    files.begin()
    return Tables(
        orgs=files.orgs,
        owners=_grouped((o.org, o) for o in files.owners()),
        events=_grouped((e.org, e) for e in files.events()),
        asns=dict(files.asns()),
        patterns=tuple(files.patterns()),
        services={s.domain: s for s in files.services()},
        tlds=dict(files.pairs("tlds.csv", "tld")),
        issuers={simple(k): v for k, v in files.pairs("issuers.csv", "issuer")},
        software={simple(k): v for k, v in files.pairs("software.csv", "product")},
        networks=dict(files.networks()),
        countries=_grouped(files.countries()),
    )


def _grouped(rows: Iterable[tuple[K, V]]) -> dict[K, tuple[V, ...]]:
    found: dict[K, list[V]] = {}
    for key, value in rows:
        found.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in found.items()}


def _day(text: str) -> date | None:
    """Read a day; a month or a year alone is its first day, so a takeover never counts late."""
    return date.fromisoformat((text + "-01-01")[:10]) if text else None


def _words(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split("|")))


class _Files:
    """The CSV files of one folder, each a generator of its records."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.place = ""
        self.sources: dict[str, Source] = {}
        self.orgs: dict[str, Organisation] = {}

    def begin(self) -> None:
        """Read what the other files name: sources and organisations."""
        self.sources = {
            row["source"]: Source(row["name"], row["date"], row["verified"] != "yes")
            for row in self.rows("sources.csv")
        }
        self.orgs = {row["org"]: self._organisation(row) for row in self.rows("organisations.csv")}

    def rows(self, name: str) -> Iterator[Row]:
        path = self.folder / name
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            for row in reader:
                self.place = f"{path}:{reader.line_num}"
                if None in row or None in row.values():
                    raise self.wrong("it has another number of fields than the first line")
                yield row

    def wrong(self, why: str) -> InputError:
        return InputError(
            f"this row of the facts is wrong: {why}",
            where=self.place,
            next_step="see docs/reference/jurisdiction.md for the columns",
        )

    def source(self, row: Row) -> Source:
        if row["source"] not in self.sources:
            raise self.wrong(f"sources.csv has no source '{row['source']}'")
        found = self.sources[row["source"]]
        day = row.get("date") or found.date
        self.day(day)
        return Source(found.name, day, found.unverified) if day != found.date else found

    def day(self, text: str) -> date | None:
        try:
            return _day(text)
        except ValueError as error:
            raise self.wrong(f"{text!r} is no date (YYYY-MM-DD)") from error

    def known(self, org: str) -> str:
        if org not in self.orgs:
            raise self.wrong(f"organisations.csv has no '{org}'")
        return org

    def _organisation(self, row: Row) -> Organisation:
        country = row["country"]
        if country and country != "MIXED" and not re.fullmatch("[A-Z]{2}", country):
            raise self.wrong(f"{country!r} is no ISO 3166 alpha-2 code, MIXED or nothing")
        return Organisation(
            row["org"], row["name"], country, self.source(row), _words(row["aliases"])
        )

    def owners(self) -> Iterator[Ownership]:
        for row in self.rows("owners.csv"):
            if row["share"] not in SHARES:
                raise self.wrong(f"share is one of {', '.join(SHARES)}")
            org, owner = self.known(row["org"]), self.known(row["owner"])
            since, until = self.day(row["since"]), self.day(row["until"])
            yield Ownership(org, owner, row["share"], since, until, self.source(row))

    def events(self) -> Iterator[Event]:
        for row in self.rows("events.csv"):
            decided = self.day(row["decided"])
            announced = self.day(row["announced"]) or decided
            if announced is None or row["outcome"] not in OUTCOMES:
                raise self.wrong("an event has a day and a known outcome")
            org, by = self.known(row["org"]), self.known(row["by"])
            source = self.source(row)
            yield Event(org, by, announced, decided, row["outcome"], source, row["note"])

    def asns(self) -> Iterator[tuple[int, Holder]]:
        for row in self.rows("asns.csv"):
            yield int(row["asn"]), Holder(self.known(row["org"]), row["holder"], self.source(row))

    def patterns(self) -> Iterator[tuple[str, str, Source]]:
        for row in self.rows("holders.csv"):
            yield row["pattern"], self.known(row["org"]), self.source(row)

    def services(self) -> Iterator[Service]:
        layers = {row["kind"]: row["layer"] for row in self.rows("kinds.csv")}
        for row in self.rows("services.csv"):
            if row["kind"] not in layers:
                raise self.wrong(f"kinds.csv has no kind '{row['kind']}'")
            via = tuple(self.known(one) for one in _words(row["via"]))
            org, kind = self.known(row["org"]), row["kind"]
            yield Service(row["domain"], org, kind, layers[kind], via, self.source(row))

    def pairs(self, name: str, key: str) -> Iterator[tuple[str, tuple[str, Source]]]:
        for row in self.rows(name):
            yield row[key], (self.known(row["org"]), self.source(row))

    def networks(self) -> Iterator[tuple[Network, tuple[str, Source, str]]]:
        for row in self.rows("networks.csv"):
            yield ip_network(row["network"]), (self.known(row["org"]), self.source(row), row["use"])

    def countries(self) -> Iterator[tuple[str, tuple[date | None, Jurisdiction, Source]]]:
        for row in self.rows("countries.csv"):
            kind = Jurisdiction[row["jurisdiction"]]
            yield row["country"], (self.day(row["since"]), kind, self.source(row))
