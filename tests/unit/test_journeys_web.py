"""The browser of the journeys: what it trusts, and what it saw a page ask for."""

from __future__ import annotations

import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Error

from tests.unit.journeys_tls import Tls
from verify.journeys import blame, web
from verify.journeys.stage import JourneyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "webmail.a.test"
PAGE = b"""<!doctype html><title>t</title><link rel=icon href=data:,>
<img src=/own.png><script>new WebSocket("wss://push.example.net/x")</script>
<img src=https://pixel.example.com/p.png>"""


def test_what_a_page_asks_of_others_is_found() -> None:
    urls = [
        "https://webmail.a.test/x",
        "https://a.test/",
        "data:image/png;base64,AA",
        "blob:https://a.test/1",
        "https://fonts.example.com/f.woff2",
        "https://a.test.example.com/",
        "https://nota.test/",
        "https://1.1.1.1/dns-query",
    ]
    assert web.foreign(urls, "a.test") == [
        *("1.1.1.1", "a.test.example.com", "fonts.example.com", "nota.test")
    ]


class _Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(404 if self.path == "/none" else 200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_: object) -> None:
        """Say nothing: the test's output is not this server's."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Tls, list[str]]]:
    """Serve a page over TLS; return its authority and where the browser finds its name."""
    missing = [program for program in web.BROWSER if not shutil.which(program)]
    if missing:
        pytest.skip(f"not on this machine: {', '.join(missing)}")
    tls = Tls(tmp_path, NAME)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    server.socket = tls.server.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield tls, [f"MAP {NAME} 127.0.0.1:{server.server_port}", "MAP * ~NOTFOUND"]
    server.shutdown()
    server.server_close()


def test_a_page_of_the_trusted_authority(site: tuple[Tls, list[str]]) -> None:
    tls, rules = site
    with web.launched(tls.authority, rules) as (page, requests):
        assert web.visit(page, f"https://{NAME}/") == "TLS 1.3, issued by Test"
        page.wait_for_load_state()
        with pytest.raises(JourneyError, match="answered 404"):
            web.visit(page, f"https://{NAME}/none")
    assert web.foreign(requests, "a.test") == ["pixel.example.com", "push.example.net"]


def test_a_page_of_an_authority_that_is_not_trusted(site: tuple[Tls, list[str]]) -> None:
    _, rules = site
    with (
        pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID") as why,
        web.launched(None, rules) as (page, _),
    ):
        web.visit(page, f"https://{NAME}/")
    assert blame.status(why.value) == "fail"


class Busy:
    """A page that no picture can be made of, so many times."""

    def __init__(self, times: int) -> None:
        self.times = times

    def wait_for_load_state(self) -> None:
        """Be ready."""

    def screenshot(self, path: Path) -> None:
        self.times -= 1
        if self.times >= 0:
            raise Error("Unable to capture screenshot")
        path.write_bytes(b"picture")


def test_a_picture_is_tried_a_second_time(tmp_path: Path) -> None:
    stage: Any = SimpleNamespace(screenshots=tmp_path / "shots", screenshot=None)
    busy: Any = Busy(1)
    web.picture(stage, busy, "page")
    assert stage.screenshot.read_bytes() == b"picture"
    busy = Busy(2)
    with pytest.raises(Error, match="Unable"):
        web.picture(stage, busy, "page")


def test_a_page_is_asked_again_when_the_browser_had_its_own_try_under_way() -> None:
    waited: list[float] = []

    def goto(url: str) -> str:
        if sum(waited) < 3_000:  # until then its own try is in the way
            raise Error(f'Navigation to "{url}" is interrupted by another navigation to "{url}"')
        return "answer"

    page: Any = SimpleNamespace(goto=goto, wait_for_timeout=waited.append)
    assert web.go(page, "https://a.test/") == "answer"


def test_a_page_that_does_not_answer_is_not_asked_again() -> None:
    tries: list[str] = []

    def goto(url: str) -> None:
        tries.append(url)
        raise Error(f"net::ERR_CONNECTION_REFUSED at {url}")

    page: Any = SimpleNamespace(goto=goto)
    with pytest.raises(Error, match="REFUSED"):
        web.go(page, "https://a.test/")
    assert len(tries) == 1
