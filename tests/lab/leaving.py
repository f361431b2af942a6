"""Somebody leaves: browser, mail program, sync client and chat program are out, or it is said."""

from __future__ import annotations

import asyncio
import imaplib
import json
import secrets
import time
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from nio import AsyncClient, AsyncClientConfig, WhoamiError

from deploy import inventory as inventories
from deploy.paths import ROOT
from deploy.people import secret_name
from deploy.secrets import Store
from tests.lab.platform import kootwijk, ok
from verify.journeys import client, dav, login, matrix, web
from verify.journeys.stage import Person, SkipError, Stage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

_LIMIT = 60.0
_WATCHER = "/usr/local/sbin/lemonldap-ng-watch"
_SCHEMAS = ROOT / "deploy" / "people" / "schemas"
_REASON = "made for a test"


def leaves_with_everything_open(platform: Path, folder: Path) -> None:
    """Have somebody leave who has everything open: within a minute all of it is shut."""
    stage = Stage(inventories.load(platform))
    if "files" not in _services(stage):
        pytest.skip("Nextcloud was left out: nobody can have files open")
    with _people(stage, platform, folder) as (anna, bert):
        chat = asyncio.run(_chat(stage, anna, matrix.token(stage, anna)))
        assert not isinstance(asyncio.run(_whoami(stage, anna, chat)), WhoamiError)
        with _mail(stage, anna) as box, dav.program(stage, anna) as sync:
            sync.must("PUT", sync.file("verslag.txt"), "wat er was")
            hosts = [f"{name}.{anna.domain}" for name in ("login", "files")]
            with web.browser(stage, hosts, shot="leaving") as (page, _):
                login.log_in(page, anna)
                web.go(page, f"https://files.{anna.domain}/")
                assert page.url.startswith(f"https://files.{anna.domain}/")
                began = time.monotonic()
                more = ("--successor", bert.uid, "--answer", "auto")
                found = _leave(platform, anna, *more)
                for host in hosts:
                    web.go(page, f"https://{host}/")
                    assert page.locator("#lform").count(), f"{page.url} knows who left"
            with pytest.raises((imaplib.IMAP4.abort, OSError)):
                box.noop()
            assert sync.ask("PROPFIND", sync.file("")).status == 401
            assert isinstance(asyncio.run(_whoami(stage, anna, chat)), WhoamiError)
            assert time.monotonic() - began < _LIMIT
        _is_out(found)
        held = {s["service"]: s["held"] for s in found["services"]}
        assert held["portal"]["sessions"] >= 1
        assert held["files"]["app passwords"] >= 1
        assert held["chat"]["devices"] == 1
        assert found["app_passwords_removed"] == 1
        with dav.program(stage, bert) as successor:
            assert "Overgezet" in successor.must("PROPFIND", successor.file(""), Depth="1")
        _answered(stage, anna, bert)


def leaves_while_a_watcher_is_broken(platform: Path, folder: Path) -> None:
    """Have somebody leave while nothing ends the portal's sessions: it is said; then mended."""
    stage = Stage(inventories.load(platform))
    host = stage.host_with("lemonldap_ng").name
    with _people(stage, platform, folder) as (anna, _):
        ok("lab", "exec", host, "--", "chmod", "-x", _WATCHER, inventory=platform)
        try:
            found = _leave(platform, anna, code=1)
        finally:
            ok("lab", "exec", host, "--", "chmod", "+x", _WATCHER, inventory=platform)
        said = {s["service"]: s["status"] for s in found["services"]}
        assert said == {**dict.fromkeys(_services(stage), "out"), "portal": "in"}
        _is_out(_leave(platform, anna))


def _services(stage: Stage) -> set[str]:
    """Return the services that people leave on this platform."""
    try:
        stage.host_with("nextcloud")
    except SkipError:
        return {"portal", "mail", "chat"}
    return {"portal", "mail", "files", "chat"}


def _leave(platform: Path, person: Person, *more: str, code: int = 0) -> Any:
    done = kootwijk("people", "leave", person.uid, "--json", *more, inventory=platform)
    assert done.returncode == code, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    found = json.loads(done.stdout)
    jsonschema.validate(found, json.loads((_SCHEMAS / "leave.schema.json").read_text("utf-8")))
    return found


def _is_out(found: Any) -> None:
    for service in found["services"]:
        assert service["status"] == "out", service
        assert not any(service["left"].values()), service
        for way in service["ways_in"]:
            assert way["refused_after_seconds"] < _LIMIT, service


@contextmanager
def _people(stage: Stage, platform: Path, folder: Path) -> Iterator[tuple[Person, Person]]:
    """Make two people whom no other test knows; they have left and are deleted afterwards."""
    domain, mark = stage.domain(stage.organisation), secrets.token_hex(4)
    uids = [f"vertrekker.{mark}", f"opvolger.{mark}"]
    rows = [f"{uid},Proef,{uid.title()},{uid}.alias" for uid in uids]
    file = folder / f"{mark}.csv"
    file.write_text("\n".join(["uid,given_name,surname,aliases", *rows, ""]), encoding="utf-8")
    ok("people", "apply", str(file), "--yes", inventory=platform)
    store = Store(platform)
    people = [Person(u, f"{u}@{domain}", store.get(secret_name(u, domain))) for u in uids]
    chat = stage.host_with("synapse").name
    ok("lab", "exec", chat, "--", "systemctl", "start", "synapse-rooms", inventory=platform)
    try:
        yield people[0], people[1]
    finally:
        for person in reversed(people):
            _leave_and_be_deleted(platform, folder, person)
    assert not {secret_name(u, domain) for u in uids} & set(Store(platform).names())
    done = kootwijk("people", "plan", str(file), inventory=platform)
    assert done.returncode == 2, "a name of who is deleted was given again"
    assert "never given again" in done.stderr


def _leave_and_be_deleted(platform: Path, folder: Path, person: Person) -> None:
    kootwijk("people", "leave", person.uid, inventory=platform)
    report = folder / f"{person.uid}.json"
    words = ("people", "delete", person.uid, "--report", str(report))
    early = kootwijk(*words, inventory=platform)
    assert early.returncode == 2
    assert "to be kept until" in early.stderr
    ok(*words, "--yes", _REASON, inventory=platform)
    found = json.loads(report.read_text("utf-8"))
    jsonschema.validate(found, json.loads((_SCHEMAS / "deletion.schema.json").read_text("utf-8")))
    assert found["complete"]
    assert found["reason"] == _REASON
    assert person.uid in report.with_suffix(".html").read_text("utf-8")


@contextmanager
def _mail(stage: Stage, person: Person) -> Iterator[imaplib.IMAP4_SSL]:
    """Open a mailbox; that its end finds it shut is no error."""
    try:
        with client.mailbox(stage, person) as box:
            yield box
    except imaplib.IMAP4.abort:
        return


async def _chat(stage: Stage, person: Person, login_token: str) -> str:
    """Log in with a chat program; return its token."""
    async with _nio(stage, person) as program:
        matrix.good(await program.login(token=login_token, device_name="telefoon"))
        matrix.good(await program.sync(timeout=0, full_state=True))
        return str(program.access_token)


async def _whoami(stage: Stage, person: Person, token: str) -> Any:
    async with _nio(stage, person) as program:
        program.access_token = token
        return await program.whoami()


@asynccontextmanager
async def _nio(stage: Stage, person: Person) -> AsyncIterator[AsyncClient]:
    """Return a chat program that is closed afterwards, and stays logged in."""
    url = await matrix.server_url(stage, person.domain)
    program = AsyncClient(url, matrix.user(person), config=AsyncClientConfig(max_timeouts=0))
    program.client_session = matrix.session(stage)
    try:
        yield program
    finally:
        await program.close()


def _answered(stage: Stage, person: Person, colleague: Person) -> None:
    """Have a colleague write to who left: the alias too is answered."""
    words = "Niet meer bereikbaar"
    alias = person.mail.replace("@", ".alias@")
    client.send(stage, colleague, Person(person.uid, alias, ""))
    with client.mailbox(stage, colleague) as box:
        assert client.wait_for(box, words, f"{colleague.mail}'s inbox")
        client.delete(box, "SUBJECT", f'"{words}"')
