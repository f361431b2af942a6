"""The depot: the only source of packages, artifacts and data. This is its whole interface."""

from __future__ import annotations

from deploy.depot.api import SyncResult, sync
from deploy.depot.serve import serve

__all__ = ["SyncResult", "serve", "sync"]
