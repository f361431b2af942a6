"""What is planted, as data: the cases, read and checked."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from verify.model import LAYERS, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent / "cases"
HELD_OUT = "held_out"
KINDS = ("plain", "hidden", "near-miss")
_CASE = {"id", "layer", "kind", "host", "plant", "find", "also", "pages", "lasting", "corrected"}
_FIND = {"endpoint", "status", "control"}
# Each step has one of these, and what it needs.
_STEPS = {
    "file": {"text", "mode", "base64"},
    "append": {"text"},
    "edit": {"find", "put"},
    "delete": set(),
    "link": {"to"},
    "sparse": {"size"},
    "run": {"undo"},
    "record": {"type", "data"},
    "contract": set(),
}


@dataclass(frozen=True)
class Case:
    """One thing that is planted on a host.

    ``host`` is the role whose first host gets it. ``plant`` are the steps, as the agent takes them.
    ``endpoints`` are globs of what must be found (none: a near-miss, nothing may be), ``statuses``
    what counts as found. ``also`` are globs of other findings that rightly follow from it.
    ``corrected``: what was wrong with the case itself when it was first run.
    ``pages`` needs a browser; ``lasting`` leaves a trace that stays (a log).
    """

    id: str
    layer: str
    kind: str
    host: str
    plant: tuple[dict[str, Any], ...]
    endpoints: tuple[str, ...]
    statuses: tuple[Status, ...]
    control: str
    also: tuple[str, ...]
    pages: bool
    lasting: bool
    held_out: bool
    corrected: str

    @property
    def near_miss(self) -> bool:
        return self.kind == "near-miss"

    def wants(self, endpoint: str) -> bool:
        return any(_fits(endpoint, glob) for glob in self.endpoints)

    def allows(self, endpoint: str) -> bool:
        return self.wants(endpoint) or any(_fits(endpoint, g) for g in self.also)


def _fits(endpoint: str, glob: str) -> bool:
    return fnmatch.fnmatchcase(endpoint.lower(), glob.lower())


def load(folder: Path = FOLDER) -> tuple[Case, ...]:
    """Read every file of ``folder``; ValueError for a case that says too little or too much."""
    made = [
        _case(entry, held_out=file.stem.startswith(HELD_OUT))
        for file in sorted(folder.glob("*.yml"))
        for entry in yaml.safe_load(file.read_text(encoding="utf-8"))["cases"]
    ]
    twice = {c.id for c in made if sum(o.id == c.id for o in made) > 1}
    if twice:
        raise ValueError(f"the same id twice: {', '.join(sorted(twice))}")
    return tuple(sorted(made, key=lambda c: (c.lasting, c.host)))


def _case(entry: dict[str, Any], *, held_out: bool) -> Case:
    name = entry.get("id", "?")
    problems = [*_problems(entry)]
    if problems:
        raise ValueError(f"case {name}: {'; '.join(problems)}")
    find = entry.get("find") or {}
    return Case(
        id=name,
        layer=entry["layer"],
        kind=entry["kind"],
        host=entry["host"],
        plant=tuple(entry["plant"]),
        endpoints=tuple(_words(find.get("endpoint"))),
        statuses=tuple(Status(s) for s in find.get("status", ["FAIL"])),
        control=find.get("control", "*"),
        also=tuple(_words(entry.get("also"))),
        pages=bool(entry.get("pages")),
        lasting=bool(entry.get("lasting")),
        held_out=held_out,
        corrected=entry.get("corrected", ""),
    )


def _problems(entry: dict[str, Any]) -> Iterator[str]:
    if lacking := {"id", "layer", "kind", "host", "plant"} - set(entry):
        yield f"it lacks {', '.join(sorted(lacking))}"
        return
    if more := set(entry) - _CASE:
        yield f"unknown: {', '.join(sorted(more))}"
    if entry["layer"] not in LAYERS or entry["kind"] not in KINDS:
        yield "layer or kind is none of the known ones"
    if (entry["kind"] == "near-miss") == bool(entry.get("find")):
        yield "a near-miss has no `find`, anything else has one"
    if more := set(entry.get("find") or {}) - _FIND:
        yield f"unknown in find: {', '.join(sorted(more))}"
    for step in entry["plant"]:
        kinds = [k for k in _STEPS if k in step]
        if "edit" in kinds and "find" in step:
            kinds = ["edit"]
        if len(kinds) != 1 or set(step) - {kinds[0]} - _STEPS[kinds[0]]:
            yield f"a step that is none: {step}"


def _words(value: object) -> list[str]:
    if value is None:
        return []
    return [str(v) for v in value] if isinstance(value, list) else [str(value)]
