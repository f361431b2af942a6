"""One round trip: the collector goes to a host over SSH, and one JSON object comes back."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from deploy.errors import KootwijkError
from deploy.procedures.bootstrap import ssh_command
from verify.model import HostSeen
from verify.observe.shape import shaped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deploy.inventory import Host, Inventory

MODULES = (
    *("text", "shell", "dormant", "apps", "shipped", "integrity", "elsewhere", "filtering"),
    *(
        "scan",
        "databases",
        "mailing",
        "naming",
        "clients",
        "loading",
        "hosting",
        "packing",
        "paging",
    ),
    *("trusting", "services", "names", "main"),
)  # each may use those before it
FOLDER = Path(__file__).parent / "on_host"
# The modules come as one JSON object on stdin; -I keeps what lies on the host out of the path.
_START = (
    "import sys,json,types\n"
    "sent=json.load(sys.stdin)\n"
    "for n,s in sent['modules']:\n"
    " m=types.ModuleType(n);sys.modules[n]=m;exec(compile(s,n,'exec'),m.__dict__)\n"
    "sys.modules['main'].main(sent['wanted'])\n"
)
HOST_SECONDS = 90
MOST_BYTES = 64 * 1024 * 1024


class _LyingHostError(KootwijkError):
    """The host answered, and what it said cannot be used."""

    exit_code = 3


def payload(wanted: Mapping[str, Any]) -> bytes:
    """Return what goes to the host on stdin: the collector's modules, and what to look for."""
    modules = [(n, (FOLDER / f"{n}.py").read_text(encoding="utf-8")) for n in MODULES]
    return json.dumps({"modules": modules, "wanted": wanted}).encode()


def everyone(
    inventory: Inventory, wanted: Mapping[str, Any], names: Sequence[str] | None = None
) -> tuple[HostSeen, ...]:
    """Collect from all hosts (or those in ``names``) at once.

    A host that does not answer, or not well, is in the result with its error.
    """
    sent = payload(wanted)
    hosts = [h for h in inventory.hosts if names is None or h.name in names]
    with ThreadPoolExecutor(max_workers=min(32, len(hosts) or 1)) as pool:
        return tuple(pool.map(lambda host: one(inventory, host, sent), hosts))


def one(inventory: Inventory, host: Host, sent: bytes) -> HostSeen:
    start = time.monotonic()
    facts: dict[str, Any] = {}
    error = ""
    try:
        remote = f"sudo -n /usr/bin/python3 -I -c {shlex.quote(_START)}"
        facts = _parsed(_run([*ssh_command(inventory, host), remote], sent))
    except (KootwijkError, OSError) as why:
        error = str(why)
    return HostSeen(
        name=host.name,
        fqdn=host.fqdn,
        address=str(host.address),
        organisation=host.organisation,
        roles=host.roles,
        reached=not error,
        error=error,
        seconds=round(time.monotonic() - start, 2),
        facts=facts,
    )


def _run(command: list[str], sent: bytes) -> bytes:
    """Run ``command`` and return its stdout, within the limits of time and size."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # so that what ssh itself starts (ProxyCommand) ends with it
    )

    def end() -> None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    timer = threading.Timer(HOST_SECONDS, end)
    timer.start()
    said: list[bytes] = []
    try:
        stdin, stdout, errors = _pipes(process)
        listener = threading.Thread(target=lambda: said.append(errors.read(4096)), daemon=True)
        listener.start()
        threading.Thread(target=_feed, args=(stdin, sent), daemon=True).start()
        answer = stdout.read(MOST_BYTES + 1)
        if len(answer) > MOST_BYTES:
            end()
            raise _LyingHostError(f"it sent more than {MOST_BYTES // 2**20} MiB")
        code = process.wait()
        listener.join(1)
    finally:
        timed_out = not timer.is_alive()
        timer.cancel()
        if process.poll() is None:
            end()
        process.wait()
    if timed_out:
        raise _LyingHostError(f"it did not finish within {HOST_SECONDS} s")
    if code:
        last = b"".join(said).decode(errors="replace").strip().splitlines()[-1:] or [""]
        shown = "".join(
            c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in last[0][:300]
        )
        raise _LyingHostError(f"ssh ended with {code}: {shown}")
    return answer


def _feed(pipe: IO[bytes], sent: bytes) -> None:
    """Write while the other side may already be talking; that it hangs up is said elsewhere."""
    with suppress(OSError, ValueError):
        pipe.write(sent)
        pipe.close()


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise AssertionError
    return process.stdin, process.stdout, process.stderr


def _parsed(answer: bytes) -> dict[str, Any]:
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError) as why:
        raise _LyingHostError("its answer is not the collector's JSON") from why
    if not isinstance(found, dict) or found.get("collector") != 1:
        raise _LyingHostError("its answer is not the collector's")
    return shaped(found)
