"""A department's roster: one row a person, from a CSV file as spreadsheets write them."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deploy.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REQUIRED = ("uid", "given_name", "surname")
COLUMNS = (*REQUIRED, "mail", "aliases", "teams", "language")
BETWEEN = "|"  # between the values in one cell; neither a spreadsheet nor a name uses it
LANGUAGES = ("nl", "en")

_UID = re.compile(r"[a-z][a-z0-9]*([._-][a-z0-9]+)*")
_MAIL = re.compile(r"[a-z0-9!#$%&'*+/?^_`{}~-]+(\.[a-z0-9!#$%&'*+/?^_`{}~-]+)*@[a-z0-9.-]+")
_SHOWN = 5


@dataclass(frozen=True)
class Person:
    """One person. ``mail`` is the primary address; ``aliases`` and ``teams`` are sorted."""

    uid: str
    given_name: str
    surname: str
    mail: str
    aliases: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    language: str = "nl"

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.surname}"

    @property
    def addresses(self) -> tuple[str, ...]:
        return (self.mail, *self.aliases)


class _BadCellError(ValueError):
    """What is wrong with a cell, without where."""


def read(path: Path, domain: str) -> tuple[Person, ...]:
    """Return the people of the roster ``path``, in its order; their addresses are in ``domain``.

    Reads UTF-8 with or without BOM, and ``,`` or ``;`` between columns; blanks around a value and
    empty rows are dropped, names are brought to Unicode's composed form (NFC). InputError names
    line and column of everything that is wrong, up to five.
    """
    rows = _rows(_text(path), path)
    problems: list[str] = []
    people: list[Person] = []
    owners: dict[str, tuple[int, str]] = {}
    for line, row in rows:
        try:
            person = _person(row, domain)
        except _BadCellError as error:
            problems.append(f"line {line}, column {error}")
            continue
        problems += _taken(person, line, owners)
        people.append(person)
    if problems:
        more = len(problems) - _SHOWN
        shown = [*problems[:_SHOWN], *([f"and {more} more"] if more > 0 else [])]
        raise InputError(
            shown[0] if len(problems) == 1 else "\n".join(["this roster is wrong:", *shown]),
            where=str(path),
            next_step="correct these in the roster; nothing was changed",
        )
    if not people:
        raise InputError("this roster has no people", where=str(path), next_step="add rows to it")
    return tuple(people)


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"the roster cannot be read: {error.strerror}",
            where=str(path),
            next_step="name a CSV file, for example examples/department.csv",
        ) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        begin = data.rfind(b"\n", 0, error.start) + 1
        near = data[begin : error.start].decode("utf-8", "replace")[-24:]
        column = error.start - begin + 1
        raise InputError(
            f"the roster is not UTF-8: line {line}, byte {column}, after '{near}'",
            where=str(path),
            next_step="save it as 'CSV UTF-8': to guess the encoding could spoil people's names",
        ) from error


def _rows(text: str, path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    first = text.split("\n", 1)[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        head = [cell.strip().lower() for cell in next(reader, [])]
        while head and not head[-1]:
            head.pop()
        _check_head(head, path)
        before = reader.line_num
        for cells in reader:
            line, before = before + 1, reader.line_num
            values = [_clean(cell) for cell in cells]
            if any(values[len(head) :]):
                raise InputError(
                    f"line {line} has more cells than the first line has columns ({len(head)})",
                    where=str(path),
                    next_step=f"put quotes around a value that has a '{delimiter}' in it",
                )
            if any(values):
                yield line, dict(zip(head, values, strict=False))
    except csv.Error as error:
        raise InputError(
            f"line {reader.line_num} is not CSV: {error}",
            where=str(path),
            next_step="look at the quotes in that line",
        ) from error


def _check_head(head: list[str], path: Path) -> None:
    missing = [name for name in REQUIRED if name not in head]
    unknown = [name for name in head if name not in COLUMNS]
    double = sorted({name for name in head if head.count(name) > 1})
    said = [
        *([f"lacks {', '.join(missing)}"] if missing else []),
        *([f"has unknown {', '.join(map(repr, unknown))}"] if unknown else []),
        *([f"names twice {', '.join(double)}"] if double else []),
    ]
    if said:
        raise InputError(
            f"the first line must name the columns: it {' and '.join(said)}",
            where=f"{path}, line 1",
            next_step=f"the columns are {', '.join(COLUMNS)}; "
            f"the first {len(REQUIRED)} must be there",
        )


def _clean(cell: str) -> str:
    """Return ``cell`` composed (NFC), with every run of blanks made one space."""
    return " ".join(unicodedata.normalize("NFC", cell).replace("\ufeff", "").split())


def _person(row: dict[str, str], domain: str) -> Person:
    uid = row.get("uid", "").lower()
    if not _UID.fullmatch(uid) or len(uid) > 32:  # noqa: PLR2004
        raise _BadCellError(
            f"uid: {uid!r} is not a login name (a-z, 0-9, '.', '_', '-'; at most 32)"
        )
    language = (row.get("language") or "nl").lower()
    if language not in LANGUAGES:
        raise _BadCellError(f"language: {language!r} is none of {', '.join(LANGUAGES)}")
    mail = _address("mail", row.get("mail") or f"{uid}@{domain}", domain)
    aliases = {_address("aliases", value, domain) for value in _split(row.get("aliases", ""))}
    return Person(
        uid=uid,
        given_name=_name("given_name", row.get("given_name", "")),
        surname=_name("surname", row.get("surname", "")),
        mail=mail,
        aliases=tuple(sorted(aliases - {mail})),
        teams=tuple(sorted({_name("teams", value) for value in _split(row.get("teams", ""))})),
        language=language,
    )


def _split(cell: str) -> list[str]:
    return [value.strip() for value in cell.split(BETWEEN) if value.strip()]


def _name(column: str, value: str) -> str:
    """Return the name of a person or a team: letters of any script, no formula, no control."""
    if not value:
        raise _BadCellError(f"{column}: is empty")
    if value[0] in "=+-@" or not any(c.isalpha() for c in value):
        raise _BadCellError(f"{column}: {value!r} is not a name (a formula?)")
    odd = next((c for c in value if unicodedata.category(c)[0] == "C"), None)
    if odd or len(value) > 64:  # noqa: PLR2004
        raise _BadCellError(f"{column}: {value!r} has a control character, or over 64 characters")
    return value


def _address(column: str, value: str, domain: str) -> str:
    address = value.lower() if "@" in value else f"{value.lower()}@{domain}"
    if not _MAIL.fullmatch(address):
        raise _BadCellError(f"{column}: {value!r} is not a mail address")
    if address.partition("@")[2] != domain:
        raise _BadCellError(
            f"{column}: {value!r} is not in {domain}, which is all that arrives here"
        )
    return address


def _taken(person: Person, line: int, owners: dict[str, tuple[int, str]]) -> Iterator[str]:
    """Yield what ``person`` claims that an earlier row has; note the rest as claimed."""
    claims = [("uid", person.uid), ("mail", person.mail)]
    claims += [("aliases", alias) for alias in person.aliases]
    for column, value in claims:
        other = owners.setdefault(value, (line, person.uid))
        if other != (line, person.uid):
            yield f"line {line}, column {column}: {value!r} is {other[1]}'s (line {other[0]})"
    for team in person.teams:
        # The directory takes names that differ in case alone for the same.
        other = owners.setdefault(f"team {team.casefold()}", (line, team))
        if other[1] != team:
            yield f"line {line}, column teams: {team!r} is written {other[1]!r} in line {other[0]}"
