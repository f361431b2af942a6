"""Who issued certificates, and which hosts these send their readers to.

The issuer is taken as the certificate states it; whether it really signed is not checked here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.x509.oid import NameOID

from verify.jurisdiction.model import Source, Step
from verify.jurisdiction.target import BadTargetError, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verify.jurisdiction.target import Target

_MOST = 1 << 20  # bytes; a certificate is a few thousand
_BLOCK = re.compile(rb"-----BEGIN [\w ]*CERTIFICATE-----")
_KEY = r"(?:[a-z]+|(?:oid\.)?\d+(?:\.\d+)+)"
# A value ends where the next key begins: names hold commas ("DigiCert, Inc.") and slashes.
_PART = re.compile(
    rf'\s*[,/+;]?\s*({_KEY})\s*=\s*((?:"[^"]*"|\\.|(?!\s*[,/+;]\s*{_KEY}\s*=).)*)',
    re.IGNORECASE,
)
_BEFORE = re.compile(r"i(?:ssuer)?\s*[:=]\s*(?=/?\s*[\w.]+\s*=)", re.IGNORECASE)
_ORGANISATION = ("o", "organizationname", "2.5.4.10", "oid.2.5.4.10")
_COMMON = ("cn", "commonname", "2.5.4.3", "oid.2.5.4.3")


@dataclass(frozen=True)
class Issuer:
    """Who issued one certificate.

    ``number`` is its place among several, 0: it is alone. Each of ``names`` is an issuer;
    ``more`` are names that count only where one of these is unknown. ``hosts``: for revocation
    and the issuer's own.
    """

    number: int
    names: tuple[str, ...]
    more: tuple[str, ...]
    hosts: tuple[str, ...]
    steps: tuple[Step, ...]


def issuers(target: Target) -> Iterator[Issuer]:
    """Read the issuer of each certificate, or an issuer's distinguished name."""
    if target.kind is Kind.ISSUER:
        yield _named(target)
        return
    found = _load(target)
    for number, one in enumerate(found, 1):
        alone = len(found) == 1
        subject = f"{number} of {len(found)}: {one.subject.rfc4514_string()}"
        steps = (
            *(() if alone else (_step("certificate", subject),)),
            _step("issuer", one.issuer.rfc4514_string()),
            _step("valid until", one.not_valid_after_utc.date().isoformat()),
        )
        organisations, common = (
            tuple(str(a.value) for a in one.issuer.get_attributes_for_oid(kind))
            for kind in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)
        )
        hosts = tuple(dict.fromkeys(_hosts(one)))
        yield Issuer(0 if alone else number, organisations or common, common, hosts, steps)


def _named(target: Target) -> Issuer:
    parts = [
        (key.lower(), value.strip('" ').replace("\\", ""))
        for key, value in _PART.findall(_BEFORE.sub("", target.normal, count=1))
    ]
    organisations, common = (
        tuple(value for key, value in parts if key in keys and value)
        for keys in (_ORGANISATION, _COMMON)
    )
    return Issuer(0, organisations or common, common, (), (_step("issuer", target.normal),))


def _step(what: str, value: str) -> Step:
    return Step(what, value, Source("the certificate", ""))


def _load(target: Target) -> list[x509.Certificate]:
    try:
        return _certificates(_data(target))
    except (ValueError, OSError) as error:
        raise BadTargetError(
            f"this is no certificate: {error}",
            where=ascii(target.text[:80]),
            next_step="give a PEM or DER certificate",
        ) from error


def _data(target: Target) -> bytes:
    if target.normal.startswith("-----BEGIN"):
        return target.normal.encode()
    with Path(target.normal).open("rb") as file:
        data = file.read(_MOST + 1)
    if len(data) > _MOST:
        raise ValueError(f"it is larger than {_MOST} bytes")
    return data


def _certificates(data: bytes) -> list[x509.Certificate]:
    if b"-----BEGIN" not in data:
        return [x509.load_der_x509_certificate(data)]
    found = x509.load_pem_x509_certificates(data)
    if len(found) != len(_BLOCK.findall(data)):
        raise ValueError("it holds certificates of another kind, too")
    return found


def _hosts(found: x509.Certificate) -> Iterator[str]:
    for extension in found.extensions:
        if isinstance(extension.value, x509.AuthorityInformationAccess):
            names = [d.access_location for d in extension.value]
        elif isinstance(extension.value, x509.CRLDistributionPoints):
            names = [n for point in extension.value for n in point.full_name or ()]
        else:
            continue
        for name in names:
            host = urlsplit(name.value).hostname if isinstance(name.value, str) else None
            if host:
                yield host
