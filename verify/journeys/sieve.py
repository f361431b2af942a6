"""ManageSieve (RFC 5804), as much of it as a login needs."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Self

from verify.journeys import client
from verify.journeys.stage import TIMEOUT, JourneyError

if TYPE_CHECKING:
    import ssl

PORT = 4190
_LONGEST = 4096


class RefusedError(JourneyError):
    """The server said no."""


class Sieve:
    """A connection to the server of people's filters, after STARTTLS; for ``with``."""

    def __init__(self, name: str, address: str, trust: ssl.SSLContext) -> None:
        plain = client.dial(name, address, PORT, TIMEOUT)
        self._stream = plain.makefile("rwb", buffering=0)
        self._answer()
        self._ask("STARTTLS")
        self._socket = trust.wrap_socket(plain, server_hostname=name)
        self._stream = self._socket.makefile("rwb", buffering=0)
        self._answer()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        self._socket.close()

    def plain(self, user: str, password: str) -> None:
        """Log in; RefusedError with the server's words if it lets nobody in."""
        self._authenticate("PLAIN", f"\0{user}\0{password}")

    def bearer(self, user: str, token: str) -> None:
        """Log in with a token (RFC 7628)."""
        self._authenticate("OAUTHBEARER", bearer(user, token))

    def _authenticate(self, mechanism: str, first: str) -> None:
        self._ask(f'AUTHENTICATE "{mechanism}" "{_base64(first)}"', heard=_base64("\1"))

    def _ask(self, command: str, heard: str = "") -> None:
        self._stream.write(f"{command}\r\n".encode())
        self._answer(heard)

    def _answer(self, heard: str = "") -> None:
        """Read up to the OK; what is said of an error before the NO is answered with ``heard``."""
        while line := self._stream.readline(_LONGEST).decode(errors="replace").strip():
            word = line.split(maxsplit=1)[0].upper()
            if word == "OK":
                return
            if word in ("NO", "BYE"):
                raise RefusedError(line)
            if heard:
                self._stream.write(f'"{heard}"\r\n'.encode())
        raise RefusedError("the server hung up")


def bearer(user: str, token: str) -> str:
    """Return how a token is shown (RFC 7628, section 3.1)."""
    return f"n,a={user},\1auth=Bearer {token}\1\1"


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
