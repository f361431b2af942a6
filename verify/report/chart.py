"""The map of dependencies: where each box stands. The template draws it, with the same escaping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from verify.model import LAYERS
from verify.report.view import OWN, PLACES
from verify.report.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verify.report.view import Dependency

MARKS = {
    "PASS": "✓",
    "FAIL": "✗",
    "UNKNOWN": "?",
    "WAIVED": "◇",
    "WAIVER_EXPIRED": "✗",
    "NOT_TESTED": "\N{EN DASH}",
}
_LEFT, _OWN, _TOP, _LINE, _PAD = 258, 112, 34, 24, 6
_WIDE, _NARROWEST = 1180, 128
_LETTER = 8.2
_MOST = 9


@dataclass(frozen=True)
class Box:
    """An owner in a layer, or (``more``) how many there was no room for."""

    x: float
    y: float
    width: float
    place: str
    status: str
    owner: str
    text: str
    count: int
    more: int = 0


@dataclass(frozen=True)
class Row:
    layer: str
    y: float
    height: float
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class Chart:
    width: float
    height: float
    left: float
    places: tuple[tuple[str, float], ...]
    rows: tuple[Row, ...]


def laid_out(dependencies: Sequence[Dependency], own: str, unknown: str) -> Chart:
    """Return the map: a row per layer, a column per jurisdiction, the worst to the right.

    In a cell the worst come first; after nine the rest is counted. ``own`` and ``unknown`` are the
    words for who has no name. Two hundred dependencies stay readable because owners are grouped.
    """
    present = [p for p in PLACES if p == OWN or any(d.place == p for d in dependencies)]
    column = max(_NARROWEST, (_WIDE - _LEFT - _OWN) / max(len(present) - 1, 1))
    first = _LEFT + _OWN
    places = tuple((p, first + (i - 1) * column if i else _LEFT) for i, p in enumerate(present))
    wide = {p: column if p != OWN else float(_OWN) for p in present}
    words = {p: own if p == OWN else unknown for p in present}
    rows: list[Row] = []
    y: float = _TOP
    for layer in LAYERS:
        cells = {p: [d for d in dependencies if (d.layer, d.place) == (layer, p)] for p in present}
        tallest = max(min(len(c), _MOST + 1) for c in cells.values())
        height = max(1, tallest) * _LINE + _PAD
        boxes = [b for p, x in places for b in _cell(cells[p], x, y, wide[p], words[p])]
        rows.append(Row(layer, y, height, tuple(boxes)))
        y += height
    return Chart(first + column * max(len(present) - 1, 1), y + 2, _LEFT, places, tuple(rows))


def _cell(found: list[Dependency], x: float, y: float, column: float, word: str) -> list[Box]:
    room = found if len(found) <= _MOST + 1 else found[:_MOST]
    letters = int((column - 54) / _LETTER)
    boxes = []
    for number, one in enumerate(room):
        owner = one.owner or word
        boxes.append(
            Box(
                x=x + 4,
                y=y + _PAD / 2 + number * _LINE,
                width=column - 8,
                place=one.place,
                status=one.status,
                owner=owner,
                text=_cut(visible(owner), letters),
                count=len(one.endpoints),
            )
        )
    if rest := found[len(room) :]:
        top = y + _PAD / 2 + len(room) * _LINE
        place, status = rest[0].place, rest[0].status
        boxes.append(Box(x + 4, top, column - 8, place, status, "", "", 0, more=len(rest)))
    return boxes


def _cut(text: str, letters: int) -> str:
    return text if len(text) <= letters else text[: max(letters - 1, 1)].rstrip() + "…"
