"""What is deployed without a release, and what is not deployed at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deploy import artifacts, cli, gaps, site
from deploy import inventory as inventories
from deploy.errors import InputError, UnreachableError
from deploy.paths import DEFAULT_INVENTORY, ROOT
from verify.journeys.stage import SkipError, Stage

if TYPE_CHECKING:
    from deploy.inventory import Inventory

PILOT = ROOT / "inventories" / "pilot"
META = {
    "nextcloud": {"artifacts": ["app"], "optional": ["extra"]},
    "element_web": {"artifacts": ["page"]},
}


@pytest.fixture
def depot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    declared = tmp_path / "artifacts.yml"
    rows = [f"- {{name: {n}, version: 2.1, file: {n}.tar}}" for n in ("app", "extra", "page")]
    declared.write_text("\n".join(["artifacts:", *rows, ""]))
    monkeypatch.setattr(artifacts, "ARTIFACTS", declared)
    real = artifacts.roles.meta
    monkeypatch.setattr(
        artifacts.roles,
        "meta",
        lambda role, name: META.get(role, {}) if name == "depot" else real(role, name),
    )
    monkeypatch.setenv("KOOTWIJK_STATE", str(tmp_path))
    return tmp_path / "depot"


def hold(depot: Path, **verified: str) -> None:
    rows = {}
    for name, by in verified.items():
        file = depot / "public/artifacts" / name / "2.1" / f"{name}.tar"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        rows[f"{name} 2.1"] = {
            "name": name, "version": "2.1", "file": file.name, "sha256": "e", "verified": by,
        }  # fmt: skip
    depot.joinpath("manifest.json").write_text(
        json.dumps({"version": 1, "artifacts": rows, "wheels": {}})
    )


def lab() -> Inventory:
    return inventories.load(DEFAULT_INVENTORY)


def pilot() -> Inventory:
    return inventories.load(PILOT)


def test_what_is_missing_is_said_with_why_and_the_command(depot: Path) -> None:
    depot.mkdir()
    (depot / "missing.json").write_text('{"app": "no network"}')
    found = gaps.admit(lab(), lab().hosts)
    assert [(g.kind, g.role, g.name, g.optional) for g in found] == [
        ("missing", "nextcloud", "app", False),
        ("missing", "nextcloud", "extra", True),
        ("missing", "element_web", "page", False),
    ]
    said = gaps.lines(found)
    assert said[0] == (
        "MISSING     nextcloud on files1 is left out: app 2.1 is not in the depot: no network"
    )
    assert said[1].split("add it: ")[1] == "./kootwijk depot add app app.tar --version 2.1"
    assert "does without" in said[2]
    assert "element_web on chat1, elders1" in said[4]


def test_what_is_unverified_is_said(depot: Path) -> None:
    hold(depot, app="unverified", extra="sha256 declared", page="signature by x")
    (gap,) = gaps.admit(lab(), lab().hosts)
    assert str(gap).startswith("UNVERIFIED  nextcloud on files1")
    hold(depot, app="sha256 declared", extra="sha256 declared", page="signature by x")
    assert gaps.admit(lab(), lab().hosts) == ()


@pytest.mark.parametrize(
    ("held", "named"),
    [
        ({}, {"app", "page"}),
        ({"app": "x", "page": "unverified"}, {"page"}),
        ({"app": "x", "page": "x", "extra": "unverified"}, {"extra"}),
    ],
)
def test_another_inventory_is_refused(depot: Path, held: dict[str, str], named: set[str]) -> None:
    hold(depot.mkdir() or depot, **held)
    with pytest.raises(InputError) as caught:
        gaps.admit(pilot(), pilot().hosts)
    assert {n for n in ("app", "extra", "page") if f"{n} 2.1" in caught.value.what} == named
    assert "./kootwijk depot add" in caught.value.next_step
    assert caught.value.exit_code == 2


def test_another_inventory_may_do_without_what_is_optional(depot: Path) -> None:
    depot.mkdir()
    hold(depot, app="x", page="x")
    assert [g.name for g in gaps.admit(pilot(), pilot().hosts)] == ["extra"]


def test_only_the_hosts_that_are_touched_count(depot: Path) -> None:
    depot.mkdir()
    found = lab()
    assert gaps.admit(found, found.matching("mail1,dns1")) == ()
    assert [g.name for g in gaps.admit(found, found.matching("chat:!elders"))] == ["page"]


def test_an_inventorys_own_pin_counts(depot: Path, tmp_path: Path) -> None:
    hold(depot.mkdir() or depot, app="x", page="x", extra="x")
    folder = tmp_path / "pinned"
    folder.mkdir()
    (folder / "hosts.yml").write_text((DEFAULT_INVENTORY / "hosts.yml").read_text())
    for file in (DEFAULT_INVENTORY / "group_vars").iterdir():
        (folder / "group_vars").mkdir(exist_ok=True)
        (folder / "group_vars" / file.name).write_text(file.read_text())
    with (folder / "group_vars/all.yml").open("a") as file:
        file.write("kootwijk_artifact_versions: {app: 3.0}\n")
    found = inventories.load(folder)
    (gap,) = gaps.admit(found, found.hosts)
    assert (gap.name, gap.version) == ("app", "3.0")
    assert "declare app 3.0" in gap.command


@pytest.mark.parametrize("word", ["deploy", "up"])
def test_the_command_stops_before_it_touches_a_host(
    depot: Path,
    word: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    depot.mkdir()

    def touched(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(site, "bootstrap", touched)
    monkeypatch.setattr(site, "playbook", touched)
    monkeypatch.setattr("deploy.up.depot.sync", lambda: None)
    monkeypatch.setattr("deploy.up.install_packages", lambda _: None)
    monkeypatch.setattr("deploy.up.require_root", lambda _: None)
    assert cli.main(["-i", str(PILOT), word]) == 2
    said = capsys.readouterr().err
    assert "MISSING" in said
    assert "add it: ./kootwijk depot add app" in said


@pytest.mark.usefixtures("depot")
def test_plain_ansible_stops_too(tmp_path: Path) -> None:
    program = Path(sys.executable).parent / "ansible-playbook"
    environment = {**os.environ, "KOOTWIJK_STATE": str(tmp_path), "ANSIBLE_NOCOLOR": "1"}
    done = subprocess.run(
        [program, "-i", PILOT, ROOT / "deploy/playbooks/site.yml"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "nextcloud 34" in done.stdout + done.stderr
    assert "Learn what every host" not in done.stdout


@pytest.mark.usefixtures("depot")
def test_a_journey_is_skipped_with_the_reason() -> None:
    with pytest.raises(SkipError, match="nextcloud was left out: the depot lacks app"):
        Stage(lab()).host_with("nextcloud")
    assert Stage(lab()).host_with("postfix").name == "mail1"


def test_a_dead_depot_is_said_before_a_host_is_touched(
    depot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold(depot.mkdir() or depot, app="x", page="x", extra="x")
    monkeypatch.setattr(site, "require_hosts", lambda _: None)
    monkeypatch.setattr(site.Store, "names", lambda _: [])  # a checkout in use has secrets
    monkeypatch.setattr(site, "bootstrap", pytest.fail)
    monkeypatch.setattr(site, "trouble", lambda _: "nothing answers there")
    with pytest.raises(UnreachableError, match="nothing answers there") as caught:
        site.deploy(lab())
    assert "http://10.74.0.1:8470" in caught.value.where
    # Where this machine cannot see it, the hosts may.
    monkeypatch.setattr(site, "sees", lambda *_: True)
    site.require_depot(pilot(), pilot().hosts)
    monkeypatch.setattr(site, "sees", lambda *_: False)
    with pytest.raises(UnreachableError):
        site.require_depot(pilot(), pilot().hosts)


def test_a_tag_that_no_role_has_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["deploy", "--tags", "postfix,nosuch"]) == 2
    said = capsys.readouterr().err
    assert "no such tag: nosuch\n" in said
    assert "dovecot, element_web" in said


def test_a_limit_is_for_the_bootstrap_as_well(depot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hold(depot.mkdir() or depot, app="x", page="x", extra="x")
    seen: list[object] = []
    monkeypatch.setattr(site, "require_hosts", lambda _: None)
    monkeypatch.setattr(site.Store, "names", lambda _: [])  # a checkout in use has secrets
    monkeypatch.setattr(site, "trouble", lambda _: "")
    monkeypatch.setattr(site, "bootstrap", lambda _, hosts: seen.append([h.name for h in hosts]))

    def playbook(_: object, __: object, words: object) -> dict[str, object]:
        seen.append(words)
        return {"hosts": {}, "failures": [], "tasks": []}

    monkeypatch.setattr(site, "playbook", playbook)
    site.deploy(lab(), limit="mail1:files", tags="postfix, valkey")
    words = ["--limit", "mail1:files", "--tags", "postfix, valkey"]
    assert seen == [["mail1", "files1"], words]
    with pytest.raises(InputError, match="no host of this inventory is meant by 'nowhere'"):
        site.deploy(lab(), limit="nowhere")
