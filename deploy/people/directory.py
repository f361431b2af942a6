"""The directory of an organisation, reached over SSH as root: one connection, one program."""

from __future__ import annotations

import re
import subprocess
from threading import Thread
from typing import TYPE_CHECKING

from deploy.errors import CheckError, InputError, UnreachableError
from deploy.narrate import Progress
from deploy.people import ldif
from deploy.people.planning import State, base_dn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deploy.inventory import Host, Inventory

_SSH_FAILED = 255
_LONG = 100  # so many entries take seconds, and somebody is watching
_ROOT = "-Q -Y EXTERNAL -H ldapi:///"
_ATTRIBUTES = "uid cn sn givenName mail mailLocalAddress preferredLanguage member"
_FILTER = "(|(objectClass=inetOrgPerson)(objectClass=groupOfNames))"
_DOING = re.compile(r'(?:adding new|modifying|deleting) entry "(.*)"')


class Directory:
    """The directory that ``organisation`` runs in this inventory."""

    def __init__(self, inventory: Inventory, organisation: str) -> None:
        from deploy.procedures.bootstrap import ssh_command  # noqa: PLC0415  (a second to import)

        self.host = _host(inventory, organisation)
        self.base = base_dn(self.host.domain)
        self._ssh = ssh_command(inventory, self.host)

    def read(self) -> State:
        """Return the people and teams that are in it."""
        search = f"sudo -n ldapsearch {_ROOT} -LLL -o ldif-wrap=no -b {self.base}"
        words = [*self._ssh, f"{search} '{_FILTER}' {_ATTRIBUTES}"]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode:
            raise self._failed("reading the directory", done.returncode, done.stderr)
        people, teams = {}, {}
        for dn, values in ldif.records(done.stdout):
            if "uid" in values:
                people[values["uid"][0]] = values
            elif "member" in values:
                teams[values["cn"][0]] = (dn, frozenset(values["member"]))
        return State(people, teams)

    def write(self, records: Sequence[str]) -> None:
        """Do ``records`` (LDIF) in order, up to the first that the directory refuses.

        CheckError names that one; those before it are done.
        """
        words = [*self._ssh, f"sudo -n ldapmodify {_ROOT}"]
        process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        if not (process.stdin and process.stdout and process.stderr):
            raise AssertionError
        said: list[str] = []
        feeder = Thread(target=_feed, args=(process.stdin, records), daemon=True)
        listener = Thread(target=said.extend, args=(process.stderr,), daemon=True)
        feeder.start()
        listener.start()
        progress, doing = Progress("people", len(records), "entries"), ""
        for text in process.stdout:
            found = _DOING.match(text)
            doing = found[1] if found else doing
            if found and len(records) > _LONG:
                progress.advance()
        progress.close()
        code = process.wait()
        listener.join()
        feeder.join()
        if code:
            raise self._failed(f"changing '{doing}'" if doing else "changing", code, "".join(said))

    def _failed(self, what: str, code: int, said: str) -> CheckError | UnreachableError:
        last = "\n         ".join(said.strip().splitlines()[-4:])
        where = f"{self.host.name} ({self.host.address})\n         {last}"
        if code == _SSH_FAILED:
            return UnreachableError(
                f"{what} did not finish: the directory does not answer",
                where=where,
                next_step="see that this host and slapd on it are up, then run this again",
            )
        return CheckError(
            f"{what} was refused",
            where=where,
            next_step="mend that and run this again: what is done already stays done",
        )


def _feed(pipe: object, records: Sequence[str]) -> None:
    """Write to ssh's stdin; if it ended before, its exit code says why."""
    try:
        with pipe as stdin:  # type: ignore[attr-defined]
            stdin.writelines(records)
    except BrokenPipeError:
        return


def _host(inventory: Inventory, organisation: str) -> Host:
    known = sorted({h.organisation for h in inventory.hosts})
    if organisation not in known:
        raise InputError(
            f"no organisation '{organisation}' in this inventory",
            where=str(inventory.path),
            next_step=f"one of: {', '.join(known)}",
        )
    hosts = inventory.with_role("openldap", organisation)
    if not hosts:
        raise InputError(
            f"organisation '{organisation}' has no directory",
            where=str(inventory.path),
            next_step="put one of its hosts in the group directory",
        )
    return hosts[0]
