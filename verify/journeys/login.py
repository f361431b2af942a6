"""One login: people at the start page; its building blocks for whoever meets it in a browser."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from playwright.sync_api import TimeoutError as Late

from verify.journeys import web
from verify.journeys.stage import JourneyError, SkipError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from playwright.sync_api import Page

    from verify.journeys.stage import Person, Stage

__all__ = [
    "log_in",
    "log_out",
    "refused",
    "second_factor",
    "start",
    "start_page",
    "totp",
    "words",
    "wrong_code",
]

_FORM = "#userfield"
_SECONDS = 30  # of one code
_ATTEMPTS = 5  # fewer than lock an account in the directory
# Of the sample department: one whom no other journey needs, and one who administers.
_GUESSED, _ADMINISTRATOR = 6, 5


def start_page(domain: str) -> str:
    """Return the address of the start page, which is the login's as well."""
    return f"https://login.{domain}/"


def log_in(page: Page, person: Person) -> None:
    """Log in on the form that the page shows, or on the start page if it shows none.

    The page is then where the form leads: at the service that asked for the login, or on the
    start page. JourneyError with the form's own words if it refuses.
    """
    if not page.locator(_FORM).count():
        web.go(page, start_page(person.domain))
    _send(page, person.uid, person.password)
    if page.locator(_FORM).count():
        raise JourneyError(f"{page.url} did not let {person.uid} in: {words(page)}")


def log_out(page: Page) -> None:
    """Log out at the start page, and so of every service; the page then shows that it is done."""
    origin = page.evaluate("location.origin")
    domain = str(origin).partition("//")[2].partition(".")[2]
    web.go(page, f"{start_page(domain)}?logout=1")
    web.go(page, start_page(domain))
    if not page.locator(_FORM).count():
        raise JourneyError(f"{page.url} still knows who is there after logging out")


def words(page: Page) -> str:
    """Return what the page says of an attempt that it refused."""
    page.wait_for_load_state("networkidle")  # the words come in the browser's language
    alert = page.locator("[role=alert]")
    return " ".join(text.strip() for text in alert.all_inner_texts()) or "no word why"


def totp(key: str, at: float) -> str:
    """Return the code of the key (base32) at a time in seconds (RFC 6238, as apps make it)."""
    bare = key.replace(" ", "").upper()
    secret = base64.b32decode(bare + "=" * (-len(bare) % 8))
    digest = hmac.new(secret, int(at // _SECONDS).to_bytes(8, "big"), hashlib.sha1).digest()
    part = digest[-1] & 15
    number = int.from_bytes(digest[part : part + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**6:06}"


def wrong_code(key: str) -> str:
    """Return a code that is none of now, a little ago or a little later."""
    near = {totp(key, time.time() + turn * _SECONDS) for turn in range(-3, 4)}
    return next(code for code in map("{:06}".format, range(len(near) + 1)) if code not in near)


def start(stage: Stage) -> str:
    """Log in at the start page and see, in two languages, what there is to work with."""
    person = _person(stage, 0)
    with _portal(stage, person, shot="start-page") as (page, requests):
        tls = web.visit(page, start_page(person.domain))
        began = time.monotonic()
        log_in(page, person)
        tiles = page.locator("a.tile")
        tiles.first.wait_for()
        seconds = time.monotonic() - began
        page.wait_for_load_state("networkidle")
        names = page.locator("a.tile .name").all_inner_texts()
        leads = tiles.evaluate_all("list => list.map(a => a.href)")
        greeting = _greeting(page, "nl", "Hallo")
        page.click("#choose-language button[value=en]")
        page.wait_for_load_state("networkidle")
        _greeting(page, "en", "Hello")
        page.click("#choose-language button[value=nl]")
        page.wait_for_load_state("networkidle")
    strangers = web.foreign([*requests, *leads], person.domain)
    if strangers:
        raise JourneyError(f"the start page asks or leads to {', '.join(strangers)}")
    return (
        f"{person.uid} at {start_page(person.domain)} ({tls}): '{greeting}', {', '.join(names)}; "
        f"{seconds:.2f} s from password to page; {len(requests)} requests, all to {person.domain}"
    )


def refused(stage: Stage) -> str:
    """Try wrong passwords until the login makes who guesses wait."""
    person = _person(stage, _GUESSED)
    with _portal(stage, person, shot="login-refused") as (page, _):
        web.visit(page, start_page(person.domain))
        unknown = _guess(page, "nobody.at.all")
        for attempt in range(_ATTEMPTS):
            said = _guess(page, person.uid)
            if re.search(r"\d", said):
                break
            if said != unknown and not attempt:
                raise SkipError(f"{person.uid} is refused for another reason: {said}")
        else:
            raise JourneyError(f"{_ATTEMPTS} wrong passwords and nothing but: {said}")
    return f"a stranger and {person.uid} with a wrong password: '{unknown}'; then '{said}'"


def second_factor(stage: Stage) -> str:
    """Log in as an administrator: no start page without a second factor, and then with one."""
    person = _person(stage, _ADMINISTRATOR)
    with _portal(stage, person, shot="second-factor") as (page, _):
        web.visit(page, start_page(person.domain))
        log_in(page, person)
        if page.locator("#extcode").count():
            raise SkipError(f"{person.uid} has a second factor already, which is not ours to use")
        if not page.locator("#required").count():
            raise JourneyError(
                f"{person.uid} administers and is not asked for a second factor: "
                f"{page.url} ({words(page)})"
            )
        key = _enrol(page)
        try:
            log_out(page)
            log_in(page, person)
            _answer(page, key)
            said = _elsewhere(page, person, wrong_code(key))
        finally:
            _forget(page, person)
    return f"{person.uid} needed one, got '{said}' for a wrong code and in with the right one"


def _person(stage: Stage, number: int) -> Person:
    if not any("lemonldap_ng" in host.roles for host in stage.inventory.hosts):
        raise SkipError("no host of this inventory has the login")
    return stage.person(number)


def _portal(
    stage: Stage, person: Person, *, shot: str
) -> AbstractContextManager[tuple[Page, list[str]]]:
    return web.browser(stage, [f"login.{person.domain}"], shot=shot)


def _send(page: Page, user: str, password: str) -> None:
    page.fill(_FORM, user)
    page.fill("#passwordfield", password)
    with page.expect_navigation():
        page.click("#lform button[type=submit]")


def _guess(page: Page, user: str) -> str:
    if not page.locator(_FORM).count():
        web.go(page, page.url.partition("#")[0])
    _send(page, user, "not-the-password")
    if not page.locator("[role=alert]").count():
        raise JourneyError(f"{user} got in with a wrong password")
    return words(page)


def _greeting(page: Page, language: str, word: str) -> str:
    with suppress(Late):  # the page puts its words in the other language after its lang
        begins = "word => document.querySelector('h1').innerText.startsWith(word)"
        page.wait_for_function(begins, arg=word, timeout=5000)
    text = page.locator("h1").inner_text()
    found = page.evaluate("document.documentElement.lang")
    if found != language or not text.startswith(word):
        raise JourneyError(f"the page is '{found}' and says '{text}', not '{language}': '{word}'")
    return text


def _enrol(page: Page) -> str:
    """Add an app with codes; return its key."""
    page.click("#add-totp")
    page.locator("#secret", has_text=" ").wait_for()
    key = page.locator("#secret").inner_text()
    page.fill("#code", totp(key, time.time()))
    with page.expect_navigation():
        page.click("#verify")
    page.locator("a.tile").first.wait_for()
    return key


def _say(page: Page, code: str) -> None:
    page.fill("#extcode", code)
    with page.expect_navigation():
        page.click("main button.primary")


def _answer(page: Page, key: str) -> None:
    _say(page, totp(key, time.time()))
    if not page.locator("a.tile").count():
        raise JourneyError(f"the right code did not lead to the start page: {words(page)}")


def _elsewhere(page: Page, person: Person, code: str) -> str:
    """Answer with ``code`` as if on another device; return what that says. The page stays in.

    After wrong codes the login makes one wait, so the page does not log in again.
    """
    held: list[Any] = page.context.cookies()  # what it gives it takes, but for the types
    page.context.clear_cookies()
    log_in(page, person)
    _say(page, code)
    said = words(page)
    if page.locator("a.tile").count():
        raise JourneyError(f"{person.uid} got in with a wrong code")
    page.context.clear_cookies()
    page.context.add_cookies(held)
    return said


def _forget(page: Page, person: Person) -> None:
    """Take the second factor away again, so that the next run finds what this one found."""
    web.go(page, f"{start_page(person.domain)}2fregisters")
    page.click("table summary")
    with page.expect_navigation(wait_until="load"):
        page.click(".remove2f")
