"""Signed statements: in-toto Statement v1 in a DSSE envelope, with Ed25519.

https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

if TYPE_CHECKING:
    from collections.abc import Sequence

TYPE = "application/vnd.in-toto+json"


class SignatureError(Exception):
    """The envelope is not signed, or not by the key, or is no envelope; the text says which."""


def private_key(pem: bytes) -> Ed25519PrivateKey:
    """Return the key in ``pem``; ValueError if it is not one of Ed25519, unencrypted."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (TypeError, ValueError) as error:
        raise ValueError("no unencrypted private key in PEM") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("not an Ed25519 key")  # noqa: TRY004  (of a file, not of a type)
    return key


def public_key(pem: bytes) -> Ed25519PublicKey:
    """Return the public key in ``pem``, or that of the private one there; ValueError if neither."""
    try:
        key = serialization.load_pem_public_key(pem)
    except ValueError:
        return private_key(pem).public_key()
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("not an Ed25519 key")  # noqa: TRY004
    return key


def public_pem(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def fingerprint(key: Ed25519PublicKey) -> str:
    """Return the SHA-256 of the public key in DER, as ``openssl pkey -outform DER`` writes it."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return hashlib.sha256(key.public_bytes(serialization.Encoding.DER, form)).hexdigest()


def signed(statement: dict[str, Any], key: Ed25519PrivateKey | None) -> bytes:
    """Return the envelope around ``statement``; without a key it has no signature."""
    payload = json.dumps(statement, indent=1, sort_keys=True).encode()
    signatures = []
    if key is not None:
        mark = base64.b64encode(key.sign(_encoded(payload))).decode()
        signatures = [{"keyid": fingerprint(key.public_key()), "sig": mark}]
    envelope = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": TYPE,
        "signatures": signatures,
    }
    return json.dumps(envelope, indent=1).encode() + b"\n"


def opened(envelope: bytes) -> dict[str, Any]:
    """Return the statement in ``envelope``, whoever signed it; SignatureError if it is none."""
    _, payload, _ = _parts(envelope)
    try:
        found = json.loads(payload, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise SignatureError(f"the statement is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise SignatureError("the statement is no object")
    return found


def key_of(envelope: bytes) -> str:
    """Return the fingerprint that the envelope names, or an empty string."""
    _, _, signatures = _parts(envelope)
    return str(signatures[0].get("keyid", "")) if signatures else ""


def verify(envelope: bytes, keys: Sequence[Ed25519PublicKey]) -> str:
    """Return the fingerprint of the key, of ``keys``, that signed; SignatureError if none did."""
    kind, payload, signatures = _parts(envelope)
    if not signatures:
        raise SignatureError("it is not signed")
    for mark in signatures:
        for key in keys:
            try:
                key.verify(base64.b64decode(mark["sig"], validate=True), _encoded(payload, kind))
            except (InvalidSignature, KeyError, TypeError, binascii.Error):
                continue
            return fingerprint(key)
    raise SignatureError("the signature is not of a key that was given, over this statement")


def _encoded(payload: bytes, kind: str = TYPE) -> bytes:
    name = kind.encode()
    return b"DSSEv1 %d %s %d %s" % (len(name), name, len(payload), payload)


def _parts(envelope: bytes) -> tuple[str, bytes, list[dict[str, Any]]]:
    try:
        found = json.loads(envelope, object_pairs_hook=_unique)
        kind, marks = found["payloadType"], found["signatures"]
        payload = base64.b64decode(found["payload"], validate=True)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SignatureError(f"it is no DSSE envelope: {error!r}") from error
    if kind != TYPE or not isinstance(marks, list) or not all(isinstance(m, dict) for m in marks):
        raise SignatureError("it is no DSSE envelope around an in-toto statement")
    return kind, payload, marks


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name is there twice")
    return made
