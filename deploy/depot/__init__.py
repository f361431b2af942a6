"""The depot: the only source of packages, artifacts and data. This is its whole interface."""

from __future__ import annotations

from deploy.depot.api import SyncResult, add, check, entries, sync
from deploy.depot.artifacts import Added, Missing
from deploy.depot.check import CheckResult, Finding
from deploy.depot.server import serve

__all__ = [
    "Added",
    "CheckResult",
    "Finding",
    "Missing",
    "SyncResult",
    "add",
    "check",
    "entries",
    "serve",
    "sync",
]
