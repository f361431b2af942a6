"""What a roster's records say, who has it already, and what is wrong with it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deploy.people import cells
from deploy.people.cells import BadCellError

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy.people.assemble import Record


@dataclass
class Claims:
    """Who has which name or address so far; problems where a second one wants it."""

    domain: str
    problems: list[str] = field(default_factory=list)
    owners: dict[str, tuple[str, str]] = field(default_factory=dict)  # -> (where, whose)
    uids: set[str] = field(default_factory=set)  # also of who is wrong otherwise

    def wrong(self, record: Record, error: BadCellError) -> None:
        self.problems.append(f"{record.place(error.column, error.index)}: {error}")

    def claim(self, record: Record, owner: str, column: str, value: str) -> None:
        """Note an address of ``owner``; whose name is there twice is told that alone."""
        _, whose = held = self.owners.setdefault(value, (record.where, owner))
        if whose != owner:
            self._taken(record, column, value, f"{whose}'s", held)

    def named(self, record: Record, column: str, value: str, kind: str) -> None:
        """Note the name of a person or shared mailbox, which is what ``kind`` says."""
        # By where they stand two are not told apart: YAML may have both in one line.
        if held := self.owners.get(f"name {value}"):
            self._taken(record, column, value, f"{held[1]} already", held)
        else:
            self.owners[f"name {value}"] = (record.where, kind)

    def _taken(
        self, record: Record, column: str, value: str, what: str, held: tuple[str, str]
    ) -> None:
        place = record.place(column, None)
        self.problems.append(f"{place}: {value!r} is {what} ({held[0]})")

    def spelled(self, record: Record, column: str, team: str) -> None:
        where, other = self.owners.setdefault(f"team {cells.same(team)}", (record.where, team))
        if other != team:
            place = record.place(column, None)
            self.problems.append(f"{place}: {team!r} is written {other!r} in {where}")

    def once(self, record: Record, team: str) -> None:
        key = f"what {cells.same(team)} has"
        if held := self.owners.get(key):
            place = record.place("name", None)
            self.problems.append(f"{place}: what {team!r} has is said in {held[0]} already")
        else:
            self.owners[key] = (record.where, team)


@dataclass
class Reader:
    """Reads a record's values, and notes what is wrong with any of them (``right`` is False)."""

    record: Record
    claims: Claims
    right: bool = True

    def one(self, column: str, check: Callable[..., str], *rest: object, default: str = "") -> str:
        try:
            return check(column, self.record.one(column) or default, *rest)
        except BadCellError as error:
            return self.wrong(error)

    def many(self, column: str, check: Callable[..., str], *rest: object) -> tuple[str, ...]:
        """Return a column's values, sorted, each once."""
        found = set()
        for index, value in enumerate(self.record.many(column)):
            try:
                found.add(check(column, value, *rest, index))
            except BadCellError as error:
                self.wrong(error)
        return tuple(sorted(found))

    def wrong(self, error: BadCellError) -> str:
        self.claims.wrong(self.record, error)
        self.right = False
        return ""
