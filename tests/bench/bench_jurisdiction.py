"""Loading and looking up addresses, beside pyasn or maxminddb on the same data.

    python tests/bench/bench_jurisdiction.py SOURCE [--beside pyasn|maxminddb]

SOURCE is what ``verify.jurisdiction.pack`` takes. pyasn and maxminddb (with mmdb_writer and
netaddr) are no part of this project: where they are wanted and not here, they are installed into
a virtual environment that is thrown away afterwards. Exit 1 below the targets: 200,000 lookups a
second, loaded in 0.3 s.
"""

from __future__ import annotations

import argparse
import importlib.util
import ipaddress
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[2]))

from verify.jurisdiction import sources
from verify.jurisdiction.addresses import AddressTable
from verify.jurisdiction.packing import flatten, packed

LOOKUPS = 500_000
LEAST_LOOKUPS, MOST_SECONDS = 200_000, 0.3
PEERS = {"pyasn": ("pyasn",), "maxminddb": ("maxminddb", "mmdb_writer", "netaddr")}
Asn = Callable[[str], int]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument(
        "--date", metavar="DAY", help="the day the data was made, if it does not say"
    )
    parser.add_argument("--beside", choices=("pyasn", "maxminddb"), action="append", default=[])
    arguments = parser.parse_args()
    if missing := [n for n in arguments.beside if importlib.util.find_spec(n) is None]:
        return elsewhere([p for n in missing for p in PEERS[n]])
    dump = sources.read(arguments.source, arguments.date)
    four = list(prefixes(flatten(dump.ranges[4], 1 << 32)))
    sample = addresses(four)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "table.kwaddr"
        file.write_bytes(packed(dump))
        start = time.perf_counter()
        table = timed_load("kootwijk", lambda: AddressTable.open(file, datetime.now(UTC).date()))
        loaded, start = time.perf_counter() - start, time.perf_counter()
        found = list(table.asns(sample))
        took = time.perf_counter() - start
        report("kootwijk", took)
        for name in arguments.beside:
            other = {"pyasn": with_pyasn, "maxminddb": with_maxminddb}[name](Path(folder), four)
            start = time.perf_counter()
            theirs = [other(one) for one in sample]
            report(name, time.perf_counter() - start)
            same = sum(a == b for a, b in zip(found, theirs, strict=True))
            print(f"{name:10} agrees on {same} of {len(sample)}")
    return 0 if loaded < MOST_SECONDS and LOOKUPS / took >= LEAST_LOOKUPS else 1


def elsewhere(packages: list[str]) -> int:
    """Run this again where ``packages`` are: in a virtual environment of a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = Path(folder) / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
        places = [str(Path(__file__).parents[2]), *(p for p in sys.path if "site-packages" in p)]
        again = [python, __file__, *sys.argv[1:]]
        done = subprocess.run(
            again, env={**os.environ, "PYTHONPATH": ":".join(places)}, check=False
        )
    return done.returncode


def prefixes(starts: Iterable[tuple[int, int]]) -> Iterator[tuple[str, int]]:
    """Yield the CIDR blocks of the ranges, for libraries that only know those."""
    rows = [*starts, (1 << 32, 0)]
    for (at, asn), (end, _) in pairwise(rows):
        if asn:
            first, last = ipaddress.IPv4Address(at), ipaddress.IPv4Address(end - 1)
            for block in ipaddress.summarize_address_range(first, last):
                yield str(block), asn


def addresses(blocks: list[tuple[str, int]]) -> list[str]:
    """Return addresses, half inside announced blocks, half anywhere."""
    generator = random.Random(4)
    found = []
    for _ in range(LOOKUPS // 2):
        block = ipaddress.IPv4Network(generator.choice(blocks)[0])
        found.append(str(block[generator.randrange(block.num_addresses)]))
        found.append(str(ipaddress.IPv4Address(generator.getrandbits(32))))
    return found


def timed_load(name: str, load: Callable[[], Any]) -> Any:
    start = time.perf_counter()
    loaded = load()
    print(f"{name:10} loads in {time.perf_counter() - start:.3f} s")
    return loaded


def report(name: str, seconds: float) -> None:
    print(f"{name:10} {LOOKUPS / seconds:,.0f} lookups/s (one core, addresses as text)")


def with_pyasn(folder: Path, blocks: list[tuple[str, int]]) -> Asn:
    import pyasn  # type: ignore[import-not-found, import-untyped, unused-ignore]  # noqa: PLC0415

    file = folder / "pyasn.dat"
    file.write_text("".join(f"{block}\t{asn}\n" for block, asn in blocks))
    table: Any = timed_load("pyasn", lambda: pyasn.pyasn(str(file)))
    return lambda one: table.lookup(one)[0] or 0


def with_maxminddb(folder: Path, blocks: list[tuple[str, int]]) -> Asn:
    import maxminddb  # type: ignore[import-not-found, import-untyped, unused-ignore]  # noqa: PLC0415
    import netaddr  # type: ignore[import-not-found, import-untyped, unused-ignore]  # noqa: PLC0415
    from mmdb_writer import MMDBWriter  # type: ignore[import-not-found, import-untyped, unused-ignore]  # noqa: PLC0415

    file, writer = folder / "asn.mmdb", MMDBWriter(4, "asn")
    for block, asn in blocks:
        writer.insert_network(netaddr.IPSet([block]), {"asn": asn})
    writer.to_db_file(str(file))
    table: Any = timed_load("maxminddb", lambda: maxminddb.open_database(str(file)))
    return lambda one: (table.get(one) or {"asn": 0})["asn"]


if __name__ == "__main__":
    sys.exit(main())
