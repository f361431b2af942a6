"""What changed since the run before."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.test_verify_report.runs import HOST, finding, of
from verify.model import Status
from verify.report import changes

OLD = of(
    finding(Status.FAIL, endpoint="stays.example.com"),
    finding(Status.FAIL, endpoint="mended.example.com"),
    finding(Status.FAIL, endpoint="gone.example.com"),
    finding(endpoint="own", owner="", jurisdiction=""),
)


def test_the_first_run_has_nothing_to_compare_with() -> None:
    assert changes.between(None, OLD) is None


def test_the_same_run_changed_nothing() -> None:
    found = changes.between(OLD, OLD)
    assert found is not None
    assert not found
    assert found.since == OLD.started


def test_new_gone_and_moved_are_told_apart_by_the_findings_id() -> None:
    now = of(
        finding(Status.FAIL, endpoint="stays.example.com", reason="in other words"),
        finding(Status.PASS, endpoint="mended.example.com"),
        finding(Status.FAIL, endpoint="new.example.com", owner="Newcomer, Inc."),
        finding(endpoint="another own", owner="", jurisdiction=""),
    )
    found = changes.between(OLD, now)
    assert found is not None
    assert [f.endpoint for f in found.appeared] == ["new.example.com"]
    assert [f.endpoint for f in found.gone] == ["gone.example.com"]
    assert [(a.status, b.status) for a, b in found.moved] == [(Status.FAIL, Status.PASS)]
    assert found.newcomers == ("Newcomer, Inc.",)
    assert found.worse


def test_what_stood_on_a_host_that_is_not_reached_is_not_gone() -> None:
    found = changes.between(OLD, of(hosts=(replace(HOST, reached=False),)))
    assert found is not None
    assert found.gone == ()
    assert found.unseen == ("mail1",)
