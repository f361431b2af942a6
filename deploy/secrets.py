"""The platform's secrets: made once, kept encrypted beside the inventory, never printed.

One file a inventory, ``<inventory>/secrets.vault``, in Ansible Vault's format, so that
``ansible-vault view|rekey`` work on it. Its key is on this machine, outside the checkout:
``$KOOTWIJK_VAULT_KEY`` names the file, else ``vault-key`` in ``$KOOTWIJK_STATE``.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets as random
from contextlib import contextmanager
from typing import TYPE_CHECKING

from deploy import files
from deploy.errors import InputError
from deploy.paths import state

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from ansible.parsing.vault import VaultLib
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

KINDS = ("password", "rsa", "ca", "ed25519")


class Store:
    """The secrets of one inventory.

    ``get`` returns the secret ``name`` and makes it at the first call; what is there is never
    made again but by ``rotate``. InputError if the file cannot be opened with this machine's key.
    """

    def __init__(self, inventory: Path) -> None:
        self.file = inventory / "secrets.vault"

    def get(self, name: str, kind: str = "password") -> str:
        found = self._read().get(name)
        if found is not None:
            return found
        return self.get_many([name], kind)[name]

    def get_many(self, names: list[str], kind: str = "password") -> dict[str, str]:
        """Return the secrets ``names``, making those that are missing in one write."""
        with self._locked():
            held = self._read()
            missing = [name for name in names if name not in held]
            if missing:
                held.update({name: make(kind) for name in missing})
                self._write(held)
            return {name: held[name] for name in names}

    def held(self, name: str) -> str:
        """Return the secret ``name``, which somebody else made; InputError if it is not there."""
        found = self._read().get(name)
        if found is None:
            raise InputError(
                f"there is no secret '{name}'",
                where=str(self.file),
                next_step=f"`kootwijk secrets set {name}` takes it from the terminal or stdin",
            )
        return found

    def put(self, name: str, value: str) -> None:
        """Keep ``value``, which somebody else made, as the secret ``name``."""
        with self._locked():
            self._write({**self._read(), name: value})

    def forget(self, names: Collection[str]) -> None:
        """Keep ``names`` no longer: what they opened is gone. Those that are not there are not."""
        with self._locked():
            self._write({name: value for name, value in self._read().items() if name not in names})

    def names(self) -> list[str]:
        return sorted(self._read())

    def rotate(self, name: str) -> None:
        """Forget ``name``; the next deploy makes a new one and gives it to who uses it."""
        if name.startswith("person_"):
            raise InputError(
                "a person's first password is not rotated: only the directory knows whether it is "
                "still theirs",
                where=name,
                next_step="set another in the directory (ldappasswd)",
            )
        with self._locked():
            held = self._read()
            if name not in held:
                raise InputError(
                    f"there is no secret '{name}'",
                    where=str(self.file),
                    next_step="`kootwijk secrets list` lists the names",
                )
            del held[name]
            self._write(held)

    def _read(self) -> dict[str, str]:
        if not self.file.exists():
            return {}
        from ansible.errors import AnsibleError  # noqa: PLC0415  (half a second to import)

        try:
            text = self._vault().decrypt(self.file.read_bytes())
            held: dict[str, str] = json.loads(text)
        except (AnsibleError, ValueError) as error:
            raise InputError(
                "the secrets cannot be opened with this machine's key",
                where=f"{self.file} with {key_file()}",
                next_step="put the key it was made with there (or name it in $KOOTWIJK_VAULT_KEY); "
                "for a lab that is gone, delete the file",
            ) from error
        return held

    def _write(self, held: dict[str, str]) -> None:
        text = json.dumps(held, indent=1, sort_keys=True)
        files.write(self.file, self._vault().encrypt(text), mode=0o600)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.file.parent / ".secrets.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _vault(self) -> VaultLib:
        from ansible.parsing.vault import VaultLib, VaultSecret  # noqa: PLC0415

        key = _key(make_it=not self.file.exists())
        return VaultLib([("kootwijk", VaultSecret(key.encode()))])


def key_file() -> Path:
    """Return the path of the key that opens the secrets on this machine."""
    named = os.environ.get("KOOTWIJK_VAULT_KEY")
    return type(state())(named) if named else state() / "vault-key"


def _key(*, make_it: bool) -> str:
    file = key_file()
    if not make_it and not file.exists():
        raise InputError(
            "the key of the secrets is not on this machine",
            where=str(file),
            next_step="put it there, or name another file in $KOOTWIJK_VAULT_KEY",
        )
    try:
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            files.write_new(file, random.token_urlsafe(48).encode(), mode=0o600)
        return file.read_text(encoding="ascii").strip()
    except OSError as error:
        raise InputError(
            "the key of the secrets cannot be read or made",
            where=f"{file}: {error.strerror}",
            next_step="run as a user who may, or name another file in $KOOTWIJK_VAULT_KEY",
        ) from error


def make(kind: str) -> str:
    """Return a new secret: 32 URL-safe characters, a private key (PEM), an authority (JSON)."""
    if kind == "password":
        return random.token_urlsafe(24)
    if kind == "rsa":
        return _rsa()
    if kind == "ed25519":
        return _ed25519()
    if kind == "ca":
        from deploy.ca import new_authority  # noqa: PLC0415

        key, cert = new_authority("Kootwijk lab authority")
        return json.dumps({"key": key, "cert": cert})
    raise InputError(f"no kind of secret '{kind}'", next_step=f"one of: {', '.join(KINDS)}")


def public_half(private_key: str) -> str:
    """Return the public key (PEM) of a private key in PEM, as kind ``rsa`` makes it."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415

    try:
        key = serialization.load_pem_private_key(private_key.encode(), password=None)
    except ValueError as error:
        raise InputError("a secret is not a private key in PEM", where=str(error)) from error
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def _rsa() -> str:
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415

    return _pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))


def _ed25519() -> str:
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415

    return _pem(ed25519.Ed25519PrivateKey.generate())


def _pem(key: RSAPrivateKey | Ed25519PrivateKey) -> str:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415

    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
