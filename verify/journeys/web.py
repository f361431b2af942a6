"""Pages in a real browser, which trusts the platform's authority and no exception to it."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from playwright.sync_api import Error as BrowserError
from playwright.sync_api import sync_playwright

from deploy.run import install_packages, run
from verify.journeys import client, login
from verify.journeys.stage import JourneyError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from playwright.sync_api import Page, Response

    from verify.journeys.stage import Stage

BROWSER = {"chromium": "chromium", "certutil": "libnss3-tools"}
# Chromium's own calls to its maker are not the page's.
_SILENT = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--disable-gpu",
    "--no-first-run",
    "--no-proxy-server",
    "--no-sandbox",
)
_MILLISECONDS = 20_000
_OK = 200
_TRIES = 5
_PAUSE = 1_500  # milliseconds
_WITHOUT_HOST = ("about:", "blob:", "data:")


def roundcube(stage: Stage) -> str:
    """Log in at the portal, open a message that a colleague just sent in the web mail, log out.

    Logging out is for all: the portal knows nobody any more.
    """
    stage.host_with("lemonldap_ng")  # web mail has no login of its own
    sender, reader = stage.person(0), stage.person(1)
    subject = client.send(stage, sender, reader).subject
    client.receive(stage, reader, subject, keep=True)
    host = f"webmail.{reader.domain}"
    try:
        with browser(stage, [host, f"login.{reader.domain}"], shot="roundcube") as (page, requests):
            tls = visit(page, f"https://{host}/")
            login.log_in(page, reader)
            _read(page, subject)
            picture(stage, page, "roundcube")
            _log_out(page, reader.domain)
    finally:
        client.receive(stage, reader, subject)
    outside = foreign(requests, reader.domain)
    if outside:
        raise JourneyError(f"the page asked {', '.join(outside)} for something")
    asked = ", ".join(sorted({urlsplit(url).hostname or "" for url in requests} - {""}))
    return (
        f"{reader.mail} logged in at https://{host}/ ({tls}) and read '{subject}' "
        f"from {sender.mail}; {len(requests)} requests, all to {asked}"
    )


def visit(page: Page, url: str) -> str:
    """Open the page; return its TLS version and who issued its certificate."""
    response = go(page, url)
    if response is None or response.status != _OK:
        raise JourneyError(f"{url} answered {response.status if response else 'nothing'}")
    details = response.security_details()
    if not details:
        raise JourneyError(f"{url} came without TLS")
    return f"{details.get('protocol')}, issued by {details.get('issuer')}"


def go(page: Page, url: str) -> Response | None:
    """Open ``url``, again if the machine's own network changed meanwhile (another lab began)."""
    passing = ("ERR_NETWORK_CHANGED", "chrome-error:", "interrupted by another navigation")
    for _ in range(_TRIES):
        try:
            return page.goto(url)
        except BrowserError as why:
            if not any(word in str(why) for word in passing):
                raise
        page.wait_for_timeout(_PAUSE)  # the browser itself tries again, and is in the way of this
    return page.goto(url)


def _read(page: Page, subject: str) -> None:
    row = page.locator("#messagelist").get_by_text(subject)
    row.wait_for()
    row.click()
    body = page.frame_locator("#messagecontframe").locator("#messagebody")
    body.wait_for()
    if client.TEXT not in body.inner_text():
        raise JourneyError(f"the message's text is not in the page: {body.inner_text()[:200]}")


def _log_out(page: Page, domain: str) -> None:
    go(page, f"https://webmail.{domain}/?_task=mail")
    page.wait_for_load_state("networkidle")  # it does not hear while it loads
    page.click("#taskmenu a.logout")
    page.wait_for_url(f"https://login.{domain}/**")
    go(page, f"https://webmail.{domain}/?_task=mail")
    if not page.url.startswith(f"https://login.{domain}/"):
        raise JourneyError(f"{page.url} is still there after logging out in the web mail")


def foreign(urls: Iterable[str], domain: str) -> list[str]:
    """Return the hosts that are not the platform's, of the addresses a page asked for."""
    found = {urlsplit(url).hostname or url for url in urls if not url.startswith(_WITHOUT_HOST)}
    return sorted(h for h in found if h != domain and not h.endswith(f".{domain}"))


@contextmanager
def browser(stage: Stage, hosts: Iterable[str], *, shot: str) -> Iterator[tuple[Page, list[str]]]:
    """Open a page in Chromium; the list fills with the address of every request it makes.

    If it ends badly or leaves no picture itself, what was to be seen last is in ``shot``.
    """
    install_packages(BROWSER)
    rules = [*(f"MAP {host} {stage.address(host)}" for host in hosts), "MAP * ~NOTFOUND"]
    with launched(stage.authority(), rules) as (page, requests):
        try:
            yield page, requests
        except BaseException:
            picture(stage, page, shot)
            raise
        if stage.screenshot is None:
            picture(stage, page, shot)


@contextmanager
def launched(authority: str | None, rules: Iterable[str]) -> Iterator[tuple[Page, list[str]]]:
    """Start Chromium with a fresh home, in which ``authority`` (PEM) is trusted.

    ``rules`` say where names are, in the words of --host-resolver-rules.
    """
    requests: list[str] = []
    with tempfile.TemporaryDirectory(prefix="kootwijk-browser-") as home:
        _trust(Path(home), authority)
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch_persistent_context(
                str(Path(home) / "profile"),
                executable_path="/usr/bin/chromium",
                args=[*_SILENT, f"--host-resolver-rules={','.join(rules)}"],
                env={**os.environ, "HOME": home},
                viewport={"width": 1280, "height": 800},
                locale="nl-NL",
            )
            chromium.set_default_timeout(_MILLISECONDS)
            chromium.on("request", lambda request: requests.append(request.url))
            page = chromium.pages[0]
            page.on("websocket", lambda socket: requests.append(socket.url))
            try:
                yield page, requests
            finally:
                chromium.close()


def _trust(home: Path, authority: str | None) -> None:
    """Make the browser's own trust store hold the platform's authority, if it has one."""
    if authority is None:
        return
    store = home / ".pki" / "nssdb"
    store.mkdir(parents=True)
    (home / "ca.pem").write_text(authority)
    database = ["-d", f"sql:{store}"]
    run(["certutil", "-N", *database, "--empty-password"], what="making a trust store")
    add = ["certutil", "-A", *database, "-t", "C,,", "-n", "authority", "-i", f"{home}/ca.pem"]
    run(add, what="trusting the platform's authority")


def picture(stage: Stage, page: Page, name: str) -> None:
    """Leave what the page shows as the screenshot ``name``, where this run leaves any."""
    if stage.screenshots is None:
        return
    stage.screenshots.mkdir(parents=True, exist_ok=True)
    stage.screenshot = stage.screenshots / f"{name}.png"
    try:
        page.screenshot(path=stage.screenshot)
    except BrowserError:  # a busy machine's Chromium may be between two frames: once more
        page.wait_for_load_state()
        page.screenshot(path=stage.screenshot)
