"""What is true of a host that denies: tried, from outside and from inside."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

OUTSIDE = "10.79.0.1"
PORTS = (8080, 8081, 8082)
CONNECT = "import socket,sys;socket.create_connection((sys.argv[1],int(sys.argv[2])),timeout=3)"


@pytest.fixture(scope="module")
def servers(host: Any) -> Iterator[str]:
    """Have something listen on every port, and yield the host's address."""
    for port in PORTS:
        host.run(
            f"systemd-run --unit=try-{port} --collect python3 -m http.server {port} --bind :: "
            "--directory /usr/share/doc"
        )
    yield next(a for a in host.interface("eth0").addresses if "." in a)
    for port in PORTS:
        host.run(f"systemctl stop try-{port}")


def denied(host: Any, way: str) -> int:
    """Return how many packets were denied."""
    listed = json.loads(host.check_output(f"nft -j list counter inet kootwijk denied_{way}"))
    return int(next(e["counter"]["packets"] for e in listed["nftables"] if "counter" in e))


def tried(host: Any, family: int) -> list[list[Any]]:
    """Return where the host tried to go in vain: [address, protocol, port]."""
    listed = json.loads(host.check_output(f"nft -j list set inet kootwijk tried_out{family}"))
    held = next(e["set"] for e in listed["nftables"] if "set" in e)
    return [element["elem"]["val"]["concat"] for element in held.get("elem", [])]


def test_what_is_declared_is_let_in(servers: str) -> None:
    """Ensure a declared port answers its declared peer."""
    socket.create_connection((servers, 8080), timeout=5).close()


@pytest.mark.parametrize("port", [8081, 8082])
def test_what_is_not_declared_is_denied_and_counted(host: Any, servers: str, port: int) -> None:
    """Ensure a port nobody declared, or declared for another peer, is denied, and that it shows."""
    assert host.check_output(f"ss -Hltn 'sport = :{port}'"), "somebody must listen there"
    before = denied(host, "in")
    with pytest.raises(OSError, match=r"(?i)timed out|no route|prohibited|refused|unreachable"):
        socket.create_connection((servers, port), timeout=3)
    assert denied(host, "in") > before


def test_a_declared_way_out_is_open(host: Any) -> None:
    """Ensure the host reaches what it declares."""
    assert host.run(f'python3 -c "{CONNECT}" {OUTSIDE} 8470').rc == 0


@pytest.mark.parametrize(("address", "family"), [(OUTSIDE, 4), ("fd4b:6f6f:7479::1", 6)])
def test_any_other_way_out_is_denied_counted_and_remembered(
    host: Any, address: str, family: int
) -> None:
    """Ensure an undeclared connection fails at once, is counted, and leaves its address behind."""
    before = denied(host, "out")
    done = host.run(f'python3 -c "{CONNECT}" {address} 9')
    assert done.rc != 0
    assert "timed out" not in done.stderr
    assert denied(host, "out") > before
    assert [address, "tcp", 9] in tried(host, family)


def test_a_name_becomes_its_addresses(host: Any) -> None:
    """Ensure a rule with a name lets that name's addresses through."""
    words = "nft list set inet kootwijk name_mol1_kootwijk_test_4"
    own = host.check_output("getent ahostsv4 mol1.kootwijk.test").split()[0]
    assert f"elements = {{ {own} }}" in host.check_output(words)
    host.check_output("systemctl reload nftables")
    host.check_output("systemctl start nftables-names")
    assert f"elements = {{ {own} }}" in host.check_output(words), "lost at a reload"


def test_every_chain_denies_by_default(host: Any) -> None:
    """Ensure nothing passes in, out or through without a rule, and no other table is there."""
    listed = json.loads(host.check_output("nft -j list ruleset"))["nftables"]
    chains = {e["chain"]["hook"]: e["chain"]["policy"] for e in listed if "chain" in e}
    assert chains == {"input": "drop", "output": "drop", "forward": "drop"}
    assert [e["table"]["name"] for e in listed if "table" in e] == ["kootwijk"]


def test_every_open_port_says_why(host: Any) -> None:
    """Ensure each rule that opens a port carries its reason."""
    text = host.check_output("nft list ruleset")
    opened = [line for line in text.splitlines() if " dport " in line and "accept" in line]
    assert len(opened) == 8
    assert all(' comment "' in line for line in opened)


def test_it_is_there_after_a_reboot(host: Any) -> None:
    """Ensure the ruleset is loaded at boot, and no undoing is pending."""
    assert host.service("nftables").is_enabled
    assert host.service("nftables-names.timer").is_enabled
    assert host.run("nft -c -f /etc/nftables.conf").rc == 0
    assert not host.check_output("systemctl list-timers --all --no-legend nftables-undo.timer")
