"""A newcomer's first message: what the letter says, without its link, in the own mailbox."""

from __future__ import annotations

import re
import smtplib
import socket
import subprocess
from email.message import EmailMessage
from email.utils import formataddr, formatdate, make_msgid
from typing import TYPE_CHECKING

from deploy.errors import UnreachableError
from deploy.people import lettering

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deploy.inventory import Inventory
    from deploy.people.lettering import Place
    from deploy.people.newcomers import Newcomer

_SECONDS = 60.0
_WORDS = {
    "nl": (
        "Welkom bij {}",
        "Beste {},",
        "Fijn dat u er bent. Uw account is in gebruik; dit staat voor u klaar.",
        "Veel plezier ermee,",
    ),
    "en": (
        "Welcome to {}",
        "Dear {},",
        "Good to have you here. Your account is in use; this is what is ready for you.",
        "With kind regards,",
    ),
}


def subject_of(person: Newcomer, place: Place) -> str:
    """Return what the message is called, in the person's language."""
    return _WORDS[lettering.language_of(person)][0].format(place.sender)


def compose(person: Newcomer, place: Place) -> EmailMessage:
    """Return the message, as text and as HTML; it asks nothing of any server when it is opened."""
    language = lettering.language_of(person)
    _, greeting, opening, closing = _WORDS[language]
    subject, greeting = subject_of(person, place), greeting.format(person.name)
    told = lettering.told(person, place, language)
    message = EmailMessage()
    message["From"] = formataddr((place.sender, f"noreply@{place.domain}"))
    message["To"] = formataddr((person.name, person.mail))
    message["Subject"] = subject
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain=place.domain)
    message["Auto-Submitted"] = "auto-generated"
    plain = re.sub(r"\*\*|^## ", "", told, flags=re.MULTILINE)
    text = f"{greeting}\n\n{opening}\n\n{plain}\n{closing}\n{place.sender}\n"
    message.set_content(text, cte="quoted-printable")
    page = lettering.welcome_page(
        language=language,
        subject=subject,
        greeting=greeting,
        opening=opening,
        told=told,
        closing=closing,
        place=place,
    )
    message.add_alternative(page, subtype="html", cte="quoted-printable")
    message["Content-Language"] = language  # with the content, which takes older ones away
    return message


def send(
    inventory: Inventory, organisation: str, people: Sequence[Newcomer], place: Place
) -> tuple[list[Newcomer], list[str]]:
    """Hand everybody's message to the organisation's mail server, over one connection.

    Returns who got theirs, and what was said of the others. Nobody gets one where the organisation
    has no mail server. UnreachableError if that does not answer.
    """
    hosts = inventory.with_role("postfix", organisation)
    done: list[Newcomer] = []
    refused: list[str] = []
    if not hosts or not people:
        return done, refused
    from deploy.procedures.bootstrap import ssh_command  # noqa: PLC0415  (a second to import)

    ours, theirs = socket.socketpair()
    words = [*ssh_command(inventory, hosts[0]), "sudo -n /usr/sbin/sendmail -bs"]
    with (
        ours,
        subprocess.Popen(
            words, stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=subprocess.DEVNULL
        ),
    ):
        theirs.close()
        try:
            with _Dialogue(ours) as smtp:
                for person in people:
                    if why := _hand_over(smtp, person, place):
                        refused.append(f"{person.uid}: {why}")
                    else:
                        done.append(person)
        except (smtplib.SMTPException, OSError) as why:
            if not done:
                raise UnreachableError(
                    f"messages of welcome did not go out: {why}",
                    where=f"{hosts[0].name} ({hosts[0].address})",
                    next_step="see that postfix runs there, then run this again; "
                    "the letters are written",
                ) from why
            refused.append(f"those after {done[-1].uid}, who get it the next time: {why}")
    return done, refused


def _hand_over(smtp: smtplib.SMTP, person: Newcomer, place: Place) -> str:
    """Return why the server does not take this person's message, or nothing."""
    try:
        smtp.send_message(compose(person, place))
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as why:
        return str(why)
    return ""


class _Dialogue(smtplib.SMTP):
    """SMTP with a program that stands at the other end of ``connection``."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        super().__init__("localhost", timeout=_SECONDS)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:  # noqa: ARG002
        self._connection.settimeout(timeout)
        return self._connection
