"""The Debian part of a sync: lock or resolve, download, publish."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deploy import files
from deploy.depot import lock as locks
from deploy.depot.fetch import Item, fetch
from deploy.depot.publish import publish
from deploy.depot.store import Stamps, read_json
from deploy.depot.wanted import HOST
from deploy.errors import MachineError, UnreachableError
from deploy.narrate import say

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from deploy.depot.apt import Apt
    from deploy.depot.lock import Lock, Move, Package, Sets
    from deploy.depot.store import Store

_SPOKEN = 12


@dataclass(frozen=True)
class Debian:
    """How the Debian part of a sync ended; ``downloaded`` is in bytes.

    ``moved`` is what differs between the lock in git (before an update) and what is published.
    """

    lock: Lock
    lock_behind: bool
    moved: tuple[Move, ...]
    downloaded: int
    published: bool
    mirror_answered: bool


def read_lock(file: Path) -> Lock | None:
    step = "take it from git again, or remove it and run `kootwijk depot sync --update`"
    found = read_json(file, next_step=step)
    return None if found is None else locks.parse(found, where=str(file))


def sync(
    store: Store, apt: Apt, wanted: Sets, git_file: Path, *, update: bool, locked: bool
) -> Debian:
    """Fill the store with what is wanted, as locked wherever the mirror still has it."""
    git, local = read_lock(git_file), read_lock(store.snapshot)
    stamps = Stamps(store)
    apt.prepare()
    answered = True
    try:
        apt.update()
    except UnreachableError as error:
        here = [] if update else [git] if locked else [git, local]
        lock = next(
            (x for x in here if x and x.wanted == wanted and _whole(store, stamps, x)), None
        )
        if lock is None:
            why = _incomplete(git, local, wanted)
            raise UnreachableError(
                f"{error.what}, and what is here is not enough: {why}",
                where=error.where,
                next_step=error.next_step,
            ) from error
        answered = False
        say(
            "    THE DEBIAN MIRROR DID NOT ANSWER; all that is locked is here, so that is published"
        )
    else:
        lock = _lock(apt, git, local, wanted, git_file, update=update, locked=locked)
    moved = locks.moves(git, lock) if git else ()
    if update and lock != git:
        files.write(git_file, locks.render(lock))
    behind = not update and lock != git
    _tell(git, moved, wanted, behind=behind)
    downloaded = _download(store, apt, stamps, lock)
    written = publish(store, lock)
    files.write(store.snapshot, locks.render(lock))
    _prune(store, lock)
    return Debian(lock, behind, moved, downloaded, written, answered)


def _lock(
    apt: Apt,
    git: Lock | None,
    local: Lock | None,
    wanted: Sets,
    git_file: Path,
    *,
    update: bool,
    locked: bool,
) -> Lock:
    known = [x for x in (git, local) if x]
    offer = apt.offer({p.name for x in known for p in x.packages})
    missing = locks.gone(git, offer) if git else ()
    lock = None if update else locks.choose(git, local, wanted, offer)
    if locked and (lock is None or lock is not git):
        locks.refuse_to_move(git, wanted, missing, str(git_file))
    return lock or resolve(apt, wanted)


def resolve(apt: Apt, wanted: Sets) -> Lock:
    """Return what apt would install: each set on top of the host's own, apart from the others."""
    say(f"    resolving {len(wanted)} sets of packages")
    host = wanted.get(HOST, ())

    def addresses(name: str) -> frozenset[str]:
        return apt.resolve(name, [*host, *wanted[name]])

    with ThreadPoolExecutor(2) as pool:
        found = frozenset().union(*pool.map(addresses, wanted))
    offer = apt.offer({address.rsplit("/", 1)[-1].split("_", 1)[0] for address in found})
    return locks.make(wanted, named(found, offer.values()))


def named(addresses: Collection[str], offered: Iterable[Package]) -> list[Package]:
    """Return the packages that the addresses are of, told by the file's name.

    Two archives may offer one package under different paths, and apt writes addresses its own way.
    """
    files_wanted = {address.rsplit("/", 1)[-1] for address in addresses}
    packages = [p for p in offered if p.path.rsplit("/", 1)[-1] in files_wanted]
    if len(packages) != len(files_wanted):
        left = files_wanted ^ {p.path.rsplit("/", 1)[-1] for p in packages}
        raise MachineError(
            f"apt would install {len(files_wanted)} files, its lists name {len(packages)} of them",
            where=", ".join(sorted(left)[:5]),
            next_step="run this again; if it stays, name another mirror in depot.yml",
        )
    return packages


def _incomplete(git: Lock | None, local: Lock | None, wanted: Sets) -> str:
    """Say why no lock can be used without a mirror."""
    lock = git or local
    if lock is None:
        return "there is no lock"
    sets = locks.changed(lock, wanted)
    return (
        f"other wishes now: {', '.join(sets)}" if sets else "packages are missing or to be renewed"
    )


def _whole(store: Store, stamps: Stamps, lock: Lock) -> bool:
    return all(stamps.holds(store.debian / p.path, p.sha256, p.size) for p in lock.packages)


def _download(store: Store, apt: Apt, stamps: Stamps, lock: Lock) -> int:
    """Get what is not here yet; what is here and whole is kept. Return the bytes that came."""
    try:
        missing = [
            p for p in lock.packages if not stamps.holds(store.debian / p.path, p.sha256, p.size)
        ]
        if missing:
            addresses = apt.address(missing)
            items = [Item(addresses[p], store.debian / p.path, p.sha256, p.size) for p in missing]
            fetch(items, store.work, apt.environment)
            for p in missing:
                stamps.holds(store.debian / p.path, p.sha256, p.size)
    finally:
        stamps.save()
    return sum(p.size for p in missing)


def _prune(store: Store, lock: Lock) -> None:
    """Remove the packages that are not published (any more), and what is no package at all."""
    keep = {store.debian / p.path for p in lock.packages}
    pool = store.debian / "pool"
    for file in sorted(pool.rglob("*"), reverse=True):
        if file.is_dir() and not file.is_symlink():
            if not any(file.iterdir()):
                file.rmdir()
        elif file not in keep:
            file.unlink()


def _tell(git: Lock | None, moved: tuple[Move, ...], wanted: Sets, *, behind: bool) -> None:
    if behind:
        why = "there is none"
        if git:
            sets = locks.changed(git, wanted)
            why = f"other wishes now: {', '.join(sets)}" if sets else "the mirror moved on"
        say(f"    THE LOCK IN GIT IS BEHIND ({why}); `kootwijk depot sync --update` rewrites it")
    for move in moved[:_SPOKEN]:
        say(f"      {move}")
    if len(moved) > _SPOKEN:
        say(f"      and {len(moved) - _SPOKEN} more")
