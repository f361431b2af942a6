"""What mail servers wrote into a message on its way: read strictly, for anybody may write headers.

https://www.rfc-editor.org/rfc/rfc8601 (Authentication-Results); Received as Postfix writes it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from verify.journeys.stage import JourneyError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from email.message import Message

# Each method, and the property that says for which domain it passed.
_METHODS = {"spf": "smtp.mailfrom", "dkim": "header.d", "dmarc": "header.from"}
_COMMENT = re.compile(r"\([^()]*\)")
_BY = re.compile(r"\bby (\S+) .*\bwith (E?SMTPS?A?)\b")


@dataclass(frozen=True)
class Finding:
    """One method's result, and what it is about: ``dkim``, ``pass``, ``{header.d: a.test}``."""

    method: str
    result: str
    properties: Mapping[str, str]


def authentication_results(value: str) -> tuple[str, list[Finding]]:
    """Return who says it, and each finding; what is in comments is nothing."""
    text, comments = " ".join(value.split()), 1
    while comments:
        text, comments = _COMMENT.subn(" ", text)
    who, *parts = text.split(";")
    found = []
    for part in parts:
        words = [word.partition("=") for word in part.split() if "=" in word]
        if words:
            (method, _, result), *rest = words
            found.append(Finding(method.lower(), result.lower(), {k: v for k, _, v in rest}))
    return (who.split() or [""])[0].lower(), found


def verified(message: Message, *, receivers: Collection[str], domain: str) -> str:
    """Return what the receiving host found of a message from ``domain``.

    SPF, DKIM and DMARC must each have passed for that very domain; JourneyError if one did not.
    Only the topmost header that one of ``receivers`` (host names) wrote counts.
    """
    said = (authentication_results(str(v)) for v in message.get_all("Authentication-Results", []))
    found = next((findings for who, findings in said if who in receivers), None)
    if found is None:
        raise JourneyError(f"{' or '.join(sorted(receivers))} wrote no Authentication-Results")
    missing = [m for m in _METHODS if not any(_passed(f, m, domain) for f in found)]
    if missing:
        words = [f"{f.method}={f.result} {dict(f.properties)}" for f in found]
        raise JourneyError(
            f"{', '.join(missing)} did not pass for {domain}: {'; '.join(words) or 'nothing found'}"
        )
    return f"{' '.join(f'{method}=pass' for method in _METHODS)} for {domain}"


def _passed(finding: Finding, method: str, domain: str) -> bool:
    about = finding.properties.get(_METHODS[method], "").rpartition("@")[2].lower()
    return (finding.method, finding.result, about) == (method, "pass", domain)


def tls_hop(hops: Iterable[str], *, receivers: Collection[str], domain: str) -> str:
    """Return the TLS version with which a host of ``domain`` gave the message to a receiver.

    ``hops`` are the values of Received. JourneyError if no hop across the border was encrypted.
    """
    flat = [" ".join(hop.split()) for hop in hops]
    for hop in flat:
        sender = hop.removeprefix("from ").partition(" ")[0].lower()
        taken = _BY.search(hop)
        if not taken or taken[1].lower() not in receivers or not sender.endswith(f".{domain}"):
            continue
        version = re.search(r"\busing (TLSv[\d.]+)", hop)
        if taken[2].startswith("ESMTPS") and version:
            return version[1]
        raise JourneyError(f"the hop across the border was not encrypted: {hop}")
    raise JourneyError(f"no hop from {domain} to {' or '.join(sorted(receivers))}: {flat}")
