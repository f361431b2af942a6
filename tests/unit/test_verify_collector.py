# ruff: noqa: SLF001
"""What the collector reads out of files, and what files may be without it stopping."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.verify_on_host import load

if TYPE_CHECKING:
    from pathlib import Path

HOST = load()
TEXT, SCAN = HOST["text"], HOST["scan"]
WANTED: dict[str, Any] = {"rules": [], "text_endings": [".conf", ".json"], "keys": []}


def ends(text: str, kind: str = "hash") -> list[str]:
    return [row[2] for row in TEXT.rows(text, kind)]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("hash", "# url = https://cdn.example.com\nkey = 1 # https://cdn.example.com"),
        ("ini", "; url = https://cdn.example.com"),
        ("php", "// https://cdn.example.com\n/* https://cdn.example.com\n */ # cdn.example.com"),
        ("css", "/* @import url(https://cdn.example.com/x.css) */"),
        ("xml", "<!-- https://cdn.example.com\n -->"),
        ("html", "<p>https://cdn.example.com</p><a href='https://cdn.example.com/'>x</a>"),
        ("lua", "-- https://cdn.example.com"),
        ("zone", "www IN A 192.0.2.1 ; cdn.example.com."),
        ("yaml", "# homeserver: https://cdn.example.com"),
        ("hash", "Documentation=https://cdn.example.com"),
    ],
)
def test_comments_and_documentation_do_not_count(kind: str, text: str) -> None:
    assert not any("cdn.example.com" in end for end in ends(text, kind))


@pytest.mark.parametrize(
    ("kind", "text", "found"),
    [
        ("hash", "url = https://cdn.example.com/x", "https://cdn.example.com"),
        ("php", "$config['x'] = 'https://cdn.example.com/'; // why", "https://cdn.example.com"),
        ("css", "@import url(https://cdn.example.com/x.css);", "https://cdn.example.com"),
        ("html", "<link href='https://cdn.example.com/x.css'>", "https://cdn.example.com"),
        ("hash", "forward-addr: 1.1.1.1@853#one.one.one.one", "1.1.1.1"),
        ("hash", "server = [smtp.example.com]:587", "smtp.example.com"),
        ("hash", "root: admin@example.com", "mailto:x@example.com"),
        ("hash", "X=http://[::ffff:52.95.110.1]/", "http://::ffff:52.95.110.1"),
        ("hash", "net = 2606:4700::/32", "2606:4700::/32"),
        ("hash", "net = 52.94.0.0/16", "52.94.0.0/16"),
        ("json", '{"a": {"b": "https://cdn.example.com/x"}}', "https://cdn.example.com"),
        ("hash", "host = b\u00fccher.example.com", "b\u00fccher.example.com"),
    ],
)
def test_what_is_said_counts(kind: str, text: str, found: str) -> None:
    assert found in ends(text, kind)


def test_no_password_path_or_query_leaves_the_host() -> None:
    found = ends("db = https://user:geheim@db.example.com/path/token?key=geheim")
    assert found == ["https://db.example.com"]


def test_keys_of_yaml_are_dotted_and_lines_are_right() -> None:
    text = "a:\n  b:\n    - url: https://one.example.com\n  c: two.example.com\nd: x.example.com\n"
    assert [(r[0], r[1], r[2]) for r in TEXT.rows(text, "yaml")] == [
        (3, "a.b.url", "https://one.example.com"),
        (4, "a.c", "two.example.com"),
        (5, "d", "x.example.com"),
    ]
    assert set(TEXT.keys("trusted_key_servers: []\nx:\n  y: 1\n", "yaml")) == {
        "trusted_key_servers",
        "x",
        "x.y",
    }


def scanned(root: Path, **more: Any) -> tuple[list[list[Any]], list[dict[str, str]]]:
    problems: list[dict[str, str]] = []
    wanted = {**WANTED, **more, "roots": [str(root)]}
    return SCAN.files(wanted, problems, {}), problems


def test_a_file_of_a_gigabyte_is_read_in_part_and_said(tmp_path: Path) -> None:
    path = tmp_path / "big.conf"
    with path.open("wb") as file:
        file.write(b"url = https://cdn.example.com/\n" + b"#" * 2**20)
        file.truncate(2**30)
    start = time.process_time()
    rows, problems = scanned(tmp_path)
    assert time.process_time() - start < 5
    assert [r[3] for r in rows] == ["https://cdn.example.com"]
    assert "larger than" in problems[0]["what"]


def test_binary_where_a_text_is_expected_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.conf").write_bytes(b"url\0https://cdn.example.com")
    (tmp_path / "x.db").write_bytes(b"\0\1\2")
    rows, problems = scanned(tmp_path)
    assert rows == []
    assert [p["place"] for p in problems] == [str(tmp_path / "x.conf")]


def test_circles_of_links_end_and_are_said(tmp_path: Path) -> None:
    (tmp_path / "a.conf").symlink_to(tmp_path / "b.conf")
    (tmp_path / "b.conf").symlink_to(tmp_path / "a.conf")
    (tmp_path / "down").symlink_to(tmp_path)
    (tmp_path / "gone.conf").symlink_to(tmp_path / "nowhere")
    (tmp_path / "c.conf").write_text("x = cdn.example.com")
    rows, problems = scanned(tmp_path)
    assert [r[3] for r in rows] == ["cdn.example.com"]
    assert {p["what"] for p in problems} == {"a symbolic link that goes in a circle"}


def test_a_pipe_in_a_folder_of_settings_holds_nothing_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.conf")
    assert scanned(tmp_path) == ([], [])


def test_other_encodings_are_read(tmp_path: Path) -> None:
    (tmp_path / "x.conf").write_bytes(b"name = caf\xe9\nurl = https://cdn.example.com/\xff\n")
    assert scanned(tmp_path)[0][0][3] == "https://cdn.example.com"


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 50_000, "{", '{"a": "\\ud800"}', "\ufeff{}"]
)
def test_json_that_is_none_or_too_deep_stops_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    (tmp_path / "y.json").write_text('{"url": "https://cdn.example.com"}')
    assert [r[3] for r in scanned(tmp_path)[0]] == ["https://cdn.example.com"]


def test_a_line_without_end_is_read_quickly(tmp_path: Path) -> None:
    (tmp_path / "x.conf").write_text("a." * 200_000 + "\n" + ":" * 200_000 + "\n" + "@" * 100_000)
    start = time.process_time()
    scanned(tmp_path)
    assert time.process_time() - start < 5


def test_what_stands_far_into_a_line_is_read() -> None:
    mark = "https://cdn.example.com"
    for before in (TEXT.MOST_LINE - 10, TEXT.MOST_LINE * 3):
        assert mark in ends("x" * before + f' "{mark}" ' + "y" * 50_000 + f' "{mark}"')


def test_files_and_folders_that_settings_name_are_read_and_no_others(tmp_path: Path) -> None:
    conf, other = tmp_path / "etc", tmp_path / "var" / "lib"
    (other / "site").mkdir(parents=True)
    conf.mkdir()
    for name in ("named.env", "not.env", "site/a.html", "link/b.conf"):
        (other / name).parent.mkdir(exist_ok=True)
        (other / name).write_text(f"url = 'https://{name.replace('/', '-')}.example.com'")
    (conf / "a.conf").write_text(
        f"EnvironmentFile=-{other}/named.env\n# File={other}/not.env\ntemplate_dir: {other}/site\n"
        f"url = https://x.example.com{other}/not.env\n"
    )
    (conf / "linked").symlink_to(other / "link")
    rows = SCAN.files({**WANTED, "roots": [str(conf)]}, [], {})
    found = {r[3].removeprefix("https://").removesuffix(".example.com") for r in rows}
    assert found == {"x", "named.env", "site-a.html", "link-b.conf"}


def test_of_modules_only_those_of_no_wheel_that_something_loads_are_read(tmp_path: Path) -> None:
    site = tmp_path / "lib" / "dist-packages"
    (site / "zz-1.dist-info").mkdir(parents=True)
    (site / "zz-1.dist-info" / "RECORD").write_text("a.py,,\nzz-1.dist-info/RECORD,,\n")
    for name in ("a.py", "b.py", "c.py"):
        (site / name).write_text(f"x = 'https://{name}.example.com'\n")
    (tmp_path / "cron").write_text("1 1 * * * root python3 -m b\n")
    wanted = {**WANTED, "roots": [str(tmp_path)], "rules": [{"path": "*", "foreign": True}]}
    assert [r[3] for r in SCAN.files(wanted, [], {})] == ["https://b.py.example.com"]


def test_a_folder_that_only_a_setting_makes_count_is_read_where_one_does(tmp_path: Path) -> None:
    conf = tmp_path / "etc" / "chrony"
    for name in ("a.d", "b.d"):
        (conf / name).mkdir(parents=True)
        (conf / name / "x.sources").write_text(f"server {name}.example.com\n")
    (conf / "chrony.conf").write_text(f"sourcedir {conf}/b.d\n# sourcedir {conf}/a.d\n")
    rules = [{"path": f"{conf}/*/?*", "named": True, "format": "chrony"}, {"path": "*"}]
    rows = SCAN.files({**WANTED, "roots": [str(conf)], "rules": rules}, [], {})
    assert [r[3] for r in rows] == ["b.d.example.com"]


def test_what_a_service_does_not_read_counts_where_something_names_it(tmp_path: Path) -> None:
    for name in ("a", "b.off", "c.off", "d.bak", "e.txt"):
        (tmp_path / name).write_text(f"url = https://{name}.example.com\n")
    (tmp_path / "z").write_text(f"include {tmp_path}/c.off\ninclude d.bak\n# include b.off\n")
    rules = [{"path": f"{tmp_path}/*", "reads": "[a-z]"}]
    rows = SCAN.files({**WANTED, "roots": [str(tmp_path)], "rules": rules}, [], {})
    assert {r[3] for r in rows if "://" in r[3]} == {
        f"https://{name}.example.com" for name in ("a", "c.off", "d.bak")
    }


def test_a_platforms_filter_counts_as_far_as_it_sends_mail_on(tmp_path: Path) -> None:
    (tmp_path / "a.sieve").write_text(
        'if address :domain "from" "linkedin.com" { fileinto "x"; }\nredirect :copy "a@gmail.com";'
    )
    rows = SCAN.files({**WANTED, "roots": [str(tmp_path)]}, [], {})
    assert [r[1:] for r in rows] == [[2, "redirect", "mailto:x@gmail.com"]]


def test_what_only_a_program_reads_that_is_not_here_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_text("url = https://a.example.com\n")
    for needs, found in ((tmp_path / "no", []), (tmp_path / "a.conf", ["https://a.example.com"])):
        rules = [{"path": "*", "needs": str(needs)}]
        rows = SCAN.files({**WANTED, "roots": [str(tmp_path)], "rules": rules}, [], {})
        assert [r[3] for r in rows] == found


def test_a_unit_that_another_masks_is_not_started(tmp_path: Path) -> None:
    above, below = tmp_path / "etc", tmp_path / "local"
    (below / "x.target.wants").mkdir(parents=True)
    above.mkdir()
    unit = below / "a.service"
    unit.write_text("[Service]\nExecStart=/bin/true\n")
    (below / "x.target.wants" / "a.service").symlink_to(unit)
    folders = (str(above), str(below))
    assert HOST["dormant"].Units(folders).starts(str(unit))
    (above / "a.service").symlink_to("/dev/null")
    assert not HOST["dormant"].Units(folders).starts(str(unit))
    (above / "a.service").unlink()
    (above / "a.service").symlink_to(unit)
    assert HOST["dormant"].Units(folders).starts(str(unit))


def test_files_that_include_each_other_end(tmp_path: Path) -> None:
    one, two = tmp_path / "one.conf", tmp_path / "two.conf"
    one.write_text(f"proxy_pass https://cdn.example.com;\ninclude {two};\n")
    two.write_text(f"include {one};\ninclude {tmp_path}/*.conf;\n")
    rows = list(HOST["paging"]._included(str(one), set()))
    assert [r[3] for r in rows] == ["https://cdn.example.com"]


def test_what_is_as_shipped_is_not_read(tmp_path: Path) -> None:
    info, root = tmp_path / "info", tmp_path / "root"
    info.mkdir()
    root.mkdir()
    shipped, changed = root / "a.js", root / "b.js"
    for path in (shipped, changed):
        path.write_text("x = 'https://cdn.example.com/'")
    digest = HOST["shipped"].hashlib.md5(shipped.read_bytes(), usedforsecurity=False).hexdigest()
    lines = [f"{digest}  {str(p).lstrip('/')}\n" for p in (shipped, changed)]
    (info / "x.md5sums").write_text("".join(lines))
    changed.write_text("y = 'https://cdn.example.com/'")
    pristine = HOST["shipped"].Packages(str(info))
    assert pristine.has(str(shipped))
    assert not pristine.has(str(changed))


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 11, b"\0" * 12 + b"\xc0\x0c", bytes(8) + b"\xff" * 60, b"\xff" * 512]
)
def test_answers_of_a_resolver_that_lies_are_no_answers(data: bytes) -> None:
    try:
        found = HOST["names"]._parse(data, "A")
    except (ValueError, IndexError, HOST["names"].struct.error):
        return
    assert found in (None, [])


def test_values_leave_the_host_only_where_they_are_switches() -> None:
    text = "a: geheim\nb: 'false'\nc: []\nd:\ne: 12345678\nf: null\n"
    assert TEXT.keys(text, "yaml") == {
        "a": "(set)",
        "b": "false",
        "c": "[]",
        "d": "",
        "e": "(set)",
        "f": "null",
    }
    assert TEXT.keys('{"a": {"b": "geheim", "c": false}}', "json") == {
        "a.b": "(set)",
        "a.c": "False",
    }
