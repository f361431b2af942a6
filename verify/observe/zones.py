"""What a zone's records point at: name servers, mail, policies, certificates, services. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from verify.model import Observation, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# record type -> layer of what it points at
_LAYERS = {"NS": "L5", "MX": "L10", "CNAME": "L14", "DNAME": "L14", "SRV": "L13", "CAA": "L7"}
_MAIL_NAMES = re.compile(r"(_dmarc|_smtp\._tls|_domainkey|_mta-sts|mta-sts|default\._bimi)\b")
_URI = re.compile(r"[a-z][a-z0-9+.-]*:(?://)?(?:[^@!\"\s]*@)?([\w.-]+\.[a-z]{2,})", re.IGNORECASE)
_TAGS = {
    "spf": re.compile(r"\b(?:include|redirect|exists|a|mx|ptr)[:=]([^\s/]+)"),
    "ip": re.compile(r"\bip[46]:([0-9a-fA-F.:/]+)"),
    "mailto": re.compile(r"mailto:[^@\s,;!]+@([^\s,;!\"]+)"),
    "url": re.compile(r"\b(https?://[^\s,;\"/]+)"),
}


def observations(
    records: Iterable[tuple[str, str, str, str]], *, when: str, observer: str, host: str = ""
) -> Iterator[Observation]:
    """Yield what (zone, owner, type, value) records point at, in the words of the zone."""
    for zone, owner, kind, value in records:
        name = owner.rstrip(".").lower()
        for endpoint, layer in dict.fromkeys(_ends(kind, name, value)):
            yield Observation(
                host=host or zone.rstrip("."),
                component="zone",
                layer=layer,
                endpoint=endpoint,
                source=Source("record", zone.rstrip("."), 0, f"{name} {kind}"),
                grade="E3",
                time=when,
                observer=observer,
            )


def _ends(kind: str, owner: str, value: str) -> Iterator[tuple[str, str]]:
    words = value.split()
    if kind in ("NS", "CNAME", "DNAME", "MX", "SRV", "PTR") and words:
        end = words[-1].rstrip(".").lower()
        mail = bool(_MAIL_NAMES.search(owner))
        if end:
            yield end, "L10" if mail else _LAYERS.get(kind, "L5")
    elif kind in ("A", "AAAA") and words:
        yield words[0], "L3"
    elif kind in ("SVCB", "HTTPS"):
        yield from ((end, "L14") for end in _served(words[1:2], value))
    elif kind in ("NAPTR", "URI"):
        yield from _rewritten(kind, words, value)
    elif kind == "CAA":
        yield from _caa(value)
    elif kind == "TXT":
        yield from _text(re.sub(r'"\s*"', "", value).strip('"'))
    elif kind == "SOA" and len(words) > 1:
        yield words[0].rstrip(".").lower(), "L5"


def _served(target: list[str], value: str) -> Iterator[str]:
    """Yield the target of a service's binding and the addresses that it hints at (RFC 9460)."""
    yield from (one.rstrip(".").lower() for one in target if one != ".")
    for hints in re.findall(r"\bipv[46]hint=\"?([0-9a-fA-F.:,]+)", value):
        yield from hints.split(",")


def _rewritten(kind: str, words: list[str], value: str) -> Iterator[tuple[str, str]]:
    """Yield where NAPTR (RFC 3403) and URI (RFC 7553) records lead."""
    yield from ((found.lower(), "L13") for found in _URI.findall(value))
    if kind == "NAPTR" and words and words[-1] != ".":
        yield words[-1].rstrip(".").lower(), "L13"


def _caa(value: str) -> Iterator[tuple[str, str]]:
    found = re.match(r"\d+\s+(\w+)\s+\"?([^\";]*)", value)
    if found and found[2].strip():
        tag, content = found[1].lower(), found[2].strip()
        if tag == "iodef":
            for pattern in ("mailto", "url"):
                for end in _TAGS[pattern].findall(content):
                    yield (f"mailto:x@{end}" if pattern == "mailto" else end), "L7"
        elif "." in content:
            yield content.lower(), "L7"


def _text(text: str) -> Iterator[tuple[str, str]]:
    if text.lower().startswith("v=spf1"):  # in any case: RFC 7208, section 4.5
        for pattern in ("spf", "ip"):
            for end in _TAGS[pattern].findall(text.lower()):
                yield re.sub(r"^.*%\{[^}]*\}\.?", "", end).rstrip(".").lower(), "L10"
    elif re.match(r"v=(DMARC1|TLSRPTv1|STSv1|BIMI1)", text):
        for end in _TAGS["mailto"].findall(text):
            yield f"mailto:x@{end.rstrip('.').lower()}", "L10"
        for end in _TAGS["url"].findall(text):
            yield end.lower(), "L10"
    else:
        for end in _TAGS["url"].findall(text):
            yield end.lower(), "L13"
