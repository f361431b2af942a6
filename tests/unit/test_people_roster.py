"""Rosters as spreadsheets write them, and what is wrong with them."""
# ruff: noqa: RUF001  (names have letters of every kind)

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from deploy.errors import InputError
from deploy.paths import ROOT
from deploy.people import Person, assemble, cells, model, read
from deploy.people.roster import load

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
    ("cells", "found"),
    [
        (",", ("", "")),
        ("10 GB,5G", ("10 GB", "5G")),
        ("10gb,500 mb", ("10 GB", "500M")),
        ("2T, 1 TB ", ("2 TB", "1T")),
    ],
)
def test_sizes_as_each_service_writes_them(
    tmp_path: Path, cells: str, found: tuple[str, str]
) -> None:
    text = f"uid,given_name,surname,files_quota,mail_quota\nanna,Anna,V,{cells}\n"
    (person,) = read(roster(tmp_path, text), "example.test")
    assert (person.files_quota, person.mail_quota) == found


def test_role_and_dates(tmp_path: Path) -> None:
    text = "uid;given_name;surname;role;start;end\nanna;Anna;V; Lead ;2026-12-01;\n"
    (person,) = read(roster(tmp_path, text), "example.test")
    assert (person.role, person.start, person.end) == ("lead", "2026-12-01", "")


@pytest.mark.parametrize(
    "cell",
    ["0026-12-31", "31-12-2026", "12/31/26", "2026-02-30", "46022", "20261231", "=VANDAAG()"],
)
def test_a_date_is_written_in_one_way(tmp_path: Path, cell: str) -> None:
    text = f"uid,given_name,surname,end\nanna,Anna,V,{cell}\n"
    assert f"line 2, column end: '{cell}' is not a date" in wrong(tmp_path, text)


@pytest.mark.parametrize("cell", ["5", "0 GB", "-5G", "5 KB", "veel", "5.5G", "12345678G"])
def test_a_size_that_is_none_is_refused(tmp_path: Path, cell: str) -> None:
    text = f"uid,given_name,surname,mail_quota\nanna,Anna,V,{cell}\n"
    assert "line 2, column mail_quota" in wrong(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + HEAD + ANNA,
        (HEAD + ANNA).replace(",", ";"),
        (HEAD + ANNA).replace("\n", "\r\n"),
        (HEAD + ANNA).replace(",", "\t"),
        HEAD.replace("\n", ",,\n") + ANNA.replace("\n", ",,\n"),
        " UID , Given_Name,surname\n  Anna ,\tAnna  , de   Vries \u00a0\n\n , ,\n",
        'surname,uid,given_name\n"de Vries",anna,"Anna"',
    ],
    ids=["bom", "semicolons", "crlf", "tabs", "empty-columns", "blanks", "order"],
)
def test_spreadsheets_write_it_like_this(tmp_path: Path, text: str) -> None:
    (person,) = read(roster(tmp_path, text), "example.test")
    assert (person.uid, person.name) == ("anna", "Anna de Vries")


@pytest.mark.parametrize(
    "name",
    [
        "Gülşah Yıldız",
        "Nguyễn Thị Ánh",
        "O'Connor",
        "d’Ançona",
        "Müller-Lüdenscheidt",
        "Łukasz Žižek",
        "王小明",
        "محمد",
        "علی\u200cرضا",
        "क्\u200dष",
        "שרה",
        "Ελένη",
        "Ірина",
        "Björk Guðmundsdóttir",
        "Null",
        "True",
        "𠮷田",
        "'t Hooft",
        "ÄNNE Åström-Ägren",
        "RENÉ’S Groß’",
    ],
)
def test_names_of_every_kind_stay_what_they_are(tmp_path: Path, name: str) -> None:
    (person,) = read(roster(tmp_path, HEAD + f'anna,"{name}","{name}",,,{name},\n'), "example.test")
    assert (person.given_name, person.surname, person.teams) == (name, name, (name,))
    text = "version: 1\npeople:\n  - uid: anna\n    given_name: {0}\n    surname: {0}\n"
    path = tmp_path / "roster.yml"
    path.write_text(text.format(name if name[0] != "'" else f'"{name}"'), encoding="utf-8")
    (person,) = read(path, "example.test")
    assert (person.given_name, person.surname) == (name, name)


@pytest.mark.parametrize("name", ["\u202eannA", "An\u00adna", "A\ufffe", "🙂", "...", "2", "-Anna"])
def test_what_is_no_name(tmp_path: Path, name: str) -> None:
    assert "column given_name" in wrong(tmp_path, HEAD + f"anna,{name},B,,,,\n")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("An\u200bna", "'An\\u200bna' has a character that is not seen (U+200B)"),
        ("A" * 100_000, "...' has 100000 characters; at most 64"),
        (
            "DaniÃ«l",
            "'DaniÃ«l' was spoilt when it was read in another encoding; is 'Daniël' meant?",
        ),
        ("Dani\ufffdl", "a letter is lost (U+FFFD)"),
    ],
)
def test_why_it_is_no_name_is_said_shortly(tmp_path: Path, name: str, said: str) -> None:
    found = wrong(tmp_path, HEAD + f"anna,{name},B,,,,\n")
    assert "line 2, column given_name: " in found
    assert said in found
    assert len(found) < 500


def test_names_are_composed(tmp_path: Path) -> None:
    (person,) = read(roster(tmp_path, HEAD + "zoe,Zoe\u0308,Özdemir,,,,\n"), "example.test")
    assert person.given_name == "Zo\u00eb"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("anna b,Anna,B,,,,", "line 2, column uid"),
        (",Anna,B,,,,", "line 2, column uid"),
        ("anna,Anna,B,=A1,,,", "line 2, column mail: '=A1' is not a mail address"),
        ("anna,Anna,B,,b|-2+3,,", "line 2, column aliases: '-2+3'"),
        ("anna,,B,,,,", "line 2, column given_name: is empty"),
        ("anna,Anna,=1+1,,,,", "line 2, column surname: '=1+1' is not a name (a formula?)"),
        ("anna,Anna,B\x07,,,,", "line 2, column surname"),
        ("anna,Anna,B,an na,,,", "line 2, column mail: 'an na' is not a mail address"),
        ("anna,Anna,B,anna@other.test,,,", "is not in example.test"),
        ("anna,Anna,B,,a@example.test|x@,,", "line 2, column aliases: 'x@'"),
        ("anna,Anna,B,,,,fr", "line 2, column language"),
        ("anna,Anna,B,,,,nl,extra", "line 2 has more cells"),
        ("anna", "line 2, column given_name"),
        ("Root,Anna,B,anna@example.test,,,", "column uid: 'root' is the platform's own"),
        ("teams,Anna,B,,,,", "column uid: 'teams' is the platform's own"),
        ("anna,Anna,B,Postmaster@example.test,,,", "column mail: 'Postmaster@example.test' is an"),
        ("anna,Anna,B,,a|noreply,,", "column aliases: 'noreply' is an address of the platform's"),
        ('anna,"Anna,B,,,,', "is not CSV"),
        ("\u0430nna,Anna,B,,,,", "; '\u0430' is CYRILLIC SMALL LETTER A"),
        ("anna,Anna,B,,\u0430,,", "mail address; '\u0430' is CYRILLIC SMALL LETTER A"),
        ("anna,Anna,B,,bert+x,,", "column aliases: 'bert+x' has a '+'"),
        ("anna,Anna,B,,*,,", "column aliases: '*' has a '*'"),
        (f"anna,Anna,B,,{'a' * 65},,", "has 65 characters before the @; at most 64"),
        ("anna,Anna,B,,,Een; Twee,", "column teams: 'Een; Twee' has a ';'"),
    ],
)
def test_wrong_cells_are_named(tmp_path: Path, row: str, said: str) -> None:
    assert said in wrong(tmp_path, HEAD + row + "\n")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            "Anna,Anna,B,b@example.test,,,",
            "line 3, column uid: 'anna' is a login name already (line 2)",
        ),
        ("b,B,B,Anna@example.test,,,", "column mail: 'anna@example.test' is anna's (line 2)"),
        ("b,B,B,,anna@example.test,,", "column aliases: 'anna@example.test' is anna's (line 2)"),
        ("b,B,B,,,een,", "line 3, column teams: 'een' is written 'Een' in line 2"),
        ("b,B,B,,,Ｅen,", "line 3, column teams: 'Ｅen' is written 'Een' in line 2"),
    ],
)
def test_nobody_takes_what_another_has(tmp_path: Path, row: str, said: str) -> None:
    assert said in wrong(tmp_path, HEAD + "anna,Anna,A,,,Een,\n" + row + "\n")


def test_a_line_is_counted_through_quoted_line_ends(tmp_path: Path) -> None:
    text = HEAD + 'anna,Anna,"de\nVries",,,,\nb,B,,,,,\n'
    assert "line 4, column surname" in wrong(tmp_path, text)


def test_everything_wrong_is_said_at_once_but_not_endlessly(tmp_path: Path) -> None:
    said = wrong(tmp_path, HEAD + "".join(f"p{n},,X,,,,\n" for n in range(59)))
    assert "line 51, column given_name" in said
    assert "line 52," not in said
    assert "and 9 more" in said


def test_everything_wrong_in_one_row_is_said(tmp_path: Path) -> None:
    said = wrong(tmp_path, HEAD + "=a,=b,=c,=d,=e|=f,=g,zz\n").splitlines()
    assert [line.partition(":")[0] for line in said[1:9]] == [
        f"line 2, column {name}"
        for name in ("uid", "mail", "given_name", "surname", *["aliases"] * 2, "teams", "language")
    ]


def test_a_row_that_is_there_twice_is_one_mistake(tmp_path: Path) -> None:
    said = wrong(tmp_path, HEAD + "anna,Anna,A,,a,,\n" * 2)
    assert said.splitlines()[0] == "line 3, column uid: 'anna' is a login name already (line 2)"


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("", "lacks uid, given_name, surname"),
        ("uid,name,given_name,surname", "has unknown 'name'"),
        ("uid,uid,given_name,surname", "names twice uid"),
        ("uid,given_name,surname," + "x" * 1000, "x..."),
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
    assert tuple(schema["properties"]) == assemble.COLUMNS
    assert tuple(schema["required"]) == assemble.REQUIRED
    assert tuple(schema["properties"]["language"]["enum"]) == model.LANGUAGES
    for uid, fine in {"j.de-vries2": True, "j..b": False, "2b": False, "b_": False}.items():
        assert bool(re.search(schema["properties"]["uid"]["pattern"], uid)) is fine
        assert bool(cells._UID.fullmatch(uid)) is fine  # noqa: SLF001


def test_the_examples_are_right() -> None:
    people = read(ROOT / "examples" / "department.csv", "kootwijk.test")
    assert len(people) == 8
    assert {p.language for p in people} == {"nl", "en"}
    assert read(ROOT / "examples" / "other-organisation.csv", "elders.test")


def test_columns_that_are_not_there_are_known(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("\ufeffuid; Given_name;surname;teams \r\nanna;Anna;Bakker;Een\r\n", "utf-8")
    assert load(file, "example.test").unsaid == {
        *("mail", "aliases", "language", "files_quota", "mail_quota", "role", "start", "end")
    }
