"""Recall and precision from outcomes: JSON, and docs/reference/injection.md. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from verify.model import LAYERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .suite import Outcome

SCHEMA = "kootwijk.injection/1"


def numbers(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """Return counts, recall and precision; None where there is nothing to divide by.

    Recall: of what was planted, how much was found and named. Precision: of what was reported, how
    much was planted; a near-miss that is reported is wrong once, and so is each finding beside a
    planted thing that does not follow from it.
    """
    tried = [o for o in outcomes if not o.skipped and not o.error]
    planted = [o for o in tried if not o.case.near_miss]
    found = [o for o in planted if o.hits]
    near = [o for o in tried if o.case.near_miss]
    alarms = [o for o in tried if o.false]
    return {
        "planted": len(planted),
        "found": len(found),
        "in_their_layer": sum(o.layer_right for o in found),
        "near_misses": len(near),
        "false_alarms": len(alarms),
        "recall": _ratio(len(found), len(planted)),
        "precision": _ratio(len(found), len(found) + len(alarms)),
    }


def as_json(outcomes: Sequence[Outcome], about: Mapping[str, str]) -> dict[str, Any]:
    """Return the whole result: totals, by kind, by layer, each case."""
    tried = [o for o in outcomes if not o.skipped]
    parts = {
        "all": tried,
        "held out": [o for o in tried if o.case.held_out],
        "not held out": [o for o in tried if not o.case.held_out],
        "plain": [o for o in tried if o.case.kind != "hidden" and not o.case.near_miss],
        "hidden": [o for o in tried if o.case.kind == "hidden"],
    }
    return {
        "schema": SCHEMA,
        "about": dict(about),
        "parts": {name: numbers(part) for name, part in parts.items()},
        "by_layer": {
            layer: numbers([o for o in tried if o.case.layer == layer]) for layer in LAYERS
        },
        "cases": [_case(o) for o in outcomes],
    }


def _case(outcome: Outcome) -> dict[str, Any]:
    case = outcome.case
    return {
        "id": case.id,
        "layer": case.layer,
        "kind": case.kind,
        "held_out": case.held_out,
        "host": outcome.host,
        "result": _result(outcome),
        "found": sorted({f"{f.status} {f.component} {f.endpoint}".strip() for f in outcome.hits}),
        "false": sorted(
            {f"{f.status} {f.control} {f.component} {f.endpoint}".strip() for f in outcome.false}
        ),
        "seconds": outcome.seconds,
        "why": " ".join((outcome.error or outcome.skipped).split())[:300],
        "corrected": case.corrected,
    }


def _result(outcome: Outcome) -> str:
    if outcome.skipped or outcome.error:
        return "not tried" if outcome.skipped else "error"
    if outcome.case.near_miss:
        return "false alarm" if outcome.false else "left alone"
    if not outcome.hits:
        return "missed"
    return "found, and more" if outcome.false else "found"


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


_PAGE = """\
# Does the suite find what is planted?

`kootwijk verify` is tried on itself: the [injection suite](../../tests/injection/) plants one thing
at a time on a deployed host, looks at that host as `kootwijk verify` does, and takes it away again.
Some are dependencies under US law, plain or hidden; others are near-misses, which only look like
one and must be left alone. This page is written by a run:
`.venv/bin/python -m tests.injection -i INVENTORY --write`.

{blindly}

A stranger to the suite planted eleven things of their own devising: three were found, eight missed.
Since then the observers look at all eight places, and cases like them are in the suite.
A second one read the observers first and aimed at what they did not look at: of 39, some seven
were found. All but one of these places are looked at now, with cases like them in the suite; the
one left alone, a token that proves a domain's owner to Google or Microsoft, is named there too.

Run of {date}, on {hosts}, revision {revision}: {cases} cases in {seconds} s.

| cases {head}
{parts}

*Recall*: of what was planted, how much was found and called FAIL (a look-alike name, which nobody
can place: UNKNOWN, which fails too). *Precision*: of what was reported, how much was planted; a
finding beside a planted thing that does not follow from it counts as a false alarm, like a
near-miss that is reported. The target is 98% for both.

## By layer
| layer {head}
{layers}

Of the {found} found, {in_their_layer} were put in the layer that the case names; the others were
found in another one.

## Cases held out
`tests/injection/cases/held_out*.yml` were written from the issue and the hosts alone, by who had
not read the code. A suite that is mended until its own cases pass measures its mending;
what these said the first time is nearer to what a stranger's platform will meet.

| run {head}
{first}

{blind}
Since then causes were mended, so that only the first runs are blind. {corrected} of these cases
were wrong themselves, and were corrected after the first run:

{corrections}

## What it got wrong in this run
{wrong}

## Every case
| case | layer | kind | result | said |
|---|---|---|---|---|
{every}
"""
_HEAD = """| planted | found | recall | near-misses | false alarms | precision |
|---|---|---|---|---|---|---|"""


def page(result: Mapping[str, Any], first: Sequence[Mapping[str, Any]]) -> str:
    """Return docs/reference/injection.md from a run and the first runs of the held-out cases."""
    parts, every = result["parts"], result["cases"]
    corrected = [f"- `{c['id']}`: {c['corrected']}" for c in every if c["corrected"]]
    return _PAGE.format(
        **result["about"],
        blindly=_blindly(first),
        head=_HEAD,
        parts="\n".join(_row(name, parts[name]) for name in parts),
        layers="\n".join(_row(f"{k} {LAYERS[k]}", row) for k, row in result["by_layer"].items()),
        found=parts["all"]["found"],
        in_their_layer=parts["all"]["in_their_layer"],
        first="\n".join(_row(f"{r['when']}, {r['revision']}", r["numbers"]) for r in first),
        blind="\n".join(map(_blind, first)),
        corrected=len(corrected),
        corrections="\n".join(corrected),
        wrong="\n".join(wrong(every) or ["Nothing."]),
        every="\n".join(map(_line, every)),
    )


def _row(name: str, row: Mapping[str, Any]) -> str:
    return (
        f"| {name} | {row['planted']} | {row['found']} | {_percent(row['recall'])} | "
        f"{row['near_misses']} | {row['false_alarms']} | {_percent(row['precision'])} |"
    )


def _blind(run: Mapping[str, Any]) -> str:
    """Return what a first run got wrong, by name."""
    said = {
        "missed": run["missed"],
        "reported what it should not": run["false"],
        "could not be planted": run["error"],
    }
    lines = [f"- {what}: {', '.join(f'`{i}`' for i in ids)}" for what, ids in said.items() if ids]
    return "\n".join([f"In the run of {run['when']}:", "", *lines, ""])


def _blindly(first: Sequence[Mapping[str, Any]]) -> str:
    """Return what the first runs of cases held out say of a platform that the suite never saw."""
    if not first:
        return "No case was tried before its cause could be mended."
    runs = "\n".join(
        f"- {r['when']}: {_percent(n['recall'])} found ({n['found']} of {n['planted']}), with a "
        f"precision of {_percent(n['precision'])}"
        for r in first
        for n in [r["numbers"]]
    )
    return (
        f"**Cases held out, each batch tried once and blind:**\n\n{runs}\n\n"
        "The figures below were measured after the causes were mended, and say that it stayed so."
    )


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f}%"


def wrong(cases: Sequence[Mapping[str, Any]]) -> list[str]:
    bad = [c for c in cases if c["result"] in ("missed", "false alarm", "found, and more", "error")]
    lines = []
    for case in bad:
        more = "; ".join([*case["false"], case["why"]]).strip("; ")
        lines.append(f"- `{case['id']}` ({case['layer']}): {case['result']}. {more}".rstrip(" ."))
    counts = Counter(c["why"] for c in cases if c["result"] == "not tried")
    lines += [f"- not tried: {n} cases ({why})" for why, n in counts.items()]
    return lines


def _line(case: Mapping[str, Any]) -> str:
    said = "; ".join([*case["found"], *case["false"]])[:160].replace("|", "/")
    return f"| {case['id']} | {case['layer']} | {case['kind']} | {case['result']} | {said} |"
