"""Where address data may come from: each adapter yields ranges with their origin.

A source is swappable: what packs and what looks up know only ``Dump``.
"""

from __future__ import annotations

import csv
import gzip
import io
import ipaddress
import json
import re
import tarfile
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from deploy.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

Range = tuple[int, int, int]  # first address, last address, AS number
PEERS = 5  # fewer route collectors' peers than this saw it: a leak, not an announcement


@dataclass
class Dump:
    """Ranges by address family, which may nest, and the holders' names."""

    name: str
    date: str
    ranges: dict[int, list[Range]] = field(default_factory=lambda: {4: [], 6: []})
    holders: dict[int, str] = field(default_factory=dict)
    partial: bool = False


def read(path: Path, date: str | None = None) -> Dump:
    """Read ``path`` with the adapter its content asks for; ``date`` (YYYY-MM-DD) overrides.

    A folder or .tgz of CSV files start,end,asn,holder; a folder of RIS whois dumps
    (``riswhoisdump.IPv4.gz``, ``.IPv6.gz`` and AS names ``asn.txt``); or the text that
    ``location dump`` writes. Raise InputError when it is none of these.
    """
    adapter = _adapter(path)
    if adapter is None:
        raise InputError(
            "no adapter knows this address data",
            where=str(path),
            next_step="give a CSV package (.tgz or folder), a folder with riswhoisdump.IPv4.gz, "
            "or the output of `location dump`",
        )
    dump = adapter(path)
    dump.date = date or dump.date
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", dump.date):
        raise InputError(
            "the data does not say its date",
            where=str(path),
            next_step="give the day it was made with --date YYYY-MM-DD",
        )
    if not any(dump.ranges.values()):
        raise InputError("the data has no ranges", where=str(path))
    return dump


def _adapter(path: Path) -> Callable[[Path], Dump] | None:
    if path.is_dir() and (path / "riswhoisdump.IPv4.gz").exists():
        return ris
    if path.is_dir() or path.name.endswith((".tgz", ".tar.gz", ".csv")):
        return table
    return location if path.is_file() else None


def table(path: Path) -> Dump:
    """Read CSV start,end,asn,holder, as npm's @ip-location-db/asn has it (CC BY 4.0)."""
    dump = Dump("ip-location-db asn (RouteViews, NRO, DB-IP; CC BY 4.0)", "")
    for name, text in _files(path):
        if name.endswith("package.json"):
            found = re.search(r"(20\d\d)(\d\d)(\d\d)\d*$", str(json.load(text)["version"]))
            dump.date = "-".join(found.groups()) if found else ""
        elif name.endswith(".csv") and not name.endswith("-num.csv"):
            _csv(dump, name, text)
    return dump


def _csv(dump: Dump, name: str, text: Iterable[str]) -> None:
    for line, row in enumerate(csv.reader(text), start=1):
        try:
            first, last = ipaddress.ip_address(row[0]), ipaddress.ip_address(row[1])
            asn = int(row[2])
        except (ValueError, IndexError) as error:
            raise InputError(
                f"not start,end,asn,holder: {error}", where=f"{name}:{line}"
            ) from error
        dump.ranges[first.version].append((int(first), int(last), asn))
        dump.holders.setdefault(asn, row[3] if len(row) > 3 else "")  # noqa: PLR2004


def _files(path: Path) -> Iterator[tuple[str, io.TextIOBase]]:
    if path.is_file() and path.suffix != ".csv":
        with tarfile.open(path) as archive:
            for member in archive:
                file = archive.extractfile(member)
                if file:
                    yield member.name, io.TextIOWrapper(file, encoding="utf-8")
        return
    for one in sorted(path.iterdir()) if path.is_dir() else [path]:
        if one.suffix in (".csv", ".json"):
            with one.open(encoding="utf-8", newline="") as text:
                yield str(one), text


def ris(path: Path) -> Dump:
    """Read RIPE NCC's RIS whois dumps: lines origin, prefix, number of peers that saw it."""
    dump = Dump("RIPE NCC RIS whois dump", "")
    for version in (4, 6):
        file = path / f"riswhoisdump.IPv{version}.gz"
        if file.exists():
            with gzip.open(file, "rt", encoding="utf-8", errors="replace") as text:
                dump.ranges[version] = list(_announced(text))
    names = path / "asn.txt"
    if names.exists():
        for line in names.read_text(encoding="utf-8", errors="replace").splitlines():
            number, _, holder = line.partition(" ")
            if number.isdigit():
                dump.holders[int(number)] = re.sub(r", [A-Z]{2}$", "", holder)
    return dump


def _announced(lines: Iterable[str]) -> Iterator[Range]:
    """Yield each prefix with the origin most peers saw; AS sets have no one origin."""
    seen: dict[str, dict[int, int]] = defaultdict(dict)
    for line in lines:
        part = line.split("\t")
        if len(part) == 3 and part[0].isdigit() and int(part[2]) >= PEERS:  # noqa: PLR2004
            seen[part[1]][int(part[0])] = int(part[2])
    for prefix, origins in seen.items():
        network = ipaddress.ip_network(prefix)
        if network.prefixlen:
            best = max(origins, key=lambda asn: (origins[asn], -asn))
            yield int(network.network_address), int(network.broadcast_address), best


def location(path: Path) -> Dump:
    """Read the text of IPFire's ``location dump`` (Debian: libloc-database).

    Countries are not read: where an address is says nothing about whose it is.
    """
    dump = Dump("IPFire location database", "")
    with path.open(encoding="utf-8", errors="replace") as text:
        for block in _blocks(text, dump):
            asn = re.sub("^AS", "", block.get("aut-num", ""))
            if "net" in block and asn.isdigit():
                net = ipaddress.ip_network(block["net"])
                ends = int(net.network_address), int(net.broadcast_address)
                dump.ranges[net.version].append((*ends, int(asn)))
            elif asn.isdigit() and "name" in block:
                dump.holders[int(asn)] = block["name"]
    return dump


def _blocks(lines: Iterable[str], dump: Dump) -> Iterator[dict[str, str]]:
    block: dict[str, str] = {}
    for line in lines:
        if found := re.match(r"# Generated: *\w+, (.*)", line):
            made = datetime.strptime(found[1].strip(), "%d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
            dump.date = made.date().isoformat()
        key, colon, value = line.partition(":")
        if colon and not line.startswith("#"):
            block[key.strip()] = value.strip()
        elif not line.strip() and block:
            yield block
            block = {}
    if block:
        yield block
