"""Where a depot lies, and what it knows of its own files."""

from __future__ import annotations

import fcntl
import hashlib
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from deploy import files, paths
from deploy.errors import InputError
from deploy.narrate import say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HERE = paths.ROOT / "deploy" / "depot"


@dataclass(frozen=True)
class Store:
    """A depot's folder on this machine. Only ``public`` is ever served."""

    root: Path

    @property
    def public(self) -> Path:
        return self.root / "public"

    @property
    def debian(self) -> Path:
        return self.public / "debian"

    @property
    def wheels(self) -> Path:
        return self.public / "wheels"

    @property
    def artifacts(self) -> Path:
        return self.public / "artifacts"

    @property
    def private(self) -> Path:
        return self.root / "private"

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def snapshot(self) -> Path:
        """The lock that is published now, which git's may be behind."""
        return self.root / "snapshot.json"

    @property
    def manifest(self) -> Path:
        return self.root / "manifest.json"

    @property
    def missing(self) -> Path:
        """What the last sync could not get: name -> why."""
        return self.root / "missing.json"

    def prepare(self) -> None:
        for folder in (
            self.debian / "pool",
            self.debian / "snapshots",
            self.wheels,
            self.artifacts,
        ):
            folder.mkdir(parents=True, exist_ok=True)
        self.work.mkdir(exist_ok=True)
        self.private.mkdir(mode=0o700, exist_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the depot for writing; wait, and say so, while another run holds it."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / ".lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say(f"    another run is writing {self.root}; waiting for it to end")
                fcntl.flock(lock, fcntl.LOCK_EX)
            self.prepare()
            yield


def of_machine() -> Store:
    return Store(paths.depot())


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_json(path: Path, *, next_step: str) -> Any:
    """Return what the JSON file holds, None where there is none; InputError if it is damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise InputError(
            f"this file is damaged: {error}", where=str(path), next_step=next_step
        ) from error


@dataclass(frozen=True)
class Manifest:
    """What is here beside Debian packages: artifacts by name and version, wheels by file."""

    artifacts: dict[str, dict[str, Any]] = field(default_factory=dict)
    wheels: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, store: Store) -> Manifest:
        step = f"move {store.manifest.name} aside, run `depot sync`, and `depot add` what it misses"
        found = read_json(store.manifest, next_step=step)
        if found is None:
            return cls()
        if not isinstance(found, dict) or found.get("version") != 1:
            raise InputError(
                "this manifest is of another kind", where=str(store.manifest), next_step=step
            )
        return cls(found["artifacts"], found["wheels"])

    def write(self, store: Store) -> None:
        found = {"version": 1, "artifacts": self.artifacts, "wheels": self.wheels}
        text = json.dumps(found, indent=1, sort_keys=True) + "\n"
        files.write(store.manifest, text.encode())


class Stamps:
    """Which files were hashed before, so that an unchanged one is not hashed again.

    A stamp is a file's size, time and sha256; a file that changed either of the first two is
    hashed anew. The stamps are only a memory: without them everything is hashed once more.
    """

    def __init__(self, store: Store) -> None:
        self._file = store.root / "verified.json"
        self._root = store.public
        self._dirty = False
        try:
            self._seen: dict[str, list[Any]] = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            self._seen = {}
        except ValueError:
            say(f"    {self._file} is damaged: every file is hashed again")
            self._seen = {}

    def holds(self, path: Path, digest: str, size: int | None = None) -> bool:
        """Tell whether ``path`` is there with this sha256 (and size)."""
        try:
            found = path.stat()
        except FileNotFoundError:
            return False
        if size is not None and found.st_size != size:
            return False
        key = str(path.relative_to(self._root))
        stamp = [found.st_size, found.st_mtime_ns]
        if self._seen.get(key, [])[:2] != stamp:
            self._seen[key] = [*stamp, sha256(path)]
            self._dirty = True
        return bool(self._seen[key][2] == digest)

    def forget(self, path: Path) -> None:
        self._dirty |= self._seen.pop(str(path.relative_to(self._root)), None) is not None

    def save(self) -> None:
        if self._dirty:
            self._seen = {k: v for k, v in self._seen.items() if (self._root / k).exists()}
            files.write(self._file, json.dumps(self._seen, sort_keys=True).encode())
            self._dirty = False
