"""What sources of people share: what they find, and how their addresses are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from deploy.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deploy.people.assemble import Record

_HERE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Found:
    """The people of a source, and what of it was not taken."""

    people: tuple[Record, ...]
    notes: tuple[str, ...] = ()


def encrypted(url: str, scheme: str, origin: str) -> str:
    """Return ``url``; InputError if what goes there, a password or token, could be read on the way.

    This machine itself may be reached without encryption.
    """
    parts = urlsplit(url)
    here = parts.hostname in _HERE and parts.scheme == scheme.removesuffix("s")
    if not parts.hostname or (parts.scheme != scheme and not here):
        raise InputError(
            f"'{url}' does not begin with {scheme}://",
            where=origin,
            next_step="a password or token goes there: it has to be encrypted",
        )
    return url


def address_list(addresses: Sequence[str], domain: str) -> tuple[str, list[str], int]:
    """Return (primary address, aliases, number outside ``domain``): the first is the primary."""
    inside = [a for a in addresses if a.lower().endswith(f"@{domain}")]
    mail = inside[0] if inside else ""
    return mail, inside[1:], len([a for a in addresses if a]) - len(inside)


def language(said: str) -> str:
    """Return nl or en; who prefers another language gets English, who says nothing the default."""
    if not said:
        return ""
    return "nl" if said.lower().startswith("nl") else "en"
