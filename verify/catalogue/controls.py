"""The controls: what should be true, how bad it is if not, what it maps to, what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from verify.catalogue.reading import FOLDER, read, wrong
from verify.model import LAYERS, Remedy

FRAMEWORKS = {
    "csf": "EU Cloud Sovereignty Framework v1.2.1",
    "c3a": "BSI C3A v1",
    "bio2": "BIO2 v1.3",
    "c5": "C5:2026",
    "internetnl": "internet.nl",
}
SEVERITIES = ("critical", "high", "medium", "low")
_ID = re.compile(r"KW-[A-Z]{2,4}-\d{2}")


@dataclass(frozen=True)
class Control:
    """One entry of catalogue/controls: ``statement`` is what the test ensures.

    ``frameworks`` maps a key of FRAMEWORKS to the ids there. ``needs``: what an inventory must
    supply where a host cannot show it.
    """

    id: str
    statement: str
    statement_nl: str
    severity: str
    layers: tuple[str, ...]
    frameworks: dict[str, tuple[str, ...]] = field(hash=False)
    remedy: Remedy
    needs: str = ""


@lru_cache(maxsize=1)
def controls() -> dict[str, Control]:
    """Return every control by its id; InputError names the file with a wrong one."""
    found: dict[str, Control] = {}
    for path in sorted((FOLDER / "controls").glob("*.yml")):
        for entry in read(path):
            made = _control(entry, path)
            if made.id in found:
                raise wrong(f"{made.id} is there twice", path)
            found[made.id] = made
    return found


def _control(entry: dict[str, Any], path: Any) -> Control:
    unknown = set(entry) - {
        *("id", "statement", "statement_nl", "severity", "layers", "frameworks", "remedy", "needs")
    }
    name = str(entry.get("id", ""))
    if unknown or not _ID.fullmatch(name):
        raise wrong(f"{name or entry}: unknown {', '.join(sorted(unknown)) or 'id'}", path)
    made = Control(
        id=name,
        statement=entry["statement"],
        statement_nl=entry["statement_nl"],
        severity=entry["severity"],
        layers=tuple(entry["layers"]),
        frameworks={k: tuple(map(str, v)) for k, v in (entry.get("frameworks") or {}).items()},
        remedy=Remedy(**entry["remedy"]),
        needs=entry.get("needs", ""),
    )
    if made.severity not in SEVERITIES or not set(made.layers) <= set(LAYERS):
        raise wrong(f"{name}: severity or layer", path)
    if not set(made.frameworks) <= set(FRAMEWORKS):
        raise wrong(f"{name}: framework", path)
    return made
