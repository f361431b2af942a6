"""Measures the numbers of docs/reference/numbers.md on this machine, and prints them as Markdown.

    .venv/bin/python tests/bench/measure.py > docs/reference/numbers.md

Uses a state folder and a lab of its own; takes about half an hour. Run it on an idle machine.
Upstream releases are taken from this machine's own depot, as they are there.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))

from deploy.depot.mirrors import source_lines
from deploy.lab.machine import control_groups
from deploy.paths import ROLES, ROOT, depot
from deploy.roles import meta
from tests.lab.platform import copy_inventory

ROUNDS = 3


def timed(*words: str | Path, env: dict[str, str]) -> tuple[float, str]:
    start = time.monotonic()
    done = subprocess.run(words, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - start
    if done.returncode:
        sys.exit(f"{words}: exit {done.returncode}\n{done.stderr[-3000:]}")
    print(f"{words[-1]}: {seconds:.1f} s", file=sys.stderr)
    return seconds, done.stdout


def floor(folder: Path) -> float:
    lines = folder / "lines"
    lines.write_text("\n".join(source_lines()) + "\n")
    wanted = {p for role in ROLES.iterdir() for p in (meta(role.name, "depot") or {})["debian"]}
    seconds, _ = timed(ROOT / "tests/bench/floor", lines, *sorted(wanted), env=dict(os.environ))
    return seconds


def take_releases(target: Path) -> None:
    """Copy the artifacts of this machine's depot, and what is known of them, to ``target``."""
    if (depot() / "manifest.json").exists():
        held = json.loads((depot() / "manifest.json").read_text(encoding="utf-8"))
        shutil.copytree(depot() / "public/artifacts", target / "public/artifacts")
        (target / "manifest.json").write_text(json.dumps({**held, "wheels": {}}), encoding="utf-8")


def resident(lab: str) -> float:
    """Return the GiB that the processes of a lab's hosts hold, what they share counted once."""
    total = 0
    for group in control_groups(lab):
        for pid in (group / "cgroup.procs").read_text(encoding="ascii").split():
            with suppress(OSError):  # it ended
                said = Path("/proc", pid, "smaps_rollup").read_text(encoding="ascii")
                total += sum(int(kb) for kb in re.findall(r"^Pss: +(\d+) kB", said, re.MULTILINE))
    return total / 2**20


def memory() -> str:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {total:.0f} GiB, {platform.machine()}"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="kw-bench-") as name:
        folder = Path(name)
        inventory = copy_inventory("lab", folder / "bench", 73)
        env = {**os.environ, "KOOTWIJK_STATE": str(folder / "state")}
        command: list[str | Path] = [ROOT / "kootwijk", "-i", inventory]
        rows: dict[str, list[float]] = {}
        take_releases(folder / "state" / "depot")
        try:
            rows["`up`, depot without packages, no base tree"] = [timed(*command, "up", env=env)[0]]
            held = resident(inventory.name)
            again = [timed(*command, "deploy", "--json", env=env) for _ in range(ROUNDS)]
            changed = sum(
                h["changed"] for _, out in again for h in json.loads(out)["hosts"].values()
            )
            rows[f"second `deploy` ({changed} changed in all)"] = [s for s, _ in again]
            rows["`deploy --check`"] = [timed(*command, "deploy", "--check", env=env)[0]]
            rows["`down`"] = [timed(*command, "down", env=env)[0]]
            rows["`up`, filled depot"] = [timed(*command, "up", env=env)[0]]
        finally:
            timed(*command, "down", env=env)
        rows["floor: the same packages in one container"] = [floor(folder)]
    report(rows)
    print(f"\nThe processes of all hosts hold {held:.1f} GiB, what they share counted once.")


def report(rows: dict[str, list[float]]) -> None:
    print(f"# Numbers\n\nMeasured by `tests/bench/measure.py` on {memory()}.\n")
    print("| what | seconds (median) | of the floor |\n|---|---|---|")
    base = rows["floor: the same packages in one container"][0]
    for what, seconds in rows.items():
        median = sorted(seconds)[len(seconds) // 2]
        print(f"| {what} | {median:.1f} | {median / base:.2f} |")


if __name__ == "__main__":
    main()
