"""Chat in a browser: Element Web, and whom its page asks for something."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from verify.journeys import login
from verify.journeys.stage import JourneyError
from verify.journeys.web import browser, foreign

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from verify.journeys.stage import Person, Stage

_SECONDS = 45_000


def page(stage: Stage) -> str:
    """Open the chat page: the one login, then one's rooms; nobody else is asked for anything."""
    person = stage.person(0)
    stage.host_with("element_web")
    names = [f"{name}.{person.domain}" for name in ("chat", "matrix", "login")] + [person.domain]
    with browser(stage, names, shot="element") as (view, requests):
        try:
            _enter(view, names[0], person)
        finally:
            # First, for it may be why the page did not come.
            outside = foreign(requests, person.domain)
            if outside:
                raise JourneyError(f"the page asked {', '.join(outside)} for something")
    asked = ", ".join(sorted({urlsplit(url).hostname or "" for url in requests} - {""}))
    return f"{person.uid} came in through the one login; {len(requests)} requests, all to {asked}"


def _enter(view: Page, host: str, person: Person) -> None:
    answer = view.goto(f"https://{host}/")
    if answer is None or not answer.ok:
        raise JourneyError(f"https://{host}/ answered {answer.status if answer else 'nothing'}")
    view.wait_for_url(f"https://login.{person.domain}/**", timeout=_SECONDS)
    login.log_in(view, person)
    view.wait_for_url(f"https://{host}/**", timeout=_SECONDS)
    _rooms(view)


def _rooms(view: Page) -> None:
    """Wait for one's rooms; a device that was not confirmed on another one is, for now, not."""
    rooms, confirm = view.locator(".mx_LeftPanel"), view.locator(".mx_CompleteSecurity_skip")
    rooms.or_(confirm).first.wait_for(timeout=_SECONDS)
    if not rooms.count():
        confirm.click()
        view.locator(".mx_CompleteSecurity_actionRow .mx_AccessibleButton").first.click()
        rooms.wait_for(timeout=_SECONDS)
    view.locator(".mx_RoomSublist, .mx_RoomList").first.wait_for(timeout=_SECONDS)
