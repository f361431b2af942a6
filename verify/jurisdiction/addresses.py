"""Which network an address is in: the packed table, mapped and searched by bisection.

The file: 8 bytes magic, 32 bytes SHA-256 of all that follows, 4 bytes length of a JSON header,
the header (padded to 8), then arrays, little-endian. IPv4: starts (u32), AS numbers (u32). IPv6:
high halves (u64), low halves (u64), AS numbers (u32). Then the AS numbers that have a holder
(u32), the offsets of their names (u32, one more) and the names. A start without a holder, AS
number 0, ends the range before it.
"""

from __future__ import annotations

import gzip
import hashlib
import ipaddress
import json
import mmap
import socket
import struct
import sys
import zlib
from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, BinaryIO

from deploy.errors import UnreachableError
from verify.jurisdiction.model import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from verify.jurisdiction.carried import Address, Network

MAGIC = b"KWADDR01"
DIGEST = slice(8, 40)
HEADER = 44
MAX_AGE = 400  # days; an address table older than this is refused
_LOW = (1 << 64) - 1
_CODES = {"u32": "I", "u64": "Q"}


@dataclass(frozen=True, slots=True)
class Hit:
    """The announced range ``first``-``last`` that an address is in, and its origin."""

    asn: int
    holder: str
    first: Address
    last: Address


class AddressTable:
    """Open with ``AddressTable.open``; lookups return AS numbers, 0 where nobody announces."""

    def __init__(self, header: dict[str, Any], arrays: dict[str, array[int]], names: bytes) -> None:
        self.source = Source(header["name"], header["date"])
        self.partial = bool(header.get("partial"))  # only the networks of known organisations
        self.rows = len(arrays["start4"]) + len(arrays["high6"])
        self._start4, self._asn4 = arrays["start4"], arrays["asn4"]
        self._high6, self._low6, self._asn6 = arrays["high6"], arrays["low6"], arrays["asn6"]
        self._asns, self._offsets = arrays["asns"], arrays["offsets"]
        self._names = names

    @classmethod
    def open(cls, path: Path, today: date, max_age: int = MAX_AGE) -> AddressTable:
        """Map ``path``; raise UnreachableError when it is damaged, or older than ``max_age``."""
        try:
            if path.suffix == ".gz":
                header, arrays, names = _read(path, gzip.decompress(path.read_bytes()))
            else:
                with path.open("rb") as file, _mapped(file) as whole:
                    header, arrays, names = _read(path, whole)
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise _refused(path, f"it cannot be read: {error}") from error
        age = (today - date.fromisoformat(header["date"])).days
        if age > max_age:
            raise _refused(
                path, f"its data is of {header['date']}, {age} days old; the limit is {max_age}"
            )
        return cls(header, arrays, names)

    def asn4(self, number: int) -> int:
        """Return the AS number that announces the IPv4 address ``number``, or 0."""
        at = bisect_right(self._start4, number) - 1
        return self._asn4[at] if at >= 0 else 0

    def asn6(self, number: int) -> int:
        """Return the AS number that announces the IPv6 address ``number``, or 0."""
        at = self._at6(number)
        return self._asn6[at] if at >= 0 else 0

    def asns(self, addresses: Iterable[str]) -> Iterator[int]:
        """Return the AS number of each address, in order; for millions of them."""
        ends, origins, find = self._start4, self._asn4, bisect_right
        pton, unpack, family = socket.inet_pton, struct.Struct("!I").unpack, socket.AF_INET
        for address in addresses:
            if ":" in address:
                yield self.asn6(int.from_bytes(pton(socket.AF_INET6, address), "big"))
            else:
                at = find(ends, unpack(pton(family, address))[0]) - 1
                yield origins[at] if at >= 0 else 0

    def find(self, address: Address) -> Hit | None:
        """Return the range of ``address``, or None where nobody announces it."""
        six = isinstance(address, ipaddress.IPv6Address)
        at = self._at6(int(address)) if six else bisect_right(self._start4, int(address)) - 1
        asn = (self._asn6 if six else self._asn4)[at] if at >= 0 else 0
        if not asn:
            return None
        first, last = self._range(at, six=six)
        return Hit(asn, self.holder(asn), first, last)

    def within(self, network: Network, most: int = 64) -> tuple[set[int], bool]:
        """Return the AS numbers in ``network`` (0 for gaps), at most ``most``; True when cut."""
        six = isinstance(network, ipaddress.IPv6Network)
        first, last = int(network.network_address), int(network.broadcast_address)
        at = self._at6(first) if six else bisect_right(self._start4, first) - 1
        end = self._at6(last) if six else bisect_right(self._start4, last) - 1
        origins = self._asn6 if six else self._asn4
        found: set[int] = {0} if at < 0 else set()
        for row in range(max(at, 0), end + 1):
            found.add(origins[row])
            if len(found) >= most:
                return found, True
        return found, False

    def holder(self, asn: int) -> str:
        """Return the holder's name of an AS number, or an empty string."""
        at = bisect_left(self._asns, asn)
        if at == len(self._asns) or self._asns[at] != asn:
            return ""
        return self._names[self._offsets[at] : self._offsets[at + 1]].decode()

    def _at6(self, number: int) -> int:
        high, low = number >> 64, number & _LOW
        at = bisect_right(self._high6, high) - 1
        while at >= 0 and self._high6[at] == high and self._low6[at] > low:
            at -= 1
        return at

    def _range(self, at: int, *, six: bool) -> tuple[Address, Address]:
        if not six:
            starts = self._start4
            end = starts[at + 1] if at + 1 < len(starts) else 1 << 32
            return ipaddress.IPv4Address(starts[at]), ipaddress.IPv4Address(end - 1)
        last = at + 1 == len(self._high6)
        end = (1 << 128) if last else (self._high6[at + 1] << 64) + self._low6[at + 1]
        first = (self._high6[at] << 64) + self._low6[at]
        return ipaddress.IPv6Address(first), ipaddress.IPv6Address(end - 1)


def _refused(path: Path, why: str) -> UnreachableError:
    return UnreachableError(
        f"the address data is refused: {why}",
        where=str(path),
        next_step="pack a fresh copy: python -m verify.jurisdiction.pack SOURCE",
    )


def _mapped(file: BinaryIO) -> mmap.mmap:
    return mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)


def _read(
    path: Path, whole: mmap.mmap | bytes
) -> tuple[dict[str, Any], dict[str, array[int]], bytes]:
    if whole[:8] != MAGIC:
        raise _refused(path, "it is not a packed address table")
    with memoryview(whole) as view:
        found = hashlib.sha256(view[DIGEST.stop :]).digest()
        if found != whole[DIGEST]:
            raise _refused(path, f"SHA-256 is {found.hex()}, and should be {whole[DIGEST].hex()}")
        (length,) = struct.unpack_from("<I", view, DIGEST.stop)
        header = json.loads(bytes(view[HEADER : HEADER + length]))
        at, arrays = HEADER + length, {}
        for name, kind, count in header["arrays"]:
            one = array(_CODES[kind])
            size = count * one.itemsize
            one.frombytes(view[at : at + size])
            if sys.byteorder == "big":
                one.byteswap()
            arrays[name] = one
            at += size
        return header, arrays, bytes(view[at:])
