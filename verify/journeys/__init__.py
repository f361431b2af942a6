"""What a user does, done with real clients, and what was seen doing it.

A journey is a function from a Stage to the sentence of what it saw. It raises JourneyError when the
platform did something wrong, and SkipError when there is nothing to try it on; blame.py says what
a client's own errors mean.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from deploy.errors import InputError
from deploy.narrate import say
from verify.journeys import (
    blame,
    calendar,
    chat,
    element,
    files,
    login,
    mail,
    names,
    newcomer,
    programs,
    shared,
    spaces,
    together,
    tokens,
    web,
)
from verify.journeys.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from deploy.inventory import Inventory

    Journey = tuple[str, Callable[[Stage], str]]  # the service it tries, and what it does

__all__ = ["JOURNEYS", "Result", "as_json", "exit_code", "run"]

JOURNEYS: dict[str, Journey] = {
    "the zone is signed and complete": ("names", names.zone),
    "mail to a colleague": ("mail", mail.inside),
    "what must be refused is refused": ("mail", mail.refused),
    "mail to another organisation": ("mail", mail.outward),
    "mail from another organisation": ("mail", mail.inward),
    "a mailbox of several people": ("mail", shared.mailbox),
    "a mail program sets itself up": ("mail", programs.set_up),
    "the start page": ("login", login.start),
    "a wrong password": ("login", login.refused),
    "an administrator's second factor": ("login", login.second_factor),
    "a mail program with an app password": ("mail", programs.app_password),
    "a mail program with a token": ("mail", tokens.bearer),
    "a newcomer's first day": ("login", newcomer.first_day),
    "web mail in a browser": ("mail", web.roundcube),
    "files in a browser": ("files", files.in_browser),
    "files synced to a computer": ("files", files.synced),
    "a file shared with a team": ("files", files.shared),
    "a team's folder": ("files", spaces.folder),
    "an invitation to an appointment": ("files", calendar.invited),
    "two people chat, encrypted": ("chat", chat.inside),
    "chat with another organisation": ("chat", chat.across),
    "every team has its rooms": ("chat", spaces.rooms),
    "strangers in chat are refused": ("chat", chat.refused),
    "chat in a browser": ("chat", element.page),
    "one login, every service, one logout": ("login", together.one_login),
}


@dataclass(frozen=True)
class Result:
    """One journey: ``status`` is pass, fail, error (could not find out) or skipped."""

    name: str
    service: str
    status: str
    seen: str
    seconds: float
    screenshot: str | None = None


def run(
    inventory: Inventory, *, only: Sequence[str] = (), screenshots: Path | None = None
) -> list[Result]:
    """Do every journey (or those in ``only``) and return what was seen; none stops another.

    Screenshots are left in the folder ``screenshots``. Raises InputError for a name in ``only``
    that no journey has.
    """
    wrong = sorted(set(only) - set(JOURNEYS))
    if wrong:
        raise InputError(
            f"no such journey: {', '.join(wrong)}", next_step=f"one of: {', '.join(JOURNEYS)}"
        )
    stage = Stage(inventory, screenshots)
    results = []
    for name, (service, journey) in JOURNEYS.items():
        if not only or name in only:
            results.append(_try(name, service, journey, stage))
            say(f"    {results[-1].status}: {name} ({results[-1].seconds:.1f} s)")
    with suppress(Exception):  # what stays is forgotten by a later run
        stage.tidy_up()
    return results


def _try(name: str, service: str, journey: Callable[[Stage], str], stage: Stage) -> Result:
    start = time.monotonic()
    stage.screenshot = None
    try:
        status, seen = "pass", journey(stage)
    except Exception as why:  # noqa: BLE001  (whatever ends one journey, the others go on)
        status, seen = blame.status(why), blame.words(why)
    seconds = round(time.monotonic() - start, 2)
    shot = str(stage.screenshot) if stage.screenshot else None
    return Result(name, service, status, seen, seconds, shot)


def as_json(results: Sequence[Result]) -> dict[str, Any]:
    """Return the results as `journeys --json` prints them."""
    return {"version": 1, "journeys": [asdict(result) for result in results]}


def exit_code(results: Sequence[Result]) -> int:
    """Return 1 if a journey failed, else 3 if one could not find out, else 0."""
    found = {result.status for result in results}
    return 1 if "fail" in found else 3 if "error" in found else 0
