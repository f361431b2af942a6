"""Pages without a browser: one visitor with its cookies, who verifies every name."""

from __future__ import annotations

import http.client
import http.cookiejar
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from verify.journeys import client
from verify.journeys.stage import TIMEOUT

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

HTTPS = 443
_LARGEST = 4 << 20


@dataclass(frozen=True)
class Page:
    """An answer: where it came from in the end, its status and what is in it."""

    url: str
    status: int
    kind: str
    text: str


class Visitor:
    """Somebody with a cookie jar. ``address`` says where a name is, ``trust`` whom to believe."""

    def __init__(self, address: Callable[[str], str], trust: ssl.SSLContext) -> None:
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._doors = (_Door(address, trust), jar)
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), *self._doors)

    def get(self, url: str, **headers: str) -> Page:
        return self._ask(urllib.request.Request(url, headers=headers))  # noqa: S310  (https alone)

    def post(self, url: str, fields: Mapping[str, str] | bytes, **headers: str) -> Page:
        """Send a form, or a document as it is."""
        data = fields if isinstance(fields, bytes) else urllib.parse.urlencode(fields).encode()
        return self._ask(urllib.request.Request(url, data=data, headers=headers))  # noqa: S310

    def location(self, url: str) -> str:
        """Return where a page sends its visitor, without going there; "" if nowhere."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), *self._doors, _Stay())
        try:
            opener.open(url, timeout=TIMEOUT).close()
        except urllib.error.HTTPError as error:
            with error:
                return str(error.headers.get("Location", ""))
        return ""

    def _ask(self, request: urllib.request.Request) -> Page:
        try:
            answer = self._opener.open(request, timeout=TIMEOUT)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            text = answer.read(_LARGEST).decode(errors="replace")
            kind = answer.headers.get_content_type()
            return Page(answer.url or request.full_url, answer.status, kind, text)


class _Stay(urllib.request.HTTPRedirectHandler):
    """Go nowhere that a page sends one."""

    def redirect_request(self, *_: Any) -> None:
        return None


class _Door(urllib.request.HTTPSHandler):
    """HTTPS, and nothing else, at the address that the platform's zone gives."""

    def __init__(self, address: Callable[[str], str], trust: ssl.SSLContext) -> None:
        self._address, self._trust = address, trust
        super().__init__(context=trust)

    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        def connection(name: str, **_: Any) -> http.client.HTTPSConnection:
            made = http.client.HTTPSConnection(name, timeout=TIMEOUT, context=self._trust)
            made.sock = client.dial_tls(name, self._address(name), HTTPS, TIMEOUT, self._trust)
            return made

        return self.do_open(connection, request)
