"""Every role by itself on a lab host: converge, nothing changes the second time, testinfra."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deploy.paths import ROLES, ROOT, state

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.lab

ROLE_NAMES = sorted(path.parent.name for path in ROLES.glob("*/molecule"))
WANTED = [name for name in os.environ.get("KOOTWIJK_TEST_ROLES", "").split(",") if name]


@pytest.fixture
def alone() -> Iterator[None]:
    """Wait until no other run on this machine has the roles' one lab."""
    state().mkdir(parents=True, exist_ok=True)
    with (state() / "test-roles.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("role", WANTED or ROLE_NAMES)
def test_role(role: str) -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "molecule", "test"],
        cwd=ROLES / role,
        check=False,
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "NO_COLOR": "1",
            "ANSIBLE_NOCOLOR": "1",
        },
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
