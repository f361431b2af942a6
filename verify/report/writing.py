"""Writes everything that is made of a run: the edge around pure functions."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from deploy.errors import CheckError, InputError, KootwijkError
from deploy.narrate import say
from deploy.paths import ROOT
from deploy.secrets import Store
from verify import catalogue, waivers
from verify.report import bundle, changes, dsse, oscal, page, sarif, sbom, scores, view
from verify.report.words import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from verify.model import Run
    from verify.waivers import Waiver

_SHORTEST = 12
_NAME = 100
_TABLES = ("jurisdiction/data", "catalogue")


@dataclass(frozen=True)
class Options:
    """``since`` and ``sign_key`` replace the last of the history and the inventory's own key."""

    language: str | None = None
    since: Path | None = None
    sign_key: Path | None = None


@dataclass(frozen=True)
class Written:
    """``pages`` by language; ``statement`` is the SHA-256 that the next bundle will name."""

    out: Path
    pages: dict[str, Path]
    others: tuple[Path, ...]
    archive: Path
    statement: str
    key: str


def write_all(run: Run, out: Path, inventory: Path, options: Options = Options()) -> Written:
    """Write ``run`` and its reports to ``out``, and the bundle of them to ``out``/history.

    InputError if the key, the run to compare with or the history cannot be read; CheckError if a
    secret of the inventory is in what would be written, which then is not.
    """
    held = waivers.read(inventory)
    secrets = _secrets(inventory, options.sign_key)
    key = _key(options.sign_key, secrets)
    with bundle.locked(out):
        before = bundle.last(out)
        other = bundle.run_of(options.since) if options.since else before.run if before else None
        contents = reports(run, other, held, language=options.language)
        _guarded(contents, secrets)
        made = datetime.now(UTC).isoformat(timespec="seconds")
        sealed = bundle.sealed(contents, run, before, key, made=made, version=version())
        archive = bundle.put(out, sealed, bundle.name(run, before), run)
    pages = {x: out / page.name(x) for x in LANGUAGES if page.name(x) in contents}
    return Written(
        out=out,
        pages=pages,
        others=tuple(out / name for name in sealed if out / name not in pages.values()),
        archive=archive,
        statement=hashlib.sha256(sealed[bundle.STATEMENT]).hexdigest(),
        key=dsse.fingerprint(key.public_key()) if key else "",
    )


def reports(
    run: Run, before: Run | None, held: Sequence[Waiver], *, language: str | None = None
) -> dict[str, bytes]:
    """Return every report of ``run``: name -> content. Pure, but for the catalogue's files."""
    controls = catalogue.controls()
    seen = view.seen(
        run,
        controls=controls,
        scores=scores.scored(run, controls),
        changes=changes.between(before, run),
        waivers=held,
    )
    number = version()
    wanted = [language] if language else list(LANGUAGES)
    found = {
        "run.json": _json(run.as_json(whole=True)),
        "results.sarif": _json(sarif.written(seen, version=number), 4),
        "assessment-results.oscal.json": _json(oscal.written(seen, version=number), 5),
        "scores.json": _json(seen.scores.as_json(), 4),
        "changes.json": _json(seen.changes.as_json() if seen.changes is not None else _first()),
        "waivers.json": _json(_waivers(held)),
        "tables.json": _json(tables()),
    }
    for one in wanted:
        text = page.drawn(seen, one, version=number, others=len(wanted) > 1)
        found[page.name(one)] = text.encode()
    for host in run.hosts:
        if host.reached:
            made = sbom.written(host, run, version=number)
            found[f"sbom/{_plain(host.name)}.cdx.json"] = _json(made)
    return found


def tables() -> dict[str, Any]:
    """Return the SHA-256 of every fact and rule that a verdict rests on, to judge it again."""
    found = {}
    for folder in _TABLES:
        for path in sorted((ROOT / "verify" / folder).rglob("*")):
            if path.is_file() and path.suffix in (".csv", ".yml", ".gz"):
                name = path.relative_to(ROOT).as_posix()
                found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"schema": "kootwijk.tables/1", "sha256": found}


def version() -> str:
    from importlib import metadata  # noqa: PLC0415

    try:
        return metadata.version("kootwijk")
    except metadata.PackageNotFoundError:
        import tomllib  # noqa: PLC0415

        text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
        return str(tomllib.loads(text)["project"]["version"])


def _first() -> dict[str, Any]:
    return {
        "schema": changes.SCHEMA,
        "since": None,
        "appeared": [],
        "gone": [],
        "moved": [],
        "newcomers": [],
        "unseen": [],
    }


def _waivers(held: Sequence[Waiver]) -> dict[str, Any]:
    return {
        "schema": "kootwijk.waivers/1",
        "waivers": [{**vars(w), "expiry": w.expiry.isoformat()} for w in held],
    }


def _json(content: Any, depth: int = 2) -> bytes:
    """Return JSON with a line for each value down to ``depth``: to read, to grep, and fast."""
    return (_spread(content, depth) + "\n").encode()


def _spread(value: Any, depth: int) -> str:
    if depth and value and isinstance(value, dict):
        rows = (f"{json.dumps(str(k))}: {_spread(v, depth - 1)}" for k, v in value.items())
        return "{\n" + ",\n".join(rows) + "\n}"
    if depth and value and isinstance(value, list | tuple):
        return "[\n" + ",\n".join(_spread(v, depth - 1) for v in value) + "\n]"
    return json.dumps(value)


def _plain(name: str) -> str:
    return (
        "".join(c if c.isalnum() or c in "-_." else "_" for c in name).lstrip(".")[:_NAME] or "host"
    )


def _secrets(inventory: Path, sign_key: Path | None) -> dict[str, str]:
    """Return the inventory's secrets, the signing key made if it must come from there."""
    store = Store(inventory)
    try:
        if sign_key is None:
            store.get(bundle.SECRET, "ed25519")
        return store.get_many(store.names()) if store.file.exists() else {}
    except (KootwijkError, OSError) as error:
        if sign_key is None:
            say(f"the bundle will not be signed, because of this; --sign-key names a key\n{error}")
        return {}


def _key(sign_key: Path | None, secrets: Mapping[str, str]) -> Ed25519PrivateKey | None:
    if sign_key is None:
        held = secrets.get(bundle.SECRET)
        return dsse.private_key(held.encode()) if held else None
    try:
        return dsse.private_key(sign_key.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(
            "the key to sign with cannot be used",
            where=f"{sign_key}: {error}",
            next_step="make one with `openssl genpkey -algorithm ed25519 -out FILE`",
        ) from error


def _guarded(contents: Mapping[str, bytes], secrets: Mapping[str, str]) -> None:
    """Refuse to write a secret: evidence is taken away and read by others."""
    for name, value in secrets.items():
        if len(value) < _SHORTEST:
            continue
        forms = {value.encode(), json.dumps(value)[1:-1].encode()}
        for path, content in contents.items():
            if any(form in content for form in forms):
                raise CheckError(
                    f"the secret {name} would be in the evidence, so nothing was written",
                    where=path,
                    next_step="a host shows it where the suite looks: rotate it, and tell us where",
                )
