"""One-time links with which a newcomer sets the first own password at the portal.

A code is made here, and its hash alone goes to the portal's host: all of a batch over one
connection, into one transaction (roles/lemonldap_ng, ``lemonldap-ng-links``).
"""

from __future__ import annotations

import hashlib
import secrets
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from deploy.errors import CheckError, UnreachableError
from deploy.people.directory import host_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from deploy.inventory import Inventory

DAYS = 14
_SIGNS = "0123456789abcdefghjkmnpqrstvwxyz"  # no letter that looks like a figure: 5 bits each
_GROUPS, _SIZE = 7, 4  # 140 bits
_PROGRAM = "sudo -n runuser -u lemonldap-ng -- /usr/local/sbin/lemonldap-ng-links"
_SSH_FAILED = 255


@dataclass(frozen=True)
class Link:
    """A person's link: the directory's UUID of the entry, the code, and until when it is good."""

    entry: str
    code: str
    until: datetime

    def url(self, portal: str) -> str:
        """Return the link at ``portal``; the code is behind the #, which no browser sends."""
        return f"{portal}welcome#{self.code}"

    def line(self) -> str:
        """Return what the portal's host keeps of it."""
        kept = hashlib.sha256(self.code.replace("-", "").encode()).hexdigest()
        return f"{self.entry} {kept} {int(self.until.timestamp())}\n"


def make(entry: str, until: datetime) -> Link:
    """Return a link that nobody guesses: 140 random bits, as seven groups of four."""
    groups = ("".join(secrets.choice(_SIGNS) for _ in range(_SIZE)) for _ in range(_GROUPS))
    return Link(entry, "-".join(groups), until)


class Portal:
    """The portal of ``organisation``, whose host keeps what is needed of its links."""

    def __init__(self, inventory: Inventory, organisation: str) -> None:
        from deploy.procedures.bootstrap import ssh_command  # noqa: PLC0415  (a second to import)

        self.host = host_of(
            inventory,
            organisation,
            "lemonldap_ng",
            what="portal, where a first password is set",
            group="login",
        )
        self.url = f"https://login.{self.host.domain}/"
        self._ssh = ssh_command(inventory, self.host)

    def keep(self, links: Iterable[Link]) -> None:
        """Make these links good, all or none; earlier ones of the same people no longer are."""
        self._run("keeping the links of letters", "", "".join(link.line() for link in links))

    def good(self) -> Mapping[str, datetime]:
        """Return the entries (UUIDs) that have a link which is still good, and until when."""
        said = self._run("reading which links are good", " list", "")
        pairs = (line.split() for line in said.splitlines())
        return {entry: datetime.fromtimestamp(int(until), UTC) for entry, until in pairs}

    def _run(self, what: str, words: str, typed: str) -> str:
        done = subprocess.run(
            [*self._ssh, _PROGRAM + words], input=typed, capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            return done.stdout
        last = "\n         ".join(done.stderr.strip().splitlines()[-3:])
        where = f"{self.host.name} ({self.host.address})\n         {last}"
        if done.returncode == _SSH_FAILED:
            raise UnreachableError(
                f"{what} did not work: the portal's host does not answer",
                where=where,
                next_step="see that it is up, then run this again",
            )
        raise CheckError(
            f"{what} was refused; no link was made or changed",
            where=where,
            next_step="see that the portal and its database run (`kootwijk deploy`), then again",
        )
