"""A space for everybody, in it one for every team, in that its rooms; members and leads follow.

A room is found again by its alias, which is made from the team's name and its own.
https://spec.matrix.org/latest/client-server-api/#spaces
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from synapse_rooms.server import ADMIN, CLIENT, Refused, Server, ServerError, part

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from synapse_rooms.directory import Team

EVERYBODY = "everybody"
_MAX_NAME = 200
_LEAD = 50  # invites guests, removes what was said; does not make others lead
# Who is in and what it is called is the directory's; the rest is for those who are in.
_POWERS = {"invite": 50, "kick": 50, "ban": 50, "state_default": 50, "users_default": 0}


def follow(
    server: Server,
    config: dict[str, Any],
    here: frozenset[str],
    teams: Mapping[str, Team],
) -> Iterator[str]:
    """Make what is missing, let in and out; yield what was done.

    ``here`` are the uids that have an account; the others of a team wait until they do.
    """
    everybody, said = _room(server, config, EVERYBODY, config["everybody"], space=True)
    yield from said
    yield from _members(server, everybody, config["everybody"], here, config)
    linked, spaces = _children(server, everybody), set()
    for name, team in sorted(teams.items()):
        space, said = _room(server, config, f"team-{key(name)}", name, space=True)
        yield from said
        yield from _linked(server, everybody, space, linked)
        present = replace(team, members=team.members & here, leads=team.leads & here)
        yield from _team(server, config, space, name, present)
        spaces.add(space)
    for gone in linked - spaces:
        yield from _dissolve(server, config, everybody, gone)


def key(*names: str) -> str:
    """Return what an alias of a team, or of a room of it, is made of.

    Any names will do; two never give the same, for no name has a null character.
    """
    return hashlib.sha256("\0".join(names).encode()).hexdigest()[:16]


def _team(
    server: Server, config: dict[str, Any], space: str, name: str, team: Team
) -> Iterator[str]:
    titles = {f"room-{key(name)}": f"{config['default_room']} · {name}"}
    titles |= {f"room-{key(name, title)}": title for title in sorted(team.rooms)}
    linked, rooms = _children(server, space), set()
    for alias, title in titles.items():
        room, said = _room(server, config, alias, title, space=False)
        yield from said
        yield from _linked(server, space, room, linked)
        rooms.add(room)
    for place in (space, *sorted(rooms)):
        yield from _members(server, place, name, team.members, config)
        yield from _powers(server, place, name, team.leads)
    for gone in sorted(linked - rooms):
        if _ours(server, gone):
            yield from _dissolve(server, config, space, gone)


def _alias_id(server: Server, alias: str) -> str | None:
    found = server.find("GET", f"{CLIENT}/directory/room/{part(f'#{alias}:{server.name}')}")
    return str(found["room_id"]) if found else None


def _room(
    server: Server, config: dict[str, Any], alias: str, name: str, *, space: bool
) -> tuple[str, list[str]]:
    """Return the id of the room with ``alias``, made if there is none, and what was done."""
    found = _alias_id(server, alias)
    if found:
        return found, []
    content: dict[str, Any] = {"m.federate": bool(config["federate"])}
    state: list[dict[str, Any]] = [
        {"type": "m.room.history_visibility", "content": {"history_visibility": "shared"}}
    ]
    if space:
        content["type"] = "m.space"
        state.append({"type": "m.room.join_rules", "content": {"join_rule": "invite"}})
    elif config["encrypt"]:
        method = {"algorithm": "m.megolm.v1.aes-sha2"}
        state.append({"type": "m.room.encryption", "content": method})
    body = {
        "room_alias_name": alias,
        "name": name[:_MAX_NAME],
        # What a private preset adds besides, encryption, is of no use to a space.
        "preset": "public_chat" if space else "private_chat",
        "visibility": "private",
        "creation_content": content,
        "initial_state": state,
        "power_level_content_override": _POWERS,
    }
    made = server.call("POST", f"{CLIENT}/createRoom", body)
    return str(made["room_id"]), [f"{'space' if space else 'room'} {name}: made"]


def _linked(server: Server, parent: str, child: str, there: set[str]) -> Iterator[str]:
    if child not in there:
        via = {"via": [server.name]}
        path = f"{CLIENT}/rooms/{part(parent)}/state/m.space.child/{part(child)}"
        server.call("PUT", path, via)
        path = f"{CLIENT}/rooms/{part(child)}/state/m.space.parent/{part(parent)}"
        server.call("PUT", path, {**via, "canonical": True})
        yield f"{child}: in {parent}"


def _children(server: Server, space: str) -> set[str]:
    state: Any = server.call("GET", f"{CLIENT}/rooms/{part(space)}/state")
    return {
        event["state_key"]
        for event in state
        if event["type"] == "m.space.child" and event["content"].get("via")
    }


def _members(
    server: Server, room: str, name: str, uids: frozenset[str], config: dict[str, Any]
) -> Iterator[str]:
    """Let in who should be in the room and is not; let out who should not. Guests stay."""
    joined = server.call("GET", f"{CLIENT}/rooms/{part(room)}/joined_members")["joined"]
    held = {user for user in joined if user.endswith(f":{server.name}")}
    wanted = {server.user(uid) for uid in uids}
    into, out = wanted - held, held - wanted - {server.user(config["account"])}
    done = {}
    for change, users in ((_let_in, into), (_let_out, out)):
        done[change] = 0
        for user in sorted(users):
            try:
                change(server, room, user)
                done[change] += 1
            except ServerError as error:
                yield Refused.of(name, error)
    if any(done.values()):
        yield f"{name}: {done[_let_in]} in, {done[_let_out]} out"


def _let_in(server: Server, room: str, user: str) -> None:
    """Have a person join; a lead who shut out somebody of the team is overruled."""
    path = f"{ADMIN}/v1/join/{part(room)}"
    try:
        server.call("POST", path, {"user_id": user})
    except ServerError as error:
        if error.code != "M_FORBIDDEN":
            raise
        server.call("POST", f"{CLIENT}/rooms/{part(room)}/unban", {"user_id": user})
        server.call("POST", path, {"user_id": user})


def _let_out(server: Server, room: str, user: str) -> None:
    body = {"user_id": user, "reason": "no longer in this team"}
    server.call("POST", f"{CLIENT}/rooms/{part(room)}/kick", body)


def _powers(server: Server, room: str, name: str, uids: frozenset[str]) -> Iterator[str]:
    """Let the leads lead, and nobody else; who has more than that, has it from an administrator."""
    path = f"{CLIENT}/rooms/{part(room)}/state/m.room.power_levels"
    powers = server.call("GET", path)
    held = powers.get("users", {})
    leads = {server.user(uid) for uid in uids}
    into = {user for user in leads if held.get(user, 0) < _LEAD}
    out = {user for user, power in held.items() if power == _LEAD} - leads
    if into or out:
        users = {user: power for user, power in held.items() if user not in out}
        server.call("PUT", path, {**powers, "users": users | dict.fromkeys(into, _LEAD)})
        yield f"{name}: {len(into)} more lead, {len(out)} no longer"


def _ours(server: Server, room: str) -> bool:
    """Say whether it is a room of this program's, and not one that people put into their space."""
    try:
        found: Any = server.call("GET", f"{CLIENT}/rooms/{part(room)}/aliases")
    except ServerError as error:
        if error.code not in ("M_FORBIDDEN", "M_NOT_FOUND"):
            raise
        return False
    return any(alias.startswith(("#room-", "#team-")) for alias in found["aliases"])


def _dissolve(server: Server, config: dict[str, Any], parent: str, gone: str) -> Iterator[str]:
    """Take what is no more out of the space it was in; what was said in it stays."""
    for room in (*sorted(_children(server, gone)), gone):
        if room == gone or _ours(server, room):
            yield from _members(server, room, room, frozenset(), config)
    path = f"{CLIENT}/rooms/{part(parent)}/state/m.space.child/{part(gone)}"
    server.call("PUT", path, {})
    yield f"{gone}: no longer in {parent}"
