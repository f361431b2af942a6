"""What the run says of each framework, and no more than it says.

A run can refute a level; it cannot award one, because most of what a framework asks (contracts,
people, energy) no host can show. So the Cloud Sovereignty Framework gets, per objective, the
highest SEAL that the run leaves open, computed only from controls that map to it and were tried.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from verify.catalogue.controls import FRAMEWORKS
from verify.model import BAD, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from verify.catalogue.controls import Control
    from verify.model import Finding, Run

SCHEMA = "kootwijk.scores/1"
SOVEREIGNTY = "csf"
WEIGHTS = {
    "SOV-1": 15,
    "SOV-2": 10,
    "SOV-3": 10,
    "SOV-4": 15,
    "SOV-5": 20,
    "SOV-6": 15,
    "SOV-7": 10,
    "SOV-8": 5,
}
HIGHEST = 4
# The highest SEAL left by a control that is not met. SEAL-1: EU law applies in form only. SEAL-2:
# material dependencies outside the EU remain. SEAL-3: marginal ones do.
_LEFT = {"critical": 1, "high": 2, "medium": 3, "low": 3}
MET, NOT_MET, EXPLAINED, NOT_TESTED = "met", "not met", "explained", "not tested"


@dataclass(frozen=True)
class Outcome:
    """One requirement or control. ``verdict``: met, not met, explained (waived), not tested."""

    id: str
    verdict: str
    controls: tuple[str, ...] = ()
    findings: int = 0


@dataclass(frozen=True)
class Objective:
    """``seal`` is the highest level left open, None where nothing that maps to it was tried."""

    id: str
    weight: int
    seal: int | None
    tested: int
    mapped: int
    against: tuple[str, ...]


@dataclass(frozen=True)
class Scores:
    """``score`` is of 100, over the objectives that were tested; ``coverage`` is their weight."""

    objectives: tuple[Objective, ...]
    frameworks: dict[str, tuple[Outcome, ...]]
    controls: dict[str, Outcome]

    @property
    def coverage(self) -> int:
        return sum(o.weight for o in self.objectives if o.seal is not None)

    @property
    def score(self) -> float | None:
        got = sum(o.weight * o.seal / HIGHEST for o in self.objectives if o.seal is not None)
        return round(100 * got / self.coverage, 1) if self.coverage else None

    @property
    def seal(self) -> int | None:
        """Return the weakest objective's level, which is the whole's."""
        return min((o.seal for o in self.objectives if o.seal is not None), default=None)

    def counted(self, framework: str) -> Counter[str]:
        return Counter(o.verdict for o in self.frameworks[framework])

    def as_json(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "cloud_sovereignty_framework": {
                "version": FRAMEWORKS[SOVEREIGNTY],
                "highest_seal_left_open": self.seal,
                "score_of_tested": self.score,
                "weight_tested": self.coverage,
                "objectives": [
                    {
                        "id": o.id,
                        "weight": o.weight,
                        "highest_seal_left_open": o.seal,
                        "controls_tested": o.tested,
                        "controls_mapped": o.mapped,
                        "against": list(o.against),
                    }
                    for o in self.objectives
                ],
            },
            "frameworks": {
                key: {"name": FRAMEWORKS[key], "requirements": [_outcome(r) for r in found]}
                for key, found in self.frameworks.items()
            },
            "controls": [_outcome(o) for o in self.controls.values()],
        }


def scored(run: Run, controls: Mapping[str, Control]) -> Scores:
    """Return what the findings of ``run`` say of each framework that ``controls`` map to."""
    by_control: dict[str, list[Finding]] = {name: [] for name in controls}
    for finding in run.findings:
        by_control.setdefault(finding.control, []).append(finding)
    outcomes = {
        name: Outcome(name, _verdict(f.status for f in found), (name,), len(found))
        for name, found in by_control.items()
    }
    blind = not all(h.reached for h in run.hosts)
    return Scores(
        objectives=tuple(_objective(name, controls, by_control) for name in WEIGHTS),
        frameworks={
            key: tuple(
                _dimmed(one, blind=blind) for one in _requirements(key, controls, by_control)
            )
            for key in FRAMEWORKS
            if key != SOVEREIGNTY
        },
        controls={name: _dimmed(one, blind=blind) for name, one in outcomes.items()},
    )


def _dimmed(outcome: Outcome, *, blind: bool) -> Outcome:
    """Return the outcome; what holds where it was reached is not tested where it was not."""
    if blind and outcome.verdict != NOT_MET:
        return replace(outcome, verdict=NOT_TESTED)
    return outcome


def _verdict(statuses: Iterable[Status]) -> str:
    seen = set(statuses)
    if seen & set(BAD):
        return NOT_MET
    if Status.NOT_TESTED in seen or not seen:
        return NOT_TESTED
    return EXPLAINED if Status.WAIVED in seen else MET


def _objective(
    name: str, controls: Mapping[str, Control], found: Mapping[str, list[Finding]]
) -> Objective:
    mapped = [c for c in controls.values() if name in c.frameworks.get(SOVEREIGNTY, ())]
    tried = [c for c in mapped if any(f.status is not Status.NOT_TESTED for f in found[c.id])]
    left = [(c.id, _left(f)) for c in tried for f in found[c.id]]
    seal = min((level for _, level in left), default=None)
    against = sorted({control for control, level in left if level < HIGHEST})
    return Objective(name, WEIGHTS[name], seal, len(tried), len(mapped), tuple(against))


def _left(finding: Finding) -> int:
    if finding.status in BAD:
        return _LEFT.get(finding.severity, 1)
    if finding.status is Status.WAIVED:
        return 3 if finding.criticality == "unavoidable" else 2
    return HIGHEST


def _requirements(
    key: str, controls: Mapping[str, Control], found: Mapping[str, list[Finding]]
) -> tuple[Outcome, ...]:
    wanted: dict[str, list[str]] = {}
    for control in controls.values():
        for requirement in control.frameworks.get(key, ()):
            wanted.setdefault(requirement, []).append(control.id)
    made = []
    for requirement, names in sorted(wanted.items()):
        seen = [f.status for name in names for f in found[name]]
        untried = any(not found[name] for name in names)
        verdict = _verdict([*seen, Status.NOT_TESTED] if untried else seen)
        made.append(Outcome(requirement, verdict, tuple(names), len(seen)))
    return tuple(made)


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "id": outcome.id,
        "verdict": outcome.verdict,
        "controls": list(outcome.controls),
        "findings": outcome.findings,
    }
