"""Checks bundles and their chain, on any machine: nothing of the inventory is needed.

Whatever is wrong is named. A bundle is hostile until it is proved: nothing of it is unpacked.
"""

from __future__ import annotations

import hashlib
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from deploy.errors import InputError
from verify.report import bundle, dsse
from verify.report.chain import Checked, absent, forked, linked, moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

SCHEMA = "kootwijk.evidence-check/1"
_LARGEST, _MOST = 2**30, 100_000
_CHUNK = 2**20
_KEPT = (bundle.STATEMENT, bundle.MANIFEST)
_SMALL = 64 * 2**20


@dataclass(frozen=True)
class Result:
    """All bundles, and what is wrong between them (``chain``). ``notes`` are no failures."""

    bundles: tuple[Checked, ...]
    chain: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def problems(self) -> list[str]:
        return [f"{b.name}: {p}" for b in self.bundles for p in b.problems] + list(self.chain)

    @property
    def trusted(self) -> bool:
        return all(b.trusted for b in self.bundles)

    @property
    def exit_code(self) -> int:
        """Return 1 if something is wrong, 3 if all is whole but no key was given, else 0."""
        return 1 if self.problems else 0 if self.trusted else 3

    def as_json(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "exit_code": self.exit_code,
            "bundles": [b.as_json() for b in self.bundles],
            "chain": list(self.chain),
            "notes": list(self.notes),
        }


def check(
    paths: Sequence[Path], keys: Sequence[Ed25519PublicKey], includes: Sequence[str] = ()
) -> Result:
    """Check every bundle at ``paths`` (a .tar.gz, a folder of one, or a folder of many).

    ``includes`` are SHA-256s of statements noted at an earlier visit: one that is not there now was
    taken out. InputError if there is no bundle at a path.
    """
    found = [one for path in paths for one in _bundles(path)]
    checked = [_checked(path, keys) for path in found]
    unique = {(b.sequence, b.digest): b for b in checked if b.digest}
    chained = sorted(unique.values(), key=lambda b: b.sequence)
    chain = [*linked(chained), *forked(chained), *absent(chained, includes)]
    return Result(tuple(checked), tuple(chain), tuple(_notes(chained, keys)))


def _bundles(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise _nothing(path)
    made = [path] if (path / bundle.STATEMENT).exists() or (path / bundle.MANIFEST).exists() else []
    for folder in (path, path / bundle.HISTORY):
        if folder.is_dir():
            made += sorted(p for p in folder.iterdir() if p.name.endswith((".tar.gz", ".tar")))
    if not made:
        made = sorted(p.parent for p in path.glob(f"*/{bundle.STATEMENT}"))
    if not made:
        raise _nothing(path)
    return made


def _checked(path: Path, keys: Sequence[Ed25519PublicKey]) -> Checked:
    made = Checked(path.name)
    hashes: dict[str, str] = {}
    kept: dict[str, bytes] = {}
    try:
        for name, digest, content in _folder(path) if path.is_dir() else _archive(path):
            if name in hashes:
                made.problems.append(f"{name} is there twice")
            hashes[name] = digest
            if content is not None:
                kept[name] = content
    except (tarfile.TarError, OSError, EOFError, zlib.error, ValueError) as error:
        made.problems.append(f"it cannot be read: {error}")
    made.files = len(hashes)
    _statement(made, kept.get(bundle.STATEMENT), hashes, keys)
    _manifest(made, kept.get(bundle.MANIFEST), hashes)
    _named(made, path)
    return made


def _folder(path: Path) -> Iterator[tuple[str, str, bytes | None]]:
    for one in sorted(path.rglob("*")):
        name = one.relative_to(path).as_posix()
        if name == ".lock" or name.split("/")[0] == bundle.HISTORY:
            continue
        if one.is_symlink():
            raise ValueError(f"{name} is a link")
        if one.is_file():
            with one.open("rb") as file:
                yield _hashed(name, file)


def _archive(path: Path) -> Iterator[tuple[str, str, bytes | None]]:
    size = count = 0
    with tarfile.open(path, "r|*") as tar:
        for member in tar:
            size, count = size + member.size, count + 1
            if size > _LARGEST or count > _MOST:
                raise ValueError(f"more than {_LARGEST} bytes or {_MOST} files")
            if member.isdir():
                continue
            parts = PurePosixPath(member.name).parts
            if not member.isfile() or ".." in parts or member.name.startswith("/"):
                raise ValueError(f"{member.name!r} is no plain file below the bundle's folder")
            file = tar.extractfile(member)
            if file is not None:
                yield _hashed("/".join(parts[1:]) or member.name, file)


def _hashed(name: str, file: Any) -> tuple[str, str, bytes | None]:
    digest, content = hashlib.sha256(), b""
    keep = name in _KEPT
    while part := file.read(_CHUNK):
        digest.update(part)
        if keep and len(content) <= _SMALL:
            content += part
    return name, digest.hexdigest(), content if keep else None


def _statement(
    made: Checked,
    envelope: bytes | None,
    hashes: dict[str, str],
    keys: Sequence[Ed25519PublicKey],
) -> None:
    if envelope is None:
        made.problems.append(f"there is no {bundle.STATEMENT}, so nothing is signed")
        return
    made.digest = hashlib.sha256(envelope).hexdigest()
    try:
        made.key = dsse.key_of(envelope)
        if keys:
            made.key = dsse.verify(envelope, keys)
            made.trusted = True
        elif not made.key:
            made.problems.append(f"{bundle.STATEMENT}: it is not signed")
        said = dsse.opened(envelope)
        _read(made, said)
        signed = {s["name"]: s["digest"]["sha256"] for s in said["subject"]}
        if len(signed) != len(said["subject"]):
            made.problems.append(f"{bundle.STATEMENT}: a file is named twice")
    except dsse.SignatureError as error:
        made.problems.append(f"{bundle.STATEMENT}: {error}")
        return
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        made.problems.append(f"{bundle.STATEMENT}: it is not a statement of this kind ({error!r})")
        return
    made.problems += _compared(signed, hashes, "the statement")


def _read(made: Checked, said: dict[str, Any]) -> None:
    about = said["predicate"]
    if said["_type"] != bundle.STATEMENT_TYPE or said["predicateType"] != bundle.PREDICATE_TYPE:
        raise ValueError("another type")
    if about["schema"] != bundle.SCHEMA:
        raise ValueError(f"schema {about['schema']!r}")
    made.sequence, made.previous = int(about["sequence"]), about["previous"]
    made.inventory, made.status = str(about["inventory"]), str(about["status"])
    moment(str(about["started"]))  # ValueError: then it stays empty, and nothing compares it
    made.started = str(about["started"])


def _manifest(made: Checked, content: bytes | None, hashes: dict[str, str]) -> None:
    if content is None:
        made.problems.append(f"there is no {bundle.MANIFEST}")
        return
    listed: dict[str, str] = {}
    order: list[str] = []
    for line in content.decode("utf-8", "replace").splitlines():
        digest, _, name = line.partition("  ")
        listed[name] = digest
        order.append(name)
    if order != sorted(set(order)):
        made.problems.append(f"{bundle.MANIFEST}: its lines are not in order, each once")
    rest = {k: v for k, v in hashes.items() if k != bundle.MANIFEST}
    said = set(made.problems)
    for problem in _compared(listed, rest, "the manifest"):
        if problem.replace("the manifest", "the statement") not in said:
            made.problems.append(problem)


def _compared(said: dict[str, str], hashes: dict[str, str], by: str) -> list[str]:
    held = {k: v for k, v in hashes.items() if k != bundle.STATEMENT}
    return [
        *(f"{n} is missing; {by} names it" for n in sorted(said.keys() - held.keys())),
        *(f"{n} was added; {by} does not name it" for n in sorted(held.keys() - said.keys())),
        *(
            f"{n} was changed; {by} has another SHA-256 for it"
            for n in sorted(said.keys() & held.keys())
            if said[n] != held[n]
        ),
    ]


def _named(made: Checked, path: Path) -> None:
    """Hold a bundle to its name: under another one's it is out of order, whatever is in it."""
    named = bundle.NAME.fullmatch(path.name)
    if named and made.digest and made.sequence and int(named.group(1)) != made.sequence:
        made.problems.append(f"its name says number {int(named.group(1))}, it is {made.sequence}")


def _notes(chained: Sequence[Checked], keys: Sequence[Ed25519PublicKey]) -> Iterator[str]:
    if not chained:
        return
    first, last = chained[0], chained[-1]
    if first.sequence > 1:
        yield f"bundles 1 to {first.sequence - 1} were not given, so not checked"
    yield f"the last is number {last.sequence}, statement {last.digest}"
    yield "that there is no later one cannot be seen from here: note the last, ask for it next time"
    yield f"the times are {bundle.CLOCK}"
    if not keys:
        signers = ", ".join(sorted({b.key for b in chained if b.key}))
        yield f"no --key was given; signed, it says, by the key with SHA-256 {signers or 'none'}"


def _nothing(path: Path) -> InputError:
    return InputError(
        "there is no evidence bundle",
        where=str(path),
        next_step="name a .tar.gz of history/, that folder, or the folder of `verify --out`",
    )
