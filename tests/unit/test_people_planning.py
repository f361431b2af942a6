"""From a roster and a directory to what has to change, done on a directory made of dicts."""

from __future__ import annotations

import base64
import json
from typing import Any

import jsonschema
import pytest

from deploy.errors import InputError
from deploy.paths import ROOT
from deploy.people import Person
from deploy.people.planning import Plan, State, base_dn, make

BASE = "dc=example,dc=test"
EMPTY = State({}, {})
ANNA = Person("anna", "Anna", "de Vries", "anna@example.test", ("a@example.test",), ("Een",))
BERT = Person("bert", "Bert", "IJzer", "bert@example.test", (), ("Een", "Twee"), "en")
SCHEMA = json.loads(
    (ROOT / "deploy" / "people" / "schemas" / "plan.schema.json").read_text("utf-8")
)


def plan(people: list[Person], state: State) -> Plan:
    made = make(people, state, organisation="example", base=BASE)
    jsonschema.validate(made.as_json(), SCHEMA)
    return made


def dn(uid: str) -> str:
    return f"uid={uid},ou=people,{BASE}"


class Fake:
    """A directory that does LDIF records and refuses what a real one would refuse."""

    def __init__(self) -> None:
        self.entries: dict[str, dict[str, list[str]]] = {}

    def do(self, made: Plan, stop_after: int | None = None) -> None:
        for step in made.steps[:stop_after]:
            text = step.text(dict.fromkeys(made.newcomers, "secret"))
            self._record(text)

    def _record(self, text: str) -> None:
        lines = [line.split(": ", 1) for line in _decoded(text).splitlines() if line]
        name, kind, rest = lines[0][1], lines[1][1], lines[2:]
        if kind == "add":
            assert name not in self.entries
            self.entries[name] = {}
            for key, value in rest:
                self.entries[name].setdefault(key.lower(), []).append(value)
        elif kind == "delete":
            del self.entries[name]
        else:
            self._modify(self.entries[name], rest)
        self._check()

    @staticmethod
    def _modify(entry: dict[str, list[str]], rest: list[list[str]]) -> None:
        kind = key = ""
        for words in rest:
            if words == ["-"]:
                kind = ""
            elif not kind:
                kind, key = words[0], words[1].lower()
                if kind == "replace":
                    entry[key] = []
            elif kind == "delete":
                entry[key].remove(words[1])
            else:
                entry.setdefault(key, []).append(words[1])

    def _check(self) -> None:
        for key in ("uid", "mail", "maillocaladdress"):
            held = [v for e in self.entries.values() for v in e.get(key, ())]
            assert len(held) == len(set(held)), f"two have the same {key}"
        for entry in self.entries.values():
            if "groupOfNames" in entry["objectclass"]:
                assert entry["member"], "a group without members"
                assert set(entry["member"]) <= self.entries.keys() | {"cn=nobody"}

    def state(self) -> State:
        people = {e["uid"][0]: e for e in self.entries.values() if "uid" in e}
        teams = {
            e["cn"][0]: (name, frozenset(e["member"]))
            for name, e in self.entries.items()
            if "member" in e
        }
        return State(people, teams)


def _decoded(text: str) -> str:
    lines = []
    for line in text.splitlines():
        name, found, value = line.partition(":: ")
        lines.append(f"{name}: {base64.b64decode(value).decode()}" if found else line)
    return "\n".join(lines)


def applied(people: list[Person], fake: Fake | None = None) -> Fake:
    fake = fake or Fake()
    fake.do(plan(people, fake.state()))
    return fake


def test_newcomers_get_an_entry_and_their_teams() -> None:
    made = plan([ANNA, BERT], EMPTY)
    assert [(c.kind, c.name, c.action) for c in made.changes] == [
        ("person", "anna", "add"),
        ("person", "bert", "add"),
        ("team", "Een", "add"),
        ("team", "Twee", "add"),
    ]
    assert made.newcomers == ("anna", "bert")
    assert made.changes[0].fields["aliases"] == ((), ("a@example.test",))
    state = applied([ANNA, BERT]).state()
    assert state.people["anna"]["sn"] == ["de Vries"]
    assert state.people["anna"]["userpassword"] == ["secret"]
    assert state.teams["Een"][1] == {dn("anna"), dn("bert")}


def test_run_again_it_does_nothing() -> None:
    made = plan([ANNA, BERT], applied([ANNA, BERT]).state())
    assert (made.changes, made.steps, made.absent) == ((), (), ())


def test_a_plan_holds_no_password() -> None:
    made = plan([ANNA], EMPTY)
    assert "assword" not in repr(made)
    assert "assword" not in json.dumps(made.as_json())


def test_changes_are_said_with_before_and_after() -> None:
    moved = Person("anna", "Anna", "Jansen", "anna@example.test", (), ("Twee",))
    made = plan([moved, BERT], applied([ANNA, BERT]).state())
    (change,) = made.changes
    assert change.fields == {
        "name": (("Anna de Vries",), ("Anna Jansen",)),
        "surname": (("de Vries",), ("Jansen",)),
        "aliases": (("a@example.test",), ()),
        "teams": (("Een",), ("Twee",)),
    }
    assert "surname Jansen (was de Vries)" in str(change)
    assert "aliases (none) (was a@example.test)" in str(change)


def test_a_changed_roster_is_reached_and_then_stays() -> None:
    fake = applied([ANNA, BERT])
    moved = Person("anna", "Änna", "Jansen", "anna@example.test", ("x@example.test",), ("Drie",))
    applied([moved, BERT], fake)
    state = fake.state()
    assert state.people["anna"]["givenname"] == ["Änna"]
    assert state.teams["Drie"][1] == {dn("anna")}
    assert state.teams["Een"][1] == {dn("bert")}
    assert plan([moved, BERT], state).steps == ()


def test_addresses_can_change_hands_and_even_places() -> None:
    fake = applied([ANNA, BERT])
    swapped = [
        Person("anna", "Anna", "de Vries", "bert@example.test", (), ("Een",)),
        Person("bert", "Bert", "IJzer", "anna@example.test", ("a@example.test",), ("Een",), "en"),
    ]
    applied(swapped, fake)
    state = fake.state()
    assert state.people["anna"]["mail"] == ["bert@example.test"]
    assert state.people["bert"]["maillocaladdress"] == ["a@example.test"]
    assert plan(swapped, state).steps == ()


@pytest.mark.parametrize("done", range(9))
def test_an_interrupted_run_is_completed_by_the_next(done: int) -> None:
    fake = applied([ANNA, BERT])
    people = [
        Person("anna", "Anna", "de Vries", "bert@example.test", (), ("Twee",)),
        Person("bert", "Bert", "IJzer", "anna@example.test", ("a@example.test",), (), "en"),
        Person("cas", "Cas", "C", "cas@example.test", (), ("Drie",)),
    ]
    fake.do(plan(people, fake.state()), stop_after=done)
    applied(people, fake)
    assert fake.state() == applied(people, applied([ANNA, BERT])).state()
    assert plan(people, fake.state()).steps == ()


def test_a_team_goes_with_its_last_member() -> None:
    alone = Person("bert", "Bert", "IJzer", "bert@example.test", (), ("Een",), "en")
    made = plan([ANNA, alone], applied([ANNA, BERT]).state())
    assert [(c.kind, c.name, c.action) for c in made.changes] == [
        ("person", "bert", "change"),
        ("team", "Twee", "remove"),
    ]


def test_who_is_absent_is_told_and_left_alone() -> None:
    fake = applied([ANNA, BERT])
    made = plan([ANNA], fake.state())
    assert made.absent == ("bert",)
    assert made.steps == ()
    assert not made.mass_absence


def test_more_than_half_absent() -> None:
    people = [Person(f"p{n}", "P", "P", f"p{n}@example.test") for n in range(4)]
    state = applied(people).state()
    assert not plan(people[:2], state).mass_absence
    assert plan(people[:1], state).mass_absence
    assert not plan(people[:1], EMPTY).mass_absence


def test_nobody_gets_an_address_of_someone_absent() -> None:
    state = applied([ANNA, BERT]).state()
    thief = Person("cas", "Cas", "C", "cas@example.test", ("anna@example.test",))
    with pytest.raises(InputError, match=r"'anna@example.test' of cas belongs to anna"):
        plan([BERT, thief], state)


def test_the_directorys_stand_in_for_nobody_is_dropped() -> None:
    fake = applied([ANNA])
    name = f"cn=Een,ou=groups,{BASE}"
    fake.entries[name]["member"] = ["cn=nobody"]
    applied([ANNA], fake)
    assert fake.state().teams["Een"][1] == {dn("anna")}


def test_twenty_thousand_without_change() -> None:
    """No time is asserted; it would take minutes if it were quadratic."""
    people = [
        Person(f"p{n}", "P", "P", f"p{n}@example.test", (), ("A", f"T{n % 500}"))
        for n in range(20_000)
    ]
    state = State(
        {
            p.uid: {
                "uid": [p.uid],
                "cn": [p.name],
                "givenname": ["P"],
                "sn": ["P"],
                "mail": [p.mail],
                "preferredlanguage": ["nl"],
            }
            for p in people
        },
        _teams(people),
    )
    assert plan(people, state).steps == ()


def _teams(people: list[Person]) -> dict[str, tuple[str, frozenset[str]]]:
    found: dict[str, Any] = {}
    for p in people:
        for team in p.teams:
            found.setdefault(team, set()).add(dn(p.uid))
    return {team: (f"cn={team},ou=groups,{BASE}", frozenset(dns)) for team, dns in found.items()}


def test_suffix() -> None:
    assert base_dn("mail.example.test") == "dc=mail,dc=example,dc=test"
