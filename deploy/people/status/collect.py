"""One round trip to every host of an organisation: what its services know of their use."""

from __future__ import annotations

import json
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy import artifacts, roles
from deploy.people.planning import base_dn

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from deploy.inventory import Host, Inventory

_PROGRAM = Path(__file__).with_name("on_host.py")
# -I keeps what lies on the host out of the path.
_START = (
    "import sys,json\n"
    "sent=json.load(sys.stdin)\n"
    "names={'__name__':'on_host'}\n"
    "exec(compile(sent['program'],'on_host','exec'),names)\n"
    "names['main'](sent['wanted'])\n"
)
_SECONDS = 60
# What is asked, on a host with which role, if a host of the organisation has which other one.
_SOURCES = (
    ("directory", "openldap", "openldap"),
    ("dovecot", "dovecot", "dovecot"),
    ("nextcloud", "postgresql", "nextcloud"),
    ("synapse", "postgresql", "synapse"),
    ("roundcube", "postgresql", "roundcube"),
)


@dataclass(frozen=True)
class Answer:
    """What ``source`` on ``host`` said: ``data`` as on_host.py makes it, or an ``error``."""

    source: str
    host: str
    data: Any = None
    error: str = ""


def sources(hosts: Sequence[Host]) -> dict[str, tuple[str, ...]]:
    """Return host -> what is asked there. Every host is asked for its units."""
    present = {role for host in hosts for role in host.roles}
    taken: set[str] = set()
    made: dict[str, tuple[str, ...]] = {}
    for host in hosts:
        here = [
            s for s, at, of in _SOURCES if at in host.roles and of in present and s not in taken
        ]
        taken.update(here)
        made[host.name] = (*here, "units")
    return made


def collect(inventory: Inventory, organisation: str) -> tuple[Answer, ...]:
    """Ask all hosts of ``organisation`` at once; who does not answer is in it with an error."""
    from deploy.procedures.bootstrap import ssh_command  # noqa: PLC0415  (a second to import)

    hosts = [h for h in inventory.hosts if h.organisation == organisation]
    wanted = sources(hosts)
    program = _PROGRAM.read_text(encoding="utf-8")

    def one(host: Host) -> list[Answer]:
        sent = {
            "program": program,
            "wanted": {
                "sources": wanted[host.name],
                "base": base_dn(host.domain),
                "domain": host.domain,
                "units": _units(artifacts.on(host)),
            },
        }
        remote = f"sudo -n /usr/bin/python3 -I -c {shlex.quote(_START)}"
        return answers(
            host.name, wanted[host.name], *_asked(ssh_command(inventory, host), remote, sent)
        )

    with ThreadPoolExecutor(max_workers=min(32, len(hosts) or 1)) as pool:
        return tuple(answer for found in pool.map(one, hosts) for answer in found)


def _units(names: Iterable[str]) -> list[str]:
    return sorted({unit for n in names for unit in (roles.meta(n, "services") or {})["units"]})


def _asked(ssh: Sequence[str], remote: str, sent: object) -> tuple[str, str]:
    """Return what the host printed, and what went wrong."""
    try:
        done = subprocess.run(
            [*ssh, remote],
            input=json.dumps(sent).encode(),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "", f"the host did not finish within {_SECONDS} s"
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or [""]
        return "", f"ssh ended with {done.returncode}: {last[0][:200]}"
    return done.stdout.decode(errors="replace"), ""


def answers(host: str, wanted: Sequence[str], printed: str, error: str) -> list[Answer]:
    """Return an answer for each of ``wanted``, whatever the host printed.

    But for what the host says is not there: a lab may go without a release.
    """
    found: Any = {}
    if not error:
        try:
            found = json.loads(printed)["answers"]
        except (ValueError, KeyError, TypeError):
            error = "its answer is not the program's"
    made = []
    for name in wanted:
        said = found.get(name) if isinstance(found, dict) else None
        if isinstance(said, dict) and said.get("here") is False:
            continue
        if isinstance(said, dict) and said.get("data") is not None:
            made.append(Answer(name, host, said["data"]))
        else:
            why = str(said.get("error", "")) if isinstance(said, dict) else ""
            made.append(Answer(name, host, error=error or why or "it was not asked"))
    return made
