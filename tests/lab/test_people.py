"""Rosters on a real directory: what stops one midway, and a real directory as the source."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
import yaml

from deploy import inventory as inventories
from deploy.paths import ROOT
from deploy.procedures.bootstrap import ssh_command
from tests.lab.platform import copy_inventory, kootwijk, ok, ok_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.lab

COUNT = 300
PORT = 38972
ON = ("lab", "exec", "kw1", "--")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return an inventory of one deployed host with names and a directory."""
    folder = copy_inventory("lab", tmp_path_factory.mktemp("inventories") / "test-people", 72)
    host = {"kw1": {"ansible_host": "10.72.0.10", "kootwijk_ipv6": "fd4b:6f6f:7572::10"}}
    groups = {"kootwijk": {"hosts": host}}
    groups |= {tier: {"hosts": {"kw1": {}}} for tier in ("names", "directory")}
    (folder / "hosts.yml").write_text(yaml.safe_dump({"all": {"children": groups}}))
    (folder / "group_vars" / "elders.yml").unlink()
    try:
        ok("lab", "create", inventory=folder)
        ok("deploy", inventory=folder)
        yield folder
    finally:
        ok("down", inventory=folder)


def roster(folder: Path, prefix: str) -> Path:
    """Return a roster of the sample department and COUNT more, all in a team."""
    held = (ROOT / "examples" / "department.csv").read_text(encoding="utf-8")
    rows = [f"{prefix}{n},Zoë,Visser {n},,{prefix}-a{n},Iedereen,nl\n" for n in range(COUNT)]
    path = folder / f"{prefix}.csv"
    path.write_text(held + "".join(rows), encoding="utf-8")
    return path


def people(lab: Path, prefix: str) -> int:
    """Return how many people of that roster are in the directory."""
    search = f"slapcat -a '(uid={prefix}*)' | grep -c ^uid:"
    done = kootwijk(*ON, "sh", "-c", f"{search} || true", inventory=lab)
    return int(done.stdout.split()[-1])


def begun(lab: Path, path: Path) -> subprocess.Popen[str]:
    """Return an apply that has done its first tenth."""
    process = subprocess.Popen(
        [ROOT / "kootwijk", "-i", lab, "people", "apply", "--yes", path],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    )
    assert process.stderr
    while not process.stderr.readline().startswith("people:"):
        assert process.poll() is None
    return process


def test_an_apply_that_is_killed_is_completed_by_the_next(lab: Path, tmp_path: Path) -> None:
    path = roster(tmp_path, "killed")
    os.killpg(begun(lab, path).pid, signal.SIGKILL)
    assert 0 < people(lab, "killed") < COUNT
    # At once: what was sent before is done still, and is waited for.
    assert ok_json("people", "plan", str(path), inventory=lab)["changes"]
    ok("people", "apply", "--yes", str(path), inventory=lab)
    assert people(lab, "killed") == COUNT
    assert ok_json("people", "plan", str(path), inventory=lab)["changes"] == []


def test_a_second_apply_beside_the_first_changes_nothing(lab: Path, tmp_path: Path) -> None:
    path = roster(tmp_path, "beside")
    first = begun(lab, path)
    done = kootwijk("people", "apply", str(path), inventory=lab)
    # It waits for a while; on a quick machine until the first is done, and then there is nothing.
    assert first.wait() == 0
    assert (done.returncode, done.stdout) in {(1, ""), (0, "nothing to do\n")}, done.stderr
    assert "another `people apply`" in done.stderr or done.returncode == 0
    assert people(lab, "beside") == COUNT


def test_a_directory_that_goes_down_midway(lab: Path, tmp_path: Path) -> None:
    path = roster(tmp_path, "midway")
    process = begun(lab, path)
    ok(*ON, "systemctl", "stop", "slapd", inventory=lab)
    assert process.stderr
    said = process.stderr.read()
    assert process.wait() == 3, said
    assert "did not finish: the directory does not answer" in said
    assert "uid=midway" in said, "the entry it stopped at is named"
    done = kootwijk("people", "plan", str(path), inventory=lab)
    assert done.returncode == 3, done.stderr
    ok(*ON, "systemctl", "start", "slapd", inventory=lab)
    assert 0 < people(lab, "midway") < COUNT
    ok("people", "apply", "--yes", str(path), inventory=lab)
    assert people(lab, "midway") == COUNT
    assert ok_json("people", "plan", str(path), inventory=lab)["changes"] == []


def test_a_real_directory_is_a_source(lab: Path, tmp_path: Path) -> None:
    """The lab's own, through its local socket: what it has changes nothing in itself."""
    ok("people", "apply", "--yes", str(ROOT / "examples" / "department.csv"), inventory=lab)
    found = inventories.load(lab)
    forward = subprocess.Popen(
        [*ssh_command(found, found.hosts[0]), "-N", "-L", f"{PORT}:/run/slapd/ldapi"]
    )
    path = tmp_path / "source.yml"
    path.write_text(
        yaml.safe_dump(
            {
                "version": 1,
                "source": {
                    "ldap": f"ldap://localhost:{PORT}",
                    "bind_dn": "cn=roundcube,ou=services,dc=kootwijk,dc=test",
                    "password_secret": "ldap_roundcube_kootwijk",
                    "people_base": "ou=people,dc=kootwijk,dc=test",
                    "people_filter": "(|(uid=*.*)(sn=IJzerman))",
                    "groups_base": "ou=groups,dc=kootwijk,dc=test",
                },
            }
        )
    )
    try:
        time.sleep(2)
        said = ok_json("people", "plan", str(path), inventory=lab)
    finally:
        forward.terminate()
        forward.wait()
    # That account reads no aliases and languages, and sees people of examples/department.csv alone.
    changed = {(c["name"], *c["fields"]) for c in said["changes"]}
    assert changed == {
        ("sanne.devries", "aliases"),
        ("daniel.coenraads", "aliases"),
        ("rene.curiel", "aliases"),
        ("gulsah.yildiz", "language"),
    }, json.dumps(said, indent=1)
