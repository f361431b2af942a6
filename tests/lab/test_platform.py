"""The whole platform, as the README has it: up, again, check, broken, mended, down."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from deploy import inventory as inventories
from deploy.paths import state
from tests.injection import cases, report, suite
from tests.injection.__main__ import TARGET
from tests.lab.evidence import valid_and_checked
from tests.lab.leaving import leaves_while_a_watcher_is_broken, leaves_with_everything_open
from tests.lab.platform import (
    copy_inventory,
    killed_after,
    kootwijk,
    make_lab_inventory,
    ok,
    ok_json,
    traces,
)
from verify.journeys import JOURNEYS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Seen = dict[str, dict[str, str]]  # journey -> what `journeys --json` says of it

pytestmark = pytest.mark.lab
# What breaks one host is tried on one host; what passes between hosts, where there are many.
on_pilot = pytest.mark.parametrize("platform", ["pilot"], indirect=True)
on_lab = pytest.mark.parametrize("platform", ["lab"], indirect=True)


@pytest.fixture(scope="module", params=["lab", "pilot"])
def platform(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """Return an inventory on which `up` has exited 0; it is destroyed afterwards.

    On the pilot the first `up` is killed half-way, without a chance to tidy up.
    """
    number = {"lab": 77, "pilot": 78}[request.param]
    folder = copy_inventory(
        request.param, tmp_path_factory.mktemp("inventories") / f"test-{request.param}", number
    )
    if request.param == "pilot":
        make_lab_inventory(folder, number)
    try:
        if request.param == "pilot":
            killed_after(45, "up", inventory=folder)
        said = ok("up", inventory=folder)
        assert "What works" in said
        yield folder
    finally:
        ok("down", inventory=folder)
    assert traces(folder.name) == {}
    assert not (state() / "lab" / folder.name).exists()


def test_a_second_deploy_changes_nothing(platform: Path) -> None:
    found = ok_json("deploy", inventory=platform)
    assert set(found["hosts"]) == {h.name for h in inventories.load(platform).hosts}
    for name, counts in found["hosts"].items():
        assert counts["ok"] > 10, name
        assert (counts["changed"], counts["failed"], counts["unreachable"]) == (0, 0, 0), name


def test_a_check_after_it_shows_no_difference(platform: Path) -> None:
    done = kootwijk("deploy", "--check", "--json", inventory=platform)
    assert done.returncode == 0, done.stderr[-3000:]
    hosts = json.loads(done.stdout[done.stdout.index('{\n "version"') :])["hosts"]
    assert all(counts["changed"] == 0 for counts in hosts.values())
    assert "+++" not in done.stdout


def test_the_evidence_of_a_real_run_is_valid_and_checked(platform: Path, tmp_path: Path) -> None:
    valid_and_checked(platform, tmp_path / "evidence")


@on_lab
def test_a_rotated_secret_is_deployed(platform: Path) -> None:
    """That it reached who uses it, the journeys after this show."""
    for name in ("roundcube_db", "authority"):  # every certificate is new, too
        assert name in ok("secrets", "list", inventory=platform).split()
        ok("secrets", "rotate", name, inventory=platform)
    found = ok_json("deploy", inventory=platform)
    assert sum(counts["changed"] for counts in found["hosts"].values()) > 0


@pytest.fixture(scope="module")
def again(platform: Path) -> Seen:
    """Return what a second run of the journeys saw, by name; `up` did the first.

    On the lab a database's password and the authority are other ones by then.
    """
    done = kootwijk("journeys", "--json", inventory=platform)
    return {journey["name"]: journey for journey in json.loads(done.stdout)["journeys"]}


@on_lab
@pytest.mark.parametrize("name", JOURNEYS)
def test_a_journey_passes_again_or_says_why_not(again: Seen, name: str) -> None:
    """Neither what the first run left behind nor a rotated secret is in the way."""
    assert again[name]["seen"]
    if again[name]["status"] == "skipped":
        pytest.skip(again[name]["seen"])
    assert again[name]["status"] == "pass", again[name]["seen"]


@on_pilot
def test_a_journey_fails_when_its_service_is_stopped(platform: Path) -> None:
    host = inventories.load(platform).with_role("dovecot", _own(platform))[0].name
    ok(
        "lab",
        "exec",
        host,
        "--",
        "systemctl",
        "stop",
        "dovecot.socket",
        "dovecot",
        inventory=platform,
    )
    try:
        names = ("mail to a colleague", "web mail in a browser")
        done = kootwijk("journeys", *names, "--json", inventory=platform)
        assert done.returncode in (1, 3)
        states = {j["status"] for j in json.loads(done.stdout)["journeys"]}
        assert states & {"fail", "error"}
    finally:
        ok("lab", "exec", host, "--", "systemctl", "start", "dovecot", inventory=platform)


@on_pilot
def test_a_host_that_stops_answering_is_named_and_the_next_run_goes_on(platform: Path) -> None:
    host = inventories.load(platform).hosts[-1].name
    ok("lab", "exec", host, "--", "systemctl", "stop", "ssh.socket", "ssh", inventory=platform)
    done = kootwijk("deploy", inventory=platform)
    assert done.returncode == 3
    assert host in done.stderr
    assert "next:" in done.stderr
    ok("lab", "exec", host, "--", "systemctl", "start", "ssh", inventory=platform)
    ok("deploy", inventory=platform)


@on_pilot
def test_a_bootstrap_that_was_killed_is_taken_up(platform: Path) -> None:
    host = inventories.load(platform).hosts[0].name
    on = ("lab", "exec", host, "--")
    ok(*on, "rm", "/var/lib/kootwijk-bootstrapped", inventory=platform)  # its last step
    assert f"bootstrapped: {host}" in ok("bootstrap", inventory=platform)
    assert "none, all were" in ok("bootstrap", inventory=platform)
    said = ok(*on, "sshd", "-T", inventory=platform)
    assert "permitrootlogin no" in said


def _own(platform: Path) -> str:
    return inventories.load(platform).hosts[0].organisation


@on_pilot
def test_services_of_a_killed_run_are_restarted(platform: Path) -> None:
    host = inventories.load(platform).with_role("postfix", _own(platform))[0].name
    look = ("lab", "exec", host, "--", "systemctl", "show", "-P", "ExecMainPID", "dovecot")
    before = ok(*look, inventory=platform)
    mark = "/var/lib/kootwijk-run-under-way"
    ok("lab", "exec", host, "--", "touch", mark, inventory=platform)
    assert ok_json("deploy", inventory=platform)["hosts"][host]["changed"] > 0
    assert ok(*look, inventory=platform) != before
    ok("lab", "exec", host, "--", "test", "!", "-e", mark, inventory=platform)
    assert ok_json("deploy", inventory=platform)["hosts"][host]["changed"] == 0


@on_lab
def test_who_leaves_is_out_everywhere_within_a_minute(platform: Path, tmp_path: Path) -> None:
    leaves_with_everything_open(platform, tmp_path)


@on_pilot
def test_a_watcher_that_does_not_work_is_noticed_when_somebody_leaves(
    platform: Path, tmp_path: Path
) -> None:
    leaves_while_a_watcher_is_broken(platform, tmp_path)


@on_lab
def test_what_is_planted_is_found_and_what_looks_like_it_is_left_alone(platform: Path) -> None:
    """The verification suite tried on itself: docs/reference/injection.md."""
    outcomes = suite.run(inventories.load(platform), cases.load())
    result = report.as_json(outcomes, {})
    total = result["parts"]["all"]
    assert total["planted"] >= 60
    assert total["near_misses"] >= 60
    assert [o for o in outcomes if o.error] == []
    assert total["recall"] >= TARGET, report.wrong(result["cases"])
    assert total["precision"] >= TARGET, report.wrong(result["cases"])
