"""The upstream releases that hosts are given: which, in which version, and which are missing.

Beside the depot and not in it, and light: the playbook asks for every task of a role that may have
to do without.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING

import yaml

from deploy import paths, roles
from deploy.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from deploy.inventory import Host

ARTIFACTS = paths.ROOT / "deploy" / "depot" / "artifacts.yml"
UNVERIFIED = "unverified"


@dataclass(frozen=True)
class Held:
    """An artifact that is here: ``url`` as a host gets it, ``verified`` by what, or unverified."""

    name: str
    version: str
    url: str
    sha256: str
    verified: str


def held(name: str, depot_url: str, versions: Mapping[str, str]) -> Held | None:
    """Return the artifact ``name`` in the version that is pinned, None if the depot lacks it.

    ``versions`` are the inventory's own pins (name -> version); artifacts.yml has the others.
    Raises InputError for a name that nobody declared.
    """
    version = pinned(name, versions)
    row = _rows().get(f"{name} {version}")
    if row is None or not _place(row).is_file():
        return None
    path = "/".join((name, version, row["file"]))
    url = f"{depot_url.rstrip('/')}/artifacts/{path}"
    return Held(name, version, url, row["sha256"], row["verified"])


def as_facts(found: Held | None) -> dict[str, str]:
    """Return what a role is given: the artifact's fields, or nothing."""
    return asdict(found) if found else {}


def pinned(name: str, versions: Mapping[str, str]) -> str:
    """Return the version of ``name`` that an inventory deploys: its own pin, else git's."""
    declared = _declared(ARTIFACTS)
    if name not in declared:
        raise InputError(
            f"nobody declared the artifact '{name}'",
            where=str(ARTIFACTS),
            next_step="declare name, version, file, url and what proves it there",
        )
    return str(versions.get(name) or declared[name])


def lacking(role: str, versions: Mapping[str, str]) -> tuple[str, ...]:
    """Return the artifacts that ``role`` cannot do without and that the depot has not."""
    wanted = (roles.meta(role, "depot") or {}).get("artifacts") or ()
    return tuple(name for name in wanted if held(name, "", versions) is None)


def applied(names: Iterable[str], versions: Mapping[str, str]) -> tuple[str, ...]:
    """Return those of the roles ``names`` that lack nothing."""
    return tuple(name for name in names if not lacking(name, versions))


def on(host: Host) -> tuple[str, ...]:
    """Return those of the host's roles that lack nothing in the versions its inventory pins."""
    return applied(host.roles, host.vars.get("kootwijk_artifact_versions") or {})


@cache
def _declared(file: Path) -> dict[str, str]:
    """Return the pinned version of each declared name: its first."""
    found = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    return {row["name"]: str(row["version"]) for row in reversed(found.get("artifacts") or ())}


def _rows() -> Mapping[str, Mapping[str, str]]:
    manifest = paths.depot() / "manifest.json"
    try:
        found: Mapping[str, Mapping[str, str]] = json.loads(manifest.read_bytes())["artifacts"]
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"the depot's manifest is damaged: {error}",
            where=str(manifest),
            next_step="`kootwijk depot list` says what to do",
        ) from error
    return found


def _place(row: Mapping[str, str]) -> Path:
    folder = paths.depot() / "public" / "artifacts"
    return folder / row["name"] / row["version"] / row["file"]
