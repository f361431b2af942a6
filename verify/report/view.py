"""What a reader wants to know, taken from a run: pure, and in no language yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from verify.model import BAD, LAYERS, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from verify.catalogue.controls import Control
    from verify.model import Finding, HostSeen, Observation, Run
    from verify.report.changes import Changes
    from verify.report.scores import Scores
    from verify.waivers import Waiver

OWN = "own"
# From what the platform prefers to what it must not have; the map's columns, left to right.
PLACES = (OWN, "NL", "EU", "EEA", "ADEQUATE", "OTHER", "MIXED", "UNKNOWN", "US")
_WORST = ("FAIL", "WAIVER_EXPIRED", "UNKNOWN", "WAIVED", "NOT_TESTED", "PASS")


@dataclass(frozen=True)
class Dependency:
    """All that one owner answers for in one layer. ``place`` is one of PLACES."""

    layer: str
    place: str
    owner: str
    status: str
    endpoints: tuple[str, ...]
    components: tuple[str, ...]
    hosts: tuple[str, ...]
    grades: tuple[str, ...]
    criticality: tuple[str, ...]


@dataclass(frozen=True)
class Layer:
    """What was looked at in a layer. ``best`` is the strongest evidence, empty if nothing is.

    ``endpoints`` are those of the observations; where there are none, those that findings name.
    """

    id: str
    observations: int
    endpoints: int
    best: str
    counts: dict[str, int]
    status: str

    @property
    def blank(self) -> bool:
        """Whether nothing was seen: no endpoint, and no finding but of what was not tested."""
        return not self.best and not set(self.counts) - {"NOT_TESTED"}


@dataclass(frozen=True)
class Explained:
    """A waiver, what it covers, and the days left on the day of the run; negative: past its end."""

    waiver: Waiver
    covers: tuple[Finding, ...]
    days: int


@dataclass(frozen=True)
class View:
    """Everything the page shows. ``american`` and ``unplaced`` are endpoints, the rest findings."""

    run: Run
    controls: dict[str, Control]
    scores: Scores
    changes: Changes | None
    dependencies: tuple[Dependency, ...]
    layers: tuple[Layer, ...]
    exceptions: tuple[Explained, ...]

    def having(self, *statuses: str) -> list[Finding]:
        return [f for f in self.run.findings if f.status in statuses]

    @property
    def bad(self) -> list[Finding]:
        return self.having(*BAD)

    @property
    def american(self) -> list[str]:
        return _endpoints(f for f in self.having("FAIL") if f.jurisdiction == "US")

    @property
    def unplaced(self) -> list[str]:
        return _endpoints(f for f in self.bad if f.jurisdiction == "UNKNOWN")

    @property
    def others(self) -> list[Finding]:
        known = {*self.american, *self.unplaced}
        return [
            f
            for f in self.having("FAIL", "UNKNOWN")
            if not (f.endpoint in known and f.jurisdiction in ("US", "UNKNOWN"))
        ]

    @property
    def missing(self) -> list[HostSeen]:
        return [h for h in self.run.hosts if not h.reached]

    @property
    def blank(self) -> list[Layer]:
        return [x for x in self.layers if x.blank]

    @property
    def waived(self) -> set[str]:
        """What exceptions explain, once each: the same endpoint on many hosts is one."""
        return {f.endpoint.lower() or f.id for f in self.having("WAIVED")}

    @property
    def outside(self) -> list[Dependency]:
        return [d for d in self.dependencies if d.place != OWN]

    @property
    def grades(self) -> list[str]:
        return sorted({o.grade for o in self.run.observations})


def seen(  # a name that reads as view.seen(...)
    run: Run,
    *,
    controls: dict[str, Control],
    scores: Scores,
    changes: Changes | None,
    waivers: Sequence[Waiver],
) -> View:
    """Return what the page shows of ``run``."""
    return View(
        run=run,
        controls=controls,
        scores=scores,
        changes=changes,
        dependencies=_dependencies(run),
        layers=tuple(_layer(name, run) for name in LAYERS),
        exceptions=_exceptions(run, waivers),
    )


def _endpoints(findings: Iterable[Finding]) -> list[str]:
    return sorted({f.endpoint for f in findings if f.endpoint})


def _dependencies(run: Run) -> tuple[Dependency, ...]:
    doubted = {f.endpoint.lower() for f in run.findings if f.status is not Status.PASS}
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in run.findings:
        place = _place(finding, doubted)
        if finding.endpoint and finding.layer in LAYERS and place != OWN:
            groups.setdefault((finding.layer, place, finding.owner), []).append(finding)
    made = [_dependency(key, found) for key, found in groups.items()]
    made += [own for layer in LAYERS if (own := _own(layer, run, doubted))]
    return tuple(sorted(made, key=_by_layer))


def _own(layer: str, run: Run, doubted: set[str]) -> Dependency | None:
    """Return what was seen in a layer and found to be nobody's outside, by findings that pass.

    Those name a component as a whole, or the platform's own endpoint.
    """
    found = [f for f in run.findings if f.layer == layer]
    ours = [f for f in found if f.endpoint and _place(f, doubted) == OWN]
    named = {f.endpoint.lower() for f in found}
    clean = {(f.host, f.component) for f in found if not f.endpoint and f.status is Status.PASS}
    looked: list[Finding | Observation] = [
        *ours,
        *(
            o
            for o in run.observations
            if o.layer == layer
            and (o.host, o.component) in clean
            and o.endpoint.lower() not in named
        ),
    ]
    if not looked:
        return None
    return Dependency(
        layer=layer,
        place=OWN,
        owner="",
        status=str(Status.PASS),
        endpoints=tuple(sorted({o.endpoint for o in looked})),
        components=tuple(sorted({o.component for o in looked if o.component})),
        hosts=tuple(sorted({o.host for o in looked})),
        grades=tuple(sorted({o.grade for o in looked})),
        criticality=(),
    )


def _by_layer(one: Dependency) -> tuple[int, int, int, str]:
    layers = list(LAYERS)
    return (
        layers.index(one.layer),
        _WORST.index(one.status),
        -PLACES.index(one.place),
        one.owner,
    )


def _place(finding: Finding, doubted: set[str]) -> str:
    """Return whose it is. What passes and has no owner is the platform's own or nobody's.

    Unless a finding about the same endpoint does not pass: then it is unknown.
    """
    if finding.jurisdiction in PLACES and finding.jurisdiction != "UNKNOWN":
        return finding.jurisdiction
    passes = finding.status is Status.PASS and finding.endpoint.lower() not in doubted
    return OWN if passes and not finding.owner else "UNKNOWN"


def _dependency(key: tuple[str, str, str], found: Sequence[Finding]) -> Dependency:
    layer, place, owner = key
    return Dependency(
        layer=layer,
        place=place,
        owner=owner,
        status=worst(f.status for f in found),
        endpoints=tuple(_endpoints(found)),
        components=tuple(sorted({f.component for f in found if f.component})),
        hosts=tuple(sorted({f.host for f in found})),
        grades=tuple(sorted({f.grade for f in found})),
        criticality=tuple(sorted({f.criticality for f in found if f.criticality})),
    )


def worst(statuses: Iterable[str]) -> str:
    """Return the first of FAIL, WAIVER_EXPIRED, UNKNOWN, WAIVED, NOT_TESTED, PASS that is there."""
    return min(map(str, statuses), key=_WORST.index, default="")


def _layer(name: str, run: Run) -> Layer:
    looked = [o for o in run.observations if o.layer == name]
    found = [f for f in run.findings if f.layer == name]
    named = [f for f in found if f.endpoint and f.status is not Status.NOT_TESTED]
    held = looked or named
    return Layer(
        id=name,
        observations=len(looked),
        endpoints=len({o.endpoint for o in held}),
        best=max((o.grade for o in held), default=""),
        counts={w: n for w in _WORST if (n := sum(f.status == w for f in found))},
        status=worst(f.status for f in found),
    )


def _exceptions(run: Run, waivers: Sequence[Waiver]) -> tuple[Explained, ...]:
    today = day(run.started)
    return tuple(
        Explained(
            waiver=one,
            covers=tuple(f for f in run.findings if f.waiver == one.id),
            days=(one.expiry - today).days,
        )
        for one in sorted(waivers, key=lambda w: w.expiry)
    )


def day(moment: str) -> date:
    """Return the day of an ISO 8601 moment."""
    return datetime.fromisoformat(moment).date()
