"""The view as one page that needs nothing else: no script, no font, no picture from anywhere."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from deploy.people.status import text
from verify.report.drawing import environment, style_hash
from verify.report.words import LANGUAGES, Words

if TYPE_CHECKING:
    from deploy.people.status.model import Activity, Problem, Status

__all__ = ["LANGUAGES", "WORDS", "drawn"]
_FOLDER = Path(__file__).with_name("templates")
WORDS = _FOLDER / "words.yml"
_SHOWN = 100


def drawn(status: Status, language: str) -> str:
    """Return the page in ``language``, one of ``LANGUAGES``."""
    t = _Words(language)
    example = next((g.activity for g in (status.everybody, *status.teams) if g.activity), None)
    style = (_FOLDER / "status.css").read_text(encoding="utf-8")
    return (
        environment(_FOLDER)
        .get_template("status.html.j2")
        .render(
            t=t,
            status=status,
            all=status.everybody.activity,
            headline=_headline(status, t),
            clients=list(example.clients) if example else [],
            stores=list(example.storage) if example else [],
            shown=_SHOWN,
            code=_code,
            style=Markup(style),  # noqa: S704  (our own file)
            style_hash=style_hash(style),
        )
    )


class _Words(Words):
    """This page's words; counts, sizes and days as people write them in the language."""

    def __init__(self, language: str) -> None:
        super().__init__(language, WORDS)

    def shown(self, value: Any) -> Any:
        return self.number(value) if isinstance(value, int) else value

    def number(self, count: int) -> str:
        return f"{count:,}".replace(",", self._mark("."))

    def percent(self, part: int, whole: int) -> str:
        return f"{100 * part // whole} %" if whole else ""

    def size(self, count: float) -> str:
        figure, unit = text.size(count).split()
        return f"{figure.replace('.', self._mark(','))} {unit}"

    def detail(self, problem: Problem) -> str:
        if problem.kind == "never_activated":
            return self("days", n=int(problem.detail))
        if problem.kind.endswith("_full"):
            return f"{problem.detail} %"
        if problem.kind == "service_down":
            known = f"state_{problem.detail}"
            return self(known) if known in self.table else problem.detail
        return self.day(date.fromisoformat(problem.detail))

    def _mark(self, dutch: str) -> str:
        return dutch if self.language == "nl" else {".": ",", ",": "."}[dutch]


def _headline(status: Status, t: _Words) -> str:
    everybody, count = status.everybody.activity, status.everybody.accounts
    if everybody is None or everybody.activated is None:
        return t("headline_few", n=count)
    return t("headline", n=count, m=everybody.activated, active=_active(everybody, t))


def _active(found: Activity, t: _Words) -> str:
    if found.active_7 is None:
        return t("headline_active_unknown")
    return t("headline_active", n=found.active_7)


def _code(said: str) -> Markup:
    """Return ``said`` with what stands between backticks as code."""
    parts = re.split(r"`([^`]*)`", said)
    made = (f"<code>{escape(p)}</code>" if n % 2 else str(escape(p)) for n, p in enumerate(parts))
    return Markup("".join(made))  # noqa: S704  (escaped above)
