"""Where settings lie, whose they are, and what in them is no endpoint. Pure."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from verify.catalogue.reading import FOLDER, read


@dataclass(frozen=True)
class Places:
    """The rules of catalogue/observe/rules.yml."""

    found: dict[str, Any] = field(hash=False)

    @property
    def wanted(self) -> dict[str, Any]:
        """Return what the collector needs on a host."""
        return {key: self.found[key] for key in ("roots", "text_endings", "rules")}

    @cached_property
    def _rules(self) -> list[tuple[re.Pattern[str], dict[str, Any]]]:
        return [
            (re.compile(fnmatch.translate(rule["path"])), rule)
            for rule in self.found["rules"]
            if "component" in rule  # what is not read as a file may be read by a command
        ]

    @lru_cache(maxsize=4096)  # noqa: B019  (one object lives as long as the program)
    def of(self, place: str) -> tuple[str, str]:
        """Return (component, layer) of a path or command."""
        for pattern, rule in self._rules:
            if pattern.match(place):
                return str(rule["component"]), str(rule["layer"])
        return "system", "L13"

    def ignored(self, place: str, key: str, endpoint: str) -> bool:
        return any(
            fnmatch.fnmatchcase(place, rule["place"])
            and fnmatch.fnmatchcase(key, rule.get("key", "*"))
            and fnmatch.fnmatchcase(endpoint, rule.get("endpoint", "*"))
            for rule in self.found["ignore"]
        )

    @cached_property
    def ambiguous(self) -> frozenset[str]:
        return frozenset(self.found["ambiguous"])

    @cached_property
    def endpoint_key(self) -> re.Pattern[str]:
        return re.compile(self.found["endpoint_keys"], re.IGNORECASE)


@lru_cache(maxsize=1)
def places() -> Places:
    return Places(read(FOLDER / "observe" / "rules.yml"))
