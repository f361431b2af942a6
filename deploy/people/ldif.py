"""LDIF (RFC 2849), as much of it as a roster needs. Pure."""

from __future__ import annotations

import base64
import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Values = dict[str, list[str]]
_SAFE = re.compile(r"[\x21-\x39\x3b\x3d-\x7e][\x20-\x7e]*(?<! )")
_SPECIAL = re.compile(r'([,+"\\<>;=])')


def records(text: str) -> Iterator[tuple[str, Values]]:
    """Yield (dn, attributes) of every entry of ``text``; attribute names in lower case."""
    return stream(text.split("\n"))


def stream(lines: Iterable[str]) -> Iterator[tuple[str, Values]]:
    """Yield what ``records`` does from lines as they come, holding one entry at a time."""
    dn = ""
    values: Values = {}
    for text_line in _unfolded(lines):
        if not text_line:
            if dn:
                yield dn, values
            dn, values = "", {}
        elif not text_line.startswith("#"):
            name, _, rest = text_line.partition(":")
            encoded = rest.startswith(":")
            value = rest.removeprefix(":").strip(" ")
            if encoded:
                value = base64.b64decode(value).decode()
            if name == "dn":
                dn = value
            else:
                # One string for a name, however many thousands have it.
                values.setdefault(sys.intern(name.lower()), []).append(value)
    if dn:
        yield dn, values


def _unfolded(lines: Iterable[str]) -> Iterator[str]:
    """Yield whole lines, without their ends: one that begins with a blank goes on with the last."""
    held = ""
    for part in lines:
        text_line = part.rstrip("\r\n")
        if text_line.startswith(" "):
            held += text_line[1:]
        else:
            yield held
            held = text_line
    yield held


def add(dn: str, attributes: Mapping[str, Iterable[str]]) -> str:
    """Return the record that makes an entry."""
    lines = [line("dn", dn), "changetype: add"]
    lines += [line(name, value) for name, values in attributes.items() for value in values]
    return "\n".join([*lines, "", ""])


def modify(dn: str, changes: Sequence[tuple[str, str, Iterable[str]]]) -> str:
    """Return the record that changes an entry; a change is (add|delete|replace, name, values)."""
    lines = [line("dn", dn), "changetype: modify"]
    for kind, name, values in changes:
        lines += [f"{kind}: {name}", *(line(name, value) for value in values), "-"]
    return "\n".join([*lines, "", ""])


def delete(dn: str) -> str:
    """Return the record that removes an entry."""
    return "\n".join([line("dn", dn), "changetype: delete", "", ""])


def rdn(name: str, value: str) -> str:
    """Return ``name=value`` with what has a meaning in a DN escaped (RFC 4514)."""
    escaped = _SPECIAL.sub(r"\\\1", value)
    if escaped.startswith("#"):
        escaped = "\\" + escaped
    return f"{name}={escaped}"


def line(name: str, value: str) -> str:
    if _SAFE.fullmatch(value):
        return f"{name}: {value}"
    return f"{name}:: {base64.b64encode(value.encode()).decode()}"
