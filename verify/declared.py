"""Lists that an organisation keeps beside its inventory: how each is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deploy.errors import InputError


def entries(path: Path, key: str, wrong: Callable[[str, Path], InputError]) -> list[Any]:
    """Return the list ``key`` of the YAML file ``path``, empty without a file; ``wrong`` if bad."""
    if not path.is_file():
        return []
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise wrong(f"it is not valid YAML: {error}", path) from error
    held = found.get(key) if isinstance(found, dict) else None
    if not isinstance(held, list):
        raise wrong(f"it has no list `{key}`", path)
    return held
