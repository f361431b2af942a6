"""The teams' rooms: the program on the chat host, against a server of ours."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from deploy.paths import ROLES

if TYPE_CHECKING:
    from collections.abc import Iterator

LIB = ROLES / "synapse" / "files" / "usr" / "local" / "lib"
CONFIG: dict[str, Any] = {
    "account": "teams",
    "config": "/etc/synapse/homeserver.yaml",
    "identity_provider": "oidc",
    "everybody": "Kootwijk",
    "default_room": "Algemeen",
    "federate": False,
    "encrypt": True,
}
PEOPLE = {"anna": "Anna Jansen", "bram": "Bram O'Hara 🙂"}


@pytest.fixture(scope="module")
def lib() -> Iterator[Any]:
    """Return the program's modules, as they are found on a host."""
    sys.path.insert(0, str(LIB))
    names = ("accounts", "directory", "rooms", "server")
    yield type("Lib", (), {n: importlib.import_module(f"synapse_rooms.{n}") for n in names})
    sys.path.remove(str(LIB))


class Fake:
    """A chat server with as much of one as the program sees."""

    name = "example.test"

    def __init__(self, error: type[Exception]) -> None:
        self.error = error
        self.users: dict[str, dict[str, Any]] = {}
        self.aliases: dict[str, str] = {}
        self.rooms: dict[str, dict[str, Any]] = {}
        self.calls: list[str] = []
        self.refused: set[str] = set()  # users for whom nothing is done

    def user(self, localpart: str) -> str:
        return f"@{localpart}:{self.name}"

    def find(self, _method: str, path: str) -> dict[str, Any] | None:
        room = self.aliases.get(unquote(path.rpartition("/")[2]))
        return {"room_id": room} if room else None

    def call(self, method: str, path: str, body: Any = None, **_query: str) -> Any:
        parts = [unquote(part) for part in path.split("/")[1:]]
        if method != "GET":
            self.calls.append(f"{method} {'/'.join(parts[2:])}")
        if parts[-1] == "register":
            if self.user("teams") in self.users:
                raise self.error(400, "M_USER_IN_USE", "taken")
            self.users[self.user("teams")] = {"displayname": "teams"}
            return {}
        if parts[:2] == ["_synapse", "admin"]:
            return self._admin(method, parts[2:], body)
        return self._client(method, parts[3:], body)

    def _admin(self, method: str, parts: list[str], body: Any) -> Any:
        if method != "GET" and {parts[2], *map(str, (body or {}).values())} & self.refused:
            raise self.error(500, "M_UNKNOWN", "no")
        if parts[1] == "join":
            if body["user_id"] not in self.users:
                raise self.error(404, "M_NOT_FOUND", "User not found")
            if body["user_id"] in self.rooms[parts[2]]["banned"]:
                raise self.error(403, "M_FORBIDDEN", "banned")
            self.rooms[parts[2]]["joined"].add(body["user_id"])
        elif method == "PUT":
            self.users.setdefault(parts[2], {}).update(body)
        return {"users": [{"name": n, **row} for n, row in self.users.items()]}

    def _client(self, method: str, parts: list[str], body: Any) -> Any:
        if parts == ["createRoom"]:
            room = f"!{len(self.rooms)}"
            own = self.user("teams")
            self.rooms[room] = {"body": body, "joined": {own}, "children": {}, "banned": set()}
            powers = {**body["power_level_content_override"], "users": {own: 100}}
            self.rooms[room]["powers"] = powers
            self.aliases[f"#{body['room_alias_name']}:{self.name}"] = room
            return {"room_id": room}
        if parts[1] not in self.rooms:
            raise self.error(403, "M_FORBIDDEN", "not in it")
        if parts[2] == "aliases":
            return {"aliases": [name for name, room in self.aliases.items() if room == parts[1]]}
        return self._room(method, self.rooms[parts[1]], parts[2:], body)

    def _room(self, method: str, room: dict[str, Any], parts: list[str], body: Any) -> Any:
        if parts == ["state", "m.room.power_levels"]:
            room["powers"] = body if method == "PUT" else room["powers"]
            return room["powers"]
        if parts[0] == "joined_members":
            return {"joined": {user: {} for user in room["joined"]}}
        if parts[0] in ("kick", "unban"):
            room["joined" if parts[0] == "kick" else "banned"].discard(body["user_id"])
        elif method == "GET":
            return [
                {"type": "m.space.child", "state_key": key, "content": content}
                for key, content in room["children"].items()
            ]
        elif parts[1] == "m.space.child":
            room["children"][parts[2]] = body
        return {}

    def leads(self) -> dict[str, set[str]]:
        """Return who has power 50 in the room of each name."""
        return {
            r["body"]["name"]: {u for u, power in r["powers"]["users"].items() if power == 50}
            for r in self.rooms.values()
        }

    def named(self) -> dict[str, set[str]]:
        """Return who is in the room of each name, the program's own account aside."""
        own = {self.user("teams")}
        return {r["body"]["name"]: r["joined"] - own for r in self.rooms.values()}


@pytest.fixture
def fake(lib: Any, monkeypatch: pytest.MonkeyPatch) -> Fake:
    monkeypatch.setattr(lib.accounts.promote, "administrator", lambda *_: None)
    return Fake(lib.server.ServerError)


def both(
    lib: Any, fake: Fake, people: dict[str, str], teams: dict[str, Any], *locked: str
) -> list[str]:
    fake.calls.clear()
    done, here = lib.accounts.follow(fake, CONFIG, people, frozenset(locked))
    told = {
        name: team if hasattr(team, "rooms") else lib.directory.Team(team)
        for name, team in teams.items()
    }
    return [*done, *lib.rooms.follow(fake, CONFIG, here, told)]


def test_people_have_accounts_that_only_the_one_login_opens(lib: Any, fake: Fake) -> None:
    both(lib, fake, PEOPLE, {})
    assert fake.users["@bram:example.test"] == {
        "displayname": "Bram O'Hara 🙂",
        "external_ids": [{"auth_provider": "oidc", "external_id": "bram"}],
    }


def test_a_team_has_a_space_with_an_encrypted_room(lib: Any, fake: Fake) -> None:
    both(lib, fake, PEOPLE, {"Beheer": frozenset({"anna"})})
    assert fake.named() == {
        "Kootwijk": {"@anna:example.test", "@bram:example.test"},
        "Beheer": {"@anna:example.test"},
        "Algemeen · Beheer": {"@anna:example.test"},
    }
    everybody, space, room = fake.rooms.values()
    assert [s["body"]["creation_content"].get("type") for s in (everybody, space)] == [
        "m.space"
    ] * 2
    kinds = {state["type"] for state in room["body"]["initial_state"]}
    assert "m.room.encryption" in kinds
    assert not room["body"]["creation_content"]["m.federate"]
    assert (list(everybody["children"]), list(space["children"])) == (["!1"], ["!2"])


def test_the_second_time_nothing_is_done(lib: Any, fake: Fake) -> None:
    teams = {"Beheer": frozenset({"anna"})}
    assert both(lib, fake, PEOPLE, teams)
    assert both(lib, fake, PEOPLE, teams) == []
    assert fake.calls == ["POST v3/register"]


def test_members_follow(lib: Any, fake: Fake) -> None:
    both(lib, fake, PEOPLE, {"Beheer": frozenset({"anna"})})
    fake.rooms["!2"]["joined"].add("@gast:elders.test")
    both(lib, fake, PEOPLE, {"Beheer": frozenset({"bram"})})
    assert fake.named()["Algemeen · Beheer"] == {"@bram:example.test", "@gast:elders.test"}


def test_a_team_that_is_gone_is_left(lib: Any, fake: Fake) -> None:
    both(lib, fake, PEOPLE, {"Beheer": frozenset({"anna"})})
    both(lib, fake, PEOPLE, {})
    assert fake.named()["Beheer"] == fake.named()["Algemeen · Beheer"] == set()
    assert both(lib, fake, PEOPLE, {}) == []


ANNA, BRAM = "@anna:example.test", "@bram:example.test"


def test_a_team_has_more_rooms_and_its_members_follow(lib: Any, fake: Fake) -> None:
    team = lib.directory.Team(frozenset({"anna"}), rooms=frozenset({"Balie 🙂", "Rooster"}))
    both(lib, fake, PEOPLE, {"Beheer": team})
    assert fake.named()["Balie 🙂"] == fake.named()["Rooster"] == {ANNA}
    space = next(r for r in fake.rooms.values() if r["body"]["name"] == "Beheer")
    assert len([child for child, how in space["children"].items() if how]) == 3
    kinds = {s["type"] for s in list(fake.rooms.values())[-1]["body"]["initial_state"]}
    assert "m.room.encryption" in kinds
    assert both(lib, fake, PEOPLE, {"Beheer": team}) == []
    team = lib.directory.Team(frozenset({"anna", "bram"}), rooms=frozenset({"Rooster"}))
    both(lib, fake, PEOPLE, {"Beheer": team})
    assert (fake.named()["Balie 🙂"], fake.named()["Rooster"]) == (set(), {ANNA, BRAM})
    assert len([child for child, how in space["children"].items() if how]) == 2
    assert both(lib, fake, PEOPLE, {"Beheer": team}) == []


def test_rooms_of_one_name_are_each_teams_own(lib: Any, fake: Fake) -> None:
    rooms = frozenset({"Balie"})
    teams = {name: lib.directory.Team(frozenset({"anna"}), rooms=rooms) for name in ("a", "b")}
    both(lib, fake, PEOPLE, teams)
    assert [r["body"]["name"] for r in fake.rooms.values()].count("Balie") == 2
    assert lib.rooms.key("a", "b") != lib.rooms.key("ab")


def test_a_room_that_people_put_into_their_space_is_theirs(lib: Any, fake: Fake) -> None:
    both(lib, fake, PEOPLE, {"Beheer": frozenset({"anna"})})
    fake.rooms["!1"]["children"]["!elsewhere"] = {"via": ["elders.test"]}
    assert both(lib, fake, PEOPLE, {"Beheer": frozenset({"anna"})}) == []
    both(lib, fake, PEOPLE, {})
    assert fake.named()["Algemeen · Beheer"] == set()
    assert fake.rooms["!1"]["children"]["!elsewhere"]


def test_leads_lead_in_their_own_teams_as_long_as_they_do(lib: Any, fake: Fake) -> None:
    led = lib.directory.Team(
        frozenset({"anna", "bram"}), frozenset({"anna"}), rooms=frozenset({"Balie"})
    )
    teams = {"Beheer": led, "Beleid": frozenset({"anna", "bram"})}
    both(lib, fake, PEOPLE, teams)
    found = {name: who for name, who in fake.leads().items() if who}
    assert found == {"Beheer": {ANNA}, "Algemeen · Beheer": {ANNA}, "Balie": {ANNA}}
    assert both(lib, fake, PEOPLE, teams) == []
    fake.rooms["!1"]["powers"]["users"] |= {BRAM: 50, "@ops:example.test": 99}
    other = lib.directory.Team(led.members, frozenset({"bram"}), led.rooms)
    both(lib, fake, PEOPLE, {**teams, "Beheer": other})
    assert fake.leads()["Beheer"] == fake.leads()["Balie"] == {BRAM}
    assert fake.rooms["!1"]["powers"]["users"]["@ops:example.test"] == 99
    assert fake.rooms["!1"]["powers"]["users"]["@teams:example.test"] == 100
    assert fake.rooms["!1"]["powers"]["ban"] == 50


def test_whom_a_lead_shut_out_of_the_own_team_is_in_again(lib: Any, fake: Fake) -> None:
    teams = {"Beheer": frozenset({"anna", "bram"})}
    both(lib, fake, PEOPLE, teams)
    fake.rooms["!2"]["joined"].discard(BRAM)
    fake.rooms["!2"]["banned"].add(BRAM)
    both(lib, fake, PEOPLE, teams)
    assert BRAM in fake.rooms["!2"]["joined"]


def test_whose_first_day_is_to_come_waits_and_nobody_for_them(lib: Any, fake: Fake) -> None:
    teams = {"Beheer": lib.directory.Team(frozenset({"anna", "bram"}), frozenset({"bram"}))}
    both(lib, fake, PEOPLE, teams, "bram")
    assert BRAM not in fake.users
    assert fake.named() == {"Kootwijk": {ANNA}, "Beheer": {ANNA}, "Algemeen · Beheer": {ANNA}}
    assert both(lib, fake, PEOPLE, teams, "bram") == []
    both(lib, fake, PEOPLE, teams)
    assert fake.named()["Algemeen · Beheer"] == {ANNA, BRAM}
    assert fake.leads()["Beheer"] == {BRAM}


def test_nobody_is_the_account_that_keeps_the_rooms(lib: Any, fake: Fake) -> None:
    both(lib, fake, {**PEOPLE, "teams": "Teams"}, {"Beheer": frozenset({"anna", "teams"})})
    assert fake.users["@teams:example.test"] == {"displayname": "teams"}
    assert fake.rooms["!1"]["powers"]["users"]["@teams:example.test"] == 100


def test_what_is_refused_for_one_is_done_for_the_others(lib: Any, fake: Fake) -> None:
    teams = {"Beheer": frozenset({"anna", "bram"})}
    fake.refused = {ANNA}
    assert [
        line for line in both(lib, fake, PEOPLE, teams) if isinstance(line, lib.server.Refused)
    ] == ["an account: the server refused (500 M_UNKNOWN)"]
    assert fake.named()["Beheer"] == {BRAM}
    fake.refused = set()
    both(lib, fake, PEOPLE, {})
    fake.refused = {ANNA}
    said = both(lib, fake, PEOPLE, teams)
    assert "Beheer: the server refused (500 M_UNKNOWN)" in said
    assert "Beheer: 1 in, 0 out" in said
    assert fake.named()["Beheer"] == {BRAM}


@pytest.mark.parametrize("locked", [(), ("bram",)])
def test_who_is_gone_or_locked_is_locked_and_opened_again(
    lib: Any, fake: Fake, locked: tuple[str, ...]
) -> None:
    both(lib, fake, PEOPLE, {})
    left = PEOPLE if locked else {"anna": PEOPLE["anna"]}
    assert "an account: locked" in both(lib, fake, left, {}, *locked)
    assert fake.users["@bram:example.test"]["locked"] is True
    assert "locked" not in fake.users["@teams:example.test"]
    assert both(lib, fake, left, {}, *locked) == []
    assert both(lib, fake, PEOPLE, {})[0] == "an account: opened"
    assert fake.users["@bram:example.test"]["locked"] is False


def test_another_name_is_followed_and_a_long_one_cut(lib: Any, fake: Fake) -> None:
    both(lib, fake, PEOPLE, {})
    both(lib, fake, {**PEOPLE, "anna": "A" * 300}, {"T" * 300: frozenset({"anna"})})
    assert fake.users["@anna:example.test"]["displayname"] == "A" * 256
    assert "T" * 200 in fake.named()


def test_names_that_look_alike_are_other_teams(lib: Any) -> None:
    names = ["Beheer", "beheer", "Beheer ", "Team O'Neill 🙂", "x" * 200, "x" * 201, 'a"b']
    keys = {lib.rooms.key(name) for name in names}
    assert len(keys) == len(names)
    assert all(key.isalnum() and key.isascii() for key in keys)


def entry(**fields: str | list[str]) -> dict[str, list[bytes]]:
    return {
        name: [value.encode() for value in ([held] if isinstance(held, str) else held)]
        for name, held in fields.items()
    }


def test_the_directory_is_understood(lib: Any) -> None:
    people = [
        ("uid=Anna,ou=people", entry(uid="Anna", cn="Anna Jansen", kootwijkRole="Lead")),
        ("uid=bram,ou=people", entry(uid="bram", cn="Bram", pwdAccountLockedTime="000001010000Z")),
        (
            "uid=cor,ou=people",
            entry(uid="cor", cn="Cor", pwdAccountLockedTime="20261125080000Z"),
        ),
    ]
    groups = [
        (
            "cn=Beheer",
            entry(cn="Beheer", member=["UID=anna,ou=people", "cn=nobody"], kootwijkRoom="Balie"),
        ),
        ("cn=Leeg", entry(cn="Leeg", member="cn=nobody")),
        ("cn=Beleid", entry(cn="Beleid", member="uid=bram,ou=people")),
    ]
    held = lib.directory.understood(people, groups)
    assert held.people == {"anna": "Anna Jansen", "bram": "Bram", "cor": "Cor"}
    assert held.locked == {"bram"}
    assert held.teams == {
        "Beheer": lib.directory.Team(
            frozenset({"anna"}), frozenset({"anna"}), frozenset({"Balie"})
        ),
        "Beleid": lib.directory.Team(frozenset({"bram"})),
    }


def test_a_directory_with_nobody_in_it_shuts_nobody_out(lib: Any) -> None:
    with pytest.raises(lib.directory.EmptyError):
        lib.directory.understood([], [])
