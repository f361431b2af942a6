"""The evidence bundle: all files of a run, listed, hashed, signed, and chained to the run before.

::

    DIR/                 the latest run: run.json, report.nl.html, ..., manifest.sha256,
                         statement.dsse.json, evidence-key.pem
    DIR/history/         NNNN-TIME.tar.gz, one per run, the same files in a folder NNNN-TIME

``manifest.sha256`` is for `sha256sum -c`; ``statement.dsse.json`` says (and signs) the hash of
every file, the manifest's too, the bundle's number and the SHA-256 of the statement before it.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import io
import json
import re
import tarfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from deploy import files
from deploy.errors import InputError
from verify.model import Run
from verify.report import dsse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SCHEMA = "kootwijk.evidence/1"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://kootwijk.example/evidence/v1"  # a reserved name: nothing lives there
MANIFEST, STATEMENT, KEY = "manifest.sha256", "statement.dsse.json", "evidence-key.pem"
HISTORY = "history"
SECRET = "evidence_signing_key"  # noqa: S105  (its name in the inventory's store)
CLOCK = "of the machine that made this bundle; no time-stamping authority vouches for it"
NAME = re.compile(r"(\d{4,9})-(\d{8}T\d{6}Z)\.tar\.gz")
_UNREADABLE = (
    OSError,
    tarfile.TarError,
    EOFError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    RecursionError,
    zlib.error,
)
_STALE = ("sbom/*.cdx.json", "report.??.html", KEY)  # of a run before, in other words or hosts


@dataclass(frozen=True)
class Previous:
    """The last bundle in the history: its number, its statement's SHA-256, and its run."""

    sequence: int
    digest: str
    run: Run


def manifest(contents: Mapping[str, bytes]) -> bytes:
    """Return the list as `sha256sum` writes it, by name."""
    lines = [f"{_sha256(contents[name])}  {name}\n" for name in sorted(contents)]
    return "".join(lines).encode()


def statement(
    contents: Mapping[str, bytes], run: Run, before: Previous | None, *, made: str, version: str
) -> dict[str, Any]:
    """Return the in-toto statement over ``contents`` (the manifest among them)."""
    previous = {"sequence": before.sequence, "statement": before.digest} if before else None
    return {
        "_type": STATEMENT_TYPE,
        "subject": [
            {"name": name, "digest": {"sha256": _sha256(contents[name])}}
            for name in sorted(contents)
        ],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "schema": SCHEMA,
            "inventory": run.inventory,
            "sequence": before.sequence + 1 if before else 1,
            "previous": previous,
            "started": run.started,
            "finished": run.finished,
            "made": made,
            "clock": CLOCK,
            "status": run.status,
            "exit_code": run.exit_code,
            "tool": {"name": "kootwijk", "version": version},
        },
    }


def sealed(
    contents: Mapping[str, bytes],
    run: Run,
    before: Previous | None,
    key: Ed25519PrivateKey | None,
    *,
    made: str,
    version: str,
) -> dict[str, bytes]:
    """Return all files of the bundle: ``contents``, the public key, the manifest, the statement."""
    held = dict(contents)
    if key is not None:
        held[KEY] = dsse.public_pem(key.public_key())
    held[MANIFEST] = manifest(held)
    said = statement(held, run, before, made=made, version=version)
    return {**held, STATEMENT: dsse.signed(said, key)}


def name(run: Run, before: Previous | None) -> str:
    """Return the bundle's name, without the ending."""
    moment = datetime.fromisoformat(run.started).strftime("%Y%m%dT%H%M%SZ")
    return f"{before.sequence + 1 if before else 1:04}-{moment}"


def packed(contents: Mapping[str, bytes], folder: str, run: Run) -> bytes:
    """Return the bundle as .tar.gz; the same contents give the same bytes."""
    moment = int(datetime.fromisoformat(run.started).timestamp())
    out = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=out, mode="wb", mtime=moment, compresslevel=6) as small,
        tarfile.open(fileobj=small, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in sorted(contents):
            member = tarfile.TarInfo(f"{folder}/{path}")
            member.size, member.mtime, member.mode = len(contents[path]), moment, 0o644
            tar.addfile(member, io.BytesIO(contents[path]))
    return out.getvalue()


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Hold ``out`` for one writer: two runs at once would fork the chain."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def last(out: Path) -> Previous | None:
    """Return the newest bundle in ``out``; InputError if it cannot be read, as then no chain is."""
    found = sorted(
        ((int(m.group(1)), p) for p in (out / HISTORY).glob("*") if (m := NAME.fullmatch(p.name))),
        key=lambda pair: pair[0],
    )
    if not found:
        return None
    sequence, path = found[-1]
    try:
        held = _members(path, STATEMENT, "run.json")
        run = Run.from_json(json.loads(held["run.json"]))
        said = dsse.opened(held[STATEMENT])["predicate"]["sequence"]
    except _UNREADABLE as error:
        raise _broken(path, repr(error)) from error
    except dsse.SignatureError as error:
        raise _broken(path, str(error)) from error
    if said != sequence:
        raise _broken(path, f"its name says {sequence}, its statement {said}")
    return Previous(sequence, _sha256(held[STATEMENT]), run)


def run_of(path: Path) -> Run:
    """Return the run in a bundle, in a folder with run.json, or in such a file."""
    try:
        if path.is_dir():
            text = (path / "run.json").read_bytes()
        elif path.name.endswith(".tar.gz"):
            text = _members(path, "run.json")["run.json"]
        else:
            text = path.read_bytes()
        return Run.from_json(json.loads(text))
    except _UNREADABLE as error:
        raise InputError(
            "there is no run to compare with",
            where=f"{path}: {error!r}",
            next_step="name a run.json, its folder, or a bundle of `kootwijk verify --out`",
        ) from error


def put(out: Path, contents: Mapping[str, bytes], folder: str, run: Run) -> Path:
    """Write the bundle to ``out``'s history, then to ``out``; return the former."""
    history = out / HISTORY
    history.mkdir(exist_ok=True)
    archive = history / f"{folder}.tar.gz"
    files.write(archive, packed(contents, folder, run))
    for pattern in _STALE:
        for old in out.glob(pattern):
            if old.is_file() and str(old.relative_to(out)) not in contents:
                old.unlink()
    for path, content in contents.items():
        (out / path).parent.mkdir(exist_ok=True)
        files.write(out / path, content)
    return archive


def _members(path: Path, *wanted: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    with tarfile.open(path, "r:gz") as tar:
        for member in tar:
            name = member.name.partition("/")[2]
            if name in wanted and member.isfile() and (file := tar.extractfile(member)):
                found[name] = file.read()
            if len(found) == len(wanted):
                break
    return found


def _broken(path: Path, why: str) -> InputError:
    return InputError(
        "the last bundle of the history cannot be read, so nothing can be chained to it",
        where=f"{path}: {why}",
        next_step="put the whole bundle back, or begin a new history in another --out",
    )


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
