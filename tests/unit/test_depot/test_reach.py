"""Whether the depot is served where an inventory says."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from deploy.depot.reach import trouble
from tests.unit.test_depot.conftest import serving

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def public(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KOOTWIJK_STATE", str(tmp_path))
    folder = tmp_path / "depot" / "public"
    folder.mkdir(parents=True)
    (folder / "kootwijk-depot.gpg").write_bytes(b"key")
    return folder


def test_this_depot_answers(public: Path) -> None:
    with serving(public) as url:
        assert trouble(url) == ""
        assert trouble(url + "/") == ""


def test_nobody_something_else_and_another_depot(public: Path, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert "nothing answers" in trouble(f"http://127.0.0.1:{free.getsockname()[1]}")
    other = tmp_path / "other"
    other.mkdir()
    with serving(other) as url:
        assert "no depot (HTTP 404" in trouble(url)
        (other / "kootwijk-depot.gpg").write_bytes(b"another")
        assert "another depot" in trouble(url)
    (public / "kootwijk-depot.gpg").unlink()
    assert trouble("http://127.0.0.1:9") == "the depot is empty"
