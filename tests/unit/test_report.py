"""The tables that a person reads at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploy import artifacts, doctor, inventory
from deploy.gaps import Gap
from deploy.paths import DEFAULT_INVENTORY
from deploy.report import journey_counts, up_table
from deploy.site import Outcome
from deploy.up import Up
from verify.journeys import Result

if TYPE_CHECKING:
    import pytest

GAP = Gap(
    "missing",
    "nextcloud",
    ("files1",),
    "app",
    "2.1",
    optional=False,
    reason="no network",
    command="depot add app",
)


def results(*states: str) -> list[Result]:
    return [Result(f"journey {i}", "mail", s, "seen", 1.0) for i, s in enumerate(states)]


def test_journeys_are_counted_by_how_they_ended() -> None:
    found = results("pass", "skipped", "pass", "fail", "error")
    assert journey_counts(found) == "2 works, 1 BROKEN, 1 UNKNOWN, 1 skipped"
    assert journey_counts([]) == "no journeys"


def test_the_last_table_says_where_to_start_and_what_is_missing() -> None:
    lab = inventory.load(DEFAULT_INVENTORY)
    text = up_table(lab, Up((("depot", 1.0),), results("pass", "skipped"), [GAP]))
    assert "they start at https://login.kootwijk.test" in text
    assert "1 works, 1 skipped" in text
    last = text.rpartition("What is missing")[2]
    assert "nextcloud on files1 is left out: app 2.1 is not in the depot: no network" in last
    assert "add it: depot add app" in last
    assert "What is missing" not in up_table(lab, Up((), results("pass")))


def test_the_hosts_have_no_role_that_was_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = inventory.load(DEFAULT_INVENTORY)
    left = {"element_web": ("element-web",)}
    monkeypatch.setattr(artifacts, "lacking", lambda role, _: left.get(role, ()))
    hosts = up_table(lab, Up((), results("pass"))).partition("Accounts")[0]
    assert "synapse" in hosts
    assert "element_web" not in hosts


def test_a_profile_has_the_plays_and_the_slowest_tasks() -> None:
    tasks = (("Mail", "a", 1.0), ("Mail", "b", 3.0), ("Web", "c", 2.0))
    rows = Outcome({}, 6.0, tasks=tasks).slowest(2)
    assert [(r[0].strip(), *r[1:]) for r in rows] == [
        ("4.0 s", "Mail", ""),
        ("2.0 s", "Web", ""),
        ("3.0 s", "Mail", "b"),
        ("2.0 s", "Web", "c"),
    ]


def rows(monkeypatch: pytest.MonkeyPatch, why: str, labs: list[str], *gaps: Gap) -> dict[str, str]:
    monkeypatch.setattr(doctor, "trouble", lambda _: why)
    monkeypatch.setattr(doctor.lab, "labs", lambda: labs)
    monkeypatch.setattr(doctor.gaps, "find", lambda _: gaps)
    return {row.what: row.status for row in doctor.examine(DEFAULT_INVENTORY)}


def test_the_doctor_looks_at_the_depots_server(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rows(monkeypatch, "", ["lab"])["depot server"] == "ok"
    assert rows(monkeypatch, "nothing answers", [])["depot server"] == "note"
    assert rows(monkeypatch, "nothing answers", ["lab"])["depot server"] == "bad"


def test_the_doctor_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rows(monkeypatch, "", ["lab"])["releases"] == "ok"
    assert rows(monkeypatch, "", ["lab"], GAP)["releases"] == "note"
    monkeypatch.setattr(
        doctor.inventories, "load", lambda path, load=inventory.load: _rented(load(path))
    )
    assert rows(monkeypatch, "", ["lab"], GAP)["releases"] == "bad"


def _rented(found: inventory.Inventory) -> inventory.Inventory:
    return inventory.Inventory(found.path, found.hosts, None)
