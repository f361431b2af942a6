"""Tells whether this machine and the inventory are fit for what is asked of them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deploy import gaps, lab
from deploy import inventory as inventories
from deploy.depot.mirrors import mirrors
from deploy.depot.reach import trouble
from deploy.errors import KootwijkError
from deploy.paths import state
from deploy.secrets import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from deploy.inventory import Inventory

_ROOM_GB = 8


@dataclass(frozen=True)
class Row:
    """One thing looked at: ``status`` is ok, bad, or note: as it may be, and good to know."""

    what: str
    status: str
    seen: str
    next_step: str = ""


def examine(path: Path) -> list[Row]:
    """Look at this machine and the inventory at ``path``; nothing is changed."""
    rows = [*_machine(), _tried("inventory", lambda: _inventory(path))]
    if rows[-1].status == "ok":
        found = inventories.load(path)
        rows += [*_mail(found), *_depot(found)]
    return rows


def _machine() -> Iterator[Row]:
    why = lab.available()
    yield Row(
        "lab hosts", "bad" if why else "ok", why or "can run here", "run as root" if why else ""
    )
    folder = state()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free / 1e9
    enough = free >= _ROOM_GB
    yield Row(
        "room",
        "ok" if enough else "bad",
        f"{free:.0f} GB free at {folder}",
        "" if enough else f"free up to {_ROOM_GB} GB, or set $KOOTWIJK_STATE",
    )
    yield _tried("package source", lambda: ", ".join(sorted(mirrors().values())))


def _inventory(path: Path) -> str:
    found = inventories.load(path)
    secrets = len(Store(found.path).names())
    return f"{len(found.hosts)} hosts in {found.path}, {secrets} secrets can be opened"


def _mail(found: Inventory) -> Iterator[Row]:
    """Say where nobody reads what is sent to postmaster; letters name it unless they name help."""
    for host in found.hosts if found.lab is None else ():
        read = host.vars.get("kootwijk_postmasters") or host.vars.get("postfix_postmaster")
        if "postfix" in host.roles and not read:
            helped = (host.vars.get("kootwijk_letters") or {}).get("help")
            yield Row(
                "postmaster",
                "note",
                f"mail for postmaster, abuse and root of {host.domain} stays on {host.name}, unread"
                + ("" if helped else "; letters send newcomers there for help"),
                "set kootwijk_postmasters" + ("" if helped else ", and help in kootwijk_letters"),
            )


def _depot(found: Inventory) -> Iterator[Row]:
    """Look whether the inventory's depot is served, and has all that its hosts want."""
    grave = "note" if found.lab else "bad"
    urls = sorted({str(h.vars["kootwijk_depot_url"]) for h in found.hosts})
    for url in urls:
        why = trouble(url)
        if not why:
            yield Row("depot server", "ok", url)
        elif found.lab and found.name not in lab.labs():
            yield Row("depot server", "note", f"{url}: this lab is not there yet", "kootwijk up")
        else:
            step = "`kootwijk lab create` serves it" if found.lab else "see that it is served there"
            yield Row("depot server", "bad", f"{url}: {why}", step)
    try:
        wanting = gaps.find(found.hosts)
    except KootwijkError as error:
        yield Row("releases", "bad", f"{error.what} ({error.where})", error.next_step)
        return
    for gap in wanting:
        yield Row("releases", "note" if gap.optional and gap.kind == "missing" else grave,
                  str(gap), gap.step)  # fmt: skip
    if not wanting:
        yield Row("releases", "ok", "every upstream release is in the depot, and proved")


def _tried(what: str, look: Callable[[], str]) -> Row:
    try:
        return Row(what, "ok", look())
    except KootwijkError as error:
        return Row(what, "bad", f"{error.what} ({error.where})", error.next_step)
