"""What was tried at each service, before the lock and after it, and what that proves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_SECONDS = 60.0


@dataclass
class Door:
    """One way in that was made to be tried.

    ``before`` tells whether it opened before the lock (None: it could not be told), ``after`` the
    seconds from the lock to the first refusal (None: never refused), ``open`` whether the last try
    let one in (None: it could not be told), ``seen`` what was seen last.
    """

    name: str
    before: bool | None = None
    after: float | None = None
    open: bool | None = None
    seen: str = ""


@dataclass
class ServiceOutcome:
    """One service: its doors, what the person had there before, and what is left."""

    service: str
    host: str
    doors: list[Door] = field(default_factory=list)
    held: dict[str, int] = field(default_factory=dict)
    left: dict[str, int] | None = None
    trouble: str = ""
    locked_before: bool = False
    handed: list[tuple[str, str]] = field(default_factory=list)
    not_handed: str = ""

    @property
    def status(self) -> Literal["out", "in", "unknown"]:
        """Tell whether the person is out: only what was seen opening, and then refused, is.

        Whoever was locked before has doors that may never have opened.
        """
        late = any((door.after or 0) > MOST_SECONDS for door in self.doors)
        if late or any(door.open for door in self.doors) or any((self.left or {}).values()):
            return "in"
        if self.trouble or self.left is None or not self.doors:
            return "unknown"
        tried = all(door.after is not None and door.open is False for door in self.doors)
        opened = self.locked_before or all(door.before for door in self.doors)
        return "out" if tried and opened else "unknown"

    def as_json(self) -> dict[str, Any]:
        return {
            "service": self.service,
            "host": self.host,
            "status": self.status,
            "ways_in": [
                {
                    "name": door.name,
                    "worked_before": door.before,
                    "refused_after_seconds": door.after,
                    "seen": door.seen,
                }
                for door in self.doors
            ],
            "held": self.held,
            "left": self.left,
            "trouble": self.trouble,
            "handed_over": [{"what": what, "became": became} for what, became in self.handed],
            "not_handed_over": self.not_handed,
        }

    def lines(self) -> list[str]:
        """Return it for the terminal."""
        words = {"out": "out", "in": "STILL IN", "unknown": "could not find out"}
        held = ", ".join(f"{n} {what}" for what, n in self.held.items()) or "nothing known"
        left = ", ".join(f"{n} {what}" for what, n in (self.left or {}).items()) or "not known"
        found = [f"{self.service:8} {words[self.status]}; had {held}; left: {left}"]
        for door in self.doors:
            before = {True: "worked", False: "did not work", None: "not known"}[door.before]
            after = f"refused after {door.after:.1f} s" if door.after is not None else "not refused"
            found.append(f"    {door.name}: before: {before}; {after} ({door.seen})")
        found += [f"    {what}: {became}" for what, became in self.handed]
        found += [f"    not handed over: {self.not_handed}"] if self.not_handed else []
        return [*found, *([f"    {self.trouble}"] if self.trouble else [])]


@dataclass(frozen=True)
class Outcome:
    """Somebody left: the person as the directory now has them, and every service."""

    uid: str
    left: str
    keep_until: str
    successor: str
    teams: tuple[str, ...]
    mailboxes: tuple[str, ...]
    stays_in: tuple[str, ...]
    app_passwords: int
    services: Sequence[ServiceOutcome]

    @property
    def exit_code(self) -> int:
        """Return 1 if something opens or was not handed over, 3 if not all is known, else 0."""
        found = {service.status for service in self.services}
        if "in" in found or any(service.not_handed for service in self.services):
            return 1
        return 3 if "unknown" in found else 0

    def as_json(self) -> dict[str, Any]:
        """Return it as schemas/leave.schema.json describes it."""
        return {
            "version": 1,
            "uid": self.uid,
            "left": self.left,
            "keep_until": self.keep_until,
            "successor": self.successor,
            "out_of": {"teams": list(self.teams), "mailboxes": list(self.mailboxes)},
            "stays_in": list(self.stays_in),
            "app_passwords_removed": self.app_passwords,
            "services": [service.as_json() for service in self.services],
        }

    def lines(self) -> list[str]:
        """Return it for the terminal."""
        out = ", ".join([*self.teams, *(f"mailbox {name}" for name in self.mailboxes)]) or "none"
        found = [
            (
                f"{self.uid} left on {self.left}; kept until {self.keep_until}; "
                f"successor: {self.successor or 'none'}"
            ),
            f"taken out of: {out}; app passwords removed: {self.app_passwords}",
        ]
        if self.stays_in:
            found.append(f"stays the only member of: {', '.join(self.stays_in)}")
        return [*found, *(line for service in self.services for line in service.lines())]
