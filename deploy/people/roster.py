"""A department's roster, from what its file is: CSV, or YAML that has it or names a source."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from deploy.errors import InputError
from deploy.people import assemble, document, sources, table
from deploy.people.source import Found

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deploy.people.model import Person, Roster

_YAML = (".yml", ".yaml")


def load(path: Path, domain: str, secret: Callable[[str], str] = sources.no_secret) -> Roster:
    """Return the roster that ``path`` is; its addresses are in ``domain``.

    A name that ends in .yml or .yaml is YAML, anything else CSV; both in UTF-8 with or without
    BOM. What a CSV has no column for stays as it is. YAML may name a source, SCIM or LDAP, from
    which people are read; ``secret`` gives the secret of a name for it. Names are brought to
    Unicode's composed form (NFC). InputError names line and column, or user and attribute, of
    everything that is wrong, up to 50; for a source also UnreachableError.
    """
    origin = str(path)
    text = _text(path)
    if path.suffix.lower() not in _YAML:
        rows, unsaid = table.read(text, origin)
        return replace(assemble.roster(domain, origin, people=rows), unsaid=unsaid)
    root = document.root(text, origin)
    said = document.sections(root, origin)
    source = document.source(root)
    found = sources.read(source, domain, secret, origin) if source else Found(())
    return assemble.roster(
        domain,
        origin,
        people=[*said.get("people", ()), *found.people],
        teams=said.get("teams", ()),
        mailboxes=said.get("shared_mailboxes", ()),
        notes=found.notes,
    )


def read(path: Path, domain: str) -> tuple[Person, ...]:
    """Return the people of the roster ``path``, in its order; as ``load``."""
    return load(path, domain).people


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"the roster cannot be read: {error.strerror}",
            where=str(path),
            next_step="name a file, for example examples/department.csv",
        ) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        begin = data.rfind(b"\n", 0, error.start) + 1
        near = data[begin : error.start].decode("utf-8", "replace")[-24:]
        column = error.start - begin + 1
        raise InputError(
            f"the roster is not UTF-8: line {line}, byte {column}, after '{near}'",
            where=str(path),
            next_step="save it as UTF-8 (in a spreadsheet as 'CSV UTF-8'): to guess the encoding "
            "could spoil people's names",
        ) from error
