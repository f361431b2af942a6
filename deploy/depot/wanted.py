"""What the depot has to hold: what the roles say in meta/depot.yml, and host.yml. Nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from deploy import paths, roles
from deploy.depot.store import HERE
from deploy.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deploy.depot.lock import Sets

HOST = "host"
_KEYS = ("debian", "wheels", "artifacts", "optional")  # optional: artifacts too
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_PATTERN = re.compile(r"\?[a-z-]+(\([a-z]+\))?")


@dataclass(frozen=True)
class Wanted:
    """``debian`` by set; ``wheels`` are pip requirement lines, ``artifacts`` names."""

    debian: Sets
    wheels: tuple[str, ...]
    artifacts: tuple[str, ...]


def of_roles() -> Wanted:
    """Read what host.yml and every role in roles/ want."""
    names = sorted(p.parent.parent.name for p in paths.ROLES.glob("*/meta/depot.yml"))
    found: dict[str, Any] = {}
    for name in names:
        try:
            found[name] = roles.meta(name, "depot")
        except yaml.YAMLError as error:
            raise InputError(
                f"this file is not valid YAML: {error}", where=f"roles/{name}/meta/depot.yml"
            ) from error
    host = yaml.safe_load((HERE / "host.yml").read_text(encoding="utf-8"))
    return union(host, found)


def union(host: Any, metas: Mapping[str, Any]) -> Wanted:
    """Return the union of what is wanted; raise InputError where a file says it wrongly."""
    lists = {
        HOST: _lists(host, "deploy/depot/host.yml", patterns=True),
        **{role: _lists(meta, f"roles/{role}/meta/depot.yml") for role, meta in metas.items()},
    }
    return Wanted(
        debian={name: found["debian"] for name, found in sorted(lists.items()) if found["debian"]},
        wheels=tuple(sorted({w for found in lists.values() for w in found["wheels"]})),
        artifacts=tuple(
            sorted({a for f in lists.values() for a in (*f["artifacts"], *f["optional"])})
        ),
    )


def _lists(meta: Any, where: str, *, patterns: bool = False) -> dict[str, tuple[str, ...]]:
    meta = {} if meta is None else meta
    if not isinstance(meta, dict) or not set(meta) <= set(_KEYS):
        raise InputError(f"expected only the lists {', '.join(_KEYS)}", where=where)
    for key in _KEYS:
        value = meta.get(key) or []
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise InputError(f"'{key}' must be a list of names", where=where)
    for name in meta.get("debian") or []:
        if not _PACKAGE.fullmatch(name) and not (patterns and _PATTERN.fullmatch(name)):
            raise InputError(f"'{name}' is not a Debian package's name", where=where)
    return {key: tuple(sorted(set(meta.get(key) or []))) for key in _KEYS}
