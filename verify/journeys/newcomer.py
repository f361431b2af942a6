"""A newcomer's first day: from the letter to the start page and the first message."""

from __future__ import annotations

import re
import secrets
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import TimeoutError as Late

from deploy.people import ldif, letters, newcomers, welcome
from deploy.people.directory import Directory
from verify.journeys import client, login, web
from verify.journeys.stage import JourneyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from deploy.people.newcomers import Newcomer
    from verify.journeys.stage import Person, Stage

_NEWCOMER = 4  # of the sample department: whom no other journey needs
_CODE = re.compile(r'login\.([^/]+)/welcome#<wbr><span class="code">([0-9a-z-]+)</span>')
_FORM, _AGAIN, _VOID = "#newpassword", "#confirmpassword", "[trspan=welcomeVoid]"


def first_day(stage: Stage) -> str:
    """Open the link of a letter, set a password, begin to work; the link is void, mail is there."""
    stage.host_with("lemonldap_ng")
    person = stage.person(_NEWCOMER)
    with _new(stage, person) as held:
        _forget_messages(stage, person)
        link, subject = _letter(stage, person, held)
        # One that was had before is refused; the store's is the person's again when this ends.
        own = replace(person, password=f"een zin van deze dag {secrets.token_hex(8)}")
        with web.browser(stage, [f"login.{person.domain}"], shot="first-day") as (page, requests):
            short = _set(stage, page, link, own.password)
            tiles = _begin(stage, page, person, held.name)
            login.log_out(page)
            void = _void(page, link)
        read = client.receive(stage, own, subject)
        signed = "DKIM-Signature" in read.message
    code = link.partition("#")[2]
    if any(code in url.partition("#")[0] for url in requests):
        raise JourneyError("the code of the letter was in an address that was asked for")
    if not signed:
        raise JourneyError(f"'{subject}' has no DKIM signature")
    if outside := web.foreign(requests, person.domain):
        raise JourneyError(f"the pages asked {', '.join(outside)} for something")
    return (
        f"{person.uid} opened the letter's link, was told '{short}' of a short password, set "
        f"another and was at the start page ({tiles}); then the link: '{void}'; "
        f"'{subject}' was in the mailbox, signed"
    )


@contextmanager
def _new(stage: Stage, person: Person) -> Iterator[Newcomer]:
    """Make the person one who was never welcomed; afterwards the password is the store's again."""
    directory = Directory(stage.inventory, stage.organisation)
    held = newcomers.read(directory)[person.uid]
    back = ldif.modify(held.dn, [("replace", "userPassword", [person.password])])
    never = ldif.modify(held.dn, [("replace", "kootwijkWelcomed", [])])
    directory.write([back, never])  # a run that was stopped may have left the one of that day
    try:
        yield held
    finally:
        directory.write([back])


def _forget_messages(stage: Stage, person: Person) -> None:
    """Delete what the person has of earlier runs: messages of the platform's own."""
    with client.mailbox(stage, person) as box:
        client.delete(box, "FROM", f'"noreply@{person.domain}"')


def _letter(stage: Stage, person: Person, held: Newcomer) -> tuple[str, str]:
    """Have a letter made; return the link that it has and the subject of the message."""
    with tempfile.TemporaryDirectory(prefix="kootwijk-letters-") as folder:
        made = letters.write(
            stage.inventory,
            Path(folder),
            uids=[person.uid],
            organisation=stage.organisation,
            days=1,
            new=True,
        )
        ((letter, path),) = made.letters
        found = _CODE.search(path.read_text(encoding="utf-8"))
    if not found or made.welcomed != (held.uid,):
        what = "no link" if not found else "no message of welcome"
        raise JourneyError(f"{person.uid} got {what}")
    return f"https://login.{found[1]}/welcome#{found[2]}", welcome.subject_of(
        letter.person, letter.place
    )


def _set(stage: Stage, page: Page, link: str, password: str) -> str:
    """Set the password as the page asks, after one that is too short; return what that was told."""
    web.go(page, link)
    try:
        page.wait_for_selector(_FORM)
        _type(page, "kort")
        short = login.words(page)
        web.picture(stage, page, "first-day-password")
        _type(page, password)
        page.wait_for_selector("#welcome-factor, #required")
    except Late as why:
        raise JourneyError(f"{page.url} shows '{page.title()}': {login.words(page)}") from why
    return short


def _type(page: Page, password: str) -> None:
    page.fill(_FORM, password)
    page.fill(_AGAIN, password)
    with page.expect_navigation():
        page.click("#welcome-password-form button[type=submit]")


def _begin(stage: Stage, page: Page, person: Person, name: str) -> str:
    """Go on to the start page; return what is there to work with. Who came is called ``name``."""
    page.wait_for_load_state("networkidle")
    web.picture(stage, page, "first-day-arrived")
    _called(page, name)
    page.click("#welcome-start")
    page.wait_for_selector("a.tile")
    if page.url.rstrip("/") != login.start_page(person.domain).rstrip("/"):
        raise JourneyError(f"from the page of welcome one comes to {page.url}")
    return ", ".join(page.locator("a.tile .name").all_inner_texts())


def _called(page: Page, name: str) -> None:
    """JourneyError if the page welcomes somebody of another name."""
    heading = page.locator("h1").inner_text().strip()
    if not heading.endswith(name):
        raise JourneyError(f"the page after the password says '{heading}' to {name}")


def _void(page: Page, link: str) -> str:
    """Open the link again; return what is said. JourneyError if it still asks for a password."""
    web.go(page, "about:blank")
    web.go(page, link)
    try:
        page.wait_for_selector(_VOID)
    except Late as why:
        raise JourneyError(f"a link that was used shows '{page.title()}'") from why
    if page.locator(_FORM).count():
        raise JourneyError("a link that was used lets set a password again")
    return login.words(page)
