"""Whether the depot is served where an inventory says it is, and whether it is this one."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from deploy.depot import keys
from deploy.depot.store import of_machine

if TYPE_CHECKING:
    from pathlib import Path

_SECONDS = 5
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # hosts have no proxy either


def trouble(url: str) -> str:
    """Return why hosts cannot install from the depot at ``url``, seen from here; '' if they can."""
    key: Path = keys.public(of_machine())
    if not key.exists():
        return "the depot is empty"
    try:
        with _DIRECT.open(f"{url.rstrip('/')}/{key.name}", timeout=_SECONDS) as answer:
            served = answer.read(1_000_000)
    except urllib.error.HTTPError as error:
        return f"what answers there is no depot (HTTP {error.code} for its key)"
    except (OSError, ValueError) as error:
        return f"nothing answers there ({getattr(error, 'reason', None) or error})"
    return "" if served == key.read_bytes() else "it serves another depot, with another key"
