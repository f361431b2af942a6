"""The depot's own OpenPGP key: made once, never replaced, used with GnuPG."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from deploy import files
from deploy.errors import MachineError
from deploy.run import install_packages, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploy.depot.store import Store

OWNER = "Kootwijk depot"
_PROGRAMS = {"gpg": "gpg", "gpgv": "gpgv", "gpg-agent": "gpg-agent", "gpgconf": "gpgconf"}


def ensure(store: Store) -> None:
    """Make the key if there is none yet, and put its public half where the hosts get it."""
    install_packages(_PROGRAMS)
    if not home(store).exists():
        _make(store)
    with _agent(home(store)) as env:
        binary = _gpg(env, "--export")
        armoured = _gpg(env, "--armor", "--export")
        if not binary or not _gpg(env, "--list-secret-keys", "--with-colons"):
            raise MachineError(
                "the depot's signing key is gone; a new one would be refused by every host",
                where=str(home(store)),
                next_step="put that folder back from a backup; or, to begin anew, remove it and "
                "give every host the new public key",
            )
    for name, content in (("gpg", binary), ("asc", armoured)):
        file = public(store).with_suffix(f".{name}")
        if not file.exists() or file.read_bytes() != content:
            files.write(file, content)


def home(store: Store) -> Path:
    return store.private / "gnupg"


def public(store: Store) -> Path:
    return store.public / "kootwijk-depot.gpg"


def sign(store: Store, release: Path) -> None:
    """Sign the Release file beside it: InRelease and Release.gpg."""
    how = ("--digest-algo", "SHA512", "--armor", "--output")
    with _agent(home(store)) as env:
        _gpg(env, *how, str(release.with_name("InRelease")), "--clear-sign", str(release))
        _gpg(env, *how, str(release.with_name("Release.gpg")), "--detach-sign", str(release))


def signed_by_us(store: Store, inrelease: Path) -> bytes | None:
    """Return the text that the depot's key signed in ``inrelease``; None if it did not."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "text"
        argv = ["gpgv", "--quiet", "--keyring", public(store), "--output", out, inrelease]
        done = subprocess.run([str(a) for a in argv], capture_output=True, check=False)
        return out.read_bytes() if done.returncode == 0 else None


def _make(store: Store) -> None:
    """Make the key in a folder beside its place, and rename: there is a whole one or none."""
    partial = store.private / "new"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    with _agent(partial) as env:
        _gpg(env, "--passphrase", "", "--quick-generate-key", OWNER, "ed25519", "sign", "never")
    partial.rename(home(store))


@contextmanager
def _agent(folder: Path) -> Iterator[dict[str, str]]:
    """Give the environment of a GnuPG home; its agent ends with the block.

    The home goes by a short name: its agent's sockets lie in it, and a socket's path has 107 bytes.
    """
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="kw-") as short:
        link = Path(short) / "g"
        link.symlink_to(folder.absolute())
        env = {**os.environ, "GNUPGHOME": str(link), "LC_ALL": "C"}
        try:
            yield env
        finally:
            run(["gpgconf", "--kill", "gpg-agent"], what="ending the key's agent", env=env)


def _gpg(env: dict[str, str], *argv: str) -> bytes:
    words = ["gpg", "--batch", "--yes", "--quiet", "--pinentry-mode", "loopback", *argv]
    done = subprocess.run(words, capture_output=True, check=False, env=env)
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip()
        raise MachineError(
            f"gpg {argv[-1] if argv[-1].startswith('--') else argv[0]} failed",
            where=f"{Path(env['GNUPGHOME']).resolve()}\n         {last}",
            next_step="correct what it says, then run this again",
        )
    return done.stdout
