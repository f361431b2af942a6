"""What the command, the lab and the tests call."""

from __future__ import annotations

import errno
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deploy.depot import debian, keys, wanted
from deploy.depot.apt import Apt
from deploy.depot.mirrors import archive_keyring, mirrors
from deploy.depot.store import HERE, of_machine
from deploy.errors import MachineError
from deploy.narrate import say

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCK = HERE / "depot.lock.json"


@dataclass(frozen=True)
class SyncResult:
    """What a sync did: counts, bytes and seconds."""

    snapshot: str
    packages: int
    size: int
    downloaded: int
    published: bool
    lock_behind: bool
    moved: tuple[str, ...]
    mirror_answered: bool
    seconds: float


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what the disk says into an error that says what to do."""
    try:
        yield
    except OSError as error:
        step = "see that this folder can be written, then run this again"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            step = "make room, or set KOOTWIJK_STATE to a bigger disk; then run this again"
        raise MachineError(
            f"the depot cannot be written: {error.strerror}",
            where=str(error.filename or of_machine().root),
            next_step=step,
        ) from error


def sync(*, update: bool = False, locked: bool = False) -> SyncResult:
    start = time.monotonic()
    store, wishes = of_machine(), wanted.of_roles()
    with _explained(), store.locked():
        keys.ensure(store)
        apt = Apt(store.work / "apt", mirrors(), archive_keyring())
        done = debian.sync(store, apt, wishes.debian, LOCK, update=update, locked=locked)
    seconds = time.monotonic() - start
    result = SyncResult(
        snapshot=done.lock.snapshot,
        packages=len(done.lock.packages),
        size=done.lock.size,
        downloaded=done.downloaded,
        published=done.published,
        lock_behind=done.lock_behind,
        moved=tuple(str(m) for m in done.moved),
        mirror_answered=done.mirror_answered,
        seconds=seconds,
    )
    say(f"    depot: {result.packages} packages, {result.size / 1e6:.0f} MB, {seconds:.1f} s")
    return result
