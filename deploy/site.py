"""Running the playbook and counting what it did."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy import lock
from deploy.depot.reach import trouble
from deploy.errors import InputError, MachineError, UnreachableError
from deploy.gaps import admit
from deploy.gaps import lines as gap_lines
from deploy.inventory import SITE, plays
from deploy.narrate import say
from deploy.paths import ROOT
from deploy.procedures.bootstrap import bootstrap, require_hosts, sees
from deploy.secrets import Store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deploy.gaps import Gap
    from deploy.inventory import Host, Inventory


@dataclass(frozen=True)
class HostCounts:
    """Counts of tasks on one host."""

    ok: int
    changed: int
    failed: int
    unreachable: int


@dataclass(frozen=True)
class Outcome:
    """A run of the playbook: per host its counts, and the seconds of the whole.

    ``tasks`` has (play, task, seconds until the next began), as they came.
    """

    hosts: dict[str, HostCounts]
    seconds: float
    failures: tuple[dict[str, str], ...] = ()
    gaps: tuple[Gap, ...] = ()
    tasks: tuple[tuple[str, str, float], ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "version": 1,
            "hosts": {name: asdict(counts) for name, counts in self.hosts.items()},
            "seconds": self.seconds,
            "failures": list(self.failures),
            "gaps": [asdict(gap) for gap in self.gaps],
        }

    def slowest(self, count: int = 25) -> list[tuple[str, str, str]]:
        """Return rows of (seconds, play, task): the plays, then the slowest tasks."""
        plays: dict[str, float] = {}
        for play, _, seconds in self.tasks:
            plays[play] = plays.get(play, 0.0) + seconds
        rows = [(f"{seconds:6.1f} s", play, "") for play, seconds in plays.items()]
        slow = sorted(self.tasks, key=lambda task: -task[2])[:count]
        return [*rows, *((f"{seconds:6.1f} s", play, task) for play, task, seconds in slow)]

    @property
    def exit_code(self) -> int:
        if any(h.unreachable for h in self.hosts.values()):
            return 3
        return 1 if any(h.failed for h in self.hosts.values()) else 0


def deploy(
    inventory: Inventory,
    *,
    limit: str = "",
    tags: str = "",
    check: bool = False,
    told: bool = False,
) -> Outcome:
    """Bootstrap what is bare (not in a check), run site.yml, return the counts.

    ``limit`` is an Ansible pattern of the hosts that are touched, ``tags`` names the roles that
    are applied (``postfix,dovecot``; all for ''). What a lab has to do without is said, unless it
    was ``told`` already. Before a host is touched it raises InputError (no such tag, a secret's
    key, a release that is missing or unverified, another run that changes the hosts) or
    UnreachableError (no depot); later UnreachableError or MachineError when there is nothing to
    count. Failed tasks are in the outcome.
    """
    start = time.monotonic()
    require_tags(tags)
    hosts = inventory.matching(limit)
    require_hosts(inventory)
    Store(inventory.path).names()  # a key that is missing or wrong
    gaps = admit(inventory, hosts)
    for line in () if told else gap_lines(gaps):
        say(f"!! {line}")
    words = ["--check", "--diff"] if check else []
    words += ["--limit", limit] if limit else []
    words += ["--tags", tags] if tags else []
    with nullcontext() if check else lock.hosts_of(inventory, "deploy"):
        require_depot(inventory, hosts)
        if not check:
            bootstrap(inventory, hosts)
        counts = playbook(inventory, SITE, words)
    return Outcome(
        {name: HostCounts(**found) for name, found in counts["hosts"].items()},
        round(time.monotonic() - start, 1),
        tuple(counts["failures"]),
        gaps,
        tuple((play, task, seconds) for play, task, seconds in counts["tasks"]),
    )


def require_tags(tags: str) -> None:
    """Raise InputError for a tag that no role has: a run that does nothing would look well."""
    known = sorted({role for _, names in plays() for role in names})
    wrong = sorted({tag.strip() for tag in tags.split(",") if tag.strip()} - set(known))
    if wrong:
        raise InputError(
            f"no such tag: {', '.join(wrong)}", next_step=f"a role's name: {', '.join(known)}"
        )


def require_depot(inventory: Inventory, hosts: Sequence[Host]) -> None:
    """Raise UnreachableError if the depot is not served where ``hosts`` install from.

    On rented hosts it may be served where only they can see it: then one of them is asked.
    """
    for url in sorted({str(h.vars["kootwijk_depot_url"]) for h in hosts}):
        why = trouble(url)
        asked = next(h for h in hosts if h.vars["kootwijk_depot_url"] == url)
        if not why or (inventory.lab is None and sees(inventory, asked, url)):
            continue
        mend = "`kootwijk lab create` serves it" if inventory.lab else "see that it is served"
        raise UnreachableError(
            f"no host can install anything: {why}",
            where=f"kootwijk_depot_url: {url}",
            next_step=f"{mend}, and `kootwijk depot sync` fills it; then run this again",
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
