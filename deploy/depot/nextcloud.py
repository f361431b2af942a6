"""Whether an archive is a Nextcloud app as its publisher signed it.

Nextcloud has every app sign the SHA-512 of each of its files, in appinfo/signature.json, with a
certificate for the app's id under Nextcloud's own authority. This is what the server's integrity
check does, done before the app is anywhere near a server, and stricter: no link, no file beside.
https://docs.nextcloud.com/server/latest/developer_manual/app_publishing_maintenance/code_signing.html
"""

from __future__ import annotations

import base64
import hashlib
import json
import tarfile
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from deploy.errors import CheckError, InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_SIGNATURE = "appinfo/signature.json"
_MOST = 16_000_000  # bytes of a signature file; the server's own, the biggest, has three million
_SHOWN = 3


class UnsignedError(InputError):
    """The archive carries no signature, so nothing can be said of it."""


def verify(archive: Path, app: str, authorities: Path, revoked: Path | None = None) -> str:
    """Return whose certificate signed every file of ``archive``, which holds the app ``app``.

    ``authorities`` are certificates (PEM), the trusted root first and those it issued after it;
    ``revoked`` is a revocation list (PEM) of one of them. Raises UnsignedError where there is no
    signature, CheckError for anything that is not as it was signed.
    """
    found, signed = _read(archive, app)
    if signed is None:
        raise UnsignedError(
            f"this app carries no signature of its publisher ({_SIGNATURE})",
            where=str(archive),
            next_step="get the app's release archive: an archive of its source is not signed",
        )
    certificate = _certificate(signed, authorities, revoked, app)
    _signature(signed["hashes"], signed["signature"], certificate)
    _same(signed["hashes"], found)
    return f"{app}'s certificate, {_name(certificate.issuer)}"


def _read(archive: Path, app: str) -> tuple[dict[str, str], Mapping[str, Any] | None]:
    """Return the SHA-512 of every file below ``app/``, and what its signature file says."""
    found: dict[str, str] = {}
    signed = None
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                folder, _, name = member.name.removeprefix("./").partition("/")
                if folder != app or ".." in name.split("/") or not (member.isdir() or name):
                    raise _wrong(f"it holds '{member.name}', which is not in the folder {app}/")
                if member.isdir():
                    continue
                content = tar.extractfile(member) if member.isreg() else None
                if content is None or name in found:
                    raise _wrong(f"it holds '{member.name}' as a link, a device, or twice")
                if name == _SIGNATURE and member.size <= _MOST and signed is None:
                    signed = _json(content.read())
                else:
                    found[name] = hashlib.file_digest(content, "sha512").hexdigest()  # type: ignore[arg-type]
    except (tarfile.TarError, EOFError, OSError) as error:
        raise _wrong(f"it cannot be read as a tar archive: {error}") from error
    return found, signed


def _json(text: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(text)
        names, values = said["hashes"], (said["signature"], said["certificate"])
        texts = [*names, *names.values(), *values]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _wrong(f"its {_SIGNATURE} is damaged: {error}") from error
    if not all(isinstance(one, str) for one in texts):
        raise _wrong(f"its {_SIGNATURE} is damaged")
    return dict(said)


def _certificate(
    signed: Mapping[str, Any], authorities: Path, revoked: Path | None, app: str
) -> x509.Certificate:
    """Return the certificate it was signed with, if it is the app's and the root vouches for it."""
    try:
        certificate = x509.load_pem_x509_certificate(signed["certificate"].encode())
        issuer = _issuer(certificate, x509.load_pem_x509_certificates(authorities.read_bytes()))
        names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    except ValueError as error:
        raise _wrong(f"its certificate cannot be read: {error}") from error
    if issuer is None:
        raise _wrong(f"its certificate was not issued by the authority in {authorities.name}")
    if [n.value for n in names] != [app]:
        raise _wrong(f"its certificate is for {_name(certificate.subject)}, not for {app}")
    if revoked:
        authority = x509.load_pem_x509_crl(revoked.read_bytes())
        if not any(
            authority.is_signature_valid(one.public_key())  # type: ignore[arg-type]
            for one in x509.load_pem_x509_certificates(authorities.read_bytes())
        ):
            raise _wrong(f"{revoked.name} is not signed by the authority in {authorities.name}")
        if authority.get_revoked_certificate_by_serial_number(certificate.serial_number):
            raise _wrong("its certificate was revoked")
    return certificate


def _issuer(
    certificate: x509.Certificate, authorities: Sequence[x509.Certificate]
) -> x509.Certificate | None:
    """Return who of ``authorities``, each issued by the first, issued ``certificate``."""
    root = authorities[0]
    for one in authorities:
        if _issued(one, root) and _issued(certificate, one):
            return one
    return None


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _signature(listed: Mapping[str, str], signature: str, certificate: x509.Certificate) -> None:
    """Verify the signature over the list of files, as the server writes it (PHP's json_encode)."""
    text = json.dumps(listed, separators=(",", ":")).replace("/", "\\/").encode()
    key = certificate.public_key()
    # RSA-PSS without salt, over SHA-1 with SHA-512 in the mask: what Nextcloud's signing tool
    # makes. The files themselves are listed by their SHA-512.
    scheme = padding.PSS(padding.MGF1(hashes.SHA512()), 0)
    try:
        if not isinstance(key, rsa.RSAPublicKey):
            raise _wrong("its certificate has no RSA key")
        key.verify(base64.b64decode(signature), text, scheme, hashes.SHA1())  # noqa: S303
    except (InvalidSignature, ValueError) as error:
        raise _wrong("its list of files is not what the certificate signed") from error


def _same(listed: Mapping[str, str], found: Mapping[str, str]) -> None:
    problems = [
        *(f"{name} is missing" for name in listed if name not in found),
        *(f"{name} was not signed" for name in found if name not in listed),
        *(f"{name} was changed" for name in found if listed.get(name, found[name]) != found[name]),
    ]
    if problems:
        more = f", and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise _wrong(", ".join(sorted(problems)[:_SHOWN]) + more)


def _name(of: x509.Name) -> str:
    found = of.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(found[0].value) if found else of.rfc4514_string()


def _wrong(what: str) -> CheckError:
    return CheckError(what, next_step="get the app from its publisher again")
