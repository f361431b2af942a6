"""The records of an organisation's zone, made from its inventory and from nothing else.

A record is a mapping ``{name, type, data}``: ``name`` relative to the zone (``@`` is the zone
itself), ``data`` in the presentation form of a zone file (RFC 1035, section 5).
"""

from __future__ import annotations

import base64
import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization

from deploy.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Record = dict[str, str]

_TXT_MAX = 255
_SHA256_HEX = re.compile(r"[0-9a-f]{64}")
# https://www.rfc-editor.org/rfc/rfc6186 and rfc8314: implicit TLS alone is offered.
_CLIENT_SERVICES = {"_submissions._tcp": 465, "_imaps._tcp": 993, "_sieve._tcp": 4190}
_CLIENT_SERVICES_OFF = ("_submission._tcp", "_imap._tcp", "_pop3._tcp", "_pop3s._tcp")


@dataclass(frozen=True)
class ZoneHost:
    """A host in the zone.

    ``services`` are the names it shares with the other hosts of a tier. ``spki`` is the SHA-256 of
    its certificate's public key, in hex; a host that takes mail (``mail``) must have it.
    """

    name: str
    addresses: tuple[str, ...]
    services: tuple[str, ...] = ()
    mail: bool = False
    spki: str = ""


def records(
    hosts: Sequence[ZoneHost],
    *,
    domain: str,
    dkim: Mapping[str, str],
    reports: str = "postmaster",
    issuers: Sequence[str] = (),
) -> list[Record]:
    """Return the records of ``domain``, but for SOA and NS, in a stable order.

    ``dkim`` maps a selector to the private key (PEM) whose public half is published; ``reports``
    is the local part that gets DMARC and TLS reports; ``issuers`` the only authorities that may
    issue certificates (RFC 8659), none of them if empty.
    """
    mail = [host for host in hosts if host.mail]
    return [
        *_addresses(hosts),
        *_issuance(issuers),
        *(_mail(mail, domain, dkim, reports) if mail else _no_mail()),
        *(_mail_programs(hosts) if mail else ()),
        *_dane(mail),
    ]


def txt(value: str) -> str:
    """Return ``value`` as the quoted strings of a TXT record, each of at most 255 characters."""
    parts = [value[i : i + _TXT_MAX] for i in range(0, len(value), _TXT_MAX)] or [""]
    return " ".join('"{}"'.format(part.replace("\\", "\\\\").replace('"', '\\"')) for part in parts)


def dkim_public(private_key: str) -> str:
    """Return the p= value (base64 of the public key, DER) for a private key in PEM."""
    try:
        key = serialization.load_pem_private_key(private_key.encode(), password=None)
    except ValueError as error:
        raise InputError("a DKIM key is not a private key in PEM", where=str(error)) from error
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return base64.b64encode(
        key.public_key().public_bytes(serialization.Encoding.DER, form)
    ).decode()


def _record(name: str, kind: str, data: str) -> Record:
    return {"name": name, "type": kind, "data": data}


def _addresses(hosts: Sequence[ZoneHost]) -> Iterator[Record]:
    for host in hosts:
        yield from _address_records(host.name, host.addresses)
    services = dict.fromkeys(service for host in hosts for service in host.services)
    own = {host.name for host in hosts}
    for service in services:
        if service in own:
            raise InputError(
                f"the name '{service}' is a host's and a service's",
                next_step="rename the host in the inventory",
            )
        for host in hosts:
            if service in host.services:
                yield from _address_records(service, host.addresses)


def _address_records(name: str, addresses: Sequence[str]) -> Iterator[Record]:
    for address in addresses:
        kind = "A" if ipaddress.ip_address(address).version == 4 else "AAAA"  # noqa: PLR2004
        yield _record(name, kind, address)


def _issuance(issuers: Sequence[str]) -> Iterator[Record]:
    for issuer in issuers or [";"]:
        yield _record("@", "CAA", f'0 issue "{issuer}"')
    yield _record("@", "CAA", '0 issuewild ";"')


def _mail(
    hosts: Sequence[ZoneHost], domain: str, dkim: Mapping[str, str], reports: str
) -> Iterator[Record]:
    for host in hosts:
        yield _record("@", "MX", f"10 {host.name}")
        # The name a mail server greets with has its own policy (RFC 7208, section 2.3).
        yield _record(host.name, "TXT", txt("v=spf1 a -all"))
    yield _record("@", "TXT", txt("v=spf1 mx -all"))
    for selector, key in dkim.items():
        value = f"v=DKIM1; k=rsa; p={dkim_public(key)}"
        yield _record(f"{selector}._domainkey", "TXT", txt(value))
    policy = f"v=DMARC1; p=reject; sp=reject; adkim=s; aspf=s; rua=mailto:{reports}@{domain}"
    yield _record("_dmarc", "TXT", txt(policy))
    yield _record("_smtp._tls", "TXT", txt(f"v=TLSRPTv1; rua=mailto:{reports}@{domain}"))


def _mail_programs(hosts: Sequence[ZoneHost]) -> Iterator[Record]:
    """Say where mail programs find what they need, and what there is none of."""
    services = {service for host in hosts for service in host.services}
    server = "mail" if "mail" in services else next(host.name for host in hosts if host.mail)
    for name, port in _CLIENT_SERVICES.items():
        yield _record(name, "SRV", f"0 1 {port} {server}")
    for name in _CLIENT_SERVICES_OFF:
        yield _record(name, "SRV", "0 0 0 .")
    if "autodiscover" in services:
        yield _record("_autodiscover._tcp", "SRV", "0 1 443 autodiscover")


def _no_mail() -> Iterator[Record]:
    """Say that the domain has no mail (RFC 7505), so that nobody can send in its name."""
    yield _record("@", "MX", "0 .")
    yield _record("@", "TXT", txt("v=spf1 -all"))
    yield _record("_dmarc", "TXT", txt("v=DMARC1; p=reject; sp=reject; adkim=s; aspf=s"))


def _dane(hosts: Sequence[ZoneHost]) -> Iterator[Record]:
    """TLSA 3 1 1: the key itself, so that a renewed certificate changes nothing (RFC 7672)."""
    for host in hosts:
        if not _SHA256_HEX.fullmatch(host.spki):
            raise InputError(
                f"the public key of the mail host '{host.name}' is not known",
                where="facts of role certificates",
                next_step="deploy without --limit, or see that it is there and was deployed before",
            )
        yield _record(f"_25._tcp.{host.name}", "TLSA", f"3 1 1 {host.spki}")
