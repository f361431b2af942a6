"""What journeys make of what happens to them."""

from __future__ import annotations

import imaplib
import json
import smtplib
import ssl

import pytest
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import TimeoutError as BrowserTimeoutError

from deploy import inventory
from deploy.errors import InputError, UnreachableError
from deploy.paths import DEFAULT_INVENTORY
from verify import journeys
from verify.journeys import blame
from verify.journeys.stage import JourneyError, SkipError, Stage

NO = smtplib.SMTPAuthenticationError(535, b"5.7.8 authentication failed")
LATER = smtplib.SMTPAuthenticationError(454, b"4.3.0 Try again later")


def journey(error: Exception | None) -> journeys.Journey:
    def made(_: Stage) -> str:
        if error:
            raise error
        return "seen"

    return "mail", made


def test_results_and_exit_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {
        "good": journey(None),
        "bad": journey(JourneyError("wrong")),
        "away": journey(ConnectionRefusedError("no")),
        "none": journey(SkipError("nothing here")),
    }
    monkeypatch.setattr(journeys, "JOURNEYS", found)
    lab = inventory.load(DEFAULT_INVENTORY)
    results = journeys.run(lab)
    assert [r.status for r in results] == ["pass", "fail", "error", "skipped"]
    assert [r.seen for r in results] == [
        *("seen", "wrong", "ConnectionRefusedError: no", "nothing here")
    ]
    assert journeys.exit_code(results) == 1
    assert journeys.exit_code(results[2:]) == 3
    assert journeys.exit_code([results[0], results[3]]) == 0
    assert [r.name for r in journeys.run(lab, only=["good", "none"])] == ["good", "none"]
    with pytest.raises(InputError, match="no such journey: nonesuch"):
        journeys.run(lab, only=["nonesuch"])


def test_the_schema_of_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journeys, "JOURNEYS", {"bad": journey(JourneyError("wrong"))})
    made = journeys.as_json(journeys.run(inventory.load(DEFAULT_INVENTORY)))
    found = json.loads(json.dumps(made))
    assert found["version"] == 1
    (one,) = found["journeys"]
    assert isinstance(one.pop("seconds"), float)
    assert one == {
        "name": "bad",
        "service": "mail",
        "status": "fail",
        "seen": "wrong",
        "screenshot": None,
    }


@pytest.mark.parametrize(
    ("why", "status"),
    [
        (NO, "fail"),
        (LATER, "error"),
        (smtplib.SMTPRecipientsRefused({"a@b.test": (550, b"no such user")}), "fail"),
        (smtplib.SMTPRecipientsRefused({"a@b.test": (451, b"later")}), "error"),
        (smtplib.SMTPServerDisconnected("gone"), "error"),
        (imaplib.IMAP4.error("[AUTHENTICATIONFAILED] Authentication failed."), "fail"),
        (imaplib.IMAP4.error("[UNAVAILABLE] Temporary authentication failure."), "error"),
        (imaplib.IMAP4.abort("socket error: EOF"), "error"),
        (ssl.SSLCertVerificationError(1, "certificate has expired"), "fail"),
        (BrowserError("Page.goto: net::ERR_CERT_AUTHORITY_INVALID at https://a.test/"), "fail"),
        (BrowserError("Page.goto: net::ERR_CONNECTION_REFUSED at https://a.test/"), "error"),
        (BrowserTimeoutError("Page.goto: Timeout 20000ms exceeded."), "error"),
        (BrowserTimeoutError("Locator.wait_for: Timeout 20000ms exceeded."), "fail"),
        (UnreachableError("mail.a.test did not answer on port 465"), "error"),
        (InputError("no account yet"), "error"),
        (ZeroDivisionError("our own mistake"), "error"),
    ],
    ids=str,
)
def test_whose_fault_it_is(why: Exception, status: str) -> None:
    assert blame.status(why) == status


def test_an_error_is_one_line_that_can_be_read() -> None:
    assert blame.words(LATER) == "454 4.3.0 Try again later"
    assert blame.words(InputError("no account", where="x", next_step="y")) == (
        "no account where: x next: y"
    )
    assert blame.words(BrowserError("Page.goto: no\nCall log:\n  - x")) == "Error: Page.goto: no"
    assert blame.words(TimeoutError("timed\n  out")) == "TimeoutError: timed out"
