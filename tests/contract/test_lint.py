"""No warnings from any linter."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.paths import ROOT

BIN = Path(sys.executable).parent
LINTERS = {
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy"],
    "yamllint": ["yamllint", "--strict", "."],
    "ansible-lint": ["ansible-lint", "--offline", "--strict"],
    "shellcheck": ["shellcheck", "kootwijk", ".ci/run", "tests/bench/floor"],
}


@pytest.mark.parametrize("name", LINTERS)
def test_linter_is_silent(name: str) -> None:
    done = subprocess.run(
        [BIN / LINTERS[name][0], *LINTERS[name][1:]],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "NO_COLOR": "1"},
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
