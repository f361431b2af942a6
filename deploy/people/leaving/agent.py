"""A program of ours on a host, as root over SSH: one connection, an order a line, an answer a line.

It is sent along, so nothing of it stays on the host. When the connection ends, for whatever reason,
it takes away what it made.
"""

from __future__ import annotations

import contextlib
import json
import queue
import shlex
import subprocess
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from deploy.procedures.bootstrap import ssh_command

if TYPE_CHECKING:
    from deploy.inventory import Host, Inventory

_FOLDER = Path(__file__).parent / "on_host"
_PACKAGE = "deploy.people.leaving.on_host"
_SECONDS = 90.0  # a watcher may have to finish first
# Modules come as lines of JSON, not as words of a command: those are in the host's journal.
_START = """\
import json, sys, types
names, start = json.loads(sys.stdin.readline())
for name, text in names:
    module = sys.modules[name] = types.ModuleType(name)
    module.__path__ = []
    exec(compile(text, name, "exec"), module.__dict__)
sys.modules[names[-1][0]].main(**start)
"""


class AgentError(Exception):
    """The program could not do it, or is not there any more."""


class Agent:
    """The program of ``service`` on ``host``, started with ``start`` as its arguments."""

    def __init__(
        self, inventory: Inventory, host: Host, service: str, start: dict[str, str]
    ) -> None:
        self.service, self.host = service, host
        self._lines: queue.Queue[str] = queue.Queue()
        command = f"sudo -n python3 -Ic {shlex.quote(_START)}"
        self._process = subprocess.Popen(
            [*ssh_command(inventory, host), command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        Thread(target=self._listen, daemon=True).start()
        self._send([_modules(service), start])

    def ask(self, what: str, *, seconds: float = _SECONDS, **more: Any) -> Any:
        """Have it do ``what`` and return the answer; AgentError says why not."""
        self._send({"do": what, **more})
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            self._process.kill()
            raise AgentError(f"no answer in {seconds:.0f} s") from None
        if not line:
            said = self._process.stderr.read() if self._process.stderr else ""
            last = " ".join(said.strip().splitlines()[-1:]) or "the connection ended"
            raise AgentError(f"{self.host.name} ({self.host.address}): {last}")
        answer = json.loads(line)
        if "error" in answer:
            raise AgentError(str(answer["error"]))
        return answer["answer"]

    def close(self) -> None:
        """Have it take away what it made, and end it."""
        if self._process.stdin:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        try:
            self._process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def _send(self, order: object) -> None:
        if not self._process.stdin:
            raise AssertionError
        try:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
        except OSError:
            self._lines.put("")

    def _listen(self) -> None:
        if not self._process.stdout:
            raise AssertionError
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")


def program(name: str) -> str:
    """Return the text of a program in another language that a service's own program runs."""
    return (_FOLDER / name).read_text(encoding="utf-8")


def _modules(service: str) -> list[tuple[str, str]]:
    """Return (name, text) of what the host has to know, the service's own module last."""
    parts = _PACKAGE.split(".")
    packages = [(".".join(parts[: n + 1]), "") for n in range(len(parts))]
    own = [(f"{_PACKAGE}.{name}", program(f"{name}.py")) for name in ("base", service)]
    return [*packages, *own]
