"""Which names an inventory may use, and what somebody meant who wrote another.

Names that begin with ``kootwijk_`` are the platform's, those that begin with a role's name are the
role's. All others are the ops team's own, unless one is a known name with a slip in it.
"""

from __future__ import annotations

from difflib import SequenceMatcher, get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any

import yaml

from deploy import roles
from deploy.paths import ROLES, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_OWN = "kootwijk_"
# How alike two names are, from 0 to 1: postfx is postfix (0.92), turn is not coturn (0.8).
_BEGIN, _REST = 0.85, 0.75


@cache
def platform() -> dict[str, dict[str, Any]]:
    """Return what an inventory may say of the platform: name -> description, keys, required."""
    file = ROOT / "deploy" / "variables.yml"
    found: dict[str, dict[str, Any]] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return found


def problems(hosts: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield a sentence for each name in the hosts' variables that nothing reads; each once."""
    seen: set[str] = set()
    for host, variables in hosts.items():
        for name, value in variables.items():
            for problem in _own(name, value) if name.startswith(_OWN) else _slip(name):
                if problem not in seen:
                    seen.add(problem)
                    yield f"host '{host}': {problem}"


def _own(name: str, value: object) -> Iterator[str]:
    known = platform()
    if name not in known and name not in _derived():
        more = roles.meant(name, known, _OWN) or "docs/reference/inventory.md lists them"
        yield f"there is no variable '{name}'; {more}"
    keys = known.get(name, {}).get("keys")
    if keys and isinstance(value, dict):
        for key in sorted(str(key) for key in value if key not in keys):
            more = roles.meant(key, keys) or f"it has: {', '.join(keys)}"
            yield f"{name} has no key '{key}'; {more}"


@cache
def _slip(name: str) -> tuple[str, ...]:
    """Return what is wrong with a name whose beginning and rest are both nearly a known one's."""
    if any(name.startswith(f"{owner}_") for owner in _owners()):
        return ()  # what a role refuses, it says itself
    words = name.split("_")
    for owner, known in _owners().items():
        for count in range(1, owner.count("_") + 2):
            begin, rest = "_".join(words[:count]), "_".join(words[count:])
            if SequenceMatcher(None, begin, owner).ratio() >= _BEGIN:
                close = get_close_matches(rest, known, 1, _REST)
                if close:
                    right = f"{owner}_{close[0]}"
                    return (f"there is no variable '{name}'; did you mean '{right}'?",)
    return ()


@cache
def _owners() -> dict[str, list[str]]:
    """Return whose names begin with what, the platform's or a role's: beginning -> the rests."""
    names = {role.name: list(roles.options(role.name)) for role in sorted(ROLES.iterdir())}
    names[_OWN.rstrip("_")] = list(platform())
    return {owner: [n.removeprefix(f"{owner}_") for n in held] for owner, held in names.items()}


@cache
def _derived() -> frozenset[str]:
    """Return the names that the playbook makes from the others."""
    folder = ROOT / "deploy" / "playbooks" / "group_vars" / "all"
    return frozenset(
        name for file in folder.glob("*.yml") for name in yaml.safe_load(file.read_text("utf-8"))
    )
