"""From a roster and a directory to what has to change, done on a directory made of dicts."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from deploy.errors import InputError
from deploy.paths import ROOT
from deploy.people import Mailbox, Person, Roster, Team
from deploy.people.planning import HeldTeam, Plan, State, base_dn, make

BASE = "dc=example,dc=test"
EMPTY = State({}, {})
ANNA = Person("anna", "Anna", "de Vries", "anna@example.test", ("a@example.test",), ("Een",))
BERT = Person("bert", "Bert", "IJzer", "bert@example.test", (), ("Een", "Twee"), "en")
SCHEMA = json.loads(
    (ROOT / "deploy" / "people" / "schemas" / "plan.schema.json").read_text("utf-8")
)


def plan(people: list[Person] | Roster, state: State, again: tuple[str, ...] = ()) -> Plan:
    roster = people if isinstance(people, Roster) else Roster(tuple(people))
    made = make(roster, state, organisation="example", base=BASE, again=again)
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
            e["cn"][0]: HeldTeam(name, frozenset(e["member"]), e)
            for name, e in self.entries.items()
            if "groupOfNames" in e["objectclass"]
        }
        boxes = {
            e["cn"][0]: e for e in self.entries.values() if "kootwijkMailbox" in e["objectclass"]
        }
        return State(people, teams, boxes)


def _decoded(text: str) -> str:
    lines = []
    for line in text.splitlines():
        name, found, value = line.partition(":: ")
        lines.append(f"{name}: {base64.b64decode(value).decode()}" if found else line)
    return "\n".join(lines)


def applied(
    people: list[Person] | Roster, fake: Fake | None = None, again: tuple[str, ...] = ()
) -> Fake:
    fake = fake or Fake()
    fake.do(plan(people, fake.state(), again))
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


def test_who_came_before_the_class_gets_it_with_a_quota_and_once() -> None:
    fake = applied([ANNA, BERT])
    assert "kootwijkPerson" in fake.entries[dn("anna")]["objectclass"]
    fake.entries[dn("anna")]["objectclass"] = ["inetOrgPerson", "inetLocalMailRecipient"]
    assert plan([ANNA, BERT], fake.state()).steps == ()
    richer = replace(ANNA, files_quota="10 GB", mail_quota="1G")
    (change,) = plan([richer, BERT], fake.state()).changes
    assert change.fields == {"files_quota": ((), ("10 GB",)), "mail_quota": ((), ("1G",))}
    applied([richer, BERT], fake)
    applied([replace(richer, mail_quota="2G"), BERT], fake)
    assert fake.entries[dn("anna")]["objectclass"].count("kootwijkPerson") == 1
    assert fake.entries[dn("anna")]["kootwijkmailquota"] == ["2G"]
    applied([ANNA, BERT], fake)
    assert fake.entries[dn("anna")]["kootwijkfilesquota"] == []


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


def test_all_that_is_taken_is_placed() -> None:
    def placed(line: int, person: Person) -> Person:
        return replace(person, place=lambda column, _: f"line {line}, column {column}")

    state = applied([ANNA, BERT]).state()
    thief = Person("cas", "Cas", "C", "anna@example.test")
    other = Person("dirk", "Dirk", "D", "dirk@example.test", ("a@example.test",))
    with pytest.raises(InputError) as caught:
        plan(Roster((BERT, placed(3, thief), placed(4, other)), origin="roster.csv"), state)
    assert caught.value.where == "roster.csv"
    assert "line 3, column mail: 'anna@example.test' of cas belongs to anna" in str(caught.value)
    assert "line 4, column aliases: 'a@example.test' of dirk belongs to" in str(caught.value)


@pytest.mark.parametrize("name", ["een", "\uff25en"])
def test_a_team_is_not_made_anew_because_it_is_written_otherwise(name: str) -> None:
    state = applied([ANNA, BERT]).state()
    with pytest.raises(InputError, match=f"'{name}' is written 'Een' in the directory"):
        plan([replace(ANNA, teams=(name,)), replace(BERT, teams=(name, "Twee"))], state)


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


def _teams(people: list[Person]) -> dict[str, HeldTeam]:
    found: dict[str, Any] = {}
    for p in people:
        for team in p.teams:
            found.setdefault(team, set()).add(dn(p.uid))
    return {t: HeldTeam(f"cn={t},ou=groups,{BASE}", frozenset(dns)) for t, dns in found.items()}


def test_suffix() -> None:
    assert base_dn("mail.example.test") == "dc=mail,dc=example,dc=test"


LEAD = replace(ANNA, role="lead", start="2026-12-01", end="2027-01-31")
BOX = Mailbox("info", "info@example.test", ("anna", "bert"), ("post@example.test",), "1G")
FULL = Roster((LEAD, BERT), (Team("Een", "2 GB", ("Balie", "Rooster")),), (BOX,))


def test_role_dates_teams_and_mailboxes_arrive_and_stay() -> None:
    fake = applied([ANNA, BERT])
    changes = {(c.kind, c.name): c.fields for c in plan(FULL, fake.state()).changes}
    assert changes[("person", "anna")] == {
        "role": ((), ("lead",)),
        "start": ((), ("2026-12-01",)),
        "end": ((), ("2027-01-31",)),
    }
    assert changes[("mailbox", "info")]["members"] == ((), ("anna", "bert"))
    assert changes[("team", "Een")] == {
        "folder_quota": ((), ("2 GB",)),
        "rooms": ((), ("Balie", "Rooster")),
    }
    applied(FULL, fake)
    assert fake.entries[dn("anna")]["kootwijkend"] == ["2027-01-31"]
    assert fake.entries[f"cn=info,ou=mailboxes,{BASE}"]["member"] == [dn("anna"), dn("bert")]
    assert fake.entries[f"cn=Een,ou=groups,{BASE}"]["objectclass"].count("kootwijkTeam") == 1
    assert plan(FULL, fake.state()).changes == ()
    new = applied(FULL)
    # Locked from the start, with a mark: the directory's look at the dates lets in, nobody earlier.
    assert new.entries[dn("anna")].pop("pwdaccountlockedtime") == ["000001010000Z"]
    assert new.entries[dn("anna")].pop("kootwijklocked") == ["dates"]
    assert new.state() == fake.state()


def test_an_end_date_goes_away_again() -> None:
    fake = applied(FULL)
    applied(Roster((replace(LEAD, end=""), BERT), FULL.teams, FULL.mailboxes), fake)
    assert fake.entries[dn("anna")]["kootwijkend"] == []


def test_a_roster_that_says_nothing_of_teams_and_mailboxes_leaves_them() -> None:
    made = plan([LEAD, BERT], applied(FULL).state())
    assert (made.changes, made.absent_mailboxes) == ((), ())


def test_a_mailbox_that_is_not_in_the_roster_is_named_and_left() -> None:
    other = Roster(FULL.people, (), (Mailbox("balie", "balie@example.test", ("anna",)),))
    made = plan(other, applied(FULL).state())
    assert made.absent_mailboxes == ("info",)
    assert [(c.kind, c.name, c.action) for c in made.changes] == [("mailbox", "balie", "add")]


@pytest.mark.parametrize("done", range(6))
def test_an_address_goes_from_a_person_to_a_mailbox_and_back(done: int) -> None:
    fake = applied(FULL)
    swapped = Roster(
        (replace(LEAD, mail="info@example.test", aliases=()), BERT),
        (),
        (replace(BOX, mail="anna@example.test", aliases=("a@example.test",)),),
    )
    fake.do(plan(swapped, fake.state()), stop_after=done)
    applied(swapped, fake)
    assert plan(swapped, fake.state()).steps == ()
    applied(FULL, fake)
    assert plan(FULL, fake.state()).steps == ()


def test_nobody_gets_an_address_or_the_name_of_a_mailbox() -> None:
    state = applied(FULL).state()
    for thief in (
        Person("cas", "Cas", "C", "cas@example.test", ("post@example.test",)),
        Person("info", "Cas", "C", "cas@example.test"),
    ):
        with pytest.raises(InputError, match="belongs to the shared mailbox info"):
            plan([LEAD, BERT, thief], state)


def gone(fake: Fake) -> Fake:
    fake.entries[dn("anna")] |= {
        "kootwijkleft": ["2026-11-01"],
        "kootwijksuccessor": ["bert"],
        "pwdaccountlockedtime": ["000001010000Z"],
    }
    for entry in fake.entries.values():
        if len(entry.get("member", ())) > 1:
            entry["member"] = [name for name in entry["member"] if name != dn("anna")]
    return fake


def test_who_left_is_not_reset_by_a_roster_that_has_them_still() -> None:
    fake = gone(applied(FULL))
    before = fake.state()
    moved = replace(LEAD, aliases=("new@example.test",), teams=("Drie",))
    made = plan(replace(FULL, people=(moved, BERT)), before)
    assert (made.left, made.steps, made.absent) == (("anna",), (), ())
    assert "anna left on 2026-11-01 and is in this roster still" in made.notes[0]
    assert plan([BERT], before).absent == ()


def test_who_left_stays_a_member_only_where_nobody_else_is() -> None:
    fake = applied(Roster((LEAD,), (), (replace(BOX, members=("anna",)),)))
    gone(fake)
    alone = Roster((LEAD, replace(BERT, teams=())), (), (replace(BOX, members=("anna",)),))
    applied(alone, fake)
    assert fake.state().teams["Een"].members == {dn("anna")}
    both = Roster((LEAD, BERT), (), (replace(BOX, members=("anna", "bert")),))
    fields = [c.fields for c in plan(both, fake.state()).changes]
    assert fields == [
        {"teams": ((), ("Een", "Twee"))},
        {"members": (("anna",), ("bert",))},
        {"members": (("anna",), ())},
        {},
    ]
    applied(both, fake)
    assert fake.state().teams["Een"].members == {dn("bert")}
    assert fake.state().mailboxes["info"]["member"] == [dn("bert")]
    assert plan(both, fake.state()).steps == ()


def test_who_left_can_come_back_if_that_is_said() -> None:
    fake = gone(applied(FULL))
    change, box = plan(FULL, fake.state(), ("anna",)).changes
    assert box.fields == {"members": (("bert",), ("anna", "bert"))}
    assert change.fields == {
        "teams": ((), ("Een",)),
        "left": (("2026-11-01",), ()),
        "successor": (("bert",), ()),
        "locked": (("000001010000Z",), ()),
    }
    applied(FULL, fake, ("anna",))
    assert plan(FULL, fake.state(), ("anna",)).changes == ()
    assert plan(FULL, fake.state()).left == ()


def test_the_name_of_who_left_is_not_given_to_another() -> None:
    fake = gone(applied(FULL))
    other = Roster((replace(LEAD, given_name="Annemarie"), BERT))
    with pytest.raises(InputError, match=r"name anna of Annemarie de Vries was Anna de Vries's"):
        plan(other, fake.state())
    assert plan(other, fake.state(), ("anna",)).changes
    with pytest.raises(InputError, match="belongs to anna, who left on 2026-11-01"):
        plan([replace(BERT, aliases=("a@example.test",))], fake.state())


def test_back_is_who_is_in_the_roster() -> None:
    with pytest.raises(InputError, match="'cas', who is said to be back, is not in this roster"):
        plan(FULL, EMPTY, ("cas",))


def test_a_mailbox_keeps_a_reader() -> None:
    alone = replace(FULL, mailboxes=(replace(BOX, members=("anna",)),))
    fake = applied([ANNA, BERT])
    with pytest.raises(InputError, match="everybody who reads the shared mailbox info has left"):
        plan(alone, gone(fake).state())


def test_a_name_of_who_is_deleted_is_never_given_again() -> None:
    gone = {"uid": ["anna"], "objectclass": ["account"], "kootwijkleft": ["2026-01-31"]}
    state = State({"anna": gone}, {})
    with pytest.raises(InputError, match="2026-01-31 and is deleted: it is never given again"):
        plan([ANNA], state)
    assert plan([BERT], state).held == 0


def test_what_a_table_has_no_column_for_stays() -> None:
    directory = Fake()
    full = replace(ANNA, role="lead", end="2027-12-31", files_quota="10 GB", mail_quota="5G")
    directory.do(plan([full, BERT], EMPTY))
    columns = frozenset({"mail", "aliases", "teams", "language", "role", "end", "files_quota"})
    table = (
        Person("anna", "Anna", "Bakker", "anna@example.test"),
        Person("bert", "Bert", "IJzer", "bert.ijzer@example.test"),
        Person("carl", "Carl", "Nieuw", "carl@example.test"),
    )
    made = plan(Roster(table, unsaid=columns), directory.state())
    anna, carl = made.changes
    # The quota for mail has a column, and its cell is empty.
    assert set(anna.fields) == {"name", "surname", "mail_quota"}
    assert (carl.name, carl.action) == ("carl", "add")
    directory.do(made)
    assert plan(Roster(table, unsaid=columns), directory.state()).changes == ()
    assert plan(list(table), directory.state()).changes != ()
