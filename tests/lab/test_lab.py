"""The lab itself: side by side, killed and resumed, and leaving nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from deploy import inventory as inventories
from deploy.paths import ROOT, state
from tests.lab.platform import copy_inventory, kootwijk, ok, ok_json, traces

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.lab


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    found = (
        copy_inventory("lab", tmp_path / "side-a", 75),
        copy_inventory("lab", tmp_path / "side-b", 76),
    )
    yield found
    for folder in found:
        ok("lab", "destroy", inventory=folder)


def test_two_labs_stand_side_by_side_and_go_without_a_trace(two: tuple[Path, Path]) -> None:
    for folder in two:
        ok("lab", "create", inventory=folder)
    rows = [r for r in ok_json("lab", "status", inventory=two[0])["hosts"] if "side" in r["lab"]]
    assert len(rows) == 2 * len(inventories.load(two[0]).hosts)
    assert {r["state"] for r in rows} == {"running"}
    said = ok("lab", "exec", "mail1", "--", "ip", "-br", "addr", inventory=two[1])
    assert "10.76.0.12" in said
    assert "fd4b:6f6f:7576::12" in said
    assert "default" not in ok("lab", "exec", "mail1", "--", "ip", "route", inventory=two[1])
    ok("lab", "destroy", inventory=two[0])
    assert traces("side-a") == {}
    assert not (state() / "lab" / "side-a").exists()
    assert len(traces("side-b")) == 4


def test_a_killed_create_is_resumed_and_a_killed_host_booted_again(two: tuple[Path, Path]) -> None:
    process = subprocess.Popen([ROOT / "kootwijk", "lab", "create", "-i", two[0]])
    try:
        process.wait(1.2)
    except subprocess.TimeoutExpired:
        process.kill()
    ok("lab", "create", inventory=two[0])
    listed = subprocess.run(
        ["ps", "-ww", "-eo", "pid,args"], capture_output=True, text=True, check=True
    )
    mark = "--machine=kw-side-a.data1"
    victims = [int(line.split()[0]) for line in listed.stdout.splitlines() if mark in line]
    assert victims
    os.kill(victims[0], signal.SIGKILL)
    ok("lab", "create", inventory=two[0])
    rows = [r for r in ok_json("lab", "status", inventory=two[0])["hosts"] if r["lab"] == "side-a"]
    assert {r["state"] for r in rows} == {"running"}


def test_a_taken_network_is_refused_and_names_its_user(
    two: tuple[Path, Path], tmp_path: Path
) -> None:
    ok("lab", "create", inventory=two[0])
    same = copy_inventory("lab", tmp_path / "side-c", 75)
    done = kootwijk("lab", "create", inventory=same)
    assert done.returncode == 2
    assert "10.75.0.0/24" in done.stderr
    assert "kwb-" in done.stderr
    assert "next:" in done.stderr
    ok("lab", "destroy", inventory=same)


def test_a_taken_port_is_refused(two: tuple[Path, Path]) -> None:
    ok("lab", "create", inventory=two[0])
    # The other lab wants its depot on an address and port that somebody holds already.
    file = two[1] / "group_vars" / "all.yml"
    file.write_text(file.read_text().replace("10.76.0.1:8470", "10.75.0.1:8470"))
    done = kootwijk("lab", "create", inventory=two[1])
    assert done.returncode == 2
    assert "kootwijk_depot_url" in done.stderr


def test_a_lab_of_another_state_folder_is_left_alone(
    two: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ok("lab", "create", inventory=two[0])
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("KOOTWIJK_STATE", str(tmp_path / "state"))
        done = kootwijk("lab", "create", inventory=two[0])
    assert done.returncode == 2
    assert "not of this state folder" in done.stderr
    ok("lab", "exec", "mail1", "--", "true", inventory=two[0])
