"""What an organisation declares by contract, where no host can show it: evidence of grade E1."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, fields
from datetime import date
from typing import TYPE_CHECKING, Any

from deploy.errors import InputError
from verify.declared import entries
from verify.model import LAYERS

if TYPE_CHECKING:
    from pathlib import Path

FILE = "contracts.yml"
MAX_AGE = 400  # days after which nobody knows whether it still holds


@dataclass(frozen=True)
class Contract:
    """``party`` does ``what`` by the document ``reference``, checked on ``date``, for ``host``."""

    layer: str
    what: str
    party: str
    reference: str
    date: date
    host: str = "*"

    def covers(self, layer: str, host: str) -> bool:
        return self.layer == layer and fnmatch.fnmatchcase(host, self.host)


def read(inventory: Path) -> tuple[Contract, ...]:
    """Return the contracts of an inventory; InputError for one that is not complete."""
    path = inventory / FILE
    return tuple(_contract(entry, path) for entry in entries(path, "contracts", _wrong))


def _contract(entry: Any, path: Path) -> Contract:
    known = {f.name for f in fields(Contract)}
    if not isinstance(entry, dict) or set(entry) - known:
        raise _wrong(f"this is no contract: {entry!r}", path)
    missing = [n for n in sorted(known - {"host"}) if not entry.get(n)]
    if missing:
        raise _wrong(f"{entry.get('what', 'a contract')}: no {', '.join(missing)}", path)
    if entry["layer"] not in LAYERS or not isinstance(entry["date"], date):
        raise _wrong(f"{entry['what']}: layer is L1 to L17, date a date like 2026-11-25", path)
    words: dict[str, Any] = {k: v if k == "date" else str(v) for k, v in entry.items()}
    return Contract(**words)


def _wrong(what: str, path: Path) -> InputError:
    return InputError(
        f"the contracts are wrong: {what}",
        where=str(path),
        next_step="a contract has layer, what, party, reference and date; see "
        "docs/reference/verify.md",
    )
