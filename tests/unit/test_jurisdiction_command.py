"""The command: an array in order, exit codes, and output that nothing hostile gets through."""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from deploy.errors import InputError, UnreachableError
from deploy.paths import ROOT
from verify.jurisdiction import command

if TYPE_CHECKING:
    from pathlib import Path

FIELDS = {"target", "jurisdiction", "name_jurisdiction", "control", "owner", "status", "chain"}


@pytest.fixture(autouse=True)
def _no_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KOOTWIJK_STATE", str(tmp_path))


def run(*targets: str, day: date | None = None, **options: Any) -> tuple[int, str]:
    out = io.StringIO()
    options.setdefault("offline", True)
    return command.run(targets, day, out=out, **options), out.getvalue()


def judged(*targets: str, day: date | None = None, **options: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run(*targets, day=day, json=True, **options)[1])
    return found


def test_one_object_per_target_in_order() -> None:
    targets = ["surf.nl", "1.1.1.1", "AS16509", "surf.nl", "not a \x00 target", "Hetzner"]
    found = judged(*targets)
    assert [one["target"] for one in found] == targets
    assert all(one.keys() == found[0].keys() for one in found)
    assert found[0].keys() >= FIELDS
    assert found[0] == found[3]


@pytest.mark.parametrize(
    ("targets", "code"),
    [
        (["surf.nl", "AS60781"], 0),
        (["surf.nl", "microsoft.com"], 1),
        (["example.nl"], 1),
        (["surf.nl", ""], 2),
        (["microsoft.com", "1.2.3"], 2),
        (["surf.nl", "x@gmail.com,y@surf.nl", "bit.nl"], 2),
    ],
)
def test_exit_codes(targets: list[str], code: int) -> None:
    assert run(*targets)[0] == code
    assert run(*targets, json=True)[0] == code


def test_a_bad_target_is_in_the_array_and_never_passes() -> None:
    (found,) = judged("1.2.3")
    assert (found["status"], found["jurisdiction"]) == ("UNKNOWN", "UNKNOWN")
    assert "no target" in found["error"]
    assert "give a URL" in found["error"]


def test_as_of_takes_a_day() -> None:
    before, after = (
        judged("user@zivver.com", day=day)[0]["jurisdiction"]
        for day in (date(2025, 1, 1), date(2026, 1, 1))
    )
    assert (before, after) == ("NL", "US")


def test_without_a_network_the_verdict_says_so() -> None:
    (found,) = judged("surf.nl")
    assert found["network"] == "not asked"
    assert "no full table" in found["address_data"]
    assert not found["name_complete"]


def test_a_named_resolver_must_answer() -> None:
    with pytest.raises(UnreachableError) as caught:
        run("surf.nl", resolver="127.0.0.1", offline=False)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("resolver", ["", "dns.example.nl"])
def test_a_resolver_that_is_no_address_is_refused(resolver: str) -> None:
    with pytest.raises(InputError, match="by its address") as caught:
        run("surf.nl", resolver=resolver, offline=False)
    assert caught.value.where == repr(resolver)
    assert "give an IPv4" in caught.value.next_step


def test_damaged_address_data_is_said_before_anything_is_judged(tmp_path: Path) -> None:
    path = tmp_path / "a.kwaddr"
    path.write_bytes(b"damaged")
    with pytest.raises(UnreachableError, match="refused"):
        run("1.1.1.1", addresses=path)


@pytest.mark.parametrize(
    "hostile",
    ["<script>alert(1)</script>", "Evil\u202e B.V.", "\u009b31m B.V.", "\x1b[31mred.nl", "a\nPASS"],
)
def test_nothing_hostile_reaches_the_terminal(hostile: str) -> None:
    code, text = run(hostile)
    assert code in (1, 2)
    assert all(c.isprintable() or c == "\n" for c in text)
    assert "\nPASS" not in text
    assert run(hostile, json=True)[1].isascii()


def test_the_text_shows_axes_chain_sources_and_doubt() -> None:
    text = run("hetzner.com")[1]
    for word in ("PASS", "jurisdiction EU", "name US", "control none", "Hetzner", "unverified"):
        assert word in text


def test_targets_come_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("surf.nl\n\nbit.nl\n"))
    assert [one["target"] for one in judged("-")] == ["surf.nl", "bit.nl"]


@pytest.mark.parametrize("text", ["", "\n  \n"])
def test_standard_input_without_a_target_is_no_pass(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    with pytest.raises(InputError, match="no target") as caught:
        run("surf.nl", "-")
    assert caught.value.exit_code == 2


def test_the_arguments_are_those_of_run() -> None:
    parser = argparse.ArgumentParser()
    command.arguments(parser)
    given = vars(parser.parse_args(["surf.nl", "--as-of", "2026-01-01", "--json", "--offline"]))
    assert command.run(**given, out=io.StringIO()) == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--as-of", "yesterday"], "YYYY-MM-DD"),
        (["--as-of", "2026-13-01"], "YYYY-MM-DD"),
        (["--as-of", "20261101"], "YYYY-MM-DD"),
        (["--as-of", "2026-W48-1"], "YYYY-MM-DD"),
        (["--offline", "--resolver", "192.0.2.1"], "not allowed with"),
    ],
)
def test_wrong_arguments_say_what_is_right(
    capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    parser = argparse.ArgumentParser()
    command.arguments(parser)
    with pytest.raises(SystemExit) as caught:
        parser.parse_args(["surf.nl", *arguments])
    assert caught.value.code == 2
    assert says in capsys.readouterr().err


def test_ten_thousand_targets_take_seconds() -> None:
    targets = [f"host{i}.example{i % 97}.nl" for i in range(5000)]
    targets += [f"20.{i % 256}.{i // 256}.1" for i in range(5000)]
    assert len(judged(*targets)) == 10_000


def test_pack_says_what_is_wrong(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "verify.jurisdiction.pack", str(tmp_path / "absent")],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "next:" in done.stderr
    assert "Traceback" not in done.stderr
