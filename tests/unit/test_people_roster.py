"""Rosters as spreadsheets write them, and what is wrong with them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from deploy.errors import InputError
from deploy.paths import ROOT
from deploy.people import Person, read
from deploy.people import roster as roster_module

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "uid,given_name,surname,mail,aliases,teams,language\n"
ANNA = "anna,Anna,de Vries,,,,\n"


def roster(folder: Path, text: str | bytes) -> Path:
    file = folder / "roster.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def wrong(folder: Path, text: str | bytes) -> str:
    with pytest.raises(InputError) as caught:
        read(roster(folder, text), "example.test")
    assert caught.value.where
    assert caught.value.next_step
    return str(caught.value)


def test_defaults(tmp_path: Path) -> None:
    assert read(roster(tmp_path, HEAD + ANNA), "example.test") == (
        Person("anna", "Anna", "de Vries", "anna@example.test", (), (), "nl"),
    )


def test_all_columns(tmp_path: Path) -> None:
    row = (
        "zoë,".replace("ë", "e")
        + "Zoë,IJzer,z@example.test,b@example.test|A@Example.test|,B | A|,en\n"
    )
    assert read(roster(tmp_path, HEAD + row), "example.test") == (
        Person(
            "zoe",
            "Zoë",
            "IJzer",
            "z@example.test",
            ("a@example.test", "b@example.test"),
            ("A", "B"),
            "en",
        ),
    )


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + HEAD + ANNA,
        (HEAD + ANNA).replace(",", ";"),
        (HEAD + ANNA).replace("\n", "\r\n"),
        HEAD.replace("\n", ",,\n") + ANNA.replace("\n", ",,\n"),
        " UID , Given_Name,surname\n  Anna ,\tAnna  , de   Vries \u00a0\n\n , ,\n",
        'surname,uid,given_name\n"de Vries",anna,"Anna"',
    ],
    ids=["bom", "semicolons", "crlf", "empty-columns", "blanks", "order"],
)
def test_spreadsheets_write_it_like_this(tmp_path: Path, text: str) -> None:
    (person,) = read(roster(tmp_path, text), "example.test")
    assert (person.uid, person.name) == ("anna", "Anna de Vries")


def test_names_are_composed(tmp_path: Path) -> None:
    (person,) = read(roster(tmp_path, HEAD + "zoe,Zoe\u0308,Özdemir,,,,\n"), "example.test")
    assert person.given_name == "Zo\u00eb"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("anna b,Anna,B,,,,", "line 2, column uid"),
        (",Anna,B,,,,", "line 2, column uid"),
        ("anna,,B,,,,", "line 2, column given_name: is empty"),
        ("anna,Anna,=1+1,,,,", "line 2, column surname: '=1+1' is not a name (a formula?)"),
        ("anna,Anna,B\x07,,,,", "line 2, column surname"),
        ("anna,Anna,B,an na,,,", "line 2, column mail: 'an na' is not a mail address"),
        ("anna,Anna,B,anna@other.test,,,", "is not in example.test"),
        ("anna,Anna,B,,a@example.test|x@,,", "line 2, column aliases: 'x@'"),
        ("anna,Anna,B,,,,fr", "line 2, column language"),
        ("anna,Anna,B,,,,nl,extra", "line 2 has more cells"),
        ("anna", "line 2, column given_name"),
        ('anna,"Anna,B,,,,', "is not CSV"),
    ],
)
def test_wrong_cells_are_named(tmp_path: Path, row: str, said: str) -> None:
    assert said in wrong(tmp_path, HEAD + row + "\n")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("Anna,Anna,B,b@example.test,,,", "line 3, column uid: 'anna' is anna's (line 2)"),
        ("b,B,B,Anna@example.test,,,", "column mail: 'anna@example.test' is anna's (line 2)"),
        ("b,B,B,,anna@example.test,,", "column aliases: 'anna@example.test' is anna's (line 2)"),
        ("b,B,B,,,een,", "line 3, column teams: 'een' is written 'Een' in line 2"),
    ],
)
def test_nobody_takes_what_another_has(tmp_path: Path, row: str, said: str) -> None:
    assert said in wrong(tmp_path, HEAD + "anna,Anna,A,,,Een,\n" + row + "\n")


def test_a_line_is_counted_through_quoted_line_ends(tmp_path: Path) -> None:
    text = HEAD + 'anna,Anna,"de\nVries",,,,\nb,B,,,,,\n'
    assert "line 4, column surname" in wrong(tmp_path, text)


def test_everything_wrong_is_said_at_once_but_not_endlessly(tmp_path: Path) -> None:
    said = wrong(tmp_path, HEAD + "".join(f"p{n},,X,,,,\n" for n in range(9)))
    assert "line 6, column given_name" in said
    assert "line 7," not in said
    assert "and 4 more" in said


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("", "lacks uid, given_name, surname"),
        ("uid,name,given_name,surname", "has unknown 'name'"),
        ("uid,uid,given_name,surname", "names twice uid"),
    ],
)
def test_wrong_first_line(tmp_path: Path, head: str, said: str) -> None:
    assert said in wrong(tmp_path, head + "\nanna,Anna,B,\n")


def test_no_people(tmp_path: Path) -> None:
    assert "has no people" in wrong(tmp_path, HEAD + ",,,\n")


def test_other_encodings_are_not_guessed(tmp_path: Path) -> None:
    data = (HEAD + ANNA + "zoe,Zoë,B,,,,\n").encode("cp1252")
    said = wrong(tmp_path, data)
    assert "not UTF-8: line 3, byte 7, after 'zoe,Zo'" in said
    assert "CSV UTF-8" in said


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read(tmp_path / "nothing.csv", "example.test")


def test_the_published_schema_is_what_is_read() -> None:
    text = (ROOT / "deploy" / "people" / "schemas" / "roster.schema.json").read_text("utf-8")
    schema = json.loads(text)
    assert tuple(schema["properties"]) == roster_module.COLUMNS
    assert tuple(schema["required"]) == roster_module.REQUIRED
    assert tuple(schema["properties"]["language"]["enum"]) == roster_module.LANGUAGES
    for uid, fine in {"j.de-vries2": True, "j..b": False, "2b": False, "b_": False}.items():
        assert bool(re.search(schema["properties"]["uid"]["pattern"], uid)) is fine
        assert bool(roster_module._UID.fullmatch(uid)) is fine  # noqa: SLF001


def test_the_examples_are_right() -> None:
    people = read(ROOT / "examples" / "department.csv", "kootwijk.test")
    assert len(people) == 8
    assert {p.language for p in people} == {"nl", "en"}
    assert read(ROOT / "examples" / "other-organisation.csv", "elders.test")
