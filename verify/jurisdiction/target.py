"""From what a person or a configuration file writes to what is to be judged. Pure."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import idna

from deploy.errors import InputError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_ASN = re.compile(r"(?:AS|ASN)[ :]?(\d{1,10})", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_LAST = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_ISSUER = re.compile(r"(^|[,/ ])(CN|O)\s*=", re.IGNORECASE)
_MAIL = re.compile(r"[^\s/:@]*@(\[[^\]]*\]|[^\s/:@]*)")
_PORT = re.compile(r":(\d{1,5}|\*)$")
_DOTS = re.compile("[.\u3002\uff0e\uff61]")  # what IDNA takes for a dot (RFC 3490, 3.1)
_CERTIFICATE = (".pem", ".crt", ".cer", ".der")
_MOST = 4096  # a longer target is no target; a certificate may be longer
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class Kind(StrEnum):
    """What a target turned out to be."""

    NAME = "name"
    MAIL = "mail"
    TLD = "tld"
    ADDRESS = "address"
    NETWORK = "network"
    ASN = "asn"
    ORGANISATION = "organisation"
    CERTIFICATE = "certificate"
    ISSUER = "issuer"


class BadTargetError(InputError):
    """The target is nothing that can be judged."""


@dataclass(frozen=True, slots=True)
class Target:
    """``text`` as written, ``normal`` as judged: an A-label name, an address, ``AS1``, a name."""

    text: str
    kind: Kind
    normal: str
    note: str = ""

    @property
    def is_name(self) -> bool:
        return self.kind in (Kind.NAME, Kind.MAIL)


def parse(text: str) -> Target:
    """Read one target; raise BadTargetError when it is none."""
    word = text.strip()
    if word.startswith("-----BEGIN CERTIFICATE-----"):
        return Target(text, Kind.CERTIFICATE, word)
    if not word or len(word) > _MOST:
        raise _bad(text, "it is empty" if not word else f"it is longer than {_MOST} characters")
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in word):
        raise _bad(text, "it holds control characters")
    if word.lower().endswith(_CERTIFICATE) and Path(word).is_file():
        return Target(text, Kind.CERTIFICATE, word)
    return _marked(text, word) or _plain(text, word)


def _marked(text: str, word: str) -> Target | None:
    """Return the target that says itself what it is."""
    if found := _ASN.fullmatch(word):
        return _asn(text, int(found[1]))
    if _SCHEME.match(word):
        return _host(text, _authority(word.split("://", 1)[1]))
    if _ISSUER.search(word):
        return Target(text, Kind.ISSUER, word)
    if word.lower().startswith("mailto:"):
        return _mail(text, word[7:].split("?", 1)[0])
    return None


def _plain(text: str, word: str) -> Target:
    if address := _address_or_network(text, word):
        return address
    if _MAIL.fullmatch(word):
        return _mail(text, word)
    if word.lower() == "localhost":
        return Target(text, Kind.NAME, "localhost")
    if " " in word or not (_DOTS.search(word) or ":" in word):
        return Target(text, Kind.ORGANISATION, word)
    if word.startswith(".") and word.count(".") == 1:
        return Target(text, Kind.TLD, name(text, word[1:]))
    return _host(text, _authority(word))


def _authority(rest: str) -> str:
    """Return the host part of ``[user[:password]@]host[:port][/path]``."""
    host = re.split(r"[/?#\\]", rest, maxsplit=1)[0].rsplit("@", 1)[-1]
    if host.startswith("["):
        return host[1:].split("]", 1)[0]
    if host.count(":") > 1:
        return host
    return _PORT.sub("", host).split(":", 1)[0]  # git's user@host:path has no port


def _mail(text: str, word: str) -> Target:
    local, _, domain = word.rpartition("@")
    if not local or not domain:
        raise _bad(text, "a mail address is LOCAL@DOMAIN")
    if domain.startswith("[") and domain.endswith("]"):
        literal = re.sub("^IPv6:", "", domain[1:-1], flags=re.IGNORECASE)
        return _address_or_network(text, literal) or _no_address(text)
    return Target(text, Kind.MAIL, name(text, domain))


def _host(text: str, host: str) -> Target:
    found = _address_or_network(text, host)
    if found:
        return found
    return Target(text, Kind.NAME, "localhost" if host == "localhost" else name(text, host))


def _no_address(text: str) -> Target:
    raise _bad(text, "that is not an address")


def _asn(text: str, number: int) -> Target:
    if not 0 < number < 2**32:
        raise _bad(text, "an AS number lies between 1 and 4294967295")
    return Target(text, Kind.ASN, f"AS{number}")


def _address_or_network(text: str, word: str) -> Target | None:
    bare = word.strip("[]").split("%", 1)[0]
    try:
        if "/" in bare:
            return Target(text, Kind.NETWORK, str(ipaddress.ip_network(bare, strict=False)))
        address, note = unwrap(ipaddress.ip_address(bare))
    except ValueError:
        return None
    return Target(text, Kind.ADDRESS, str(address), note)


def unwrap(address: Address) -> tuple[Address, str]:
    """Return the IPv4 address that an IPv6 address only carries, and how it carries it."""
    if isinstance(address, ipaddress.IPv4Address):
        return address, ""
    if address.ipv4_mapped:
        return address.ipv4_mapped, f"IPv4-mapped {address}"
    if address.sixtofour:
        return address.sixtofour, f"6to4 {address}"
    if address.teredo:
        return address.teredo[1], f"Teredo {address}"
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF), f"NAT64 {address}"
    return address, ""


def name(text: str, host: str) -> str:
    """Return ``host`` as lower-case A-labels without the last dot; raise BadTargetError."""
    bare = host[:-1] if _DOTS.match(host[-1:]) else host
    labels = [_label(text, one) for one in _DOTS.split(bare)]
    if labels and labels[0] == "*":
        labels = labels[1:]
    found = ".".join(labels)
    if not found or len(found) > 253:  # noqa: PLR2004  (RFC 1035)
        raise _bad(text, "a name has between 1 and 253 characters")
    if not _LAST.fullmatch(labels[-1]):
        raise _bad(
            text, "its last label is no top-level domain (write an address as a.b.c.d or in full)"
        )
    return found


def _label(text: str, label: str) -> str:
    if label == "*":
        return label
    lower = label.lower()
    if _LABEL.fullmatch(lower) and not lower.startswith("xn--"):
        return lower
    try:
        found = idna.encode(label, uts46=True).decode("ascii")
        idna.decode(found)  # a wrong xn-- label is caught here
    except (idna.IDNAError, UnicodeError) as error:
        raise _bad(text, f"'{label}' cannot stand in a host name ({error})") from error
    return found


def _bad(text: str, why: str) -> BadTargetError:
    shown = text if len(text) <= 80 else text[:77] + "..."  # noqa: PLR2004
    return BadTargetError(
        f"this is no target: {why}",
        where=ascii(shown),
        next_step="give a URL, host name, address, AS number, organisation, mail address, "
        "or a certificate file",
    )
