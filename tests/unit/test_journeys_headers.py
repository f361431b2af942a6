"""What a receiver wrote is believed, and only that."""

from __future__ import annotations

import email
from email.policy import default

import pytest

from verify.journeys import headers
from verify.journeys.stage import JourneyError

HOPS = """\
Received: from mail1.b.test by mail1.b.test with LMTP id 3
Received: from mail1.a.test (mail1.a.test [192.0.2.1])
\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
\t key-exchange x25519 server-signature ECDSA (prime256v1))
\t(No client certificate requested)
\tby mail1.b.test (Postfix) with ESMTPS id 2
\tfor <y@b.test>; Tue, 24 Nov 2026 00:00:00 +0000 (UTC)
Received: from [127.0.0.1] (unknown [192.0.2.9])
\t(using TLSv1.2 with cipher X)
\tby mail1.a.test (Postfix) with ESMTPSA id 1
"""
GOOD = (
    HOPS
    + """\
Authentication-Results: mail1.b.test;
\tdkim=pass header.d=a.test header.s=kw1 header.b=abc;
\tdmarc=pass (policy=reject) header.from=a.test;
\tspf=pass (mail1.b.test: domain of x@a.test designates 192.0.2.1) smtp.mailfrom=x@a.test
From: x@a.test

hello
"""
)
RECEIVERS = ("mail1.b.test",)


def message(text: str) -> email.message.Message:
    return email.message_from_string(text, policy=default)


def verified(text: str) -> str:
    return headers.verified(message(text), receivers=RECEIVERS, domain="a.test")


def tls_hop(text: str) -> str:
    hops = [str(value) for value in message(text).get_all("Received", [])]
    return headers.tls_hop(hops, receivers=RECEIVERS, domain="a.test")


def test_a_message_that_was_verified_over_tls() -> None:
    assert verified(GOOD) == "spf=pass dkim=pass dmarc=pass for a.test"
    assert tls_hop(GOOD) == "TLSv1.3"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("dkim=pass", "dkim=fail", "dkim did not pass for a.test"),
        ("dkim=pass", "dkim=fail (dkim=pass", "dkim did not pass"),
        ("dmarc=pass", "dmarc=none", "dmarc did not pass"),
        ("spf=pass", "spf=softfail", "spf did not pass"),
        ("header.d=a.test", "header.d=evil.test", "dkim did not pass for a.test"),
        ("smtp.mailfrom=x@a.test", "smtp.mailfrom=x@evil.test", "spf did not pass"),
        ("header.from=a.test", "header.from=sub.a.test", "dmarc did not pass"),
        (
            "Authentication-Results: mail1.b",
            "Authentication-Results: evilmail1.b",
            "mail1.b.test wrote no",
        ),
        ("Authentication-Results", "X-Authentication-Results", "wrote no"),
    ],
)
def test_a_message_that_was_not_verified(old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(JourneyError, match=said):
        verified(GOOD.replace(old, new))


def test_what_came_below_the_receivers_own_verdict_is_not_believed() -> None:
    bad = GOOD.replace("spf=pass", "spf=fail")
    forged = GOOD[len(HOPS) :].partition("From:")[0]
    with pytest.raises(JourneyError, match="spf did not pass"):
        verified(bad.replace("From: x@a.test", f"{forged}From: x@a.test"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("with ESMTPS id 2", "with ESMTP id 2", "was not encrypted"),
        ("(using TLSv1.3", "(using", "was not encrypted"),
        ("by mail1.b.test (Postfix)", "by mail1.c.test (Postfix)", "no hop from a.test"),
        ("from mail1.a.test", "from mail1.evila.test", "no hop from a.test"),
    ],
)
def test_a_border_that_was_not_crossed_over_tls(old: str, new: str, said: str) -> None:
    assert old in HOPS
    with pytest.raises(JourneyError, match=said):
        tls_hop(HOPS.replace(old, new))
