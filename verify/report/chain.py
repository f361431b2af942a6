"""The chain of bundles: each names the statement of the one before. Pure."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


@dataclass
class Checked:
    """One bundle. ``problems`` are what is wrong; ``key`` the fingerprint that signed it.

    ``trusted``: by a key that was given. ``digest`` is the SHA-256 of its statement, which the next
    bundle must name; empty where there is none.
    """

    name: str
    sequence: int = 0
    digest: str = ""
    previous: dict[str, Any] | None = None
    inventory: str = ""
    started: str = ""
    status: str = ""
    key: str = ""
    trusted: bool = False
    files: int = 0
    problems: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return dict(vars(self))


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def linked(chained: Sequence[Checked]) -> Iterator[str]:
    for before, now in itertools.pairwise(chained):
        if now.sequence == before.sequence:
            continue
        if now.inventory != before.inventory:
            yield f"{now.name} is of {now.inventory}, {before.name} of {before.inventory}"
            continue
        if now.sequence != before.sequence + 1:
            gap = f"{before.sequence + 1} to {now.sequence - 1}"
            yield f"the chain lacks number {gap}, between {before.name} and {now.name}"
            continue
        named = (now.previous or {}).get("statement") if isinstance(now.previous, dict) else None
        if named != before.digest:
            yield (
                f"{now.name} does not follow {before.name}: it names a statement with SHA-256 "
                f"{str(named)[:12]}…, that of {before.name} is {before.digest[:12]}…"
            )
        if now.started and before.started and moment(now.started) < moment(before.started):
            yield f"{now.name} began before {before.name}, by the machine's clock"
    for one in chained[:1]:
        if one.sequence == 1 and one.previous is not None:
            yield f"{one.name} is number 1, but names one before it"
        if one.sequence > 1 and not isinstance(one.previous, dict):
            yield f"{one.name} is number {one.sequence}, but names none before it"


def forked(chained: Sequence[Checked]) -> Iterator[str]:
    for before, now in itertools.pairwise(chained):
        if now.sequence == before.sequence:
            yield f"there are two of number {now.sequence}: {before.name} and {now.name}"


def absent(chained: Sequence[Checked], includes: Iterable[str]) -> Iterator[str]:
    held = [b.digest for b in chained]
    for wanted in includes:
        if not any(d.startswith(wanted.lower()) for d in held):
            yield f"no bundle here has the statement {wanted}: it was taken out or replaced"
