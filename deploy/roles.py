"""What the roles in roles/ say of themselves: variables, packages, endpoints."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any

import yaml

from deploy.paths import ROLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


@cache
def meta(role: str, name: str) -> Any:
    """Return the parsed ``roles/<role>/meta/<name>.yml``, or None where it has none."""
    file = ROLES / role / "meta" / f"{name}.yml"
    return yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else None


def packages(names: Iterable[str]) -> list[str]:
    """Return the Debian packages that the roles ``names`` want, sorted, each once."""
    wanted = ((meta(name, "depot") or {}).get("debian") or () for name in names)
    return sorted({package for some in wanted for package in some})


def options(role: str) -> dict[str, Any]:
    """Return the public variables of a role from its argument_specs: name -> specification."""
    specs = meta(role, "argument_specs") or {}
    found: dict[str, Any] = specs.get("argument_specs", {}).get("main", {}).get("options", {})
    return found


def problems(hosts: Mapping[str, tuple[Sequence[str], Mapping[str, Any]]]) -> Iterator[str]:
    """Yield a sentence for each role variable set in the inventory that its role would refuse.

    ``hosts`` maps a host's name to its roles and its variables. Values with a template in them
    are left to Ansible, which knows them only at run time.
    """
    seen: set[str] = set()
    for host, (names, variables) in hosts.items():
        for role in names:
            for problem in _role_problems(role, variables):
                if problem not in seen:
                    seen.add(problem)
                    yield f"host '{host}': {problem}"


def meant(name: str, known: Iterable[str], prefix: str = "") -> str:
    """Return "did you mean this one?", or '' if no known name, apart from ``prefix``, is close."""
    rests = [one.removeprefix(prefix) for one in known]
    close = get_close_matches(name.removeprefix(prefix), rests, 1)
    return f"did you mean '{prefix}{close[0]}'?" if close else ""


def _role_problems(role: str, variables: Mapping[str, Any]) -> Iterator[str]:
    from ansible.module_utils.common.arg_spec import ArgumentSpecValidator  # noqa: PLC0415

    known = options(role)
    if not known:
        return
    for name, value in variables.items():
        if name.startswith(f"{role}_") and name not in known and not _other(name, role):
            more = meant(name, known, f"{role}_") or "docs/reference/roles.md lists them"
            yield f"role {role} has no variable '{name}'; {more}"
        elif name in known and "{{" not in str(value):
            spec = {name: {k: v for k, v in known[name].items() if k in _CHECKED}}
            result = ArgumentSpecValidator(spec).validate({name: value})
            yield from (f"{text} (role {role})" for text in result.error_messages)


_CHECKED = ("type", "elements", "choices", "options", "required")


def _other(name: str, role: str) -> bool:
    """Tell whether ``name`` belongs to another role whose name begins with this one's."""
    longer = (p.name for p in ROLES.iterdir() if p.name.startswith(f"{role}_"))
    return any(name.startswith(f"{other}_") for other in longer)
