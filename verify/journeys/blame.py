"""Whose fault an error is: the platform did wrong, or nothing could be found out."""

from __future__ import annotations

import imaplib
import smtplib
import ssl

from playwright.sync_api import Error as BrowserError
from playwright.sync_api import TimeoutError as BrowserTimeoutError

from deploy.errors import KootwijkError
from verify.journeys.stage import JourneyError, SkipError

_WORDS = 400


def status(why: Exception) -> str:
    """Return what a journey's exception makes of it: fail, error or skipped."""
    if isinstance(why, SkipError):
        return "skipped"
    return "fail" if _platform(why) else "error"


def _platform(why: Exception) -> bool:
    if isinstance(why, (JourneyError, ssl.SSLCertVerificationError)):
        return True
    if isinstance(why, smtplib.SMTPException):
        return for_good(why)
    if isinstance(why, imaplib.IMAP4.error):
        # RFC 5530: what a server says that cannot tell now.
        return not isinstance(why, imaplib.IMAP4.abort) and "[UNAVAILABLE]" not in str(why)
    if isinstance(why, BrowserTimeoutError):
        # A page that was there and did not come to show what it should; else no page was there.
        return not str(why).startswith("Page.goto")
    return isinstance(why, BrowserError) and "net::ERR_CERT_" in str(why)


def for_good(why: smtplib.SMTPException) -> bool:
    """Say whether a mail server refused for good (5xx); 4xx and hanging up are for now."""
    codes: list[int] = []
    if isinstance(why, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in why.recipients.values()]
    elif isinstance(why, smtplib.SMTPResponseException):
        codes = [why.smtp_code]
    return any(500 <= code < 600 for code in codes)  # noqa: PLR2004


def words(why: Exception) -> str:
    """Return the error as one line that a person can read."""
    if isinstance(why, smtplib.SMTPRecipientsRefused):
        return _flat("; ".join(_answer(code, said) for code, said in why.recipients.values()))
    if isinstance(why, smtplib.SMTPResponseException):
        return _flat(_answer(why.smtp_code, why.smtp_error))
    if isinstance(why, (KootwijkError, JourneyError, SkipError)):
        return _flat(str(why))
    # The browser adds a log of its calls, which says no more.
    return _flat(f"{type(why).__name__}: {why}".partition("Call log:")[0])


def _answer(code: int, said: bytes | str) -> str:
    return f"{code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"


def _flat(text: str) -> str:
    return " ".join(text.split())[:_WORDS]
