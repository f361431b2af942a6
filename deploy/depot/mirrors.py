"""Where this machine gets Debian from: asked of its own apt, so that no mirror is named here.

``$KOOTWIJK_DEBIAN_MIRROR`` ("DEBIAN-URI SECURITY-URI"), or else ``depot.yml`` in the state folder,
overrides it, which is how production names a Dutch mirror::

    mirrors:
      debian: https://mirror.example.nl/debian
      security: https://mirror.example.nl/debian-security

Third-party sources are not taken; and whatever is taken has to be signed by Debian's archive keys.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from deploy.errors import InputError, MachineError
from deploy.paths import state
from deploy.run import install_packages, run

if TYPE_CHECKING:
    from collections.abc import Iterable

HOST_SUITE = "trixie"
_KEYRINGS = Path("/usr/share/keyrings")
_LABELS = {"Debian": "debian", "Debian-Security": "security"}
_VARIABLE = "KOOTWIJK_DEBIAN_MIRROR"
_EXAMPLE = (__doc__ or "").split("::")[1].split("Third")[0].rstrip()


def mirrors() -> dict[str, str]:
    """Return the addresses of the Debian archive and its security archive, without end slash."""
    file = state() / "depot.yml"
    if os.environ.get(_VARIABLE):
        words = os.environ[_VARIABLE].split()
        return _checked(dict(zip(_LABELS.values(), words, strict=False)), f"${_VARIABLE}")
    if file.exists():
        try:
            named = (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).get("mirrors")
        except (yaml.YAMLError, AttributeError) as error:
            raise InputError(f"this is not as it should be: {error}", where=str(file)) from error
        return _checked(named, str(file))
    found = _of_this_machine()
    if len(found) < len(_LABELS):
        run(["apt-get", "update", "-qq"], what="refreshing this machine's package lists")
        found = _of_this_machine()
    if len(found) < len(_LABELS):
        raise MachineError(
            "this machine's apt names no Debian and Debian security archive to fill the depot from",
            where="apt-get indextargets",
            next_step=f"name the mirrors in {file}:{_EXAMPLE}",
        )
    return {key: plain(uri) for key, uri in found.items()}


def _checked(named: Any, where: str) -> dict[str, str]:
    if not isinstance(named, dict) or set(named) != set(_LABELS.values()):
        raise InputError(
            "two mirrors have to be named: 'debian' and 'security'",
            where=where,
            next_step=f'set {_VARIABLE}="DEBIAN-URI SECURITY-URI", or in depot.yml:{_EXAMPLE}',
        )
    return {key: str(value).rstrip("/") for key, value in named.items()}


def _of_this_machine() -> dict[str, str]:
    form = "$(ORIGIN)|$(LABEL)|$(REPO_URI)"
    text = run(
        ["apt-get", "indextargets", "--format", form, "Created-By: Packages"],
        what="asking apt for this machine's sources",
    )
    return pick(text.splitlines())


def pick(lines: Iterable[str]) -> dict[str, str]:
    """Return the first archive of each kind that ``lines`` ("origin|label|uri") name."""
    found: dict[str, str] = {}
    for line in lines:
        origin, label, uri = line.split("|", 2)
        if origin == "Debian" and label in _LABELS:
            found.setdefault(_LABELS[label], uri.rstrip("/"))
    return found


def plain(uri: str) -> str:
    """Return ``uri``, or the first mirror of the list it names (as Debian's cloud images do)."""
    if not uri.startswith("mirror+file:"):
        return uri
    listed = Path(uri.removeprefix("mirror+file:").replace("//", "/", 1))
    lines = [
        line.split()[0] for line in listed.read_text(encoding="utf-8").splitlines() if line.strip()
    ]
    return next(line for line in lines if not line.startswith("#")).rstrip("/")


def source_lines() -> list[str]:
    """Return apt source lines for the hosts' release, its updates and its security archive."""
    return lines_for(mirrors(), archive_keyring())


def lines_for(uris: dict[str, str], keyring: Path) -> list[str]:
    suites = [
        (uris["debian"], HOST_SUITE),
        (uris["debian"], f"{HOST_SUITE}-updates"),
        (uris["security"], f"{HOST_SUITE}-security"),
    ]
    return [f"deb [signed-by={keyring}] {uri} {suite} main" for uri, suite in suites]


def archive_keyring() -> Path:
    """Return the keyring that Debian's archive is verified with; it knows the hosts' release."""
    file = _KEYRINGS / "debian-archive-keyring.gpg"
    if not (file.exists() and list(_KEYRINGS.glob(f"debian-archive-{HOST_SUITE}-*"))):
        install_packages({"debian-archive-keyring": "debian-archive-keyring"})
    if not file.exists():
        raise MachineError(
            "Debian's archive keyring is missing",
            where=str(file),
            next_step="apt-get install debian-archive-keyring",
        )
    return file
