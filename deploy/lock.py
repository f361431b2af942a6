"""One run at a time for whatever changes the hosts of an inventory."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from deploy import paths
from deploy.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from deploy.inventory import Inventory

_held: set[Path] = set()


@contextmanager
def hosts_of(inventory: Inventory, what: str) -> Iterator[None]:
    """Hold the hosts of ``inventory`` for ``what`` (a command); InputError if another run does.

    Within one run it may be held again: ``up`` deploys. The kernel lets go when the run ends,
    however it ends.
    """
    if inventory.lab:
        with lab(inventory.name, what):
            yield
    else:  # beside the secrets: rented hosts are the same ones from every state folder
        with _hold(inventory.path / ".deploy.lock", what):
            yield


@contextmanager
def lab(name: str, what: str) -> Iterator[None]:
    """Hold the hosts of the lab ``name``, which is of this state folder."""
    with _hold(paths.lab(name).parent / f".{name}.lock", what):
        yield


@contextmanager
def _hold(path: Path, what: str) -> Iterator[None]:
    file = path.resolve()
    if file in _held:
        yield
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            pid, _, other = lock.read().strip().partition(" ")
            raise InputError(
                f"another run is changing these hosts: `kootwijk {other}`, pid {pid}",
                where=str(file),
                next_step=f"wait until it ends, or stop it (Ctrl-C where it runs, or "
                f"`kill -INT {pid}`); then run this again",
            ) from error
        lock.truncate(0)
        lock.write(f"{os.getpid()} {what}\n")
        lock.flush()
        _held.add(file)
        try:
            yield
        finally:
            _held.discard(file)
