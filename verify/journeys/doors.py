"""The mail server's doors (IMAP, submission, ManageSieve), with a password or with a token."""

from __future__ import annotations

import imaplib
import smtplib
from typing import TYPE_CHECKING

from verify.journeys import blame, client, sieve
from verify.journeys.stage import JourneyError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from verify.journeys.stage import Person, Stage

    Door = Callable[[Person, str], None]  # logs in, with a password or a token


def with_password(stage: Stage, domain: str) -> dict[str, Door]:
    """Return what logs in at each door of a domain as a mail program does, with a password."""
    name, address, trust = _server(stage, domain)

    def imap(who: Person, password: str) -> None:
        with client.Imap(name, address, trust, client.IMAP) as box:
            box.login(who.mail, password)

    def submission(who: Person, password: str) -> None:
        with client.submission(name, address, trust) as smtp:
            smtp.login(who.mail, password)

    def filters(who: Person, password: str) -> None:
        with sieve.Sieve(name, address, trust) as box:
            box.plain(who.mail, password)

    return {"IMAP": imap, "submission": submission, "ManageSieve": filters}


def with_token(stage: Stage, domain: str) -> dict[str, Door]:
    """Return what logs in at each door of a domain with a token (RFC 7628)."""
    name, address, trust = _server(stage, domain)

    def imap(who: Person, token: str) -> None:
        with client.Imap(name, address, trust, client.IMAP) as box:
            box.authenticate("OAUTHBEARER", _answers(sieve.bearer(who.uid, token).encode()))

    def submission(who: Person, token: str) -> None:
        with client.submission(name, address, trust) as smtp:
            smtp.ehlo()
            answers = _answers(sieve.bearer(who.uid, token).encode())
            smtp.auth("OAUTHBEARER", lambda challenge=None: answers(challenge or b"").decode())

    def filters(who: Person, token: str) -> None:
        with sieve.Sieve(name, address, trust) as box:
            box.bearer(who.uid, token)

    return {"IMAP": imap, "submission": submission, "ManageSieve": filters}


def closed(stage: Stage, door: Door, person: Person, secret: str) -> str:
    """Return the server's words when it refuses for good; JourneyError if it lets one in.

    Who guesses waits longer every time, until a good login: there is one before.
    """
    _calm(stage)
    try:
        door(person, secret)
    except (imaplib.IMAP4.error, smtplib.SMTPAuthenticationError, sieve.RefusedError) as why:
        if blame.status(why) != "fail":
            raise
        return blame.words(why)
    raise JourneyError(f"{person.mail} was let in with what should not have been good")


def _calm(stage: Stage) -> None:
    with client.mailbox(stage, stage.person(0)):
        pass


def _server(stage: Stage, domain: str) -> tuple[str, str, ssl.SSLContext]:
    name = stage.mail_host(domain)
    return name, stage.address(name), stage.trust()


def _answers(first: bytes) -> Callable[[bytes], bytes]:
    """Answer the first challenge with ``first``; another is an error, which is heard with ^A."""
    said = [first]
    return lambda _: said.pop() if said else b"\1"
