"""Letters and their links: who gets one, what it says, and who may read it."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from deploy.errors import InputError
from deploy.paths import ROOT
from deploy.people import ldif, lettering, letters, links, newcomers, welcome
from deploy.people.lettering import Letter, Place
from deploy.people.newcomers import Newcomer

if TYPE_CHECKING:
    from pathlib import Path

TODAY = date(2026, 11, 25)
ENTRY = "a63ea9b8-7d18-1041-8d0a-e1c9d966decd"
SANNE = Newcomer(
    "sanne.devries",
    "uid=sanne.devries,ou=people,dc=example,dc=test",
    ENTRY,
    "Sanne de <Vries>",
    "sanne.devries@example.test",
    aliases=("s.devries@example.test",),
    teams=("Burgerzaken",),
)
PLACE = Place(
    "example.test",
    "Gemeente Voorbeeld",
    "Servicedesk, toestel 1234",
    "Kootwijk",
    frozenset({"roundcube", "nextcloud"}),
    ("Beheer",),
)


def letter(person: Newcomer = SANNE) -> Letter:
    good = letters.until(person, TODAY, 14)
    return Letter(person, links.make(person.entry, good), PLACE, TODAY)


def test_a_code_is_not_guessed_and_not_kept() -> None:
    made = [links.make(ENTRY, datetime(2026, 12, 9, tzinfo=UTC)) for _ in range(200)]
    assert len({link.code for link in made}) == 200
    for link in made:
        assert re.fullmatch("[0-9a-hjkmnp-z]{4}(-[0-9a-hjkmnp-z]{4}){6}", link.code)
        bare = link.code.replace("-", "")
        assert link.line() == f"{ENTRY} {hashlib.sha256(bare.encode()).hexdigest()} 1796774400\n"
    assert len(set("".join(link.code for link in made))) == 33  # 32 signs are five bits each


def test_the_code_is_where_no_server_sees_it() -> None:
    made = letter()
    assert made.url == f"https://login.example.test/welcome#{made.link.code}"


@pytest.mark.parametrize("language", ["nl", "en", "fy"])
def test_a_letter_says_what_a_newcomer_needs(language: str) -> None:
    made = letter(replace(SANNE, language=language))
    page = lettering.page([made])
    assert page.startswith("<!DOCTYPE html>")
    assert f'<html lang="{"nl" if language == "fy" else language}">' in page
    for words in (
        made.link.code,
        "login.example.test/welcome#",
        "Sanne de &lt;Vries&gt;",
        "<strong>sanne.devries</strong>",
        "s.devries@example.test",
        "Burgerzaken",
        "https://files.example.test/",
        "https://autoconfig.example.test/mail.mobileconfig",
        "Servicedesk, toestel 1234",
        "9 december 2026" if language != "en" else "9 December 2026",
        '<svg viewBox="0 0 ',
    ):
        assert words in page
    assert "https://chat." not in page
    assert re.findall(r"(?:src|href|url)\s*[=(]", page) == []


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_letter_leads_to_no_chat_page_that_is_not_there(language: str) -> None:
    only_server = replace(PLACE, services=PLACE.services | {"synapse"})
    text = lettering.told(SANNE, only_server, language)
    assert "https://chat." not in text
    assert re.search(r"\*\*Chat\*\*: .* Matrix.* example\.test", text)
    assert "team" in text.partition("**Chat**")[2].partition("\n")[0]
    page_too = replace(PLACE, services=only_server.services | {"element_web"})
    assert "- **Chat**: https://chat.example.test/;" in lettering.told(SANNE, page_too, language)


def test_letters_of_several_people_begin_on_sheets_of_their_own() -> None:
    page = lettering.page([letter(), letter(replace(SANNE, language="en"))])
    assert re.findall('<main class="letter" lang="(..)">', page) == ["nl", "en"]


def test_a_link_is_good_from_the_first_day() -> None:
    assert letters.until(SANNE, TODAY, 14).date() == date(2026, 12, 9)
    later = replace(SANNE, start=date(2027, 1, 1), locked=True)
    assert letters.until(later, TODAY, 14).date() == date(2027, 1, 15)
    assert "U kunt erin vanaf 1 januari 2027" in lettering.page([letter(later)])


def test_who_gets_a_letter() -> None:
    found = (
        replace(SANNE, uid="new"),
        replace(SANNE, uid="in", activated=True),
        replace(SANNE, uid="left", left=True),
        replace(SANNE, uid="locked", locked=True),
        replace(SANNE, uid="soon", locked=True, start=date(2026, 12, 1)),
    )
    people = {person.uid: person for person in found}
    assert [p.uid for p in letters.choose(people, [], TODAY, new=False)] == ["new", "soon"]
    assert [p.uid for p in letters.choose(people, ["new", "new"], TODAY, new=False)] == ["new"]
    assert [p.uid for p in letters.choose(people, ["in"], TODAY, new=True)] == ["in"]
    with pytest.raises(InputError) as error:
        letters.choose(people, ["nobody", "left", "locked", "in"], TODAY, new=False)
    said = str(error.value)
    assert "nobody: is not in the directory" in said
    assert "left: has left" in said
    assert "locked: is locked" in said
    assert "in: has set a password already" in said


def test_a_folder_is_made_for_letters_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letters.links, "Portal", lambda *_: None)
    monkeypatch.setattr(letters, "Directory", lambda *_: None)
    monkeypatch.setattr(letters.newcomers, "read", lambda _: {SANNE.uid: SANNE})
    inventory: Any = None
    with pytest.raises(InputError, match="is not in the directory"):
        letters.write(inventory, tmp_path / "new", uids=["nobody.x"], organisation="example")
    assert not (tmp_path / "new").exists()


def test_letters_are_nobody_elses(tmp_path: Path) -> None:
    folder = tmp_path / "letters"
    letters.prepare(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    (folder / "a.html").write_text("old")
    (folder / "a.html").chmod(0o644)
    lettering.write_secret(folder / "a.html", b"new")
    assert (folder / "a.html").stat().st_mode & 0o777 == 0o600
    folder.chmod(0o755)
    with pytest.raises(InputError, match="others may look into this folder"):
        letters.prepare(folder)


def test_what_programs_are_told_has_no_code(tmp_path: Path) -> None:
    schema = json.loads(
        (ROOT / "deploy" / "people" / "schemas" / "letters.schema.json").read_text(encoding="utf-8")
    )
    written = letter()
    made = letters.Made(
        "kootwijk", tmp_path, ((written, tmp_path / "a.html"),), ("b",), ("c",), None
    )
    jsonschema.validate(made.as_json(), schema)
    for said in (json.dumps(made.as_json()), str(made), repr(made.as_json())):
        assert written.link.code not in said


def test_people_as_the_directory_says_them() -> None:
    text = f"""\
dn: uid=a,ou=people,dc=example,dc=test
objectClass: inetOrgPerson
uid: a
cn: A
mail: a@example.test
mailLocalAddress: b@example.test
entryUUID: {ENTRY}
createTimestamp: 20261125123658Z
memberOf: cn=Zorg\\2C Jeugd,ou=groups,dc=example,dc=test
kootwijkStart: 2026-12-01
pwdAccountLockedTime: 000001010000Z

dn: uid=b,ou=people,dc=example,dc=test
uid: b
cn: B
mail: b@example.test
entryUUID: {ENTRY}
createTimestamp: 20261125123658Z
pwdChangedTime: 20261125123659Z
pwdAccountLockedTime: 20261125123658Z

dn: cn=info,ou=mailboxes,dc=example,dc=test
cn: info
mail: info@example.test
member: uid=a,ou=people,dc=example,dc=test
"""
    a, b = newcomers.people(ldif.records(text))
    assert (a.teams, a.mailboxes, a.aliases) == (
        ("Zorg, Jeugd",),
        ("info@example.test",),
        ("b@example.test",),
    )
    assert (a.activated, a.locked, a.start) == (False, True, date(2026, 12, 1))
    assert (b.activated, b.locked, b.start) == (True, False, None)


@pytest.mark.parametrize(("language", "subject"), [("nl", "Welkom bij"), ("en", "Welcome to")])
def test_the_message_says_what_the_letter_says_and_not_its_link(
    language: str, subject: str
) -> None:
    person = replace(SANNE, language=language, mail_quota="5G")
    message = welcome.compose(person, PLACE)
    assert message["Subject"] == f"{subject} Gemeente Voorbeeld"
    assert message["Content-Language"] == language
    assert message["From"] == "Gemeente Voorbeeld <noreply@example.test>"
    text, page = (part.get_content() for part in message.iter_parts())
    assert (text.count("**"), text.count("## "), page.count("**")) == (0, 0, 0)
    for said in (text, page):
        assert "https://login.example.test/" in said
        assert "5 GB" in said
        assert "Servicedesk, toestel 1234" in said
        assert "welcome#" not in said
    assert "Sanne de &lt;Vries&gt;" in page
    assert re.findall(r"<(?:img|link|script|iframe)|(?:src|href)=|url\(", page) == []
