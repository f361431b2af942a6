"""The agent on a host, from here: one connection that plants and takes away."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from deploy.errors import KootwijkError
from deploy.procedures.bootstrap import ssh_command

if TYPE_CHECKING:
    from deploy.inventory import Host, Inventory

    from .cases import Case

_AGENT = Path(__file__).parent / "agent.py"


class PlantError(KootwijkError):
    """A step could not be done, or not be undone."""


class Agent:
    """Plants cases on one host; leaving the context takes back what is planted."""

    def __init__(self, inventory: Inventory, host: Host) -> None:
        self.host = host
        words = {"@DOMAIN@": host.domain, "@ADDRESS@": str(host.address)}
        self._words = words | {"@FQDN@": host.fqdn, "@HOST@": host.name}
        code = shlex.quote(_AGENT.read_text(encoding="utf-8"))
        self._process = subprocess.Popen(
            [*ssh_command(inventory, host), f"sudo -n /usr/bin/python3 -I -c {code}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        self._ask({"undo": True})
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(60)

    def plant(self, case: Case) -> None:
        """Take back what was planted before, then plant ``case``; PlantError if a step fails."""
        steps = [step for step in case.plant if "contract" not in step]
        text = json.dumps(steps, ensure_ascii=False)
        for mark, value in self._words.items():
            text = text.replace(mark, value)
        self._ask({"plant": json.loads(text)})

    def undo(self) -> None:
        self._ask({"undo": True})

    def _ask(self, what: dict[str, Any]) -> None:
        if self._process.stdin is None or self._process.stdout is None:
            raise AssertionError
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        said: dict[str, Any] = json.loads(line) if line else {"ok": False, "why": "it hung up"}
        if not said["ok"]:
            raise PlantError(str(said["why"]), where=self.host.name)
