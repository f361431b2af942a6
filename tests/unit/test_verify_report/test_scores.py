"""A framework is scored by what was tested, and by nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.test_verify_report.runs import HOST, finding, of
from verify.catalogue.controls import Control
from verify.model import Remedy, Status
from verify.report import scores


def control(name: str, severity: str = "high", **frameworks: tuple[str, ...]) -> Control:
    return Control(name, "It holds.", "Het klopt.", severity, ("L10",), frameworks, Remedy())


ONE = {"KW-DEP-01": control("KW-DEP-01", "critical", csf=("SOV-1", "SOV-5"), c5=("SSO-04",))}


def test_the_weights_are_the_frameworks_own() -> None:
    assert list(scores.WEIGHTS.values()) == [15, 10, 10, 15, 20, 15, 10, 5]
    assert sum(scores.WEIGHTS.values()) == 100


@pytest.mark.parametrize(
    ("status", "severity", "criticality", "seal"),
    [
        (Status.PASS, "critical", "runtime", 4),
        (Status.FAIL, "critical", "runtime", 1),
        (Status.UNKNOWN, "critical", "runtime", 1),
        (Status.WAIVER_EXPIRED, "high", "runtime", 2),
        (Status.FAIL, "low", "runtime", 3),
        (Status.WAIVED, "critical", "runtime", 2),
        (Status.WAIVED, "critical", "unavoidable", 3),
        (Status.NOT_TESTED, "critical", "runtime", None),
    ],
)
def test_what_a_finding_leaves_open(
    status: Status, severity: str, criticality: str, seal: int | None
) -> None:
    run = of(finding(status, severity=severity, criticality=criticality))
    found = scores.scored(run, ONE)
    assert found.seal == seal
    assert found.coverage == (0 if seal is None else 35)
    assert found.score == (None if seal is None else seal * 25)


def test_what_was_not_tested_neither_helps_nor_harms() -> None:
    both = {**ONE, "KW-MAIL-01": control("KW-MAIL-01", csf=("SOV-7",))}
    found = scores.scored(of(finding(Status.FAIL)), both)
    untested = {o.id for o in found.objectives if o.seal is None}
    assert untested == {"SOV-2", "SOV-3", "SOV-4", "SOV-6", "SOV-7", "SOV-8"}
    assert (found.score, found.coverage) == (25.0, 35)
    mail = next(o for o in found.objectives if o.id == "SOV-7")
    assert (mail.tested, mail.mapped) == (0, 1)


def test_objectives_weigh_as_the_framework_says() -> None:
    two = {
        "KW-DEP-01": control("KW-DEP-01", csf=("SOV-5",)),
        "KW-DEP-02": control("KW-DEP-02", csf=("SOV-8",)),
    }
    run = of(
        finding(Status.FAIL, control="KW-DEP-02", severity="critical"),
        finding(control="KW-DEP-01"),
    )
    found = scores.scored(run, two)
    assert found.score == round(100 * (20 * 4 + 5 * 1) / 4 / 25, 1)
    assert found.seal == 1


@pytest.mark.parametrize(
    ("statuses", "verdict"),
    [
        ([], "not tested"),
        ([Status.PASS], "met"),
        ([Status.PASS, Status.NOT_TESTED], "not tested"),
        ([Status.PASS, Status.WAIVED], "explained"),
        ([Status.PASS, Status.WAIVED, Status.FAIL], "not met"),
        ([Status.NOT_TESTED, Status.UNKNOWN], "not met"),
        ([Status.WAIVER_EXPIRED], "not met"),
    ],
)
def test_a_requirement_is_met_only_if_all_of_it_is(statuses: list[Status], verdict: str) -> None:
    run = of(*(finding(s, endpoint=str(n)) for n, s in enumerate(statuses)))
    (found,) = scores.scored(run, ONE).frameworks["c5"]
    assert (found.id, found.verdict) == ("SSO-04", verdict)


def test_a_requirement_with_a_control_that_did_not_run_is_not_tested() -> None:
    two = {**ONE, "KW-DEP-09": control("KW-DEP-09", c5=("SSO-04",))}
    (found,) = scores.scored(of(finding()), two).frameworks["c5"]
    assert found.verdict == "not tested"


def test_nothing_is_met_where_a_host_was_not_reached() -> None:
    missing = replace(HOST, name="x", reached=False)
    met = scores.scored(of(finding(), hosts=(HOST, missing)), ONE)
    assert met.frameworks["c5"][0].verdict == "not tested"
    failed = scores.scored(of(finding(Status.FAIL), hosts=(HOST, missing)), ONE)
    assert failed.controls["KW-DEP-01"].verdict == "not met"
