"""The findings as SARIF 2.1.0, for tools that show results of checks. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from verify.model import BAD, Status
from verify.report.visible import everywhere, visible

if TYPE_CHECKING:
    from verify.model import Finding, Source
    from verify.report.view import View

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}


def written(view: View, *, version: str) -> dict[str, Any]:
    """Return a SARIF log of one run. UNKNOWN fails here too; WAIVED is suppressed, not gone."""
    known = list(dict.fromkeys([*view.controls, *(f.control for f in view.run.findings)]))
    rules = [_rule(name, view) for name in known]
    log = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "Kootwijk", "version": version, "rules": rules}},
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {
                    h.name: {"uri": f"file://{quote(visible(h.fqdn), safe='.-')}/"}
                    for h in view.run.hosts
                },
                "invocations": [_invocation(view)],
                "results": [_result(f, known.index(f.control), view) for f in view.run.findings],
                "properties": {"inventory": view.run.inventory, "data": view.run.data},
            }
        ],
    }
    found: dict[str, Any] = everywhere(log)
    return found


def _rule(name: str, view: View) -> dict[str, Any]:
    control = view.controls.get(name)
    if control is None:
        return {"id": name}
    return {
        "id": name,
        "shortDescription": {"text": control.statement},
        "help": {"text": control.remedy.en or control.statement},
        "defaultConfiguration": {"level": _LEVELS.get(control.severity, "error")},
        "properties": {
            "severity": control.severity,
            "layers": list(control.layers),
            "frameworks": {k: list(v) for k, v in control.frameworks.items()},
        },
    }


def _invocation(view: View) -> dict[str, Any]:
    run = view.run
    return {
        "executionSuccessful": not view.missing,
        "startTimeUtc": _utc(run.started),
        "endTimeUtc": _utc(run.finished),
        "exitCode": run.exit_code,
        "toolExecutionNotifications": [
            {"level": "error", "message": {"text": f"{h.name} was not reached: {h.error}"}}
            for h in view.missing
        ],
    }


def _utc(moment: str) -> str:
    return moment.replace("+00:00", "Z")


def _result(finding: Finding, index: int, view: View) -> dict[str, Any]:
    failed = finding.status in (*BAD, Status.WAIVED)
    kind = {Status.PASS: "pass", Status.NOT_TESTED: "open"}.get(finding.status, "fail")
    made: dict[str, Any] = {
        "ruleId": finding.control,
        "ruleIndex": index,
        "kind": kind,
        "level": _LEVELS.get(finding.severity, "error") if failed else "none",
        "message": {"text": _message(finding)},
        "locations": [_location(finding, s) for s in finding.sources] or [_location(finding, None)],
        "partialFingerprints": {"kootwijkFinding/v1": finding.id},
        "properties": {
            "status": str(finding.status),
            "layer": finding.layer,
            "component": finding.component,
            "endpoint": finding.endpoint,
            "jurisdiction": finding.jurisdiction,
            "owner": finding.owner,
            "evidence": finding.grade,
            "criticality": finding.criticality,
            "remedy": finding.remedy.en,
            "chain": list(finding.chain),
        },
    }
    if finding.status is Status.WAIVED:
        made["suppressions"] = [
            {
                "kind": "external",
                "status": "accepted",
                "justification": f"{finding.waiver}: {finding.reason}",
            }
        ]
    if view.changes is not None:
        made["baselineState"] = _baseline(finding, view)
    return made


def _baseline(finding: Finding, view: View) -> str:
    changes = view.changes
    if changes is None:
        return "new"
    if finding.id in {f.id for f in changes.appeared}:
        return "new"
    return "updated" if finding.id in {f.id for _, f in changes.moved} else "unchanged"


def _message(finding: Finding) -> str:
    subject = " ".join(filter(None, [finding.component, finding.endpoint]))
    return f"{finding.host}: {subject or finding.control}: {finding.reason or finding.status}"


def _location(finding: Finding, source: Source | None) -> dict[str, Any]:
    place = str(source) if source else ""
    name = "/".join(filter(None, [finding.host, finding.component, place]))
    made: dict[str, Any] = {
        "logicalLocations": [
            {
                "name": finding.component or finding.host,
                "fullyQualifiedName": name,
                "kind": "module",
            }
        ]
    }
    if source and source.kind == "file" and source.place.startswith("/"):
        made["physicalLocation"] = {
            "artifactLocation": {
                "uri": quote(visible(source.place).lstrip("/"), safe="/"),
                "uriBaseId": finding.host,
            }
        }
        if source.line > 0:
            made["physicalLocation"]["region"] = {"startLine": source.line}
    return made
