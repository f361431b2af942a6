"""Where people's own mail filters send mail on to, and what only looks like it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.verify_on_host import load, put

if TYPE_CHECKING:
    from pathlib import Path

HOST = load()
FILTERING = HOST["filtering"]


def domains(script: str) -> tuple[list[str], list[dict[str, str]]]:
    problems: list[dict[str, str]] = []
    return list(FILTERING.sent_on(script, problems)), problems


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ('redirect "a@gmail.com";', ["gmail.com"]),
        ('redirect :copy "A <a@Gmail.com>";', ["gmail.com"]),
        ('if false # rule:[x]\n{\n  REDIRECT "a@gmail.com";\n  stop;\n}', ["gmail.com"]),
        ('if header :is "subject" ["a;b", "{"] { redirect "a@x.nl"; }', ["x.nl"]),
        ("redirect text:\na@gmail.com\n.\n;", ["gmail.com"]),
        ('redirect "a\\"b@gmail.com";', ["gmail.com"]),
        ('notify :message "a@b.nl" "mailto:a@outlook.com?subject=x";', ["outlook.com"]),
        ('notify "xmpp:a@gmail.com";', []),
        ('# redirect "a@gmail.com";\nkeep;', []),
        ('/* redirect "a@gmail.com"; */ fileinto "redirect";', []),
        ('vacation "redirect \\"a@gmail.com\\";";', []),
        ('vacation text:\nredirect "a@gmail.com";\n.\n;\nkeep;', []),
        ('vacation :from "a@gmail.com" "away";', []),
        ("", []),
    ],
)
def test_what_sends_mail_on(script: str, found: list[str]) -> None:
    assert domains(script) == (found, [])


@pytest.mark.parametrize("address", ["${to}", "a@${domain}", "nobody", "a@", "a b"])
def test_an_address_that_cannot_be_read_is_said_once(address: str) -> None:
    found, problems = domains(f'redirect "{address}";' * 3)
    assert found == []
    assert [p["what"] for p in problems] == ["a redirect to an address that is computed"]


@pytest.mark.parametrize("start", ['\\"', "/* ", "text:\n", '"\\', "redirect ", "[{;"])
def test_no_script_takes_long(start: str) -> None:
    begin = time.process_time()
    domains(start * (FILTERING.MOST_BYTES // len(start)))
    assert time.process_time() - begin < 5


def test_active_scripts_and_what_they_include_are_counted_and_nobody_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for uid, text in (("anna", 'include :personal "more";'), ("bo", 'redirect "b@gmail.com";')):
        home = tmp_path / "x.test" / uid
        put(home / "sieve" / "mine.sieve", text)
        put(home / "sieve" / "more.sieve", 'include "mine"; redirect "a@gmail.com";')
        put(home / "sieve" / "off.sieve", 'redirect "a@outlook.com";')
        (home / ".dovecot.sieve").symlink_to("sieve/mine.sieve")
    put(tmp_path / "x.test" / "bo" / "leave.sieve", 'redirect "anna@x.test";')
    (tmp_path / "x.test" / "without").mkdir()
    said = (
        f"  home = {tmp_path}/x.test/%{{ldap:uid}}\n  path = ~/sieve\n  path = /etc/spam.sieve\n"
        "  active_path = ~/.dovecot.sieve\n  path = ~/leave.sieve\n"
    )
    monkeypatch.setattr(HOST["shell"], "run", lambda *_: said)
    problems: list[dict[str, str]] = []
    rows: list[list[Any]] = FILTERING.sieve(problems)["rows"]
    assert [(n, e) for _, _, n, e in rows] == [
        ("redirect (set by people, 2 of them)", "mailto:x@gmail.com"),
        ("redirect (set by people, 1 of them)", "mailto:x@x.test"),
    ]
    assert problems == []
    assert "anna" not in str(rows)
