"""How pages are drawn that need nothing else; whatever a host sent is text in them."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from verify.report.visible import visible

if TYPE_CHECKING:
    from pathlib import Path


@cache
def environment(folder: Path) -> Environment:
    """Return the templates in ``folder``; values are made visible and escaped, None is blank."""
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_text,
        trim_blocks=True,
    )


def style_hash(style: str) -> str:
    """Return what a page's policy names its one style sheet by (CSP, hash-source)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


def _text(value: Any) -> Any:
    """Every value passes here before it is escaped; macros' results are Markup and stay."""
    if value is None:
        return ""
    if isinstance(value, int | float | Markup):
        return value
    return visible(str(value))
