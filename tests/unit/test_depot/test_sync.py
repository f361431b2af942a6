"""A depot is filled from a signed mirror: locked, followed, refused, resumed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from deploy import depot as api
from deploy.depot import debian, publish
from deploy.errors import CheckError, InputError, MachineError, UnreachableError
from deploy.paths import ROOT
from tests.unit.test_depot.conftest import Depot, Mirror, digest

if TYPE_CHECKING:
    from pathlib import Path


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def names() -> dict[str, str]:
    return {row["name"]: row["version"] for row in api.entries()}


def test_holds_what_is_wanted_with_its_dependencies_and_nothing_else(
    depot: Depot, mirror: Mirror
) -> None:
    mirror.put("unwanted", "1")
    mirror.sign()
    result = api.sync()
    assert names() == {"app": "1", "base": "1", "lib": "1"}
    assert (result.packages, result.published, result.lock_behind) == (3, True, True)
    assert api.check().ok
    assert (depot.place.root / "private").stat().st_mode & 0o777 == 0o700


def test_fills_from_a_mirror_on_a_disk(
    depot: Depot, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = f"file://{mirror.root}"
    monkeypatch.setenv("KOOTWIJK_DEBIAN_MIRROR", f"{uri}/debian {uri}/debian-security")
    api.sync()
    shutil.rmtree(mirror.root)
    assert not any(p.is_symlink() for p in (depot.place.debian / "pool").rglob("*"))
    assert api.check().ok


def test_a_second_sync_writes_nothing(depot: Depot) -> None:
    api.sync(update=True)
    before = tree(depot.place.public)
    result = api.sync(locked=True)
    assert (result.downloaded, result.published, result.lock_behind) == (0, False, False)
    assert tree(depot.place.public) == before


def test_follows_the_mirror_and_says_that_the_lock_is_behind(
    depot: Depot, mirror: Mirror, capsys: pytest.CaptureFixture[str]
) -> None:
    api.sync(update=True)
    locked = (depot.git / "depot.lock.json").read_bytes()
    mirror.put("lib", "2")
    mirror.sign()
    result = api.sync()
    assert names()["lib"] == "2"
    assert result.moved == ("lib 1 -> 2",)
    assert result.lock_behind
    assert "LOCK IN GIT IS BEHIND" in capsys.readouterr().err
    assert (depot.git / "depot.lock.json").read_bytes() == locked
    assert not (depot.place.debian / "pool/main/lib_1_all.deb").exists()
    assert api.check().ok


@pytest.mark.usefixtures("depot")
def test_locked_refuses_to_move(mirror: Mirror) -> None:
    api.sync(update=True)
    mirror.put("lib", "2")
    mirror.sign()
    with pytest.raises(UnreachableError, match="lib 1") as caught:
        api.sync(locked=True)
    assert caught.value.exit_code == 3
    assert names()["lib"] == "1"


def test_locked_keeps_the_older_version_while_the_mirror_has_it(
    depot: Depot, mirror: Mirror
) -> None:
    api.sync(update=True)
    old = mirror.debs.pop("lib")
    mirror.put("lib", "2")
    mirror.sign()
    assert old.exists()
    assert not api.sync(locked=True).lock_behind
    assert names()["lib"] == "1"
    assert api.sync(update=True).moved == ("lib 1 -> 2",)
    assert '"lib", "version": "2"' in (depot.git / "depot.lock.json").read_text()


def test_a_new_wish_is_resolved_and_the_lock_waits_for_update(depot: Depot, mirror: Mirror) -> None:
    api.sync(update=True)
    mirror.put("more", "1")
    mirror.sign()
    depot.wanted.debian["s"] = ("more",)
    with pytest.raises(InputError, match="wanted by: s"):
        api.sync(locked=True)
    assert api.sync().lock_behind
    assert names()["more"] == "1"
    assert not api.sync(update=True).lock_behind


@pytest.mark.parametrize("update", [False, True])
def test_refuses_the_same_version_with_other_bytes(
    depot: Depot, mirror: Mirror, *, update: bool
) -> None:
    api.sync(update=True)
    before = json.loads((depot.git / "depot.lock.json").read_text())["packages"]
    other = digest(mirror.put("lib", "1", content="something else"))
    mirror.sign()
    with pytest.raises(InputError) as caught:
        api.sync(update=update)
    assert next(p["sha256"] for p in before if p["name"] == "lib") in caught.value.what
    assert other in caught.value.what


def test_refuses_a_mirror_that_debian_did_not_sign(depot: Depot, mirror: Mirror) -> None:
    release = mirror.root / "debian/dists/trixie/InRelease"
    release.write_text(release.read_text().replace("Suite: trixie", "Suite: trixiE"))
    with pytest.raises(CheckError, match="not what Debian signed"):
        api.sync()
    assert not list(depot.place.public.rglob("*.deb"))


def test_throws_away_a_package_that_arrives_damaged(depot: Depot, mirror: Mirror) -> None:
    whole = mirror.debs["lib"].read_bytes()
    mirror.debs["lib"].write_bytes(whole[:-1] + b"x")
    with pytest.raises(CheckError, match="not what was locked"):
        api.sync()
    assert not list(depot.place.public.rglob("lib_*"))
    assert not (depot.place.debian / "dists").exists()
    mirror.debs["lib"].write_bytes(whole)
    api.sync()
    assert api.check().ok


def test_without_a_mirror_an_empty_depot_says_so_and_a_full_one_goes_on(
    depot: Depot, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = os.environ["KOOTWIJK_DEBIAN_MIRROR"]
    monkeypatch.setenv("KOOTWIJK_DEBIAN_MIRROR", "http://127.0.0.1:1/d http://127.0.0.1:1/s")
    with pytest.raises(UnreachableError, match="did not answer"):
        api.sync()
    monkeypatch.setenv("KOOTWIJK_DEBIAN_MIRROR", good)
    api.sync(update=True)
    shutil.rmtree(mirror.root / "debian/dists")
    assert not api.sync().mirror_answered
    with pytest.raises(UnreachableError):
        api.sync(update=True)
    depot.wanted.debian["s"] = ("more",)
    with pytest.raises(UnreachableError, match="other wishes now: s"):
        api.sync()


def test_gets_a_damaged_package_again_after_check_found_it(depot: Depot) -> None:
    api.sync()
    deb = depot.place.debian / "pool/main/lib_1_all.deb"
    found = deb.stat()
    deb.write_bytes(deb.read_bytes()[:-1] + b"x")
    os.utime(deb, ns=(found.st_atime_ns, found.st_mtime_ns))  # hidden from size and time
    (finding,) = api.check().findings
    assert (finding.kind, finding.path) == ("damaged", "debian/pool/main/lib_1_all.deb")
    assert api.sync().downloaded == deb.stat().st_size
    assert api.check().ok


def test_check_names_what_is_missing_and_what_is_foreign(depot: Depot) -> None:
    api.sync()
    (depot.place.debian / "pool/main/lib_1_all.deb").unlink()
    (depot.place.debian / "pool/main/evil_1_all.deb").write_bytes(b"evil")
    (depot.place.public / "stray").symlink_to("/etc/passwd")
    found = {(f.kind, f.path.rsplit("/", 1)[-1]) for f in api.check().findings}
    assert found == {
        ("missing", "lib_1_all.deb"),
        ("foreign", "evil_1_all.deb"),
        ("foreign", "stray"),
    }


def test_repairs_lists_that_were_changed(depot: Depot) -> None:
    api.sync()
    packages = publish.current(depot.place) / publish.BINARY / "Packages"
    packages.write_bytes(packages.read_bytes() + b"\n")
    assert "damaged" in {f.kind for f in api.check().findings}
    assert api.sync().published
    assert api.check().ok


def test_a_deep_state_folder_will_do(
    depot: Depot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("d" * 120)
    monkeypatch.setenv("KOOTWIJK_STATE", str(deep))
    assert api.sync().packages == 3
    assert not depot.place.root.exists()


def test_never_replaces_a_lost_key(depot: Depot) -> None:
    api.sync()
    shutil.rmtree(depot.place.private / "gnupg/private-keys-v1.d")
    (depot.place.private / "gnupg/private-keys-v1.d").mkdir()
    with pytest.raises(MachineError, match="signing key is gone"):
        api.sync()


@pytest.mark.parametrize("name", ["snapshot.json", "manifest.json"])
def test_a_damaged_record_is_an_error_that_names_it(depot: Depot, name: str) -> None:
    api.sync()
    (depot.place.root / name).write_text('{"version": 1, "arti')
    with pytest.raises(InputError, match="damaged") as caught:
        api.sync()
    assert name in caught.value.where
    assert caught.value.next_step


def test_damaged_stamps_are_made_again(depot: Depot) -> None:
    api.sync()
    (depot.place.root / "verified.json").write_text("{")
    assert api.sync().downloaded == 0


def test_says_which_role_wants_what_debian_has_not(depot: Depot) -> None:
    depot.wanted.debian["r"] = ("nosuch",)
    with pytest.raises(InputError, match=r"'r' .* nosuch"):
        api.sync()


def test_asks_for_room_before_it_downloads(depot: Depot, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")._replace(free=1_000_000)
    monkeypatch.setattr("deploy.depot.fetch.shutil.disk_usage", lambda _: usage)
    with pytest.raises(MachineError, match="1 MB free"):
        api.sync()
    assert not list(depot.place.public.rglob("*.deb"))


@pytest.mark.parametrize("moment", ["publish", "_prune", "fetch"])
def test_continues_after_being_stopped(
    depot: Depot, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:

        def stop(*_: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(debian, moment, stop)
        with pytest.raises(KeyboardInterrupt):
            api.sync()
    api.sync()
    assert api.check().ok
    assert not list(depot.place.work.glob("partial-*"))


def test_a_second_run_waits_for_the_first(depot: Depot, capfd: pytest.CaptureFixture[str]) -> None:
    code = (
        "import sys, time; from deploy.depot.store import of_machine\n"
        "with of_machine().locked(): print(flush=True); time.sleep(1)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT) as other:
        assert other.stdout
        other.stdout.readline()
        start = time.monotonic()
        api.sync()
        assert time.monotonic() - start > 0.8
    assert f"another run is writing {depot.place.root}" in capfd.readouterr().err
    assert threading.active_count() < 10
