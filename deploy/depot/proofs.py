"""What proves that a file is the release it is said to be."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.depot import nextcloud
from deploy.errors import CheckError, InputError
from deploy.run import run

if TYPE_CHECKING:
    from deploy.depot.declared import Declared, Signature

ANYWAY = "a lab may have it with --unverified"


def fits(one: Declared, signature: Path | None, *, unverified: bool) -> None:
    """Raise InputError where a signature was given or left out that the declaration rules out."""
    detached = one.signature and one.signature.detached
    if signature and not detached:
        raise InputError(
            f"no publisher's key is declared for {one.name}, so its signature proves nothing",
            where="deploy/depot/artifacts.yml",
            next_step="declare signature: {type: gpg, key: FILE, url: URL} there first",
        )
    if one.signature and detached and not (signature or one.sha256 or unverified):
        raise InputError(
            f"{one.name} is declared to be signed, and no signature was given",
            where=one.signature.url,
            next_step=f"get the signature from there, and give it with --signature FILE; {ANYWAY}",
        )


def signatures(one: Declared, file: Path, signature: Path | None, *, unverified: bool) -> list[str]:
    """Return what the publisher's signature proves, if there is one; CheckError if it is wrong."""
    by = one.signature
    if by and by.detached and signature:
        return [_signed(one, by, file, signature)]
    if by and not by.detached:
        try:
            return [f"signed with {nextcloud.verify(file, by.app, by.key, by.revoked)}"]
        except nextcloud.UnsignedError as error:
            if not unverified:
                error.next_step += f"; {ANYWAY}"
                raise
        except CheckError as error:
            raise CheckError(
                f"{one.name} {one.version} is not what its publisher signed: {error.what}",
                where=one.file,
                next_step=error.next_step,
            ) from error
    return []


def _signed(one: Declared, by: Signature, file: Path, signature: Path) -> str:
    """Return how ``signature`` proves ``file``; raise CheckError if it does not."""
    with tempfile.TemporaryDirectory() as folder:
        ring = Path(folder) / "key.gpg"
        content = by.key.read_bytes()
        if content.startswith(b"-----BEGIN"):
            run(["gpg", "--batch", "--dearmor", "-o", ring, by.key], what="reading the key")
        else:
            ring.write_bytes(content)
        argv = ["gpgv", "--keyring", str(ring), str(signature), str(file)]
        done = subprocess.run(argv, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        raise CheckError(
            f"{one.name} {one.version} is not signed by its publisher's key",
            where=f"{by.key}\n         {done.stderr.strip()}",
            next_step="get the file and its signature from the publisher again",
        )
    return f"signature by {by.key.name}"
