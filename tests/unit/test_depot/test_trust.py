"""A real apt that trusts the depot's key alone installs from it, and refuses what was changed."""

from __future__ import annotations

import lzma
import subprocess
from typing import TYPE_CHECKING

import pytest

from deploy import depot as api
from deploy.depot import publish
from tests.unit.test_depot.conftest import Depot, run, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.unit.test_depot.conftest import Mirror


class Host:
    """An apt of its own, whose only source is the depot."""

    def __init__(self, root: Path, url: str, key: Path) -> None:
        self.root = root
        for folder in ("etc/sources.list.d", "etc/apt.conf.d", "lists/partial", "archives/partial"):
            (root / folder).mkdir(parents=True)
        (root / "etc/sources.list.d/kootwijk.sources").write_text(
            f"Types: deb\nURIs: {url}/debian\nSuites: trixie\nComponents: main\nSigned-By: {key}\n"
        )
        (root / "status").touch()
        (root / "apt.conf").write_text(
            f'Dir "{root}"; Dir::Etc "etc/"; Dir::State "{root}"; Dir::State::lists "lists/";\n'
            f'Dir::State::status "{root}/status"; Dir::Cache "{root}";\n'
            'APT::Architecture "amd64"; APT::Architectures { "amd64"; }; Acquire::Retries "0";\n'
            'APT::Sandbox::User "root"; APT::Update::Error-Mode "any";\n'
        )

    def apt(self, *argv: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["apt-get", *argv], env={"APT_CONFIG": str(self.root / "apt.conf"), "LC_ALL": "C",
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}, cwd=self.root, text=True,
            capture_output=True, check=False,
        )  # fmt: skip


@pytest.fixture
def host(depot: Depot, tmp_path: Path) -> Iterator[Host]:
    api.sync()
    with serving(depot.place.public) as url:
        yield Host(tmp_path / "host", url, depot.place.public / "kootwijk-depot.gpg")


def test_installs_from_the_depot(host: Host) -> None:
    update = host.apt("update")
    assert update.returncode == 0, update.stderr
    got = host.apt("install", "-y", "--download-only", "app")
    assert got.returncode == 0, got.stderr
    debs = sorted(p.name for p in (host.root / "archives").glob("*.deb"))
    assert debs == ["app_1_all.deb", "lib_1_all.deb"]
    content = run("dpkg-deb", "--fsys-tarfile", host.root / "archives/lib_1_all.deb")
    assert b"lib 1\n" in content


def test_refuses_changed_lists(host: Host, depot: Depot) -> None:
    for file in (publish.current(depot.place) / publish.BINARY).rglob("*"):
        if file.is_file() and not file.name.startswith("Packages."):
            file.write_bytes(file.read_bytes().replace(b"Version: 1", b"Version: 9"))
    lists = publish.current(depot.place) / publish.BINARY
    changed = (lists / "Packages").read_bytes()
    assert b"Version: 9" in changed
    for file in lists.rglob("*"):
        if file.is_file():
            file.write_bytes(lzma.compress(changed) if file.name != "Packages" else changed)
    done = host.apt("update")
    assert done.returncode != 0
    assert "Hash Sum mismatch" in done.stderr or "unexpected size" in done.stderr
    assert host.apt("install", "-y", "--download-only", "app").returncode != 0


def test_refuses_a_changed_release(host: Host, depot: Depot) -> None:
    release = publish.current(depot.place) / "InRelease"
    release.write_text(release.read_text().replace("Suite: trixie", "Suite: trixiE"))
    (release.parent / "Release.gpg").unlink()
    done = host.apt("update")
    assert done.returncode != 0
    assert "signature" in done.stderr.lower()


def test_refuses_a_changed_package(host: Host, depot: Depot) -> None:
    assert host.apt("update").returncode == 0
    deb = depot.place.debian / "pool/main/lib_1_all.deb"
    deb.write_bytes(deb.read_bytes()[:-1] + b"x")
    done = host.apt("install", "-y", "--download-only", "app")
    assert done.returncode != 0
    assert "Hash Sum mismatch" in done.stderr


def test_refuses_a_depot_of_another_key(host: Host, mirror: Mirror) -> None:
    source = host.root / "etc/sources.list.d/kootwijk.sources"
    lines = source.read_text().splitlines()[:-1]
    source.write_text("\n".join([*lines, f"Signed-By: {mirror.keyring}", ""]))
    done = host.apt("update")
    assert done.returncode != 0
    assert "NO_PUBKEY" in done.stderr or "Missing key" in done.stderr


def test_a_host_that_read_the_release_just_before_the_swap_finds_its_lists(
    depot: Depot, mirror: Mirror
) -> None:
    api.sync()
    lists = publish.current(depot.place) / publish.BINARY
    before = {p.name for p in (lists / "by-hash/SHA256").iterdir()}
    mirror.put("lib", "2")
    mirror.sign()
    api.sync()
    assert before < {p.name for p in (lists / "by-hash/SHA256").iterdir()}
