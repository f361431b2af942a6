"""Known upstream defaults that nobody overrode on a host. Pure."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING, Any

from verify.model import Observation, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from verify.catalogue.defaults import Default
    from verify.model import HostSeen


def from_host(
    host: HostSeen, known: Iterable[Default], when: str, gone: frozenset[str] = frozenset()
) -> Iterator[Observation]:
    """Yield an observation for each default in force on ``host``.

    ``gone`` are roles that a lab was deployed without, because its depot lacks their release.
    """
    there = services(host) - gone
    for default in known:
        if default.service in there and not overridden(default, host.facts):
            yield Observation(
                host=host.name,
                component=default.service,
                layer=default.layer,
                endpoint=default.endpoint,
                source=Source("default", default.where, 0, default.setting),
                grade="E2",
                time=when,
                observer="catalogue of defaults",
                note=default.check,
            )


def services(host: HostSeen) -> frozenset[str]:
    """Return the names by which something is known to run on a host: roles, packages, units."""
    found = set(host.roles)
    said = host.facts.get("services") or {}
    for row in (said.get("packages") or {}).get("installed") or ():
        found.add(str(row[0]))
    for unit in (said.get("systemd") or {}).get("active") or ():
        found.add(str(unit).removesuffix(".service"))
    return frozenset(found)


def overridden(default: Default, facts: dict[str, Any]) -> bool:
    """Say whether one of the settings that take ``default`` away is set on the host.

    Files of one name are releases of one file beside each other: each of them must have it.
    """
    by_name: dict[str, list[bool]] = {}
    for place, keys in _places(facts):
        if fnmatch.fnmatchcase(place, default.where):
            met = any(_meets(p, k, v) for p in default.overridden_by for k, v in keys.items())
            by_name.setdefault(place.rpartition("/")[2], []).append(met)
    return any(all(met) for met in by_name.values())


def _meets(pattern: str, key: str, value: Any) -> bool:
    """``key`` is set; or, where the pattern is ``key=value``, set to that value."""
    name, equals, wanted = pattern.partition("=")
    if not (fnmatch.fnmatchcase(key, name) or fnmatch.fnmatchcase(key, f"{name}.*")):
        return False
    return not equals or str(value).strip(" \"',;").lower() == wanted.strip().lower()


def _places(facts: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    held = facts.get("keys")
    if isinstance(held, dict):
        yield from ((str(p), k) for p, k in held.items() if isinstance(k, dict))
    said = facts.get("services") or {}
    for look, place in (("nextcloud", "occ config:list"), ("roundcube", "roundcube")):
        keys = (said.get(look) or {}).get("keys")
        if isinstance(keys, dict):
            yield place, keys
