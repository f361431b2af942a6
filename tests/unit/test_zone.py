from __future__ import annotations

import base64
import re

import dns.rdatatype
import dns.zone
import pytest
from cryptography.hazmat.primitives import serialization

from deploy import secrets, zone
from deploy.errors import InputError
from deploy.zone import Record, ZoneHost

SPKI = "7b40d1762caba6659af6c5c43f8562cdb5ea62d6a141b2272a44322d7d4ae91c"
DNS1 = ZoneHost("dns1", ("198.51.100.10", "2001:db8::10"))
MAIL1 = ZoneHost("mail1", ("198.51.100.12", "2001:db8::12"), ("mail",), mail=True, spki=SPKI)
MAIL2 = ZoneHost("mail2", ("198.51.100.13",), ("mail",), mail=True, spki=SPKI[::-1])


@pytest.fixture(scope="module")
def key() -> str:
    return secrets.make("rsa")


def parsed(records: list[Record]) -> dns.zone.Zone:
    """Read the records as a name server would: dnspython refuses what is not a zone."""
    lines = ["@ 3600 SOA dns1 hostmaster 1 3600 900 1209600 900", "@ 3600 NS dns1"]
    lines += [f"{r['name']} 3600 {r['type']} {r['data']}" for r in records]
    return dns.zone.from_text("\n".join(lines), origin="example.test.")


def data(made: dns.zone.Zone, name: str, kind: str) -> set[str]:
    found = made.get_rdataset(name, dns.rdatatype.from_text(kind))
    return {item.to_text() for item in found or ()}


def test_every_host_and_service_is_in_the_zone(key: str) -> None:
    made = parsed(zone.records([DNS1, MAIL1, MAIL2], domain="example.test", dkim={"kw1": key}))
    assert data(made, "dns1", "A") == {"198.51.100.10"}
    assert data(made, "dns1", "AAAA") == {"2001:db8::10"}
    assert data(made, "mail", "A") == {"198.51.100.12", "198.51.100.13"}
    assert data(made, "mail", "AAAA") == {"2001:db8::12"}
    assert data(made, "@", "MX") == {"10 mail1", "10 mail2"}


def test_the_domain_itself_has_the_addresses_of_who_answers_for_it(key: str) -> None:
    login = ZoneHost("web1", ("198.51.100.14", "2001:db8::14"), ("login", "@"))
    made = parsed(zone.records([DNS1, login], domain="example.test", dkim={"kw1": key}))
    assert data(made, "@", "A") == {"198.51.100.14"}
    assert data(made, "@", "AAAA") == {"2001:db8::14"}


def test_mail_is_signed_guarded_and_pinned(key: str) -> None:
    made = parsed(zone.records([DNS1, MAIL1], domain="example.test", dkim={"kw1": key}))
    assert data(made, "@", "TXT") == {'"v=spf1 mx -all"'}
    assert "p=reject" in data(made, "_dmarc", "TXT").pop()
    assert "mailto:postmaster@example.test" in data(made, "_dmarc", "TXT").pop()
    assert data(made, "_25._tcp.mail1", "TLSA") == {f"3 1 1 {SPKI}"}
    assert data(made, "_submissions._tcp", "SRV") == {"0 1 465 mail"}
    assert data(made, "_pop3._tcp", "SRV") == {"0 0 0 ."}


def test_outlook_is_told_where_to_ask_if_somebody_answers(key: str) -> None:
    silent = parsed(zone.records([DNS1, MAIL1], domain="example.test", dkim={"kw1": key}))
    assert data(silent, "_autodiscover._tcp", "SRV") == set()
    pages = ZoneHost("web1", ("198.51.100.14",), ("autodiscover",))
    made = parsed(zone.records([pages, MAIL1], domain="example.test", dkim={"kw1": key}))
    assert data(made, "_autodiscover._tcp", "SRV") == {"0 1 443 autodiscover"}


def test_the_published_dkim_key_belongs_to_the_private_one(key: str) -> None:
    made = parsed(zone.records([MAIL1], domain="example.test", dkim={"kw1": key}))
    text = "".join(re.findall(r'"([^"]*)"', data(made, "kw1._domainkey", "TXT").pop()))
    published = base64.b64decode(text.split("p=")[1])
    private = serialization.load_pem_private_key(key.encode(), password=None)
    assert serialization.load_der_public_key(published) == private.public_key()


def test_a_domain_without_mail_says_so() -> None:
    made = parsed(zone.records([DNS1], domain="example.test", dkim={}))
    assert data(made, "@", "MX") == {"0 ."}
    assert data(made, "@", "TXT") == {'"v=spf1 -all"'}


def test_nobody_may_issue_certificates_unless_named() -> None:
    none = parsed(zone.records([DNS1], domain="example.test", dkim={}))
    assert data(none, "@", "CAA") == {'0 issue ";"', '0 issuewild ";"'}
    one = parsed(zone.records([DNS1], domain="example.test", dkim={}, issuers=["ca.example.nl"]))
    assert data(one, "@", "CAA") == {'0 issue "ca.example.nl"', '0 issuewild ";"'}


def test_the_same_inventory_makes_the_same_records(key: str) -> None:
    hosts = [DNS1, MAIL1, MAIL2]
    one, two = (zone.records(hosts, domain="example.test", dkim={"kw1": key}) for _ in range(2))
    assert one == two


@pytest.mark.parametrize("spki", ["", "abc", SPKI.upper()])
def test_a_mail_host_whose_key_is_not_known_is_refused(spki: str, key: str) -> None:
    host = ZoneHost("mail3", ("198.51.100.14",), ("mail",), mail=True, spki=spki)
    with pytest.raises(InputError, match="'mail3' is not known"):
        zone.records([host], domain="example.test", dkim={"kw1": key})


def test_a_host_with_the_name_of_a_service_is_refused() -> None:
    clash = ZoneHost("mail", ("198.51.100.15",))
    with pytest.raises(InputError, match="'mail' is a host's and a service's"):
        zone.records([clash, MAIL1], domain="example.test", dkim={})


def test_a_key_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="not a private key"):
        zone.dkim_public("-----BEGIN NOTHING-----")


@pytest.mark.parametrize("value", ["", "a", "x" * 255, "x" * 256, "x" * 700, 'say "a\\b"'])
def test_text_of_any_length_comes_back_whole(value: str) -> None:
    made = parsed([{"name": "t", "type": "TXT", "data": zone.txt(value)}])
    found = made.get_rdataset("t", dns.rdatatype.TXT)
    assert found is not None
    assert b"".join(found[0].strings).decode() == value
    assert all(len(part) <= 255 for part in found[0].strings)
