"""One run at a time changes the hosts of an inventory."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from deploy import cli, inventory, lock, site
from deploy.errors import InputError
from deploy.lab import Lab
from deploy.paths import DEFAULT_INVENTORY, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from deploy.inventory import Inventory

_HOLDER = """
import sys
from pathlib import Path
from deploy import inventory, lock
with lock.hosts_of(inventory.load(Path(sys.argv[1])), "up"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOOTWIJK_STATE", str(tmp_path / "state"))


@contextmanager
def another_run(path: Path) -> Iterator[subprocess.Popen[str]]:
    words = [sys.executable, "-c", _HOLDER, str(path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, cwd=ROOT, text=True, stdin=pipe, stdout=pipe) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def lab() -> Inventory:
    return inventory.load(DEFAULT_INVENTORY)


def pilot(folder: Path) -> Inventory:
    shutil.copytree(ROOT / "inventories" / "pilot", folder, ignore=shutil.ignore_patterns(".*"))
    return inventory.load(folder)


def test_a_second_run_is_refused_with_the_pid_and_what_to_do() -> None:
    with another_run(DEFAULT_INVENTORY) as other:
        with pytest.raises(InputError) as caught, lock.hosts_of(lab(), "deploy"):
            pass
        assert f"`kootwijk up`, pid {other.pid}" in caught.value.what
        assert f"kill -INT {other.pid}" in caught.value.next_step


@pytest.mark.parametrize("words", [("down",), ("secrets", "rotate", "x")])
def test_the_commands_that_change_hosts_are_refused(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(Lab, "_remove", lambda _: pytest.fail("it was removed"))
    with another_run(DEFAULT_INVENTORY):
        assert cli.main(words) == 2
    assert "another run is changing these hosts" in capsys.readouterr().err


def test_a_deploy_is_refused_and_a_check_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    counts: dict[str, Any] = {"hosts": {}, "failures": [], "tasks": []}
    monkeypatch.setattr(site, "admit", lambda *_: ())
    monkeypatch.setattr(site.Store, "names", lambda _: [])  # a checkout in use has secrets
    for name in ("require_hosts", "require_depot", "bootstrap"):
        monkeypatch.setattr(site, name, lambda *_: None)
    monkeypatch.setattr(site, "playbook", lambda *_: counts)
    with another_run(DEFAULT_INVENTORY):
        with pytest.raises(InputError, match="another run"):
            site.deploy(lab())
        site.deploy(lab(), check=True)
    site.deploy(lab())  # the other was killed, and left nothing behind


def test_within_one_run_it_is_held_again() -> None:
    with lock.hosts_of(lab(), "up"), lock.hosts_of(lab(), "deploy"), lock.lab("lab", "down"):
        pass
    with another_run(DEFAULT_INVENTORY):
        pass


def test_others_are_not_kept_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = pilot(tmp_path / "a" / "pilot"), pilot(tmp_path / "b" / "pilot")
    with another_run(one.path), lock.hosts_of(two, "deploy"), lock.hosts_of(lab(), "deploy"):
        pass
    with another_run(DEFAULT_INVENTORY):
        monkeypatch.setenv("KOOTWIJK_STATE", str(tmp_path / "other state"))
        with lock.hosts_of(lab(), "deploy"):
            pass
