"""Names: which known domain one belongs to, which registry is above it, what it imitates. Pure."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

import idna

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from verify.jurisdiction.model import Source
    from verify.jurisdiction.tables import Service, Tables

# Names that no registry gives out: RFC 2606, RFC 6761, RFC 6762, RFC 7686, RFC 8375, RFC 9476.
RESERVED = (
    *("test", "example", "invalid", "localhost", "local", "onion", "internal", "alt"),
    *("home.arpa", "lan", "home", "corp"),
)
_LATIN = str.maketrans(
    {
        **dict(zip("авеѕіјкмһорсԁтухѡԛԝӏ", "abesljkmhopcdtyxwqwl", strict=True)),
        **dict(zip("αβγεηικνορτυχω", "abyenlkvoptuxw", strict=True)),
        **dict(zip("ıłøđħŋſɡɑⅼ", "llodhnsgal", strict=True)),
        **dict(zip("013457i", "oleastl", strict=True)),
        "-": "",
        "_": "",
    }
)
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("nn", "m"))
_SHORTEST = 5  # a shorter label looks like too much


def suffixes(name: str) -> Iterator[str]:
    """Yield ``name``, its parent, and so on up to the top-level domain."""
    labels = name.split(".")
    return (".".join(labels[i:]) for i in range(len(labels)))


def service(tables: Tables, name: str) -> Service | None:
    """Return the most exact known domain that ``name`` is or lies below.

    In the facts ``#`` is any number, and a last ``*`` any top-level domain.
    """
    known = tables.services
    for one in suffixes(name):
        found = known.get(one) or known.get(re.sub(r"\d+", "#", one))
        if found or (one.count(".") == 1 and (found := known.get(one.partition(".")[0] + ".*"))):
            return found
    return None


def registry(tables: Tables, name: str) -> tuple[str, str, Source] | None:
    """Return (top-level domain, organisation, source) of the registry above ``name``."""
    for one in suffixes(name):
        if one in tables.tlds:
            return one, *tables.tlds[one]
    return None


def reserved(name: str) -> bool:
    return any(one in RESERVED for one in suffixes(name))


def shown(name: str) -> str:
    """Return ``name`` as people read it, with its A-labels decoded."""
    try:
        return idna.decode(name) if "xn--" in name else name
    except (idna.IDNAError, UnicodeError):
        return name


def imitated(tables: Tables, name: str) -> str:
    """Return the known domain that ``name`` looks like or carries inside, or ``''``.

    Only for a name that matched none: ``paypa1.com``, a homoglyph, ``microsoft.com.evil.nl``.
    """
    for one in _inner(name):
        if one in tables.services:
            return one
    index = _skeletons(tuple(tables.services))
    for one in suffixes(name):
        known = index.get(_skeleton(shown(one)))
        if known and known != one:
            return known
    return ""


def _inner(name: str) -> Iterator[str]:
    labels = name.split(".")
    for start in range(len(labels)):
        for end in range(start + 2, len(labels)):
            yield ".".join(labels[start:end])


@lru_cache(maxsize=4)
def _skeletons(domains: tuple[str, ...]) -> Mapping[str, str]:
    wanted: Iterable[str] = (d for d in domains if len(d.split(".", 1)[0]) >= _SHORTEST)
    return {_skeleton(d): d for d in wanted}


def _skeleton(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold())
    plain = re.sub(r"[\u0300-\u036f]", "", plain).translate(_LATIN)
    for pair, one in _PAIRS:
        plain = plain.replace(pair, one)
    return plain
