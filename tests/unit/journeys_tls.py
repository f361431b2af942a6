"""A server's TLS for the tests of the journeys, from the project's own authority."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from deploy import ca

if TYPE_CHECKING:
    from pathlib import Path


class Tls:
    """An authority of its own, and a server's side of TLS for the name ``name``."""

    def __init__(self, folder: Path, name: str) -> None:
        authority_key, self.authority = ca.new_authority("Test")
        private = ec.generate_private_key(ec.SECP256R1())
        request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
        csr = request.sign(private, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        cert = ca.sign(csr.decode(), authority_key, self.authority, days=1, names=[name])
        key = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        (folder / "both.pem").write_bytes(cert.encode() + key)
        self.server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.server.load_cert_chain(folder / "both.pem")
