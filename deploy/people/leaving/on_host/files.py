"""Nextcloud: sessions of browsers, and the passwords of programs; all of them are tokens there."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from deploy.people.leaving.on_host import base

_OK, _MULTI, _REFUSED = 200, 300, 401
_DATA = Path("/srv/nextcloud/data")
_INSTALLED = (Path("/srv/nextcloud"), Path("/var/lib/nextcloud"), Path("/usr/local/bin/occ"))
_CELLS = 3  # of a row of a table, between its lines


class Files:
    def __init__(self, uid: str, domain: str, program: str) -> None:
        self._uid, self._host, self._program = uid, f"files.{domain}", program
        self._secret = ""

    def here(self) -> bool:
        """Tell whether it was ever installed: a lab may go without its release."""
        return any(folder.exists() for folder in _INSTALLED)

    def sweep(self) -> None:
        self._php("sweep")

    def count(self) -> dict[str, int]:
        return dict(self._php("count"))

    def make(self) -> None:
        self._secret = str(self._php("make"))

    def doors(self) -> list[str]:
        return ["sync client"]

    def works(self, door: str) -> tuple[bool, str]:
        del door
        word = base64.b64encode(f"{self._uid}:{self._secret}".encode()).decode()
        path = f"/remote.php/dav/files/{self._uid}/"
        headers = {"Authorization": f"Basic {word}", "Depth": "0"}
        status, _ = base.ask(self._host, "PROPFIND", path, **headers)
        if status == _REFUSED:
            return False, f"{self._host} answered {status}"
        if not _OK <= status < _MULTI:
            raise RuntimeError(f"{self._host} answered {status}")
        return True, f"{self._host} answered {status}"

    def end(self) -> None:
        self._php("end")

    def remove(self) -> None:
        self._php("sweep")

    def hand_over(self, successor: str) -> list[tuple[str, str]]:
        """Move calendars, then files; what was moved by an earlier run is not there any more."""
        if not _there(self._uid):
            return [("files and calendars", "none: they were never here")]
        calendars = self._calendars()
        folder = Path(json.loads(_occ("user:info", "--output=json", self._uid))["user_directory"])
        held = folder / "files"
        files = held.is_dir() and any(held.iterdir())
        if not successor:
            what = [*(f"calendar {name}" for name in calendars), *(["files"] if files else [])]
            return [(name, "stays: there is no successor") for name in what]
        _occ("ldap:search", successor)  # whom nobody looked for yet is not known here
        done = []
        for name in calendars:
            _occ("dav:move-calendar", "--force", name, self._uid, successor)
            done.append((f"calendar {name}", f"now {successor}'s"))
        if files:
            _occ("files:transfer-ownership", "--use-user-id", self._uid, successor)
            done.append(("files", f"now {successor}'s, in a folder of their own"))
        if left := [*self._calendars(), *(["files"] if files and any(held.iterdir()) else [])]:
            raise RuntimeError(f"not handed over: {', '.join(left)}")
        return done or [("files and calendars", "none left to hand over")]

    def traces(self) -> dict[str, int]:
        """Count; an account that is not there has nothing but what it left where it should not."""
        there = _there(self._uid)
        files = [file for file in (_DATA / self._uid).rglob("*") if file.is_file()]
        return {
            "account": int(there),
            "files": len(files),
            "bytes": sum(file.stat().st_size for file in files),
            "calendars": len(self._calendars()) if there else 0,
            **self.count(),
        }

    def erase(self) -> None:
        self._php("end")
        if _there(self._uid):
            _occ("user:delete", self._uid)

    def _calendars(self) -> list[str]:
        rows = [line.split("|") for line in _occ("dav:list-calendars", self._uid).splitlines()]
        names = [row[1].strip() for row in rows if len(row) > _CELLS]
        return [name for name in names[1:] if name != "contact_birthdays"]

    def _php(self, what: str) -> Any:
        """Run our program beside Nextcloud's own command, as its user and with its settings."""
        environment = (
            "NEXTCLOUD_CONFIG_DIR=/var/lib/nextcloud/config",
            "LDAPTLS_CACERT=/etc/ssl/certs/ca-certificates.crt",
        )
        words = (
            "runuser",
            "--user=nextcloud",
            "--",
            "env",
            "-C",
            "/",
            *environment,
            "php",
            "--",
            what,
            self._uid,
        )
        return json.loads(base.run(*words, stdin=self._program).splitlines()[-1])


def _there(uid: str) -> bool:
    done = base.run("/usr/local/bin/occ", "--no-warnings", "user:info", uid, fine=(0, 1))
    if uid not in done and "not found" not in done:
        raise RuntimeError(f"occ said: {done[:200]}")
    return "not found" not in done


def _occ(*words: str) -> str:
    return base.run(
        "/usr/local/bin/occ", "--no-interaction", "--no-warnings", *words, seconds=7200.0
    )


def main(uid: str, domain: str, program: str) -> None:
    base.serve(Files(uid, domain, program))
