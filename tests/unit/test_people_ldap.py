"""People and teams from a directory: what ldapsearch says is a file here."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from deploy.errors import InputError, KootwijkError, MachineError, UnreachableError
from deploy.people import Roster, ldap, load

if TYPE_CHECKING:
    from pathlib import Path

PEOPLE = """dn: uid=Anna,ou=Staff, o=X
uid: Anna
givenName:: Wm/Dqw==
sn: de Vries
mail: zoe@example.test
mail: zoe@elsewhere.test
mailLocalAddress: post@example.test
preferredLanguage: en-GB

# refldap://elsewhere/

dn: uid=bert,ou=Staff,o=X
uid: bert
givenName: Bert
sn: IJzer
proxyAddresses: SMTP:b@example.test
proxyAddresses: smtp:b2@example.test
employeeType: lead
"""
GROUPS = """dn: cn=Een,ou=Groups,o=X
cn: Een
member: UID=anna,OU=staff,O=x
member: uid=gone,ou=Staff,o=X
"""
SOURCE = """version: 1
source:
  ldap: ldaps://ldap.example.test
  bind_dn: cn=reader,o=X
  password_secret: ldap
  people_base: ou=Staff,o=X
"""
BASE = "  groups_base: ou=Groups,o=X\n"


class Program:
    """An ldapsearch that says what is in files, and notes with which words it was called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.says(PEOPLE, GROUPS)
        script = folder / "bin" / "ldapsearch"
        script.parent.mkdir()
        script.write_text(
            f"#!{sys.executable}\n"
            "import pathlib, sys\n"
            f"here = pathlib.Path({str(folder)!r})\n"
            "(here / 'words').open('a').write(repr((sys.argv, sys.stdin.read())) + '\\n')\n"
            "name = 'groups' if 'ou=Groups,o=X' in sys.argv else 'people'\n"
            "sys.stdout.buffer.write((here / name).read_bytes())\n"
            "sys.stderr.write('ldap_bind: said\\n')\n"
            "sys.exit(int((here / 'code').read_text()))\n"
        )
        script.chmod(0o755)

    def says(self, people: str, groups: str = GROUPS, code: int = 0) -> None:
        (self.folder / "people").write_text(people, encoding="utf-8")
        (self.folder / "groups").write_text(groups, encoding="utf-8")
        (self.folder / "code").write_text(str(code))


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    made = Program(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return made


def read(folder: Path, more: str = "", text: str = SOURCE) -> Roster:
    path = folder / "source.yml"
    path.write_text(text + more, encoding="utf-8")
    return load(path, "example.test", {"ldap": "a-password"}.__getitem__)


def test_what_a_person_has(tmp_path: Path, program: Program) -> None:
    anna, bert = read(tmp_path, BASE).people
    assert (anna.uid, anna.name) == ("anna", "Zoë de Vries")
    assert (anna.mail, anna.aliases) == ("zoe@example.test", ("post@example.test",))
    assert (anna.teams, anna.language) == (("Een",), "en")
    assert (bert.mail, bert.aliases, bert.teams) == ("bert@example.test", (), ())
    words = (program.folder / "words").read_text().splitlines()
    assert len(words) == 2
    for line in words:
        given, stdin = eval(line)
        assert stdin == "a-password"
        assert "a-password" not in given
        assert given[given.index("-E") + 1] == "pr=500/noprompt"


def test_other_directories_call_it_otherwise(tmp_path: Path, program: Program) -> None:
    program.says(PEOPLE)
    more = "  attributes: {aliases: proxyAddresses, role: employeeType}\n"
    anna, bert = read(tmp_path, BASE + more).people
    assert (bert.mail, bert.aliases, bert.role) == ("b@example.test", ("b2@example.test",), "lead")
    assert anna.aliases == ()


def test_what_is_not_taken_is_said(tmp_path: Path, program: Program) -> None:
    program.says(PEOPLE)
    assert read(tmp_path).notes == ("1 addresses outside example.test are not taken",)
    assert read(tmp_path).people[0].teams == ()


def test_a_wrong_entry_is_named(tmp_path: Path, program: Program) -> None:
    program.says(PEOPLE.replace("sn: IJzer\n", ""))
    with pytest.raises(InputError, match="uid=bert,ou=Staff,o=X, sn: is empty"):
        read(tmp_path)


def test_half_a_group_is_no_group(tmp_path: Path, program: Program) -> None:
    program.says(PEOPLE, GROUPS.replace("member:", "member;range=0-1499:"))
    with pytest.raises(InputError, match="'cn=Een,ou=Groups,o=X' has more members than"):
        read(tmp_path, BASE)


def test_what_is_no_text_is_said(tmp_path: Path, program: Program) -> None:
    program.says(PEOPLE.replace("Wm/Dqw==", "Wm/r"))
    with pytest.raises(InputError, match="not UTF-8"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        (49, InputError, "does not accept the account"),
        (32, InputError, "does not have this base"),
        (4, UnreachableError, "did not finish"),
        (255, UnreachableError, "did not finish"),
    ],
)
def test_a_directory_that_fails(
    tmp_path: Path, program: Program, code: int, kind: type[KootwijkError], said: str
) -> None:
    program.says(PEOPLE, code=code)
    with pytest.raises(kind, match=said) as caught:
        read(tmp_path)
    assert "ldap_bind: said" in str(caught.value)
    assert "a-password" not in str(caught.value)


def test_a_machine_without_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def refuse(programs: dict[str, str]) -> None:
        asked.extend(programs.values())
        raise MachineError("nothing can be installed")

    monkeypatch.setattr(ldap, "install_packages", refuse)
    with pytest.raises(MachineError):
        read(tmp_path)
    assert asked == ["ldap-utils"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SOURCE.replace("ldaps:", "ldap:"), "does not begin with ldaps://"),
        (
            SOURCE.replace("  bind_dn: cn=reader,o=X\n", ""),
            "line 3, column 3: source lacks bind_dn",
        ),
        (SOURCE + "  attributes: {naam: cn}\n", "line 7, column 16: unknown 'naam'"),
        (SOURCE + "  token_secret: x\n", "line 7, column 3: unknown 'token_secret'"),
        ("version: 1\nsource: ldap\n", "line 2, column 9: source has no keys"),
    ],
)
def test_what_is_wrong_in_the_file(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, text=text)
    assert said in str(caught.value)
