# ruff: noqa: SLF001
"""A host that is slow, silent, far too talkative, or lies."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from deploy.errors import KootwijkError
from verify import catalogue
from verify.jurisdiction import Engine
from verify.model import HostSeen
from verify.observe import certificates, defaults, firewall, from_host, reach
from verify.observe.observations import Reader
from verify.observe.shape import shaped

if TYPE_CHECKING:
    from collections.abc import Callable


def ran(monkeypatch: pytest.MonkeyPatch, program: str, seconds: float = 60) -> bytes:
    monkeypatch.setattr(reach, "HOST_SECONDS", seconds)
    return reach._run([sys.executable, "-c", program], b"x" * 200_000)


def test_a_slow_host_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    start = time.monotonic()
    with pytest.raises(KootwijkError, match="did not finish"):
        ran(monkeypatch, "import time; time.sleep(60)", 1)
    assert time.monotonic() - start < 10


def test_a_host_that_never_stops_talking_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "MOST_BYTES", 2**20)
    with pytest.raises(KootwijkError, match="sent more than"):
        ran(monkeypatch, "import sys\nwhile True: sys.stdout.write('x' * 65536)")


def test_its_last_words_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KootwijkError, match=r"ended with 3: sudo: a password is required"):
        ran(
            monkeypatch,
            "import sys; sys.exit(print('sudo: a password is required', file=sys.stderr) or 3)",
        )


@pytest.mark.parametrize("answer", [b"", b"hello", b"[]", b"{}", b'{"collector": 2}', b"[" * 10**5])
def test_what_is_not_the_collectors_answer_is_none(answer: bytes) -> None:
    with pytest.raises(KootwijkError, match="answer"):
        reach._parsed(answer)


DEEP: list[Any] = []
for _ in range(200):
    DEEP = [DEEP]
GARBAGE: list[Any] = [
    *({"x": {"y": [1]}}, {"rows": [["a", "b", "c", "d"]]}, [{"rule": {"expr": [{"match": 1}]}}]),
    [
        {"chain": 1},
        {"rule": {"table": [], "chain": {}, "expr": {"accept": 1}}},
        {"set": {"elem": 1}},
    ],
    [
        {
            "rule": {
                "expr": [
                    {"match": {"left": 1, "right": {"set": [{"prefix": 1}]}}},
                    {"accept": None},
                ]
            }
        }
    ],
    [["a", "b", "c", "d"], ["-----BEGIN CERTIFICATE-----", 2, 0]],
    DEEP,
    None,
    1,
    "x",
    [],
    {},
    [[]],
    [None],
    [[1, 2]],
    {"rows": 7},
    {"rows": [[1]]},
]
READERS: list[Callable[[HostSeen, Reader], Any]] = [
    lambda host, reader: list(from_host(host, reader)),
    lambda host, _: list(firewall.observations(host, "now")),
    lambda host, _: list(certificates.from_host(host, certificates.Own([]), "now")),
    lambda host, _: list(defaults.from_host(host, catalogue.defaults(), "now")),
]


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(catalogue.places(), Engine.load().tables)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("value", GARBAGE, ids=lambda v: json.dumps(v)[:40])
def test_whatever_a_host_says_is_read_without_falling_over(
    read: Callable[[HostSeen, Reader], Any], value: Any, reader: Reader
) -> None:
    names = ("firewall", "denied", "connections", "hosts_file", "certificates", "packages", "knot")
    inner = ("rows", "nftables", "tried", "log", "peers", "hosts", "files", "served", "installed")
    for facts in (
        {"files": value, "services": value, "keys": value, "time": value, "answers": value},
        {"services": dict.fromkeys(names, value)},
        {"services": {name: dict.fromkeys(inner, value) for name in names}},
    ):
        host = HostSeen("h", "h.test", "10.0.0.1", "o", (), reached=True, facts=shaped(facts))
        read(host, reader)
