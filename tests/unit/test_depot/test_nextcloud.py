"""A Nextcloud app is what its publisher signed, or it is refused: an authority of our own."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from deploy import depot as api
from deploy.depot.nextcloud import UnsignedError, verify
from deploy.errors import CheckError, InputError
from deploy.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.test_depot.conftest import Depot

NOW = dt.datetime.now(dt.UTC)
FILES = {"appinfo/info.xml": b"<info/>", "js/\u00e9.js": b"1", "lib/a.php": b"<?php"}
INFO = "appinfo/signature.json"


@dataclass(frozen=True)
class Signer:
    """A certificate with its key."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


def signer(name: str, by: Signer | None = None) -> Signer:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW)
        .not_valid_after(NOW + dt.timedelta(days=9))
        .sign(by.key if by else key, hashes.SHA256())
    )
    return Signer(key, made)


@dataclass(frozen=True)
class World:
    """An authority as Nextcloud's is, and a place for archives."""

    folder: Path
    root: Signer
    middle: Signer
    app: Signer

    @property
    def authorities(self) -> Path:
        file = self.folder / "authorities.pem"
        file.write_bytes(self.root.pem + self.middle.pem)
        return file

    def revoked(self, one: Signer, by: Signer | None = None) -> Path:
        by = by or self.middle
        gone = x509.RevokedCertificateBuilder().serial_number(one.certificate.serial_number)
        made = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(by.certificate.subject)
            .last_update(NOW)
            .next_update(NOW + dt.timedelta(days=9))
            .add_revoked_certificate(gone.revocation_date(NOW).build())
            .sign(by.key, hashes.SHA256())
        )
        file = self.folder / "revoked.pem"
        file.write_bytes(made.public_bytes(Encoding.PEM))
        return file

    def signature(self, files: dict[str, bytes] = FILES, by: Signer | None = None) -> dict:
        by = by or self.app
        listed = {name: hashlib.sha512(content).hexdigest() for name, content in files.items()}
        text = json.dumps(listed, separators=(",", ":")).replace("/", r"\/").encode()
        scheme = padding.PSS(padding.MGF1(hashes.SHA512()), 0)
        signed = by.key.sign(text, scheme, hashes.SHA1())
        return {
            "hashes": listed,
            "signature": base64.b64encode(signed).decode(),
            "certificate": by.pem.decode(),
        }

    def archive(self, files: dict[str, bytes], *more: tarfile.TarInfo) -> Path:
        file = self.folder / "app.tar.gz"
        with tarfile.open(file, "w:gz") as tar:
            for name, content in files.items():
                member = tarfile.TarInfo(f"app/{name}")
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
            for member in more:
                tar.addfile(member)
        return file

    def signed(self, **changed: bytes) -> Path:
        return self.archive({**FILES, INFO: json.dumps(self.signature()).encode(), **changed})


@pytest.fixture(scope="module")
def keys() -> tuple[Signer, Signer, Signer]:
    root = signer("Root")
    middle = signer("Middle", root)
    return root, middle, signer("app", middle)


@pytest.fixture
def world(keys: tuple[Signer, Signer, Signer], tmp_path: Path) -> World:
    return World(tmp_path, *keys)


def refused(world: World, archive: Path, revoked: Path | None = None) -> str:
    with pytest.raises(CheckError) as caught:
        verify(archive, "app", world.authorities, revoked)
    assert caught.value.next_step
    return caught.value.what


def test_an_app_as_its_publisher_signed_it(world: World) -> None:
    assert verify(world.signed(), "app", world.authorities) == "app's certificate, Middle"
    other = signer("another", world.middle)
    assert verify(world.signed(), "app", world.authorities, world.revoked(other))


def test_an_app_without_a_signature_says_so(world: World) -> None:
    with pytest.raises(UnsignedError, match="no signature"):
        verify(world.archive(FILES), "app", world.authorities)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"lib/a.php": b"<?php evil"}, "lib/a.php was changed"),
        ({"lib/more.php": b""}, "lib/more.php was not signed"),
        ({"appinfo/../../up": b""}, "not in the folder"),
        ({INFO: b"{"}, "damaged"),
        ({INFO: b"[]"}, "damaged"),
        ({INFO: b'{"hashes": {"a": 1}, "signature": "", "certificate": ""}'}, "damaged"),
    ],
)
def test_a_tampered_archive(world: World, changed: dict[str, bytes], said: str) -> None:
    assert said in refused(world, world.signed(**changed))


def test_a_missing_file(world: World) -> None:
    files = {**FILES, INFO: json.dumps(world.signature()).encode()}
    del files["lib/a.php"]
    assert "lib/a.php is missing" in refused(world, world.archive(files))


def test_a_file_twice_and_a_link(world: World) -> None:
    files = {**FILES, INFO: json.dumps(world.signature()).encode()}
    assert "twice" in refused(world, world.archive(files, tarfile.TarInfo("app/lib/a.php")))
    second = world.archive(files, tarfile.TarInfo(f"app/{INFO}"))
    assert "was not signed" in refused(world, second)
    link = tarfile.TarInfo("app/data")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc"
    assert "link" in refused(world, world.archive(files, link))
    assert "not in the folder" in refused(world, world.archive(files, tarfile.TarInfo("b/x")))


@pytest.mark.parametrize("part", ["hashes", "signature", "certificate"])
def test_a_signature_that_does_not_fit(world: World, part: str) -> None:
    said = world.signature()
    changed = {**FILES, "lib/a.php": b"<?php evil"}
    said[part] = world.signature(changed)[part] if part != "certificate" else "none"
    refused(world, world.archive({**changed, INFO: json.dumps(said).encode()}))


def _stranger(_: World | None = None) -> Signer:
    return signer("app", signer("Middle", signer("Root")))


def _namesake(world: World) -> Signer:
    """Somebody who only has the names of the authority."""
    fake = Signer(_stranger().key, world.middle.certificate)
    return signer("app", fake)


def _other_app(world: World) -> Signer:
    return signer("other", world.middle)


def _by_an_app(world: World) -> Signer:
    return signer("app", signer("other", world.middle))


@pytest.mark.parametrize("who", [_stranger, _namesake, _other_app, _by_an_app])
def test_a_certificate_that_is_not_the_apps(world: World, who: Callable[[World], Signer]) -> None:
    said = json.dumps(world.signature(by=who(world))).encode()
    assert "certificate" in refused(world, world.archive({**FILES, INFO: said}))


def test_a_revoked_certificate(world: World) -> None:
    assert "revoked" in refused(world, world.signed(), world.revoked(world.app))
    stranger = signer("Middle")
    assert "not signed by" in refused(world, world.signed(), world.revoked(world.app, stranger))


def test_not_an_archive(world: World) -> None:
    file = world.folder / "app.tar.gz"
    file.write_bytes(b"no archive at all")
    assert "cannot be read" in refused(world, file)
    file.write_bytes(world.signed().read_bytes()[:-200])
    assert refused(world, file)


def test_the_depot_takes_it_by_its_own_signature(world: World, depot: Depot) -> None:
    (depot.git / "keys").mkdir()
    (depot.git / "keys/nc.pem").write_bytes(world.authorities.read_bytes())
    (depot.git / "artifacts.yml").write_text(
        "artifacts:\n- {name: app, version: 1, file: app.tar.gz, "
        "signature: {type: nextcloud, key: nc.pem, app: app}}\n"
    )
    assert api.add("app", world.signed()).verified == "signed with app's certificate, Middle"
    with pytest.raises(CheckError, match="not what its publisher signed"):
        api.add("app", world.signed(**{"lib/a.php": b"x"}), unverified=True)
    assert api.check().ok
    (depot.place.manifest).unlink()
    bare = world.archive(FILES)
    with pytest.raises(InputError, match="carries no signature"):
        api.add("app", bare)
    assert api.add("app", bare, unverified=True).verified == "unverified"


def test_the_pinned_authority_is_nextclouds() -> None:
    file = ROOT / "deploy/depot/keys/nextcloud-codesigning.pem"
    root, middle = x509.load_pem_x509_certificates(file.read_bytes())
    found = [c.fingerprint(hashes.SHA256()).hex() for c in (root, middle)]
    assert found == [
        "fb418711e0cd2cae9be332cd61a1538214f55448b40170313f1c08b092ffcbfd",
        "ff038235477d48db67da20962958f7f9f0739b3c568af49b7c6daa0d9d410ea0",
    ]
    middle.verify_directly_issued_by(root)
