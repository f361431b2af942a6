"""The view for a terminal. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deploy.people.status.model import Activity, Group, Status, Storage

_CLIENTS = {
    "mail_program": "mail prog.",
    "webmail": "web mail",
    "files_program": "sync",
    "chat": "chat",
}
KINDS = {
    "service_down": "does not run",
    "mailbox_full": "mailbox nearly full",
    "files_full": "files nearly full",
    "shared_mailbox_full": "shared mailbox nearly full",
    "team_folder_full": "team's folder nearly full",
    "locked": "locked",
    "end_passed": "last day passed, did not leave yet",
    "end_near": "last day is near",
    "keep_until_passed": "left, and need not be kept any more",
    "never_activated": "never logged in",
    "shared_mailbox_without_members": "shared mailbox that nobody reads",
    "team_without_lead": "team without a lead",
    "team_without_members": "team without members",
}
_UNITS = {
    "mailbox_full": " %",
    "files_full": " %",
    "shared_mailbox_full": " %",
    "team_folder_full": " %",
}
_UNITS |= {"never_activated": " days"}
_SHOWN = 10
WITHHELD = "<5"


def lines(status: Status) -> Iterator[str]:
    """Yield the view, line by line."""
    yield f"{status.organisation} ({status.domain}), {status.time}"
    yield ""
    yield from _table(status)
    yield ""
    if any(g.activity is None for g in status.teams):
        yield f"{WITHHELD}: too few people to show what they do, or a group of that few would show."
    if status.left:
        yield f"Left, and still kept: {status.left}."
    for one in status.unknown:
        yield f"unknown  {one.source} on {one.host}: {one.why}"
    yield from _problems(status)


def _table(status: Status) -> Iterator[str]:
    example = next((g.activity for g in (status.everybody, *status.teams) if g.activity), None)
    clients = list(example.clients) if example else []
    stores = list(example.storage) if example else []
    head = ["team", "accounts", "activated", "7 days", "30 days"]
    head += [*(_CLIENTS[c] for c in clients), *stores]
    rows = [_row(g, g.name or "(in no team)", len(head)) for g in status.teams]
    rows.append(_row(status.everybody, "everybody", len(head)))
    widths = [max(len(r[i]) for r in [head, *rows]) for i in range(len(head))]
    for cells in [head, *rows]:
        rest = (c.rjust(w) for c, w in zip(cells[1:], widths[1:], strict=True))
        yield "  ".join([cells[0].ljust(widths[0]), *rest])


def _row(group: Group, name: str, columns: int) -> list[str]:
    if group.activity is None:
        return [name, str(group.accounts), *[WITHHELD] * (columns - 2)]
    return [name, str(group.accounts), *_cells(group.activity)]


def _cells(found: Activity) -> list[str]:
    counts = (found.activated, found.active_7, found.active_30, *found.clients.values())
    cells = ["unknown" if n is None else str(n) for n in counts]
    return [*cells, *(_stored(s) for s in found.storage.values())]


def _stored(found: Storage | None) -> str:
    if found is None:
        return "unknown"
    return f"{size(found.used)} of {size(found.quota)}" if found.quota else size(found.used)


def size(count: float) -> str:
    """Return ``count`` bytes as people say it."""
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if count < 1024 or unit == "TB":  # noqa: PLR2004
            break
        count /= 1024
    exact = count >= 100 or count == int(count) or unit == "B"  # noqa: PLR2004
    return f"{count:.0f} {unit}" if exact else f"{count:.1f} {unit}"


def _problems(status: Status) -> Iterator[str]:
    found = status.of_kind()
    yield ""
    yield "Open problems" if found else "No open problems" + (" found" if status.unknown else "")
    for kind, problems in found.items():
        unit = _UNITS.get(kind, "")
        names = [f"{p.subject} ({p.detail}{unit})" if p.detail else p.subject for p in problems]
        yield f"  {KINDS[kind]}: {len(names)}"
        yield f"      {_listed(names)}"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more (--json has all)" if more > 0 else "")
