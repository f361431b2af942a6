"""Which programs are no longer what their package or wheel brought."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from pathlib import Path

import pytest

from tests.unit.verify_on_host import load, put

HOST = load()
INTEGRITY = HOST["integrity"]


@pytest.fixture
def debian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(INTEGRITY, "READ", (f"{tmp_path}/share/",))
    monkeypatch.setattr(INTEGRITY, "RUN", (f"{tmp_path}/bin/",))
    sums = []
    for name in ("share/a.js", "bin/a", "etc/a"):
        path = put(tmp_path / name, name)
        digest = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
        sums.append(f"{digest}  {str(path).lstrip('/')}\n")
    put(tmp_path / "info" / "zz:amd64.md5sums", "".join(sums) + "no sum\n\n0  gone/x\n")
    listed = put(tmp_path / "info" / "zz:amd64.list", "")
    os.utime(listed, (1, 1))  # so that everything was touched since
    return tmp_path


def changed(root: Path) -> list[tuple[str, str]]:
    found = INTEGRITY.packages(str(root / "info"), str(root / "diversions"))
    return [(path.removeprefix(f"{root}/"), owner) for path, owner, what in found if what]


def test_a_program_of_a_package_that_was_changed(debian: Path) -> None:
    assert changed(debian) == []
    for name in ("share/a.js", "bin/a", "etc/a"):
        put(debian / name, "other")
    assert changed(debian) == [("share/a.js", "zz"), ("bin/a", "zz")]


def test_a_program_of_a_terabyte_is_not_read(debian: Path) -> None:
    with (debian / "share/a.js").open("wb") as file:
        file.truncate(2**40)
    assert changed(debian) == [("share/a.js", "zz")]


def test_a_program_that_nothing_touched_since_is_not_read(debian: Path) -> None:
    put(debian / "share/a.js", "other")
    put(debian / "bin/a", "other")
    (debian / "info" / "zz:amd64.list").write_text("later")
    assert changed(debian) == [("share/a.js", "zz")]


def test_what_another_package_diverted_is_looked_for_there(debian: Path) -> None:
    for by, found in (("other", []), (":", [("share/a.js", "zz")])):
        put(debian / "diversions", f"{debian}/share/a.js\n{debian}/share/a.js.real\n{by}\n")
        put(debian / "share/a.js.real", "share/a.js")
        put(debian / "share/a.js", "the other's")
        assert changed(debian) == found


def test_a_release_of_nextcloud_that_was_changed_or_has_more(tmp_path: Path) -> None:
    root, digest = tmp_path / "1.0", hashlib.sha512(b"x").hexdigest()
    names = ("lib/a.php", "lib/b.php", "config/c.php", "apps/own/d.php", "apps/z/e.js", "lib/f.txt")
    for name in names:
        put(root / name, "x")
    held = json.dumps({"hashes": {"lib/a.php": digest, "lib/b.php": digest, "lib/gone.php": "0"}})
    put(root / "core/signature.json", held)
    put(root / "apps/z/appinfo/signature.json", json.dumps({"hashes": {"e.js": digest}}))
    (tmp_path / "current").symlink_to(root)
    os.utime(tmp_path / "current", (1, 1), follow_symlinks=False)
    pattern = f"{tmp_path}/*"
    assert not any(what for _, _, what in INTEGRITY.releases(pattern))
    put(root / "lib/b.php", "y")
    put(root / "lib/more.php", "x")
    put(root / "apps/z/more.js", "x")
    found = {Path(p).name for p, _, what in INTEGRITY.releases(pattern) if what}
    assert found == {"b.php", "more.php", "more.js"}


def test_what_is_of_no_wheel_or_no_longer_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HOST["apps"], "environments", lambda: [str(tmp_path)])
    digest = base64.urlsafe_b64encode(hashlib.sha256(b"x").digest()).decode().rstrip("=")
    for name in ("zz/a.py", "zz/b.py", "zz/c.so", "zz/__pycache__/d.py", "zz/e.txt"):
        put(tmp_path / name, "x")
    record = f"zz/a.py,sha256={digest},1\nzz/b.py,sha256={digest},1\nzz/gone.py,sha256=!,1\nx\n\n"
    put(tmp_path / "zz-1.dist-info" / "RECORD", record)
    put(tmp_path / "zz/b.py", "y")
    found = {(Path(p).name, w, bool(what)) for p, w, what in INTEGRITY.wheels()}
    assert found == {("a.py", "zz-1", False), ("b.py", "zz-1", True), ("c.so", "none", True)}
