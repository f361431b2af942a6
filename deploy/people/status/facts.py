"""What the services said, person by person. Only for adding up: nothing of it is shown. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from deploy.people import ldif
from deploy.people.entries import LOCKED, NOBODY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from deploy.people.status.collect import Answer

_UNITS = {"": 1, "B": 1, "K": 2**10, "KB": 2**10, "M": 2**20, "MB": 2**20, "G": 2**30, "GB": 2**30}
_UNITS |= {"T": 2**40, "TB": 2**40}
# A kind of client, and the source that knows who has one.
CLIENTS = {
    "mail_program": "directory",
    "webmail": "roundcube",
    "files_program": "nextcloud",
    "chat": "synapse",
}


@dataclass
class Account:
    """A person who has not left; days as dates, ``seen`` by kind of client, sizes in bytes.

    ``activated`` is who was seen anywhere. The directory alone knows: every way in begins at the
    portal, so a service that is silent takes nothing away. ``used`` and ``quota`` are by "mail"
    and "files"; quota 0 is without limit.
    """

    uid: str
    created: date | None = None
    start: str = ""
    end: str = ""
    locked: bool = False
    lead: bool = False
    activated: bool = False
    seen: dict[str, date] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=dict)
    quota: dict[str, int] = field(default_factory=dict)


@dataclass
class Facts:
    """Everything by name: people, teams and shared mailboxes with the uids in them.

    ``left`` has until when is kept what they left; ``addresses`` leads to a shared mailbox's
    name, ``room`` from there to its bytes used and quota; ``folders`` has those of teams' folders.
    """

    accounts: dict[str, Account] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    teams: dict[str, frozenset[str]] = field(default_factory=dict)
    mailboxes: dict[str, frozenset[str]] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    room: dict[str, tuple[int, int]] = field(default_factory=dict)
    folders: dict[str, tuple[int, int]] = field(default_factory=dict)


def of(answers: Iterable[Answer]) -> Facts:
    """Return what ``answers`` say; a source that said nothing leaves its part empty."""
    said = {a.source: a.data for a in answers if not a.error}
    facts = Facts()
    if "directory" in said:
        _directory(facts, str(said["directory"]))
    for source, kind in (("roundcube", "webmail"), ("synapse", "chat"), ("nextcloud", "files")):
        _seen(facts, kind, (said.get(source) or {}).get("seen"))
    files = said.get("nextcloud") or {}
    _seen(facts, "files_program", files.get("programs"))
    for account in facts.accounts.values():
        account.activated = bool(account.seen)
    _mail(facts, said.get("dovecot") or {})
    _files(facts, files)
    return facts


def _mail(facts: Facts, said: Mapping[str, Any]) -> None:
    """Note how full mailboxes are: nobody's is empty, with the quota it would have."""
    found, default = said.get("quota") or {}, size(str(said.get("default") or ""))
    for address, name in facts.addresses.items():
        if address in found:
            facts.room[name] = (int(found[address][0]), int(found[address][1]))
    for uid, account in facts.accounts.items():
        used, quota = found.get(uid) or (0, account.quota.get("mail") or default)
        account.used["mail"], account.quota["mail"] = int(used), int(quota)


def _files(facts: Facts, said: Mapping[str, Any]) -> None:
    used, quota = said.get("used") or {}, said.get("quota") or {}
    for uid, account in facts.accounts.items():
        given = size(str(quota.get(uid) or "")) if uid in quota else account.quota.get("files")
        account.used["files"] = int(used.get(uid, 0))
        account.quota["files"] = given or (
            size(str(said.get("default") or "")) if uid not in quota else 0
        )
    for name in facts.teams:
        owner = folder_owner(name)
        if owner in quota:
            facts.folders[name] = (int(used.get(owner, 0)), size(str(quota[owner])))


def folder_owner(team: str) -> str:
    """Return the account that has a team's folder (roles/nextcloud, nextcloud_teams/plan.py)."""
    return "_team-" + hashlib.sha256(team.encode()).hexdigest()[:16]


def _directory(facts: Facts, text: str) -> None:
    groups: list[tuple[str, dict[str, list[str]]]] = []
    keys: list[dict[str, list[str]]] = []
    by_dn: dict[str, str] = {}
    for dn, values in ldif.records(text):
        if "uid" in values:
            uid = values["uid"][0]
            by_dn[dn] = uid
            _person(facts, uid, values)
        elif "member" in values:
            groups.append((dn, values))
        elif "seealso" in values:
            keys.append(values)
    for dn, values in groups:
        members = frozenset(
            by_dn[m] for m in values["member"] if m != NOBODY and by_dn.get(m) in facts.accounts
        )
        name = values["cn"][0]
        if ",ou=mailboxes," in dn:
            facts.mailboxes[name] = members
            facts.addresses[values.get("mail", [""])[0].lower()] = name
        else:
            facts.teams[name] = members
    for values in keys:
        account = facts.accounts.get(by_dn.get(values["seealso"][0], ""))
        if account and (day := _day(values, "pwdlastsuccess")):
            account.seen["mail_program"] = max(day, account.seen.get("mail_program", day))


def _person(facts: Facts, uid: str, values: Mapping[str, list[str]]) -> None:
    def one(name: str) -> str:
        return next(iter(values.get(name, ())), "")

    if one("kootwijkleft"):
        facts.left[uid] = one("kootwijkkeepuntil")
        return
    account = Account(
        uid,
        created=_day(values, "createtimestamp"),
        start=one("kootwijkstart"),
        end=one("kootwijkend"),
        locked=one("pwdaccountlockedtime") == LOCKED,
        lead="lead" in values.get("kootwijkrole", ()),
        quota={
            "mail": size(one("kootwijkmailquota")),
            "files": size(one("kootwijkfilesquota")),
        },
    )
    if day := _day(values, "pwdlastsuccess"):
        account.seen["login"] = day
    facts.accounts[uid] = account


def _day(values: Mapping[str, list[str]], name: str) -> date | None:
    text = next(iter(values.get(name, ())), "")
    return datetime.strptime(text[:8], "%Y%m%d").replace(tzinfo=UTC).date() if text else None


def _seen(facts: Facts, kind: str, found: Any) -> None:
    for uid, seconds in (found or {}).items():
        account = facts.accounts.get(uid)
        if account and seconds and int(seconds) > 0:
            account.seen[kind] = datetime.fromtimestamp(int(seconds), UTC).date()


def size(text: str) -> int:
    """Return "10 GB" or "5G" in bytes; 0 for what is no size: none, default, nothing."""
    digits = text.strip().rstrip("BKMGTbkmgt ")
    unit = text.strip()[len(digits) :].strip().upper()
    try:
        return int(float(digits) * _UNITS[unit])
    except (ValueError, KeyError):
        return 0
