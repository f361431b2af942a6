"""Who may be deleted, and what the privacy officer reads of it."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import replace
from datetime import date
from typing import Any

import jsonschema
import pytest

from deploy.errors import InputError
from deploy.paths import ROOT
from deploy.people import ldif
from deploy.people.entries import LOCKED
from deploy.people.leaving.delete import check
from deploy.people.leaving.deletion import Deletion, Place, Stays
from deploy.people.leaving.held import Held, understood
from deploy.people.leaving.on_host import base
from deploy.people.leaving.on_host.mail import Mail
from deploy.people.leaving.report import DUTCH, LANGUAGES, REASONS, in_dutch, page

SCHEMA = json.loads(
    (ROOT / "deploy" / "people" / "schemas" / "deletion.schema.json").read_text("utf-8")
)
BASE = "dc=example,dc=test"
TODAY = date(2026, 11, 25)
GONE = Place("mail", "kw1", before={"messages": 3, "bytes": 0}, after={"messages": 0})
FOUND = Deletion(
    uid="anna",
    organisation="<example>",
    left="2026-11-01",
    keep_until="2036-11-01",
    reason='omdat "het" moest & mocht',
    when="2026-11-25T12:00:00+00:00",
    places=(GONE,),
    stays=tuple(Stays(what, "kw1", "seen <there>") for what in REASONS),
)


def held(kind: str = "inetOrgPerson", **more: str) -> Held:
    own = "".join(f"{name}: {value}\n" for name, value in more.items())
    text = f"dn: uid=anna,ou=people,{BASE}\nobjectClass: {kind}\nuid: anna\n{own}"
    return understood("anna", list(ldif.records(text)), BASE)


LEFT = {"kootwijkLeft": "2026-11-01", "pwdAccountLockedTime": LOCKED}


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (understood("anna", [], BASE), "nobody here has the login name 'anna'"),
        (held(), "'anna' has not left"),
        (held(kootwijkLeft="2026-11-01"), "'anna' has not left"),  # somebody unlocked them
        (held(**LEFT, kootwijkKeepUntil="2026-11-26"), "to be kept until 2026-11-26"),
    ],
)
def test_who_may_not_be_deleted(found: Held, said: str) -> None:
    with pytest.raises(InputError, match=said) as error:
        check("anna", found, "", TODAY, "here")
    assert error.value.next_step


def test_who_may_be() -> None:
    assert check("anna", held(**LEFT, kootwijkKeepUntil="2026-11-25"), "", TODAY, "here")
    assert check("anna", held(**LEFT, kootwijkKeepUntil="2036-11-25"), "why", TODAY, "here")


def test_who_is_deleted_is_looked_at_by_the_name_alone() -> None:
    found = held("account", kootwijkLeft="2026-11-01")
    assert found.person is None
    assert found.deleted == "2026-11-01"
    assert check("anna", found, "", TODAY, "here") is None


@pytest.mark.parametrize(
    ("place", "gone", "code"),
    [
        (GONE, True, 0),
        (replace(GONE, after={"messages": 1}), False, 1),
        (replace(GONE, after=None, trouble="no answer"), None, 3),
    ],
)
def test_gone_is_only_what_was_looked_at(place: Place, *, gone: bool | None, code: int) -> None:
    found = replace(FOUND, places=(GONE, place))
    assert place.gone is gone
    assert (found.exit_code, found.complete) == (code, bool(gone))
    jsonschema.validate(found.as_json(), SCHEMA)
    assert any(line.startswith("mail") for line in found.lines())


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "nl",
            (
                "Verwijdering van anna",
                "<td>post</td>",
                "berichten: 3",
                "niets",
                "verwijderd",
                "met als reden",
            ),
        ),
        (
            "en",
            (
                "Deletion of anna",
                "<td>mail</td>",
                "messages: 3",
                "nothing",
                "removed",
                "Early, because",
            ),
        ),
    ],
)
def test_the_page_says_it_in_both_languages_and_escapes(language: str, words: Any) -> None:
    text = page(FOUND, language)
    assert f'<html lang="{language}">' in text
    for word in words:
        assert word in text
    assert "&lt;example&gt;" in text
    assert "&quot;het&quot; moest &amp; mocht" in text
    assert "<there>" not in text
    for what, why in REASONS.values():
        assert what[LANGUAGES.index(language)].split("'")[0] in text
        assert why[LANGUAGES.index(language)].split("'")[0] in text
    open_still = page(replace(FOUND, places=(replace(GONE, after=None),)), language)
    assert ("NIET NAGEKEKEN" if language == "nl" else "NOT LOOKED AT") in open_still


LEAVING = ROOT / "deploy" / "people" / "leaving"


def counted() -> set[str]:
    """Return the names under which the programs on hosts, and delete.py, count."""
    found = set()
    for path in (*LEAVING.glob("on_host/*.py"), LEAVING / "delete.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name in (
                *("traces", "count", "_entries", "_forget_password"),
            ):
                keys = (d.keys for d in ast.walk(node) if isinstance(d, ast.Dict))
                found |= {ast.literal_eval(key) for some in keys for key in some if key}
    php = (LEAVING / "on_host" / "webmail.php").read_text("utf-8")
    tables = re.search(r"TABLES = \[(.*)\]", php)
    assert tables
    found |= {name.replace("_", " ") for name in re.findall(r"'(\w+)'", tables[1])}
    perl = (LEAVING / "on_host" / "portal.pl").read_text("utf-8")
    counts = re.search(r"count => sub \{(.*?)\n    \}", perl, re.DOTALL)
    assert counts
    found |= set(re.findall(r"^ +'?([a-z -]+?)'? +=>", counts[1], re.MULTILINE))
    return found | set(re.findall(r'return \{ "(.*?)" =>', perl))


def test_all_that_is_counted_has_a_dutch_name() -> None:
    assert {"second factors and history of logins", "one-time links", "identities"} <= counted()
    assert counted() <= DUTCH.keys()


def test_what_hosts_say_of_what_stays_is_said_in_dutch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "run", lambda *_, **__: "one\ntwo\n")
    assert in_dutch(base.named("anna")) == "regels met de inlognaam: 2"
    mail: Any = Mail.__new__(Mail)
    mail._address = "anna@example.test"  # noqa: SLF001
    assert in_dutch(mail.elsewhere()) == "berichten van anna@example.test: 2"
    assert in_dutch("none on this host") == "geen op deze machine"
    assert in_dutch("/var/backups/a: 3 files, /var/backups/b: 1 files") == (
        "/var/backups/a: 3 bestanden, /var/backups/b: 1 bestanden"
    )
    assert (
        in_dutch("uid=anna,dc=test: left 2026-11-01") == "uid=anna,dc=test: vertrokken 2026-11-01"
    )
