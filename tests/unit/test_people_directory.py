"""What is said of the directory itself, and of a plan before it is applied."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from deploy.errors import CheckError, KootwijkError, UnreachableError
from deploy.people import people
from deploy.people.change import State
from deploy.people.directory import Directory

if TYPE_CHECKING:
    from pathlib import Path

HOST = SimpleNamespace(
    name="dir1", address="192.0.2.1", organisation="example", domain="example.test"
)


def directory(said: str, code: int) -> Directory:
    """Return one whose host says this, whatever it is asked."""
    made: Any = Directory.__new__(Directory)
    made.host, made.base = HOST, "dc=example,dc=test"
    made._ssh = ["sh", "-c", f"echo '{said}' >&2; exit {code}"]  # noqa: SLF001
    found: Directory = made
    return found


@pytest.mark.parametrize(
    ("said", "code", "kind", "next_step"),
    [
        ("No such object (32)", 32, UnreachableError, "deploy it first"),
        ("sudo: ldapsearch: command not found", 1, UnreachableError, "deploy it first"),
        (
            "flock: failed to execute ldapsearch: No such file or directory",
            69,
            UnreachableError,
            "deploy it first",
        ),
        ("Connection refused", 255, UnreachableError, "see that this host and slapd"),
        ("Insufficient access (50)", 50, CheckError, "mend that"),
    ],
)
def test_a_directory_that_is_not_deployed_is_no_broken_one(
    said: str, code: int, kind: type[KootwijkError], next_step: str
) -> None:
    with pytest.raises(kind) as caught:
        directory(said, code).read()
    assert caught.value.next_step.startswith(next_step)


@pytest.mark.parametrize(
    ("there", "told"), [("anna bert cor", "2 of the 3 people in the directory"), ("anna", "")]
)
def test_a_plan_says_that_apply_wants_yes(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    there: str,
    told: str,
) -> None:
    held: dict[str, dict[str, list[str]]] = {uid: {"uid": [uid]} for uid in there.split()}
    fake = SimpleNamespace(host=HOST, base="dc=example,dc=test", read=lambda: State(held, {}))
    monkeypatch.setattr(people, "Directory", lambda *_: fake)
    roster = tmp_path / "roster.csv"
    roster.write_text("uid,given_name,surname\nanna,Anna,A\n", encoding="utf-8")
    inventory: Any = SimpleNamespace(path=tmp_path)
    people.plan(inventory, roster, organisation="example")
    said = capsys.readouterr().err
    assert ("`apply` will want --yes: " in said) == bool(told)
    assert told in said
