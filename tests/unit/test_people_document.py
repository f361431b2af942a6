"""Rosters as YAML, and what is wrong with them: line and column."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import referencing
import yaml

from deploy.errors import InputError
from deploy.paths import ROOT
from deploy.people import Mailbox, Person, Team, assemble, document, load, sources

if TYPE_CHECKING:
    from pathlib import Path

SCHEMAS = ROOT / "deploy" / "people" / "schemas"
PEOPLE = """version: 1
people:
  - uid: anna
    given_name: Anna
    surname: de Vries
    teams: [Een]
  - {uid: bert, given_name: Bert, surname: IJzer, aliases: [b, post]}
"""


def file(folder: Path, text: str | bytes) -> Path:
    path = folder / "roster.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def wrong(folder: Path, text: str | bytes) -> str:
    with pytest.raises(InputError) as caught:
        load(file(folder, text), "example.test")
    assert caught.value.where
    assert caught.value.next_step
    return str(caught.value)


def schema_takes(text: str) -> bool:
    """Tell whether the published schema takes ``text``, its values as they are written."""
    held = {
        p.name: referencing.Resource.from_contents(json.loads(p.read_text("utf-8")))
        for p in SCHEMAS.glob("*.json")
    }
    made = jsonschema.Draft202012Validator(
        held["department.schema.json"].contents,
        registry=referencing.Registry().with_resources(held.items()),
    )
    document: Any = yaml.load(text, Loader=yaml.BaseLoader)
    if isinstance(document, dict) and document.get("version") == "1":
        document["version"] = 1
    return bool(made.is_valid(document))


def test_all_that_can_be_said(tmp_path: Path) -> None:
    text = """version: 1
people:
  - uid: anna
    given_name: 'Zoe\u0308 '
    surname: No
    role: lead
    start: 2026-12-01
    end: 2027-01-31
    teams: [Een]
    files_quota: 10 GB
teams:
  - {name: Een, folder_quota: 2gb, rooms: [Rooster, Balie]}
shared_mailboxes:
  - {name: Info, aliases: [post], members: [Anna], quota: 1 GB}
""".replace("\\u0308", "\u0308")
    roster = load(file(tmp_path, "\ufeff" + text), "example.test")
    assert roster.people == (
        Person(
            uid="anna",
            given_name="Zo\u00eb",
            surname="No",
            mail="anna@example.test",
            teams=("Een",),
            files_quota="10 GB",
            role="lead",
            start="2026-12-01",
            end="2027-01-31",
        ),
    )
    assert roster.teams == (Team("Een", "2 GB", ("Balie", "Rooster")),)
    assert roster.mailboxes == (
        Mailbox("info", "info@example.test", ("anna",), ("post@example.test",), "1G"),
    )
    assert roster.notes == ()


def test_a_team_without_members_is_named_and_not_made(tmp_path: Path) -> None:
    roster = load(file(tmp_path, PEOPLE + "teams:\n  - name: Twee\n"), "example.test")
    assert roster.teams == ()
    assert roster.notes == (
        "line 9, column 11 (name): team 'Twee' has no members; it is made when somebody is in it",
    )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("  - uid: c\n", "line 8, column 5: given_name, surname is missing"),
        ("  - {uid: c, name: C}", "line 8, column 14: unknown 'name'; the keys are uid, given"),
        ("  - {uid: c, uid: d}", "line 8, column 14: 'uid' is there twice"),
        ("  - c", "line 8, column 5: this entry has no keys, such as uid"),
        ("  - {uid: c, given_name: [C]}", "line 8, column 5: surname is missing"),
        ("  - {uid: c, given_name: [C], surname: C}", "line 8, column 26: one value is meant here"),
        ("  - {uid: c, given_name: C, surname: C, teams: A}", "column 48: teams is a list"),
        ("teams: {Een: 2 GB}", "line 8, column 8: teams is a list"),
        ("rooms: []", "line 8, column 1: unknown 'rooms'"),
        ("\tx", "line 8, column 1: not YAML"),
        ("  - {uid: c", "not YAML"),
        (
            "# é\n  - uid: 'c\x07'",
            "line 9, column 12: not YAML: a character that is not seen (U+0007)",
        ),
    ],
)
def test_what_is_no_roster_is_placed(tmp_path: Path, more: str, said: str) -> None:
    assert said in wrong(tmp_path, PEOPLE + more)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("  - {uid: c d, given_name: C, surname: C}", "line 8, column 11 (uid): 'c d' is not a"),
        ("  - {uid: c, given_name: '', surname: C}", "line 8, column 26 (given_name): is empty"),
        ("  - {uid: c, given_name: '=A1', surname: C}", "column 26 (given_name): '=A1' is not a"),
        (
            "  - {uid: anna, given_name: C, surname: C}",
            "column 11 (uid): 'anna' is a login name already (line 3)",
        ),
        (
            "  - {uid: c, given_name: C, surname: C, aliases: [c1, post]}",
            "line 8, column 50 (aliases): 'post@example.test' is bert's (line 7)",
        ),
        (
            "  - {uid: c, given_name: C, surname: C,\n    aliases: [\n      fine,\n      '=x']}",
            "line 11, column 7 (aliases): '=x' is not a mail address",
        ),
        ("  - {uid: c, given_name: C, surname: C, role: baas}", "(role): 'baas' is none of lead"),
        ("  - {uid: c, given_name: C, surname: C, start: 31-12-2026}", "such as 2026-12-31"),
        (
            "  - {uid: c, given_name: C, surname: C, end: 2026-02-30}",
            "column 46 (end): '2026-02-30'",
        ),
        (
            "  - {uid: c, given_name: C, surname: C, start: 2026-12-31, end: 2026-01-01}",
            "(end): 2026-01-01 is before the first day, 2026-12-31",
        ),
        ("teams:\n  - {name: een}", "line 9, column 12 (name): 'een' is written 'Een' in line 3"),
        (
            "  - &c {uid: c, given_name: C, surname: C}\n  - *c",
            "line 8, column 14 (uid): 'c' is a login name already (line 8)",
        ),
        (
            "teams: [{name: Een}, {name: Een, folder_quota: 1 GB}]",
            "line 8, column 29 (name): what 'Een' has is said in line 8 already",
        ),
        (
            "shared_mailboxes: [{name: i, members: [anna]}, {name: i, members: [bert]}]",
            "line 8, column 55 (name): 'i' is a shared mailbox already (line 8)",
        ),
        (
            "teams:\n  - {name: Een, rooms: [Balie, balie]}",
            "line 9, column 24 (rooms): 'Balie' and 'balie' are one name",
        ),
        ("teams:\n  - {name: Een}\n  - {name: Een}", "what 'Een' has is said in line 9 already"),
        ("teams:\n  - {name: Een, folder_quota: veel}", "line 9, column 31 (folder_quota): 'veel'"),
        (
            "shared_mailboxes:\n  - {name: info, members: [anna, cas]}",
            "column 34 (members): nobody in this roster is 'cas'",
        ),
        ("shared_mailboxes:\n  - {name: info, members: []}", "(members): has nobody"),
        (
            "shared_mailboxes:\n  - {name: abuse, members: [anna]}",
            "(name): 'abuse' is the platform",
        ),
        ("shared_mailboxes:\n  - {name: anna, members: [anna]}", "column 12 (name): 'anna' is"),
        (
            "shared_mailboxes:\n  - {name: info, mail: post, members: [anna]}",
            "line 9, column 24 (mail): 'post@example.test' is bert's (line 7)",
        ),
    ],
)
def test_wrong_values_are_placed(tmp_path: Path, more: str, said: str) -> None:
    assert said in wrong(tmp_path, PEOPLE + more)


@pytest.mark.parametrize("head", ["", "version: 2\n", "version: [1]\n"])
def test_the_version_is_said(tmp_path: Path, head: str) -> None:
    text = head + PEOPLE.partition("\n")[2]
    assert "line 1" in wrong(tmp_path, text)
    assert not schema_takes(text)


@pytest.mark.parametrize("text", ["", "- a", "people", "version: 1\npeople:\n"])
def test_nothing_in_it(tmp_path: Path, text: str) -> None:
    wrong(tmp_path, text)


def test_latin_1_is_not_guessed(tmp_path: Path) -> None:
    said = wrong(tmp_path, PEOPLE.replace("Anna", "Zoë").encode("latin-1"))
    assert "not UTF-8: line 4, byte 19, after '    given_name: Zo'" in said


def test_who_is_wrong_is_somebody_still(tmp_path: Path) -> None:
    more = "shared_mailboxes:\n  - {name: info, members: [anna]}\n"
    said = wrong(tmp_path, PEOPLE.replace("Anna", "'=A1'") + more)
    assert "(given_name): '=A1'" in said
    assert "nobody in this roster" not in said


def test_fifty_places_and_then_a_number(tmp_path: Path) -> None:
    more = "".join(f"  - {{uid: c{n}, given_name: '', surname: C}}\n" for n in range(59))
    assert "and 9 more" in wrong(tmp_path, PEOPLE + more)


def test_the_published_schema_is_what_is_read() -> None:
    schema = json.loads((SCHEMAS / "department.schema.json").read_text("utf-8"))["properties"]
    assert list(schema) == ["version", "source", *document.SECTIONS]
    for kind, known in zip(schema["source"]["oneOf"], (sources.SCIM, sources.LDAP), strict=True):
        assert tuple(kind["properties"]) == known
        assert tuple(kind["required"]) == known[: len(kind["required"])]
    names = schema["source"]["oneOf"][1]["properties"]["attributes"]["propertyNames"]["enum"]
    assert tuple(names) == assemble.COLUMNS
    for section in ("teams", "shared_mailboxes"):
        known, required, lists = document.SECTIONS[section]
        items = schema[section]["items"]
        assert tuple(items["properties"]) == known
        assert tuple(items["required"]) == required
        assert {k for k, v in items["properties"].items() if v["type"] == "array"} == set(lists)


@pytest.mark.parametrize(
    "more",
    [
        "  - {uid: c, given_name: C, surname: C, start: 31-12-2026}",
        "  - {uid: c, given_name: C, surname: C, role: baas}",
        "  - {uid: c, given_name: C}",
        "shared_mailboxes:\n  - {name: info, members: []}",
        "teams:\n  - {name: Een, folder_quota: veel}",
        "rooms: []",
    ],
)
def test_the_published_schema_refuses_too(more: str) -> None:
    assert schema_takes(PEOPLE)
    assert not schema_takes(PEOPLE + more)


def test_the_example_is_right_and_has_the_people_of_the_table() -> None:
    path = ROOT / "examples" / "department.yml"
    roster = load(path, "kootwijk.test")
    table = load(ROOT / "examples" / "department.csv", "kootwijk.test")
    assert [p.uid for p in roster.people] == [p.uid for p in table.people]
    assert [(p.name, p.teams, p.addresses) for p in roster.people] == [
        (p.name, p.teams, p.addresses) for p in table.people
    ]
    assert roster.notes == ()
    assert schema_takes(path.read_text("utf-8"))
