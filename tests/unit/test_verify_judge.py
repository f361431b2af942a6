"""Whose an endpoint is: the platform's own, nobody's, or somebody's, wherever a name leads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from deploy import inventory as inventories
from verify import evidence
from verify.judge import Judge
from verify.jurisdiction import Engine, Status
from verify.model import HostSeen

if TYPE_CHECKING:
    from pathlib import Path

HOSTS = """---
all:
  vars:
    kootwijk_organisation: o
    kootwijk_domain: o.test
    kootwijk_depot_url: http://10.1.2.1:8470
  hosts:
    kw1: {ansible_host: 10.1.2.10, kootwijk_ipv6: "fd00::10"}
    kw2: {ansible_host: 145.100.1.1}
  children:
    names:
      hosts: {kw1: {}}
"""


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.load()


def judge(tmp_path: Path, engine: Engine, **services: Any) -> Judge:
    (tmp_path / "hosts.yml").write_text(HOSTS)
    found = inventories.load(tmp_path)
    facts = {"services": services, "answers": services.pop("answers", {})}
    seen = (HostSeen("kw1", "kw1.o.test", "10.1.2.10", "o", (), reached=True, facts=facts),)
    return Judge(engine, found, seen)


@pytest.mark.parametrize(
    ("endpoint", "scope"),
    [
        *(("10.1.2.10", "own"), ("fd00::10", "own"), ("http://10.1.2.1", "own")),
        *(("145.100.1.1", "own"), ("webmail.o.test", "own"), ("mailto:x@o.test", "own")),
        *(("127.0.0.1", "internal"), ("10.9.9.9", "internal"), ("::1", "internal")),
        *(("fe80::1", "internal"), ("0.0.0.0", "internal"), ("224.0.0.1", "internal")),
        *(("localhost", "internal"), ("198.51.100.7", "documentation")),
        *(("2001:db8::1", "documentation"), ("cdn.example.com", "documentation")),
        *(("anything.test", "documentation"), ("http://x.invalid", "documentation")),
        *(("8.8.8.8", "public"), ("https://s3.eu-central-1.amazonaws.com", "public")),
    ],
)
def test_scope(tmp_path: Path, engine: Engine, endpoint: str, scope: str) -> None:
    assert judge(tmp_path, engine).place("kw1", endpoint).scope == scope


@pytest.mark.parametrize(
    ("endpoint", "status"),
    [
        ("https://s3.eu-central-1.amazonaws.com", Status.FAIL),
        ("20.50.2.1", Status.FAIL),
        ("::ffff:20.50.2.1", Status.FAIL),
        ("http://::ffff:20.50.2.1", Status.FAIL),
        ("52.94.0.0/16", Status.FAIL),
        ("mailto:x@gmail.com", Status.FAIL),
        ("issuer: O=DigiCert Inc, CN=DigiCert Global G2, C=US", Status.FAIL),
        ("dns.quad9.net", Status.PASS),
        ("9.9.9.9", Status.PASS),
        ("www.hetzner.com", Status.PASS),
        ("surf.nl", Status.PASS),
        ("leaseweb.nl", Status.PASS),
        ("nobody-knows-this.nl", Status.UNKNOWN),
        ("m\u0456crosoft.com", Status.UNKNOWN),
        ("paypa1.com", Status.UNKNOWN),
        ("-bad-.com", Status.UNKNOWN),
    ],
)
def test_status(tmp_path: Path, engine: Engine, endpoint: str, status: Status) -> None:
    assert judge(tmp_path, engine).place("kw1", endpoint).status is status


def test_a_name_is_judged_by_where_etc_hosts_leads_it(tmp_path: Path, engine: Engine) -> None:
    rows = [[3, "52.94.236.248", ["mirror.surf.nl", "depot.o.test"]], [4, "127.0.0.1", ["x.nl"]]]
    made = judge(tmp_path, engine, hosts_file={"hosts": rows})
    for name in ("mirror.surf.nl", "https://depot.o.test"):
        place = made.place("kw1", name)
        assert place.status is Status.FAIL
        assert place.via[0]["value"].endswith("-> 52.94.236.248")
    assert made.place("kw1", "x.nl").scope == "own"
    assert made.place("another", "depot.o.test").status is Status.PASS


def test_an_own_name_is_judged_by_where_the_zone_leads_it(tmp_path: Path, engine: Engine) -> None:
    records = [
        ["o.test.", "cdn.o.test.", "CNAME", "x.cloudfront.net."],
        ["o.test.", "far.o.test.", "CNAME", "cdn.o.test."],
        ["o.test.", "home.o.test.", "A", "10.1.2.10"],
        ["o.test.", "loop.o.test.", "CNAME", "pool.o.test."],
        ["o.test.", "pool.o.test.", "CNAME", "loop.o.test."],
        ["o.test.", "us.o.test.", "AAAA", "2600:1f18::1"],
    ]
    made = judge(tmp_path, engine, knot={"records": records})
    assert made.place("kw1", "https://far.o.test").status is Status.FAIL
    assert made.place("kw1", "us.o.test").status is Status.FAIL
    assert made.place("kw1", "home.o.test").scope == "own"
    assert made.place("kw1", "loop.o.test").scope == "own"


def test_what_the_hosts_resolver_answered_is_followed(tmp_path: Path, engine: Engine) -> None:
    records = {
        "www.surf.nl": {"CNAME": ["x.cloudfront.net"], "A": [], "AAAA": []},
        "x.cloudfront.net": {"CNAME": [], "A": ["13.224.1.1"], "AAAA": []},
    }
    made = judge(tmp_path, engine, answers={"root": True, "records": records})
    assert made.place("kw1", "www.surf.nl").status is Status.FAIL
    offline = judge(tmp_path, engine, answers={"root": False, "records": {}})
    assert offline.place("kw1", "www.surf.nl").status is Status.PASS


def test_mail_is_judged_by_its_mx_and_says_so_where_nobody_could_ask(
    tmp_path: Path, engine: Engine
) -> None:
    far = {"MX": ["10 surf-nl.mail.protection.outlook.com"]}
    for records, status in (
        ({"surf.nl": far}, Status.FAIL),
        ({"surf.nl": {"MX": [], "CNAME": [], "A": ["145.0.0.1"], "AAAA": []}}, Status.PASS),
        ({"surf.nl": {}}, Status.UNKNOWN),
    ):
        made = judge(tmp_path, engine, answers={"root": True, "records": records})
        assert made.place("kw1", "mailto:x@surf.nl").status is status
    offline = judge(tmp_path, engine).place("kw1", "mailto:x@surf.nl")
    assert offline.status is Status.PASS
    assert "MX of surf.nl not asked" in offline.reason


def test_what_follows_an_address_and_is_no_prefix_hides_nothing(
    tmp_path: Path, engine: Engine
) -> None:
    assert judge(tmp_path, engine).place("kw1", "20.50.2.1/99").status is Status.FAIL


def test_an_inventory_without_its_key_has_no_authority_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text(HOSTS)
    assert evidence.own_authorities(inventories.load(tmp_path)) == []
