"""What is true of a host with coturn: asked as a caller's browser asks (RFC 8656)."""

from __future__ import annotations

import json
import textwrap
from typing import Any

import pytest

SECRET = "only-for-this-test"  # noqa: S105
CALLER = """\
import base64, hashlib, hmac, json, os, socket, ssl, struct, time

COOKIE = 0x2112A442
own = [a for a in os.popen("hostname -I").read().split() if ":" not in a][0]

def attribute(kind, value):
    return struct.pack("!HH", kind, len(value)) + value + b"\\0" * (-len(value) % 4)
def peer(address, port=9):
    mixed = int.from_bytes(socket.inet_aton(address), "big") ^ COOKIE
    return attribute(0x12, struct.pack("!BBHI", 0, 1, port ^ (COOKIE >> 16), mixed))

class Caller:
    def __init__(self, secret, expires=3600, tls=False, who="anna"):
        self.name = f"{int(time.time()) + expires}:{who}"
        proof = hmac.digest(secret.encode(), self.name.encode(), "sha1")
        self.password = base64.b64encode(proof).decode()
        self.tls = tls
        self.connect()
    def connect(self):
        self.realm = self.nonce = b""
        if self.tls:
            plain = socket.create_connection((own, 5349), 5)
            self.sock = ssl._create_unverified_context().wrap_socket(plain)
        else:
            self.sock = socket.socket(type=socket.SOCK_DGRAM)
            self.sock.connect((own, 3478))
        self.sock.settimeout(5)
    def ask(self, method, *attributes):
        body = b"".join(attributes)
        if self.nonce:
            body += attribute(6, self.name.encode())
            body += attribute(0x14, self.realm) + attribute(0x15, self.nonce)
        size = len(body) + (24 if self.nonce else 0)
        head = struct.pack("!HHI", method, size, COOKIE) + os.urandom(12)
        if self.nonce:
            words = f"{self.name}:{self.realm.decode()}:{self.password}"
            key = hashlib.md5(words.encode()).digest()
            body += attribute(8, hmac.digest(key, head + body, "sha1"))
        self.sock.send(head + body)
        answer = self.sock.recv(2000)
        kind, size = struct.unpack("!HH", answer[:4])
        found, rest = {}, answer[20:20 + size]
        while rest:
            what, length = struct.unpack("!HH", rest[:4])
            found[what] = rest[4:4 + length]
            rest = rest[4 + length + (-length % 4):]
        error = found.get(9, b"\\0\\0\\0\\0")
        return kind, error[2] * 100 + error[3], found
    def allocate(self, transport=17):
        wish = attribute(0x19, bytes([transport, 0, 0, 0]))
        kind, code, found = self.ask(3, wish)
        if code == 401 and not self.nonce:
            self.realm, self.nonce = found[0x14], found[0x15]
            kind, code, found = self.ask(3, wish)
        if code == 437:  # an earlier caller's port, whose relay has not expired: another one
            self.connect()
            return self.allocate(transport)
        return code, found
"""


def call(host: Any, steps: str) -> Any:
    """Run ``steps`` on the host as a caller; return what they printed, as JSON."""
    done = host.run(f"python3 - <<'END'\n{CALLER}{textwrap.dedent(steps)}\nEND")
    assert done.rc == 0, done.stderr
    return json.loads(done.stdout)


def test_runs(host: Any) -> None:
    """Ensure it runs, starts with the host and is no administrator."""
    service = host.service("coturn")
    assert service.is_running
    assert service.is_enabled
    assert host.check_output("systemctl show -P User coturn") == "turnserver"


def test_no_other_port(host: Any) -> None:
    """Ensure it listens for calls and nothing else: no command line, no page."""
    lines = [x for x in host.check_output("ss -Hltunp").splitlines() if "turnserver" in x]
    assert {line.split()[4].rpartition(":")[2] for line in lines} == {"3478", "5349"}


@pytest.mark.parametrize("tls", [False, True])
def test_caller_with_the_servers_word(host: Any, tls: bool) -> None:  # noqa: FBT001
    """Ensure who has a password that the chat server made gets a relay, also over TLS."""
    found = call(host, f"print(json.dumps(Caller('{SECRET}', tls={tls}).allocate()[0]))")
    assert found == 0


@pytest.mark.parametrize(("secret", "expires"), [("wrong", 3600), (SECRET, -3600)])
def test_caller_without(host: Any, secret: str, expires: int) -> None:
    """Ensure nobody else does: with a password of another make, or of yesterday."""
    assert call(host, f"print(json.dumps(Caller('{secret}', {expires}).allocate()[0]))") == 401


def test_no_relay_over_tcp(host: Any) -> None:
    """Ensure nobody gets a relay of TCP, which would be a way into other services."""
    assert call(host, f"print(json.dumps(Caller('{SECRET}').allocate(6)[0]))") in (400, 442)


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("127.0.0.1", 403),
        ("10.1.2.3", 403),
        ("192.168.1.1", 403),
        ("169.254.169.254", 403),
        ("224.0.0.251", 403),
        ("0.0.0.0", 403),  # noqa: S104
        ("9.9.9.9", 0),
    ],
)
def test_no_way_into_private_networks(host: Any, address: str, code: int) -> None:
    """Ensure calls are relayed to public addresses, not to what is behind the host."""
    steps = f"""
    caller = Caller("{SECRET}")
    assert caller.allocate()[0] == 0
    print(json.dumps(caller.ask(8, peer("{address}"))[1]))
    """
    assert call(host, steps) == code


def test_one_person_has_so_many(host: Any) -> None:
    """Ensure one person gets as many relays as is allowed, and no more."""
    steps = f"""
    callers = [Caller("{SECRET}", who="bram") for _ in range(14)]
    print(json.dumps([caller.allocate()[0] for caller in callers]))
    """
    assert call(host, steps) == [0] * 12 + [486] * 2


def test_says_little_of_itself(host: Any) -> None:
    """Ensure it does not say which software it is."""
    steps = f"print(json.dumps(0x8022 in Caller('{SECRET}').allocate()[1]))"
    assert call(host, steps) is False


def test_journal_names_nobody(host: Any) -> None:
    """Ensure who called from where is not in the journal."""
    call(host, f"print(json.dumps(Caller('{SECRET}').allocate()[0]))")
    assert ":anna" not in host.check_output("journalctl -o cat -u coturn")
    assert host.run("ls /var/log/turn* /var/tmp/turn*").rc != 0
