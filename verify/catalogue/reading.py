"""Reads a YAML file of the catalogue; what is wrong with it is said with its file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from deploy.errors import InputError

FOLDER = Path(__file__).parent


def read(path: Path) -> Any:
    """Return the content of ``path``; InputError where it is not YAML."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise wrong(f"it is not valid YAML: {error}", path) from error


def wrong(what: str, path: Path) -> InputError:
    return InputError(
        f"the catalogue is wrong: {what}",
        where=str(path),
        next_step="docs/reference/verify.md shows the fields",
    )
