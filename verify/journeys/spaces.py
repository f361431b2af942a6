"""What a team has: its folder, its space, its rooms, and who leads there."""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from verify.journeys import dav, matrix
from verify.journeys.chat import has_chat
from verify.journeys.files import TEAM
from verify.journeys.stage import JourneyError, SkipError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nio import AsyncClient

    from deploy.people.model import Roster
    from verify.journeys.dav import Program
    from verify.journeys.stage import Stage

_GONE, _MULTI = 404, 207
_LEAD = 50
_SECONDS = 90  # the directory is looked at every now and then
_SIZE_SECONDS = 330  # what Nextcloud says of it is kept for five minutes
_SIZES = {"M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_QUOTA = """<d:propfind xmlns:d="DAV:"><d:prop><d:quota-available-bytes/><d:quota-used-bytes/>
</d:prop></d:propfind>"""


def folder(stage: Stage) -> str:
    """Put a file into a team's folder; a colleague changes it, and somebody else sees nothing."""
    stage.host_with("nextcloud")
    owner, colleague, other = (stage.person(n) for n in (0, 1, 3))
    quota = next(
        (t.folder_quota for t in stage.department(owner.domain).teams if t.name == TEAM), ""
    )
    if not quota:
        raise SkipError(f"the sample department gives {TEAM} no folder")
    name, text = f"{TEAM}/kootwijk-{uuid.uuid4().hex[:8]}.txt", uuid.uuid4().hex
    with (
        dav.program(stage, owner) as mine,
        dav.program(stage, colleague) as theirs,
        dav.program(stage, other) as outsider,
    ):
        for program in (mine, theirs):
            _there(program)
        mine.must("PUT", mine.file(name), text.encode())
        try:
            _read(theirs, name, text)
            theirs.must("PUT", theirs.file(name), text[::-1].encode())
            _read(mine, name, text[::-1])
            size = _size(mine, quota)
            _hidden(outsider, name)
        finally:
            theirs.must("DELETE", theirs.file(name))
    return (
        f"{owner.uid} put {name}; {colleague.uid} read, changed and deleted it; {other.uid}, who "
        f"is not in {TEAM}, has no such folder; its size is the team's, {size >> 20} MiB"
    )


def _there(program: Program) -> None:
    start = time.monotonic()
    while program.ask("PROPFIND", program.file(TEAM), Depth="0").status != _MULTI:
        if time.monotonic() - start > _SECONDS:
            raise JourneyError(f"{program.person.uid} had no folder {TEAM} in {_SECONDS} s")
        time.sleep(3)


def _read(program: Program, name: str, text: str) -> None:
    seen = program.ask("GET", program.file(name))
    if seen.text != text:
        raise JourneyError(f"{program.person.uid} opened {name} ({seen.status}); it is another")


def _hidden(outsider: Program, name: str) -> None:
    for path in (name, TEAM):
        seen = outsider.ask("PROPFIND", outsider.file(path), Depth="0").status
        if seen != _GONE:
            raise JourneyError(f"{outsider.person.uid} is not in {TEAM}; {path} gave {seen}")


def _size(program: Program, quota: str) -> int:
    """Return how large the folder may be, bytes; JourneyError if it is not what the roster says."""
    number, unit = quota.split()
    wanted = int(number) * _SIZES[unit[0].upper()]
    start = time.monotonic()
    # Nextcloud rounds it to one figure behind the point.
    while abs((found := _told(program)) - wanted) > wanted // 20:
        if time.monotonic() - start > _SIZE_SECONDS:
            raise JourneyError(f"{TEAM} has room for {quota}; its folder says {found} bytes")
        time.sleep(5)
    return found


def _told(program: Program) -> int:
    answer = program.must("PROPFIND", program.file(TEAM), _QUOTA, Depth="0")
    found = [int(n) for n in re.findall(r"<d:quota-[a-z]+-bytes>(-?\d+)<", answer)]
    return sum(found) if min(found, default=-1) >= 0 else -1


def rooms(stage: Stage) -> str:
    """See that a person is in the space and the encrypted rooms of each team, and in no other's.

    Who leads has the power to, in the own teams, and nobody else has.
    """
    has_chat(stage, stage.organisation)
    person = stage.person(0)
    token = matrix.token(stage, person)
    wanted, others = stage.teams(person)
    roster = stage.department(person.domain)
    more = frozenset(room for t in roster.teams if t.name in wanted for room in t.rooms)

    async def work() -> str:
        async with matrix.program(stage, person, token) as client:
            found = await _named(client, wanted | more)
            spaces = _checked(found, others)
            for team in sorted(wanted):
                extra = [room for t in roster.teams if t.name == team for room in t.rooms]
                await _led(client, (team, *extra), _leads(roster, team, client.user_id))
            led = [team for team in sorted(wanted) if _leads(roster, team, client.user_id)]
            also = f" and the rooms {', '.join(sorted(more))}" if more else ""
            return (
                f"{person.uid} is in the spaces {', '.join(sorted(spaces))}{also}, leads in "
                f"{', '.join(led) or 'none'}, as the roster says; the rooms are encrypted"
            )

    return matrix.together(work())


async def _named(client: AsyncClient, names: frozenset[str]) -> dict[str, Any]:
    def seen(_: Any) -> dict[str, Any] | None:
        named = {room.name: room for room in client.rooms.values()}
        return named if names <= set(named) else None

    found: dict[str, Any] = await matrix.until(
        client, f"the rooms {', '.join(sorted(names))}", seen, _SECONDS
    )
    return found


def _checked(found: Mapping[str, Any], others: frozenset[str]) -> set[str]:
    """Return the spaces; JourneyError if one is another team's, or a room is not encrypted."""
    spaces = {name for name, room in found.items() if room.room_type == "m.space"}
    clear = [str(name) for name in found.keys() - spaces if not found[name].encrypted]
    if clear:
        raise JourneyError(f"not encrypted: {', '.join(sorted(clear))}")
    if spaces & others:
        raise JourneyError(f"also in {', '.join(sorted(spaces & others))}")
    return spaces


def _leads(roster: Roster, team: str, user: str) -> frozenset[str]:
    """Return who is to lead a team, as the chat server calls them; ``user`` is one of its users."""
    server = user.partition(":")[2]
    return frozenset(
        f"@{person.uid}:{server}"
        for person in roster.people
        if person.role == "lead" and team in person.teams
    )


async def _led(client: AsyncClient, names: tuple[str, ...], leads: frozenset[str]) -> None:
    """Wait until the leads, and nobody else, have the power to lead in the rooms of those names.

    The server is asked: the client's own picture of a room keeps who had the power before.
    """
    ids = [room.room_id for room in client.rooms.values() if room.name in names]
    start = time.monotonic()
    while {await _powerful(client, room) for room in ids} != {leads}:
        if time.monotonic() - start > _SECONDS:
            raise JourneyError(
                f"in {', '.join(names)} not just {', '.join(sorted(leads)) or 'nobody'} leads"
            )
        await asyncio.sleep(3)


async def _powerful(client: AsyncClient, room: str) -> frozenset[str]:
    path = f"/_matrix/client/v3/rooms/{quote(room)}/state/m.room.power_levels"
    status, found = await matrix.raw(client, "GET", path)
    if status != HTTPStatus.OK:
        raise JourneyError(f"who has power in {room}: {status} {found}")
    return frozenset(user for user, power in found["users"].items() if power == _LEAD)
