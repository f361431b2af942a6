"""What is to be done, from what the directory says and what is there. Pure."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    Action = dict[str, Any]

PERMISSIONS = 31  # of a share: read, change, make, delete, share
UNCLEAR = "?"
_OWNER = "_team-"  # no login name of the directory begins so
_MAX_TITLE = 64  # characters, as the database has it
_MAX_NAME = 200  # bytes; disks take 255


@dataclass(frozen=True)
class Folder:
    """A team's folder as it is to be: the account that owns it, names, size, and whose it is."""

    uid: str
    title: str
    name: str
    quota: str
    gid: str


def wanted(teams: Iterable[Mapping[str, str]], title: str) -> dict[str, Folder]:
    """Return the folders that are to be there, by the uid of their owner.

    ``teams`` have name, gid and quota (empty for no folder, ``?`` for one that is left as it is).
    """
    return {
        owner(team["name"]): Folder(
            owner(team["name"]),
            title.format(team["name"])[:_MAX_TITLE].strip(),
            folder_name(team["name"]),
            team["quota"],
            team["gid"],
        )
        for team in teams
        if team["quota"] and team["gid"]
    }


def owner(name: str) -> str:
    """Return the account that owns a team's folder: any name will do, two never give the same."""
    return _OWNER + hashlib.sha256(name.encode()).hexdigest()[:16]


def folder_name(name: str) -> str:
    """Return what a folder may be called that is as near to ``name`` as can be."""
    kept = "".join("-" if c in "/\\" else c for c in name if unicodedata.category(c) != "Cc")
    short = kept.encode()[:_MAX_NAME].decode(errors="ignore").strip().rstrip(".")
    return short if short.strip(".") and not short.startswith(".ht") else f"Team {short}".strip()


def actions(folders: Mapping[str, Folder], held: Mapping[str, Mapping[str, Any]]) -> list[Action]:
    """Return what makes ``held`` (title, quota and shares by owner) what it should be, in order."""
    found: list[Action] = []
    for uid, folder in folders.items():
        if folder.quota != UNCLEAR:
            found += _one(folder, held.get(uid))
    for uid in held.keys() - folders.keys():
        found += [_unshare(uid, share) for share in held[uid]["shares"]]
    return found


def _one(folder: Folder, held: Mapping[str, Any] | None) -> Iterator[Action]:
    if held is None or (held["title"], held["quota"]) != (folder.title, folder.quota):
        kept = {"uid": folder.uid, "title": folder.title, "quota": folder.quota}
        yield {"do": "account", **kept}
    good = False
    for share in held["shares"] if held else ():
        if share["gid"] == folder.gid and share["permissions"] == PERMISSIONS and not good:
            good = True
        else:
            yield _unshare(folder.uid, share)
    if not good:
        yield {"do": "share", "uid": folder.uid, "folder": folder.name, "gid": folder.gid}


def _unshare(uid: str, share: Mapping[str, Any]) -> Action:
    return {"do": "unshare", "uid": uid, "share": share["id"], "gid": share["gid"]}


def members(teams: Iterable[Mapping[str, str]], seen: Mapping[str, str]) -> list[Action]:
    """Return what has Nextcloud see the teams whose members changed since they were ``seen``."""
    changed = (t["gid"] for t in teams if t["gid"] and seen.get(t["gid"]) != t["members"])
    return [{"do": "members", "gid": gid} for gid in changed]


def seen(
    teams: Iterable[Mapping[str, str]], before: Mapping[str, str], failed: Sequence[Action]
) -> dict[str, str]:
    """Return what to remember: the members of each team, those of before where it failed."""
    not_yet = {action["gid"] for action in failed if action["do"] == "members"}
    return {
        t["gid"]: before.get(t["gid"], "") if t["gid"] in not_yet else t["members"]
        for t in teams
        if t["gid"]
    }


def unclear(teams: Iterable[Mapping[str, str]]) -> list[str]:
    """Return the teams whose size is none."""
    return [team["name"] for team in teams if team["quota"] == UNCLEAR]


def words(action: Action) -> str:
    """Return what was done, for the journal."""
    return {
        "account": "{title}: has {quota}",
        "share": "{folder}: shared with {gid}",
        "unshare": "{uid}: no longer shared with {gid}",
        "members": "{gid}: other members",
    }[action["do"]].format(**action)
