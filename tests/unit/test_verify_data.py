"""Waivers, contracts, defaults, zones, firewalls and certificates: data in, facts out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from deploy.errors import InputError
from verify import catalogue, contracts, waivers
from verify.catalogue import Default
from verify.jurisdiction import Engine
from verify.model import Finding, HostSeen, Status
from verify.observe import certificates, defaults, firewall, from_host, outside, zones
from verify.observe.observations import Reader

if TYPE_CHECKING:
    from pathlib import Path

TODAY = date(2026, 11, 25)
WAIVER = """waivers:
  - id: roots
    layer: L4
    endpoint: "*.root-servers.net"
    reason: there is one root
    owner: somebody
    compensating_control: validation
    exit_plan: a copy of the root
    expiry: 2026-12-31
"""
FINDING = Finding("KW-DEP-01", Status.FAIL, "kw1", "unbound", "L4", "A.root-servers.net")


def held(tmp_path: Path, text: str) -> tuple[waivers.Waiver, ...]:
    (tmp_path / "waivers.yml").write_text(text)
    return waivers.read(tmp_path)


def test_a_waiver_makes_waived_and_after_its_day_expired(tmp_path: Path) -> None:
    found = held(tmp_path, WAIVER)
    assert waivers.apply([FINDING], found, TODAY)[0].status is Status.WAIVED
    assert waivers.apply([FINDING], found, date(2026, 12, 31))[0].status is Status.WAIVED
    assert waivers.apply([FINDING], found, date(2027, 1, 1))[0].status is Status.WAIVER_EXPIRED
    assert waivers.apply([FINDING], found, TODAY)[0].waiver == "roots"


@pytest.mark.parametrize(
    "other",
    [
        Finding("KW-DEP-01", Status.FAIL, "kw1", "unbound", "L5", "a.root-servers.net"),
        Finding("KW-DEP-01", Status.FAIL, "kw1", "unbound", "L4", "root-servers.net.evil.com"),
        Finding("KW-DEP-01", Status.PASS, "kw1", "unbound", "L4", "a.root-servers.net"),
        Finding("KW-DEP-01", Status.NOT_TESTED, "kw1", "unbound", "L4", "a.root-servers.net"),
    ],
)
def test_a_waiver_covers_nothing_else(tmp_path: Path, other: Finding) -> None:
    assert waivers.apply([other], held(tmp_path, WAIVER), TODAY) == (other,)


@pytest.mark.parametrize(
    ("find", "put", "says"),
    [
        ("    owner: somebody\n", "", "no owner"),
        ("2026-12-31", "soon", "expiry"),
        ("L4", "L18", "layer"),
        ('"*.root-servers.net"', '"*"', "everything"),
        ("reason:", "raeson:", "no reason"),
        ("waivers:", "waiver:", "no list"),
        ("owner: somebody", "owner: [somebody", "YAML"),
        ("expiry:", "extra: 1\n    expiry:", "extra"),
    ],
)
def test_a_wrong_waiver_is_refused(tmp_path: Path, find: str, put: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        held(tmp_path, WAIVER.replace(find, put))


def test_a_wrong_contract_is_refused(tmp_path: Path) -> None:
    right = "contracts:\n- {layer: L1, what: x, party: SURF, reference: K1, date: 2026-01-01}\n"
    (tmp_path / "contracts.yml").write_text(right)
    assert contracts.read(tmp_path)[0].covers("L1", "kw1")
    for find, put in (("party: SURF, ", ""), ("2026-01-01", "then"), ("L1", "X"), ("[", "{")):
        (tmp_path / "contracts.yml").write_text(right.replace(find, put))
        if find != "[":
            with pytest.raises(InputError):
                contracts.read(tmp_path)


def seen(**services: Any) -> HostSeen:
    keys = services.pop("keys", {})
    facts = {"services": services, "keys": keys}
    return HostSeen("kw1", "kw1.o.test", "10.0.0.1", "o", ("synapse",), reached=True, facts=facts)


@pytest.mark.parametrize(
    ("keys", "left"),
    [
        ({}, True),
        ({"/etc/synapse/homeserver.yaml": {"trusted_key_servers": "[]"}}, False),
        ({"/etc/synapse/homeserver.yaml": {"report_stats": "false"}}, False),
        ({"/etc/synapse/homeserver.yaml": {"report_stats": "true"}}, True),
        ({"/etc/other.yaml": {"trusted_key_servers": "[]"}}, True),
        (
            {
                "/etc/synapse/old/homeserver.yaml": {"trusted_key_servers": "[]"},
                "/etc/synapse/homeserver.yaml": {"x": ""},
            },
            True,
        ),
    ],
)
def test_a_default_counts_until_a_setting_takes_it_away(keys: Any, left: bool) -> None:  # noqa: FBT001
    known = Default(
        *("synapse", "1", "trusted_key_servers", "/etc/synapse/*homeserver.yaml", "matrix.org"),
        *("L13", ("trusted_key_servers", "report_stats=false"), "config/key.py"),
    )
    found = list(defaults.from_host(seen(keys=keys), [known], "now"))
    assert [o.endpoint for o in found] == (["matrix.org"] if left else [])


def test_a_default_of_what_is_not_there_does_not_count() -> None:
    known = Default("other", "1", "x", "*", "matrix.org", "L13", (), "x")
    assert list(defaults.from_host(seen(), [known], "now")) == []
    mine = Default("synapse", "1", "x", "*", "matrix.org", "L13", (), "x")
    assert len(list(defaults.from_host(seen(), [mine], "now"))) == 1
    assert list(defaults.from_host(seen(), [mine], "now", frozenset({"synapse"}))) == []


@pytest.mark.parametrize(
    ("kind", "owner", "value", "found"),
    [
        ("MX", "o.nl.", "10 aspmx.l.google.com.", [("aspmx.l.google.com", "L10")]),
        ("NS", "o.nl.", "ns1.awsdns-01.com.", [("ns1.awsdns-01.com", "L5")]),
        ("CNAME", "www.o.nl.", "x.cloudfront.net.", [("x.cloudfront.net", "L14")]),
        ("CNAME", "s1._domainkey.o.nl.", "s1.sendgrid.net.", [("s1.sendgrid.net", "L10")]),
        ("TXT", "o.nl.", '"v=spf1 include:_spf.google.com ip4:52.1.2.3 -all"',
         [("_spf.google.com", "L10"), ("52.1.2.3", "L10")]),
        ("TXT", "o.nl.", '"v=spf1 redirect=_spf.go" "ogle.com"', [("_spf.google.com", "L10")]),
        ("TXT", "_dmarc.o.nl.", '"v=DMARC1; p=none; rua=mailto:a@agari.com,mailto:b@o.nl"',
         [("mailto:x@agari.com", "L10"), ("mailto:x@o.nl", "L10")]),
        ("TXT", "_smtp._tls.o.nl.", '"v=TLSRPTv1; rua=https://report.example.com/x"',
         [("https://report.example.com", "L10")]),
        ("CAA", "o.nl.", '0 issue "letsencrypt.org; validationmethods=dns-01"',
         [("letsencrypt.org", "L7")]),
        ("CAA", "o.nl.", '0 issue ";"', []),
        ("SRV", "_sip._tls.o.nl.", "1 1 443 sipdir.online.lync.com.",
         [("sipdir.online.lync.com", "L13")]),
        ("TXT", "o.nl.", '"google-site-verification=abc"', []),
        ("TXT", "x.o.nl.", '"V=SPF1 INCLUDE:_spf.google.com -all"', [("_spf.google.com", "L10")]),
        ("HTTPS", "o.nl.", "1 . alpn=h2 ipv4hint=52.1.2.3,192.0.2.1 ipv6hint=2001:db8::1",
         [("52.1.2.3", "L14"), ("192.0.2.1", "L14"), ("2001:db8::1", "L14")]),
        ("HTTPS", "o.nl.", "0 x.cloudfront.net.", [("x.cloudfront.net", "L14")]),
        ("NAPTR", "o.nl.", '10 10 "u" "E2U+sip" "!^.*$!sip:a@sip.twilio.com!" .',
         [("sip.twilio.com", "L13")]),
        ("NAPTR", "o.nl.", '10 10 "s" "SIP+D2T" "" _sip._tcp.example.com.',
         [("_sip._tcp.example.com", "L13")]),
        ("URI", "_x._tcp.o.nl.", '10 1 "https://a.example.com/x"', [("a.example.com", "L13")]),
        ("MX", "o.nl.", "0 .", []),
        ("MX", "o.nl.", "", []),
    ],
)  # fmt: skip
def test_what_records_point_at(kind: str, owner: str, value: str, found: list[Any]) -> None:
    made = zones.observations([("o.nl", owner, kind, value)], when="now", observer="x")
    assert [(o.endpoint, o.layer) for o in made] == found


def rules(*expressions: Any, policy: str = "drop") -> HostSeen:
    chain = {"table": "t", "name": "out", "type": "filter", "hook": "output", "policy": policy}
    made: list[Any] = [{"chain": chain}]
    made += [{"rule": {"table": "t", "chain": "out", "expr": list(e)}} for e in expressions]
    return seen(firewall={"nftables": made})


PORT = {"match": {"left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 443}}
TO = {"match": {"left": {"payload": {"protocol": "ip", "field": "daddr"}},
                "right": {"prefix": {"addr": "52.0.0.0", "len": 8}}}}  # fmt: skip
LO = {"match": {"left": {"meta": {"key": "oif"}}, "right": "lo"}}


def test_what_a_firewall_lets_through() -> None:
    host = rules([PORT, TO, {"accept": None}], [LO, {"accept": None}], [TO, {"drop": None}])
    assert firewall.policies(host) == {"output": "drop"}
    first, second = firewall.accepts(host)
    assert (first.proto, first.port, first.peers) == ("tcp", "443", ("52.0.0.0/8",))
    assert second.needed
    assert not first.needed
    assert [o.endpoint for o in firewall.observations(host, "now")] == ["52.0.0.0/8"]
    assert firewall.policies(rules(policy="accept")) == {"output": "accept"}


def test_whom_a_map_sends_packets_to() -> None:
    key = {"payload": {"protocol": "ip", "field": "daddr"}}
    end = {"concat": ["52.1.2.4", 443]}
    pairs = {"set": [["192.0.2.9", "52.1.2.3"], ["192.0.2.8", end]]}
    host = rules([{"dnat": {"family": "ip", "addr": {"map": {"key": key, "data": pairs}}}}])
    found = {o.endpoint for o in firewall.observations(host, "now")}
    assert found >= {"52.1.2.3", "52.1.2.4"}


@pytest.mark.parametrize(
    ("operator", "elements", "accepted"),
    [("==", [], 0), ("==", ["52.1.2.3"], 1), ("!=", [], 1)],
)
def test_a_rule_for_names_that_nobody_looked_up_yet_reaches_nobody(
    operator: str, elements: list[str], accepted: int
) -> None:
    left = {"payload": {"protocol": "ip", "field": "daddr"}}
    to = {"match": {"op": operator, "left": left, "right": "@name_x_4"}}
    host = rules([to, PORT, {"accept": None}])
    host.facts["services"]["firewall"]["nftables"].append(
        {"set": {"table": "t", "name": "name_x_4", "elem": elements}}
    )
    assert len(list(firewall.accepts(host))) == accepted


def signed(organisation: str, *, by: Any = None, url: str = "") -> tuple[str, Any]:
    """Return (PEM, key) of a certificate of ``organisation``, signed by itself or by ``by``."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation)])
    issuer, signer = (by[0], by[1]) if by else (name, key)
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=3))
    )
    if url:
        access = x509.AccessDescription(
            AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(url)
        )
        builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
    pem = builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
    return pem, (name, key)


def test_a_certificate_points_at_who_signed_it_and_where_it_sends() -> None:
    _, authority = signed("DigiCert Inc")
    pem, _ = signed("o", by=authority, url="http://ocsp.digicert.com/")
    host = seen(certificates={"files": [["/etc/x.pem", pem], ["/etc/y.pem", "nonsense"]]})
    found = certificates.from_host(host, certificates.Own([]), "now")
    assert [o.endpoint for o in found] == ["issuer: O=DigiCert Inc", "http://ocsp.digicert.com/"]


def test_a_namesake_of_the_own_authority_is_not_it() -> None:
    own, authority = signed("Kootwijk lab authority")
    _, false = signed("Kootwijk lab authority")
    right, _ = signed("o", by=authority)
    wrong, _ = signed("o", by=false)
    ours = certificates.Own([own])
    for pem, count in ((right, 0), (wrong, 1), (own, 0)):
        host = seen(certificates={"served": [[443, pem, 0]]})
        assert len(list(certificates.from_host(host, ours, "now"))) == count


@pytest.mark.parametrize(
    ("services", "found"),
    [
        ({"unbound": {"asked": ["api.segment.io", "gmail.com", "surf.nl"]}}, "api.segment.io"),
        ({"roundcube": {"rows": [["/etc/x", 0, "k", "keys.openpgp.org", "default"]]}}, "default"),
        ({"connections": {"peers": [["php", "52.94.236.248", "443", "5"]]}}, "connection"),
        ({"systemd": {"rows": [["unit x", 0, "ExecStart", "https://x.nl"]]}}, "unit"),
    ],
)
def test_what_kind_of_source_an_observation_has(services: Any, found: str) -> None:
    reader = Reader(catalogue.places(), Engine.load().tables)
    made = list(from_host(seen(**services), reader))
    assert len(made) == 1
    assert found in (made[0].source.kind, made[0].endpoint)


@pytest.mark.parametrize(
    ("headers", "body", "found"),
    [
        ({"content-security-policy": "img-src cdn.nl *.x.nl:443"}, "", ["cdn.nl", "*.x.nl"]),
        ({"location": "https://l.o.nl/?to=https%3A%2F%2Fo.nl%2Fi.php"}, "", ["https://l.o.nl"]),
        ({"link": "<https://cdn.nl/x.css>; rel=preload"}, "", ["https://cdn.nl"]),
        ({}, "<script src='https://cdn.nl/x.js'></script>", ["https://cdn.nl"]),
        ({}, "<a href='https://a.nl'>x</a><meta content='https://m.nl'><p>https://t.nl</p>", []),
    ],
)  # fmt: skip
def test_what_a_page_lets_a_browser_ask(headers: Any, body: str, found: list[str]) -> None:
    made = outside.of_page("webmail.o.nl", headers, body, "now")
    assert [o.endpoint for o in made] == found
