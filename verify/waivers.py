"""Waivers: comply or explain, as data beside the inventory, with an end."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from deploy.errors import InputError
from verify.declared import entries
from verify.model import LAYERS, Finding, Status

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FILE = "waivers.yml"


@dataclass(frozen=True)
class Waiver:
    """A finding that is tolerated until ``expiry``, by whom, why, and how it ends.

    ``control``, ``component`` and ``host`` are optional globs that narrow it; ``endpoint`` is one.
    """

    id: str
    layer: str
    endpoint: str
    reason: str
    owner: str
    compensating_control: str
    exit_plan: str
    expiry: date
    control: str = "*"
    component: str = "*"
    host: str = "*"

    def covers(self, finding: Finding) -> bool:
        return self.layer == finding.layer and all(
            fnmatch.fnmatchcase(value.lower(), pattern.lower())
            for value, pattern in (
                (finding.endpoint, self.endpoint),
                (finding.control, self.control),
                (finding.component, self.component),
                (finding.host, self.host),
            )
        )


def read(inventory: Path) -> tuple[Waiver, ...]:
    """Return the waivers of an inventory; InputError for one that is not complete."""
    path = inventory / FILE
    made = tuple(_waiver(entry, path) for entry in entries(path, "waivers", _wrong))
    names = [w.id for w in made]
    if twice := {n for n in names if names.count(n) > 1}:
        raise _wrong(f"{', '.join(sorted(twice))} is there twice", path)
    return made


def _waiver(entry: Any, path: Path) -> Waiver:
    if not isinstance(entry, dict):
        raise _wrong(f"this is no waiver: {entry!r}", path)
    known = {f.name for f in fields(Waiver)}
    missing = [n for n in sorted(known - {"control", "component", "host"}) if not entry.get(n)]
    name = entry.get("id", "a waiver")
    if missing or (unknown := sorted(set(entry) - known)):
        raise _wrong(f"{name}: " + (f"no {', '.join(missing)}" if missing else f"{unknown}?"), path)
    if entry["layer"] not in LAYERS or not isinstance(entry["expiry"], date):
        raise _wrong(f"{name}: layer is L1 to L17, expiry a date like 2027-03-31", path)
    if str(entry["endpoint"]).strip("*.") == "":
        raise _wrong(f"{name}: an endpoint that is everything explains nothing", path)
    words: dict[str, Any] = {k: v if k == "expiry" else str(v) for k, v in entry.items()}
    return Waiver(**words)


def apply(
    findings: Iterable[Finding], waivers: Iterable[Waiver], today: date
) -> tuple[Finding, ...]:
    """Return the findings; what a waiver covers is WAIVED, or WAIVER_EXPIRED after its day."""
    held = tuple(waivers)
    return tuple(_applied(finding, held, today) for finding in findings)


def _applied(finding: Finding, waivers: tuple[Waiver, ...], today: date) -> Finding:
    if finding.status not in (Status.FAIL, Status.UNKNOWN):
        return finding
    covering = [w for w in waivers if w.covers(finding)]
    if not covering:
        return finding
    waiver = max(covering, key=lambda w: w.expiry)
    expired = waiver.expiry < today
    return replace(
        finding,
        status=Status.WAIVER_EXPIRED if expired else Status.WAIVED,
        waiver=waiver.id,
        reason=f"{finding.reason}; waived until {waiver.expiry} by {waiver.owner}: {waiver.reason}",
    )


def _wrong(what: str, path: Path) -> InputError:
    return InputError(
        f"the waivers are wrong: {what}",
        where=str(path),
        next_step="a waiver has id, layer, endpoint, reason, owner, compensating_control, "
        "exit_plan and expiry; see docs/reference/verify.md",
    )
