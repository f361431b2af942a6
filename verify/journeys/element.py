"""Chat in a browser: Element Web, and whom its page asks for something."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from playwright.sync_api import TimeoutError as Late

from verify.journeys import login
from verify.journeys.pages import Visitor
from verify.journeys.stage import JourneyError
from verify.journeys.web import browser, foreign, go, picture

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from verify.journeys.stage import Person, Stage

_SECONDS = 45_000


def page(stage: Stage) -> str:
    """Open the chat page: the one login, then one's rooms; log out there, and so everywhere.

    Nobody else is asked for anything, and no phone is led to an app's shop.
    """
    person = stage.person(0)
    stage.host_with("element_web")
    names = [f"{name}.{person.domain}" for name in ("chat", "matrix", "login")] + [person.domain]
    _on_a_phone(stage, names[0])
    with browser(stage, names, shot="element") as (view, requests):
        try:
            _enter(view, names[0], person)
            picture(stage, view, "element")
            _leave(view, names[0], person.domain)
        finally:
            # First, for it may be why the page did not come.
            outside = foreign(requests, person.domain)
            if outside:
                raise JourneyError(f"the page asked {', '.join(outside)} for something")
    asked = ", ".join(sorted({urlsplit(url).hostname or "" for url in requests} - {""}))
    return (
        f"{person.uid} came in through the one login and logged out of it; "
        f"{len(requests)} requests, all to {asked}"
    )


def _on_a_phone(stage: Stage, host: str) -> None:
    """JourneyError unless upstream's guide to the app shops, where a phone is sent, sends back."""
    led = Visitor(stage.address, stage.trust()).location(f"https://{host}/mobile_guide/")
    if led != f"https://{host}/":
        raise JourneyError(f"a phone is led to {led or 'the shops of Google and Apple'}")


def _enter(view: Page, host: str, person: Person) -> None:
    answer = go(view, f"https://{host}/")
    if answer is None or not answer.ok:
        raise JourneyError(f"https://{host}/ answered {answer.status if answer else 'nothing'}")
    view.wait_for_url(f"https://login.{person.domain}/**", timeout=_SECONDS)
    login.log_in(view, person)
    view.wait_for_url(f"https://{host}/**", timeout=_SECONDS)
    rooms(view)


def rooms(view: Page) -> None:
    """Wait for one's rooms; a device that was not confirmed on another one is, for now, not."""
    panel, confirm = view.locator(".mx_LeftPanel"), view.locator(".mx_CompleteSecurity_skip")
    panel.or_(confirm).first.wait_for(timeout=_SECONDS)
    if not panel.count():
        confirm.click()
        view.locator(".mx_CompleteSecurity_actionRow .mx_AccessibleButton").first.click()
        panel.wait_for(timeout=_SECONDS)
    view.locator(".mx_RoomListPanel, .mx_RoomSublist").first.wait_for(timeout=_SECONDS)


def _leave(view: Page, host: str, domain: str) -> None:
    """Log out on the page, without the messages' keys; JourneyError if it lets in again."""
    view.locator(".mx_UserMenu_contextMenuButton").click()
    view.locator(".mx_UserMenu_iconSignOut").click()
    # Where keys would be lost the button that is not the first choice goes on, else the only one.
    buttons = view.locator(".mx_Dialog_buttons button")
    buttons.first.wait_for(timeout=_SECONDS)
    away = buttons.and_(view.locator(":not(.mx_Dialog_primary)"))
    (away if away.count() else buttons).first.click()
    view.wait_for_url(f"https://login.{domain}/**", timeout=_SECONDS)
    go(view, f"https://{host}/")
    try:
        view.wait_for_url(f"https://login.{domain}/**", timeout=_SECONDS)
        view.locator("#userfield").wait_for(timeout=_SECONDS)
    except Late as why:
        raise JourneyError(f"after logging out there, chat shows {view.url}") from why
