"""What is true of a name server, asked over the network as everybody does."""

from __future__ import annotations

import json
from typing import Any

import dns.dnssec
import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.zone
import pytest

ZONE = dns.name.from_text("molecule.test")


@pytest.fixture
def address(host: Any) -> str:
    found: str = next(a for a in host.interface("eth0").addresses if "." in a)
    return found


def ask(address: str, name: str, kind: str, **options: Any) -> dns.message.Message:
    query = dns.message.make_query(name, kind, want_dnssec=True, **options)
    return dns.query.udp(query, address, timeout=3)


def signed(answer: dns.message.Message, name: str, kind: str) -> tuple[Any, Any]:
    """Return the records of a kind and their signatures."""
    wanted = dns.rdatatype.from_text(kind)
    find = (answer.answer, dns.name.from_text(name), dns.rdataclass.IN)
    records = answer.find_rrset(*find, wanted)
    return records, answer.find_rrset(*find, dns.rdatatype.RRSIG, wanted)


def keys(address: str) -> dict[dns.name.Name, Any]:
    records, signatures = signed(ask(address, "molecule.test", "DNSKEY"), "molecule.test", "DNSKEY")
    dns.dnssec.validate(records, signatures, {ZONE: records})
    return {ZONE: records}


def test_answers_are_signed(address: str) -> None:
    """Ensure an answer's signature fits the zone's keys."""
    records, signatures = signed(
        ask(address, "www.molecule.test", "AAAA"), "www.molecule.test", "AAAA"
    )
    dns.dnssec.validate(records, signatures, keys(address))
    assert records[0].to_text() == "2001:db8::1"
    other = dns.name.from_text("ns.molecule.test")
    with pytest.raises(dns.dnssec.ValidationFailure):
        dns.dnssec.validate((other, records), signatures, keys(address))


def test_the_fact_names_the_key_that_signs(host: Any, address: str) -> None:
    """Ensure the DS records the host tells belong to a key in the zone."""
    fact = json.loads(host.check_output("/etc/ansible/facts.d/knot.fact"))
    made = {
        dns.dnssec.make_ds(ZONE, key, digest, validating=True).to_text()
        for key in keys(address)[ZONE]
        for digest in ("SHA256", "SHA384")
    }
    assert set(fact["zones"]["molecule.test"]) <= made
    assert fact["zones"]["molecule.test"]


def test_what_is_not_there_is_denied_with_proof(address: str) -> None:
    """Ensure a missing name is denied with NSEC3 records that follow RFC 9276."""
    answer = ask(address, "nothing.molecule.test", "A")
    assert answer.rcode() == dns.rcode.NXDOMAIN
    proofs = [r for rrset in answer.authority if rrset.rdtype == dns.rdatatype.NSEC3 for r in rrset]
    assert proofs
    assert {(proof.iterations, proof.salt) for proof in proofs} == {(0, b"")}


def test_the_contact_is_a_mail_address(address: str) -> None:
    """Ensure a dot before the @ of the contact does not make another address."""
    answer = ask(address, "molecule.test", "SOA")
    assert r"first\.last.molecule.test." in answer.answer[0].to_text()


def test_nobody_elses_names_are_looked_up(address: str) -> None:
    """Ensure the server is not a resolver."""
    assert ask(address, "example.nl", "A").rcode() == dns.rcode.REFUSED


def test_the_zone_is_not_given_away(address: str) -> None:
    """Ensure a transfer of the whole zone is refused."""
    with pytest.raises(dns.exception.DNSException):
        dns.zone.from_xfr(dns.query.xfr(address, "molecule.test", lifetime=3))


def test_the_server_says_nothing_of_itself(address: str) -> None:
    """Ensure neither version nor host name can be asked."""
    for name in ("version.bind", "version.server", "hostname.bind", "id.server"):
        answer = ask(address, name, "TXT", rdclass=dns.rdataclass.CH)
        assert not answer.answer, name


def test_the_zones_file_is_never_written_by_the_server(host: Any) -> None:
    """Ensure the server's user cannot write where the zones come from."""
    assert host.file("/etc/knot/zones/molecule.test.zone").user == "root"
    assert host.run("runuser -u knot -- test -w /etc/knot/zones").rc != 0
    assert "RRSIG" not in host.file("/etc/knot/zones/molecule.test.zone").content_string
    assert host.file("/etc/knot/knot.conf").mode == 0o640
