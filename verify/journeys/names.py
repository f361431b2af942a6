"""The platform's zone, asked of its own name server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dns.dnssec
import dns.name
import dns.rdatatype
from dns.exception import ValidationFailure

from verify.journeys.stage import JourneyError

if TYPE_CHECKING:
    from dns.rrset import RRset

    from verify.journeys.stage import Stage

SELECTOR = "kw1"


def zone(stage: Stage) -> str:
    """Every record that mail and pages need is there, and each one's signature verifies."""
    domain = stage.domain(stage.organisation)
    keys = _found(stage, domain, domain, "DNSKEY")
    wanted = [
        (domain, "SOA", ""),
        (domain, "MX", ""),
        (domain, "TXT", "v=spf1"),
        (f"{SELECTOR}._domainkey.{domain}", "TXT", "v=DKIM1"),
        (f"_dmarc.{domain}", "TXT", "p=reject"),
        (f"_25._tcp.{stage.mail_host(domain)}", "TLSA", ""),
        (f"webmail.{domain}", "A", ""),
        (f"webmail.{domain}", "AAAA", ""),
    ]
    for name, kind, text in wanted:
        rrset = _found(stage, domain, name, kind, keys)
        if text and text not in " ".join(str(r) for r in rrset):
            raise JourneyError(f"{name} {kind} does not say {text}: {rrset}")
    return (
        f"{domain}: {', '.join(sorted({k for _, k, _ in wanted}))} found at its name server, "
        f"{len(wanted)} signatures verified with {len(keys)} keys"
    )


def _found(stage: Stage, domain: str, name: str, kind: str, keys: RRset | None = None) -> RRset:
    """Return the records, their signature verified with ``keys`` (keys: with themselves)."""
    answer = stage.ask(domain, name, kind).answer
    wanted = dns.rdatatype.from_text(kind)
    rrset = next((r for r in answer if r.rdtype == wanted), None)
    if rrset is None:
        raise JourneyError(f"{domain}'s name server has no {kind} for {name}")
    signature = next(
        (r for r in answer if r.rdtype == dns.rdatatype.RRSIG and r.covers == wanted), None
    )
    if signature is None:
        raise JourneyError(f"{name} {kind} is not signed")
    try:
        dns.dnssec.validate(rrset, signature, {dns.name.from_text(domain): keys or rrset})
    except ValidationFailure as why:
        raise JourneyError(f"the signature of {name} {kind} does not verify: {why}") from why
    return rrset
