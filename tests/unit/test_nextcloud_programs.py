"""The two programs of the role nextcloud: what they decide, without a Nextcloud."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tarfile
import types
from typing import TYPE_CHECKING, Any

import jinja2
import pytest

from deploy.paths import ROLES

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ROLES / "nextcloud" / "templates" / "usr" / "local" / "sbin"
RELEASE = {
    "archive": {"version": "34.0.1", "url": "", "sha256": "0" * 64},
    "apps": [{"id": "user_oidc", "version": "8.11.0", "url": "", "sha256": "1" * 64}],
    "database": {"PGDATABASE": "nextcloud"},
}
WANTED: dict[str, Any] = {"apps": ["text"], "provider": {}, "config": {}}


def program(name: str, folder: Path) -> Any:
    """Return the program as a module that has its files in ``folder``."""
    (folder / "release.json").write_text(json.dumps(RELEASE))
    (folder / "wanted.json").write_text(json.dumps(WANTED))
    text = jinja2.Template((FOLDER / f"{name}.j2").read_text()).render(
        ansible_managed="",
        __nextcloud_config=f"{folder}/config",
        nextcloud_tls_ca="",
        nextcloud_data="",
    )
    for place, own in {
        "/etc/nextcloud/": f"{folder}/",
        "/srv/nextcloud": f"{folder}/code",
        "/var/backups/nextcloud": f"{folder}/backups",
    }.items():
        text = text.replace(place, own)
    for made in ("code", "backups", "config"):
        (folder / made).mkdir()
    module = types.ModuleType(name.replace("-", "_"))
    exec(compile(text, name, "exec"), module.__dict__)
    return module


@pytest.fixture
def release(tmp_path: Path) -> Any:
    return program("nextcloud-release", tmp_path)


@pytest.fixture
def settle(tmp_path: Path) -> Any:
    return program("nextcloud-settle", tmp_path)


def archive(folder: Path, *names: str) -> dict[str, str]:
    file = folder / "made.tar.gz"
    with tarfile.open(file, "w:gz") as made:
        for name in names:
            (folder / "content").write_text(name)
            made.add(folder / "content", name)
    return {"url": file.as_uri(), "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}


def test_another_archive_is_another_release(release: Any) -> None:
    first = release.name()
    release.WANTED["apps"][0]["sha256"] = "2" * 64
    assert first.startswith("34.0.1-")
    assert release.name() != first


def test_a_release_is_unpacked_without_its_top_folder(release: Any, tmp_path: Path) -> None:
    release.unpack(
        archive(tmp_path, "nextcloud/occ", "nextcloud/lib/base.php"), tmp_path / "code/x"
    )
    assert (tmp_path / "code/x/lib/base.php").read_text() == "nextcloud/lib/base.php"
    assert [p.name for p in (tmp_path / "code").iterdir()] == ["x"]


def test_a_changed_archive_is_refused_and_leaves_nothing(release: Any, tmp_path: Path) -> None:
    with pytest.raises(release.Failed, match="has sha256"):
        release.unpack({**archive(tmp_path, "a/b"), "sha256": "0" * 64}, tmp_path / "code/x")
    assert not list((tmp_path / "code").iterdir())


def test_an_archive_of_two_folders_is_no_release(release: Any, tmp_path: Path) -> None:
    with pytest.raises(release.Failed, match="2 folders"):
        release.unpack(archive(tmp_path, "a/b", "c/d"), tmp_path / "code/x")


@pytest.mark.parametrize(("older", "newer"), [("34.0.9-a", "34.0.10-b"), ("34.0.1-f", "35.0.0-a")])
def test_versions_compare_as_numbers(release: Any, older: str, newer: str) -> None:
    assert release.number(older) < release.number(newer)


def test_an_older_release_is_refused(release: Any, tmp_path: Path) -> None:
    for name in ("34.0.2-abcdef01", release.name()):
        (tmp_path / "code" / name).mkdir()
    release.CURRENT.symlink_to("34.0.2-abcdef01")
    (release.CONFIG / "config.php").write_text("'installed' => true")
    with pytest.raises(release.Failed, match="--back"):
        release.main()
    assert release.CURRENT.readlink().name == "34.0.2-abcdef01"


def test_old_releases_go_and_those_with_a_backup_point_stay(release: Any, tmp_path: Path) -> None:
    for name in ("34.0.1-a", "34.0.2-b", "34.0.3-c", "34.0.4-d"):
        (tmp_path / "code" / name).mkdir()
        (tmp_path / "code" / name / "occ").touch()
    (tmp_path / "code" / "data").mkdir()
    release.CURRENT.symlink_to("34.0.4-d")
    for day, name in enumerate(("34.0.1-a", "34.0.2-b", "34.0.3-c")):
        (tmp_path / "backups" / f"2026010{day}T000000Z-{name}").mkdir()
    release.tidy()
    left = {path.name for path in (tmp_path / "code").iterdir()}
    assert left == {"current", "data", "34.0.2-b", "34.0.3-c", "34.0.4-d"}


@pytest.mark.parametrize(
    ("found", "wanted", "alike"),
    [
        (None, None, True),
        (None, "", False),
        ("x", None, False),
        ("no", "no", True),
        (False, "no", True),
        (True, "yes", True),
        (True, "1", True),
        (False, "1", False),
        (60, "60", True),
        (["s01"], '["s01"]', True),
        ([], '["s01"]', False),
        ("", "0", False),
    ],
)
def test_a_setting_is_the_same_in_any_type(
    settle: Any,
    found: object,
    wanted: str | None,
    alike: bool,  # noqa: FBT001
) -> None:
    assert settle.same(found, wanted) is alike


def test_a_secret_is_known_by_a_digest_alone(settle: Any) -> None:
    state: dict[str, Any] = {}
    settle.remember(state, "login", "very secret")
    assert settle.known(state, "login", "very secret")
    assert not settle.known(state, "login", "another")
    assert "very secret" not in json.dumps(state)


def test_an_incomplete_release_is_said(settle: Any) -> None:
    state = {
        "integrity": {"core": {"FILE_MISSING": ["dist/a.js", "dist/b.js"]}},
        "setup": [
            {"check": "CodeIntegrity", "severity": "error", "description": "Some files"},
            {"check": "CronInfo", "severity": "error", "description": "Never ran"},
        ],
    }
    said = settle.wrong(state)
    assert said[0] == "2 files of the release, file missing: core 2 (dist/a.js...)"
    assert said[1:] == ["setup check CronInfo, error: Never ran"]


def test_what_occ_says_beside_its_answer_is_no_answer(
    settle: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = 'a warning\n{"a": 1}\n'

    def run(*_: object, **__: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], 0, answer, "")

    monkeypatch.setattr(settle.subprocess, "run", run)
    assert settle.asked("status") == {"a": 1}
    answer = "user not found\n"
    assert settle.asked("user:info") == {}
