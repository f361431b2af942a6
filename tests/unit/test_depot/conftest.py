"""A tiny Debian mirror of our own, signed with a throwaway key, and a depot that is filled from it.

Everything else is real: apt, apt-ftparchive, GnuPG, HTTP.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from deploy.depot import api, store
from deploy.depot.server import server
from deploy.depot.wanted import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NEEDED = ("apt-get", "apt-ftparchive", "dpkg-deb", "gpg", "gpgv")


@dataclass
class Mirror:
    """A Debian mirror over HTTP: ``put`` a package, then ``sign`` what is there."""

    root: Path
    home: Path
    url: str = ""
    debs: dict[str, Path] = field(default_factory=dict)
    clock: float = field(default_factory=lambda: time.time() - 100_000)

    @property
    def keyring(self) -> Path:
        return self.home.parent / "keyring.gpg"

    def put(self, name: str, version: str, *, depends: str = "", content: str = "") -> Path:
        """Build a package; a package of that name that was there before is gone."""
        tree = self.root / "build" / name
        shutil.rmtree(tree, ignore_errors=True)
        (tree / "DEBIAN").mkdir(parents=True)
        control = f"Package: {name}\nVersion: {version}\nArchitecture: all\n"
        control += "Maintainer: T <t@example.nl>\n"
        control += f"Depends: {depends}\n" if depends else ""
        (tree / "DEBIAN/control").write_text(f"{control}Description: {name}\n")
        (tree / f"usr/share/{name}").mkdir(parents=True)
        (tree / f"usr/share/{name}/content").write_text(content or f"{name} {version}\n")
        pool = self.root / "debian/pool/main"
        pool.mkdir(parents=True, exist_ok=True)
        if name in self.debs:
            self.debs[name].unlink()
        self.debs[name] = pool / f"{name}_{version}_all.deb"
        run("dpkg-deb", "--root-owner-group", "--build", tree, self.debs[name])
        return self.debs[name]

    def sign(self) -> None:
        for archive, suite in (
            ("debian", "trixie"),
            ("debian", "trixie-updates"),
            ("debian-security", "trixie-security"),
        ):
            lists = self.root / archive / "dists" / suite / "main/binary-amd64"
            lists.mkdir(parents=True, exist_ok=True)
            packages = b""
            if suite == "trixie":
                packages = run("apt-ftparchive", "packages", "pool", cwd=self.root / archive)
            (lists / "Packages").write_bytes(packages)
            release = lists.parent.parent / "Release"
            release.unlink(missing_ok=True)
            (lists.parent.parent / "InRelease").unlink(missing_ok=True)
            option = f"APT::FTPArchive::Release::Suite={suite}"
            text = run("apt-ftparchive", "-o", option, "release", lists.parent.parent)
            release.write_bytes(text)
            run("gpg", "--homedir", self.home, "--batch", "--yes", "--clearsign", "-o",
                release.with_name("InRelease"), release)  # fmt: skip
        # HTTP tells old from new by the second; this mirror changes faster.
        self.clock += 60
        for file in self.root.rglob("dists/**/*"):
            os.utime(file, (self.clock, self.clock))


def run(*argv: object, cwd: Path | None = None, env: dict[str, str] | None = None) -> bytes:
    done = subprocess.run(
        [str(a) for a in argv], cwd=cwd, env={**os.environ, **(env or {})},
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{argv}: {done.stderr.decode()}"
    return done.stdout


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    web = server("127.0.0.1", 0, folder)
    threading.Thread(target=web.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{web.server_address[1]}"
    finally:
        web.shutdown()
        web.server_close()


@pytest.fixture(scope="session")
def signing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    lacking = [name for name in NEEDED if not shutil.which(name)]
    if lacking:
        pytest.skip(f"needs Debian's tools, and this machine has no {', '.join(lacking)}")
    home = tmp_path_factory.mktemp("mirror") / "gnupg"
    home.mkdir(mode=0o700)
    gpg = ("gpg", "--homedir", home, "--batch", "--quiet")
    run(*gpg, "--passphrase", "", "--quick-generate-key", "Mirror", "ed25519", "sign", "never")
    (home.parent / "keyring.gpg").write_bytes(run(*gpg, "--export"))
    yield home
    run("gpgconf", "--homedir", home, "--kill", "gpg-agent")


@pytest.fixture
def mirror(signing: Path, tmp_path: Path) -> Iterator[Mirror]:
    made = Mirror(tmp_path / "mirror", signing)
    made.put("base", "1")
    made.put("lib", "1")
    made.put("app", "1", depends="lib")
    made.sign()
    with serving(made.root) as made.url:
        yield made


@dataclass
class Depot:
    """The depot under test, and how its wishes are changed."""

    place: store.Store
    git: Path
    wanted: Wanted


@pytest.fixture
def depot(tmp_path: Path, mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> Depot:
    git = tmp_path / "git"
    git.mkdir()
    (git / "artifacts.yml").write_text("artifacts: []\n")
    state = tmp_path / "state"
    made = Depot(
        store.Store(state / "depot"), git, Wanted({"host": ("base",), "r": ("app",)}, (), ())
    )
    monkeypatch.setenv("KOOTWIJK_STATE", str(state))
    monkeypatch.setenv(
        "KOOTWIJK_DEBIAN_MIRROR", f"{mirror.url}/debian {mirror.url}/debian-security"
    )
    monkeypatch.setattr(api, "archive_keyring", lambda: mirror.keyring)
    monkeypatch.setattr(api.wanted, "of_roles", lambda: made.wanted)
    monkeypatch.setattr(api, "LOCK", git / "depot.lock.json")
    monkeypatch.setattr(api, "WHEELS_LOCK", git / "wheels.lock.txt")
    monkeypatch.setattr(api, "ARTIFACTS", git / "artifacts.yml")
    return made


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
