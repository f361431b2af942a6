"""What the command, the lab and the tests call."""

from __future__ import annotations

import errno
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deploy.depot import artifacts, debian, declared, keys, wanted, wheels
from deploy.depot import check as checks
from deploy.depot.apt import Apt
from deploy.depot.mirrors import archive_keyring, mirrors
from deploy.depot.store import HERE, Manifest, Stamps, of_machine
from deploy.errors import MachineError
from deploy.narrate import say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from deploy.depot.artifacts import Added, Missing
    from deploy.depot.check import CheckResult

LOCK = HERE / "depot.lock.json"
WHEELS_LOCK = HERE / "wheels.lock.txt"
ARTIFACTS = HERE / "artifacts.yml"


@dataclass(frozen=True)
class SyncResult:
    """What a sync did. ``size`` and ``downloaded`` are bytes of Debian packages.

    ``lock_behind``: something else than git's lock is published; ``moved`` says which packages,
    as "name before -> after". ``missing`` are the artifacts that could not be got.
    """

    snapshot: str
    packages: int
    size: int
    downloaded: int
    published: bool
    lock_behind: bool
    moved: tuple[str, ...]
    missing: tuple[Missing, ...]
    mirror_answered: bool
    seconds: float


def sync(*, update: bool = False, locked: bool = False) -> SyncResult:
    """Fill the depot with what the roles want, verified, and publish it signed.

    Uses git's lock where the mirror still has every file of it; else follows the mirror and says
    so. ``update`` resolves anew and rewrites the locks in git; ``locked`` refuses to publish
    anything else than git's lock. May be killed at any point: the next run continues.

    Raises InputError (a wrong wish; the same name and version with other bytes; ``locked`` and
    the wishes changed), UnreachableError (no mirror; ``locked`` and it moved on), CheckError (bad
    signature, corrupted file), MachineError (no room, no write).
    """
    start = time.monotonic()
    store, wishes = of_machine(), wanted.of_roles()
    known = declared.read(ARTIFACTS)
    with _explained(), store.locked():
        manifest = Manifest.read(store)
        keys.ensure(store)
        apt = Apt(store.work / "apt", mirrors(), archive_keyring())
        done = debian.sync(store, apt, wishes.debian, LOCK, update=update, locked=locked)
        stamps = Stamps(store)
        behind = wheels.sync(
            store, manifest, stamps, wishes.wheels, WHEELS_LOCK, update=update, locked=locked
        )
        manifest.write(store)
        missing = artifacts.sync(
            store, manifest, stamps, known, wanted=wishes.artifacts, environment=apt.environment
        )
        stamps.save()
    seconds = time.monotonic() - start
    count, size = len(done.lock.packages), done.lock.size
    say(f"    depot: {count} packages, {size / 1e6:.0f} MB, {seconds:.1f} s")
    return SyncResult(
        snapshot=done.lock.snapshot,
        packages=count,
        size=size,
        downloaded=done.downloaded,
        published=done.published,
        lock_behind=done.lock_behind or behind,
        moved=tuple(str(m) for m in done.moved),
        missing=missing,
        mirror_answered=done.mirror_answered,
        seconds=round(seconds, 3),
    )


def add(
    name: str,
    file: Path,
    *,
    version: str | None = None,
    sha256: str | None = None,
    signature: Path | None = None,
    unverified: bool = False,
) -> Added:
    """Take an artifact by hand, from ``file``, verified against all that is known of it.

    What is known: the declaration in artifacts.yml, ``sha256`` (hex), ``signature`` (a detached
    one, checked with the declared publisher's key), or the signature inside it. A file that
    nothing proves is refused, unless ``unverified`` says to take it and call it that. Raises
    InputError if a checksum differs, naming both, and CheckError for a bad signature.
    """
    store = of_machine()
    known = declared.read(ARTIFACTS)
    with _explained(), store.locked():
        manifest = Manifest.read(store)
        return artifacts.add(
            store,
            manifest,
            known,
            name,
            file,
            version=version,
            sha256_given=sha256,
            signature=signature,
            unverified=unverified,
        )


def entries() -> list[dict[str, Any]]:
    """Return all that is in the depot, as JSON: kind, name, version, sha256, verified, path.

    ``kind`` is debian, wheel or artifact; ``path`` is below the served tree; ``verified`` says by
    what, or is "unverified".
    """
    store = of_machine()
    manifest, lock = Manifest.read(store), debian.read_lock(store.snapshot)
    packages = lock.packages if lock else ()
    rows = [
        _row("debian", p.name, p.version, p.sha256, "Debian's signature", f"debian/{p.path}")
        for p in packages
    ]
    for file, digest in sorted(manifest.wheels.items()):
        name, version = wheels.named(file)
        rows.append(_row("wheel", name, version, digest, "sha256 locked", f"wheels/{file}"))
    for _, found in sorted(manifest.artifacts.items()):
        path = "artifacts/{name}/{version}/{file}".format_map(found)
        four = (found[key] for key in ("name", "version", "sha256", "verified"))
        rows.append(_row("artifact", *four, path))
    return rows


def _row(*values: str) -> dict[str, Any]:
    keys_of = ("kind", "name", "version", "sha256", "verified", "path")
    return dict(zip(keys_of, values, strict=True))


def check() -> CheckResult:
    """Verify every byte of the depot again; what is found damaged, the next sync gets anew."""
    store = of_machine()
    with _explained(), store.locked():
        return checks.check(store)


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
