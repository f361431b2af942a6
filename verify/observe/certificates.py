"""Who signed the certificates in use, and which hosts they send a client to. Pure."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID, NameOID

from verify.model import Observation, Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from verify.model import HostSeen

PREFIX = "issuer: "  # how an issuer is written where an endpoint stands


@dataclass(frozen=True)
class Certificate:
    """A certificate as far as sovereignty goes; ``points`` are AIA, OCSP and CRL addresses."""

    subject: str
    issuer: str
    points: tuple[str, ...]
    not_after: datetime
    self_signed: bool
    authority: bool  # may sign others; also one that does not say so
    loaded: x509.Certificate


def parse(pem: str) -> Certificate | None:
    """Return the certificate in ``pem``, or None where it is none."""
    try:
        found = x509.load_pem_x509_certificate(pem.encode("ascii", "replace"))
        return Certificate(
            subject=_named(found.subject),
            issuer=_named(found.issuer),
            points=tuple(dict.fromkeys(_points(found))),
            not_after=found.not_valid_after_utc,
            self_signed=found.subject == found.issuer,
            authority=_may_sign(found),
            loaded=found,
        )
    except (ValueError, TypeError, x509.ExtensionNotFound):
        return None


def _named(name: x509.Name) -> str:
    """Return a distinguished name as the engine reads it: the organisation, then the rest."""
    parts = []
    for oid, key in (
        (NameOID.ORGANIZATION_NAME, "O"),
        (NameOID.COMMON_NAME, "CN"),
        (NameOID.COUNTRY_NAME, "C"),
    ):
        parts += [f"{key}={a.value!s}" for a in name.get_attributes_for_oid(oid)]
    return ", ".join(map(str, parts)) or "CN=(no name)"


def _may_sign(found: x509.Certificate) -> bool:
    try:
        return found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return True


def _points(found: x509.Certificate) -> Iterator[str]:
    with suppress(x509.ExtensionNotFound):
        access = found.extensions.get_extension_for_oid(ExtensionOID.AUTHORITY_INFORMATION_ACCESS)
        for one in access.value:  # type: ignore[attr-defined]
            if isinstance(one.access_location, x509.UniformResourceIdentifier):
                yield one.access_location.value
    with suppress(x509.ExtensionNotFound):
        lists = found.extensions.get_extension_for_oid(ExtensionOID.CRL_DISTRIBUTION_POINTS)
        for point in lists.value:  # type: ignore[attr-defined]
            for one in point.full_name or ():
                if isinstance(one, x509.UniformResourceIdentifier):
                    yield one.value


class Own:
    """The platform's own authorities: what they signed is nobody else's."""

    def __init__(self, authorities: list[str]) -> None:
        self._held = [c.loaded for pem in authorities if (c := parse(pem))]

    def signed(self, certificate: Certificate) -> bool:
        return any(_signed_by(certificate.loaded, authority) for authority in self._held)


def _signed_by(found: x509.Certificate, authority: x509.Certificate) -> bool:
    if found.public_bytes(Encoding.DER) == authority.public_bytes(Encoding.DER):
        return True
    try:
        found.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def from_host(host: HostSeen, own: Own, when: str) -> Iterator[Observation]:
    """Yield an observation per issuer and per address that a certificate of the host names."""
    found = (host.facts.get("services") or {}).get("certificates") or {}
    for path, pem in _pairs(found.get("files")):
        yield from of(host.name, parse(pem), own, Source("certificate", path), when)
    for path, pem in _pairs(found.get("trusted")):
        yield from of(host.name, parse(pem), own, Source("certificate", path, 0, "trusted"), when)
    for row in found.get("served") or ():
        if isinstance(row, list) and len(row) == 3:  # noqa: PLR2004
            place = Source("certificate", f"port {row[0]} of {host.name}", 0, f"served, {row[2]}")
            yield from of(host.name, parse(str(row[1])), own, place, when)


def _pairs(rows: Any) -> Iterator[tuple[str, str]]:
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, list) and len(row) == 2:  # noqa: PLR2004
            yield str(row[0]), str(row[1])


def of(
    host: str, certificate: Certificate | None, own: Own, source: Source, when: str
) -> Iterator[Observation]:
    if certificate is None or own.signed(certificate):
        return
    if source.setting == "trusted" and not certificate.authority:
        return  # nobody else is believed by it
    at_home = certificate.self_signed and source.setting != "trusted"
    ends = [] if at_home else [PREFIX + certificate.issuer]
    for endpoint in [*ends, *certificate.points]:
        yield Observation(
            host=host,
            component="certificates",
            layer="L7",
            endpoint=endpoint,
            source=source,
            grade="E3",
            time=when,
            observer="certificate",
            note=f"subject {certificate.subject}, until {certificate.not_after:%Y-%m-%d}",
        )
