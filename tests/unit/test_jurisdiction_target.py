"""What is written in a configuration becomes one target, or is refused."""

from __future__ import annotations

import random

import pytest

from verify.jurisdiction.target import BadTargetError, Kind, parse


@pytest.mark.parametrize(
    ("text", "kind", "normal"),
    [
        ("surf.nl", Kind.NAME, "surf.nl"),
        ("SURF.NL.", Kind.NAME, "surf.nl"),
        ("*.amazonaws.com", Kind.NAME, "amazonaws.com"),
        ("_dmarc.example.nl", Kind.NAME, "_dmarc.example.nl"),
        ("bücher.example", Kind.NAME, "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", Kind.NAME, "xn--bcher-kva.example"),
        ("example\u3002nl", Kind.NAME, "example.nl"),
        ("https://example.nl/path?x=1#y", Kind.NAME, "example.nl"),
        ("https://microsoft.com@evil.nl/", Kind.NAME, "evil.nl"),
        ("https://evil.nl\\@microsoft.com/", Kind.NAME, "evil.nl"),
        ("https://user:pass@example.nl:8443", Kind.NAME, "example.nl"),
        ("ldaps://directory.example.nl:636", Kind.NAME, "directory.example.nl"),
        ("example.nl:443", Kind.NAME, "example.nl"),
        ("ghcr.io/kootwijk/image:1.0", Kind.NAME, "ghcr.io"),
        ("git@github.com:kootwijk/kootwijk.git", Kind.NAME, "github.com"),
        ("localhost", Kind.NAME, "localhost"),
        ("user@zivver.com", Kind.MAIL, "zivver.com"),
        ("mailto:dmarc@example.nl?subject=x", Kind.MAIL, "example.nl"),
        ("user@[1.2.3.4]", Kind.ADDRESS, "1.2.3.4"),
        ("user@[IPv6:2001:db8::1]", Kind.ADDRESS, "2001:db8::1"),
        ("1.1.1.1", Kind.ADDRESS, "1.1.1.1"),
        ("::ffff:1.1.1.1", Kind.ADDRESS, "1.1.1.1"),
        ("64:ff9b::808:808", Kind.ADDRESS, "8.8.8.8"),
        ("2002:0101:0101::1", Kind.ADDRESS, "1.1.1.1"),
        ("[2606:4700::1]:443", Kind.ADDRESS, "2606:4700::1"),
        ("https://[2606:4700::1]:443/", Kind.ADDRESS, "2606:4700::1"),
        ("fe80::1%eth0", Kind.ADDRESS, "fe80::1"),
        ("https://1.1.1.1/dns-query", Kind.ADDRESS, "1.1.1.1"),
        ("192.0.2.77/24", Kind.NETWORK, "192.0.2.0/24"),
        ("AS16509", Kind.ASN, "AS16509"),
        ("asn 16509", Kind.ASN, "AS16509"),
        ("Akamai International B.V.", Kind.ORGANISATION, "Akamai International B.V."),
        ("Hetzner", Kind.ORGANISATION, "Hetzner"),
        ("C=US, O=Let's Encrypt, CN=R3", Kind.ISSUER, "C=US, O=Let's Encrypt, CN=R3"),
        (".nl", Kind.TLD, "nl"),
    ],
)
def test_targets(text: str, kind: Kind, normal: str) -> None:
    found = parse(text)
    assert (found.kind, found.normal) == (kind, normal)
    assert found.text == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "a..nl",
        "1.2.3",
        "0x7f.1",
        "256.1.1.1",
        "AS0",
        "AS4294967296",
        "user@",
        "@example.nl",
        "https://",
        "exa mple\x00.nl",
        "line\nbreak.nl",
        "x" * 64 + ".nl",
        "a." * 130 + "nl",
        "x" * 5000,
        "xn--\u00fc.nl",
        "xn--zzzzzzzzz9.nl",
        "\ud800.nl",
        "-.nl",
        "user@[not an address]",
    ],
)
def test_what_is_no_target_is_refused(text: str) -> None:
    with pytest.raises(BadTargetError) as caught:
        parse(text)
    assert caught.value.exit_code == 2
    assert caught.value.where.isprintable()


def test_any_text_is_a_target_or_refused_and_nothing_else() -> None:
    generator = random.Random(4)
    alphabet = "abzA0.-_:@/[]%*\\ \t\x00é\u0430\u0441\u3002\u30fc1nl=,O"
    for _ in range(20_000):
        text = "".join(generator.choices(alphabet, k=generator.randrange(1, 20)))
        try:
            found = parse(text)
        except BadTargetError:
            continue
        assert found.normal
        if found.is_name:
            assert found.normal.isascii()
            assert parse(found.normal).normal == found.normal
