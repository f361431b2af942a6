"""The report as one page that needs nothing else: no script, no font, no picture from anywhere."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from verify.catalogue.controls import FRAMEWORKS
from verify.model import BAD, LAYERS
from verify.report.chart import MARKS, laid_out
from verify.report.drawing import environment, style_hash
from verify.report.visible import visible
from verify.report.words import LANGUAGES, Words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from verify.model import Finding
    from verify.report.view import View

_FOLDER = Path(__file__).with_name("templates")
_ENDPOINTS, _PLACES, _NAMED = 12, 6, 3


def name(language: str) -> str:
    return f"report.{language}.html"


def drawn(view: View, language: str, *, version: str, others: bool = True) -> str:
    """Return the page in ``language``; ``others``: the other language's page lies beside it.

    Whatever a host sent is text here: escaped by jinja2, and made visible before that.
    """
    t = Words(language)
    other = next(x for x in LANGUAGES if x != language)
    chart = laid_out(view.dependencies, t("own_short"), t("owner_unknown"))
    outside = view.outside
    style = _style()
    return (
        environment(_FOLDER)
        .get_template("report.html.j2")
        .render(
            t=t,
            view=view,
            run=view.run,
            chart=chart,
            marks=MARKS,
            tone=tone(view),
            bad=[str(b) for b in BAD],
            layers=LAYERS,
            blank={x.id for x in view.blank},
            frameworks=FRAMEWORKS,
            sentence=sentence(view, t),
            limits=limits(view, t),
            described=t(
                "map_describe",
                n=len({d.owner for d in outside}),
                m=len({d.layer for d in outside}),
                bad=sum(d.status in BAD for d in outside),
            ),
            alike=alike,
            endpoints_shown=_ENDPOINTS,
            places_shown=_PLACES,
            other=name(other) if others else "",
            other_language=other,
            version=version,
            style=Markup(style),  # noqa: S704  (our own file)
            style_hash=style_hash(style),
        )
    )


def tone(view: View) -> str:
    """Return the run's status; WAIVED where it passes by exception, which is never shown green."""
    waived = view.run.status == "PASS" and view.having("WAIVED")
    return "WAIVED" if waived else view.run.status


def sentence(view: View, t: Words) -> str:
    """Return the verdict in one sentence (two where a host is missing and another fails)."""
    parts = _parts(view, t)
    if view.run.status == "NOT_TESTED":
        said = t("sentence_none", n=len(view.missing), m=len(view.run.hosts))
        return f"{said} {t('sentence_none_bad', parts=parts)}" if parts else said
    if parts:
        return t("sentence_fail", parts=parts)
    waived = len(view.waived)
    return t("sentence_explained", n=waived) if waived else t("sentence_pass")


def _parts(view: View, t: Words) -> str:
    american = sorted({f.owner for f in view.having("FAIL") if f.jurisdiction == "US" and f.owner})
    who = t.listed([visible(o, 80) for o in american[:_NAMED]])
    who += f" {t('and_others')}" if len(american) > _NAMED else ""
    counts = {
        "part_american": 0 if american else len(view.american),
        "part_american_of": len(view.american) if american else 0,
        "part_unplaced": len(view.unplaced),
        "part_expired": len(view.having("WAIVER_EXPIRED")),
        "part_others": len(view.others),
    }
    return t.listed([t(word, n=n, who=who) for word, n in counts.items() if n])


def limits(view: View, t: Words) -> str:
    """Return what the verdict does not say."""
    grades = t.listed([f"{t.known('grade_' + g)} ({g})" for g in view.grades])
    return t(
        "limits",
        grades=grades or t("nothing_seen"),
        blank=len(view.blank),
        all=len(view.layers),
        untested=len(view.having("NOT_TESTED")),
    )


def alike(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Return the findings, together those that say the same of several hosts."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for one in findings:
        groups.setdefault((one.component, one.endpoint, one.reason), []).append(one)
    return list(groups.values())


@lru_cache(maxsize=1)
def _style() -> str:
    return (_FOLDER / "report.css").read_text(encoding="utf-8")
