"""What becomes of the mail of who left: a Sieve script that comes before their own filters. Pure.

Mail is always kept in the mailbox, and the person's own filters send nothing anywhere any more.
RFC 5228 (Sieve), RFC 5230 (vacation), RFC 5260 (dates).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deploy.people.leaving.held import Entry

AUTO = "auto"
_DAYS = 7  # somebody who writes more often gets one answer in so many days
_SUBJECT = "Niet meer bereikbaar / No longer reachable"


@dataclass(frozen=True)
class MailWish:
    """Mail is sent on to the address ``forward`` or answered with ``answer`` until a day."""

    forward: str = ""
    answer: str = ""
    until: str = ""


def script(person: Entry, wish: MailWish) -> str:
    """Return the script."""
    lines = ["# Made by `kootwijk people leave`; the last line wins over the person's own filters."]
    if wish.forward:
        lines += ['require ["copy", "date", "fileinto", "relational"];', _until(wish.until)]
        lines += [f"  redirect :copy {_quoted(wish.forward)};", "}"]
    elif wish.answer:
        addresses = ", ".join(map(_quoted, person.addresses))
        lines += ['require ["date", "fileinto", "relational", "vacation"];', _until(wish.until)]
        lines += [
            f"  vacation :days {_DAYS} :subject {_quoted(_SUBJECT)}",
            f"    :addresses [{addresses}] {_quoted(wish.answer)};",
            "}",
        ]
    else:
        lines.append('require "fileinto";')
    return "\n".join([*lines, 'fileinto "INBOX";', "stop;", ""])


def answer(person: Entry, successor: Entry | None) -> str:
    """Return the answer that is sent where nobody wrote another: Dutch, then English."""
    dutch, english = f"{person.name} werkt hier niet meer.", f"{person.name} has left."
    if successor:
        whom = f"{successor.name} <{successor.mail}>"
        dutch += f" Schrijft u aan {whom}."
        english += f" Please write to {whom}."
    return f"{dutch}\n\n{english}\n"


def said(wish: MailWish) -> str:
    """Return in words what becomes of the mail."""
    if wish.forward:
        return f"sent on to {wish.forward} until {wish.until}, and kept"
    return f"answered until {wish.until}, and kept" if wish.answer else "kept"


def _until(day: str) -> str:
    return f'if currentdate :value "le" "date" "{day}" {{'


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
