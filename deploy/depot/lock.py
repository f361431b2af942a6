"""The lock: which packages, to the byte, a depot holds, and why. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from deploy.errors import InputError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Sets = dict[str, tuple[str, ...]]
Key = tuple[str, str, str]
Offer = dict[Key, "Package"]


@dataclass(frozen=True, order=True)
class Package:
    """One .deb: ``path`` is its place below a mirror and below the depot, ``size`` in bytes."""

    name: str
    version: str
    arch: str
    sha256: str
    size: int
    path: str

    @property
    def key(self) -> Key:
        return (self.name, self.version, self.arch)


@dataclass(frozen=True)
class Lock:
    """``wanted`` is what was asked for, by set (host, or a role); ``packages`` the answer."""

    wanted: Sets
    packages: tuple[Package, ...]

    @property
    def snapshot(self) -> str:
        """The name of exactly these packages, whatever they were wanted for."""
        lines = "".join(f"{p.name} {p.version} {p.arch} {p.sha256}\n" for p in self.packages)
        return hashlib.sha256(lines.encode()).hexdigest()[:12]

    @property
    def size(self) -> int:
        return sum(p.size for p in self.packages)


@dataclass(frozen=True)
class Move:
    """A package of the lock that has another version now; '' where it came or went."""

    name: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.name} {self.before or '(new)'} -> {self.after or '(gone)'}"


def make(wanted: Sets, packages: Sequence[Package]) -> Lock:
    return Lock(dict(sorted(wanted.items())), tuple(sorted(set(packages))))


def render(lock: Lock) -> bytes:
    """Return the lock as JSON, one line a set and one a package, so that a diff reads well."""

    def rows(items: Sequence[str]) -> str:
        return ",\n".join("  " + item for item in items)

    wanted = rows([f"{json.dumps(k)}: {json.dumps(v)}" for k, v in lock.wanted.items()])
    packages = rows([json.dumps(asdict(p)) for p in lock.packages])
    text = (
        f'{{\n "version": 1,\n "wanted": {{\n{wanted}\n }},\n "packages": [\n{packages}\n ]\n}}\n'
    )
    return text.encode()


def parse(found: object, *, where: str) -> Lock:
    """Return the lock that ``found``, parsed JSON, holds; InputError if it holds none."""
    try:
        if not isinstance(found, dict) or found["version"] != 1:
            raise TypeError("not a depot lock of version 1")  # noqa: TRY301
        wanted = {str(k): tuple(v) for k, v in found["wanted"].items()}
        return make(wanted, [Package(**p) for p in found["packages"]])
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"this lock cannot be read: {error}",
            where=where,
            next_step="take it from git again, or `kootwijk depot sync --update` writes a new one",
        ) from error


def moves(before: Lock, after: Lock) -> tuple[Move, ...]:
    def versions(lock: Lock) -> dict[str, str]:
        found: dict[str, list[str]] = {}
        for package in lock.packages:
            found.setdefault(package.name, []).append(package.version)
        return {name: ", ".join(every) for name, every in found.items()}

    old, new = versions(before), versions(after)
    return tuple(
        Move(name, old.get(name, ""), new.get(name, ""))
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    )


def gone(lock: Lock, offer: Offer) -> tuple[Package, ...]:
    """Return the packages of ``lock`` that the mirror does not offer any more.

    The same name and version with other bytes is no answer to a lock: that is refused.
    """
    missing = []
    for package in lock.packages:
        offered = offer.get(package.key)
        if offered is None:
            missing.append(package)
        elif offered.sha256 != package.sha256:
            raise InputError(
                f"{package.name} {package.version} is not the file that was locked: "
                f"locked sha256 {package.sha256}, the mirror has {offered.sha256}",
                where=package.path,
                next_step="one of the two was tampered with: compare with another mirror first",
            )
    return tuple(missing)


def choose(git: Lock | None, local: Lock | None, wanted: Sets, offer: Offer) -> Lock | None:
    """Return the lock to use as it is, git's before this machine's; None: resolve anew."""
    usable = [
        lock for lock in (git, local) if lock and not gone(lock, offer) and lock.wanted == wanted
    ]
    return usable[0] if usable else None


def refuse_to_move(git: Lock | None, wanted: Sets, missing: Sequence[Package], where: str) -> None:
    """Raise what ``--locked`` says when git's lock cannot be used as it is."""
    step = "run `kootwijk depot sync --update`, try it, and commit the lock"
    if git is None:
        raise InputError("there is no lock in git to hold to", where=where, next_step=step)
    if git.wanted != wanted:
        raise InputError(
            f"the lock in git is older than what is wanted by: {', '.join(changed(git, wanted))}",
            where=where,
            next_step=step,
        )
    names = ", ".join(f"{p.name} {p.version}" for p in missing[:10])
    raise UnreachableError(
        f"the mirror offers {len(missing)} of the locked packages no more: {names}"
        + (" ..." if len(missing) > 10 else ""),  # noqa: PLR2004
        where=where,
        next_step=f"name a mirror that keeps them (a snapshot), or {step}",
    )


def changed(lock: Lock, wanted: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return the sets whose wishes differ from the lock's."""
    names = sorted(lock.wanted.keys() | wanted.keys())
    return [name for name in names if lock.wanted.get(name) != wanted.get(name)]
