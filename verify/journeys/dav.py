"""Files and calendars as programs reach them: WebDAV, CalDAV and the sharing interface.

A program has no password of the person's: it asks for one of its own, which the person grants in a
browser, after the one login (Nextcloud's login flow v2).
https://docs.nextcloud.com/server/stable/developer_manual/client_apis/LoginFlow/
"""

from __future__ import annotations

import base64
import http.client
import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from verify.journeys import client, login, pages
from verify.journeys.stage import TIMEOUT, JourneyError
from verify.journeys.web import browser, go

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from verify.journeys.stage import Person, Stage

_OK, _MULTI, _LEFT_OVER = 200, 300, 401
PROGRAM = "Kootwijk journey"


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    body: bytes

    @property
    def text(self) -> str:
        """Return the body as text."""
        return self.body.decode(errors="replace")


class Program:
    """A program that acts for a person, with a password of its own."""

    def __init__(self, stage: Stage, person: Person, password: str) -> None:
        self.person, self.password, self.host = person, password, f"files.{person.domain}"
        self._stage = stage
        self._word = base64.b64encode(f"{person.uid}:{password}".encode()).decode()

    def ask(self, verb: str, path: str, body: bytes | str = b"", **headers: str) -> Answer:
        """Ask for ``path`` and return the answer, whatever its status."""
        trust = self._stage.trust()
        door = http.client.HTTPSConnection(self.host, timeout=TIMEOUT, context=trust)
        address = self._stage.address(self.host)
        door.sock = client.dial_tls(self.host, address, pages.HTTPS, TIMEOUT, trust)
        sent = {"Authorization": f"Basic {self._word}", "OCS-APIRequest": "true"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            door.request(verb, path, body, sent)
            answer = door.getresponse()
            return Answer(answer.status, answer.read())
        finally:
            door.close()

    def must(self, verb: str, path: str, body: bytes | str = b"", **headers: str) -> str:
        """Ask, and return the text; JourneyError if it is refused."""
        answer = self.ask(verb, path, body, **headers)
        if not _OK <= answer.status < _MULTI:
            raise JourneyError(
                f"{self.host} answered {answer.status} to {self.person.uid}'s {verb} {path}: "
                f"{' '.join(answer.text.split())[:200]}"
            )
        return answer.text

    def file(self, path: str) -> str:
        """Return the WebDAV path of the person's file ``path``."""
        return f"/remote.php/dav/files/{quote(self.person.uid)}/{quote(path)}"

    def ocs(self, verb: str, where: str, **fields: str) -> Any:
        """Ask Nextcloud's own interface; return the data of its answer."""
        kind = "application/x-www-form-urlencoded"
        asked = {"format": "json"} | (fields if verb == "GET" else {})
        sent = "" if verb == "GET" else urlencode(fields)
        text = self.must(verb, f"/ocs/v2.php/{where}?{urlencode(asked)}", sent, Content_Type=kind)
        return json.loads(text)["ocs"]["data"]


@contextmanager
def program(stage: Stage, person: Person, *, shot: str = "") -> Iterator[Program]:
    """Let ``person`` log in and grant a program a password; it is taken back at the end."""
    made = Program(stage, person, _granted(stage, person, shot))
    try:
        yield made
    finally:
        made.ask("DELETE", "/ocs/v2.php/core/apppassword")
    if made.ask("PROPFIND", made.file("")).status != _LEFT_OVER:
        raise JourneyError(f"a password that {person.uid} took back is still good")


def _granted(stage: Stage, person: Person, shot: str) -> str:
    site = f"https://files.{person.domain}"
    visitor = pages.Visitor(stage.address, stage.trust())
    asked = visitor.post(f"{site}/index.php/login/v2", b"", **{"User-Agent": PROGRAM})
    if asked.status != _OK:
        raise JourneyError(f"{site} lets no program ask for a password: {asked.status}")
    flow = json.loads(asked.text)
    hosts = [f"files.{person.domain}", f"login.{person.domain}"]
    with browser(stage, hosts, shot=shot or "files-program") as (page, _):
        _grant(page, person, flow["login"])
    fields = {"token": flow["poll"]["token"]}
    answer = visitor.post(flow["poll"]["endpoint"], fields)
    if answer.status != _OK:
        raise JourneyError(f"{person.uid} granted a password, and none came: {answer.status}")
    given = json.loads(answer.text)
    if given["loginName"] != person.uid:
        raise JourneyError(f"{person.uid} logged in, and became {given['loginName']}")
    return str(given["appPassword"])


def _grant(page: Page, person: Person, url: str) -> None:
    """Do what the buttons of the pages do, so that a release whose scripts lack files will do."""
    go(page, url)
    go(page, _state(page, "loginFlowAuth")["loginRedirectUrl"])
    login.log_in(page, person)
    granting = _state(page, "loginFlowGrant")
    status = page.evaluate(
        """async ([url, state]) => (await fetch(url, {method: 'POST', body: new URLSearchParams(
            {stateToken: state, requesttoken: document.head.dataset.requesttoken})})).status""",
        [granting["actionUrl"], granting["stateToken"]],
    )
    if status != _OK:
        raise JourneyError(f"{page.url} answered {status} to {person.uid}, who granted it")


def _state(page: Page, name: str) -> Any:
    """Return what the server tells the page's script."""
    field = page.locator(f"#initial-state-core-{name}")
    if not field.count():
        raise JourneyError(f"{page.url} does not ask to grant a program anything")
    return json.loads(base64.b64decode(field.get_attribute("value") or ""))
