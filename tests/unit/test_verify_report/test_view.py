"""The register: whose each dependency is, and what is never called the platform's own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.test_verify_report.runs import finding, observed, of, seen
from verify.model import Finding, Status
from verify.report.view import OWN, Dependency

OWNED = finding(endpoint="", jurisdiction="", owner="", reason="1 endpoint, of the platform itself")
THERE = finding(endpoint="mail.kootwijk.test")


def register(*findings: Finding, **fields: object) -> list[Dependency]:
    return list(seen(of(*findings, **fields)).dependencies)


def test_own_endpoints_come_from_what_was_seen() -> None:
    (found,) = register(OWNED, observations=(observed(THERE),))
    assert (found.place, found.endpoints, found.grades) == (OWN, ("mail.kootwijk.test",), ("E2",))


def test_what_was_seen_but_has_no_finding_that_passes_is_not_called_own() -> None:
    assert register(observations=(observed(THERE),)) == []
    assert register(replace(OWNED, status=Status.FAIL), observations=(observed(THERE),)) == []
    elsewhere = replace(OWNED, component="dovecot")
    assert register(elsewhere, observations=(observed(THERE),)) == []


@pytest.mark.parametrize("jurisdiction", ["", "UNKNOWN"])
def test_a_control_about_an_own_endpoint_does_not_make_it_foreign(jurisdiction: str) -> None:
    about = finding(endpoint="127.0.0.1", jurisdiction=jurisdiction, owner="")
    (found,) = register(OWNED, about, observations=(observed(THERE),))
    assert found.place == OWN
    assert found.endpoints == ("127.0.0.1", "mail.kootwijk.test")


@pytest.mark.parametrize("status", [Status.UNKNOWN, Status.FAIL, Status.WAIVED])
def test_a_pass_does_not_hide_that_another_finding_doubts_it(status: Status) -> None:
    doubt = finding(status, endpoint="odd.example.com", jurisdiction="UNKNOWN", owner="")
    passes = finding(control="KW-MAIL-02", endpoint="ODD.example.com", jurisdiction="", owner="")
    (found,) = register(doubt, passes)
    assert (found.place, found.status) == ("UNKNOWN", str(status))


def test_the_worst_comes_first_in_its_layer() -> None:
    found = register(
        finding(endpoint="a", owner="A", jurisdiction="NL"),
        finding(Status.WAIVED, endpoint="b", owner="B"),
        finding(Status.FAIL, endpoint="c", owner="C"),
        finding(Status.FAIL, endpoint="d", owner="D", layer="L4"),
    )
    assert [(d.layer, d.owner) for d in found] == [
        ("L4", "D"),
        ("L10", "C"),
        ("L10", "B"),
        ("L10", "A"),
    ]
