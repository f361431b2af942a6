"""One run: look, judge, conclude."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from deploy.errors import CheckError
from deploy.narrate import say
from deploy.paths import ROOT
from verify import catalogue
from verify import evidence as evidences
from verify.model import Finding, Run, Status

if TYPE_CHECKING:
    from deploy.inventory import Inventory
    from verify.evidence import Evidence

_ORDER = ("FAIL", "WAIVER_EXPIRED", "UNKNOWN", "WAIVED", "NOT_TESTED", "PASS")


@dataclass
class _Plugin:
    """Hands the evidence to the controls and takes their findings."""

    evidence: Evidence
    findings: list[Finding] = field(default_factory=list)


def verify(inventory: Inventory) -> Run:
    """Look at every host of ``inventory``, try every control, return the run."""
    found = evidences.collect(inventory)
    for host in found.hosts:
        say(f"    {host.name}: {host.error or f'seen in {host.seconds} s'}")
    return conclude(found)


def conclude(found: Evidence) -> Run:
    """Return the run that follows from the evidence."""
    plugin = _Plugin(found)
    said = io.StringIO()
    words = ["-q", "--no-header", "-p", "no:cacheprovider", "--tb=short", "-c"]
    words += [str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT)]
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        pytest.main([*words, str(ROOT / "verify" / "controls")], plugins=[_Named(plugin)])
    if not plugin.findings:
        raise CheckError("the controls did not run", where=said.getvalue()[-2000:])
    plugin.findings += _untried(plugin.findings)
    return Run(
        inventory=str(found.inventory.name),
        started=found.started,
        finished=evidences.now(),
        data=found.data,
        hosts=found.hosts,
        observations=found.observations,
        findings=tuple(sorted(plugin.findings, key=_key)),
        lab=found.inventory.lab is not None,
    )


def _untried(findings: list[Finding]) -> list[Finding]:
    """Return a finding for each control that found nothing here to be tried on."""
    tried = {f.control for f in findings}
    said = "nothing in this inventory to try it on"
    return [
        Finding(
            c.id,
            Status.NOT_TESTED,
            "platform",
            reason=said,
            severity=c.severity,
            layer=c.layers[0] if len(c.layers) == 1 else "",
            remedy=c.remedy,
        )
        for c in catalogue.controls().values()
        if c.id not in tried
    ]


class _Named:
    """Registers the plugin under the name by which the controls find it."""

    def __init__(self, plugin: _Plugin) -> None:
        self._plugin = plugin

    def pytest_configure(self, config: pytest.Config) -> None:
        config.pluginmanager.register(self._plugin, "kootwijk-evidence")


def _key(finding: Finding) -> tuple[object, ...]:
    return (
        _ORDER.index(str(finding.status)),
        finding.control,
        finding.host,
        finding.layer,
        finding.component,
        finding.endpoint,
    )
