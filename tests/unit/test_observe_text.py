"""What of a text is said, and which endpoints it names: comments, formats, disguises."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.unit.verify_on_host import load

US = "https://a.azurewebsites.net"


KNOT = (
    "acl:\n  - id: weg\n    address: [8.8.8.0/24,\n      2001:4860::/32]\n    deny: on\n    x: y\n"
)


@pytest.fixture(scope="module")
def text() -> Any:
    return load()["text"]


@pytest.mark.parametrize(
    ("kind", "said", "silent"),
    [
        ("hash", f"x = {US}", f"# x = {US}\nx = y # {US}"),
        ("ini", f"x = {US}", f"; {US}\n# {US}"),
        ("php", f"$x = '{US}';", f"// {US}\n/* {US}\n {US} */\n# {US}\n$a = 1; # {US}"),
        ("css", f"@import url({US});", f"/* {US} */"),
        ("xml", f"<a href='{US}'/>", f"<!-- {US} --><!DOCTYPE a PUBLIC '-//x' '{US}'>"),
        ("xml", f"<a href='{US}'/>", f'<a xmlns:x="{US}" xsi:schemaLocation="{US} {US}/x.xsd"/>'),
        ("html", f"<script src={US}>", f"<a href={US}>{US}</a><!-- <script src={US}> -->"),
        ("zone", "x MX 1 mx.a.azurewebsites.net.", "; x MX 1 mx.a.azurewebsites.net."),
        ("chrony", "server time.google.com", "! server time.google.com\n% pool time.google.com"),
        ("unbound", "forward-host: dns.google@853", 'local-zone: "dns.google" always_refuse'),
        (
            "unbound",
            'local-data: "x.nl A 8.8.8.8"',
            'local-data: "dns.google A 10.0.0.1" # 8.8.8.8',
        ),
        ("table", "x.nl smtp:[a.azurewebsites.net]", "a.azurewebsites.net REJECT\n# azure.com x"),
        ("table", "/x/ FILTER smtp:a.azurewebsites.net", "/^R: .*\\.google\\.com/i IGNORE"),
        ("nginx", f"proxy_pass {US};", f"# {US}\nmap $http_user_agent $x {{ ~*bing.com/bot 1; }}"),
        ("nginx", f"proxy_pass {US};", 'if ($http_referer ~* "google.com") { }'),
        ("nginx", "allow 8.8.8.8;", "location / { deny 8.8.8.0/24; } deny 2001:4860::/32 ;"),
        ("chrony", "server 8.8.8.8", "deny 8.8.8.8\n cmddeny 8.8.8.0/24"),
        ("unbound", "forward-addr: 8.8.8.8", "do-not-query-address: 8.8.8.8"),
        ("unbound", "access-control: 8.8.8.8 allow", "access-control: 8.8.8.0/24 refuse_non_local"),
        ("table", "x.nl relay:[google.com]", "x.nl secure match=.google.com:google.com"),
        (
            "hba",
            "host all all 8.8.8.8/32 md5",
            "hostssl all all 8.8.8.8/32 reject\nlocal all all peer",
        ),
        ("nft", "ip daddr 8.8.8.8 accept", "ip daddr { 8.8.8.8, 1.1.1.1 } counter drop"),
        ("nft", "ip daddr 8.8.8.8 accept # drop", "ip6 daddr 2001:4860::/32 reject with x"),
        ("nginx", "return 302 https://google.com;", "valid_referers none *.google.com;"),
        ("hash", "https_proxy=http://google.com", "export NO_PROXY='google.com,.amazonaws.com'"),
        ("yaml", "https_proxy: google.com", "no_proxy: google.com"),
        ("nginx", "sub_filter a https://google.com;", "sub_filter 'https://google.com/x' '/x';"),
        ("main.cf", "a =\n  [google.com]:25", "a = google.com,\n  bing.com\nb = c\na ="),
        ("knot", KNOT.replace("on", "off"), KNOT),
        ("knot", f"{KNOT}  - id: ns\n    address: 8.8.8.8\n", KNOT),
        ("yaml", f"a: {{b: '{US}'}}", f"# a: {US}\na: 1  # {US}"),
        ("lua", f"x = '{US}'", f"-- {US}\n--[[ {US} ]]"),
    ],
)
def test_what_is_said_counts_and_a_comment_does_not(
    text: Any, kind: str, said: str, silent: str
) -> None:
    assert [*text.rows(said, kind)]
    mine = [r for r in text.rows(silent, kind) if r[2] != "10.0.0.1"]
    assert mine == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("http://134744072/x", ["http://8.8.8.8"]),
        ("http://0x08080808:81/", ["http://8.8.8.8:81"]),
        ("http://010.8.8.8/", ["http://8.8.8.8"]),
        ("http://8080/ http://localhost/", ["http://8080", "http://localhost"]),
        ("https://s3%2Eamazonaws%2Ecom/", ["https://s3.amazonaws.com"]),
        ("https://www.rijksoverheid.nl@evil.example/", ["https://evil.example"]),
        ("https://x:secret@evil.example/?token=1", ["https://evil.example"]),
        ("forward-addr: ::ffff:8.8.8.8@53", ["::ffff:8.8.8.8"]),
        ("1.1.1.1@853#cloudflare-dns.com", ["1.1.1.1", "cloudflare-dns.com"]),
        ("[2a05:d014::1]:443", ["2a05:d014::1"]),
        ("12:30:15 10.1", []),
        ("time 256.1.1.1", []),
        ("jan@bit.nl", ["mailto:x@bit.nl"]),
        ("echo aHR0cHM6Ly9hcGkuZHJvcGJveGFwaS5jb20= | base64 -d", ["https://api.dropboxapi.com"]),
        ("//x.file.core.windows.net/share", ["https://x.file.core.windows.net"]),
        ("url(//fonts.gstatic.com/s/x.woff2)", ["https://fonts.gstatic.com"]),
        ("https://kооtwijk.nl", ["https://kооtwijk.nl"]),  # noqa: RUF001  (Cyrillic)
        ("file:///etc/x unix:/run/x data:text/plain,x", []),
        ("$HOME ${URL} %h {{ name }}", []),
    ],
)
def test_disguises_are_seen_through(text: Any, line: str, found: list[str]) -> None:
    assert [*text.endpoints(line)] == found


@pytest.mark.parametrize(
    "kind",
    [
        "hash",
        "php",
        "json",
        "yaml",
        "xml",
        "html",
        "nginx",
        "unbound",
        "knot",
        "hba",
        "nft",
        "main.cf",
    ],
)
def test_no_text_takes_long_or_fails(text: Any, kind: str) -> None:
    start = time.process_time()
    for hostile in (
        "{" * 100_000,
        "a." * 50_000,
        "/* " * 200_000,
        "<a " * 200_000,
        "<script " * 100_000,
        "--[[ " * 100_000,
        '"' * 99_999,
        "<!--" * 200_000,
        "\ud800\udfff\x00\x1b[31m" * 1000,
        "x: " * 30_000,
        ":" * 100_000,
        "~* " * 30_000,
        "- a\n " * 100_000,
        "- a\n" + " b\n" * 200_000,
        "host " * 100_000,
        "no_proxy" * 30_000,
    ):
        list(text.rows(hostile, kind))
    assert time.process_time() - start < 20
