"""The packed table answers as a plain search does, and is refused when damaged or old."""

from __future__ import annotations

import gzip
import hashlib
import ipaddress
import random
import tarfile
from datetime import date
from typing import TYPE_CHECKING

import pytest

from deploy.errors import InputError, UnreachableError
from verify.jurisdiction import Engine, Jurisdiction, packing, places, sources
from verify.jurisdiction.addresses import MAGIC, AddressTable

if TYPE_CHECKING:
    from pathlib import Path

    from verify.jurisdiction.carried import Address

TODAY = date(2026, 11, 24)
BITS = {4: 32, 6: 128}


def dump(ranges4: list[sources.Range], ranges6: list[sources.Range] | None = None) -> sources.Dump:
    found = sources.Dump("test", "2026-11-01", {4: ranges4, 6: ranges6 or []})
    found.holders = {a: f"Holder {a}" for _, _, a in [*ranges4, *(ranges6 or [])]}
    return found


def write(path: Path, data: sources.Dump) -> Path:
    path.write_bytes(packing.packed(data))
    return path


def nested(generator: random.Random, bits: int) -> list[sources.Range]:
    """Ranges as announcements are: blocks of powers of two, which nest or are apart."""
    found = {}
    for _ in range(generator.randrange(1, 60)):
        length = generator.randrange(bits - 12, bits + 1)
        start = generator.randrange(1 << 12) << (bits - 12) >> (bits - length) << (bits - length)
        found[start, start + (1 << (bits - length)) - 1] = generator.randrange(1, 9)
    return [(first, last, asn) for (first, last), asn in found.items()]


def plain_search(ranges: list[sources.Range], number: int) -> int:
    inside = [r for r in ranges if r[0] <= number <= r[1]]
    return min(inside, key=lambda r: r[1] - r[0])[2] if inside else 0


@pytest.mark.parametrize("version", [4, 6])
def test_a_lookup_finds_the_innermost_range(tmp_path: Path, version: int) -> None:
    generator = random.Random(version)
    kind = {4: ipaddress.IPv4Address, 6: ipaddress.IPv6Address}[version]
    for _ in range(60):
        ranges = nested(generator, BITS[version])
        data = dump(ranges) if version == 4 else dump([], ranges)
        table = AddressTable.open(write(tmp_path / "t.kwaddr", data), TODAY)
        edges = {n for first, last, _ in ranges for n in (first - 1, first, last, last + 1)}
        anywhere = {generator.getrandbits(BITS[version]) for _ in range(50)}
        for number in sorted(edges | anywhere):
            if not 0 <= number < 1 << BITS[version]:
                continue
            address: Address = kind(number)
            wanted = plain_search(ranges, number)
            hit = table.find(address)
            assert (hit.asn if hit else 0) == wanted, (address, ranges)
            assert next(table.asns([str(address)])) == wanted
            if hit:
                assert hit.first <= address <= hit.last  # type: ignore[operator]
                assert hit.holder == f"Holder {wanted}"


def test_a_network_gives_every_origin_inside_it(tmp_path: Path) -> None:
    generator = random.Random(8)
    for _ in range(40):
        ranges = nested(generator, 32)
        table = AddressTable.open(write(tmp_path / "t.kwaddr", dump(ranges)), TODAY)
        start = generator.randrange(1 << 12) << 20
        network = ipaddress.ip_network((start, 22))
        found, cut = table.within(network)
        assert not cut
        assert found == {plain_search(ranges, int(a)) for a in network}


def test_an_empty_table_knows_nothing(tmp_path: Path) -> None:
    table = AddressTable.open(write(tmp_path / "t.kwaddr", dump([])), TODAY)
    assert table.find(ipaddress.ip_address("1.1.1.1")) is None
    assert table.find(ipaddress.ip_address("2001:db8::1")) is None
    assert table.within(ipaddress.ip_network("1.0.0.0/8")) == ({0}, False)


def test_the_built_in_part_never_takes_what_others_announce() -> None:
    whole = dump([(0, 1023, 1), (256, 511, 2), (600, 600, 3)])
    part = packing.only(whole, {1, 3})
    assert part.partial
    for number in range(1100):
        wanted = plain_search(whole.ranges[4], number)
        assert plain_search(part.ranges[4], number) == (wanted if wanted in (1, 3) else 0)


def test_packing_the_same_data_gives_the_same_file() -> None:
    ranges = nested(random.Random(1), 32)
    shuffled = random.Random(2).sample(ranges, len(ranges))
    assert packing.packed(dump(ranges)) == packing.packed(dump(shuffled))


def test_a_damaged_file_is_refused_wherever_the_damage_is(tmp_path: Path) -> None:
    path = write(tmp_path / "t.kwaddr", dump(nested(random.Random(3), 32)))
    good = path.read_bytes()
    generator = random.Random(4)
    for at in [0, 8, 40, 44, len(good) - 1, *generator.sample(range(len(good)), 60)]:
        path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        with pytest.raises(UnreachableError, match="refused") as caught:
            AddressTable.open(path, TODAY)
        assert caught.value.exit_code == 3
    for size in (0, 7, 39, 43, 60, len(good) - 1):
        path.write_bytes(good[:size])
        with pytest.raises(UnreachableError, match="refused"):
            AddressTable.open(path, TODAY)


def test_a_refusal_names_both_checksums(tmp_path: Path) -> None:
    path = write(tmp_path / "t.kwaddr", dump([(0, 1, 1)]))
    data = path.read_bytes() + b"x"
    path.write_bytes(data)
    with pytest.raises(UnreachableError) as caught:
        AddressTable.open(path, TODAY)
    assert hashlib.sha256(data[40:]).hexdigest() in caught.value.what
    assert data[8:40].hex() in caught.value.what


def test_an_old_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "t.kwaddr", dump([(0, 1, 1)]))
    assert AddressTable.open(path, date(2026, 12, 1), max_age=30)
    with pytest.raises(UnreachableError, match="31 days old; the limit is 30"):
        AddressTable.open(path, date(2026, 12, 2), max_age=30)


def test_a_damaged_gzip_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress(packing.packed(dump([(0, 1, 1)])))
    for content in (whole[:-4], b"no gzip at all", MAGIC):
        path = tmp_path / "t.kwaddr.gz"
        path.write_bytes(content)
        with pytest.raises(UnreachableError, match="refused"):
            AddressTable.open(path, TODAY)


CSV = '1.0.0.0,1.0.0.255,13335,"Cloudflare, Inc."\n2001:db8::,2001:db8::ff,64496,Host\n'


def test_csv_is_read_from_a_folder_an_archive_and_a_file(tmp_path: Path) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "asn.csv").write_text(CSV)
    (folder / "asn-ipv4-num.csv").write_text("16777216,16777471,1,x\n")
    (folder / "package.json").write_text('{"version": "2.3.2026061719"}')
    archive = tmp_path / "asn.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder, "package")
    wanted = {
        4: [(16777216, 16777471, 13335)],
        6: [(0x20010DB8 << 96, (0x20010DB8 << 96) + 255, 64496)],
    }
    for path, day in ((folder, None), (archive, None), (folder / "asn.csv", "2026-06-17")):
        found = sources.read(path, day)
        assert (found.date, found.ranges) == ("2026-06-17", wanted)
        assert found.holders[13335] == "Cloudflare, Inc."


def test_ris_dumps_take_the_origin_most_peers_saw(tmp_path: Path) -> None:
    lines = (
        "% RIPE RIS\n\n1\t192.0.2.0/24\t3\n2\t192.0.2.0/24\t300\n3\t192.0.2.0/24\t200\n"
        "{4,5}\t198.51.100.0/24\t300\n6\t203.0.113.0/24\t4\n7\t0.0.0.0/0\t300\n"
    )
    with gzip.open(tmp_path / "riswhoisdump.IPv4.gz", "wt") as file:
        file.write(lines)
    (tmp_path / "asn.txt").write_text("2 EXAMPLE-AS Example B.V., NL\nnonsense\n")
    found = sources.read(tmp_path, "2026-11-20")
    first = int(ipaddress.ip_address("192.0.2.0"))
    assert found.ranges == {4: [(first, first + 255, 2)], 6: []}
    assert found.holders == {2: "EXAMPLE-AS Example B.V."}


def test_location_dumps_are_read_without_their_countries(tmp_path: Path) -> None:
    text = (
        "#\n# Location Database Export\n#\n# Generated: Sat, 29 Oct 2022 05:59:54 GMT\n#\n\n"
        "aut-num:                 AS13335\nname:                    CLOUDFLARENET\n\n"
        "net:                     1.1.1.0/24\ncountry:                 AU\n"
        "aut-num:                 13335\n\nnet:   2.0.0.0/24\ncountry:  NL\n"
    )
    path = tmp_path / "dump.txt"
    path.write_text(text)
    found = sources.read(path)
    first = int(ipaddress.ip_address("1.1.1.0"))
    assert (found.date, found.ranges[4]) == ("2022-10-29", [(first, first + 255, 13335)])
    assert found.holders == {13335: "CLOUDFLARENET"}


@pytest.mark.parametrize(
    ("content", "says"),
    [("", "no ranges|date"), ("1.0.0.0,nonsense,1,x\n", "start,end"), ("1.0.0.0\n", "start,end")],
)
def test_wrong_csv_is_refused(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "asn.csv"
    path.write_text(content)
    with pytest.raises(InputError, match=says):
        sources.read(path, "2026-01-01")


def test_data_without_a_date_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "asn.csv"
    path.write_text(CSV)
    with pytest.raises(InputError, match="date"):
        sources.read(path)
    with pytest.raises(InputError, match="no adapter"):
        sources.read(tmp_path / "absent")


def test_the_depots_data_is_packed_once_and_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KOOTWIJK_STATE", str(tmp_path))
    assert packing.ready() is None
    artifact = tmp_path / "depot" / "public" / "artifacts" / places.ARTIFACT / "1" / "asn.tgz"
    artifact.parent.mkdir(parents=True)
    folder = tmp_path / "package"
    folder.mkdir()
    stamp = date.today().strftime("%Y%m%d")  # noqa: DTZ011
    (folder / "asn.csv").write_text("198.18.0.0,198.18.0.255,1,x\n5.0.0.0,5.0.0.255,24940,x\n")
    (folder / "package.json").write_text(f'{{"version": "2.3.{stamp}"}}')
    with tarfile.open(artifact, "w:gz") as tar:
        tar.add(folder, "package")
    found = Engine.load().verdict("5.0.0.7")
    assert found.jurisdiction is Jurisdiction.EU
    assert "only known" not in found.address_data
    written = places.packed().stat().st_mtime_ns
    assert packing.ready() == places.packed()
    assert places.packed().stat().st_mtime_ns == written
    places.packed().write_bytes(b"damaged")
    with pytest.raises(UnreachableError):
        Engine.load()


def test_a_built_in_table_that_grew_old_is_left_aside_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KOOTWIJK_STATE", str(tmp_path))
    old = dump([(0, (1 << 32) - 1, 24940)])
    old.date = "2020-01-01"
    monkeypatch.setattr(places, "BUILT_IN", write(tmp_path / "old.kwaddr", old))
    engine = Engine.load()
    assert "days old" in capsys.readouterr().err
    assert engine.verdict("1.1.1.1").jurisdiction is Jurisdiction.US
    unknown = engine.verdict("88.198.0.1")
    assert unknown.jurisdiction is Jurisdiction.UNKNOWN
    assert unknown.address_data == "none"
