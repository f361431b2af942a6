"""Pages in a real browser, which trusts the platform's authority and no exception to it."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright

from deploy.run import install_packages, run
from verify.journeys import mail
from verify.journeys.stage import JourneyError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from playwright.sync_api import Page

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
    "--no-sandbox",
)
_MILLISECONDS = 20_000


def roundcube(stage: Stage) -> str:
    """Log in to the web mail and open a message that a colleague just sent."""
    sender, reader = stage.person(1), stage.person(0)
    subject = mail.send(stage, sender, reader)
    mail.receive(stage, reader, subject, keep=True)
    url = f"https://webmail.{reader.domain}/"
    with browser(stage, [f"webmail.{reader.domain}"]) as (page, requests):
        page.goto(url)
        page.fill("#rcmloginuser", reader.mail)
        page.fill("#rcmloginpwd", reader.password)
        page.click("#rcmloginsubmit")
        row = page.locator("#messagelist").get_by_text(subject)
        row.wait_for()
        row.click()
        body = page.frame_locator("#messagecontframe").locator("#messagebody")
        body.wait_for()
        if "reis door het platform" not in body.inner_text():
            raise JourneyError(f"the message's text is not in the page: {body.inner_text()[:200]}")
        _screenshot(stage, page, "roundcube")
        outside = foreign(requests, reader.domain)
    mail.receive(stage, reader, subject)
    if outside:
        raise JourneyError(f"the page asked {', '.join(outside)} for something")
    return f"{url}: logged in, '{subject}' read; {len(requests)} requests, all to {reader.domain}"


def foreign(urls: Iterable[str], domain: str) -> list[str]:
    """Return the hosts that are not the platform's, of the addresses a page asked for."""
    found = {urlsplit(url).hostname or "" for url in urls if not url.startswith(("data:", "blob:"))}
    return sorted(h for h in found if h != domain and not h.endswith(f".{domain}"))


@contextmanager
def browser(stage: Stage, hosts: Iterable[str]) -> Iterator[tuple[Page, list[str]]]:
    """Open a page in Chromium; the list fills with the address of every request it makes."""
    install_packages(BROWSER)
    rules = ",".join(f"MAP {host} {stage.address(host)}" for host in hosts)
    requests: list[str] = []
    with tempfile.TemporaryDirectory(prefix="kootwijk-browser-") as home:
        _trust(Path(home), stage.authority())
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch_persistent_context(
                str(Path(home) / "profile"),
                executable_path="/usr/bin/chromium",
                args=[*_SILENT, f"--host-resolver-rules={rules},MAP * ~NOTFOUND"],
                env={**os.environ, "HOME": home},
                viewport={"width": 1280, "height": 800},
                locale="nl-NL",
            )
            chromium.set_default_timeout(_MILLISECONDS)
            chromium.on("request", lambda request: requests.append(request.url))
            yield chromium.pages[0], requests
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


def _screenshot(stage: Stage, page: Page, name: str) -> None:
    if stage.screenshots is None:
        return
    stage.screenshots.mkdir(parents=True, exist_ok=True)
    stage.screenshot = stage.screenshots / f"{name}.png"
    page.screenshot(path=stage.screenshot)
