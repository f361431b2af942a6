"""The signed Debian archive that hosts install from: exactly the locked packages."""

from __future__ import annotations

import gzip
import hashlib
import lzma
import os
import re
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.depot import keys
from deploy.depot.apt import ARCHITECTURE
from deploy.depot.mirrors import HOST_SUITE
from deploy.run import install_packages, run

if TYPE_CHECKING:
    from deploy.depot.lock import Lock
    from deploy.depot.store import Store

BINARY = f"main/binary-{ARCHITECTURE}"
_HASHED = re.compile(r"^ ([0-9a-f]{64}) +(\d+) (\S+)$", re.MULTILINE)


def publish(store: Store, lock: Lock) -> bool:
    """Publish ``lock`` unless it is published already; return whether anything was written.

    The lists are written beside the old ones and swapped by renaming one link.
    """
    if published(store) == lock.snapshot:
        return False
    install_packages({"apt-ftparchive": "apt-utils"})
    _sweep(store)
    folder = Path(tempfile.mkdtemp(dir=store.debian / "snapshots", prefix=f"{lock.snapshot}-"))
    folder.chmod(0o755)
    suite = folder / HOST_SUITE
    (suite / BINARY).mkdir(parents=True)
    _lists(suite / BINARY, _packages(store, lock))
    _by_hash(suite / BINARY, current(store) / BINARY)
    text = release(suite, lock.snapshot, datetime.now(UTC))
    (suite / "Release").write_text(text, encoding="utf-8")
    keys.sign(store, suite / "Release")
    os.sync()
    link = store.debian / "dists.new"
    link.unlink(missing_ok=True)
    link.symlink_to(folder.relative_to(store.debian))
    link.replace(store.debian / "dists")
    _sweep(store)
    return True


def current(store: Store) -> Path:
    return store.debian / "dists" / HOST_SUITE


def published(store: Store) -> str | None:
    """Return the snapshot that is published whole and signed by the depot's key, if one is."""
    suite = current(store)
    text = signed(store)
    if text is None or any(not ok for _, ok in verify(suite, text)):
        return None
    found = re.search(r"^Snapshot: (\S+)$", text, re.MULTILINE)
    return found[1] if found else None


def signed(store: Store) -> str | None:
    """Return the Release text that the depot's key signed, None if there is none."""
    found = current(store) / "InRelease"
    text = keys.signed_by_us(store, found) if found.exists() else None
    return text.decode() if text else None


def verify(suite: Path, text: str) -> list[tuple[Path, bool]]:
    """Return each file that the Release ``text`` names, and whether it is there as named."""
    return [(suite / name, _is(suite / name, digest)) for digest, _, name in _HASHED.findall(text)]


def _is(file: Path, digest: str) -> bool:
    return file.exists() and hashlib.sha256(file.read_bytes()).hexdigest() == digest


def release(suite: Path, snapshot: str, now: datetime) -> str:
    """Return the text of the Release file over the lists below ``suite``."""
    head = {
        "Origin": keys.OWNER,
        "Label": keys.OWNER,
        "Suite": HOST_SUITE,
        "Codename": HOST_SUITE,
        "Date": now.strftime("%a, %d %b %Y %H:%M:%S UTC"),
        "Architectures": ARCHITECTURE,
        "Components": "main",
        "Acquire-By-Hash": "yes",
        "Snapshot": snapshot,
        "Description": f"What Kootwijk's hosts install from, snapshot {snapshot}",
    }
    lines = [f"{key}: {value}" for key, value in head.items()]
    for file in sorted((suite / BINARY).glob("Packages*")):
        content = file.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        lines += [] if lines[-1].startswith(" ") else ["SHA256:"]
        lines.append(f" {digest} {len(content)} {file.relative_to(suite)}")
    return "\n".join([*lines, ""])


def _packages(store: Store, lock: Lock) -> bytes:
    """Return the Packages list of the locked files and no other, made by apt-ftparchive."""
    with tempfile.TemporaryDirectory(dir=store.debian, prefix=".publish-") as name:
        tree = Path(name)
        for package in lock.packages:
            place = tree / package.path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.hardlink_to(store.debian / package.path)
        argv = ["apt-ftparchive", "--md5=no", "--sha1=no", "--sha512=no", "packages", "pool"]
        return run(argv, what="listing the depot's packages", cwd=tree).encode()


def _lists(folder: Path, packages: bytes) -> None:
    made = {
        "Packages": packages,
        "Packages.gz": gzip.compress(packages, mtime=0),
        "Packages.xz": lzma.compress(packages),
    }
    for name, content in made.items():
        (folder / name).write_bytes(content)


def _by_hash(folder: Path, before: Path) -> None:
    """Offer the lists by their hash too, with those of the snapshot before.

    A host that read the old Release just before the swap still finds the lists it names.
    """
    place = folder / "by-hash" / "SHA256"
    place.mkdir(parents=True)
    for source in (folder, before):
        for file in source.glob("Packages*"):
            link = place / hashlib.sha256(file.read_bytes()).hexdigest()
            if not link.exists():
                link.hardlink_to(file)


def _sweep(store: Store) -> None:
    """Remove what a killed run left, and every snapshot but the one that is linked to."""
    linked = (store.debian / "dists").resolve()
    for folder in (store.debian / "snapshots").iterdir():
        if folder.resolve() != linked:
            shutil.rmtree(folder)
    for left in store.debian.glob(".publish-*"):
        shutil.rmtree(left)
