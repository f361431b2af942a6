"""A release that cannot be had: the rest is deployed, and what is missing is said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.lab.platform import copy_inventory, kootwijk, ok

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.lab

TIERS = ("names", "database", "directory", "mail", "login", "web", "files")
PIN = "kootwijk_artifact_versions: {nextcloud: 0.0.0}\n"  # a version that no depot has


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Path]:
    """Return an inventory of one host that wants a Nextcloud which is not in the depot."""
    folder = copy_inventory("lab", tmp_path / "test-missing", 79)
    host = {"kw1": {"ansible_host": "10.79.0.10", "kootwijk_ipv6": "fd4b:6f6f:7579::10"}}
    groups = {"kootwijk": {"hosts": host}} | {tier: {"hosts": {"kw1": {}}} for tier in TIERS}
    (folder / "hosts.yml").write_text(yaml.safe_dump({"all": {"children": groups}}))
    (folder / "group_vars" / "elders.yml").unlink()
    with (folder / "group_vars" / "all.yml").open("a") as file:
        file.write(PIN)
    yield folder
    ok("down", inventory=folder)


def test_the_rest_is_deployed_and_what_is_missing_is_said(lab: Path) -> None:
    done = kootwijk("up", inventory=lab)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    top, _, later = done.stderr.partition("==> lab")
    assert "MISSING     nextcloud on kw1 is left out: nextcloud 0.0.0" in top
    assert (
        "MISSING     nextcloud on kw1 is left out" in done.stdout.rpartition("What is missing")[2]
    )
    assert "nextcloud" not in done.stdout.partition("Hosts")[2].partition("Accounts")[0]
    assert "Bestanden" not in done.stdout, "no tile leads to what is left out"
    assert "Files" in later, "the tier itself is deployed"
    on = ("lab", "exec", "kw1", "--")
    ok(*on, "systemctl", "is-active", "nginx", "dovecot", inventory=lab)
    assert kootwijk(*on, "test", "-e", "/var/www/nextcloud", inventory=lab).returncode
    said = kootwijk("doctor", inventory=lab)
    assert "note     releases: MISSING" in said.stdout
    assert "ok       depot server" in said.stdout
    again = kootwijk("deploy", "--json", inventory=lab)
    assert "!! MISSING" in again.stderr
    found = json.loads(again.stdout)
    assert found["hosts"]["kw1"]["changed"] == 0
    assert [gap["name"] for gap in found["gaps"] if gap["kind"] == "missing"] == ["nextcloud"]


def test_a_depot_that_is_not_served_is_said_at_once(lab: Path) -> None:
    ok("lab", "create", inventory=lab)
    other = lab / "group_vars" / "all.yml"
    other.write_text(other.read_text().replace("10.79.0.1:8470", "10.79.0.1:8471"))
    done = kootwijk("deploy", inventory=lab)
    assert done.returncode == 3
    assert "nothing answers there" in done.stderr
    assert "bootstrap" not in done.stderr
    other.write_text(other.read_text().replace(PIN, ""))
    assert "bad      depot server" in kootwijk("doctor", inventory=lab).stdout
