"""How mail programs set themselves up: what the journey believes and what it does not."""

from __future__ import annotations

import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from tests.unit.journeys_tls import Tls
from verify.journeys import programs
from verify.journeys.pages import Page, Visitor
from verify.journeys.programs import Server
from verify.journeys.stage import JourneyError, Person

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANNA = Person("anna", "anna@a.test", "secret")
CONFIG = """<clientConfig><emailProvider>
<incomingServer type="imap"><hostname>mail.a.test</hostname><port>993</port>
<socketType>SSL</socketType><username>%EMAILADDRESS%</username></incomingServer>
<outgoingServer type="smtp"><hostname>mail.a.test</hostname><port>465</port>
<socketType>SSL</socketType><username>%EMAILADDRESS%</username></outgoingServer>
</emailProvider></clientConfig>"""


class Answering(Visitor):
    """A visitor who gets the same answer everywhere."""

    def __init__(self, text: str, status: int = 200) -> None:
        self._page = Page("https://x/", status, "text/xml", text)

    def _ask(self, _: object) -> Page:
        return self._page


def test_thunderbird_fills_in_the_address() -> None:
    assert programs.thunderbird(Answering(CONFIG), ANNA) == {
        Server("imap", "mail.a.test", 993, "anna@a.test"),
        Server("smtp", "mail.a.test", 465, "anna@a.test"),
    }


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answering("", 404), "answered 404"),
        (Answering("<a"), "is not XML"),
        (Answering(CONFIG.replace("SSL", "plain", 1)), "offers imap without TLS"),
        (Answering(CONFIG.replace("SSL", "STARTTLS")), "without TLS from the start"),
        (Answering("<clientConfig/>"), r"offers \[\]"),
    ],
)
def test_what_a_program_could_not_use_is_a_failure(answer: Answering, said: str) -> None:
    with pytest.raises(JourneyError, match=said):
        programs.thunderbird(answer, ANNA)


class _Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/start":
            self.send_response(302)
            self.send_header("Set-Cookie", "who=anna; Secure; HttpOnly")
            self.send_header("Location", "/then")
        else:
            self.send_response(200 if "who=anna" in self.headers.get("Cookie", "") else 403)
            self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        if self.path != "/start":
            self.wfile.write("één".encode())

    def do_POST(self) -> None:
        posted = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(posted)

    def log_message(self, *_: object) -> None:
        """Say nothing: the test's output is not this server's."""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tls]:
    """Serve pages on a free port as login.a.test; the visitor's 443 leads there."""
    tls = Tls(tmp_path, "login.a.test")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    server.socket = tls.server.wrap_socket(server.socket, server_side=True)
    monkeypatch.setattr("verify.journeys.pages.HTTPS", server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield tls
    finally:
        server.shutdown()
        server.server_close()


def test_a_visitor_keeps_cookies_and_verifies_names(site: Tls) -> None:
    def visitor() -> Visitor:
        trust = ssl.create_default_context(cadata=site.authority)
        return Visitor(lambda _: "127.0.0.1", trust)

    anna = visitor()
    page = anna.get("https://login.a.test/start")
    assert (page.url, page.status) == ("https://login.a.test/then", 200)
    assert (page.kind, page.text) == ("text/html", "één")
    assert anna.post("https://login.a.test/", {"a": "1 &"}).text == "a=1+%26"
    assert visitor().get("https://login.a.test/x").status == 403
    with pytest.raises(OSError, match="certificate"):
        visitor().get("https://other.a.test/")
