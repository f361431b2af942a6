"""From what the services said to counts per team. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from deploy.people.status import facts as facts_
from deploy.people.status.model import Activity, Group, Status, Storage, Unknown
from deploy.people.status.privacy import SMALLEST, withheld
from deploy.people.status.problems import problems

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from deploy.people.status.collect import Answer
    from deploy.people.status.facts import Account

_WEEK, _MONTH = timedelta(days=7), timedelta(days=30)


def make(
    answers: Sequence[Answer], *, organisation: str, domain: str, now: datetime, after_days: int
) -> Status:
    """Return the view at ``now`` (UTC); not activated after ``after_days`` is a problem."""
    facts = facts_.of(answers)
    there = {a.source for a in answers}
    known = {a.source for a in answers if not a.error} - {"units"}
    everybody = frozenset(facts.accounts)
    teams = {name: facts.teams[name] for name in sorted(facts.teams, key=str.casefold)}
    without = everybody.difference(*teams.values())
    groups = {**teams, **({"": without} if without else {})}
    hidden = withheld(groups, everybody)

    def group(name: str, uids: frozenset[str], *, hide: bool) -> Group:
        accounts = [facts.accounts[uid] for uid in uids]
        return Group(
            name, len(uids), None if hide else activity(accounts, there, known, now.date())
        )

    return Status(
        organisation=organisation,
        domain=domain,
        time=now.isoformat(timespec="seconds"),
        after_days=after_days,
        everybody=group("", everybody, hide=len(everybody) < SMALLEST),
        teams=tuple(group(name, uids, hide=name in hidden) for name, uids in groups.items()),
        left=len(facts.left),
        problems=problems(facts, answers, today=now.date(), after_days=after_days),
        unknown=tuple(Unknown(a.source, a.host, a.error) for a in answers if a.error),
    )


def activity(
    accounts: Iterable[Account], there: set[str], known: set[str], today: date
) -> Activity:
    """Count what ``accounts`` do, as far as the sources that are ``there`` are ``known``."""
    people = list(accounts)
    last = [max(a.seen.values(), default=None) for a in people]
    complete = there - {"units", "dovecot"} <= known

    def since(days: timedelta) -> int | None:
        return sum(day is not None and today - day < days for day in last) if complete else None

    def client(kind: str, source: str) -> int | None:
        days = [a.seen.get(kind) for a in people]
        return sum(d is not None and today - d < _MONTH for d in days) if source in known else None

    return Activity(
        activated=sum(a.activated for a in people) if "directory" in known else None,
        active_7=since(_WEEK),
        active_30=since(_MONTH),
        clients={
            k: client(k, s) for k, s in facts_.CLIENTS.items() if s in there and _mail(k, there)
        },
        storage={
            kind: _stored(people, kind) if source in known else None
            for kind, source in (("mail", "dovecot"), ("files", "nextcloud"))
            if source in there
        },
    )


def _mail(kind: str, there: set[str]) -> bool:
    """Tell whether there can be this kind: the directory knows of mail, also without any."""
    return kind != "mail_program" or "dovecot" in there


def _stored(people: list[Account], kind: str) -> Storage:
    quotas = [a.quota.get(kind, 0) for a in people]
    return Storage(sum(a.used.get(kind, 0) for a in people), sum(quotas) if all(quotas) else 0)
