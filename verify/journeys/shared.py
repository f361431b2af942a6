"""A mailbox that several people read and answer from, in a mail program of each."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from verify.journeys import client, mail
from verify.journeys.stage import JourneyError

if TYPE_CHECKING:
    import imaplib
    from collections.abc import Iterator

    from deploy.people import Mailbox
    from verify.journeys.stage import Person, Stage

_FOLLOWS = 75.0  # seconds: the mail server looks once a minute who is a member


def mailbox(stage: Stage) -> str:
    """Write to a shared mailbox; its members read it and answer as it, and nobody else does."""
    box, (reader, answerer), outsider = stage.shared_mailbox()
    to = next(iter(box.aliases), box.mail)
    question = client.compose(outsider.mail, to)
    with client.logged_in(stage, outsider) as smtp:
        smtp.send_message(question)
    subject = question["Subject"]
    try:
        for member in (reader, answerer):
            with opened(stage, member, box) as inbox:
                client.wait_for(inbox, subject, f"{member.mail}'s view of {box.mail}")
        answer = client.compose(box.mail, outsider.mail)
        with client.logged_in(stage, answerer) as smtp:
            smtp.send_message(answer)
        client.receive(stage, outsider, answer["Subject"])
        closed = _closed(stage, outsider, box)
    finally:
        with suppress(JourneyError), opened(stage, reader, box) as inbox:
            client.delete(inbox, "SUBJECT", f'"{subject}"')
    return (
        f"{outsider.mail} -> {to}: read by {reader.mail} and {answerer.mail} in {folder(box)}, "
        f"answered as {box.mail}; {outsider.mail} {closed}"
    )


def folder(box: Mailbox) -> str:
    """Return where a member sees the mailbox."""
    return f"Shared/{box.mail}"


def _listed(stage: Stage, person: Person, box: Mailbox) -> bool:
    with client.mailbox(stage, person) as inbox:
        return any(folder(box) in str(line) for line in inbox.lsub()[1])


@contextmanager
def opened(stage: Stage, person: Person, box: Mailbox) -> Iterator[imaplib.IMAP4_SSL]:
    """Open the shared mailbox as ``person``; JourneyError if it is not among the folders.

    It has to be subscribed: that is what mail programs and web mail show. Who has just become a
    member sees it within a minute.
    """
    deadline = time.monotonic() + _FOLLOWS
    while not _listed(stage, person, box):
        if time.monotonic() > deadline:
            raise JourneyError(f"{folder(box)} is not among the folders of {person.mail}")
        time.sleep(2)
    with client.mailbox(stage, person) as inbox:
        status, said = inbox.select(f'"{folder(box)}"')
        if status != "OK":
            raise JourneyError(f"{person.mail} may not open {folder(box)}: {said!r}")
        yield inbox


def _closed(stage: Stage, outsider: Person, box: Mailbox) -> str:
    """Try what nobody but a member may; return how it was refused."""
    with client.mailbox(stage, outsider) as inbox:
        listed = inbox.list(pattern="Shared/*")[1]
        if any(listed):
            raise JourneyError(f"{outsider.mail}, who is no member, is shown {listed!r}")
        for name in (folder(box), f"{folder(box)}/INBOX"):
            if inbox.select(f'"{name}"', readonly=True)[0] == "OK":
                raise JourneyError(f"{outsider.mail}, who is no member, opened {name}")

    def pretend() -> None:
        with client.logged_in(stage, outsider) as smtp:
            smtp.send_message(client.compose(box.mail, outsider.mail))

    what = f"{box.mail} as the sender of {outsider.mail}"
    return f"neither sees nor opens it, nor sends so: {mail.refusal(what, pretend)}"
