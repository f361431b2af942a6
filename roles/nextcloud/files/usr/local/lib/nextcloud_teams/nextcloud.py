"""Nextcloud, asked through its own classes by the PHP beside this."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PROGRAM = Path(__file__).with_name("nextcloud.php")
_SECONDS = 1800  # a team of thousands, each of whom is told


class NextcloudError(Exception):
    """Nextcloud, its database or the directory did not answer."""


def look(config: dict[str, Any]) -> dict[str, Any]:
    """Return ``busy`` and, else the directory's ``teams`` and the ``folders`` there are."""
    answer: dict[str, Any] = _lines(config, "look")[-1]
    return answer


def do(
    config: dict[str, Any], actions: Sequence[dict[str, Any]]
) -> Iterator[tuple[dict[str, Any], str]]:
    """Do them in order; yield each with what went wrong with it, empty for nothing."""
    for answer in _lines(config, "do", json.dumps(actions)):
        yield actions[answer["number"]], answer["error"]


def _lines(config: dict[str, Any], verb: str, told: str = "") -> list[Any]:
    words = [*config["php"], str(_PROGRAM), verb]
    done = subprocess.run(
        words, input=told, capture_output=True, text=True, check=False, timeout=_SECONDS
    )
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not found:
        raise NextcloudError((done.stderr or done.stdout).strip()[-800:] or "no answer")
    return found
