"""A zone's signatures: one that verifies, and what must not pass for one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dns.dnssec
import dns.message
import dns.name
import dns.rdataset
import dns.rrset
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from dns.dnssectypes import Algorithm

from verify.journeys import names
from verify.journeys.stage import JourneyError

ZONE = dns.name.from_text("a.test.")
NOW = datetime.now(UTC)


class Zone:
    """A zone of one key, and answers of its name server."""

    def __init__(self, flags: int = 257) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.key = dns.dnssec.make_dnskey(
            self.private.public_key(), Algorithm.ECDSAP256SHA256, flags
        )
        self.keys = dns.rrset.from_rdata(ZONE, 60, self.key)

    def signature(self, rrset: dns.rrset.RRset, *, ends: timedelta) -> dns.rrset.RRset:
        signed = dns.dnssec.sign(
            rrset,
            self.private,
            signer=ZONE,
            dnskey=self.key,
            inception=NOW - timedelta(days=9),
            expiration=NOW + ends,
        )
        return dns.rrset.from_rdata(rrset.name, 60, signed)

    def answer(
        self, rrset: dns.rrset.RRset, *, signed: bool = True, ends: timedelta = timedelta(days=1)
    ) -> dns.message.Message:
        made = dns.message.make_response(dns.message.make_query(rrset.name, rrset.rdtype))
        made.answer = [rrset, *([self.signature(rrset, ends=ends)] if signed else [])]
        return dns.message.from_wire(made.to_wire())


MX = dns.rrset.from_text("a.test.", 60, "IN", "MX", "10 mail1.a.test.")


def validated(answer: dns.message.Message, keys: dns.rrset.RRset) -> names.Signed:
    return names.validated(answer, "a.test", "a.test", "MX", keys)


def test_a_signature_that_verifies() -> None:
    zone = Zone()
    found = validated(zone.answer(MX), zone.keys)
    assert found.records == MX
    assert abs(found.expires - NOW - timedelta(days=1)) < timedelta(seconds=2)
    keys = names.validated(zone.answer(zone.keys), "a.test", "a.test", "DNSKEY")
    assert keys.records == zone.keys


def test_no_records_or_none_signed() -> None:
    zone = Zone()
    with pytest.raises(JourneyError, match=r"no TXT for a\.test"):
        names.validated(zone.answer(MX), "a.test", "a.test", "TXT", zone.keys)
    with pytest.raises(JourneyError, match=r"a\.test MX is not signed"):
        validated(zone.answer(MX, signed=False), zone.keys)


def test_another_key_changed_data_and_an_old_signature() -> None:
    zone = Zone()
    with pytest.raises(JourneyError, match="does not verify"):
        validated(Zone().answer(MX), zone.keys)
    with pytest.raises(JourneyError, match="does not verify"):
        validated(zone.answer(MX, ends=-timedelta(days=1)), zone.keys)
    answer = zone.answer(MX)
    answer.answer[0].clear()
    answer.answer[0].update(dns.rrset.from_text("a.test.", 60, "IN", "MX", "10 evil.example.org."))
    with pytest.raises(JourneyError, match="does not verify"):
        validated(answer, zone.keys)


def test_keys_that_no_parent_zone_can_point_at() -> None:
    zone = Zone(flags=256)
    with pytest.raises(JourneyError, match="no key that a parent zone can point at"):
        names.validated(zone.answer(zone.keys), "a.test", "a.test", "DNSKEY")
