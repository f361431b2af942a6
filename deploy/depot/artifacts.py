"""Upstream releases: how they come in, and what proves that each is what it says."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from deploy import files
from deploy.artifacts import UNVERIFIED
from deploy.depot import proofs as proofs_of
from deploy.depot.declared import DIGEST, Declared, word
from deploy.depot.fetch import get_one, require_room
from deploy.depot.store import sha256
from deploy.errors import InputError, KootwijkError
from deploy.narrate import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deploy.depot.store import Manifest, Stamps, Store


@dataclass(frozen=True)
class Missing:
    """An artifact that a role wants and the depot has not: why, and the command that adds it."""

    name: str
    reason: str
    command: str


@dataclass(frozen=True)
class Added:
    """An artifact in the depot: ``verified`` says by what, or is 'unverified'."""

    name: str
    version: str
    file: str
    sha256: str
    size: int
    verified: str


def sync(
    store: Store,
    manifest: Manifest,
    stamps: Stamps,
    known: Sequence[Declared],
    *,
    wanted: Sequence[str],
    environment: Mapping[str, str],
) -> tuple[Missing, ...]:
    """Get every declared artifact that is wanted and not here; return those that did not come."""
    unknown = sorted(set(wanted) - {d.name for d in known})
    if unknown:
        raise InputError(
            f"roles want artifacts that nobody declared: {', '.join(unknown)}",
            where="deploy/depot/artifacts.yml",
            next_step="declare name, version, file, url and sha256 or signature there",
        )
    missing = []
    for one in known:
        if one.name in wanted and not _here(store, manifest, stamps, one):
            try:
                _fetch(store, manifest, one, environment)
            except KootwijkError as error:
                missing.append(Missing(one.name, f"{error.what} ({one.url})", adding(one)))
                say(f"    NOT HERE: {one.name} {one.version}: {error.what}")
    reasons = {m.name: m.reason for m in missing}
    files.write(store.missing, (json.dumps(reasons, indent=1) + "\n").encode())
    return tuple(missing)


def adding(one: Declared) -> str:
    """Return the command that takes what is declared from a file, once that file is here."""
    words = ["./kootwijk depot add", one.name, one.file, "--version", one.version]
    if one.signature and one.signature.detached:
        words += ["--signature", one.signature.url.rpartition("/")[2]]
    return " ".join(words)


def place(store: Store, name: str, version: str, file: str) -> Path:
    return store.artifacts / name / version / file


def _here(store: Store, manifest: Manifest, stamps: Stamps, one: Declared) -> bool:
    row = manifest.artifacts.get(f"{one.name} {one.version}")
    if row is None or (one.sha256 and row["sha256"] != one.sha256):
        return False
    return stamps.holds(place(store, one.name, one.version, row["file"]), row["sha256"])


def _fetch(store: Store, manifest: Manifest, one: Declared, environment: Mapping[str, str]) -> None:
    if not one.url:
        raise InputError("no address is declared to get it from")
    say(f"    getting {one.name} {one.version}")
    with tempfile.TemporaryDirectory(dir=store.work, prefix="artifact-") as name:
        file, signature = Path(name) / "file", None
        get_one(one.url, file, environment)
        if one.signature and one.signature.detached:
            signature = Path(name) / "signature"
            get_one(one.signature.url, signature, environment)
        _take(store, manifest, one, file, signature, given="")


def add(
    store: Store,
    manifest: Manifest,
    known: Sequence[Declared],
    name: str,
    file: Path,
    *,
    version: str | None,
    sha256_given: str | None,
    signature: Path | None,
    unverified: bool,
) -> Added:
    """Take a file by hand; see ``deploy.depot.add``."""
    for path in (file, signature):
        if path and not path.is_file():
            raise InputError("there is no such file", where=str(path))
    one = _match(known, name, version) or Declared(
        word("name", name, "the command"),
        word("version", version or f"sha256-{sha256(file)[:12]}", "the command"),
        word("file", file.name, "the command"),
    )
    given = (sha256_given or "").lower()
    if given and not DIGEST.fullmatch(given):
        raise InputError("a sha256 is 64 hexadecimal digits", where=given)
    proofs_of.fits(one, signature, unverified=unverified)
    require_room(store.work, file.stat().st_size)
    with tempfile.TemporaryDirectory(dir=store.work, prefix="artifact-") as folder:
        copy = Path(folder) / "file"
        shutil.copyfile(file, copy)
        return _take(store, manifest, one, copy, signature, given=given, unverified=unverified)


def _match(known: Sequence[Declared], name: str, version: str | None) -> Declared | None:
    rows = [d for d in known if d.name == name and version in (None, d.version)]
    if len(rows) > 1:
        versions = ", ".join(d.version for d in rows)
        raise InputError(
            f"several versions of {name} are declared", next_step=f"say which: --version {versions}"
        )
    return rows[0] if rows else None


def _take(
    store: Store,
    manifest: Manifest,
    one: Declared,
    file: Path,
    signature: Path | None,
    *,
    given: str,
    unverified: bool = False,
) -> Added:
    """Verify ``file`` against all that is known, move it to its place and write that down."""
    digest = sha256(file)
    key = f"{one.name} {one.version}"
    before = manifest.artifacts.get(key)
    _same(one, digest, one.sha256, "deploy/depot/artifacts.yml declares")
    _same(one, digest, given, "you gave")
    proofs = [
        *(["sha256 declared"] if one.sha256 else []),
        *(["sha256 given by hand"] if given else []),
        *proofs_of.signatures(one, file, signature, unverified=unverified),
    ]
    # What was proved is not replaced by what is not; what was not, by another only if that is said.
    if before and not proofs and not (unverified and before["verified"] == UNVERIFIED):
        _same(one, digest, before["sha256"], "the depot already has, under this version,")
    if not (proofs or unverified or before):
        raise InputError(
            f"nothing proves that this is {one.name} {one.version}",
            where=one.file,
            next_step=f"give the publisher's checksum with --sha256; {proofs_of.ANYWAY}",
        )
    target = place(store, one.name, one.version, one.file)
    added = Added(
        one.name,
        one.version,
        one.file,
        digest,
        file.stat().st_size,
        "; ".join(proofs) or UNVERIFIED,
    )
    if before and before["sha256"] == digest and not proofs:
        added = Added(**{**added.__dict__, "verified": before["verified"]})
    file.chmod(0o644)
    target.parent.mkdir(parents=True, exist_ok=True)
    file.replace(target)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    manifest.artifacts[key] = {**added.__dict__, "added": now}
    manifest.write(store)
    return added


def _same(one: Declared, found: str, expected: str, who: str) -> None:
    if expected and expected != found:
        raise InputError(
            f"this is not {one.name} {one.version}: {who} sha256 {expected}, "
            f"the file has sha256 {found}",
            where=one.file,
            next_step="get the file from its publisher again, and compare",
        )
