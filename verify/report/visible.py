"""What a host, a page or a zone sent, made harmless to read: nothing hidden, nothing reordered."""

from __future__ import annotations

import unicodedata
from typing import Any

LONGEST = 600
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def visible(text: str, longest: int = LONGEST) -> str:
    """Return ``text`` with what has no shape, or reorders its neighbours, as ``[U+202E]``.

    Line ends become spaces. What is longer than ``longest`` is cut, and says so.
    """
    if len(text) > longest:
        text = f"{text[:longest]} [+{len(text) - longest}]"
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character in "\n\r\t":
        return " "
    if unicodedata.category(character) in _HIDDEN:
        return f"[U+{ord(character):04X}]"
    return character


def everywhere(value: Any) -> Any:
    """Return a JSON value with every text in it visible, whole: for what others' tools show."""
    if isinstance(value, str):
        return visible(value, longest=10_000)
    if isinstance(value, dict):
        return {everywhere(k): everywhere(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [everywhere(v) for v in value]
    return value
