"""The platform's zone, asked of each of its own name servers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dns.dnssec
import dns.name
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
from dns.exception import ValidationFailure
from dns.rdtypes.dnskeybase import Flag

from verify.journeys.stage import JourneyError

if TYPE_CHECKING:
    from dns.message import Message
    from dns.rdataset import Rdataset
    from dns.rrset import RRset

    from deploy.inventory import Host
    from verify.journeys.stage import Stage

SELECTOR = "kw1"


@dataclass(frozen=True)
class Signed:
    """Records and the signature that verified them."""

    records: RRset
    expires: datetime


def zone(stage: Stage) -> str:
    """Every record that mail and pages need is there, and each one's signature verifies."""
    domain = stage.domain(stage.organisation)
    return "; ".join(_server(stage, domain, host) for host in stage.name_servers(domain))


def _wanted(domain: str, mail_hosts: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Return (name, type, text that a record must have) of what the zone must say."""
    return [
        (domain, "SOA", ""),
        (domain, "NS", ""),
        (domain, "MX", ""),
        (domain, "TXT", "v=spf1"),
        (f"{SELECTOR}._domainkey.{domain}", "TXT", "v=DKIM1"),
        (f"_dmarc.{domain}", "TXT", "p=reject"),
        *((f"_25._tcp.{host}", "TLSA", "3 1 1") for host in mail_hosts),
        (f"webmail.{domain}", "A", ""),
        (f"webmail.{domain}", "AAAA", ""),
    ]


def _server(stage: Stage, domain: str, host: Host) -> str:
    keys = validated(stage.ask(domain, domain, "DNSKEY", host), domain, domain, "DNSKEY").records
    found = []
    for name, kind, text in _wanted(domain, stage.mail_hosts(domain)):
        signed = validated(stage.ask(domain, name, kind, host), domain, name, kind, keys)
        if text and not any(text in str(record) for record in signed.records):
            raise JourneyError(f"{name} {kind} does not say {text}: {signed.records}")
        found.append(signed)
    ds = dns.dnssec.make_ds(dns.name.from_text(domain), entry_points(keys)[0], "SHA256")
    kinds = sorted({dns.rdatatype.to_text(signed.records.rdtype) for signed in found})
    until = min(signed.expires for signed in found)
    return (
        f"{host.fqdn}: {', '.join(kinds)} of {domain}, with SPF, DKIM, DMARC and DANE; "
        f"{len(found)} signatures verify, the first ends {until:%Y-%m-%d}; DS {ds}"
    )


def validated(
    answer: Message, domain: str, name: str, kind: str, keys: Rdataset | None = None
) -> Signed:
    """Return the records asked for, their signature verified with ``keys``.

    Without ``keys`` they are the zone's keys themselves, which one of those that the parent zone
    can point at must have signed. JourneyError if there are none, or one that does not verify.
    """
    wanted, owner = dns.rdatatype.from_text(kind), dns.name.from_text(name)
    zone_name = dns.name.from_text(domain)
    rrset = answer.get_rrset(answer.answer, owner, dns.rdataclass.IN, wanted)
    if rrset is None:
        raise JourneyError(f"the name server has no {kind} for {name}")
    signature = answer.get_rrset(
        answer.answer, owner, dns.rdataclass.IN, dns.rdatatype.RRSIG, wanted
    )
    if signature is None:
        raise JourneyError(f"{name} {kind} is not signed")
    try:
        dns.dnssec.validate(rrset, signature, {zone_name: keys or entry_points(rrset)})
    except ValidationFailure as why:
        raise JourneyError(f"the signature of {name} {kind} does not verify: {why}") from why
    ends = max(int(record.expiration) for record in signature)
    return Signed(rrset, datetime.fromtimestamp(ends, UTC))


def entry_points(keys: RRset) -> Rdataset:
    """Return those of a zone's keys that the parent zone can point at."""
    found = [key for key in keys if key.flags & Flag.SEP]
    if not found:
        raise JourneyError(f"{keys.name} has no key that a parent zone can point at")
    return dns.rdataset.from_rdata_list(keys.ttl, found)
