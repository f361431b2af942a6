"""The report's words in one language."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from verify.model import LAYERS
from verify.report.visible import LONGEST

LANGUAGES = ("nl", "en")
_FILE = Path(__file__).with_name("words.yml")
REASONS = Path(__file__).with_name("reasons.yml")
_FIELD = re.compile(r"\{(\w+)\}")
_MONTHS = {
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "en": "January February March April May June July August September October November December",
}


@cache
def table(file: Path = _FILE) -> dict[str, dict[str, Any]]:
    """Return what ``file`` has: name -> language -> text, or [one, many]."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: dict[str, dict[str, Any]] = yaml.load(
        file.read_text(encoding="utf-8"),
        Loader=loader,  # noqa: S506  (both are safe)
    )
    return found


@cache
def _forms() -> tuple[tuple[re.Pattern[str], dict[str, Any]], ...]:
    """Return what a reason looks like, and its words."""
    made = []
    for both in table(REASONS).values():
        parts = _FIELD.split(both["en"])
        pattern = "".join(
            f"(?P<{part}>.+?)" if n % 2 else re.escape(part) for n, part in enumerate(parts)
        )
        made.append((re.compile(pattern, re.DOTALL), both))
    return tuple(made)


class Words:
    """The words of ``file``; calls as ``t("name", n=3)``, KeyError for one that is not there."""

    def __init__(self, language: str, file: Path = _FILE) -> None:
        self.language = language
        self.table = table(file)

    def __call__(self, name: str, **values: Any) -> str:
        text = self.table[name][self.language]
        if isinstance(text, list):
            text = text[0 if values.get("n") == 1 else 1]
        shown = {key: self.shown(value) for key, value in values.items()}
        return str(text).format(**shown) if values else str(text)

    def shown(self, value: Any) -> Any:
        """Return what stands in a sentence for ``value``."""
        return value

    def known(self, name: str) -> str:
        """Return the word, or ``name`` itself where a run of another version holds a new one."""
        return self(name) if name in self.table else name.split("_", 1)[-1]

    def reason(self, text: str) -> str:
        """Return a finding's reason in this language; empty where its form is not known."""
        if self.language == "en":
            return text
        for pattern, both in _forms() if len(text) <= LONGEST else ():
            if found := pattern.fullmatch(text):
                filled = {key: self._filled(key, said) for key, said in found.groupdict().items()}
                return str(both[self.language]).format(**filled)
        return ""

    def _filled(self, field: str, text: str) -> str:
        if field == "reason":
            return self.reason(text) or text
        number = next((n for n, name in LAYERS.items() if name == text), "")
        return self(number).lower() if field == "layer" and number else text

    def topic(self, framework: str, requirement: str) -> str:
        """Return what a requirement is about, in our words; its id may be narrower than ours."""
        wanted = f"topic_{framework}_{requirement}"
        found = [n for n in self.table if n.startswith("topic_") and wanted.startswith(n)]
        return self(max(found, key=len)) if found else ""

    def moment(self, text: str) -> str:
        """Return an ISO 8601 moment as people write it."""
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            return text
        zone = "UTC" if not found.utcoffset() else found.strftime("%z")
        return f"{self.day(found)}, {found:%H:%M} {zone}"

    def day(self, found: Any) -> str:
        return f"{found.day} {_MONTHS[self.language].split()[found.month - 1]} {found.year}"

    def listed(self, parts: list[str]) -> str:
        """Return the parts as a sentence lists them."""
        if len(parts) < 2:  # noqa: PLR2004
            return "".join(parts)
        return f"{', '.join(parts[:-1])} {self('and')} {parts[-1]}"
