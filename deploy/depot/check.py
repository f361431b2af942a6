"""Verifying the depot again, every byte of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deploy.depot import artifacts, keys, publish
from deploy.depot.debian import read_lock
from deploy.depot.store import Manifest, Stamps, sha256
from deploy.narrate import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from deploy.depot.store import Store

DAMAGED, MISSING, FOREIGN = "damaged", "missing", "foreign"


@dataclass(frozen=True, order=True)
class Finding:
    """A file below ``public`` that is damaged, missing or foreign (``kind``), and what was seen."""

    kind: str
    path: str
    detail: str


@dataclass(frozen=True)
class CheckResult:
    """What was verified: ``size`` in bytes; no ``findings`` means all is as it should be."""

    snapshot: str
    files: int
    size: int
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return not self.findings


def check(store: Store) -> CheckResult:
    """Hash every file the depot serves and hold it to what was locked, signed or written down.

    What is damaged is forgotten, so that the next sync gets it again.
    """
    lock = read_lock(store.snapshot)
    expected = dict(_expected(store))
    stamps = Stamps(store)
    progress = Progress("    verifying", len(expected), "files")
    findings, size = [], 0
    for path, digest in sorted(expected.items()):
        name = str(path.relative_to(store.public))
        if not path.is_file():
            findings.append(Finding(MISSING, name, f"expected sha256 {digest}"))
        elif (found := sha256(path)) != digest:
            findings.append(Finding(DAMAGED, name, f"expected sha256 {digest}, found {found}"))
        if path.is_file():
            size += path.stat().st_size
        if findings and findings[-1].path == name:
            stamps.forget(path)
        progress.advance()
    progress.close()
    stamps.save()
    findings += [*_lists(store, lock.snapshot if lock else None), *_foreign(store, expected)]
    snapshot = lock.snapshot if lock else ""
    return CheckResult(snapshot, len(expected), size, tuple(sorted(findings)))


def _expected(store: Store) -> Iterator[tuple[Path, str]]:
    lock = read_lock(store.snapshot)
    for package in lock.packages if lock else ():
        yield store.debian / package.path, package.sha256
    manifest = Manifest.read(store)
    for name, digest in manifest.wheels.items():
        yield store.wheels / name, digest
    for row in manifest.artifacts.values():
        yield artifacts.place(store, row["name"], row["version"], row["file"]), row["sha256"]


def _lists(store: Store, snapshot: str | None) -> Iterator[Finding]:
    """Hold the published lists to the depot's signature, and their names by hash to themselves."""
    if snapshot is None:
        return
    suite = publish.current(store)
    base = (suite / "InRelease").relative_to(store.public)
    text = publish.signed(store)
    if text is None:
        kind = DAMAGED if (suite / "InRelease").exists() else MISSING
        yield Finding(kind, str(base), "not signed by the depot's key")
        return
    if f"Snapshot: {snapshot}\n" not in text:
        yield Finding(DAMAGED, str(base), f"signed for another snapshot than {snapshot}")
    for path, ok in publish.verify(suite, text):
        if not ok:
            kind = DAMAGED if path.exists() else MISSING
            yield Finding(
                kind, str(path.relative_to(store.public)), "not as the signed Release says"
            )
    for path in suite.rglob("by-hash/SHA256/*"):
        if sha256(path) != path.name:
            yield Finding(DAMAGED, str(path.relative_to(store.public)), "not of its own hash")


def _foreign(store: Store, expected: dict[Path, str]) -> Iterator[Finding]:
    """Yield what lies below ``public`` and nothing accounts for."""
    current = publish.current(store).resolve()
    lists = {
        *(current / name for name in ("Release", "InRelease", "Release.gpg")),
        *(current / publish.BINARY / f"Packages{end}" for end in ("", ".gz", ".xz")),
    }
    ours = {keys.public(store), keys.public(store).with_suffix(".asc"), store.debian / "dists"}
    for path in store.public.rglob("*"):
        known = path in expected or path in ours or path.resolve() in lists
        if known or (path.is_dir() and not path.is_symlink()):
            continue
        if path.parent.resolve() == current / publish.BINARY / "by-hash" / "SHA256":
            continue
        yield Finding(
            FOREIGN, str(path.relative_to(store.public)), "nothing accounts for this file"
        )
