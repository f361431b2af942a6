"""Mail as a mail program does it: submit with a password, read over IMAP."""

from __future__ import annotations

import smtplib
from contextlib import suppress
from typing import TYPE_CHECKING

from verify.journeys import client, headers
from verify.journeys.blame import for_good, words
from verify.journeys.stage import JourneyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from verify.journeys.client import Plain
    from verify.journeys.stage import Person, Stage

_FOREIGN = "somebody@example.org"
_ACCEPTED = 250


def inside(stage: Stage) -> str:
    """Submit to a colleague, read it in the colleague's inbox."""
    sender, to = stage.person(0), stage.person(1)
    sent = client.send(stage, sender, to)
    read = client.receive(stage, to, sent.subject)
    expected = {"From": sender.mail, "To": to.mail, "Message-ID": sent.message_id}
    for name, value in expected.items():
        if read.message[name] != value:
            raise JourneyError(f"{name} was {value} and arrived as {read.message[name]}")
    if client.TEXT not in read.message.as_string():
        raise JourneyError(f"the text of {sent.message_id} did not arrive as it was sent")
    return (
        f"{sender.mail} -> {to.mail}: {sent.message_id} "
        f"submitted on 465 over {sent.tls}, read on 993 over {read.tls}"
    )


def outward(stage: Stage) -> str:
    """Submit to the other organisation; it verifies us, over TLS."""
    return _across(stage, stage.person(0), stage.partner())


def inward(stage: Stage) -> str:
    """Get mail from the other organisation; we verify it, over TLS."""
    return _across(stage, stage.partner(), stage.person(0))


def _across(stage: Stage, sender: Person, to: Person) -> str:
    sent = client.send(stage, sender, to)
    message = client.receive(stage, to, sent.subject).message
    receivers = stage.mail_hosts(to.domain)
    said = headers.verified(message, receivers=receivers, domain=sender.domain)
    hops = [str(value) for value in message.get_all("Received", [])]
    tls = headers.tls_hop(hops, receivers=receivers, domain=sender.domain)
    return f"{sender.mail} -> {to.mail}: {sent.message_id}, {said}, between the two over {tls}"


def refused(stage: Stage) -> str:
    """Relaying without a login, another's sender address and a wrong password are refused."""
    person, colleague = stage.person(0), stage.person(1)
    name = stage.mail_host(person.domain)
    address = stage.address(name)

    def envelope() -> None:
        _submit_as(stage, person, envelope=colleague.mail, header=colleague.mail)

    def header() -> None:
        _submit_as(stage, person, envelope=person.mail, header=colleague.mail)

    def guess() -> None:
        with client.submission(name, address, stage.trust()) as smtp:
            smtp.login(person.mail, "not-the-password")

    with client.Plain(name, address) as smtp:
        relays = relaying(smtp, person)
    forgeries = {"another's address as sender": envelope, "another's address in From": header}
    tried = {**forgeries, "a wrong password": guess}
    return "; ".join([relays, *(f"{what}: {refusal(what, t)}" for what, t in tried.items())])


def relaying(smtp: Plain, person: Person) -> str:
    """Ask a mail server to take mail for elsewhere; return how it refused. Nothing is sent.

    It must take mail for ``person`` on the same connection: a server that refuses everything says
    nothing about relaying.
    """
    smtp.ehlo("client.example.org")
    _recipient(smtp, "", person.mail)

    def abroad(sender: str) -> Callable[[], None]:
        return lambda: _recipient(smtp, sender, _FOREIGN)

    tried = {"relaying": abroad(""), "relaying as a colleague": abroad(person.mail)}
    return "; ".join(f"{what}: {refusal(what, attempt)}" for what, attempt in tried.items())


def _recipient(smtp: Plain, sender: str, to: str) -> None:
    """Name sender and recipient, then think better of it; raise what the server refuses."""
    try:
        for code, said in (smtp.mail(sender), smtp.rcpt(to)):
            if code != _ACCEPTED:
                raise smtplib.SMTPResponseException(code, said)
    finally:
        with suppress(smtplib.SMTPServerDisconnected):
            smtp.rset()


def _submit_as(stage: Stage, person: Person, *, envelope: str, header: str) -> None:
    message = client.compose(header, person.mail)
    with client.logged_in(stage, person) as smtp:
        smtp.send_message(message, from_addr=envelope, to_addrs=[person.mail])
    # It was accepted, and that is the finding; it does not stay in the person's inbox.
    with suppress(JourneyError):
        client.receive(stage, person, message["Subject"])


def refusal(what: str, attempt: Callable[[], None]) -> str:
    """Return the server's answer to what it must refuse for good.

    JourneyError if it accepts; the client's own error if it answers neither yes nor no.
    """
    try:
        attempt()
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as why:
        if for_good(why):
            return words(why)[:120]
        raise
    raise JourneyError(f"{what} was accepted")
