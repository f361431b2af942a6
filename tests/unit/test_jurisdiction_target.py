"""What is written in a configuration becomes one target, or is refused."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

from verify.jurisdiction.target import BadTargetError, Kind, parse

if TYPE_CHECKING:
    from pathlib import Path


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
        ("https://user:pass@example.nl:8443", Kind.NAME, "example.nl"),
        ("ldaps://directory.example.nl:636", Kind.NAME, "directory.example.nl"),
        ("example.nl:443", Kind.NAME, "example.nl"),
        ("ghcr.io/kootwijk/image:1.0", Kind.NAME, "ghcr.io"),
        ("git@github.com:kootwijk/kootwijk.git", Kind.NAME, "github.com"),
        ("git@github.com:1password/cli", Kind.NAME, "github.com"),
        ("github.com:kootwijk/kootwijk.git", Kind.NAME, "github.com"),
        ("example.nl:65535", Kind.NAME, "example.nl"),
        ("https://example.nl:/", Kind.NAME, "example.nl"),
        ("*.example.nl:*", Kind.NAME, "example.nl"),
        ("//fonts.googleapis.com/css?family=x", Kind.NAME, "fonts.googleapis.com"),
        ("stun:stun.l.google.com:19302", Kind.NAME, "stun.l.google.com"),
        ("turns:turn.example.nl:5349?transport=tcp", Kind.NAME, "turn.example.nl"),
        ("turn:[2606:4700::1]:3478", Kind.ADDRESS, "2606:4700::1"),
        ("[smtp.example.nl]:587", Kind.NAME, "smtp.example.nl"),
        ("localhost", Kind.NAME, "localhost"),
        ("user@zivver.com", Kind.MAIL, "zivver.com"),
        ("mailto:dmarc@example.nl?subject=x", Kind.MAIL, "example.nl"),
        ("mailto:dmarc@example.nl!10m", Kind.MAIL, "example.nl"),
        ("mailto:first%2Blast@example.nl", Kind.MAIL, "example.nl"),
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
        ("::ffff:8.8.8.0/120", Kind.NETWORK, "8.8.8.0/24"),
        ("64:ff9b::808:808/128", Kind.NETWORK, "8.8.8.8/32"),
        ("2002:808:808::/48", Kind.NETWORK, "8.8.8.8/32"),
        ("2002:808::/32", Kind.NETWORK, "8.8.0.0/16"),
        ("::ffff:0:0/95", Kind.NETWORK, "::fffe:0:0/95"),
        ("AS16509", Kind.ASN, "AS16509"),
        ("asn 16509", Kind.ASN, "AS16509"),
        ("Akamai International B.V.", Kind.ORGANISATION, "Akamai International B.V."),
        ("Hetzner", Kind.ORGANISATION, "Hetzner"),
        ("C=US, O=Let's Encrypt, CN=R3", Kind.ISSUER, "C=US, O=Let's Encrypt, CN=R3"),
        ("issuer=C = US, O = x", Kind.ISSUER, "issuer=C = US, O = x"),
        ("/C=US/O=x", Kind.ISSUER, "/C=US/O=x"),
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
        "AS99999999999",
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


@pytest.mark.parametrize(
    ("text", "why"),
    [
        # several in one, of which only one would be judged
        ("x@gmail.com,y@surf.nl", "more than one @"),
        ("mailto:a@gmail.com,mailto:b@surf.nl", "LOCAL@DOMAIN"),
        ("mailto:a%40gmail.com%2Cb@surf.nl", "LOCAL@DOMAIN"),
        ("mailto:a@surf.nl?cc=b@gmail.com", "several mail addresses"),
        ("gmail.com,y@surf.nl", "LOCAL@DOMAIN"),
        ("Jan <jan@gmail.com>", "a space"),
        ("x@gmail.com y@surf.nl", "a space"),
        ("surf.nl:443,microsoft.com", "several targets"),
        ("surf.nl:443:microsoft.com:443", "no port"),
        ("https://surf.nl/ https://microsoft.com/", "several targets"),
        ("https://surf.nl/,https://microsoft.com/", "several targets"),
        ("mongodb://a.surf.nl:27017,b.mongodb.net:27017/x", "several targets"),
        # what programs read in different ways
        ("https://surf.nl\\@microsoft.com", "backslash"),
        ("https:\\\\microsoft.com\\x", "backslash"),
        ("https://a@surf.nl@microsoft.com/", "more than one @"),
        ("[surf.nl]microsoft.com", "no port"),
        ("9.9.9.9%.microsoft.com", "host name"),
        ("2130706433", "bare number"),
        ("0x7F000001", "bare number"),
        ("16509", "bare number"),
        ("9.9.9.9/33", "length of a prefix"),
        ("9.9.9.9/x", "length of a prefix"),
        ("2620:fe::fe/129", "length of a prefix"),
        # a URL that is none, and a port that is none
        ("https:/surf.nl", "no port"),
        ("http:surf.nl", "no port"),
        ("jdbc:postgresql://surf.nl:5432/x", "no port"),
        ("surf.nl:99999", "no port"),
        ("https://surf.nl:{{port}}/", "no port"),
        ("http://[::1", "no port"),
    ],
)
def test_what_would_be_half_judged_is_refused_and_says_why(text: str, why: str) -> None:
    with pytest.raises(BadTargetError, match=why) as caught:
        parse(text)
    assert caught.value.next_step.startswith("give ")


def test_a_path_is_a_file_or_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.pem").mkdir()
    os.mkfifo(tmp_path / "fifo.pem")
    (tmp_path / "file").touch()
    assert parse(str(tmp_path / "file")).kind is Kind.CERTIFICATE
    for path, why in (
        ("missing.pem", "No such file"),
        ("./missing.crt", "No such file"),
        ("x" * 300 + ".pem", "too long"),
        (str(tmp_path / "absent"), "No such file"),
        (str(tmp_path / "folder.pem"), "a folder or a device"),
        (str(tmp_path / "fifo.pem"), "a folder or a device"),
    ):
        with pytest.raises(BadTargetError, match=why) as caught:
            parse(path)
        assert "certificate file" in caught.value.next_step


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
