"""A roster as a spreadsheet writes it: CSV, one row a person. Pure."""

from __future__ import annotations

import csv
import io
from contextlib import contextmanager
from typing import TYPE_CHECKING

from deploy.errors import InputError
from deploy.people.assemble import COLUMNS, LISTS, REQUIRED, Record
from deploy.people.cells import BETWEEN, clean, short

if TYPE_CHECKING:
    from _csv import Reader as _Reader
    from collections.abc import Iterator


_NAMED = 12  # of a first line that is something else, which may be long


def read(text: str, origin: str) -> tuple[Iterator[Record], frozenset[str]]:
    """Return the rows of ``text``, and the columns that it does not have.

    Takes ``,``, ``;`` or tabs between columns; blanks around a value and empty rows are dropped.
    InputError for a wrong first line and, while rows are taken, for what is not CSV.
    """
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    with _explained(reader, origin):
        head = [cell.strip().lower() for cell in next(reader, [])]
    while head and not head[-1]:
        head.pop()
    _check_head(head, origin)
    return _records(reader, head, delimiter, origin), frozenset(COLUMNS) - set(head)


def _records(reader: _Reader, head: list[str], delimiter: str, origin: str) -> Iterator[Record]:
    for line, row in _rows(reader, head, delimiter, origin):
        yield Record(
            {column: _split(cell) if column in LISTS else cell for column, cell in row.items()},
            where=f"line {line}",
            place=lambda column, _, line=line: f"line {line}, column {column}",  # type: ignore[misc]
        )


def _split(cell: str) -> list[str]:
    return [value.strip() for value in cell.split(BETWEEN) if value.strip()]


def _rows(
    reader: _Reader, head: list[str], delimiter: str, origin: str
) -> Iterator[tuple[int, dict[str, str]]]:
    before = reader.line_num
    with _explained(reader, origin):
        for cells in reader:
            line, before = before + 1, reader.line_num
            values = [clean(cell) for cell in cells]
            if any(values[len(head) :]):
                raise InputError(
                    f"line {line} has more cells than the first line has columns ({len(head)})",
                    where=origin,
                    next_step=f"put quotes around a value that has a '{delimiter}' in it",
                )
            if any(values):
                yield line, dict(zip(head, values, strict=False))


@contextmanager
def _explained(reader: _Reader, origin: str) -> Iterator[None]:
    try:
        yield
    except csv.Error as error:
        raise InputError(
            f"line {reader.line_num} is not CSV: {error}",
            where=origin,
            next_step="look at the quotes in that line",
        ) from error


def _check_head(head: list[str], origin: str) -> None:
    missing = [name for name in REQUIRED if name not in head]
    unknown = [name for name in head if name not in COLUMNS]
    double = sorted({name for name in head if head.count(name) > 1})
    said = [
        *([f"lacks {', '.join(missing)}"] if missing else []),
        *(
            [f"has unknown {', '.join(repr(short(n)) for n in unknown[:_NAMED])}"]
            if unknown
            else []
        ),
        *([f"names twice {', '.join(double)}"] if double else []),
    ]
    if said:
        raise InputError(
            f"the first line must name the columns: it {' and '.join(said)}",
            where=f"{origin}, line 1",
            next_step=f"the columns are {', '.join(COLUMNS)}; "
            f"the first {len(REQUIRED)} must be there",
        )
