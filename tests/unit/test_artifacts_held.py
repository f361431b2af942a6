"""What a playbook is told of an upstream release."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from deploy import artifacts, paths
from deploy.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

URL = "http://192.0.2.1:8470/"


@pytest.fixture
def depot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    declared = tmp_path / "artifacts.yml"
    declared.write_text(
        "artifacts:\n- {name: app, version: 2.1, file: app.tar}\n"
        "- {name: app, version: 2.0, file: app.tar}\n"
    )
    monkeypatch.setattr(artifacts, "ARTIFACTS", declared)
    monkeypatch.setenv("KOOTWIJK_STATE", str(tmp_path))
    return tmp_path / "depot"


def put(depot: Path, version: str) -> None:
    row = {"name": "app", "version": version, "file": "a.tar", "sha256": "e", "verified": "x"}
    file = depot / "public/artifacts/app" / version / "a.tar"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"")
    manifest = {"version": 1, "artifacts": {f"app {version}": row}, "wheels": {}}
    (depot / "manifest.json").write_text(json.dumps(manifest))


def test_the_pinned_version_counts_and_no_other(depot: Path) -> None:
    assert artifacts.as_facts(artifacts.held("app", URL, {})) == {}
    put(depot, "2.0")
    assert artifacts.held("app", URL, {}) is None
    assert artifacts.as_facts(artifacts.held("app", URL, {"app": "2.0"})) == {
        "name": "app",
        "version": "2.0",
        "url": "http://192.0.2.1:8470/artifacts/app/2.0/a.tar",
        "sha256": "e",
        "verified": "x",
    }


def test_what_is_only_written_down_is_not_there(depot: Path) -> None:
    put(depot, "2.1")
    assert artifacts.held("app", URL, {})
    (depot / "public/artifacts/app/2.1/a.tar").unlink()
    assert artifacts.held("app", URL, {}) is None


def test_a_role_is_applied_when_it_lacks_nothing(
    depot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        artifacts.roles, "meta", lambda role, _: {"artifacts": ["app"]} if role == "r" else None
    )
    assert artifacts.applied(["base", "r"], {}) == ("base",)
    assert artifacts.lacking("r", {}) == ("app",)
    put(depot, "2.1")
    assert artifacts.applied(["base", "r"], {}) == ("base", "r")


@pytest.mark.usefixtures("depot")
def test_a_name_that_nobody_declared() -> None:
    with pytest.raises(InputError, match="nobody declared the artifact 'nothing'"):
        artifacts.held("nothing", URL, {})


def test_a_damaged_manifest_is_said(depot: Path) -> None:
    depot.mkdir()
    (paths.depot() / "manifest.json").write_text("{")
    with pytest.raises(InputError, match="damaged"):
        artifacts.held("app", URL, {})
