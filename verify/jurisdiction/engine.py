"""The engine: from one target to its verdict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from deploy.errors import UnreachableError
from deploy.narrate import say
from verify.jurisdiction import places, reader
from verify.jurisdiction.addresses import AddressTable
from verify.jurisdiction.judge import Case, Judge
from verify.jurisdiction.owners import MAX_AGE
from verify.jurisdiction.packing import ready
from verify.jurisdiction.resolve import reaches_the_internet
from verify.jurisdiction.target import Kind, parse
from verify.jurisdiction.verdict import Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from verify.jurisdiction.resolve import Resolver
    from verify.jurisdiction.tables import Tables


@dataclass(frozen=True)
class Engine:
    """The curated facts and, where there is one, the address table. ``load`` makes it."""

    tables: Tables
    addresses: AddressTable | None = None
    max_age: int = MAX_AGE

    @classmethod
    def load(
        cls, facts: Path = reader.DATA, addresses: Path | None = None, *, max_age: int = MAX_AGE
    ) -> Engine:
        """Read the facts in ``facts`` and the packed table ``addresses``.

        The default table is this machine's, packed when the depot has newer data; without one it
        is the built-in table of known organisations' networks. A verdict says which.
        Raise InputError for wrong facts, UnreachableError for damaged or stale address data.
        """
        return cls(reader.load(facts), _addresses(addresses, max_age), max_age)

    def verdict(
        self, target: str, *, as_of: date | None = None, network: Resolver | None = None
    ) -> Verdict:
        """Judge one target as of a day (default today); raise BadTargetError when it is none.

        ``network`` is asked for today's records only: what it says proves nothing about the past.
        """
        today = datetime.now(UTC).date()
        case = Case(parse(target), as_of or today)
        if network is not None and case.day == today and case.target.is_name:
            why = reaches_the_internet(network)
            case.network = why or f"asked {network.name}"
            if why:
                network = None
        else:
            case.network = _not_asked(case, network, today)
            network = None
        Judge(self, case, network).judge()
        return self._finished(case)

    def _finished(self, case: Case) -> Verdict:
        table = self.addresses
        said = f"{table.source.name}, {table.source.date}" if table else "none"
        if table and table.partial:
            said += "; only known organisations' networks, this machine has no full table"
        return Verdict(
            target=case.target.text,
            kind=str(case.target.kind),
            normal=case.target.normal if case.target.kind is not Kind.CERTIFICATE else "",
            as_of=case.day,
            parties=tuple(dict.fromkeys(case.parties)),
            chain=tuple(dict.fromkeys(case.steps)),
            name_jurisdiction=case.name_jurisdiction,
            name_complete=case.name_complete,
            service=case.service,
            layer=case.layer,
            evidence=case.evidence,
            network=case.network,
            address_data=said,
            scope=case.scope,
            lookalike_of=case.lookalike_of,
            notes=tuple(case.notes),
        )


def _not_asked(case: Case, network: Resolver | None, today: date) -> str:
    if network is None:
        return "not asked"
    return "not asked: " + ("it is no name" if case.day == today else "it is about another day")


def _addresses(path: Path | None, max_age: int) -> AddressTable | None:
    today = datetime.now(UTC).date()
    if path or (path := ready()):
        return AddressTable.open(path, today, max_age)
    try:
        return AddressTable.open(places.BUILT_IN, today, max_age)
    except UnreachableError as error:
        say(str(error))  # it came with the checkout and grew old: judge without it
        return None
