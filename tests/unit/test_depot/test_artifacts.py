"""Upstream releases come in verified, or are called unverified, or are refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from deploy import depot as api
from deploy.depot.wanted import Wanted
from deploy.errors import CheckError, InputError
from tests.unit.test_depot.conftest import Depot, Mirror, digest, run, serving

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def release(tmp_path: Path) -> Path:
    file = tmp_path / "upstream" / "element-1.tar.gz"
    file.parent.mkdir()
    file.write_bytes(b"a release")
    return file


def declare(depot: Depot, **more: object) -> None:
    row = {"name": "element", "version": "1", "file": "element-1.tar.gz", **more}
    (depot.git / "artifacts.yml").write_text(yaml.safe_dump({"artifacts": [row]}))


def want(depot: Depot) -> None:
    depot.wanted = Wanted(depot.wanted.debian, (), ("element",))


def test_takes_a_file_whose_checksum_is_declared(depot: Depot, release: Path) -> None:
    declare(depot, sha256=digest(release))
    added = api.add("element", release)
    assert added.verified == "sha256 declared"
    place = depot.place.public / "artifacts/element/1/element-1.tar.gz"
    assert place.read_bytes() == b"a release"
    (row,) = api.entries()
    assert (row["kind"], row["version"], row["verified"]) == ("artifact", "1", "sha256 declared")
    assert api.check().ok


@pytest.mark.parametrize("by", ["declaration", "hand", "depot"])
def test_refuses_another_file_and_names_both_sums(depot: Depot, release: Path, by: str) -> None:
    if by == "declaration":
        declare(depot, sha256="e" * 64)
    elif by == "depot":
        api.add("element", release, version="1", unverified=True)
        release.write_bytes(b"another")
    with pytest.raises(InputError) as caught:
        api.add("element", release, version="1", sha256="e" * 64 if by == "hand" else None)
    assert digest(release) in caught.value.what
    assert caught.value.what.count("sha256") == 2
    assert len(list(depot.place.public.rglob("element-1*"))) == (by == "depot")


def test_what_nothing_proves_is_refused_or_called_unverified(depot: Depot, release: Path) -> None:
    with pytest.raises(InputError, match="nothing proves that this is thing") as caught:
        api.add("thing", release)
    assert "--unverified" in caught.value.next_step
    assert not list(depot.place.public.rglob("element-1*"))
    added = api.add("thing", release, unverified=True)
    assert (added.verified, added.version) == ("unverified", f"sha256-{digest(release)[:12]}")
    assert json.loads(depot.place.manifest.read_text())["artifacts"]
    assert api.add("thing", release, sha256=digest(release)).verified == "sha256 given by hand"
    assert api.add("thing", release).verified == "sha256 given by hand"


def test_what_nothing_proved_may_be_replaced_and_what_was_proved_may_not(
    depot: Depot, release: Path
) -> None:
    declare(depot)
    api.add("element", release, unverified=True)
    release.write_bytes(b"another")
    with pytest.raises(InputError, match="already has"):
        api.add("element", release)
    assert api.add("element", release, unverified=True).sha256 == digest(release)
    assert api.add("element", release, sha256=digest(release)).verified == "sha256 given by hand"
    release.write_bytes(b"a third")
    with pytest.raises(InputError, match="already has"):
        api.add("element", release, unverified=True)


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".hidden"])
def test_no_name_leads_out_of_the_depot(depot: Depot, release: Path, name: str) -> None:
    with pytest.raises(InputError, match="one word"):
        api.add(name, release)
    assert not list(depot.place.public.rglob("element-1*"))


@pytest.mark.usefixtures("depot")
def test_says_that_the_file_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        api.add("element", tmp_path / "nothing")


def test_a_signature_is_checked_with_the_publishers_key(
    depot: Depot, release: Path, mirror: Mirror
) -> None:
    (depot.git / "keys").mkdir()
    key = run("gpg", "--homedir", mirror.home, "--armor", "--export")
    (depot.git / "keys/element.asc").write_bytes(key)
    signature = release.with_suffix(".asc")
    run("gpg", "--homedir", mirror.home, "--batch", "-abo", signature, release)
    with serving(release.parent) as url:
        declare(depot, url=f"{url}/{release.name}", signature={
            "type": "gpg", "key": "element.asc", "url": f"{url}/{signature.name}",
        })  # fmt: skip
        want(depot)
        assert api.sync().missing == ()
    (row,) = (r for r in api.entries() if r["kind"] == "artifact")
    assert row["verified"] == "signature by element.asc"
    with pytest.raises(InputError, match="no signature was given"):
        api.add("element", release)
    assert api.add("element", release, unverified=True).verified == "signature by element.asc"
    release.write_bytes(b"another")
    with pytest.raises(CheckError, match="not signed"):
        api.add("element", release, signature=signature)
    assert api.check().ok


def test_what_cannot_be_got_is_reported_and_does_not_stop_the_rest(
    depot: Depot, release: Path
) -> None:
    want(depot)
    with serving(release.parent) as url:
        declare(depot, url=f"{url}/nothing", sha256=digest(release))
        (missing,) = api.sync().missing
        assert missing.name == "element"
        assert "404" in missing.reason
        assert missing.command.startswith("./kootwijk depot add element element-1.tar.gz")
        declare(depot, url=f"{url}/{release.name}", sha256="e" * 64)
        (missing,) = api.sync().missing
        assert "e" * 64 in missing.reason
    assert {r["kind"] for r in api.entries()} == {"debian"}
    declare(depot, sha256=digest(release))
    api.add("element", release)
    assert api.sync().missing == ()


@pytest.mark.parametrize(
    "row",
    [
        {"sha256": "abc"},
        {"colour": "red"},
        {"file": "../up"},
        {"signature": {"type": "pgp", "key": "k", "url": "u"}},
        {"signature": {"type": "gpg", "key": "absent", "url": "u"}},
        {"signature": {"type": "nextcloud", "key": "absent"}},
        {"signature": {"type": "nextcloud", "key": "artifacts.yml", "app": "a", "revoked": "b"}},
        {"signature": "gpg"},
    ],
)
def test_a_wrong_declaration_is_refused(depot: Depot, row: dict[str, object]) -> None:
    declare(depot, **row)
    with pytest.raises(InputError):
        api.sync()


def test_a_role_wants_what_nobody_declared(depot: Depot) -> None:
    want(depot)
    with pytest.raises(InputError, match="nobody declared: element"):
        api.sync()
