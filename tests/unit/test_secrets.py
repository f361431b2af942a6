from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deploy import files
from deploy.errors import InputError
from deploy.secrets import Store, key_file


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KOOTWIJK_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("KOOTWIJK_VAULT_KEY", raising=False)
    (tmp_path / "inventory").mkdir()
    return tmp_path / "inventory"


def test_a_secret_is_made_once(folder: Path) -> None:
    first = Store(folder).get("db")
    assert len(first) == 32
    assert Store(folder).get("db") == first
    assert Store(folder).get("other") != first
    assert Store(folder).names() == ["db", "other"]


def test_a_secret_of_others_is_kept_and_never_made(folder: Path) -> None:
    with pytest.raises(InputError, match="there is no secret 'idp'"):
        Store(folder).held("idp")
    assert Store(folder).names() == []
    Store(folder).put("idp", "theirs")
    assert Store(folder).held("idp") == "theirs"


def test_the_file_is_encrypted_and_closed_to_others(folder: Path) -> None:
    value = Store(folder).get("db")
    text = Store(folder).file.read_text()
    assert text.startswith("$ANSIBLE_VAULT;1.1;AES256")
    assert value not in text
    assert Store(folder).file.stat().st_mode & 0o077 == 0
    assert key_file().stat().st_mode & 0o077 == 0


def test_ansible_vault_reads_it(folder: Path) -> None:
    value = Store(folder).get("db")
    done = subprocess.run(
        [Path(sys.executable).parent / "ansible-vault", "view", Store(folder).file],
        env={"ANSIBLE_VAULT_PASSWORD_FILE": str(key_file()), "PATH": "/usr/bin:/bin", "HOME": "/"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == {"db": value}


def test_many_at_once_agree(folder: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        values = set(pool.map(lambda _: Store(folder).get("db"), range(8)))
    assert len(values) == 1


def test_another_key_is_refused_and_nothing_is_written_over(folder: Path) -> None:
    Store(folder).get("db")
    before = Store(folder).file.read_bytes()
    key_file().write_text("another")
    with pytest.raises(InputError, match="cannot be opened"):
        Store(folder).get("new")
    assert Store(folder).file.read_bytes() == before


def test_rotate_makes_a_new_one(folder: Path) -> None:
    first, other = Store(folder).get("db"), Store(folder).get("other")
    Store(folder).rotate("db")
    assert Store(folder).get("db") != first
    assert Store(folder).get("other") == other
    with pytest.raises(InputError, match="no secret 'nothing'"):
        Store(folder).rotate("nothing")


def test_a_failed_write_leaves_the_old_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = folder / "file"
    files.write(target, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        files.write(target, b"new")
    assert target.read_bytes() == b"old"
    assert [p.name for p in folder.iterdir()] == ["file"]


def test_a_missing_key_is_said_and_none_is_made_over_it(folder: Path) -> None:
    Store(folder).get("db")
    key_file().unlink()
    with pytest.raises(InputError, match="key of the secrets is not on this machine"):
        Store(folder).names()
    assert not key_file().exists()


def test_a_persons_password_is_not_forgotten(folder: Path) -> None:
    held = Store(folder).get("person_anna@a.test")
    with pytest.raises(InputError, match="first password is not rotated"):
        Store(folder).rotate("person_anna@a.test")
    assert Store(folder).get("person_anna@a.test") == held
