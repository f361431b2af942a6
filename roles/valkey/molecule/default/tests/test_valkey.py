"""What is true of a host with Valkey."""

from __future__ import annotations

from typing import Any

import pytest

SOCKET = "/run/valkey/valkey.sock"


def ask(host: Any, words: str, user: str = "valkey") -> str:
    """Return what Valkey answers to ``words``, asked as ``user``."""
    return str(host.run(f"runuser -u {user} -- valkey-cli -s {SOCKET} {words} 2>&1").stdout).strip()


def test_no_port(host: Any) -> None:
    """Ensure it runs, starts with the host and listens on no port."""
    assert host.service("valkey-server").is_enabled
    assert host.service("valkey-server").is_running
    assert "valkey" not in host.check_output("ss -Hltunp")


def test_only_its_group_reaches_it(host: Any) -> None:
    """Ensure who is in its group gets an answer, and others get none."""
    assert ask(host, "ping") == "PONG"
    assert "Permission denied" in ask(host, "ping", user="nobody")


@pytest.mark.parametrize(
    "words", ["config get dir", "shutdown", "save", "debug sleep 1", "monitor"]
)
def test_clients_do_not_administer(host: Any, words: str) -> None:
    """Ensure a client cannot read or change settings, stop it or listen in."""
    assert ask(host, words).startswith(("NOPERM", "ERR DEBUG command not allowed"))


def test_what_it_is_for(host: Any) -> None:
    """Ensure a client can keep, find and send."""
    assert ask(host, "set molecule 1 ex 60") == "OK"
    assert ask(host, "keys molecul*") == "molecule"
    assert ask(host, "publish molecule hello") == "0"


def test_memory_is_bounded(host: Any) -> None:
    """Ensure it takes no more memory than it was given, and gives up what expires anyway."""
    info = ask(host, "info memory")
    assert f"maxmemory:{96 * 1024 * 1024}" in info
    assert "maxmemory_policy:volatile-lru" in info


def test_nothing_on_disk(host: Any) -> None:
    """Ensure what passes through it is not kept."""
    ask(host, "set molecule 1 ex 60")
    host.check_output("systemctl restart valkey-server")
    assert ask(host, "exists molecule") == "0"
    assert not host.file("/var/lib/valkey/dump.rdb").exists
