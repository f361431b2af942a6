"""From who leaves, and how, to what the directory has to say about it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.errors import InputError
from deploy.people import ldif
from deploy.people.entries import LOCKED
from deploy.people.leaving import letter
from deploy.people.leaving.letter import MailWish

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deploy.people.leaving.held import Entry, Held

KEEP_YEARS = 10  # docs/decisions/0009-how-long-things-are-kept.md
MAIL_DAYS = 90


@dataclass(frozen=True)
class Wishes:
    """How somebody leaves; empty is not said. Dates are YYYY-MM-DD.

    ``forward_to`` is a uid, ``answer`` a text or AUTO; one of them, until ``until``.
    """

    successor: str = ""
    keep_until: str = ""
    forward_to: str = ""
    answer: str = ""
    until: str = ""

    @property
    def colleagues(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.successor, self.forward_to)))


def check(uid: str, held: Held, wishes: Wishes, where: str) -> Entry:
    """Return the person; InputError for whom there is none, or who cannot leave like this."""
    person = held.person
    if person is None:
        raise InputError(
            f"nobody here has the login name '{uid}'",
            where=where,
            next_step="look in the roster or with `people status` how it is written",
        )
    for asked in (
        ("successor", "--successor", wishes.successor),
        ("one to send mail on to", "--forward-to", wishes.forward_to),
    ):
        if asked[2]:
            _check_stays(person, held.others, asked, where)
    for what, said, before in (
        ("successor", wishes.successor, person.successor),
        ("day until which things are kept", wishes.keep_until, person.keep_until),
    ):
        if person.left and said and said != before:
            raise InputError(
                f"'{uid}' left on {person.left} already, with another {what}: {before or 'none'}",
                where=where,
                next_step="run it again without that option: it completes what is not done",
            )
    return person


def _check_stays(
    person: Entry, others: Mapping[str, Entry], asked: tuple[str, str, str], where: str
) -> None:
    """Raise InputError if who was asked for (what, option, uid) is not a colleague who stays."""
    what, option, uid = asked
    found = others.get(uid)
    if uid == person.uid:
        why = f"'{uid}' cannot be their own {what}"
    elif found is None:
        why = f"the {what}, '{uid}', is nobody here"
    elif found.left:
        why = f"the {what}, '{uid}', left on {found.left}"
    elif found.locked:
        why = f"the {what}, '{uid}', is locked"
    else:
        return
    raise InputError(why, where=where, next_step=f"name a colleague who stays with {option}")


def mail(person: Entry, held: Held, wishes: Wishes, today: date) -> MailWish | None:
    """Return what becomes of the mail; None: what was decided before stays."""
    until = wishes.until or (today + timedelta(days=MAIL_DAYS)).isoformat()
    if wishes.forward_to:
        return MailWish(forward=held.others[wishes.forward_to].mail, until=until)
    if wishes.answer:
        colleague = held.others.get(wishes.successor or person.successor)
        auto = wishes.answer == letter.AUTO
        text = letter.answer(person, colleague) if auto else wishes.answer
        return MailWish(answer=text, until=until)
    return None if person.left else MailWish()


def keep_until(today: date, years: int) -> str:
    """Return the day ``years`` from today; 29 February becomes 28."""
    try:
        return today.replace(year=today.year + years).isoformat()
    except ValueError:
        return today.replace(year=today.year + years, day=28).isoformat()


def records(held: Held, person: Entry, wishes: Wishes, today: date, years: int) -> list[str]:
    """Return LDIF: locked first, then out of teams and mailboxes, then the app passwords.

    Where the person is the last one the successor takes the place; without a successor it stays.
    """
    found = [_person(person, wishes, today, years)] if not (person.left and person.locked) else []
    successor = wishes.successor or person.successor
    for dn, (_, members) in {**held.teams, **held.mailboxes}.items():
        changes: list[tuple[str, str, list[str]]] = []
        if members == 1 and successor:
            changes.append(("add", "member", [held.others[successor].dn]))
        if members > 1 or successor:
            changes.append(("delete", "member", [person.dn]))
        if changes:
            found.append(ldif.modify(dn, changes))
    return [*found, *(ldif.delete(dn) for dn in held.app_passwords)]


def _person(person: Entry, wishes: Wishes, today: date, years: int) -> str:
    wanted = {
        "pwdAccountLockedTime": LOCKED,
        "kootwijkLeft": person.left or today.isoformat(),
        "kootwijkKeepUntil": person.keep_until or wishes.keep_until or keep_until(today, years),
    }
    successor = wishes.successor or person.successor
    if successor:
        wanted["kootwijkSuccessor"] = successor
    changes: list[tuple[str, str, list[str]]] = []
    if "kootwijkperson" not in person.classes:
        changes.append(("add", "objectClass", ["kootwijkPerson"]))
    changes += [("replace", name, [value]) for name, value in wanted.items()]
    return ldif.modify(person.dn, changes)


def day(text: str, option: str, today: date) -> str:
    """Return ``text`` if it is a day to come, as 2026-12-31, or empty; InputError otherwise."""
    if not text:
        return ""
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            f"{option}: {text!r} is not a day", next_step="write it as 2026-12-31"
        ) from error
    if found <= today:
        raise InputError(f"{option}: {text} is not a day to come", next_step="name a later one")
    return found.isoformat()


def wishes(*, successor: str, keep_until: str, forward_to: str, answer: str, until: str) -> Wishes:
    """Return what the command's options say; InputError for what they cannot mean.

    ``answer`` is a file in UTF-8, or AUTO.
    """
    today = datetime.now(UTC).astimezone().date()
    if until and not (forward_to or answer):
        raise InputError(
            "--until says for how long mail is sent on or answered, and neither was asked",
            next_step="add --forward-to UID or --answer FILE, or leave --until out",
        )
    text = answer
    if answer and answer != letter.AUTO:
        try:
            text = Path(answer).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                "the answer cannot be read as UTF-8 text",
                where=answer,
                next_step="name a text file, or say `--answer auto`",
            ) from error
        if not text:
            raise InputError("the answer is empty", where=answer, next_step="write one in it")
    return Wishes(
        successor=successor,
        keep_until=day(keep_until, "--keep-until", today),
        forward_to=forward_to,
        answer=text,
        until=day(until, "--until", today),
    )
