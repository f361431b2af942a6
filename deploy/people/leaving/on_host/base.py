"""What the services' programs share: being told what to do, and asking the platform by its names.

One line of JSON is one order, and so is every answer. When no more come, also because whoever gave
them is gone, what was made for trying is taken away again.
"""

from __future__ import annotations

import http.client
import json
import re
import ssl
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

CA = "/etc/kootwijk/tls/ca.pem"
SECONDS = 20.0


# What a service's program may be told to do, and what each is:
#   here             whether the service is on this host at all; without one, it is
#   sweep            take away probes that a run left that was killed
#   count            how many sessions, devices, tokens the person has here
#   make             make a probe: a way in of the person's own, made to be tried
#   doors            what the probe opens, as names
#   works DOOR       (whether it opens, what was seen); an error when that cannot be told
#   end              end whatever the person has here, at once
#   remove           take the probe away; without one, nothing
#   hand_over UID    hand over what is to be, to nobody if empty: [(what, what became of it)]
#   traces           what is held here of the person: how many, by what it is
#   erase            erase that
#   elsewhere        what is with others, in words
ORDERS = (
    *("here", "sweep", "count", "make", "doors", "end", "remove"),
    *("hand_over", "traces", "erase", "elsewhere"),
)


def serve(service: Any) -> None:
    """Do what is asked, an order a line, until there are no more; then take the probe away."""
    orders = {name: getattr(service, name) for name in ORDERS if hasattr(service, name)}
    orders.setdefault("here", lambda: True)
    orders |= {"try": lambda doors: _tried(service, doors), "named": named, "backups": backups}
    try:
        for line in sys.stdin:
            asked = json.loads(line)
            try:
                answer = {"answer": orders[asked.pop("do")](**asked)}
            except Exception as why:  # noqa: BLE001  (whatever it is, the other side says it)
                answer = {"error": f"{type(why).__name__}: {why}"}
            print(json.dumps(answer), flush=True)
    finally:
        if "remove" in orders:
            with suppress(Exception):
                service.remove()


def backups() -> str:
    """Tell what backups this host itself holds; those that are elsewhere are not seen from here."""
    found = {p: sum(1 for f in p.rglob("*") if f.is_file()) for p in Path("/var/backups").iterdir()}
    return ", ".join(f"{p}: {n} files" for p, n in found.items() if n) or "none on this host"


def named(uid: str) -> str:
    """Tell how many lines of this host's journal name ``uid``."""
    words = ("journalctl", "-q", "-o", "cat", "--no-pager", f"--grep=\\b{re.escape(uid)}\\b")
    lines = len(run(*words, fine=(0, 1), seconds=600.0).splitlines())
    return f"{lines} lines with the login name"


def _tried(service: Any, doors: list[str]) -> dict[str, tuple[bool | None, str]]:
    """Try doors beside each other: who is refused waits, and longer each time."""

    def one(door: str) -> tuple[bool | None, str]:
        try:
            opens, seen = service.works(door)
        except Exception as why:  # noqa: BLE001
            return None, f"{type(why).__name__}: {why}"
        return opens, seen

    with ThreadPoolExecutor(max(len(doors), 1)) as pool:
        return dict(zip(doors, pool.map(one, doors), strict=True))


def run(*words: str, stdin: str = "", fine: tuple[int, ...] = (0,), seconds: float = 120.0) -> str:
    """Run a program and return what it said; RuntimeError with its last words if it failed."""
    done = subprocess.run(
        words, input=stdin, capture_output=True, text=True, check=False, timeout=seconds
    )
    if done.returncode not in fine:
        said = " ".join((done.stderr or done.stdout).split())[-400:]
        raise RuntimeError(f"{words[0]} failed ({done.returncode}): {said}")
    return done.stdout


def look_now(unit: str, *, fine: tuple[int, ...] = (0,)) -> None:
    """Have a watcher look now: if it is looking already, once more after that.

    RuntimeError if it ends with a status that is not in ``fine``.
    """
    if run("systemctl", "is-active", unit, fine=(0, 3, 4)).strip() == "activating":
        run("systemctl", "start", unit, fine=(0, 1))
    try:
        run("systemctl", "start", unit)
    except RuntimeError:
        if int(run("systemctl", "show", "-P", "ExecMainStatus", unit)) not in fine:
            raise


def trust() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=CA)


def ask(host: str, verb: str, path: str, **headers: str) -> tuple[int, str]:
    """Ask the platform over HTTPS as a program does; return status and text."""
    door = http.client.HTTPSConnection(host, timeout=SECONDS, context=trust())
    try:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        door.request(verb, path, headers=sent)
        answer = door.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        door.close()
