"""Running programs, with errors a person can act on."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from deploy.errors import MachineError
from deploy.narrate import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def run(
    argv: Sequence[str | Path],
    *,
    what: str,
    next_step: str = "",
    stdin: str | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> str:
    """Run ``argv`` and return its stdout; raise MachineError with its last words if it fails."""
    words = [str(a) for a in argv]
    try:
        done = subprocess.run(
            words,
            input=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            cwd=cwd,
            env={**os.environ, **(env or {})},
        )
    except FileNotFoundError as error:
        raise MachineError(
            f"{what}: the program '{words[0]}' is not on this machine",
            next_step=next_step or "install it, or run `kootwijk doctor`",
        ) from error
    if done.returncode:
        last = "\n         ".join((done.stderr or done.stdout).strip().splitlines()[-6:])
        raise MachineError(
            f"{what} failed (exit {done.returncode})",
            where=f"{' '.join(words[:6])}\n         {last}",
            next_step=next_step,
        )
    return done.stdout


def require_root(what: str) -> None:
    if os.geteuid() != 0:
        raise MachineError(f"{what} needs root", next_step="run it as root, or with sudo")


def install_packages(programs: Mapping[str, str]) -> None:
    """Install the Debian packages of this machine whose programs are missing.

    ``programs`` maps a program's name to the package that carries it.
    """
    missing = sorted({pkg for prog, pkg in programs.items() if not shutil.which(prog)})
    if not missing:
        return
    require_root("installing " + ", ".join(missing))
    say(f"    installing on this machine: {' '.join(missing)}")
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    lock = ["-o", "DPkg::Lock::Timeout=300"]
    install = ["apt-get", "install", "-qq", "-y", "--no-install-recommends", *lock, *missing]
    hint = f"make `apt-get install {' '.join(missing)}` work on this machine, then run this again"
    try:
        run(install, what="installing packages", env=env)
    except MachineError:
        run(["apt-get", "update", "-qq"], what="refreshing package lists", env=env, next_step=hint)
        run(install, what="installing packages", env=env, next_step=hint)
