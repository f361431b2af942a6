"""The injection suite's own arithmetic: what counts as found, missed, a false alarm."""

from __future__ import annotations

import importlib.util
import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from deploy.paths import ROOT
from tests.injection import cases, report, suite
from tests.injection.__main__ import good
from verify.model import LAYERS, Finding, Status

if TYPE_CHECKING:
    from pathlib import Path

ALL = cases.load()
CASE = next(c for c in ALL if c.id == "postfix-relayhost-gmail")
NEAR = next(c for c in ALL if c.near_miss)


def finding(endpoint: str, status: Status = Status.FAIL, layer: str = "L10") -> Finding:
    return Finding("KW-DEP-01", status, "kw1", "postfix", layer, endpoint)


def test_there_are_enough_cases_of_every_kind_in_every_layer() -> None:
    planted = [c for c in ALL if not c.near_miss]
    assert len(planted) >= 60
    assert len(ALL) - len(planted) >= 60
    assert {c.layer for c in planted} == set(LAYERS)
    assert {c.kind for c in planted} == {"plain", "hidden"}
    assert sum(c.held_out for c in ALL) * 4 >= len(ALL)


@pytest.mark.parametrize(
    ("new", "hits", "false"),
    [
        ([], 0, 0),
        ([finding("smtp-relay.gmail.com")], 1, 0),
        ([finding("SMTP-relay.Gmail.com:587")], 1, 0),
        ([finding("smtp-relay.gmail.com", Status.UNKNOWN)], 0, 0),
        ([finding("other.example.com")], 0, 1),
        ([finding("smtp-relay.gmail.com"), finding("other.example.com", Status.UNKNOWN)], 1, 1),
    ],
)
def test_a_planted_thing_is_found_or_not(new: list[Finding], hits: int, false: int) -> None:
    outcome = suite.judged(CASE, "kw1", new)
    assert (len(outcome.hits), len(outcome.false)) == (hits, false)
    assert outcome.right is bool(hits)


def test_whatever_a_near_miss_says_is_a_false_alarm() -> None:
    assert suite.judged(NEAR, "kw1", []).right
    assert not suite.judged(NEAR, "kw1", [finding("x.example.com", Status.UNKNOWN)]).right


def test_numbers_are_those_of_the_textbook() -> None:
    outcomes = [
        suite.judged(CASE, "kw1", [finding("smtp-relay.gmail.com")]),
        suite.judged(CASE, "kw1", [finding("smtp-relay.gmail.com", layer="L13")]),
        suite.judged(CASE, "kw1", []),
        suite.judged(NEAR, "kw1", []),
        suite.judged(NEAR, "kw1", [finding("x.example.com")]),
        suite.Outcome(CASE, "kw1", error="it could not be planted"),
        suite.Outcome(CASE, "", skipped="no host has it"),
    ]
    found = report.numbers(outcomes)
    assert found["planted"] == 3
    assert found["in_their_layer"] == 1
    assert (found["recall"], found["precision"]) == (0.6667, 0.6667)
    assert report.numbers([])["recall"] is None
    assert not good(report.numbers([]))


def test_a_page_names_what_was_missed_and_what_was_never_tried() -> None:
    outcomes = [suite.judged(CASE, "kw1", []), suite.Outcome(NEAR, "", skipped="no host has it")]
    about = dict.fromkeys(("date", "hosts", "revision", "cases", "seconds"), "x")
    result = json.loads(json.dumps(report.as_json(outcomes, about)))
    page = report.page(result, [])
    assert f"- `{CASE.id}` (L10): missed" in page
    assert "not tried: 1 cases (no host has it)" in page


def test_a_page_begins_with_what_was_found_blind() -> None:
    about = dict.fromkeys(("date", "hosts", "revision", "cases", "seconds"), "x")
    first = json.loads((ROOT / "tests" / "injection" / "first_runs.json").read_text())
    page = report.page(report.as_json([], about), first)
    blind = page.index("first run: 73.7% found"), page.index("second batch: 100.0% found")
    assert 0 < blind[0] < blind[1] < page.index("Run of x")
    published = (ROOT / "docs" / "reference" / "injection.md").read_text(encoding="utf-8")
    assert published.startswith(page[: page.index("Run of x")])


def test_a_file_is_found_by_its_path() -> None:
    case = next(c for c in ALL if c.id == "synapse-wheel-changed")
    found = replace(finding("/opt/synapse/x/synapse.py"), control="KW-PKG-04")
    assert suite.judged(case, "kw1", [found]).hits == (found,)
    assert suite.judged(case, "kw1", [replace(found, endpoint="/usr/bin/x")]).false


@pytest.mark.parametrize(
    "wrong",
    [
        {"layer": "L99"},
        {"kind": "obvious"},
        {"find": {}},
        {"plant": [{"file": "/x", "append": "/y"}]},
        {"plant": [{"shell": "x"}]},
        {"more": 1},
    ],
)
def test_a_case_that_is_none_is_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    entry = {"id": "x", "layer": "L1", "kind": "plain", "host": "base", "find": {"endpoint": "x"}}
    entry |= {"plant": [{"file": "/x", "text": "x"}], **wrong}
    (tmp_path / "a.yml").write_text(json.dumps({"cases": [entry]}))
    with pytest.raises(ValueError, match="case x"):
        cases.load(tmp_path)


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    spec = importlib.util.spec_from_file_location("agent", ROOT / "tests/injection/agent.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "agent", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "STORE", tmp_path / "store")
    return module


def tree(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): p.read_text() if p.is_file() else "folder or link"
        for p in sorted(folder.rglob("*"))
    }


def test_the_agent_leaves_everything_as_it_was(agent: Any, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "a.conf").write_text("a")
    (home / "link").symlink_to("a.conf")
    before = tree(home)
    steps = [
        {"file": f"{home}/new/deep/x", "text": "x"},
        {"append": f"{home}/a.conf", "text": "b"},
        {"edit": f"{home}/a.conf", "find": "a", "put": "c"},
        {"file": f"{home}/link", "text": "no link"},
        {"link": f"{home}/l2", "to": "a.conf"},
        {"sparse": f"{home}/big", "size": 1 << 30},
        {"run": f"touch {home}/made", "undo": f"rm {home}/made"},
    ]
    assert agent.answer(json.dumps({"plant": steps})) == {"ok": True}
    assert (home / "a.conf").read_text() == "c\nb\n"
    assert agent.answer(json.dumps({"undo": True})) == {"ok": True}
    assert tree(home) == before
    assert (home / "link").is_symlink()


def test_a_step_that_fails_is_said_and_taken_back(agent: Any, tmp_path: Path) -> None:
    steps = [
        {"file": f"{tmp_path}/x", "text": "x"},
        {"edit": f"{tmp_path}/x", "find": "nowhere", "put": ""},
    ]
    assert "nothing fits nowhere" in agent.answer(json.dumps({"plant": steps}))["why"]
    assert agent.answer(json.dumps({"undo": True})) == {"ok": True}
    assert not (tmp_path / "x").exists()


def test_a_case_may_say_how_it_is_found_in_words() -> None:
    issuer = replace(finding("issuer: O=DigiCert Inc, C=US"), layer="L7")
    case = next(c for c in ALL if c.id == "certificate-digicert-served")
    assert suite.judged(case, "kw1", [issuer]).right
