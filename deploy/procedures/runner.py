"""Runs a pyinfra procedure on hosts and says plainly where and why it stopped."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pyinfra.api import BaseStateCallback, Config, Inventory, State
from pyinfra.api.connect import connect_all, disconnect_all
from pyinfra.api.deploy import add_deploy
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.operations import run_ops
from pyinfra.context import ctx_state

from deploy.errors import UnreachableError
from deploy.narrate import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


@dataclass(frozen=True)
class Target:
    """A host as pyinfra reaches it; ``key`` and ``known_hosts`` are paths or empty."""

    name: str
    address: str
    user: str
    key: str
    known_hosts: str
    data: dict[str, Any]

    def as_admin(self) -> Target:
        """Return the target with everything done through sudo."""
        return replace(self, data={**self.data, "_sudo": True})

    def pyinfra(self) -> tuple[str, dict[str, Any]]:
        options = {
            "ssh_hostname": self.address,
            "ssh_user": self.user,
            "ssh_strict_host_key_checking": "yes",
            "ssh_connect_retries": 2,
            **({"ssh_key": self.key} if self.key else {}),
            **({"ssh_known_hosts_file": self.known_hosts} if self.known_hosts else {}),
        }
        return self.name, {**options, **self.data}


class _Voice(BaseStateCallback):  # type: ignore[misc]
    """Collects what failed; pyinfra's own log lines are kept for --debug."""

    def __init__(self) -> None:
        self.problems: dict[str, str] = {}

    def host_connect_error(self, state: State, host: Any, error: Any) -> None:  # noqa: ARG002
        self.problems[host.name] = f"no SSH connection: {error}"

    def operation_host_error(
        self, state: State, host: Any, op_hash: str, *_: Any, **__: Any
    ) -> None:
        name = ", ".join(state.get_op_meta(op_hash).names)
        self.problems.setdefault(
            host.name, f"the step '{name}' failed{_last_words(state, host, op_hash)}"
        )


def _last_words(state: State, host: Any, op_hash: str) -> str:
    meta = state.get_op_data_for_host(host, op_hash).operation_meta
    try:
        lines = str(meta.stderr or meta.stdout).strip().splitlines()
    except (AttributeError, RuntimeError):  # nothing was run
        return ""
    return ": " + " / ".join(lines[-3:]) if lines else ""


def execute(title: str, targets: Sequence[Target], procedure: Callable[[], None]) -> None:
    """Run ``procedure`` on every target, all at once per step.

    Raises UnreachableError naming each host that did not connect or finish, with its last words.
    """
    inventory = Inventory(([t.pyinfra() for t in targets], {}))
    state = State(inventory, Config(FAIL_PERCENT=100, CONNECT_TIMEOUT=10))
    voice = _Voice()
    state.add_callback_handler(voice)
    with ctx_state.use(state), _quiet():
        try:
            connect_all(state)
            add_deploy(state, procedure)
            run_ops(state)
        except PyinfraError as error:
            if not voice.problems:
                raise UnreachableError(f"{title} stopped: {error}") from error
        finally:
            disconnect_all(state)
    if voice.problems:
        raise UnreachableError(
            f"{title} did not finish on {', '.join(voice.problems)}",
            where="\n         ".join(f"{name}: {why}" for name, why in voice.problems.items()),
            next_step="mend that, then run the same command again: what is done is kept",
        )
    say(f"    {title}: {len(targets)} hosts")


@contextmanager
def _quiet() -> Iterator[None]:
    logger = logging.getLogger("pyinfra")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
