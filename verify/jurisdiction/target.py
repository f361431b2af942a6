"""From what a person or a configuration file writes to what is to be judged. Pure."""

from __future__ import annotations

import ipaddress
import re
import stat
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import unquote

import idna

from deploy.errors import InputError
from verify.jurisdiction.carried import unwrap, unwrapped

_ASN = re.compile(r"(?:AS|ASN)[ :]?(\d+)", re.IGNORECASE)
# Nothing before the // is HTML's way; STUN and TURN have none (RFC 7064, RFC 7065).
_SCHEME = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//|(?:stun|turn)s?:", re.IGNORECASE)
_NEXT_URL = re.compile(r"\s|[,;|](?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_LAST = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_ISSUER = re.compile(
    r"(?:i(?:ssuer)?\s*[:=]\s*)?(?=(?:.*[,/+; ])?(?:CN|O)\s*=)/?\s*(?:[a-z]+|\d+(?:\.\d+)+)\s*=",
    re.IGNORECASE,
)
_MAIL = re.compile(r"[^\s/:@]*@(\[[^\]]*\]|[^\s/:@]*)")
_LOCAL = re.compile(r"[^\s,;:<>()@\"\\|]+")
_SIZE = re.compile(r"!\d+[kmgt]?$", re.IGNORECASE)  # the largest report (RFC 7489, 6.2)
_MORE_MAIL = re.compile(r"(?:^|&)(?:to|cc|bcc)=", re.IGNORECASE)
_PORT = re.compile(r"(?::(?:[0-9]{1,5}|\*))?")
_NUMBER = re.compile("[0-9]+|0x[0-9a-f]+", re.IGNORECASE)
_PATH = re.compile(r"\.{0,2}/")
_DOTS = re.compile("[.\u3002\uff0e\uff61]")  # what IDNA takes for a dot (RFC 3490, 3.1)
_CERTIFICATE = (".pem", ".crt", ".cer", ".der")
_LAST_PORT = 65535
_MOST = 4096  # a longer target is no target; a certificate may be longer
_SEVERAL = "give each target by itself"


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
    if word.startswith("-----BEGIN "):
        return Target(text, Kind.CERTIFICATE, word)
    if not word or len(word) > _MOST:
        raise _bad(text, "it is empty" if not word else f"it is longer than {_MOST} characters")
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in word):
        raise _bad(text, "it holds control characters")
    return _marked(text, word) or _plain(text, word)


def _marked(text: str, word: str) -> Target | None:
    """Return the target that says itself what it is."""
    if found := _ASN.fullmatch(word):
        return _asn(text, int(found[1]))
    if found := _SCHEME.match(word):
        return _host(text, _authority(text, word[found.end() :], url=True))
    if _ISSUER.match(word):
        return Target(text, Kind.ISSUER, word)
    if word.lower().startswith("mailto:"):
        to, *fields = re.split("[?#]", word[7:], maxsplit=1)
        if fields and _MORE_MAIL.search(fields[0]):
            raise _bad(text, "it holds several mail addresses", _SEVERAL)
        return _mail(text, _SIZE.sub("", unquote(to)))
    if _PATH.match(word) or word.lower().endswith(_CERTIFICATE):
        return _file(text, word)
    return None


def _file(text: str, word: str) -> Target:
    usage = "give a certificate file that exists; a URL begins with https://"
    try:
        regular = stat.S_ISREG(Path(word).stat().st_mode)
    except OSError as error:
        raise _bad(text, f"as a file, it cannot be read: {error.strerror}", usage) from error
    if not regular:
        raise _bad(text, "it is a folder or a device, and no file", usage)
    return Target(text, Kind.CERTIFICATE, word)


def _plain(text: str, word: str) -> Target:
    if address := _address_or_network(text, word):
        return address
    if "/" in word and _address_or_network(text, word.split("/", 1)[0]):
        usage = "give ADDRESS/LENGTH, the length at most 32 or 128; a URL begins with https://"
        raise _bad(text, "what follows the address is no length of a prefix", usage)
    if _MAIL.fullmatch(word):
        return _mail(text, word)
    if word.lower() == "localhost":
        return Target(text, Kind.NAME, "localhost")
    if " " in word or not (_DOTS.search(word) or ":" in word or "@" in word):
        if "@" in word or "//" in word:
            raise _bad(text, "it holds a space", f"{_SEVERAL}, a mail address as LOCAL@DOMAIN")
        if _NUMBER.fullmatch(word):
            usage = "give an address as a.b.c.d, an AS number as AS1"
            raise _bad(text, "it is a bare number, which some programs take for an address", usage)
        return Target(text, Kind.ORGANISATION, word)
    if word.startswith(".") and word.count(".") == 1:
        return Target(text, Kind.TLD, name(text, word[1:]))
    return _host(text, _authority(text, word, url=False))


def _authority(text: str, rest: str, *, url: bool) -> str:
    """Return the host part of ``[user[:password]@]host[:port][/path]``.

    Raise BadTargetError where programs do not agree on it, or where there are several.
    """
    head = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "\\" in head:
        usage = "give the host by itself, or a URL with / alone"
        raise _bad(text, "it holds a backslash, which programs read in different ways", usage)
    if head.count("@") > 1:
        raise _bad(text, "it holds more than one @", _SEVERAL)
    if _NEXT_URL.search(rest) or re.search("[,;|]", head):
        raise _bad(text, "it holds several targets, or a space", _SEVERAL)
    host = head.rpartition("@")[2]
    if host.startswith("["):
        host, end, port = host[1:].partition("]")
        return _checked(text, host, port if end else host)
    if host.count(":") > 1 and _address_or_network(text, host):
        return host
    host, colon, port = host.partition(":")
    path = not url and not port.isdecimal() and ":" not in port
    if path and ("." in host or "@" in head):
        return host  # git's user@host:path, which has no port
    return _checked(text, host, colon + port if port or not url else "")


def _checked(text: str, host: str, port: str) -> str:
    """Return ``host`` if ``port`` is one, with its colon, or nothing."""
    if not _PORT.fullmatch(port) or int("0" + port.strip(":*")) > _LAST_PORT:
        usage = f"give HOST:PORT, the port at most {_LAST_PORT}, or a URL from its SCHEME:// on"
        raise _bad(text, f"what follows '{host}' is no port, nor a URL's //", usage)
    return host


def _mail(text: str, word: str) -> Target:
    local, _, domain = word.rpartition("@")
    if not _LOCAL.fullmatch(local) or not domain:
        usage = "give LOCAL@DOMAIN, and each address by itself"
        raise _bad(text, "as a mail address, it is not one LOCAL@DOMAIN", usage)
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
    bare = word[1:-1] if word.startswith("[") and word.endswith("]") else word
    try:
        if "/" in bare:
            network, note = unwrapped(ipaddress.ip_network(bare, strict=False))
            return Target(text, Kind.NETWORK, str(network), note)
        found = ipaddress.ip_address(bare)
    except ValueError:
        return None
    address, note = unwrap(ipaddress.ip_address(found.packed))  # without an interface: %eth0
    return Target(text, Kind.ADDRESS, str(address), note)


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


def _bad(text: str, why: str, next_step: str = "") -> BadTargetError:
    shown = text if len(text) <= 80 else text[:77] + "..."  # noqa: PLR2004
    return BadTargetError(
        f"this is no target: {why}",
        where=ascii(shown),
        next_step=next_step
        or "give a URL, host name, address, AS number, organisation, mail address, "
        "or a certificate file",
    )
