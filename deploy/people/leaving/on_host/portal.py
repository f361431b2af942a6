"""The portal: its sessions, and what its services were given on their strength."""

from __future__ import annotations

import json
from typing import Any

from deploy.people.leaving.on_host import base

_WATCH = "lemonldap-ng-watch.service"


class Portal:
    def __init__(self, uid: str, domain: str, entry: str, program: str) -> None:
        self._entry = entry
        self._uid, self._host, self._program = uid, f"login.{domain}", program
        self._session = ""
        self._sessions: list[str] = []  # whatever hangs on a session is found by its id

    def sweep(self) -> None:
        self._perl("sweep")

    def count(self) -> dict[str, int]:
        self._sessions = sorted({*self._sessions, *self._perl("list")})
        return dict(self._perl("count", *self._sessions))

    def make(self) -> None:
        self._session = str(self._perl("make"))

    def doors(self) -> list[str]:
        return ["session"]

    def works(self, door: str) -> tuple[bool, str]:
        del door
        cookie = f"__Host-login={self._session}"
        status, text = base.ask(
            self._host, "GET", "/ping", Cookie=cookie, Accept="application/json"
        )
        if status != 200:  # noqa: PLR2004
            raise RuntimeError(f"{self._host}/ping answered {status}")
        known = bool(json.loads(text)["status"])
        return known, f"{self._host} {'knows' if known else 'does not know'} the session"

    def end(self) -> None:
        self.count()
        base.look_now(_WATCH)
        self._perl("forget", *self._sessions)

    def remove(self) -> None:
        if self._session:
            self._perl("remove", self._session)

    def traces(self) -> dict[str, int]:
        return {**self.count(), **self._perl("traces")}

    def erase(self) -> None:
        self.end()
        self._perl("erase")

    def hand_over(self, successor: str) -> list[tuple[str, str]]:
        del successor
        return []

    def _perl(self, what: str, *more: str) -> Any:
        words = (
            "runuser",
            "-u",
            "lemonldap-ng",
            "--",
            "perl",
            "-",
            what,
            self._uid,
            self._entry,
            *more,
        )
        return json.loads(base.run(*words, stdin=self._program))


def main(uid: str, domain: str, entry: str, program: str) -> None:
    base.serve(Portal(uid, domain, entry, program))
