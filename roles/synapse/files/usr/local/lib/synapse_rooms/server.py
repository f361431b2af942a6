"""The chat server's own interfaces, over its socket on this host.

https://spec.matrix.org/latest/client-server-api/ and
https://element-hq.github.io/synapse/latest/usage/administration/admin_api/
"""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any
from urllib.parse import quote, urlencode

CLIENT, ADMIN = "/_matrix/client/v3", "/_synapse/admin"
_SECONDS = 60.0


class ServerError(Exception):
    """The server refused; ``code`` is the protocol's word for why."""

    def __init__(self, status: int, code: str, words: str) -> None:
        super().__init__(f"{status} {code}: {words}")
        self.status, self.code = status, code


class Refused(str):
    """What the server refused for one person, in words that name nobody. The others go on."""

    __slots__ = ()

    @classmethod
    def of(cls, what: str, error: ServerError) -> Refused:
        return cls(f"{what}: the server refused ({error.status} {error.code})")


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Server:
    """The server ``name`` behind the socket ``path``, called by an application service."""

    def __init__(self, path: str, name: str, token: str) -> None:
        self.name = name
        self._token = token
        self._connection = _Connection(path)

    def user(self, localpart: str) -> str:
        return f"@{localpart}:{self.name}"

    def call(self, method: str, path: str, body: Any = None, **query: str) -> dict[str, Any]:
        """Return the answer to ``method path``; ServerError if it is no success."""
        url = path + (f"?{urlencode(query)}" if query else "")
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            # It wants to know from where and how; a socket says neither.
            "X-Forwarded-For": "127.0.0.1",
            "X-Forwarded-Proto": "https",
        }
        self._connection.request(method, url, json.dumps(body or {}).encode(), headers)
        answer = self._connection.getresponse()
        text = answer.read()
        try:
            found: dict[str, Any] = json.loads(text)
        except ValueError:
            found = {"error": text[:200].decode("utf-8", "replace")}
        if answer.status not in (http.client.OK, http.client.CREATED):
            words = str(found.get("error", ""))
            raise ServerError(answer.status, str(found.get("errcode", "?")), words)
        return found

    def find(self, method: str, path: str) -> dict[str, Any] | None:
        """Return the answer, None where there is no such thing."""
        try:
            return self.call(method, path)
        except ServerError as error:
            if error.status == http.client.NOT_FOUND:
                return None
            raise


def part(text: str) -> str:
    """Return ``text`` as one part of a path."""
    return quote(text, safe="")
