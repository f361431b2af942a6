"""Chat: what two people say to each other is read by them alone, and strangers are not heard."""

from __future__ import annotations

import json
import os
import uuid
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from verify.journeys import matrix
from verify.journeys.stage import JourneyError, SkipError

if TYPE_CHECKING:
    from nio import AsyncClient

    from verify.journeys.stage import Person, Stage

# Whom no inventory lists: the name cannot exist.
STRANGER = "vreemd.invalid"
_V3 = "/_matrix/client/v3"
_SEALED = "application/octet-stream"  # what a program encrypted itself


def inside(stage: Stage) -> str:
    """Have two colleagues tell each other something that the server cannot read."""
    has_chat(stage, stage.organisation)
    return _talk(stage, stage.person(0), stage.person(1))


def across(stage: Stage) -> str:
    """Have somebody of this and one of another organisation do the same, over their two servers."""
    has_chat(stage, stage.organisation)
    partner = stage.partner()
    has_chat(stage, _organisation(stage, partner))
    return _talk(stage, stage.person(0), partner)


def has_chat(stage: Stage, organisation: str) -> None:
    """SkipError if no host of the organisation has chat."""
    if not any(
        h.organisation == organisation and "synapse" in h.roles for h in stage.inventory.hosts
    ):
        raise SkipError(f"no host of {organisation} has chat")


def _organisation(stage: Stage, person: Person) -> str:
    return next(h.organisation for h in stage.inventory.hosts if h.domain == person.domain)


def _talk(stage: Stage, one: Person, other: Person) -> str:
    tokens = [matrix.token(stage, person) for person in (one, other)]

    async def work() -> str:
        async with AsyncExitStack() as stack:
            programs = [
                await stack.enter_async_context(matrix.program(stage, person, token))
                for person, token in zip((one, other), tokens, strict=True)
            ]
            return await _both_ways(*programs)

    return matrix.together(work())


async def _both_ways(first: AsyncClient, second: AsyncClient) -> str:
    room = await matrix.room_for(first, second)
    texts = [f"Kootwijk {uuid.uuid4().hex[:12]}" for _ in range(2)]
    try:
        await matrix.meet(first, second, room)
        await matrix.say(first, second, room, texts[0])
        await matrix.say(second, first, room, texts[1])
        await _hand_over(first, second)
        stored = await _stored(first, room, texts)
    finally:
        await matrix.quitting(room, first, second)
    return (
        f"{first.user_id} and {second.user_id}, logged in through the one login, told each other "
        f"'{texts[0]}' and '{texts[1]}' and handed on a file; the server holds {stored} "
        "events of type m.room.encrypted and neither text"
    )


async def _hand_over(giver: AsyncClient, taker: AsyncClient) -> None:
    """Have the first put a file on its server, as programs do once encrypted, the second get it."""
    sealed = os.urandom(1 << 16)
    headers = {"Authorization": f"Bearer {giver.access_token}", "Content-Type": _SEALED}
    answer = await giver.send("POST", "/_matrix/media/v3/upload", sealed, headers)
    found = await answer.json(content_type=None)
    if answer.status != 200:  # noqa: PLR2004
        raise JourneyError(f"a file was not taken: {answer.status} {found}")
    path = f"/_matrix/client/v1/media/download/{found['content_uri'].removeprefix('mxc://')}"
    got = await taker.send("GET", path, headers={"Authorization": f"Bearer {taker.access_token}"})
    if got.status != 200 or await got.read() != sealed:  # noqa: PLR2004
        raise JourneyError(f"{taker.user_id} did not get the file: {got.status}")


async def _stored(client: AsyncClient, room: str, texts: list[str]) -> int:
    """Return how many encrypted events the server has of the room; none may tell what was said."""
    path = f"{_V3}/rooms/{quote(room)}/messages?dir=b&limit=100"
    status, found = await matrix.raw(client, "GET", path)
    if status != 200:  # noqa: PLR2004
        raise JourneyError(f"the room's messages: {status} {found}")
    kinds = [event["type"] for event in found["chunk"]]
    if "m.room.message" in kinds or any(text in json.dumps(found) for text in texts):
        raise JourneyError("the server can read what was said")
    return kinds.count("m.room.encrypted")


def refused(stage: Stage) -> str:
    """Try what must not work: strangers, a used token, another way in, what is too large."""
    has_chat(stage, stage.organisation)
    person = stage.person(0)
    token = matrix.token(stage, person)

    async def work() -> str:
        async with matrix.program(stage, person, token) as client:
            seen = [await trial(client) for trial in _TRIALS]
            seen += await _without_login(stage, person, token)
        return "; ".join(seen)

    return matrix.together(work())


async def _invite_stranger(client: AsyncClient) -> str:
    made = matrix.good(await client.room_create())
    path = f"{_V3}/rooms/{quote(made.room_id)}/invite"
    body = json.dumps({"user_id": f"@iemand:{STRANGER}"})
    try:
        answer = await matrix.raw(client, "POST", path, body)
    finally:
        await matrix.quitting(made.room_id, client)
    return _refusal(
        "inviting somebody of an organisation that is not listed", answer, "M_FORBIDDEN"
    )


async def _push(client: AsyncClient) -> str:
    body = {
        "kind": "http",
        "app_id": "journey",
        "pushkey": "journey",
        "app_display_name": "journey",
        "device_display_name": "journey",
        "lang": "nl",
        "data": {"url": f"https://{STRANGER}/_matrix/push/v1/notify"},
    }
    answer = await matrix.raw(client, "POST", f"{_V3}/pushers/set", json.dumps(body))
    return _refusal("notices through somebody outside", answer, "M_FORBIDDEN")


async def _preview(client: AsyncClient) -> str:
    path = f"/_matrix/client/v1/media/preview_url?url={quote('https://example.test/', safe='')}"
    return _refusal("a preview of a page", await matrix.raw(client, "GET", path), "M_UNRECOGNIZED")


async def _rename(client: AsyncClient) -> str:
    path = f"{_V3}/profile/{quote(client.user_id)}/displayname"
    answer = await matrix.raw(client, "PUT", path, json.dumps({"displayname": "De directeur"}))
    return _refusal("another name than the directory's", answer, "M_FORBIDDEN")


async def _large_file(client: AsyncClient) -> str:
    status, found = await matrix.raw(client, "GET", "/_matrix/client/v1/media/config")
    limit = int(found["m.upload.size"]) if status == 200 else 0  # noqa: PLR2004
    path = "/_matrix/media/v3/upload?filename=te-groot"
    headers = {"Authorization": f"Bearer {client.access_token}"}
    answer = await client.send("POST", path, b"\0" * (limit + 1), headers)
    if answer.status != 413:  # noqa: PLR2004
        raise JourneyError(f"a file of {limit + 1} bytes was answered {answer.status}")
    return f"a file over {limit // 1048576} MB: {answer.status}"


_TRIALS = (_invite_stranger, _push, _preview, _rename, _large_file)


async def _without_login(stage: Stage, person: Person, used: str) -> list[str]:
    """Try ways in other than the one login, and a server that nobody listed."""
    url = await matrix.server_url(stage, person.domain)
    who = {"type": "m.id.user", "user": person.uid}
    attempts: tuple[tuple[str, str, dict[str, Any], str], ...] = (
        ("a login token for the second time", f"{_V3}/login",
         {"type": "m.login.token", "token": used}, "M_FORBIDDEN"),
        ("a password", f"{_V3}/login",
         {"type": "m.login.password", "identifier": who, "password": person.password}, "M_UNKNOWN"),
        ("registering", f"{_V3}/register", {"username": "vreemd", "password": "x"}, "M_FORBIDDEN"),
        ("a guest", f"{_V3}/register?kind=guest", {}, "M_UNKNOWN"),
    )  # fmt: skip
    seen = []
    async with matrix.session(stage) as web:
        for what, path, body, code in attempts:
            async with web.post(url + path, json=body) as answer:
                found = await answer.json(content_type=None)
                seen.append(_refusal(what, (answer.status, found), code))
        stranger = _as_server(STRANGER, person.domain)
        room = quote(f"!a:{STRANGER}")
        path = f"{url}/_matrix/federation/v2/invite/{room}/%24event"
        async with web.put(path, json={}, headers={"Authorization": stranger}) as answer:
            found = await answer.json(content_type=None)
            what = "an invitation from a server that is not listed"
            seen.append(_refusal(what, (answer.status, found), "M_FORBIDDEN"))
        async with web.get(f"{url}/_synapse/admin/v1/server_version") as answer:
            if answer.status != 404:  # noqa: PLR2004
                raise JourneyError(f"the server's administration is open: {answer.status}")
    return seen


def _as_server(origin: str, destination: str) -> str:
    """Return the header of a request between servers; who is not listed is not even verified."""
    return (
        f'X-Matrix origin="{origin}",destination="{destination}",key="ed25519:a",sig="{"A" * 86}"'
    )


def _refusal(what: str, answer: tuple[int, Any], code: str) -> str:
    """Return what was answered; JourneyError unless it is a refusal with ``code``."""
    status, found = answer
    said = found.get("errcode", "?") if isinstance(found, dict) else "?"
    if status < 400 or said != code:  # noqa: PLR2004
        raise JourneyError(f"{what}: {status} {found}, not a refusal with {code}")
    return f"{what}: {status} {said}"
