"""The directory of an organisation, reached over SSH as root: one connection, one program."""

from __future__ import annotations

import re
import subprocess
from threading import Thread
from typing import TYPE_CHECKING

from deploy.errors import CheckError, InputError, UnreachableError
from deploy.narrate import Progress
from deploy.people import ldif
from deploy.people.change import HeldTeam, State
from deploy.people.planning import base_dn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from deploy.inventory import Host, Inventory
    from deploy.people.ldif import Values

_SSH_FAILED = 255
_BUSY = 75  # sysexits(3): for now
# What was sent by an apply that was killed is done still; who reads or writes meanwhile would plan
# on what changes below them. Its rest (a pipe's 64 KiB) takes seconds.
_LOCK = f"sudo -n flock -E {_BUSY} {{how}} /run/lock/kootwijk-people"
_READING, _WRITING = _LOCK.format(how="-s -w 30"), _LOCK.format(how="-n")
# What is said where nothing was deployed, or something with another suffix.
_ABSENT = re.compile(r"ldapsearch: (command not found|No such file)|No such object \(32\)")
_LONG = 100  # so many entries take seconds, and somebody is watching
_ROOT = "-Q -Y EXTERNAL -H ldapi:///"
_ATTRIBUTES = (
    "objectClass uid cn sn givenName mail mailLocalAddress preferredLanguage "
    "kootwijkFilesQuota kootwijkMailQuota kootwijkRole kootwijkStart kootwijkEnd kootwijkLeft "
    "kootwijkKeepUntil kootwijkSuccessor kootwijkRoom member pwdAccountLockedTime"
)
# An account is a login name that was somebody's who is deleted.
_KINDS = ("inetOrgPerson", "groupOfNames", "kootwijkMailbox", "account")
_FILTER = f"(|{''.join(f'(objectClass={kind})' for kind in _KINDS)})"
_DOING = re.compile(r'(?:adding new|modifying|deleting) entry "(.*)"')


class Directory:
    """The directory that ``organisation`` runs in this inventory."""

    def __init__(self, inventory: Inventory, organisation: str) -> None:
        from deploy.procedures.bootstrap import ssh_command  # noqa: PLC0415  (a second to import)

        self.host = host_of(inventory, organisation)
        self.base = base_dn(self.host.domain)
        self._ssh = ssh_command(inventory, self.host)

    def read(self) -> State:
        """Return the people, teams and shared mailboxes that are in it."""
        return _state(self.search(_FILTER, _ATTRIBUTES, settled=True))

    def search(
        self, which: str, attributes: str, *, settled: bool = False
    ) -> Iterator[tuple[str, Values]]:
        """Yield (dn, attributes) of the entries that the filter ``which`` means, as they come.

        ``settled``: once no `people apply` is at work. UnreachableError or CheckError after the
        last one if these are not all.
        """
        lock = _READING if settled else "sudo -n"
        search = f"{lock} ldapsearch {_ROOT} -LLL -o ldif-wrap=no -b {self.base}"
        words = [*self._ssh, f"{search} '{which}' {attributes}"]
        process = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
        )
        if not (process.stdout and process.stderr):
            raise AssertionError
        with process.stdout, process.stderr:
            yield from ldif.stream(process.stdout)
            said = process.stderr.read()
        code = process.wait()
        if code and _ABSENT.search(said):
            raise UnreachableError(
                f"there is no directory of {self.host.organisation} on this host yet",
                where=f"{self.host.name} ({self.host.address})",
                next_step="deploy it first: `kootwijk deploy`",
            )
        if code:
            raise self._failed("reading the directory", code, said)

    def write(self, records: Sequence[str], *, alone: bool = True) -> None:
        """Do ``records`` (LDIF) in order, up to the first that the directory refuses.

        CheckError names that one; those before it are done. ``alone``: not while a `people apply`
        is at work, and then whoever may not be in yet, or no longer, is locked, and who may is not.
        """
        dates = "sudo -n systemctl start openldap-dates.service || :"  # it looks again by itself
        modify = f"ldapmodify {_ROOT}"
        remote = f"{_WRITING} {modify} && {{ {dates}; }}" if alone else f"sudo -n {modify}"
        words = [*self._ssh, remote]
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
        if code == _BUSY:
            return CheckError(
                f"{what} has to wait: another `people apply` is at work on this directory",
                where=f"{self.host.name} ({self.host.address})",
                next_step="run this again when it is done; nothing was changed",
            )
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


def _state(entries: Iterable[tuple[str, Values]]) -> State:
    people, teams, mailboxes = {}, {}, {}
    for dn, values in entries:
        if "uid" in values:
            people[values["uid"][0]] = values
        elif "kootwijkMailbox" in values.get("objectclass", ()):
            mailboxes[values["cn"][0]] = values
        elif "member" in values:
            teams[values["cn"][0]] = HeldTeam(dn, frozenset(values.pop("member")), values)
    return State(people, teams, mailboxes)


def _feed(pipe: object, records: Sequence[str]) -> None:
    """Write to ssh's stdin; if it ended before, its exit code says why."""
    try:
        with pipe as stdin:  # type: ignore[attr-defined]
            stdin.writelines(records)
    except BrokenPipeError:
        return


def host_of(
    inventory: Inventory,
    organisation: str,
    role: str = "openldap",
    *,
    what: str = "directory",
    group: str = "directory",
) -> Host:
    """Return the organisation's first host with ``role``, by default its directory's.

    InputError, in which the role is called ``what`` and its tier ``group``, where there is none.
    """
    known = sorted({h.organisation for h in inventory.hosts})
    if organisation not in known:
        raise InputError(
            f"no organisation '{organisation}' in this inventory",
            where=str(inventory.path),
            next_step=f"one of: {', '.join(known)}",
        )
    hosts = inventory.with_role(role, organisation)
    if not hosts:
        raise InputError(
            f"organisation '{organisation}' has no {what}",
            where=str(inventory.path),
            next_step=f"put one of its hosts in the group {group}",
        )
    return hosts[0]
