"""A certificate authority for labs and pilots: what an ACME directory is in production.

The authority's key is a secret of the inventory. A host's own key never leaves the host: what
comes here is its certificate signing request, and only its public key is taken from that.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

_AUTHORITY_DAYS = 3650
_CLOCKS_DIFFER = timedelta(hours=1)
_COMMON_NAME_MAX = 64  # https://www.rfc-editor.org/rfc/rfc5280#appendix-A.1, ub-common-name


def new_authority(common_name: str) -> tuple[str, str]:
    """Return (private key, certificate) of a new authority, both PEM, good for ten years."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    cert = (
        _builder(_AUTHORITY_DAYS)
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(authority=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _key_pem(key), _pem(cert)


def sign(csr: str, key: str, cert: str, *, days: int, names: Sequence[str]) -> str:
    """Return a certificate (PEM) for the key in ``csr`` and for exactly ``names``.

    ``csr``, ``key`` and ``cert`` are PEM; ``key`` and ``cert`` are the authority's. What the
    request says of names is ignored: the inventory says what a host is called.
    InputError if the request is not signed by its own key.
    """
    request = x509.load_pem_x509_csr(csr.encode())
    if not request.is_signature_valid:
        raise InputError("the signing request is not signed by the key in it", where=names[0])
    authority = x509.load_pem_x509_certificate(cert.encode())
    signer = serialization.load_pem_private_key(key.encode(), password=None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise InputError("the authority's key is not an elliptic-curve key")
    public = request.public_key()
    subject = _subject(names[0])
    made = (
        _builder(days)
        .subject_name(subject)
        .issuer_name(authority.subject)
        .public_key(public)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in names]),
            critical=not list(subject),  # RFC 5280, 4.2.1.6
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(_signed_by(authority), critical=False)
        .sign(signer, hashes.SHA256())
    )
    return _pem(made)


def why_new(chain: str, *, csr: str, names: Sequence[str], days: int, authority: str = "") -> str:
    """Return why the first certificate of ``chain`` must be replaced, or '' if it need not be.

    ``days`` is how many must be left of it; ``authority`` the PEM it has to be signed by, if that
    is known.
    """
    if not chain.strip():
        return "there is none"
    cert = x509.load_pem_x509_certificate(chain.encode())
    if spki_sha256(chain) != spki_sha256(csr):
        return "it is for another key"
    if set(dns_names(chain)) != set(names):
        return f"it is for {', '.join(dns_names(chain))}"
    if cert.not_valid_after_utc < datetime.now(UTC) + timedelta(days=days):
        return f"it ends {cert.not_valid_after_utc:%Y-%m-%d}"
    if authority:
        try:
            cert.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.encode()))
        except (ValueError, TypeError, InvalidSignature):
            return "it is from another authority"
    return ""


def dns_names(chain: str) -> list[str]:
    """Return the DNS names of the first certificate in the PEM text ``chain``."""
    extensions = x509.load_pem_x509_certificate(chain.encode()).extensions
    try:
        found = extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return found.value.get_values_for_type(x509.DNSName)


def spki_sha256(pem: str) -> str:
    """Return the SHA-256, in hex, of the public key in a certificate or signing request (PEM).

    This is the association data of a TLSA record 3 1 1 (RFC 6698).
    """
    public: PublicKeyTypes
    if "CERTIFICATE REQUEST" in pem:
        public = x509.load_pem_x509_csr(pem.encode()).public_key()
    else:
        public = x509.load_pem_x509_certificate(pem.encode()).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return hashlib.sha256(public.public_bytes(serialization.Encoding.DER, form)).hexdigest()


def _builder(days: int) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + timedelta(days=days))
    )


def _subject(name: str) -> x509.Name:
    if len(name) > _COMMON_NAME_MAX:
        return x509.Name([])
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _signed_by(authority: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    held = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(held.value)


def _pem(cert: x509.Certificate) -> str:
    return cert.public_bytes(serialization.Encoding.PEM).decode()


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
