"""Debian's own apt in a root of its own: what it would install on a bare host, and from where."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import unquote

from deploy import files
from deploy.depot.lock import Key, Offer, Package
from deploy.depot.mirrors import lines_for
from deploy.errors import CheckError, InputError, KootwijkError, MachineError, UnreachableError
from deploy.run import run

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

ARCHITECTURE = "amd64"
# Of the machine's own apt settings only how to get there: proxies, certificates, clocks.
_TRANSPORT = ("Acquire::http", "Acquire::https", "Acquire::Check-", "Acquire::ForceIPv")
_SIGNATURE = re.compile(
    r"NO_PUBKEY|BADSIG|EXPKEYSIG|REVKEYSIG|is not signed|verifying signature|GPG error|OpenPGP|"
    r"NOSPLIT|Hash Sum mismatch|inline-signed|not valid yet|is expired",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Apt:
    """A private apt: its own sources, lists, cache and an empty dpkg status."""

    root: Path
    mirrors: Mapping[str, str]
    keyring: Path

    def prepare(self) -> None:
        for folder in ("etc/apt.conf.d", "etc/preferences.d", "lists/partial", "archives/partial"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        lines = lines_for(dict(self.mirrors), self.keyring)
        files.write(self.root / "etc/sources.list", ("\n".join(lines) + "\n").encode())
        files.write(self.root / "status", b"")
        files.write(self.config, self._settings().encode())

    @property
    def config(self) -> Path:
        return self.root / "apt.conf"

    def _settings(self) -> str:
        dump = run(["apt-config", "dump"], what="reading this machine's apt settings")
        transport = [line for line in dump.splitlines() if line.startswith(_TRANSPORT)]
        own = {
            "Dir": self.root,
            "Dir::Etc": "etc/",
            "Dir::Etc::main": "/dev/null",
            "Dir::Etc::netrc": "/etc/apt/auth.conf",
            "Dir::Etc::netrcparts": "/etc/apt/auth.conf.d",
            "Dir::State": self.root,
            "Dir::State::lists": "lists/",
            "Dir::State::status": self.root / "status",
            "Dir::Cache": self.root,
            "APT::Architecture": ARCHITECTURE,
            "APT::Install-Recommends": "false",
            "APT::Install-Suggests": "false",
            "APT::Update::Error-Mode": "any",
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
            "Debug::NoLocking": "true",
        }
        lines = [f'{key} "{value}";' for key, value in own.items()]
        return "\n".join([*transport, *lines, f'APT::Architectures {{ "{ARCHITECTURE}"; }};', ""])

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "APT_CONFIG": str(self.config), "LC_ALL": "C"}

    def _run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                argv,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                env=self.environment,
            )
        except FileNotFoundError as error:
            raise MachineError(
                "the depot is filled with Debian's apt, and this machine has none",
                where=argv[0],
                next_step="fill the depot on a Debian machine, and bring its state folder",
            ) from error

    def update(self) -> None:
        """Refresh the lists (apt asks only for what changed); raise if they cannot be trusted.

        UnreachableError: the mirror did not answer. CheckError: its signature is not good.
        """
        done = self._run("apt-get", "update", "-q")
        if done.returncode:
            raise explain_update(done.stderr, list(self.mirrors.values()))

    def resolve(self, name: str, packages: Sequence[str]) -> frozenset[str]:
        """Return the addresses of all .debs that installing ``packages`` on nothing takes."""
        done = self._run("apt-get", "install", "-qq", "--print-uris", *packages)
        if done.returncode:
            problems = [
                x.removeprefix("E: ") for x in done.stderr.splitlines() if x.startswith("E: ")
            ]
            detail = [x for x in done.stdout.splitlines() if x.startswith(" ")]
            raise InputError(
                f"what '{name}' wants cannot be installed from Debian: {'; '.join(problems)}",
                where="\n         ".join([f"the 'debian' list of {name}", *detail[:6]]),
                next_step="correct that list: exact package names of the hosts' release",
            )
        uris = [line.split("'")[1] for line in done.stdout.splitlines() if line.startswith("'")]
        return frozenset(unquote(uri) for uri in uris)

    @cached_property
    def _lists(self) -> list[tuple[str, Path]]:
        form = "$(REPO_URI)|$(FILENAME)"
        done = self._run("apt-get", "indextargets", "--format", form, "Created-By: Packages")
        rows = [line.split("|", 1) for line in done.stdout.splitlines()]
        if not rows:
            raise MachineError("apt kept no package lists", where=str(self.root / "lists"))
        return [(uri.rstrip("/"), self.root / file) for uri, file in rows]

    def offer(self, names: Collection[str]) -> Offer:
        """Return every version of the packages ``names`` that the mirrors offer now."""
        found: Offer = {}
        for _, file in self._lists:
            for package in stanzas(file.read_bytes().decode(), names):
                found.setdefault(package.key, package)
        return found

    def address(self, packages: Collection[Package]) -> dict[Package, str]:
        """Return where to get each package: the archive whose list has it, and its place there."""
        names = {p.name for p in packages}
        places: dict[Key, str] = {}
        for uri, file in self._lists:
            for offered in stanzas(file.read_bytes().decode(), names):
                places.setdefault(
                    (offered.name, offered.version, offered.sha256), f"{uri}/{offered.path}"
                )
        return {p: places[p.name, p.version, p.sha256] for p in packages}


def stanzas(text: str, names: Collection[str]) -> Iterator[Package]:
    """Yield the packages of a Packages list whose name is in ``names``."""
    for stanza in text.split("\n\n"):
        name = stanza[9 : stanza.find("\n")]
        if name in names and stanza.startswith("Package: "):
            fields = dict(line.split(": ", 1) for line in stanza.splitlines() if _FIELD.match(line))
            yield Package(
                name,
                fields["Version"],
                fields["Architecture"],
                fields["SHA256"],
                int(fields["Size"]),
                fields["Filename"],
            )


_FIELD = re.compile(r"(Version|Architecture|SHA256|Size|Filename): ")


def explain_update(stderr: str, mirrors: Sequence[str]) -> KootwijkError:
    """Return the error for a failed ``apt-get update``: bad signature, or no answer."""
    lines = [x for x in stderr.splitlines() if x[:2] in ("E:", "W:")] or stderr.splitlines()
    where = "\n         ".join([", ".join(mirrors), *lines[:6]])
    if "No space left" in stderr:
        return MachineError(
            "the disk is full", where=where, next_step="make room, then run this again"
        )
    if _SIGNATURE.search(stderr):
        return CheckError(
            "the mirror's lists are not what Debian signed, so nothing of them is used",
            where=where,
            next_step="check this machine's clock; upgrade debian-archive-keyring; or name another "
            "mirror in depot.yml in the state folder",
        )
    return UnreachableError(
        "the Debian mirror did not answer",
        where=where,
        next_step="check the network and `apt-get update` on this machine, or name another mirror "
        "in depot.yml in the state folder; then run this again",
    )
