"""Getting files: in parallel, verified to the byte, and in their place only when whole."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.depot.store import sha256
from deploy.errors import CheckError, KootwijkError, MachineError, UnreachableError
from deploy.narrate import Progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

HELPER = "/usr/lib/apt/apt-helper"
PARALLEL = 4
_BATCH = 6_000_000
_SPARE = 200_000_000


@dataclass(frozen=True)
class Item:
    """A file to get: ``digest`` is its sha256, ``size`` in bytes (0: not known)."""

    url: str
    path: Path
    digest: str
    size: int = 0


@dataclass(frozen=True)
class Outcome:
    """What one run of the downloader brought: bytes in place, and complaints by kind."""

    size: int
    wrong: tuple[str, ...]
    missing: tuple[str, ...]


def fetch(items: Sequence[Item], work: Path, environment: Mapping[str, str]) -> None:
    """Get every item into its place with apt's own downloader, which knows this machine's proxies.

    What arrived whole stays, also when others fail: the next run gets the rest. Raises
    UnreachableError (not obtained) or CheckError (obtained, but with another sha256).
    """
    total = sum(i.size for i in items)
    require_room(work, total)
    progress = Progress("    downloading", round(total / 1e6), "MB")
    outcomes: list[Outcome] = []
    with _scratch(work) as scratch, ThreadPoolExecutor(PARALLEL) as pool:
        jobs = [pool.submit(_get, batch, scratch, environment) for batch in batches(items)]
        try:
            for job in as_completed(jobs):
                outcomes.append(job.result())
                progress.advance(round(sum(o.size for o in outcomes) / 1e6) - progress.done)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        finally:
            progress.close()
    _complain([w for o in outcomes for w in o.wrong], [m for o in outcomes for m in o.missing])


def require_room(folder: Path, size: int) -> None:
    """Raise MachineError unless ``size`` more bytes fit, with some to spare."""
    free = shutil.disk_usage(folder).free
    if free < size + _SPARE:
        raise MachineError(
            f"not enough room: {(size + _SPARE) / 1e6:.0f} MB needed, {free / 1e6:.0f} MB free",
            where=str(folder),
            next_step="make room, or set KOOTWIJK_STATE to a bigger disk; then run this again",
        )


def batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Cut the items into lists of about six megabytes, one run of the downloader each."""
    batch: list[Item] = []
    for item in items:
        batch.append(item)
        if sum(i.size for i in batch) >= _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


@contextmanager
def _scratch(work: Path) -> Iterator[Path]:
    """Make a folder of this run alone, where nothing left by a killed one still writes."""
    for left in work.glob("partial-*"):
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(dir=work, prefix="partial-") as name:
        yield Path(name)


def _get(items: Sequence[Item], scratch: Path, environment: Mapping[str, str]) -> Outcome:
    folder = Path(tempfile.mkdtemp(dir=scratch))
    _for_the_downloader(scratch, folder)
    argv = [HELPER, "download-file"]
    for number, item in enumerate(items):
        argv += [_copied(item.url), str(folder / str(number)), f"SHA256:{item.digest}"]
    done = subprocess.run(
        argv, capture_output=True, text=True, errors="replace", check=False, env=dict(environment)
    )
    size, wrong, missing = 0, [], []
    for number, item in enumerate(items):
        file = folder / str(number)
        if not file.exists():
            missing.append(item.url)
        elif (found := sha256(file)) != item.digest:
            wrong.append(f"{item.url}: expected sha256 {item.digest}, got {found}")
        else:
            file.chmod(0o644)
            item.path.parent.mkdir(parents=True, exist_ok=True)
            file.replace(item.path)
            size += item.size
    if wrong or missing:
        last = [x for x in done.stderr.splitlines() if x.startswith("E:")][:4]
        (wrong if "Hash Sum mismatch" in done.stderr else missing).extend(last)
    return Outcome(size, tuple(wrong), tuple(missing))


def get_one(url: str, file: Path, environment: Mapping[str, str]) -> None:
    """Get one file of unknown content into ``file``; raise UnreachableError if it does not come."""
    argv = [HELPER, "download-file", _copied(url), str(file)]
    done = subprocess.run(
        argv, capture_output=True, text=True, errors="replace", check=False, env=dict(environment)
    )
    if done.returncode or not file.exists():
        last = [x for x in done.stderr.splitlines() if x.startswith("E:")] or [done.stderr.strip()]
        why = " ".join(last[0].removeprefix("E: ").replace(f"Failed to fetch {url}", "").split())
        raise UnreachableError(f"it could not be downloaded: {why}", where=url)


def _copied(url: str) -> str:
    """Return the address by which apt copies a local file; by ``file:`` it only links to it."""
    return "copy:" + url.removeprefix("file:") if url.startswith("file:") else url


def _for_the_downloader(*folders: Path) -> None:
    """Let apt's downloader drop its privileges, where it can: it runs as _apt then."""
    for folder in folders:
        folder.chmod(0o755)
        if os.geteuid() == 0 and any(user.pw_name == "_apt" for user in pwd.getpwall()):
            shutil.chown(folder, "_apt")


def _complain(wrong: Sequence[str], missing: Sequence[str]) -> None:
    error: type[KootwijkError] = CheckError if wrong else UnreachableError
    lines = [*wrong, *missing]
    if not lines:
        return
    raise error(
        "what arrived is not what was locked, and was thrown away"
        if wrong
        else "some files could not be downloaded",
        where="\n         ".join(lines[:8]),
        next_step="run this again: it gets only what is missing; if it fails the same way, "
        "name another mirror in depot.yml in the state folder",
    )
