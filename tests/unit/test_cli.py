from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from deploy import cli, inventory
from deploy.errors import CheckError, InputError, KootwijkError, UnreachableError
from deploy.lab import net
from deploy.paths import DEFAULT_INVENTORY
from deploy.report import table
from deploy.site import HostCounts, Outcome

if TYPE_CHECKING:
    from pathlib import Path
from types import SimpleNamespace


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = cli.main(words)
    out = capsys.readouterr()
    return code, out.out, out.err


@pytest.mark.parametrize("before", [True, False])
def test_the_inventory_may_stand_before_or_after_the_command(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, *, before: bool
) -> None:
    words = ("-i", str(tmp_path / "none"))
    code, _, err = run(capsys, *(words if before else ()), "deploy", *(() if before else words))
    assert code == 2
    assert str(tmp_path / "none") in err
    assert "next:" in err
    assert "Traceback" not in err


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        cli.main(["--debug", "-i", str(tmp_path / "none"), "deploy"])


def test_wrong_use_is_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["fly"])
    assert caught.value.code == 2
    assert "invalid choice" in capsys.readouterr().err


def test_every_error_says_what_where_and_next() -> None:
    text = str(InputError("it broke", where="here", next_step="mend it"))
    assert text == "it broke\n  where: here\n  next:  mend it"
    codes = {InputError: 2, CheckError: 1, UnreachableError: 3}
    for kind, code in codes.items():
        assert issubclass(kind, KootwijkError)
        assert kind("x").exit_code == code


@pytest.mark.parametrize(
    ("failed", "unreachable", "code"), [(0, 0, 0), (1, 0, 1), (0, 1, 3), (1, 1, 3)]
)
def test_a_deploys_exit_code(failed: int, unreachable: int, code: int) -> None:
    hosts = {"a": HostCounts(9, 0, 0, 0), "b": HostCounts(9, 1, failed, unreachable)}
    outcome = Outcome(hosts, 1.5)
    assert outcome.exit_code == code
    assert json.loads(json.dumps(outcome.as_json()))["hosts"]["b"]["failed"] == failed


def test_a_role_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "test", "roles", "nonesuch")
    assert code == 2
    assert "no such roles: nonesuch" in err


def test_a_table_has_straight_columns() -> None:
    assert table([("a", "bbb"), ("aaa", "b")]) == ["a    bbb", "aaa  b"]
    assert table([]) == []


def test_interface_names_fit_the_kernel() -> None:
    for lab in ("a", "x" * 40):
        assert len(net.bridge(lab)) <= 15
        assert len(f"kwv-{net.short(lab, 'host' * 12)}") <= 15
    assert net.bridge("a") != net.bridge("b")


def test_a_taken_network_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = [{"ifname": "eth7", "addr_info": [{"local": "10.74.0.9", "prefixlen": 16}]}]
    monkeypatch.setattr(net, "_json", lambda *words: addresses if words[0] == "addr" else [])
    lab = inventory.load(DEFAULT_INVENTORY).lab
    assert lab
    assert net.taken(lab, "kwb-own") == "10.74.0.9/16 on eth7"
    assert net.taken(lab, "eth7") is None


@pytest.mark.parametrize("words", [("up",), ("lab", "create"), ("lab", "destroy"), ("down",)])
def test_without_root_it_says_so(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    words: tuple[str, ...],
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setenv("KOOTWIJK_STATE", str(tmp_path / "state"))
    code, _, err = run(capsys, *words)
    assert code == 2
    assert "needs root" in err
    assert "sudo" in err
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("words", [("deploy",), ("journeys",), ("journeys", "the start page")])
def test_without_a_lab_it_says_so(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    words: tuple[str, ...],
) -> None:
    monkeypatch.setenv("KOOTWIJK_STATE", str(tmp_path))
    code, out, err = run(capsys, *words)
    assert code == 2
    assert "this lab has no hosts yet" in err
    assert not out


def test_too_little_room_is_said_before_anything_is_made(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=5))
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setenv("KOOTWIJK_STATE", str(tmp_path / "state"))
    code, _, err = run(capsys, "lab", "create")
    assert code == 2
    assert "3 GB of room" in err
    assert "KOOTWIJK_STATE" in err
    assert not list((tmp_path / "state").iterdir())


@pytest.mark.parametrize("there", [False, True])
def test_a_lab_that_is_refused_leaves_nothing(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    *,
    there: bool,
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("deploy.lab.lab._require_room", lambda _: None)
    monkeypatch.setattr("deploy.lab.lab.install_packages", lambda _: None)
    monkeypatch.setattr("deploy.lab.lab.control_groups", lambda _: [])
    monkeypatch.setattr("deploy.lab.lab._depot_server", lambda _: None)
    monkeypatch.setattr(net, "namespaces", set)
    monkeypatch.setattr(net, "taken", lambda *_: "10.74.0.1/24 on eth7")
    monkeypatch.setattr(net, "remove_bridge", lambda _: None)
    monkeypatch.setenv("KOOTWIJK_STATE", str(tmp_path))
    if there:
        (tmp_path / "lab" / "lab").mkdir(parents=True)
    code, _, err = run(capsys, "lab", "create")
    assert code == 2
    assert "is taken on this machine" in err
    assert (tmp_path / "lab" / "lab").exists() == there
