"""The wheelhouse, with a real wheel from the index that this machine's pip uses."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from deploy import depot as api
from deploy.depot.wanted import Wanted
from deploy.errors import CheckError, InputError, UnreachableError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.test_depot.conftest import Depot


@pytest.fixture(scope="module")
def _index(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("probe")
    argv = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, "six"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"pip reaches no index here: {done.stderr.strip()[-200:]}")


def want(depot: Depot, *lines: str) -> None:
    depot.wanted = Wanted(depot.wanted.debian, lines, ())


def files(depot: Depot) -> list[str]:
    return sorted(p.name.split("-")[0] for p in depot.place.wheels.iterdir())


@pytest.mark.usefixtures("_index")
def test_fills_locks_keeps_and_drops(depot: Depot) -> None:
    lock = depot.git / "wheels.lock.txt"
    want(depot, "markupsafe", "six")
    with pytest.raises(InputError, match="wheels' lock"):
        api.sync(update=False, locked=_locked(depot))
    assert api.sync().lock_behind
    assert not lock.exists()
    api.sync(update=True)
    assert files(depot) == ["markupsafe", "six"]
    (binary,) = (p.name for p in depot.place.wheels.glob("markupsafe*"))
    assert "cp313-manylinux" in binary
    assert lock.read_text().count("--hash=sha256:") == 2
    assert not api.sync(locked=True).lock_behind
    _pip_takes_it(depot, lock)
    (depot.place.wheels / binary).unlink()
    assert "missing" in {f.kind for f in api.check().findings}
    api.sync(locked=True)
    assert api.check().ok
    want(depot, "six")
    api.sync(update=True)
    assert files(depot) == ["six"]
    want(depot)
    api.sync(update=True)
    assert files(depot) == []


def _locked(depot: Depot) -> bool:
    """Lock the Debian part, so that only the wheels can be what ``locked`` refuses."""
    wanted = depot.wanted
    want(depot)
    api.sync(update=True)
    depot.wanted = wanted
    return True


def _pip_takes_it(depot: Depot, lock: Path) -> None:
    argv = [sys.executable, "-m", "pip", "download", "-q", "--no-index", "--no-deps", "--isolated"]
    argv += ["--find-links", str(depot.place.wheels), "--require-hashes", "-r", str(lock)]
    argv += ["--only-binary=:all:", "--python-version=3.13", "-d", str(depot.git)]
    argv += [f"--platform=manylinux_2_{n}_x86_64" for n in range(41, 4, -1)]
    argv += ["--platform=manylinux2014_x86_64"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.usefixtures("_index")
def test_refuses_a_wheel_that_is_not_the_locked_one(depot: Depot) -> None:
    want(depot, "six")
    api.sync(update=True)
    lock = depot.git / "wheels.lock.txt"
    head, _ = lock.read_text().rsplit(":", 1)
    lock.write_text(f"{head}:{'e' * 64}\n")
    with pytest.raises(CheckError, match="not the file that was locked"):
        api.sync(locked=True)


@pytest.mark.usefixtures("_index")
def test_says_that_a_wheel_does_not_come(depot: Depot) -> None:
    want(depot, "six==0.0.0")
    with pytest.raises(UnreachableError, match="could not be downloaded"):
        api.sync()


def test_nothing_wanted_does_nothing(depot: Depot) -> None:
    assert not api.sync(update=True).lock_behind
    assert files(depot) == []
    assert not (depot.git / "wheels.lock.txt").exists()
