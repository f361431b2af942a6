"""Known upstream defaults: endpoints that a program uses when nobody overrides them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from verify.catalogue.reading import FOLDER, read, wrong


@dataclass(frozen=True)
class Default:
    """One endpoint that ``service`` falls back on.

    ``setting`` names it. ``where`` is the glob of the place (file or command) its override stands
    in. ``overridden_by`` are settings any of which, when it is set, takes the default away.
    ``check`` says in words how that was found out upstream.
    """

    service: str
    version: str
    setting: str
    where: str
    endpoint: str
    layer: str
    overridden_by: tuple[str, ...]
    check: str


@lru_cache(maxsize=1)
def defaults() -> tuple[Default, ...]:
    """Return every known default; InputError names the file with a wrong one."""
    found = []
    for path in sorted((FOLDER / "defaults").glob("*.yml")):
        content = read(path)
        try:
            found += [_default(content, entry) for entry in content["defaults"]]
        except (KeyError, TypeError) as error:
            raise wrong(f"a default lacks {error}", path) from error
    return tuple(found)


def _default(content: dict[str, Any], entry: dict[str, Any]) -> Default:
    over = entry.get("overridden_by") or ()
    return Default(
        service=content["service"],
        version=str(content["version"]),
        setting=entry["setting"],
        where=entry.get("where", "*"),
        endpoint=entry["endpoint"],
        layer=entry["layer"],
        overridden_by=(over,) if isinstance(over, str) else tuple(over),
        check=entry.get("check", ""),
    )
