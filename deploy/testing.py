"""`kootwijk test`: which of this project's tests to run."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from deploy.errors import InputError
from deploy.paths import ROLES, ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

WHAT = {
    "all": ["tests"],
    "fast": ["tests/unit", "tests/contract"],
    "roles": ["tests/lab/test_roles.py"],
    "lab": ["tests/lab"],
}


def run_tests(what: str, roles: Sequence[str]) -> int:
    """Run pytest on a part of the tests; return its exit code (its 5, no tests, is a failure)."""
    known = {path.parent.name for path in ROLES.glob("*/molecule")}
    wrong = sorted(set(roles) - known)
    if wrong or (roles and what != "roles"):
        raise InputError(
            f"no such roles: {', '.join(wrong)}" if wrong else "only `test roles` takes names",
            next_step=f"one of: {', '.join(sorted(known))}",
        )
    words = [sys.executable, "-m", "pytest", *WHAT[what]]
    environment = {**os.environ, "KOOTWIJK_TEST_ROLES": ",".join(roles)}
    code = subprocess.run(words, cwd=ROOT, env=environment, check=False).returncode
    return min(code, 1)
