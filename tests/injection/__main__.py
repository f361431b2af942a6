"""`python -m tests.injection -i INVENTORY`: plant, look, report. Exit 1 below the targets."""

from __future__ import annotations

import argparse
import fnmatch
import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy import inventory as inventories
from deploy.paths import ROOT

from . import cases, report, suite

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = ROOT / "docs" / "reference" / "injection.md"
FIRST = Path(__file__).parent / "first_runs.json"
TARGET = 0.98


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.injection", description=__doc__)
    parser.add_argument("-i", "--inventory", type=Path, required=True)
    parser.add_argument("--only", default="*", metavar="GLOB", help="of cases' ids; several: a,b")
    parser.add_argument(
        "--role", default="*", metavar="GLOB", help="on whose host they are planted"
    )
    parser.add_argument("--held-out", action="store_true", help="only the cases held out")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the result here")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    asked = parser.parse_args(words)
    chosen = [
        c
        for c in cases.load()
        if any(fnmatch.fnmatch(c.id, glob) for glob in asked.only.split(","))
        and fnmatch.fnmatch(c.host, asked.role)
        and (c.held_out or not asked.held_out)
    ]
    inventory = inventories.load(asked.inventory)
    start = time.monotonic()
    outcomes = suite.run(inventory, chosen, say)
    hosts = {o.host for o in outcomes if o.host}
    result = report.as_json(
        outcomes,
        {
            "date": datetime.now(UTC).date().isoformat(),
            "revision": revision(),
            "hosts": f"{len(hosts)} host{'s' * (len(hosts) != 1)} of a lab",
            "cases": str(len([o for o in outcomes if not o.skipped])),
            "seconds": str(round(time.monotonic() - start)),
        },
    )
    if asked.json:
        asked.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if asked.write:
        first = json.loads(FIRST.read_text(encoding="utf-8")) if FIRST.exists() else []
        PAGE.write_text(report.page(result, first), encoding="utf-8")
    print(table(result))
    return 0 if good(result["parts"]["all"]) else 1


def good(counts: dict[str, Any]) -> bool:
    """Say whether recall and precision reach the target, and something was measured."""
    values = (counts["recall"], counts["precision"])
    return all(v is not None and v >= TARGET for v in values)


def say(outcome: suite.Outcome) -> None:
    """Tell on stderr how one case went, if it went wrong."""
    mark = "ok   " if outcome.right and not outcome.false else "WRONG"
    more = "; ".join(f"{f.status} {f.control} {f.component} {f.endpoint}" for f in outcome.false)
    print(
        f"{mark} {outcome.case.kind:9} {outcome.case.id} {outcome.seconds} s "
        f"{outcome.error}{' also: ' + more if more else ''}",
        file=sys.stderr,
    )


def table(result: dict[str, Any]) -> str:
    rows = [*result["parts"].items(), *result["by_layer"].items()]
    lines = [
        f"{name:14} planted {r['planted']:3} found {r['found']:3} near-misses "
        f"{r['near_misses']:3} false alarms {r['false_alarms']:3} recall {r['recall']} "
        f"precision {r['precision']}"
        for name, r in rows
    ]
    lines += report.wrong(result["cases"])
    return "\n".join(lines)


def revision() -> str:
    done = subprocess.run(
        ["git", "-C", str(ROOT), "describe", "--always", "--dirty"],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
