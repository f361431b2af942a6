"""Files as nobody should write them: each is read as far as it goes, or named as not read."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.verify_on_host import load

if TYPE_CHECKING:
    from pathlib import Path

US = "https://a.azurewebsites.net"


@pytest.fixture(scope="module")
def scan() -> Any:
    return load()["scan"]


def look(scan: Any, root: Path, *rules: dict[str, Any]) -> tuple[list[Any], list[dict[str, str]]]:
    problems: list[dict[str, str]] = []
    wanted = {"roots": [str(root)], "rules": rules, "text_endings": [".conf", ".json", ".yml"]}
    return scan.files(wanted, problems, {}), problems


def test_a_file_of_a_gigabyte_is_read_in_no_time_and_said_to_be_too_large(
    scan: Any, tmp_path: Path
) -> None:
    big = tmp_path / "big.conf"
    with big.open("wb") as file:
        file.write(f"x = {US}\n".encode())
        file.write(b"# " + b"y" * 20_000 + b"\n")
        file.truncate(1 << 30)
    start = time.process_time()
    rows, problems = look(scan, tmp_path)
    assert time.process_time() - start < 5
    assert [r[3] for r in rows] == [US]
    assert "larger than" in problems[0]["what"]


def test_a_sparse_file_of_nothing_is_said_to_be_binary(scan: Any, tmp_path: Path) -> None:
    with (tmp_path / "a.conf").open("wb") as file:
        file.truncate(1 << 30)
    assert look(scan, tmp_path) == (
        [],
        [{"place": str(tmp_path / "a.conf"), "what": "binary where a text is expected"}],
    )


def test_what_is_not_utf8_is_read_all_the_same(scan: Any, tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_bytes(f"# caf\xe9 \xff\xfe\nx = {US}\n".encode("latin-1"))
    (tmp_path / "b.conf").write_bytes(f"x = {US}\n".encode("utf-16"))
    rows, problems = look(scan, tmp_path)
    assert [r[:2] for r in rows] == [[str(tmp_path / "a.conf"), 2]]
    assert [p["place"] for p in problems] == [str(tmp_path / "b.conf")]


def test_links_in_a_circle_end_and_are_named(scan: Any, tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "up").symlink_to(tmp_path)
    (tmp_path / "c.conf").write_text(f"x = {US}\n")
    (tmp_path / "d.conf").symlink_to(tmp_path / "c.conf")
    rows, problems = look(scan, tmp_path)
    assert len(rows) == 1, "the same file is read once"
    assert {p["what"] for p in problems} == {"a symbolic link that goes in a circle"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_or_a_socket_is_not_waited_for(scan: Any, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.conf")
    assert look(scan, tmp_path) == ([], [])


@pytest.mark.parametrize("name", ["a.json", "a.yml", "a.php", "a.xml", "a.html", "a.css", "a.conf"])
def test_what_does_not_parse_is_still_read(scan: Any, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(
        f'{{"a": [[[ "x": "{US}",\n\t- : : {{ \n<<<>>> src="{US}" url({US})'
    )
    rows, _ = look(scan, tmp_path)
    assert {r[3] for r in rows} == {US}


def test_more_endpoints_than_anybody_reads_end(scan: Any, tmp_path: Path) -> None:
    lines = "".join(f"x{n} = https://a{n}.example.com\n" for n in range(30_000))
    (tmp_path / "a.conf").write_text(lines)
    rows, problems = look(scan, tmp_path)
    assert len(rows) <= scan.MOST_ROWS
    assert problems


def test_rules_skip_and_the_first_that_fits_decides(scan: Any, tmp_path: Path) -> None:
    (tmp_path / "README.conf").write_text(US)
    (tmp_path / "x.conf").write_text(US)
    rows, _ = look(scan, tmp_path, {"path": "*/README*", "skip": "text"}, {"path": "*"})
    assert [r[0] for r in rows] == [str(tmp_path / "x.conf")]


@pytest.mark.parametrize(
    ("files", "links", "started"),
    [
        ({}, {}, False),
        ({}, {"multi-user.target.wants/x.service": "x.service"}, True),
        ({"x.timer": "[Timer]"}, {}, False),
        ({"x.timer": "[Timer]"}, {"timers.target.wants/x.timer": "x.timer"}, True),
        ({"y.service": "[Unit]\nWants=x.service"}, {}, True),
        ({"y.service": "# Wants=x.service\n[Install]\nAlso=x.service"}, {}, False),
        ({}, {"alias.service": "x.service"}, True),
    ],
)
def test_a_unit_counts_when_something_starts_it(
    scan: Any, tmp_path: Path, files: dict[str, str], links: dict[str, str], *, started: bool
) -> None:
    (tmp_path / "x.service").write_text(f"[Service]\nExecStart=/bin/curl {US}\n")
    for name, said in files.items():
        (tmp_path / name).write_text(said)
    for name, target in links.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).symlink_to(tmp_path / target)
    units = scan.dormant.Units((str(tmp_path),))
    assert units.starts(str(tmp_path / "x.service")) is started
