"""Where this machine gets Debian from: asked of its own apt, so that no mirror is named here.

``depot.yml`` in the state folder overrides it, which is how production names a Dutch mirror::

    mirrors:
      debian: https://mirror.example.nl/debian
      security: https://mirror.example.nl/debian-security
"""

from __future__ import annotations

from pathlib import Path

import yaml

from deploy.errors import InputError, MachineError
from deploy.paths import state
from deploy.run import install_packages, run

HOST_SUITE = "trixie"
_KEYRINGS = Path("/usr/share/keyrings")
_LABELS = {"Debian": "debian", "Debian-Security": "security"}


def mirrors() -> dict[str, str]:
    """Return the addresses of the Debian archive and its security archive, without end slash."""
    file = state() / "depot.yml"
    if file.exists():
        named = (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).get("mirrors") or {}
        if set(named) != set(_LABELS.values()):
            raise InputError(
                "mirrors must name 'debian' and 'security'", where=str(file), next_step=__doc__ or ""
            )
        return {key: str(value).rstrip("/") for key, value in named.items()}
    found = _of_this_machine()
    if set(found) != set(_LABELS.values()):
        run(["apt-get", "update", "-qq"], what="refreshing this machine's package lists")
        found = _of_this_machine()
    if set(found) != set(_LABELS.values()):
        raise InputError(
            "this machine's apt names no Debian archive to fill the depot from",
            where="apt-get indextargets",
            next_step=f"name the mirrors in {file}:\n{(__doc__ or '').split('::')[1]}",
        )
    return found


def _of_this_machine() -> dict[str, str]:
    form = "$(ORIGIN)|$(LABEL)|$(REPO_URI)"
    text = run(
        ["apt-get", "indextargets", "--format", form, "Created-By: Packages"],
        what="asking apt for this machine's sources",
    )
    found = {}
    for line in text.splitlines():
        origin, label, uri = line.split("|", 2)
        if origin == "Debian" and label in _LABELS:
            found.setdefault(_LABELS[label], uri.rstrip("/"))
    return found


def source_lines() -> list[str]:
    """Return apt source lines for the hosts' release, its updates and its security archive."""
    uris = mirrors()
    suites = [
        (uris["debian"], HOST_SUITE),
        (uris["debian"], f"{HOST_SUITE}-updates"),
        (uris["security"], f"{HOST_SUITE}-security"),
    ]
    keyring = archive_keyring()
    return [f"deb [signed-by={keyring}] {uri} {suite} main" for uri, suite in suites]


def archive_keyring() -> Path:
    """Return the keyring that Debian's archive is verified with."""
    file = _KEYRINGS / "debian-archive-keyring.gpg"
    if not file.exists():
        install_packages({"debian-archive-keyring": "debian-archive-keyring"})
    if not file.exists():
        raise MachineError("Debian's archive keyring is missing", where=str(file))
    return file
