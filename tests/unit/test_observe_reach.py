"""Hosts that answer slowly, or lie: the run ends, and says of them what it knows: nothing."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from deploy import inventory as inventories
from deploy.paths import ROOT
from verify import evidence
from verify.observe import reach
from verify.run import conclude

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.inventory import Inventory
    from verify.model import HostSeen


@pytest.fixture(scope="module")
def inventory() -> Inventory:
    return inventories.load(ROOT / "inventories" / "pilot")


@pytest.fixture
def answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that puts a host in place that answers as a shell script does."""

    def put(script: str) -> None:
        ssh = tmp_path / "ssh"
        ssh.write_text(f"#!/bin/bash\n{script}\n")
        ssh.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    return put


def ask(inventory: Inventory) -> HostSeen:
    return reach.everyone(inventory, {})[0]


GOOD = json.dumps({"collector": 1, "time": 1, "files": [], "services": {}, "problems": []})


def test_a_host_that_answers_well_is_reached(inventory: Inventory, answers: Any) -> None:
    answers(f"cat >/dev/null; echo '{GOOD}'")
    assert ask(inventory).reached


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("cat >/dev/null; echo Welcome to Debian", "not the collector's JSON"),
        ("cat >/dev/null; echo '[1, 2]'", "not the collector's"),
        ("cat >/dev/null; echo '{\"collector\": 2}'", "not the collector's"),
        ("cat >/dev/null; head -c 200000 /dev/zero | tr '\\0' '['", "not the collector's JSON"),
        ("cat >/dev/null; head -c 4096 /dev/urandom", "not the collector's JSON"),
        ("cat >/dev/null", "not the collector's JSON"),
        ("exec 0<&-; echo nee >&2; exit 255", "ssh ended with 255: nee"),
        ("cat >/dev/null; echo '" + GOOD + "'; exit 1", "ssh ended with 1"),
        ("cat >/dev/null; printf '\\033[2Jgone\\n' >&2; exit 1", "ssh ended with 1"),
    ],
)
def test_what_is_no_answer_is_not_believed(
    inventory: Inventory, answers: Any, script: str, says: str
) -> None:
    answers(script)
    seen = ask(inventory)
    assert not seen.reached
    assert seen.facts == {}
    assert says in seen.error
    assert seen.error.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    "script",
    [
        "cat >/dev/null; exec sleep 600",
        "exec sleep 600",  # it does not even listen
        "cat >/dev/null; while :; do echo -n x; sleep 0.1; done",
        "cat >/dev/null; exec yes trouble >&2",
        "cat >/dev/null; sleep 600 & wait",  # a child keeps the pipe open
    ],
)
def test_a_host_that_never_ends_is_left(
    inventory: Inventory, answers: Any, script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach, "HOST_SECONDS", 1)
    answers(script)
    start = time.monotonic()
    seen = ask(inventory)
    assert time.monotonic() - start < 15
    assert "did not finish within 1 s" in seen.error


def test_a_host_that_sends_without_end_is_left(
    inventory: Inventory, answers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach, "MOST_BYTES", 1 << 20)
    answers("cat >/dev/null; exec cat /dev/zero")
    assert "more than 1 MiB" in ask(inventory).error


LIES: list[Any] = [
    None,
    True,
    -1,
    1e308,
    "x",
    "\ud800\x1b[31m<script>alert(1)</script>",
    [],
    [None],
    [[]],
    [["a"]],
    [[1, 2, 3, 4, 5]],
    {},
    {"rows": 1},
    {"rows": [[None, None, None, None]]},
    {"records": [["a", "b"]], "hosts": [[1, "x", 2]], "nftables": [{"rule": 1}, {"chain": []}]},
    {"installed": [[]], "active": [1], "peers": [[1]], "log": [[1]], "keys": {"a": 1}},
]


@pytest.mark.parametrize("lie", LIES, ids=[str(n) for n in range(len(LIES))])
def test_a_lie_anywhere_in_an_answer_harms_nobody(
    inventory: Inventory, answers: Any, tmp_path: Path, lie: Any
) -> None:
    """Ensure whatever stands where in a host's answer, the others' verdicts are made."""
    names = [
        *("postfix", "dovecot", "nginx", "rspamd", "systemd", "firewall", "connections", "denied"),
        *("knot", "unbound", "postgresql", "packages", "hosts_file", "certificates", "nextcloud"),
        *("network", "roundcube", "apt", "sshd", "environments"),
    ]
    everywhere = dict.fromkeys(("time", "files", "services", "problems", "keys", "answers"), lie)
    within = {"time": 1, "services": dict.fromkeys(names, lie)}
    said = tmp_path / "said"
    answers(f"cat >/dev/null; cat {said}")
    look = evidence.prepare(inventory)
    for facts in (everywhere, within):
        said.write_text(json.dumps({"collector": 1, **facts}))
        run = conclude(look.at(outside=False, pages=False))
        json.dumps(run.as_json(whole=True))
        assert run.exit_code, "what a liar says is no pass"
