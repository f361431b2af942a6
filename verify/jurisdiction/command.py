"""`kootwijk jurisdiction TARGET…`: judge, print, and return the exit code."""

from __future__ import annotations

import argparse
import json as json_module
import re
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, TextIO

from deploy.errors import InputError, UnreachableError
from verify.jurisdiction.engine import Engine
from verify.jurisdiction.model import Jurisdiction, Status
from verify.jurisdiction.resolve import DnsResolver, reaches_the_internet
from verify.jurisdiction.target import BadTargetError
from verify.jurisdiction.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from verify.jurisdiction.resolve import Resolver

FINE, FAILED, BAD_INPUT, NOT_FOUND_OUT = 0, 1, 2, 3


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments to ``parser``; ``run`` takes each by its name."""
    from pathlib import Path  # noqa: PLC0415  (only the command line needs it)

    parser.add_argument("targets", nargs="+", metavar="TARGET", help="- reads them, one a line")
    parser.add_argument("--as-of", type=_day, metavar="DATE", help="YYYY-MM-DD; default: today")
    parser.add_argument("--json", action="store_true", help="an array, one object per target")
    asked = parser.add_mutually_exclusive_group()
    asked.add_argument("--offline", action="store_true", help="ask no resolver")
    asked.add_argument("--resolver", metavar="ADDRESS", help="ask this one; it must answer")
    parser.add_argument("--addresses", type=Path, metavar="FILE", help="a packed address table")


def _day(text: str) -> date:
    try:
        if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text!r} is no day: write YYYY-MM-DD, as in 2026-11-30")


def run(
    targets: Sequence[str],
    as_of: date | None = None,
    *,
    json: bool = False,
    offline: bool = False,
    resolver: str | None = None,
    addresses: Path | None = None,
    out: TextIO | None = None,
) -> int:
    """Judge ``targets`` in order and print them to ``out`` (default stdout).

    Return 0 when all pass, 1 when one fails or is unknown, 2 when one is no target (the others
    are judged). Raise InputError when standard input holds none or ``resolver`` is no address,
    UnreachableError (exit 3) when ``resolver`` is of no use, or the address data is damaged or
    stale.
    """
    engine = Engine.load(addresses=addresses)
    network = None if offline else _network(resolver)
    verdicts = [_judge(engine, one, as_of, network) for one in _expanded(targets)]
    file = out or sys.stdout
    if json:
        json_module.dump([v.as_json() for v in verdicts], file, indent=2, ensure_ascii=True)
        print(file=file)
    else:
        print("\n\n".join(_text(v) for v in verdicts), file=file)
    if any(v.error for v in verdicts):
        return BAD_INPUT
    return FINE if all(v.status is Status.PASS for v in verdicts) else FAILED


def _expanded(targets: Iterable[str]) -> Iterable[str]:
    for one in targets:
        if one == "-":
            found = [line.rstrip("\n") for line in sys.stdin if line.strip()]
            if not found:
                raise InputError(
                    "standard input holds no target",
                    where="-",
                    next_step="look at the command before the pipe; write one target a line",
                )
            yield from found
        else:
            yield one


@dataclass(frozen=True)
class _Silent:
    """Stands for a resolver that is of no use, and says why in every verdict."""

    why: str
    name: str = "no resolver"

    def ask(self, name: str, kind: str) -> tuple[str, ...]:
        raise UnreachableError(self.why, where=f"{name} {kind}")


def _network(address: str | None) -> Resolver | None:
    try:
        resolver = DnsResolver([] if address is None else [address])
        why = reaches_the_internet(resolver)
    except UnreachableError as error:
        if address is not None:
            raise
        return _Silent(error.what)
    if why and address:
        raise UnreachableError(
            why, where=address, next_step="name a resolver that works, or give --offline"
        )
    return _Silent(why) if why else resolver


def _judge(engine: Engine, text: str, as_of: date | None, network: Resolver | None) -> Verdict:
    try:
        return engine.verdict(text, as_of=as_of, network=network)
    except BadTargetError as error:
        day = as_of or datetime.now(UTC).date()
        return Verdict(text, "bad", "", day, (), (), error=f"{error.what}; {error.next_step}")


def _text(verdict: Verdict) -> str:
    """Return a verdict for people: its axes on one line, then the chain of reasons."""
    if verdict.error:
        return f"{_clean(verdict.target)}\n  {_clean(verdict.error)}"
    name = verdict.name_jurisdiction
    axes = [
        f"{verdict.status}",
        f"jurisdiction {verdict.jurisdiction.name}",
        *([f"name {name.name}"] if isinstance(name, Jurisdiction) else []),
        f"control {verdict.control.word}",
        f"owner {verdict.owner or 'unknown'}" + (" (unverified)" if verdict.unverified else ""),
    ]
    lines = [_clean(verdict.target), "  " + ", ".join(axes)]
    for step in verdict.chain:
        law = f" -> {step.jurisdiction.name}" if step.jurisdiction is not None else ""
        note = f"; {step.note}" if step.note else ""
        where = f"{step.source.name} {step.source.date}".strip()
        lines.append(f"    {step.what}: {step.value}{law}{note} [{where}]")
    lines += [f"    note: {one}" for one in verdict.notes]
    lines.append(f"    network: {verdict.network}; addresses: {verdict.address_data}")
    return "\n".join(map(_clean, lines))


def _clean(text: str) -> str:
    """Return ``text`` without what a terminal would obey."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
