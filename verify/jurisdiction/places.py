"""Where address data lies: packed in this machine's state, its source in the depot."""

from __future__ import annotations

from pathlib import Path

from deploy import paths

BUILT_IN = Path(__file__).parent / "data" / "known.kwaddr.gz"
ARTIFACT = "address-data"  # its name in the depot: `kootwijk depot add address-data FILE`


def packed() -> Path:
    return paths.state() / "jurisdiction" / "addresses.kwaddr"


def artifact() -> Path | None:
    """Return the newest address data in the depot, None where it has none."""
    folder = paths.depot() / "public" / "artifacts" / ARTIFACT
    found = sorted(p for p in folder.glob("*/*") if p.is_file())
    return max(found, key=lambda p: p.stat().st_mtime, default=None)
