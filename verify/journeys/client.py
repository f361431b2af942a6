"""SMTP and IMAP as a mail program speaks them: to the addresses of the zone, verified by name."""

from __future__ import annotations

import email
import imaplib
import smtplib
import socket
import ssl
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from email.utils import formatdate
from typing import TYPE_CHECKING

from deploy.errors import UnreachableError
from verify.journeys.stage import TIMEOUT, JourneyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

    from verify.journeys.stage import Person, Stage

SUBMISSION, IMAP = 465, 993
WAIT_SECONDS = 30.0
_POLL_SECONDS = 0.3
MARK = "X-Kootwijk-Journey"
_LEFT = timedelta(days=1)
TEXT = "dit bericht is van een reis door het platform."


def dial(name: str, address: str, port: int, timeout: float | None) -> socket.socket:
    """Connect to ``address``; UnreachableError says who did not answer."""
    try:
        return socket.create_connection((address, port), timeout)
    except OSError as why:
        raise _silent(name, address, port, why) from why


def dial_tls(
    name: str, address: str, port: int, timeout: float | None, context: ssl.SSLContext
) -> ssl.SSLSocket:
    """Connect and begin TLS; SSLCertVerificationError if it is not for ``name``."""
    plain = dial(name, address, port, timeout)
    try:
        return context.wrap_socket(plain, server_hostname=name)
    except ssl.SSLCertVerificationError:
        raise
    except OSError as why:
        raise _silent(name, address, port, why) from why


def _silent(name: str, address: str, port: int, why: OSError) -> UnreachableError:
    return UnreachableError(f"{name} did not answer on port {port}: {why}", where=address)


class _Submission(smtplib.SMTP_SSL):
    def __init__(self, name: str, address: str, context: ssl.SSLContext, port: int) -> None:
        self._address = address
        super().__init__(name, port, context=context, timeout=TIMEOUT)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return dial_tls(host, self._address, port, timeout, self.context)


class Plain(smtplib.SMTP):
    """SMTP as another mail server speaks it, before any TLS."""

    def __init__(self, name: str, address: str, port: int = 25) -> None:
        self._address = address
        super().__init__(name, port, timeout=TIMEOUT)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return dial(host, self._address, port, timeout)


class Imap(imaplib.IMAP4_SSL):
    """IMAP at ``address``; the certificate must be for ``name``."""

    def __init__(self, name: str, address: str, context: ssl.SSLContext, port: int) -> None:
        self._address = address
        super().__init__(name, port, ssl_context=context, timeout=TIMEOUT)

    def _create_socket(self, timeout: float | None) -> ssl.SSLSocket:
        return dial_tls(self.host, self._address, self.port, timeout, self.ssl_context)


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


def submission(
    name: str, address: str, context: ssl.SSLContext, port: int | None = None
) -> smtplib.SMTP_SSL:
    """Connect to the submission service ``name``; its certificate must be for that name."""
    return _Submission(name, address, context, port or SUBMISSION)


def compose(sender: str, to: str) -> EmailMessage:
    """Return a message that no other is like."""
    message = EmailMessage()
    message["From"], message["To"] = sender, to
    message["Subject"] = f"Kootwijk {uuid.uuid4().hex[:12]}"
    message["Date"], message[MARK] = formatdate(), "yes"
    message["Message-ID"] = f"<{uuid.uuid4()}@{sender.partition('@')[2]}>"
    message.set_content(f"Goedemorgen,\n\n{TEXT}\n")
    return message


@contextmanager
def logged_in(stage: Stage, person: Person) -> Iterator[smtplib.SMTP_SSL]:
    """Log in to the submission service of the person's organisation, found by its MX."""
    name = stage.mail_host(person.domain)
    with submission(name, stage.address(name), stage.trust()) as smtp:
        smtp.login(person.mail, stage.mail_password(person))
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
    with Imap(name, stage.address(name), stage.trust(), IMAP) as box:
        box.login(person.mail, stage.mail_password(person))
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

    With it go the messages of journeys that were stopped before they could tidy up, a day ago.
    JourneyError if it is not in the inbox within ``seconds``.
    """
    with mailbox(stage, person) as box:
        found = wait_for(box, subject, f"{person.mail}'s inbox", seconds)
        _, parts = box.fetch(found[0], "(BODY.PEEK[])")
        if not keep:
            before = f"{datetime.now(UTC) - _LEFT:%d-%b-%Y}"
            _delete(box, [*found, *_search(box, "HEADER", MARK, "yes", "BEFORE", before)])
        raw = next((part[1] for part in parts if isinstance(part, tuple)), b"")
        return Read(email.message_from_bytes(raw, policy=default), _tls(box.sock))


def wait_for(
    box: imaplib.IMAP4, subject: str, where: str, seconds: float = WAIT_SECONDS
) -> list[str]:
    """Wait for ``subject`` in the open mailbox and return its numbers.

    JourneyError if it is not there (``where``) within ``seconds``.
    """
    deadline = time.monotonic() + seconds
    while not (found := _search(box, "SUBJECT", f'"{subject}"')):
        if time.monotonic() > deadline:
            raise JourneyError(f"'{subject}' was not in {where} in {seconds} s")
        time.sleep(_POLL_SECONDS)
        box.noop()
    return found


def delete(box: imaplib.IMAP4, *criteria: str) -> None:
    """Delete the messages in the open mailbox that meet all ``criteria``."""
    _delete(box, _search(box, *criteria))


def _delete(box: imaplib.IMAP4, numbers: list[str]) -> None:
    if numbers:
        box.store(",".join(numbers), "+FLAGS", r"(\Deleted)")
        box.expunge()


def _search(box: imaplib.IMAP4, *criteria: str) -> list[str]:
    """Return the numbers of the messages in the open mailbox that meet all ``criteria``."""
    _, found = box.search(None, *criteria)
    return found[0].decode().split() if found and found[0] else []


def _tls(connection: socket.socket | None) -> str:
    version = getattr(connection, "version", None)
    return str(version()) if version else "no TLS"
