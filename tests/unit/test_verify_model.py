"""The model goes to JSON and back; exit codes say what they should."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from verify.model import Finding, HostSeen, Observation, Run, Source, Status

FINDING = Finding(
    control="KW-DEP-01",
    status=Status.FAIL,
    host="mail1",
    component="postfix",
    layer="L10",
    endpoint="smtp.example.com",
    sources=(Source("file", "/etc/postfix/main.cf", 3, "relayhost"),),
    chain=({"what": "name"},),
)
HOST = HostSeen("mail1", "mail1.kootwijk.test", "10.0.0.1", "kootwijk", ("postfix",), reached=True)
RUN = Run(
    inventory="lab",
    started="2026-11-25T08:00:00+00:00",
    finished="2026-11-25T08:00:01+00:00",
    data={"addresses": "none"},
    hosts=(HOST,),
    observations=(
        Observation("mail1", "postfix", "L10", "x", FINDING.sources[0], "E2", "t", "collector"),
    ),
    findings=(FINDING,),
)


def test_a_run_comes_back_from_json_as_it_was() -> None:
    assert Run.from_json(json.loads(json.dumps(RUN.as_json(whole=True)))) == RUN


def test_json_has_what_the_issue_asks_of_a_finding() -> None:
    found = RUN.as_json()["findings"][0]
    assert {"control", "status", "host", "component", "layer", "endpoint"} <= set(found)
    assert {"jurisdiction", "owner", "evidence", "source"} <= set(found)
    assert found["source"] == "/etc/postfix/main.cf:3 (relayhost)"
    assert "observations" not in RUN.as_json()
    assert "facts" not in RUN.as_json()["hosts"][0]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (Status.PASS, 0),
        (Status.WAIVED, 0),
        (Status.NOT_TESTED, 0),
        (Status.FAIL, 1),
        (Status.UNKNOWN, 1),
        (Status.WAIVER_EXPIRED, 1),
    ],
)
def test_exit_code_of_a_status(status: Status, code: int) -> None:
    assert replace(RUN, findings=(replace(FINDING, status=status),)).exit_code == code


def test_an_unreachable_host_is_3_whatever_else_was_found() -> None:
    missing = replace(HOST, reached=False, error="no route")
    for status in Status:
        run = replace(RUN, hosts=(HOST, missing), findings=(replace(FINDING, status=status),))
        assert run.exit_code == 3
        assert run.status == "NOT_TESTED"


def test_an_id_is_of_what_was_found_not_of_how() -> None:
    assert FINDING.id == replace(FINDING, status=Status.PASS, reason="other").id
    assert FINDING.id != replace(FINDING, endpoint="other").id
