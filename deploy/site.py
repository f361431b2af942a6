"""Running the playbook and counting what it did."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy.errors import MachineError, UnreachableError
from deploy.inventory import SITE
from deploy.paths import ROOT
from deploy.procedures.bootstrap import bootstrap
from deploy.secrets import Store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deploy.inventory import Inventory


@dataclass(frozen=True)
class HostCounts:
    """Counts of tasks on one host."""

    ok: int
    changed: int
    failed: int
    unreachable: int


@dataclass(frozen=True)
class Outcome:
    """A run of the playbook: per host its counts, and the seconds of the whole."""

    hosts: dict[str, HostCounts]
    seconds: float
    failures: tuple[dict[str, str], ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "version": 1,
            "hosts": {name: asdict(counts) for name, counts in self.hosts.items()},
            "seconds": self.seconds,
            "failures": list(self.failures),
        }

    @property
    def exit_code(self) -> int:
        if any(h.unreachable for h in self.hosts.values()):
            return 3
        return 1 if any(h.failed for h in self.hosts.values()) else 0


def deploy(inventory: Inventory, options: Sequence[str] = (), *, check: bool = False) -> Outcome:
    """Bootstrap what is bare (not in a check), run site.yml, return the counts.

    ``options`` go to ansible-playbook as they are. Raises UnreachableError or MachineError when
    there is nothing to count; failed tasks are in the outcome.
    """
    start = time.monotonic()
    Store(inventory.path).names()  # a key that is missing or wrong is said before a host is touched
    if not check:
        bootstrap(inventory)
    words = [*options, *(("--check", "--diff") if check else ())]
    counts = playbook(inventory, SITE, words)
    return Outcome(
        {name: HostCounts(**found) for name, found in counts["hosts"].items()},
        round(time.monotonic() - start, 1),
        tuple(counts["failures"]),
    )


def playbook(inventory: Inventory, file: Path, options: Sequence[str] = ()) -> dict[str, Any]:
    """Run a playbook; return {hosts, failures, seconds} as our callback counted them."""
    with tempfile.TemporaryDirectory() as folder:
        stats = Path(folder) / "stats.json"
        words = [_program("ansible-playbook"), "-i", str(inventory.path), str(file), *options]
        code = _run(words, {"ANSIBLE_STDOUT_CALLBACK": "kootwijk", "KOOTWIJK_STATS": str(stats)})
        if not stats.exists():
            raise MachineError(
                f"ansible-playbook ended before it began (exit {code})",
                where=str(file),
                next_step="its own message stands above",
            )
        found: dict[str, Any] = json.loads(stats.read_text(encoding="utf-8"))
    if not found["hosts"]:
        raise UnreachableError("no host was in this run", where=str(inventory.path))
    return found


def _program(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def _run(words: Sequence[str], extra: dict[str, str]) -> int:
    environment = {**os.environ, **extra, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    process = subprocess.Popen(words, env=environment, cwd=ROOT)
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        process.wait()
        raise
