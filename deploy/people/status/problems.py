"""What somebody has to act on: named where that is needed to act, and nothing they do. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from deploy.people.status.model import KINDS, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deploy.people.status.collect import Answer
    from deploy.people.status.facts import Account, Facts

NEARLY_FULL = 90  # percent
NEAR = timedelta(days=14)


def problems(
    facts: Facts, answers: Sequence[Answer], *, today: date, after_days: int
) -> tuple[Problem, ...]:
    """Return the open problems, the most urgent kind first and by name within a kind."""
    found = [*_services(answers), *_groups(facts)]
    for account in facts.accounts.values():
        found += _full(account)
        found += _dates(account, today, after_days)
    for uid, until in facts.left.items():
        if until and (day := _date(until)) and day < today:
            found.append(Problem("keep_until_passed", uid, until))
    return tuple(sorted(found, key=lambda p: (KINDS.index(p.kind), p.subject)))


def _services(answers: Sequence[Answer]) -> Iterator[Problem]:
    for answer in answers:
        if answer.source == "units" and not answer.error:
            for unit, state in answer.data.items():
                yield Problem(
                    "service_down", f"{unit.removesuffix('.service')} ({answer.host})", state
                )


def _groups(facts: Facts) -> Iterator[Problem]:
    for name, members in facts.teams.items():
        if not members:
            yield Problem("team_without_members", name)
        elif not any(facts.accounts[uid].lead for uid in members):
            yield Problem("team_without_lead", name)
        used, quota = facts.folders.get(name, (0, 0))
        yield from _nearly("team_folder_full", name, used, quota)
    for name, members in facts.mailboxes.items():
        if not members:
            yield Problem("shared_mailbox_without_members", name)
        used, quota = facts.room.get(name, (0, 0))
        yield from _nearly("shared_mailbox_full", name, used, quota)


def _full(account: Account) -> Iterator[Problem]:
    for kind, what in (("mailbox_full", "mail"), ("files_full", "files")):
        used, quota = account.used.get(what, 0), account.quota.get(what, 0)
        yield from _nearly(kind, account.uid, used, quota)


def _nearly(kind: str, name: str, used: int, quota: int) -> Iterator[Problem]:
    if quota and (percent := used * 100 // quota) >= NEARLY_FULL:
        yield Problem(kind, name, str(percent))


def _dates(account: Account, today: date, after_days: int) -> Iterator[Problem]:
    start, end = _date(account.start), _date(account.end)
    begun, over = start is None or start <= today, end is not None and end < today
    if end and over:
        yield Problem("end_passed", account.uid, account.end)
    elif account.locked and begun:
        yield Problem("locked", account.uid)
    if end and not over and end - today <= NEAR:
        yield Problem("end_near", account.uid, account.end)
    since = max((d for d in (account.created, start) if d), default=None)
    waited = (today - since).days if since else 0
    if not account.activated and begun and not over and waited >= after_days:
        yield Problem("never_activated", account.uid, str(waited))


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
