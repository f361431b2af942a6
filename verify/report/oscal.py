"""The run as OSCAL assessment results, for tools of auditors. Pure.

One observation and, where it does not hold, one risk per finding of the run; one OSCAL finding per
control, because that is what a control's owner is asked. Identifiers follow from the run, so that
the same run gives the same document.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from verify.model import BAD, Status
from verify.report.scores import EXPLAINED, MET, NOT_TESTED
from verify.report.visible import everywhere

if TYPE_CHECKING:
    from verify.model import Finding
    from verify.report.view import View

VERSION = "1.2.1"
NAMESPACE = (
    "https://kootwijk.example/ns/oscal"  # a reserved name: it identifies, nothing lives there
)
_METHODS = {"E0": "INTERVIEW", "E1": "EXAMINE", "E2": "EXAMINE"}
_REASONS = {MET: "pass", NOT_TESTED: "other"}


def written(view: View, *, version: str) -> dict[str, Any]:
    """Return the document, an object ``assessment-results`` (OSCAL 1.2)."""
    made: dict[str, Any] = everywhere(_Document(view, version).made())
    return made


class _Document:
    def __init__(self, view: View, version: str) -> None:
        self.view, self.run, self.version = view, view.run, version
        self.base = _uuid(uuid.NAMESPACE_URL, f"{NAMESPACE}:{self.run.inventory}")
        self.expiry = {e.waiver.id: e.waiver for e in view.exceptions}

    def id(self, *words: str) -> str:
        return str(_uuid(self.base, "\0".join((self.run.started, *words))))

    def made(self) -> dict[str, Any]:
        return {
            "assessment-results": {
                "uuid": self.id("document"),
                "metadata": {
                    "title": f"Sovereignty of {self.run.inventory}",
                    "last-modified": self.run.finished,
                    "version": self.run.started,
                    "oscal-version": VERSION,
                    "parties": [
                        {"uuid": self.id("tool"), "type": "organization", "name": "Kootwijk"}
                    ],
                },
                "import-ap": {"href": f"#{self.id('plan')}"},
                "results": [self._result()],
                "back-matter": {
                    "resources": [
                        {
                            "uuid": self.id("plan"),
                            "title": "The suite's controls, which are the assessment plan",
                            "rlinks": [{"href": "run.json", "media-type": "application/json"}],
                        }
                    ]
                },
            }
        }

    def _result(self) -> dict[str, Any]:
        risky = [f for f in self.run.findings if f.status in (*BAD, Status.WAIVED)]
        made: dict[str, Any] = {
            "uuid": self.id("result"),
            "title": f"Run of {self.run.started}",
            "description": f"Kootwijk {self.version}: {self.run.status}",
            "start": self.run.started,
            "end": self.run.finished,
            "local-definitions": {"inventory-items": self._hosts()},
            "reviewed-controls": {
                "control-selections": [
                    {
                        "include-controls": [
                            {"control-id": name} for name in sorted(self.view.scores.controls)
                        ]
                    }
                ]
            },
            "observations": [self._observation(f) for f in self.run.findings],
            "findings": [self._finding(name) for name in self.view.scores.controls],
        }
        if risky:
            made["risks"] = [self._risk(f) for f in risky]
        return made

    def _hosts(self) -> list[dict[str, Any]]:
        return [
            {
                "uuid": self.id("host", h.name),
                "description": h.fqdn if h.reached else f"{h.fqdn}: not reached: {h.error}",
                "props": [
                    _prop("host", h.name),
                    _prop("reached", "yes" if h.reached else "no"),
                ],
            }
            for h in self.run.hosts
        ]

    def _observation(self, finding: Finding) -> dict[str, Any]:
        names = {h.name for h in self.run.hosts}
        made: dict[str, Any] = {
            "uuid": self.id("observation", finding.id),
            "title": f"{finding.control} {finding.host} {finding.component} {finding.endpoint}",
            "description": finding.reason or str(finding.status),
            "methods": [_METHODS.get(finding.grade, "TEST")],
            "types": ["finding" if finding.status is not Status.PASS else "control-objective"],
            "props": [
                _prop(key, value)
                for key, value in (
                    ("finding", finding.id),
                    ("status", str(finding.status)),
                    ("layer", finding.layer),
                    ("component", finding.component),
                    ("endpoint", finding.endpoint),
                    ("jurisdiction", finding.jurisdiction),
                    ("owner", finding.owner),
                    ("evidence-grade", finding.grade),
                )
                if value.strip()
            ],
            "origins": [{"actors": [{"type": "tool", "actor-uuid": self.id("tool")}]}],
            "collected": self.run.started,
        }
        if finding.host in names:
            made["subjects"] = [
                {"subject-uuid": self.id("host", finding.host), "type": "inventory-item"}
            ]
        if finding.sources:
            made["relevant-evidence"] = [
                {"href": "run.json", "description": f"{s.kind}: {s}"} for s in finding.sources
            ]
        return made

    def _finding(self, control: str) -> dict[str, Any]:
        outcome = self.view.scores.controls[control]
        known = self.view.controls.get(control)
        about = [f for f in self.run.findings if f.control == control]
        made: dict[str, Any] = {
            "uuid": self.id("finding", control),
            "title": control,
            "description": known.statement if known else control,
            "target": {
                "type": "objective-id",
                "target-id": control,
                "status": {
                    "state": "satisfied" if outcome.verdict == MET else "not-satisfied",
                    "reason": _REASONS.get(outcome.verdict, "fail"),
                    "remarks": outcome.verdict
                    + (" (by waiver only)" if outcome.verdict == EXPLAINED else ""),
                },
            },
        }
        if about:
            made["related-observations"] = [
                {"observation-uuid": self.id("observation", f.id)} for f in about
            ]
        risks = [f for f in about if f.status in (*BAD, Status.WAIVED)]
        if risks:
            made["related-risks"] = [{"risk-uuid": self.id("risk", f.id)} for f in risks]
        return made

    def _risk(self, finding: Finding) -> dict[str, Any]:
        waiver = self.expiry.get(finding.waiver)
        made: dict[str, Any] = {
            "uuid": self.id("risk", finding.id),
            "title": f"{finding.control} {finding.host} {finding.endpoint or finding.component}",
            "description": finding.reason or str(finding.status),
            "statement": finding.remedy.en or "No remedy is known.",
            "status": "deviation-approved" if finding.status is Status.WAIVED else "open",
            "props": [_prop("severity", finding.severity)],
            "related-observations": [{"observation-uuid": self.id("observation", finding.id)}],
        }
        if waiver:
            made["deadline"] = f"{waiver.expiry}T23:59:59+00:00"
            made["mitigating-factors"] = [
                {
                    "uuid": self.id("mitigation", finding.id),
                    "description": waiver.compensating_control,
                }
            ]
            made["remediations"] = [
                {
                    "uuid": self.id("exit", finding.id),
                    "lifecycle": "planned",
                    "title": f"Waiver {waiver.id}",
                    "description": waiver.exit_plan,
                }
            ]
        return made


def _uuid(base: uuid.UUID, text: str) -> uuid.UUID:
    return uuid.uuid5(base, text.encode(errors="backslashreplace").decode())


def _prop(name: str, value: str) -> dict[str, str]:
    return {"name": name, "ns": NAMESPACE, "value": value.strip()}
