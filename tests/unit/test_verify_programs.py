# ruff: noqa: SLF001
"""What is loaded before a service's code, what databases run, and clients of others' storage."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from typing import TYPE_CHECKING

import pytest

from tests.unit.verify_on_host import load, put

if TYPE_CHECKING:
    from pathlib import Path

HOST = load()
TEXT, LOADING, CLIENTS = HOST["text"], HOST["loading"], HOST["clients"]
DATABASES = HOST["databases"]


# ---- Python


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "env" / "site-packages"
    folder.mkdir(parents=True)
    monkeypatch.setattr(LOADING, "folders", lambda: [str(folder)])
    return folder


def python() -> list[str]:
    return [row[3] for row in LOADING.python([])["rows"]]


@pytest.mark.parametrize(
    ("pth", "found"),
    [
        ("import os; os.environ['HTTPS_PROXY'] = 'proxy.cdn.example.com:3128'", 1),
        ("import\tos; x = 'https://' + 'proxy.' + 'cdn.example.com'", 1),
        ("import os; x = b'https://proxy.cdn.example.com'", 1),
        ("import os; x = '\\x68ttps://proxy.cdn.example.com'", 1),
        ("# import os; x = 'https://proxy.cdn.example.com'", 0),
        ("importx = 'https://proxy.cdn.example.com'", 0),
        ("import os  # https://proxy.cdn.example.com", 0),
        ("import os; x = 'os.path', 'distutils.core', 'setup.py'", 0),
    ],
)
def test_a_list_of_paths_that_runs_something(site: Path, pth: str, found: int) -> None:
    put(site / "zz.pth", pth)
    assert len([e for e in python() if "cdn.example.com" in e]) == found
    assert len(python()) == found


def test_what_every_start_imports_is_followed(site: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    put(site / "zz.pth", f"{elsewhere}\nimport one\n")
    put(elsewhere / "one.py", "import two\n'''https://doc.example.com'''\n")
    put(elsewhere / "two" / "__init__.py", "import one\nX = 'https://two.example.com/x'\n")
    put(
        elsewhere / "usercustomize.py", "X = 'https://user.example.com'  # https://no.example.com\n"
    )
    put(elsewhere / "other.py", "X = 'https://other.example.com'\n")
    assert python() == ["https://two.example.com", "https://user.example.com"]


def test_what_a_wheel_brought_so_is_not_read_as_a_setting(site: Path) -> None:
    program = "REPORT = 'https://bugs.example.com'\n"
    put(site / "zz.pth", "import zz_hack\n")
    put(site / "zz_hack.py", program)
    digest = base64.urlsafe_b64encode(hashlib.sha256(program.encode()).digest()).decode()
    record = f"zz_hack.py,sha256={digest.rstrip('=')},{len(program)}\nzz.pth,,\n"
    put(site / "zz-1.dist-info" / "RECORD", record)
    assert python() == []
    put(site / "zz_hack.py", program + "#")
    assert python() == ["https://bugs.example.com"]


def test_programs_that_are_none_stop_nothing(site: Path) -> None:
    (site / "sitecustomize.py").write_bytes(b"\0\xff(((" + b"(" * 5000 + b"https://x.example.com")
    (site / "usercustomize.py").symlink_to(site / "usercustomize.py")
    put(
        site / "a.pth",
        "import " + "a." * 100_000 + "\nimport " + "(" * 100_000 + "\n" + "/x\n" * 100_000,
    )
    start = time.process_time()
    python()
    assert time.process_time() - start < 20  # 600,000 words


# ---- PHP


@pytest.fixture
def php(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(LOADING, "_PHP", (f"{tmp_path}/conf.d/*.ini", f"{tmp_path}/pool.d/*.conf"))
    monkeypatch.setattr(LOADING, "_NGINX", (f"{tmp_path}/nginx/*",))
    monkeypatch.setattr(LOADING, "_PHP_FOLDERS", (str(tmp_path / "share"),))
    put(tmp_path / "first.php", "<?php // https://no.example.com\n$x = 'https://cdn.example.com/';")
    put(tmp_path / "share" / "zz" / "a.php", "<?php include __DIR__ . '/../../first.php';")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "setting", "found"),
    [
        ("conf.d/zz.ini", "auto_prepend_file={}/first.php", 1),
        ("conf.d/zz.ini", 'auto_append_file = "{}/first.php" ; last', 1),
        ("conf.d/zz.ini", "auto_append_file = 'zz/a.php'", 1),
        ("conf.d/zz.ini", "opcache.preload={}/first.php", 1),
        ("pool.d/www.conf", "[www]\nphp_admin_value[auto_prepend_file] = {}/first.php", 1),
        ("nginx/x", 'fastcgi_param PHP_VALUE "auto_prepend_file={}/first.php";', 1),
        ("conf.d/zz.ini", ";auto_prepend_file={}/first.php", 0),
        ("conf.d/zz.ini", "auto_prepend_file=\nauto_append_file=none", 0),
        ("conf.d/zz.ini", "auto_prepend_file={}/gone.php", 0),
    ],
)
def test_what_php_runs_around_every_page(php: Path, file: str, setting: str, found: int) -> None:
    put(php / file, setting.format(php) + "\n")
    rows = LOADING.php([])["rows"]
    assert [r[3] for r in rows] == ["https://cdn.example.com"] * found
    assert all(r[0] == str(php / "first.php") for r in rows)


def test_php_that_includes_itself_ends(php: Path) -> None:
    put(php / "first.php", "<?php require 'first.php'; require_once(\"second.php\");")
    put(php / "second.php", "<?php include 'first.php'; $x = 'https://cdn.example.com';")
    put(php / "conf.d/zz.ini", f"auto_prepend_file={php}/first.php\n")
    assert [r[3] for r in LOADING.php([])["rows"]] == ["https://cdn.example.com"]


# ---- PostgreSQL


@pytest.mark.parametrize(
    ("language", "body", "found"),
    [
        ("plpgsql", "COPY t TO PROGRAM 'curl s3.cdn.example.com';", ["s3.cdn.example.com"]),
        ("sql", "SELECT dblink('host=192.0.2.1 user=x')", ["192.0.2.1"]),
        ("plpython3u", "open('https://cdn.example.com')", ["https://cdn.example.com"]),
        ("plpgsql", "-- 'https://cdn.example.com'\x01/* x\x01'a.b.example.com' */ NULL;", []),
        ("plpython3u", "# https://cdn.example.com", []),
        ("plpgsql", "RETURN NEW.media = a.b.cloud AND x = 'public.media';", []),
        ("plpgsql", "x := '-- it''s https://cdn.example.com';", ["https://cdn.example.com"]),
    ],
)
def test_what_functions_in_a_database_call(
    monkeypatch: pytest.MonkeyPatch, language: str, body: str, found: list[str]
) -> None:
    answers = [[["function", language, "public.zz", body], ["function", "sql"], ["within"]]]
    monkeypatch.setattr(DATABASES, "_ask", lambda *_, **__: answers.pop())
    rows = DATABASES._within("x", [])
    assert [r[3] for r in rows] == found
    assert all(r[:1] == ["database x"] and r[2] == "function public.zz" for r in rows)


def test_what_people_set_is_counted_and_nobody_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    data = '{"url":"https://anna:x@push.example.com/_matrix","brand":"nl.vandijk.app"}'
    label = "public.pushers.data"
    values = [[data, "2"], ['{"url": "https://push.example.com"}', "1"], ["none:", "4"]]
    answers = [[["person", label, *v] for v in values], [["own", "public.pushers", "data"]]]
    monkeypatch.setattr(DATABASES, "_ask", lambda *_, **__: answers.pop())
    assert DATABASES._within("synapse", []) == [
        [
            "database synapse",
            0,
            "public.pushers.data (set by people, 3 times)",
            "https://push.example.com",
        ]
    ]


# ---- clients


@pytest.mark.parametrize(
    ("name", "said", "found"),
    [
        (".config/rclone/rclone.conf", "[a]\ntype = s3\nprovider = AWS", "s3.amazonaws.com"),
        (".rclone.conf", "[a]\ntype=s3\nregion=eu-west-1", "s3.eu-west-1.amazonaws.com"),
        (".config/rclone/rclone.conf", "[a]\ntype = drive", "www.googleapis.com"),
        (".aws/credentials", "[x]\naws_access_key_id = k", "s3.amazonaws.com"),
        (".aws/config", "[default]\nregion = eu-central-1", "s3.eu-central-1.amazonaws.com"),
        (".s3cfg", "[default]\naccess_key = k", "s3.amazonaws.com"),
        (".config/restic/env", "RESTIC_REPOSITORY=gs:x:/", "storage.googleapis.com"),
        (".config/rclone/rclone.conf", "# [a]\n# type = drive\n[b]\ntype = local", ""),
        (
            ".config/rclone/rclone.conf",
            "[a]\ntype = s3\nprovider = Ceph\nendpoint = s3.example.nl",
            "s3.example.nl",
        ),
        (".aws/config", "[default]\nendpoint_url = https://s3.example.nl", "s3.example.nl"),
        (
            ".aws/config",
            "[default]\nservices = x\n[services x]\ns3 =\n  endpoint_url = https://s3.example.nl",
            "s3.example.nl",
        ),
        (".s3cfg", "[default]\nhost_base = s3.example.nl", "s3.example.nl"),
        (".config/restic/env", "# RESTIC_REPOSITORY=gs:x:/", ""),
        (".config/rclone/rclone.conf", "\0\0[[[ no = ini", ""),
    ],
)
def test_where_a_client_of_storage_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, said: str, found: str
) -> None:
    monkeypatch.setattr(CLIENTS, "homes", lambda: [str(tmp_path)])
    put(tmp_path / name, said)
    ends = {row[3].removeprefix("https://") for row in CLIENTS.storage([])["rows"]}
    assert ends == ({found} if found else set())


def test_a_client_whose_settings_are_encrypted_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CLIENTS, "homes", lambda: [str(tmp_path)])
    put(tmp_path / ".rclone.conf", "# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\nx")
    problems: list[dict[str, str]] = []
    assert CLIENTS.storage(problems) == {"rows": []}
    assert [p["what"] for p in problems] == ["encrypted with a password"]


# ---- releases


def test_releases_are_told_and_no_password_beside_them(tmp_path: Path) -> None:
    one = {"name": "nextcloud", "version": "34.0.1", "sha256": "ab", "verified": "signature"}
    app = {"id": "user_oidc", "version": "8.11.0", "sha256": "cd", "verified": "unverified"}
    said = {"archive": one, "apps": [app], "database": {"PGPASSWORD": "geheim"}}
    file = put(tmp_path / "release.json", json.dumps(said))
    put(tmp_path / "element" / "version", "1.12.0\n")
    found = HOST["apps"].releases(str(file), str(tmp_path / "element"))
    assert [row[:2] for row in found] == [
        ["nextcloud", "34.0.1"],
        ["user_oidc", "8.11.0"],
        ["element-web", "1.12.0"],
    ]
    assert found[1][3:] == ["cd", "unverified"]
    assert "geheim" not in str(found)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"archive": {}}', '{"archive": 1, "apps": 2}'])
def test_a_list_of_releases_that_is_none_is_none(tmp_path: Path, text: str) -> None:
    file = put(tmp_path / "release.json", text)
    assert HOST["apps"].releases(str(file), str(tmp_path / "no")) == []
