"""Where things lie: the checkout, and this machine's state outside it."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROLES = ROOT / "roles"
DEFAULT_INVENTORY = ROOT / "inventories" / "lab"


def state() -> Path:
    """Return this machine's state folder: ``$KOOTWIJK_STATE``, else ``/var/lib/kootwijk``."""
    return Path(os.environ.get("KOOTWIJK_STATE") or "/var/lib/kootwijk")


def depot() -> Path:
    return state() / "depot"


def lab(name: str) -> Path:
    return state() / "lab" / name
