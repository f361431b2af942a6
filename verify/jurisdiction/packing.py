"""Packs address data into the file that loads at once."""

from __future__ import annotations

import gzip
import hashlib
import json
import struct
import sys
from array import array
from itertools import pairwise
from typing import TYPE_CHECKING

from deploy.narrate import say
from verify.jurisdiction import places, reader
from verify.jurisdiction.addresses import HEADER, MAGIC
from verify.jurisdiction.sources import Dump, Range, read

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

Start = tuple[int, int]  # from this address on, this AS number (0: nobody)


def flatten(ranges: Iterable[Range], end: int) -> Iterator[Start]:
    """Turn ranges that may nest into starts in order, the innermost winning up to ``end``.

    Neighbours with the same origin become one.
    """
    last_asn, stack = 0, list[Range]()
    events = sorted(ranges, key=lambda r: (r[0], -r[1]))
    pending = _starts(events, stack, end)
    for at, asn in pending:
        if asn != last_asn:
            yield at, asn
            last_asn = asn


def _starts(ranges: Iterable[Range], stack: list[Range], end: int) -> Iterator[Start]:
    for one in ranges:
        yield from _close(stack, one[0])
        yield one[0], one[2]
        stack.append(one)
    yield from _close(stack, end)


def _close(stack: list[Range], until: int) -> Iterator[Start]:
    """Leave the ranges that end before ``until``; what lies around them goes on."""
    while stack and stack[-1][1] < until:
        after = stack.pop()[1] + 1
        while stack and stack[-1][1] < after:
            stack.pop()
        if after < until:
            yield after, stack[-1][2] if stack else 0


def only(dump: Dump, asns: Collection[int]) -> Dump:
    """Return the part of ``dump`` that these AS numbers announce, for the built-in table.

    What others announce inside those ranges is left out, never taken for theirs.
    """
    flat = {v: list(flatten(dump.ranges[v], 1 << bits)) for v, bits in ((4, 32), (6, 128))}
    kept = Dump(dump.name, dump.date, partial=True)
    for version, bits in ((4, 32), (6, 128)):
        starts = [*flat[version], (1 << bits, 0)]
        kept.ranges[version] = [
            (at, end - 1, asn) for (at, asn), (end, _) in pairwise(starts) if asn in asns
        ]
    kept.holders = {asn: dump.holders.get(asn, "") for asn in asns}
    return kept


def packed(dump: Dump) -> bytes:
    """Return the file's bytes; the same data gives the same bytes."""
    four = list(flatten(dump.ranges[4], 1 << 32))
    six = list(flatten(dump.ranges[6], 1 << 128))
    asns = sorted({asn for _, asn in (*four, *six) if asn} | dump.holders.keys())
    names = [dump.holders.get(asn, "").encode() for asn in asns]
    offsets = [0]
    for name in names:
        offsets.append(offsets[-1] + len(name))
    low = (1 << 64) - 1
    arrays: list[tuple[str, str, array[int]]] = [
        ("start4", "u32", array("I", (at for at, _ in four))),
        ("asn4", "u32", array("I", (asn for _, asn in four))),
        ("high6", "u64", array("Q", (at >> 64 for at, _ in six))),
        ("low6", "u64", array("Q", (at & low for at, _ in six))),
        ("asn6", "u32", array("I", (asn for _, asn in six))),
        ("asns", "u32", array("I", asns)),
        ("offsets", "u32", array("I", offsets)),
    ]
    return _file(dump, arrays, b"".join(names))


def _file(dump: Dump, arrays: list[tuple[str, str, array[int]]], names: bytes) -> bytes:
    layout = [(name, kind, len(one)) for name, kind, one in arrays]
    facts = {"name": dump.name, "date": dump.date, "partial": dump.partial, "arrays": layout}
    header = json.dumps(facts).encode()
    header += b" " * (-(HEADER + len(header)) % 8)
    body = bytearray(struct.pack("<I", len(header)) + header)
    for _, _, one in arrays:
        if sys.byteorder == "big":
            one.byteswap()
        body += one.tobytes()
    body += names
    return MAGIC + hashlib.sha256(body).digest() + bytes(body)


def pack(source: Path, out: Path, date: str | None = None, *, known: bool = False) -> str:
    """Pack ``source`` into ``out`` at once or not at all; return what it holds, in a sentence.

    With ``known`` only the networks of AS numbers in data/asns.csv.
    """
    dump = read(source, date)
    if known:
        dump = only(dump, reader.load().asns.keys())
    content = packed(dump)
    if out.suffix == ".gz":
        content = gzip.compress(content, mtime=0)
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = out.with_suffix(".new")
    fresh.write_bytes(content)
    fresh.replace(out)
    counts = ", ".join(f"{len(dump.ranges[v])} IPv{v} ranges" for v in (4, 6))
    return f"{dump.name} of {dump.date}: {counts}, {len(content)} bytes in {out}"


def ready() -> Path | None:
    """Return this machine's packed table, made afresh when the depot's data is newer."""
    source, out = places.artifact(), places.packed()
    if source and (not out.exists() or out.stat().st_mtime < source.stat().st_mtime):
        say(f"    packing the address data {source.name}")
        say(f"    {pack(source, out)}")
    return out if out.exists() else None
