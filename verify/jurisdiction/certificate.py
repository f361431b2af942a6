"""Who issued a certificate, and which hosts it sends its readers to.

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
_PART = re.compile(r"(?:^|[,/+]\s*|\s)(CN|O)\s*=\s*(\"[^\"]*\"|(?:\\.|[^,/+\\])*)", re.IGNORECASE)


@dataclass(frozen=True)
class Issuer:
    """Names to look the issuer up by, best first; hosts for revocation and the issuer's own."""

    names: tuple[str, ...]
    hosts: tuple[str, ...]
    steps: tuple[Step, ...]


def issuer(target: Target) -> Issuer:
    """Read the issuer of a certificate, or an issuer's distinguished name."""
    if target.kind is Kind.ISSUER:
        parts = {k.upper(): v.strip('" ').replace("\\", "") for k, v in _PART.findall(target.text)}
        names = tuple(parts[k] for k in ("O", "CN") if parts.get(k))
        return Issuer(names, (), (_step("issuer", target.normal),))
    found = _load(target)
    names = tuple(
        str(attribute.value)
        for kind in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)
        for attribute in found.issuer.get_attributes_for_oid(kind)
    )
    until = found.not_valid_after_utc.date().isoformat()
    text = found.issuer.rfc4514_string()
    hosts = tuple(dict.fromkeys(_hosts(found)))
    return Issuer(names, hosts, (_step("issuer", text), _step("valid until", until)))


def _step(what: str, value: str) -> Step:
    return Step(what, value, Source("the certificate", ""))


def _load(target: Target) -> x509.Certificate:
    try:
        data = target.normal.encode()
        if not target.normal.startswith("-----BEGIN"):
            with Path(target.normal).open("rb") as file:
                data = file.read(_MOST)
        if b"-----BEGIN" in data:
            return x509.load_pem_x509_certificate(data)
        return x509.load_der_x509_certificate(data)
    except (ValueError, OSError) as error:
        raise BadTargetError(
            "this is no certificate",
            where=ascii(target.text[:80]),
            next_step="give a PEM or DER certificate",
        ) from error


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
