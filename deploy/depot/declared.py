"""What artifacts.yml declares: upstream releases by name, version, checksum and signature."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from deploy.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DIGEST = re.compile(r"[0-9a-f]{64}")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~-]*")
_FORMS = {  # what a signature's row must have, and what it may
    "gpg": (("type", "key", "url"), ()),
    "nextcloud": (("type", "key", "app"), ("revoked",)),
}
_KEYS = {"name", "version", "file", "sha256", "url", "signature"}


@dataclass(frozen=True)
class Signature:
    """How a publisher signs: with the key, or under the authority, in the file ``key``.

    ``type`` gpg is a detached OpenPGP signature, to be had at ``url``. ``type`` nextcloud is inside
    the archive of the Nextcloud app ``app``; ``revoked`` is a list of revoked certificates.
    """

    type: str
    key: Path
    url: str = ""
    app: str = ""
    revoked: Path | None = None

    @property
    def detached(self) -> bool:
        return self.type == "gpg"


@dataclass(frozen=True)
class Declared:
    """One artifact as artifacts.yml declares it; '' and None where it says nothing."""

    name: str
    version: str
    file: str
    sha256: str = ""
    url: str = ""
    signature: Signature | None = None


def read(file: Path) -> tuple[Declared, ...]:
    """Read artifacts.yml; raise InputError where it says something wrongly."""
    try:
        rows = (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).get("artifacts") or []
        return tuple(_declared(row, file) for row in rows)
    except (yaml.YAMLError, AttributeError, TypeError) as error:
        raise InputError(f"this is not a list of artifacts: {error}", where=str(file)) from error


def _declared(row: Mapping[str, Any], file: Path) -> Declared:
    row = {key: value if key == "signature" else str(value) for key, value in row.items()}
    where = f"{file}: {row.get('name')}"
    if not {"name", "version", "file"} <= set(row) <= _KEYS:
        raise InputError(f"an artifact has: {', '.join(sorted(_KEYS))}", where=where)
    for key in ("name", "version", "file"):
        word(key, row[key], where)
    if row.get("sha256") and not DIGEST.fullmatch(row["sha256"]):
        raise InputError("sha256 must be 64 hexadecimal digits", where=where)
    signature = row.pop("signature", None)
    if signature is None:
        return Declared(**row)
    return Declared(**row, signature=_signature(signature, file.parent / "keys", where))


def _signature(row: Any, keys: Path, where: str) -> Signature:
    form = _FORMS.get(str(row.get("type"))) if isinstance(row, dict) else None
    if form is None or not set(form[0]) <= set(row) <= {*form[0], *form[1]}:
        forms = " or ".join(
            f"{{type: {name}, {', '.join(k for k in must if k != 'type')}}}"
            for name, (must, _) in _FORMS.items()
        )
        raise InputError(f"signature must be {forms}", where=where)
    values = {key: str(value) for key, value in row.items()}
    files = {k: keys / word(k, values.pop(k), where) for k in ("key", "revoked") if k in values}
    for path in files.values():
        if not path.exists():
            raise InputError("the publisher's key is not there", where=str(path))
    return Signature(
        values["type"],
        files["key"],
        values.get("url", ""),
        values.get("app", ""),
        files.get("revoked"),
    )


def word(key: str, value: str, where: str) -> str:
    """Return ``value`` if it can be one part of a path; InputError otherwise."""
    if not _WORD.fullmatch(value):
        raise InputError(f"{key} must be one word without '/': {value!r}", where=where)
    return value
