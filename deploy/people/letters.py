"""Letters for newcomers: where to begin, and a one-time link to set the first own password."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from deploy.errors import InputError
from deploy.narrate import say
from deploy.people import lettering, links, newcomers, printing, welcome
from deploy.people.directory import Directory
from deploy.people.lettering import Letter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deploy.inventory import Inventory
    from deploy.people.lettering import Place
    from deploy.people.newcomers import Newcomer

_MOST_DAYS = 90


@dataclass(frozen=True)
class Made:
    """Letters that were written, and one PDF of them all where Chromium is there.

    ``waiting`` have a letter already that is still good, ``welcomed`` got their first message now.
    """

    organisation: str
    folder: Path
    letters: tuple[tuple[Letter, Path], ...]
    waiting: tuple[str, ...]
    welcomed: tuple[str, ...]
    pdf: Path | None

    def __str__(self) -> str:
        lines = [
            f"{letter.person.uid}  good until {letter.link.until:%Y-%m-%d}  {path}"
            for letter, path in self.letters
        ]
        lines += [f"{uid}  got the message of welcome" for uid in self.welcomed]
        lines += [f"all of them, to print: {self.pdf}"] if self.pdf else []
        lines += [f"{uid}  has a letter that is still good" for uid in self.waiting]
        return "\n".join(lines) or "nobody needs a letter"

    def as_json(self) -> dict[str, Any]:
        """Return what `people letters --json` prints: no code and no link."""
        return {
            "version": 1,
            "organisation": self.organisation,
            "letters": [
                {
                    "uid": letter.person.uid,
                    "language": letter.language,
                    "until": letter.link.until.isoformat(),
                    "file": str(path),
                }
                for letter, path in self.letters
            ],
            "waiting": list(self.waiting),
            "welcomed": list(self.welcomed),
            "pdf": str(self.pdf) if self.pdf else None,
        }


def write(
    inventory: Inventory,
    folder: Path,
    *,
    uids: Sequence[str] = (),
    organisation: str | None = None,
    days: int = links.DAYS,
    new: bool = False,
) -> Made:
    """Make links and write a letter for each of ``uids``, or for all who are not in yet.

    Who has a letter that is still good gets no other one, which would make that one void, unless
    ``new``. Who set a password is written to when named, with ``new``. A link is good until the end
    of the day that is ``days`` from now, or from the person's first day.

    InputError for unknown people and such as may not come in; CheckError or UnreachableError if a
    link cannot be kept: then no letter is written.
    """
    if not 1 <= days <= _MOST_DAYS:
        raise InputError(f"a link is good for 1 to {_MOST_DAYS} days, not {days}")
    owner = organisation or inventory.hosts[0].organisation
    portal, directory = links.Portal(inventory, owner), Directory(inventory, owner)
    today = datetime.now().astimezone().date()
    wanted = choose(newcomers.read(directory), uids, today, new=new)
    good = {} if new else portal.good()
    waiting = tuple(person.uid for person in wanted if person.entry in good)
    chosen = [person for person in wanted if person.entry not in good]
    place = lettering.place_of(inventory, owner)
    made = [
        Letter(person, links.make(person.entry, until(person, today, days)), place, today)
        for person in chosen
    ]
    if made:
        prepare(folder)
    portal.keep(letter.link for letter in made)
    written = tuple((letter, _write(folder, letter)) for letter in made)
    paper = printing.pdf(folder, made)
    welcomed = _welcome(inventory, directory, [p for p in wanted if not p.welcomed], place, today)
    return Made(owner, folder, written, waiting, welcomed, paper)


def choose(
    people: dict[str, Newcomer], uids: Sequence[str], today: date, *, new: bool
) -> list[Newcomer]:
    """Return those of ``people`` who get a letter: the named ones, or who is not in yet.

    InputError names who is not there, who may not come in, and, without ``new``, who has a
    password of the own already.
    """
    if not uids:
        return [p for p in people.values() if not p.activated and not p.closed(today)]
    wrong = [f"{uid}: is not in the directory" for uid in uids if uid not in people]
    found = [people[uid] for uid in dict.fromkeys(uids) if uid in people]
    wrong += [f"{person.uid}: {person.closed(today)}" for person in found if person.closed(today)]
    wrong += [
        f"{person.uid}: has set a password already (--new for a letter all the same)"
        for person in found
        if person.activated and not new
    ]
    if wrong:
        raise InputError(
            wrong[0] if len(wrong) == 1 else "\n".join(["no letter was made:", *wrong]),
            next_step="name people who may come in, by login name; none for all who are not in yet",
        )
    return found


def until(person: Newcomer, today: date, days: int) -> datetime:
    """Return the end of the last day on which the person's link is good."""
    begin = max(today, person.start or today)
    return datetime.combine(begin + timedelta(days=days), time(23, 59, 59)).astimezone()


def _welcome(
    inventory: Inventory, directory: Directory, wanted: list[Newcomer], place: Place, today: date
) -> tuple[str, ...]:
    """Send the message of welcome to who has not had it; return who has it now."""
    done, refused = welcome.send(inventory, directory.host.organisation, wanted, place)
    if done:
        newcomers.note_welcome(directory, done, today)
    for why in refused:
        say(f"    no message of welcome for {why}")
    return tuple(person.uid for person in done)


def prepare(folder: Path) -> None:
    """Make the folder that letters go into; InputError if others may look into it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = folder.stat().st_mode & 0o777
        writable = os.access(folder, os.W_OK | os.X_OK)
    except OSError as error:
        raise InputError(
            f"the folder for letters cannot be made: {error.strerror}", where=str(folder)
        ) from error
    if mode & 0o077 or not writable:
        raise InputError(
            f"others may look into this folder (mode {mode:04o}), and letters are secret"
            if writable
            else "this folder cannot be written to",
            where=str(folder),
            next_step="name a new folder, or `chmod 700` this one",
        )


def _write(folder: Path, letter: Letter) -> Path:
    path = folder / f"{letter.person.uid}.html"
    lettering.write_secret(path, lettering.page([letter]).encode())
    return path
