"""Tells whether this machine and the inventory are fit for what is asked of them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deploy import inventory as inventories
from deploy import lab
from deploy.depot.mirrors import mirrors
from deploy.errors import KootwijkError
from deploy.paths import state
from deploy.secrets import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_ROOM_GB = 8


@dataclass(frozen=True)
class Row:
    """One thing looked at: ``status`` is ok or bad."""

    what: str
    status: str
    seen: str
    next_step: str = ""


def examine(path: Path) -> list[Row]:
    """Look at this machine and the inventory at ``path``; nothing is changed."""
    return [*_machine(), _tried("inventory", lambda: _inventory(path))]


def _machine() -> Iterator[Row]:
    why = lab.available()
    yield Row(
        "lab hosts", "bad" if why else "ok", why or "can run here", "run as root" if why else ""
    )
    folder = state()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free / 1e9
    enough = free >= _ROOM_GB
    yield Row(
        "room",
        "ok" if enough else "bad",
        f"{free:.0f} GB free at {folder}",
        "" if enough else f"free up to {_ROOM_GB} GB, or set $KOOTWIJK_STATE",
    )
    yield _tried("package source", lambda: ", ".join(sorted(mirrors().values())))


def _inventory(path: Path) -> str:
    found = inventories.load(path)
    secrets = len(Store(found.path).names())
    return f"{len(found.hosts)} hosts in {found.path}, {secrets} secrets can be opened"


def _tried(what: str, look: Callable[[], str]) -> Row:
    try:
        return Row(what, "ok", look())
    except KootwijkError as error:
        return Row(what, "bad", f"{error.what} ({error.where})", error.next_step)
