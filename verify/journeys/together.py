"""One login, every service, one logout: a person's morning in one browser."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlsplit

from playwright.sync_api import TimeoutError as Late

from verify.journeys import files, login
from verify.journeys.pages import Visitor
from verify.journeys.stage import JourneyError, SkipError
from verify.journeys.web import browser, foreign, go, picture, visit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from playwright.sync_api import Page

    from verify.journeys.stage import Stage

_MILLISECONDS = 60_000
_UNAUTHORIZED = 401
_PROGRAM = "http://127.0.0.1:9/chat-program"  # where a chat program on this computer would listen
# The service's page: the role that makes it, and what is there for who is in.
_PAGES = {
    "webmail": ("roundcube", "#mailboxlist"),
    "files": ("nextcloud", "#header, header"),
    "chat": ("element_web", ".mx_LeftPanel, .mx_CompleteSecurity_skip"),
}
_ASKED = "#userfield, .mx_AuthPage"  # what is there for who is not
_SAID = ".message-positive"  # in which the portal says that one is logged out


def one_login(stage: Stage) -> str:
    """Log in once at the start page, open each service without a login, log out of all at once.

    Where the chat page is left out, a chat program asks for the account in the same browser.
    """
    stage.host_with("lemonldap_ng")
    person = stage.person(0)
    pages = [name for name, (role, _) in _PAGES.items() if _is_here(stage, role)]
    program = "chat" not in pages and _is_here(stage, "synapse")
    with browser(stage, _names(stage, person.domain, pages), shot="one-login") as (page, requests):
        visit(page, login.start_page(person.domain))
        login.log_in(page, person)
        seen = {name: _inside(stage, page, name, person.domain) for name in pages}
        token = _chat(stage, page, person.domain) if program else ""
        visit(page, login.start_page(person.domain))
        login.log_out(page)
        for name in pages:
            _outside(page, f"{name}.{person.domain}")
        if token:
            _forgotten(stage, person.domain, token)
            seen["chat"] = "a program, the page is left out"
        picture(stage, page, "one-logout")
    if outside := foreign((url for url in requests if not url.startswith(_PROGRAM)), person.domain):
        raise JourneyError(f"the pages asked {', '.join(outside)} for something")
    return _told(person.uid, seen)


def _told(uid: str, seen: dict[str, str]) -> str:
    said = "; ".join(f"{name} ({what})" for name, what in seen.items())
    left = ", ".join(name for name in _PAGES if name not in seen)
    return (
        f"{uid} logged in once and was in {said}; after one logout all of them ask again"
        f"{f'; not here: {left}' if left else ''}"
    )


def _is_here(stage: Stage, role: str) -> bool:
    try:
        stage.host_with(role)
    except SkipError:
        return False
    return True


def _names(stage: Stage, domain: str, pages: Iterable[str]) -> list[str]:
    chat = ["matrix"] if _is_here(stage, "synapse") else []
    return [*(f"{name}.{domain}" for name in (*pages, *chat, "login")), domain]


def _inside(stage: Stage, page: Page, name: str, domain: str) -> str:
    """Open a service; return what it shows. JourneyError if it asks who is there."""
    host = f"{name}.{domain}"
    go(page, f"https://{host}/")
    try:
        page.wait_for_url(f"https://{host}/**", timeout=_MILLISECONDS)
        page.locator(_PAGES[name][1]).first.wait_for(state="attached", timeout=_MILLISECONDS)
    except Late as why:
        raise JourneyError(f"who is logged in came to {page.url} and not into {host}") from why
    finally:
        picture(stage, page, f"one-login-{name}")
    if name == "files" and files.empty(page):
        return "let in, but the page stays empty"
    return page.title()


def _outside(page: Page, host: str) -> None:
    """Open a service again; JourneyError if it still knows who was there."""
    go(page, f"https://{host}/")
    try:
        page.locator(f"{_ASKED}, {_SAID}").first.wait_for(timeout=_MILLISECONDS)
        if not page.locator(_ASKED).count():  # the chat page finds out by itself, and leads there
            go(page, f"https://{host}/")
            page.locator(_ASKED).first.wait_for(timeout=_MILLISECONDS)
    except Late as why:
        raise JourneyError(f"after logging out {host} shows '{page.title()}', {page.url}") from why


def _chat(stage: Stage, page: Page, domain: str) -> str:
    """Give a chat program the account, which asks for no login; return the program's token."""
    server = f"https://matrix.{domain}/_matrix/client/v3"
    page.route(f"{_PROGRAM}**", lambda route: route.fulfill(body="done"))
    go(page, f"{server}/login/sso/redirect?redirectUrl={quote(_PROGRAM)}")
    try:
        page.click(f"a[href^='{_PROGRAM}']")
        page.wait_for_url(f"{_PROGRAM}**")
    except Late as why:
        raise JourneyError(f"who is logged in came to {page.url} and not into chat") from why
    handed = parse_qs(urlsplit(page.url).query).get("loginToken", [""])[0]
    asked = json.dumps({"type": "m.login.token", "token": handed}).encode()
    answer = Visitor(stage.address, stage.trust()).post(f"{server}/login", asked)
    token = json.loads(answer.text).get("access_token", "")
    if not token:
        raise JourneyError(f"chat let nobody in with the browser's token: {answer.text[:200]}")
    return str(token)


def _forgotten(stage: Stage, domain: str, token: str) -> None:
    """JourneyError if chat still knows whose token it is."""
    url = f"https://matrix.{domain}/_matrix/client/v3/account/whoami"
    page = Visitor(stage.address, stage.trust()).get(url, Authorization=f"Bearer {token}")
    if page.status != _UNAUTHORIZED:
        raise JourneyError(f"after logging out chat still knows who it is: {page.text[:200]}")
