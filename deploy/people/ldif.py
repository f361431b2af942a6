"""LDIF (RFC 2849), as much of it as a roster needs. Pure."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Values = dict[str, list[str]]
_SAFE = re.compile(r"[\x21-\x39\x3b\x3d-\x7e][\x20-\x7e]*(?<! )")
_SPECIAL = re.compile(r'([,+"\\<>;=])')


def records(text: str) -> Iterator[tuple[str, Values]]:
    """Yield (dn, attributes) of every entry of ``text``; attribute names in lower case."""
    for block in re.split(r"\n(?:\r?\n)+", text.replace("\n ", "")):
        dn = ""
        values: Values = {}
        for text_line in block.splitlines():
            if not text_line or text_line.startswith("#"):
                continue
            name, _, rest = text_line.partition(":")
            encoded = rest.startswith(":")
            value = rest.removeprefix(":").strip(" ")
            if encoded:
                value = base64.b64decode(value).decode()
            if name == "dn":
                dn = value
            else:
                values.setdefault(name.lower(), []).append(value)
        if dn:
            yield dn, values


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
