"""The narration on stderr. Results go to stdout and are printed by the command alone."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def say(line: str) -> None:
    """Write one plain line to stderr."""
    print(line, file=sys.stderr, flush=True)


class Progress:
    """A counter that redraws its line on a terminal and speaks every tenth part otherwise."""

    def __init__(self, title: str, total: int, unit: str = "") -> None:
        self.title, self.total, self.unit = title, max(total, 1), unit
        self.done = 0
        self._spoken = 0
        self._tty = sys.stderr.isatty()

    def advance(self, by: int = 1) -> None:
        self.done += by
        tenth = self.done * 10 // self.total
        if self._tty:
            text = f"\r{self.title}: {self.done}/{self.total} {self.unit}".rstrip()
            print(text, end="", file=sys.stderr, flush=True)
        elif tenth > self._spoken:
            say(f"{self.title}: {self.done}/{self.total} {self.unit}".rstrip())
        self._spoken = tenth

    def close(self) -> None:
        if self._tty and self.done:
            print(file=sys.stderr, flush=True)


class Steps:
    """Named, timed steps; ``rows`` holds (name, seconds) of those that ended well."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, float]] = []

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        say(f"==> {name}")
        start = time.monotonic()
        yield
        seconds = time.monotonic() - start
        self.rows.append((name, seconds))
        say(f"    {name}: {seconds:.1f} s")
