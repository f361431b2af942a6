"""Measures the numbers of docs/reference/numbers.md on this machine, and prints them as Markdown.

    .venv/bin/python tests/bench/measure.py > docs/reference/numbers.md

Uses a state folder and a lab of its own; takes about ten minutes. Run it on an idle machine.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))

from deploy.depot.mirrors import source_lines
from deploy.paths import ROLES, ROOT
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
        try:
            rows["`up`, empty depot, no base tree"] = [timed(*command, "up", env=env)[0]]
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


def report(rows: dict[str, list[float]]) -> None:
    print(f"# Numbers\n\nMeasured by `tests/bench/measure.py` on {memory()}.\n")
    print("| what | seconds (median) | of the floor |\n|---|---|---|")
    base = rows["floor: the same packages in one container"][0]
    for what, seconds in rows.items():
        median = sorted(seconds)[len(seconds) // 2]
        print(f"| {what} | {median:.1f} | {median / base:.2f} |")


if __name__ == "__main__":
    main()
