"""The collector's modules, loaded as a host loads them: one after the other, by bare names."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING, Any

from verify.observe import reach

if TYPE_CHECKING:
    from pathlib import Path


def load() -> dict[str, Any]:
    """Return name -> module of the collector; nothing of it stays in sys.modules."""
    before = dict(sys.modules)
    made: dict[str, Any] = {}
    try:
        for name in reach.MODULES:
            spec = importlib.util.spec_from_file_location(name, reach.FOLDER / f"{name}.py")
            assert spec is not None
            assert spec.loader is not None
            made[name] = importlib.util.module_from_spec(spec)
            sys.modules[name] = made[name]
            spec.loader.exec_module(made[name])
    finally:
        for name in reach.MODULES:
            sys.modules.pop(name, None)
            if name in before:
                sys.modules[name] = before[name]
    return made


def put(path: Path, text: str) -> Path:
    """Write ``text`` to ``path``, in folders that need not be there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
