"""The wheelhouse: Python packages for the hosts' interpreter, pinned with their hashes."""

from __future__ import annotations

import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deploy import files
from deploy.depot.store import sha256
from deploy.errors import CheckError, InputError, MachineError, UnreachableError
from deploy.narrate import say
from deploy.run import run

if TYPE_CHECKING:
    from deploy.depot.store import Manifest, Stamps, Store

# Debian 13: CPython 3.13 on glibc 2.41. pip does not widen a manylinux tag to older ones by itself.
_PYTHON = "3.13"
_ABIS = ("cp313", "abi3", "none")
_PLATFORMS = (
    *(f"manylinux_2_{minor}_x86_64" for minor in range(41, 4, -1)),
    *("manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64", "linux_x86_64"),
)
_WANTED = "# wanted: "
_PIN = re.compile(r"^(\S+)==(\S+) --hash=sha256:([0-9a-f]{64})$")
_WHEEL = re.compile(r"^([^-]+)-([^-]+)(?:-\d[^-]*)?-[^-]+-[^-]+-[^-]+\.whl$")


@dataclass(frozen=True, order=True)
class Pin:
    name: str
    version: str
    sha256: str


@dataclass(frozen=True)
class WheelLock:
    """The requirement lines that were asked for, and every wheel that answers them."""

    wanted: tuple[str, ...]
    pins: tuple[Pin, ...]


NONE = WheelLock((), ())


def render(lock: WheelLock) -> bytes:
    """Return the lock as a requirements file for ``pip --require-hashes``."""
    lines = [
        "# Written by `kootwijk depot sync --update`.",
        *(_WANTED + line for line in lock.wanted),
        *(f"{p.name}=={p.version} --hash=sha256:{p.sha256}" for p in lock.pins),
    ]
    return ("\n".join(lines) + "\n").encode()


def read(file: Path) -> WheelLock | None:
    """Return the lock in ``file``, None where there is none; InputError if a line is odd."""
    if not file.exists():
        return None
    lines = file.read_text(encoding="utf-8").splitlines()
    wanted = tuple(x.removeprefix(_WANTED) for x in lines if x.startswith(_WANTED))
    pins = []
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            found = _PIN.match(line)
            if not found:
                raise InputError(
                    "this line is not NAME==VERSION --hash=sha256:...",
                    where=f"{file}:{number}",
                    next_step="take the file from git again, or `kootwijk depot sync --update`",
                )
            pins.append(Pin(*found.groups()))
    return WheelLock(wanted, tuple(sorted(pins)))


def sync(
    store: Store,
    manifest: Manifest,
    stamps: Stamps,
    wanted: tuple[str, ...],
    git_file: Path,
    *,
    update: bool,
    locked: bool,
) -> bool:
    """Fill the wheelhouse; return whether the lock in git is behind.

    ``manifest.wheels`` is brought up to date (file name to sha256); the caller writes it.
    """
    git, local_file = read(git_file) or NONE, store.root / "wheels.lock.txt"
    known = [NONE] if not wanted else [] if update else [git] if locked else [git, read(local_file)]
    lock = next((x for x in known if x and x.wanted == wanted), None)
    if locked and lock != git:
        raise InputError(
            "the wheels' lock in git is older than what the roles want",
            where=str(git_file),
            next_step="run `kootwijk depot sync --update` and commit the lock",
        )
    if lock is None or not _whole(store, manifest, stamps, lock):
        lock = _fill(store, manifest, lock, wanted)
        files.write(local_file, render(lock))
    _drop(store, manifest, lock)
    if update and lock != git:
        files.write(git_file, render(lock))
    behind = not update and lock != git
    if behind:
        say("    THE WHEELS' LOCK IN GIT IS BEHIND; `kootwijk depot sync --update` rewrites it")
    return behind


def _whole(store: Store, manifest: Manifest, stamps: Stamps, lock: WheelLock) -> bool:
    here = {x for f, x in manifest.wheels.items() if stamps.holds(store.wheels / f, x)}
    return all(pin.sha256 in here for pin in lock.pins)


def _fill(
    store: Store, manifest: Manifest, lock: WheelLock | None, wanted: tuple[str, ...]
) -> WheelLock:
    """Download what ``lock`` pins, or resolve what is wanted; return what is here now."""
    say(f"    getting wheels for: {', '.join(wanted)}")
    with tempfile.TemporaryDirectory(dir=store.work, prefix="wheels-") as name:
        folder = Path(name)
        lines = render(lock) if lock else ("\n".join(wanted) + "\n").encode()
        (folder / "requirements.txt").write_bytes(lines)
        _pip(folder, ["--require-hashes", "--no-deps"] if lock else [])
        pins = []
        for file in sorted(folder.glob("*.whl")):
            digest = sha256(file)
            pins.append(Pin(*named(file.name), digest))
            file.chmod(0o644)
            file.replace(store.wheels / file.name)
            manifest.wheels[file.name] = digest
    return lock or WheelLock(wanted, tuple(sorted(pins)))


def _pip(folder: Path, options: list[str]) -> None:
    argv = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    argv += ["--only-binary=:all:", "--implementation=cp", f"--python-version={_PYTHON}"]
    argv += [f"--abi={abi}" for abi in _ABIS] + [f"--platform={name}" for name in _PLATFORMS]
    argv += ["--dest", str(folder), *options, "-r", str(folder / "requirements.txt")]
    try:
        run(argv, what="downloading wheels")
    except MachineError as error:
        if "DO NOT MATCH THE HASHES" in error.where:
            raise CheckError(
                "a wheel is not the file that was locked, and was thrown away",
                where=error.where,
                next_step="the index or the lock was tampered with: compare with another index",
            ) from error
        raise UnreachableError(
            "the wheels could not be downloaded",
            where=error.where,
            next_step="check that pip reaches an index on this machine, and that each of the "
            f"roles' wheels exists for CPython {_PYTHON}; then run this again",
        ) from error


def named(file: str) -> tuple[str, str]:
    found = _WHEEL.match(file)
    if not found:
        raise CheckError("pip brought a file that is no wheel", where=file)
    return re.sub(r"[-_.]+", "-", found[1]).lower(), found[2]


def _drop(store: Store, manifest: Manifest, lock: WheelLock) -> None:
    """Remove the wheels that are not locked (any more), and their records."""
    digests = {pin.sha256 for pin in lock.pins}
    for name in [n for n, digest in manifest.wheels.items() if digest not in digests]:
        del manifest.wheels[name]
    for file in store.wheels.iterdir():
        if file.name not in manifest.wheels:
            file.unlink()
