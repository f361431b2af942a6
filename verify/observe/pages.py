"""Every request that a real browser makes on each page, also after logging in."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from deploy.errors import KootwijkError
from deploy.narrate import say
from verify.model import HostSeen, Observation, Source
from verify.observe.outside import SITES, Seen, left_out

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from playwright.sync_api import Page

    from deploy.inventory import Host, Inventory
    from verify.journeys.stage import Person, Stage

# What a person opens after logging in, on each site; the login first, because it opens the others.
_TOURS: dict[str, tuple[str, ...]] = {
    "lemonldap_ng": ("/",),
    "roundcube": ("/?_task=mail&_action=compose", "/?_task=addressbook", "/?_task=settings"),
    "nextcloud": ("/apps/files/", "/apps/calendar/", "/apps/contacts/", "/settings/user"),
    "element_web": ("/#/home",),
}
_SETTLE = 600  # milliseconds in which a page may still ask for something
_LONGEST = 60_000  # milliseconds for a page to come: the hosts are looked at meanwhile
_WITHOUT_HOST = ("about:", "blob:", "data:", "chrome:", "chrome-extension:")


@dataclass
class _Visit:
    """One site: the pages that were opened, and what was asked on them."""

    name: str
    opened: list[str] = field(default_factory=list)
    person: str = ""
    asked: dict[str, str] = field(default_factory=dict)  # origin asked -> page it was asked on
    error: str = ""


def browse(inventory: Inventory, when: str) -> list[Seen]:
    """Open every site of the inventory, logged in where somebody has an account.

    No error gets out: what could not be opened is a subject that was not reached.
    """
    sites = [(role, h) for role in _TOURS for h in inventory.hosts if role in h.roles]
    domains = list(dict.fromkeys(h.domain for _, h in sites))
    if not domains:
        return []
    with ThreadPoolExecutor(max_workers=2) as pool:  # a browser at a time and core
        found = pool.map(lambda d: _domain(inventory, d, sites, when), domains)
        return [one for seen in found for one in seen]


def _domain(
    inventory: Inventory, domain: str, sites: Sequence[tuple[str, Host]], when: str
) -> list[Seen]:
    from verify.journeys.stage import Stage  # noqa: PLC0415  (and the browser's library behind it)

    gone = left_out(inventory)
    made = [
        _failed(h, role, "", {"left_out": why})
        for (role, name), why in gone.items()
        for at, h in sites
        if (at, h.name) == (role, name) and h.domain == domain
    ]
    here = [(r, h) for r, h in sites if h.domain == domain and (r, h.name) not in gone]
    stage, before = Stage(inventory), len(made)
    try:
        with _browser(stage, domain) as page:
            person = _somebody(stage, domain)
            for role, host in here:
                made.append(_seen(host, _open(page, person, role, host), when))
            if person is not None:
                _log_out(page)
    except Exception as why:  # noqa: BLE001  (a browser that does not start has seen nothing)
        said = f"no browser: {type(why).__name__}: {str(why).splitlines()[0][:200]}"
        say(f"    pages of {domain}: {said}")
        made += [_failed(h, role, said) for role, h in here[len(made) - before :]]
    return made


def _somebody(stage: Stage, domain: str) -> Person | None:
    """Return somebody with an account in the domain; None if nobody is known to have one."""
    from verify.journeys.stage import SkipError  # noqa: PLC0415

    try:
        mine = stage.person(0)
        return mine if mine.domain == domain else stage.partner()
    except (KootwijkError, SkipError) as why:
        say(f"    pages of {domain}: seen without logging in: {str(why).splitlines()[0]}")
        return None


@contextmanager
def _browser(stage: Stage, domain: str) -> Iterator[Page]:
    """Start a browser for which each site of the domain is where the inventory says."""
    from deploy.run import install_packages  # noqa: PLC0415
    from verify.journeys.web import BROWSER, launched  # noqa: PLC0415

    install_packages(BROWSER)
    known = {
        f"{SITES[role][0]}.{domain}": str(host.address)
        for host in stage.inventory.hosts
        for role in host.roles
        if role in SITES and host.domain == domain
    }
    for host in stage.inventory.hosts:  # the domain itself says where its chat is
        if host.domain == domain and "element_web" in host.roles:
            known[domain] = str(host.address)
    rules = [*(f"MAP {n} {a}" for n, a in known.items()), "MAP * ~NOTFOUND"]
    with launched(stage.authority(), rules) as (page, _):
        page.set_default_navigation_timeout(_LONGEST)
        yield page


def _open(page: Page, person: Person | None, role: str, host: Host) -> _Visit:
    visit = _Visit(_name(role, host))
    base = f"https://{visit.name}"
    at = [f"{base}/"]

    def asked(url: str) -> None:
        if not url.startswith(_WITHOUT_HOST):
            parts = urlsplit(url)
            visit.asked.setdefault(f"{parts.scheme}://{parts.hostname or ''}", at[0])

    def listener(request: Any) -> None:
        asked(request.url)

    page.context.on("request", listener)
    page.on("websocket", lambda socket: asked(socket.url))
    try:
        _go(page, at[0])
        visit.opened.append(at[0])
        if person is not None:
            _log_in(page, person, role)
            visit.person = person.uid
            for path in _TOURS[role]:
                at[0] = base + path
                _go(page, at[0])
                visit.opened.append(at[0])
    except Exception as why:  # noqa: BLE001  (what was asked until then still counts)
        visit.error = f"{at[0]}: {type(why).__name__}: {str(why).splitlines()[0][:200]}"
    finally:
        page.context.remove_listener("request", listener)
    return visit


def _go(page: Page, url: str) -> None:
    """Open an address and wait until nothing more is asked, or some seconds."""
    from verify.journeys.web import go  # noqa: PLC0415

    go(page, url)
    with suppress(Exception):
        page.wait_for_load_state("networkidle", timeout=_SETTLE * 4)
    page.wait_for_timeout(_SETTLE)


def _log_in(page: Page, person: Person, role: str) -> None:
    """Fill in the form that the page shows: the portal's, or the web mail's own.

    The chat page goes there and comes back by itself, and is left alone until it has.
    """
    from verify.journeys import element, login  # noqa: PLC0415

    if page.locator("#rcmloginuser").count():
        page.fill("#rcmloginuser", person.mail)
        page.fill("#rcmloginpwd", person.password)
        page.click("#rcmloginsubmit")
        page.locator("#messagelist").wait_for(state="attached")
    elif page.locator("#userfield").count():
        login.log_in(page, person)
    if role == "element_web":
        element.rooms(page)
    page.wait_for_timeout(_SETTLE)


def _log_out(page: Page) -> None:
    """Leave no session behind, nor a device in chat; what stays of them ends by itself."""
    from verify.journeys import login  # noqa: PLC0415

    with suppress(Exception):
        login.log_out(page)


def _name(role: str, host: Host) -> str:
    return f"{SITES[role][0]}.{host.domain}"


def _failed(host: Host, role: str, error: str, pages: dict[str, str] | None = None) -> Seen:
    """Return a site of which no page was seen: by an error, or because it is not there."""
    name = f"browser: {_name(role, host)}"
    seen = HostSeen(
        name,
        name,
        str(host.address),
        host.organisation,
        (),
        reached=not error,
        error=error,
        facts={"pages": pages or {}},
    )
    return Seen(seen)


def _seen(host: Host, visit: _Visit, when: str) -> Seen:
    name = f"browser: {visit.name}"
    facts = {"pages": {"opened": visit.opened, "error": visit.error, "person": visit.person}}
    subject = HostSeen(
        name,
        visit.name,
        str(host.address),
        host.organisation,
        (),
        reached=bool(visit.opened),
        error=visit.error,
        facts=facts,
    )
    component = next(r for r, (label, _) in SITES.items() if visit.name.startswith(f"{label}."))
    seen = Seen(subject)
    for origin, page in visit.asked.items():
        place = Source("page", re.sub(r"[?&]_token=\w+", "", page))
        seen.observations.append(
            Observation(name, component, "L14", origin, place, "E4", when, "Chromium")
        )
    return seen
