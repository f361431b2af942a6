"""SMTP and IMAP as a mail program speaks them: to the addresses of the zone, verified by name."""

from __future__ import annotations

import email
import imaplib
import smtplib
import socket
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from email.utils import formatdate
from typing import TYPE_CHECKING

from deploy.errors import UnreachableError
from verify.journeys.stage import TIMEOUT, JourneyError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from email.message import Message

    from verify.journeys.stage import Person, Stage

SUBMISSION, IMAP = 465, 993
WAIT_SECONDS = 30.0
_POLL_SECONDS = 0.3
TEXT = "dit bericht is van een reis door het platform."


def connect(name: str, address: str, port: int, timeout: float | None) -> socket.socket:
    """Connect; UnreachableError says to what it could not."""
    try:
        return socket.create_connection((address, port), timeout)
    except OSError as why:
        raise UnreachableError(
            f"{name} did not answer on port {port}: {why.strerror or why}", where=address
        ) from why


class _Submission(smtplib.SMTP_SSL):
    def __init__(self, name: str, address: str, context: ssl.SSLContext, port: int) -> None:
        self._address = address
        super().__init__(name, port, context=context, timeout=TIMEOUT)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = connect(host, self._address, port, timeout)
        return self.context.wrap_socket(plain, server_hostname=host)


class Plain(smtplib.SMTP):
    """SMTP as another mail server speaks it, before any TLS."""

    def __init__(self, name: str, address: str, port: int = 25) -> None:
        self._address = address
        super().__init__(name, port, timeout=TIMEOUT)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return connect(host, self._address, port, timeout)


class _Imap(imaplib.IMAP4_SSL):
    def __init__(self, name: str, address: str, context: ssl.SSLContext, port: int) -> None:
        self._address = address
        super().__init__(name, port, ssl_context=context, timeout=TIMEOUT)

    def _create_socket(self, timeout: float | None) -> ssl.SSLSocket:
        plain = connect(self.host, self._address, self.port, timeout)
        secure: ssl.SSLSocket = self.ssl_context.wrap_socket(plain, server_hostname=self.host)
        return secure


@dataclass(frozen=True)
class Sent:
    """A submitted message; no other has its ``subject``."""

    subject: str
    message_id: str
    tls: str


@dataclass(frozen=True)
class Read:
    """A message as it was in the mailbox."""

    message: Message
    tls: str


def submission(name: str, address: str, context: ssl.SSLContext) -> smtplib.SMTP_SSL:
    """Connect to the submission service ``name``; its certificate must be for that name."""
    return _Submission(name, address, context, SUBMISSION)


def compose(sender: str, to: str) -> EmailMessage:
    """Return a message that no other is like."""
    message = EmailMessage()
    message["From"], message["To"] = sender, to
    message["Subject"] = f"Kootwijk {uuid.uuid4().hex[:12]}"
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{uuid.uuid4()}@{sender.partition('@')[2]}>"
    message.set_content(f"Goedemorgen,\n\n{TEXT}\n")
    return message


@contextmanager
def logged_in(stage: Stage, person: Person) -> Iterator[smtplib.SMTP_SSL]:
    """Log in to the submission service of the person's organisation, found by its MX."""
    name = stage.mail_host(person.domain)
    with submission(name, stage.address(name), stage.trust()) as smtp:
        smtp.login(person.mail, person.password)
        yield smtp


def send(stage: Stage, sender: Person, to: Person) -> Sent:
    """Submit a message and return it."""
    message = compose(sender.mail, to.mail)
    with logged_in(stage, sender) as smtp:
        tls = _tls(smtp.sock)
        smtp.send_message(message)
    return Sent(message["Subject"], message["Message-ID"], tls)


@contextmanager
def mailbox(stage: Stage, person: Person) -> Iterator[imaplib.IMAP4_SSL]:
    """Log in to the person's mailbox over IMAP and open the inbox."""
    name = stage.mail_host(person.domain)
    with _Imap(name, stage.address(name), stage.trust(), IMAP) as box:
        box.login(person.mail, person.password)
        box.select("INBOX")
        yield box


def receive(
    stage: Stage,
    person: Person,
    subject: str,
    *,
    keep: bool = False,
    seconds: float = WAIT_SECONDS,
) -> Read:
    """Wait for the message with ``subject`` and return it; it is deleted unless ``keep``.

    JourneyError if it is not in the inbox within ``seconds``.
    """
    deadline = time.monotonic() + seconds
    with mailbox(stage, person) as box:
        while not (number := _search(box, subject)):
            if time.monotonic() > deadline:
                raise JourneyError(f"'{subject}' was not in {person.mail}'s inbox in {seconds} s")
            time.sleep(_POLL_SECONDS)
        _, parts = box.fetch(number, "(BODY.PEEK[])")
        if not keep:
            box.store(number, "+FLAGS", r"(\Deleted)")
            box.expunge()
        raw = next((part[1] for part in parts if isinstance(part, tuple)), b"")
        return Read(email.message_from_bytes(raw, policy=default), _tls(box.sock))


def _search(box: imaplib.IMAP4, subject: str) -> str:
    """Return the number of the message with ``subject``, or '' if it is not there yet."""
    box.noop()
    _, found = box.search(None, "SUBJECT", f'"{subject}"')
    numbers = found[0].split() if found and found[0] else []
    return numbers[0].decode() if numbers else ""


def _tls(connection: socket.socket | None) -> str:
    version = getattr(connection, "version", None)
    return str(version()) if version else "no TLS"
