"""Mail as a mail program does it: submit with a password, read over IMAP."""

from __future__ import annotations

import email
import imaplib
import smtplib
import socket
import time
import uuid
from contextlib import contextmanager
from email.message import EmailMessage, Message
from email.policy import default
from email.utils import formatdate
from typing import TYPE_CHECKING

from verify.journeys.stage import TIMEOUT, JourneyError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

    from verify.journeys.stage import Person, Stage

_WAIT_SECONDS = 30
_PASSES = ("spf=pass", "dkim=pass", "dmarc=pass")


# The clients connect to an address that the platform's zone gave, and verify by name.
class _Submission(smtplib.SMTP_SSL):
    def __init__(self, name: str, address: str, context: ssl.SSLContext) -> None:
        self._address = address
        super().__init__(name, 465, context=context, timeout=TIMEOUT)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((self._address, port), timeout)
        return self.context.wrap_socket(plain, server_hostname=host)


class Plain(smtplib.SMTP):
    def __init__(self, name: str, address: str, port: int = 25) -> None:
        self._address = address
        super().__init__(name, port, timeout=TIMEOUT)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:  # noqa: ARG002
        return socket.create_connection((self._address, port), timeout)


class _Imap(imaplib.IMAP4_SSL):
    def __init__(self, name: str, address: str, context: ssl.SSLContext) -> None:
        self._address = address
        super().__init__(name, 993, ssl_context=context, timeout=TIMEOUT)

    def _create_socket(self, timeout: float | None) -> ssl.SSLSocket:
        plain = socket.create_connection((self._address, self.port), timeout)
        secure: ssl.SSLSocket = self.ssl_context.wrap_socket(plain, server_hostname=self.host)
        return secure


def submission(stage: Stage, domain: str) -> smtplib.SMTP_SSL:
    """Connect to the submission service of ``domain``, found by its MX, TLS verified."""
    name = stage.mail_host(domain)
    return _Submission(name, stage.address(name), stage.trust())


@contextmanager
def mailbox(stage: Stage, person: Person) -> Iterator[imaplib.IMAP4_SSL]:
    """Log in to the person's mailbox and open the inbox."""
    name = stage.mail_host(person.domain)
    box = _Imap(name, stage.address(name), stage.trust())
    try:
        box.login(person.mail, person.password)
        box.select("INBOX")
        yield box
    finally:
        box.logout()


def send(stage: Stage, sender: Person, to: Person) -> str:
    """Submit a message and return its subject, which no other message has."""
    subject = f"Kootwijk {uuid.uuid4().hex[:12]}"
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender.mail, to.mail, subject
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{uuid.uuid4()}@{sender.domain}>"
    message.set_content("Goedemorgen,\n\ndit bericht is van een reis door het platform.\n")
    with submission(stage, sender.domain) as smtp:
        smtp.login(sender.mail, sender.password)
        smtp.send_message(message)
    return subject


def receive(stage: Stage, person: Person, subject: str, *, keep: bool = False) -> Message:
    """Wait for the message with ``subject`` and return it; it is deleted unless ``keep``."""
    deadline = time.monotonic() + _WAIT_SECONDS
    with mailbox(stage, person) as box:
        while time.monotonic() < deadline:
            box.noop()
            _, found = box.search(None, "SUBJECT", f'"{subject}"')
            numbers = found[0].split() if found and found[0] else []
            if numbers:
                _, parts = box.fetch(numbers[0], "(RFC822)")
                raw = parts[0][1] if parts and isinstance(parts[0], tuple) else b""
                if not keep:
                    box.store(numbers[0], "+FLAGS", r"(\Deleted)")
                    box.expunge()
                return email.message_from_bytes(raw, policy=default)
            time.sleep(0.2)
    raise JourneyError(f"'{subject}' was not in {person.mail}'s inbox within {_WAIT_SECONDS} s")


def inside(stage: Stage) -> str:
    """Submit to a colleague, read it in the colleague's inbox."""
    sender, to = stage.person(0), stage.person(1)
    message = receive(stage, to, send(stage, sender, to))
    if message["From"] != sender.mail:
        raise JourneyError(f"the message says it is from {message['From']}")
    return f"{sender.mail} -> {to.mail}, {message['Message-ID']} read over IMAP"


def outward(stage: Stage) -> str:
    """Submit to the other organisation; it verifies us, over TLS."""
    return _across(stage, stage.person(0), stage.partner())


def inward(stage: Stage) -> str:
    """Get mail from the other organisation; we verify it, over TLS."""
    return _across(stage, stage.partner(), stage.person(0))


def _across(stage: Stage, sender: Person, to: Person) -> str:
    message = receive(stage, to, send(stage, sender, to))
    return f"{sender.mail} -> {to.mail}: {verdict(message, stage.mail_host(to.domain))}"


def verdict(message: Message, receiver: str) -> str:
    """Return what the receiver wrote of a message from elsewhere; JourneyError if not all is well.

    Only what the receiver's own host wrote counts: anybody may write such headers.
    """
    own = receiver.partition(".")[2]
    results = " ".join(
        " ".join(str(value).split())
        for value in message.get_all("Authentication-Results", [])
        if str(value).split(";")[0].strip().endswith(own)
    )
    missing = [wanted for wanted in _PASSES if wanted not in results]
    if missing:
        raise JourneyError(f"{receiver} did not say {', '.join(missing)}: {results or 'nothing'}")
    hops = [" ".join(str(value).split()) for value in message.get_all("Received", [])]
    tls = next((hop for hop in hops if "ESMTPS " in hop and f".{own} (Postfix)" in hop), None)
    if tls is None:
        raise JourneyError(f"no hop to {receiver} was encrypted: {hops}")
    version = next((word for word in tls.split() if word.startswith("TLSv")), "TLS")
    return f"{', '.join(_PASSES)}, {version}"


def refused(stage: Stage) -> str:
    """Relaying without a login, another's sender address and a wrong password are refused."""
    person, colleague = stage.person(0), stage.person(1)
    domain = person.domain
    name = stage.mail_host(domain)

    def relay() -> None:
        with Plain(name, stage.address(name)) as smtp:
            smtp.ehlo("client.example.nl")
            smtp.sendmail(f"somebody@{domain}", ["somebody@example.org"], "Subject: relay\r\n\r\n")

    def forge() -> None:
        with submission(stage, domain) as smtp:
            smtp.login(person.mail, person.password)
            smtp.sendmail(colleague.mail, [person.mail], "Subject: forged\r\n\r\n")

    def guess() -> None:
        with submission(stage, domain) as smtp:
            smtp.login(person.mail, "not-the-password")

    tried = {"relaying": relay, "another's address": forge, "a wrong password": guess}
    return "; ".join(f"{what}: {refusal(what, attempt)}" for what, attempt in tried.items())


def refusal(what: str, attempt: Callable[[], None]) -> str:
    """Return the server's answer (its code) to what it must refuse for good."""
    try:
        attempt()
    except smtplib.SMTPRecipientsRefused as why:
        code, said = next(iter(why.recipients.values()))
    except smtplib.SMTPResponseException as why:
        code, said = why.smtp_code, _bytes(why.smtp_error)
    else:
        raise JourneyError(f"{what} was accepted")
    answer = said.decode(errors="replace")
    if not 500 <= code < 600:  # noqa: PLR2004
        raise JourneyError(f"{what} got {code} {answer}, not a refusal for good")
    return f"{code} {answer.splitlines()[0][:60]}"


def _bytes(said: bytes | str) -> bytes:
    return said if isinstance(said, bytes) else said.encode()
