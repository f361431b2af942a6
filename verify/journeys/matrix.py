"""A chat program as people have one: it logs in through the one login and encrypts by itself.

matrix-nio does the protocol; https://spec.matrix.org/latest/client-server-api/.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import tempfile
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver
from nio import (
    AsyncClient,
    AsyncClientConfig,
    ErrorResponse,
    RoomMessageText,
    RoomPreset,
)

from deploy.errors import UnreachableError
from verify.journeys import login
from verify.journeys.stage import TIMEOUT, JourneyError
from verify.journeys.web import browser, go

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from verify.journeys.stage import Person, Stage

# It tells of every first message to a device; what matters is said by who calls it.
logging.getLogger("nio").setLevel(logging.CRITICAL)

WAIT_SECONDS = 30.0
# Where a program on the person's own machine waits for the browser: nobody is there in a journey.
_BACK = "http://localhost:8765/"


def user(person: Person) -> str:
    return f"@{person.uid}:{person.domain}"


def token(stage: Stage, person: Person, *, shot: str = "chat-login") -> str:
    """Log in with a browser, as a program asks for it; return the token the program is handed."""
    server = f"matrix.{person.domain}"
    with browser(stage, [server, f"login.{person.domain}"], shot=shot) as (page, _):
        page.route(f"{_BACK}**", lambda route: route.fulfill(body="done"))
        sso = f"https://{server}/_matrix/client/v3/login/sso/redirect"
        go(page, f"{sso}?redirectUrl={quote(_BACK)}")
        login.log_in(page, person)
        # The server asks whether this program may have the account.
        page.click(f"a[href^='{_BACK}']")
        page.wait_for_url(f"{_BACK}**")
        found = parse_qs(urlsplit(page.url).query).get("loginToken")
    if not found:
        raise JourneyError(f"the browser came back without a token: {page.url}")
    return found[0]


class _Names(AbstractResolver):
    """Addresses as the platform's own zones give them."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> Any:
        del family
        address = await asyncio.to_thread(self._stage.address, host)
        here = {"hostname": host, "host": address, "port": port}
        return [{**here, "family": socket.AF_INET, "proto": 0, "flags": socket.AI_NUMERICHOST}]

    async def close(self) -> None:
        """Nothing is held."""


def session(stage: Stage) -> aiohttp.ClientSession:
    """Return what fetches from the platform by its own names and authority."""
    connector = aiohttp.TCPConnector(resolver=_Names(stage), ssl=stage.trust())
    return aiohttp.ClientSession(
        connector=connector, timeout=aiohttp.ClientTimeout(total=WAIT_SECONDS)
    )


async def server_url(stage: Stage, domain: str) -> str:
    """Return where the domain says that its chat server is, as a program finds it."""
    url = f"https://{domain}/.well-known/matrix/client"
    async with session(stage) as web, web.get(url) as answer:
        if answer.status != 200:  # noqa: PLR2004
            raise JourneyError(f"{url} answered {answer.status}")
        found = await answer.json()
    return str(found["m.homeserver"]["base_url"]).rstrip("/")


@asynccontextmanager
async def program(stage: Stage, person: Person, login_token: str) -> AsyncIterator[AsyncClient]:
    """Log in with the token, publish the device's keys, and log out at the end."""
    url = await server_url(stage, person.domain)
    with tempfile.TemporaryDirectory(prefix="kootwijk-chat-") as folder:
        config = AsyncClientConfig(
            encryption_enabled=True, request_timeout=TIMEOUT, max_timeouts=0, max_limit_exceeded=3
        )
        client = AsyncClient(url, user(person), store_path=folder, config=config, ssl=stage.trust())
        client.client_session = session(stage)
        try:
            good(await client.login(token=login_token, device_name="journey"))
            if client.user_id != user(person):
                raise JourneyError(f"{person.uid} was let in as {client.user_id}")
            try:
                good(await client.sync(timeout=0, full_state=True))
                if client.should_upload_keys:
                    good(await client.keys_upload())
                yield client
            finally:
                await client.logout()
        except (aiohttp.ClientConnectionError, TimeoutError) as why:
            raise UnreachableError(f"{url} did not answer: {why}", where=url) from why
        finally:
            await client.close()


def good(answer: Any) -> Any:
    """Return the answer; JourneyError with the server's words if it is an error."""
    if isinstance(answer, ErrorResponse):
        raise JourneyError(f"{answer.status_code}: {answer.message}")
    return answer


async def until(
    client: AsyncClient, what: str, seen: Callable[[Any], Any], seconds: float = WAIT_SECONDS
) -> Any:
    """Listen until ``seen``, given what came, finds something, and return that."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = good(await client.sync(timeout=1000))
        if client.should_upload_keys:
            good(await client.keys_upload())
        found = seen(answer)
        if found:
            return found
    raise JourneyError(f"{client.user_id} did not see {what} in {seconds:.0f} s")


async def room_for(first: AsyncClient, second: AsyncClient) -> str:
    """Have the first make a room and invite the second; return its id."""
    made = good(
        await first.room_create(
            is_direct=True, invite=[second.user_id], preset=RoomPreset.trusted_private_chat
        )
    )
    return str(made.room_id)


async def meet(first: AsyncClient, second: AsyncClient, room: str) -> None:
    """Have the second take the invitation, until both are in the room; it must be encrypted."""
    await until(second, "the invitation", lambda _: room in second.invited_rooms)
    good(await second.join(room))
    await until(second, "the room", lambda _: room in second.rooms)

    def both(_: Any) -> bool:
        return room in first.rooms and second.user_id in first.rooms[room].users

    await until(first, "who was invited", both)
    if not first.rooms[room].encrypted:
        raise JourneyError("a new room of two is not encrypted")


async def say(sender: AsyncClient, reader: AsyncClient, room: str, text: str) -> None:
    """Send the text encrypted and have the other read it."""
    if sender.should_query_keys:
        good(await sender.keys_query())
    body = {"msgtype": "m.text", "body": text}
    good(await sender.room_send(room, "m.room.message", body, ignore_unverified_devices=True))

    def read(answer: Any) -> bool:
        timeline = answer.rooms.join[room].timeline.events if room in answer.rooms.join else []
        return any(
            isinstance(e, RoomMessageText) and e.decrypted and e.body == text for e in timeline
        )

    await until(reader, f"'{text}', decrypted", read)


async def raw(client: AsyncClient, method: str, path: str, body: str | None = None) -> Any:
    """Return (status, JSON) of a request that the program itself would not make."""
    headers = {"Authorization": f"Bearer {client.access_token}"}
    answer = await client.send(method, path, body, headers)
    return answer.status, await answer.json(content_type=None)


async def quitting(room: str, *clients: AsyncClient) -> None:
    """Leave the room and forget it, whatever became of it."""
    for client in clients:
        await client.room_leave(room)
        await client.room_forget(room)


def together(work: Awaitable[str]) -> str:
    """Run what the programs do."""
    return asyncio.run(_awaited(work))


async def _awaited(work: Awaitable[str]) -> str:
    return await work
