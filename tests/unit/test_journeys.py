"""Journeys against small servers of our own that do the wrong thing: they must be seen to fail."""

from __future__ import annotations

import email
import json
import socket
import threading
from email.policy import default
from typing import TYPE_CHECKING

import pytest

from deploy import inventory
from deploy.errors import InputError
from deploy.paths import DEFAULT_INVENTORY
from verify import journeys
from verify.journeys import mail, web
from verify.journeys.stage import JourneyError, SkipError, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

GOOD = """\
Received: from mail1.a.test by mail1.b.test (Postfix) with LMTP id 1
Received: from mail1.a.test (mail1.a.test [192.0.2.1])
\t(using TLSv1.3 with cipher X)
\tby mail1.b.test (Postfix) with ESMTPS id 2
Authentication-Results: mail1.b.test; dkim=pass header.d=a.test;
\tdmarc=pass (policy=reject); spf=pass smtp.mailfrom=x@a.test
From: x@a.test

hello
"""


def verdict(text: str) -> str:
    return mail.verdict(email.message_from_string(text, policy=default), "mail.b.test")


def test_a_message_that_was_verified_over_tls() -> None:
    assert verdict(GOOD) == "spf=pass, dkim=pass, dmarc=pass, TLSv1.3"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("dkim=pass", "dkim=fail", "did not say dkim=pass"),
        ("dmarc=pass", "dmarc=none", "did not say dmarc=pass"),
        ("ESMTPS id", "ESMTP id", "no hop to mail.b.test was encrypted"),
        ("Authentication-Results: mail1.b.test", "Authentication-Results: mail1.a.test", "nothing"),
        (
            "by mail1.b.test (Postfix) with ESMTPS",
            "by mail1.a.test (Postfix) with ESMTPS",
            "no hop",
        ),
    ],
)
def test_a_message_that_was_not(old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(JourneyError, match=said):
        verdict(GOOD.replace(old, new))


def test_what_a_page_asks_of_others_is_found() -> None:
    urls = [
        "https://webmail.a.test/x",
        "https://a.test/",
        "data:image/png;base64,AA",
        "https://fonts.example.com/f.woff2",
        "https://a.test.example.com/",
        "https://nota.test/",
    ]
    assert web.foreign(urls, "a.test") == ["a.test.example.com", "fonts.example.com", "nota.test"]


@pytest.fixture
def open_relay() -> Iterator[int]:
    """Serve SMTP that accepts whatever it is told."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rwb", buffering=0) as stream:
            stream.write(b"220 relay.test\r\n")
            data = False
            for line in stream:
                if data and line != b".\r\n":
                    continue
                word = line[:4].upper()
                data = word == b"DATA"
                answers = {b"DATA": b"354 go\r\n", b"QUIT": b"221 bye\r\n"}
                stream.write(answers.get(word, b"250 fine\r\n"))

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()


def test_an_open_relay_fails_the_journey(open_relay: int) -> None:
    def attempt() -> None:
        with mail.Plain("relay.test", "127.0.0.1", open_relay) as smtp:
            smtp.sendmail("a@a.test", ["b@example.org"], "Subject: x\r\n\r\n")

    with pytest.raises(JourneyError, match="relaying was accepted"):
        mail.refusal("relaying", attempt)


def test_results_and_exit_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    def journey(error: Exception | None) -> journeys.Journey:
        def made(_: Stage) -> str:
            if error:
                raise error
            return "seen"

        return "mail", made

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
    assert results[2].seen == "ConnectionRefusedError: no"
    assert journeys.exit_code(results) == 1
    assert journeys.exit_code(results[2:]) == 3
    assert journeys.exit_code([results[0], results[3]]) == 0
    assert set(json.loads(json.dumps(journeys.as_json(results)))["journeys"][0]) == {
        *("name", "service", "status", "seen", "seconds", "screenshot")
    }
    with pytest.raises(InputError, match="no such journey: nonesuch"):
        journeys.run(lab, only=["nonesuch"])
