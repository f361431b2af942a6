"""What is wanted, from where, and which lock answers it: the parts that touch nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.depot import apt, debian, lock, mirrors, wanted, wheels
from deploy.depot.fetch import Item, batches
from deploy.errors import CheckError, InputError, KootwijkError, MachineError, UnreachableError
from deploy.paths import ROOT

HOST = {"debian": ["?essential", "?priority(required)", "sudo"]}


def package(name: str, version: str = "1", digest: str = "a") -> lock.Package:
    return lock.Package(name, version, "amd64", digest * 64, 10, f"pool/{name}_{version}.deb")


def locked(*packages: lock.Package) -> lock.Lock:
    return lock.make({"host": ("sudo",)}, packages)


def offered(*packages: lock.Package) -> lock.Offer:
    return {p.key: p for p in packages}


def test_a_lock_reads_back_as_it_was_written_one_line_a_package() -> None:
    made = locked(package("b"), package("a"), package("a"))
    text = lock.render(made)
    assert lock.parse(yaml.safe_load(text), where="x") == made
    assert [p.name for p in made.packages] == ["a", "b"]
    assert sum(b'"name"' in line for line in text.splitlines()) == 2


@pytest.mark.parametrize(
    "found", [[], {}, {"version": 2}, {"version": 1, "wanted": {}, "packages": [{}]}]
)
def test_another_file_is_no_lock(found: Any) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        lock.parse(found, where="x")


def test_the_snapshot_is_named_by_its_packages_alone() -> None:
    one, other = locked(package("a")), lock.make({"r": ("a",)}, [package("a")])
    assert one.snapshot == other.snapshot
    assert one.snapshot != locked(package("a", digest="b")).snapshot


def test_the_lock_in_git_comes_before_this_machines() -> None:
    git, local = locked(package("a")), locked(package("a", "2"))
    both = offered(package("a"), package("a", "2"))
    assert lock.choose(git, local, git.wanted, both) is git
    assert lock.choose(git, local, git.wanted, offered(package("a", "2"))) is local
    assert lock.choose(git, local, git.wanted, offered()) is None
    assert lock.choose(git, local, {"host": ("sudo", "x")}, both) is None


def test_refuses_another_file_under_the_same_version() -> None:
    with pytest.raises(InputError, match=r"a{64}.*b{64}"):
        lock.gone(locked(package("x")), offered(package("x", digest="b")))


def test_says_what_moved_came_and_went() -> None:
    before = locked(package("a"), package("gone"))
    found = lock.moves(before, locked(package("a", "2"), package("new")))
    assert [str(m) for m in found] == ["a 1 -> 2", "gone 1 -> (gone)", "new (new) -> 1"]


def test_the_union_of_what_roles_want() -> None:
    found = wanted.union(
        HOST,
        {
            "postfix": {"debian": ["postfix-ldap", "postfix"]},
            "synapse": {"wheels": ["six"], "artifacts": ["element"]},
            "empty": None,
        },
    )
    assert found.debian == {
        "host": ("?essential", "?priority(required)", "sudo"),
        "postfix": ("postfix", "postfix-ldap"),
    }
    assert (found.wheels, found.artifacts) == (("six",), ("element",))


@pytest.mark.parametrize(
    ("meta", "why"),
    [
        ([], "expected only"),
        ({"debain": []}, "expected only"),
        ({"debian": "postfix"}, "must be a list"),
        ({"debian": [1]}, "must be a list"),
        ({"debian": ["postfix=1"]}, "not a Debian package"),
        ({"debian": ["-o"]}, "not a Debian package"),
        ({"debian": ["?essential"]}, "not a Debian package"),
    ],
)
def test_a_role_that_says_it_wrongly_is_named(meta: Any, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        wanted.union(HOST, {"r": meta})
    assert caught.value.where == "roles/r/meta/depot.yml"


def test_what_the_checkout_wants_can_be_read() -> None:
    assert "openssh-server" in wanted.of_roles().debian["host"]


def test_takes_debians_sources_of_this_machine_and_no_others() -> None:
    found = mirrors.pick(
        [
            "Somebody|Debian|https://third.example.nl/debian/",
            "Debian|Debian Backports|https://mirror.example.nl/backports/",
            "Debian|Debian|https://mirror.example.nl/debian/",
            "Debian|Debian|https://second.example.nl/debian/",
            "Debian|Debian-Security|https://mirror.example.nl/debian-security/",
        ]
    )
    assert found == {
        "debian": "https://mirror.example.nl/debian",
        "security": "https://mirror.example.nl/debian-security",
    }


def test_takes_the_first_of_a_list_of_mirrors(tmp_path: Path) -> None:
    (tmp_path / "list").write_text(
        "# ours\n\nhttps://a.example.nl/debian/ priority:1\nhttps://b/\n"
    )
    assert mirrors.plain(f"mirror+file://{tmp_path}/list") == "https://a.example.nl/debian"


def test_the_state_folder_may_name_the_mirrors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KOOTWIJK_DEBIAN_MIRROR", raising=False)
    monkeypatch.setenv("KOOTWIJK_STATE", str(tmp_path))
    (tmp_path / "depot.yml").write_text("mirrors: {debian: https://a/d/, security: https://a/s}\n")
    assert mirrors.mirrors() == {"debian": "https://a/d", "security": "https://a/s"}
    monkeypatch.setenv("KOOTWIJK_DEBIAN_MIRROR", "https://b/d https://b/s")
    assert mirrors.mirrors() == {"debian": "https://b/d", "security": "https://b/s"}
    monkeypatch.setenv("KOOTWIJK_DEBIAN_MIRROR", "https://b/d")
    with pytest.raises(InputError, match="two mirrors"):
        mirrors.mirrors()


@pytest.mark.parametrize("text", ["- a\n", "mirrors: {debian: x}\n", "mirrors: [\n"])
def test_a_wrong_choice_of_mirrors_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.delenv("KOOTWIJK_DEBIAN_MIRROR", raising=False)
    monkeypatch.setenv("KOOTWIJK_STATE", str(tmp_path))
    (tmp_path / "depot.yml").write_text(text)
    with pytest.raises(InputError) as caught:
        mirrors.mirrors()
    assert caught.value.where == str(tmp_path / "depot.yml")


@pytest.mark.parametrize(
    ("stderr", "kind"),
    [
        (
            "W: GPG error: x InRelease: NO_PUBKEY 1234\nE: The repository 'x' is not signed.",
            CheckError,
        ),
        ("E: Release file for x is expired (invalid since 3d).", CheckError),
        ("E: Failed to fetch x  Could not connect to 127.0.0.1:1", UnreachableError),
        ("E: The repository 'x Release' does not have a Release file.", UnreachableError),
    ],
)
def test_a_bad_signature_is_not_taken_for_a_silent_mirror(
    stderr: str, kind: type[KootwijkError]
) -> None:
    error = apt.explain_update(stderr, ["https://mirror.example.nl/debian"])
    assert type(error) is kind
    assert stderr.splitlines()[0] in error.where


def test_reads_the_named_packages_of_a_list() -> None:
    text = "".join(
        f"Package: {name}\nVersion: 1:1\nDescription: x\n Version: no\nArchitecture: all\n"
        f"Filename: pool/{name}.deb\nSize: 7\nSHA256: {'c' * 64}\n\n"
        for name in ("a", "ab", "b")
    )
    (found,) = apt.stanzas(text, {"ab"})
    assert found == lock.Package("ab", "1:1", "all", "c" * 64, 7, "pool/ab.deb")


def test_finds_the_package_of_an_address_whichever_archive_it_is_in() -> None:
    offer = [package("a"), package("a", "2"), package("b")]
    found = debian.named({"file:/srv/updates/pool/a_2.deb", "https://x/pool/b_1.deb"}, offer)
    assert found == [package("a", "2"), package("b")]
    with pytest.raises(MachineError) as caught:
        debian.named({"https://x/pool/c_1.deb"}, offer)
    assert caught.value.where == "c_1.deb"


def test_downloads_are_cut_into_runs_and_none_is_lost() -> None:
    items = [Item(str(n), Path(str(n)), "", size) for n, size in enumerate([1, 7_000_000, 5, 5])]
    assert [[i.url for i in run] for run in batches(items)] == [["0", "1"], ["2", "3"]]


def test_a_wheels_lock_reads_back(tmp_path: Path) -> None:
    made = wheels.WheelLock(("six>=1",), (wheels.Pin("six", "1.17.0", "d" * 64),))
    (tmp_path / "lock").write_bytes(wheels.render(made))
    assert wheels.read(tmp_path / "lock") == made
    (tmp_path / "lock").write_text("six==1.17.0\n")
    with pytest.raises(InputError, match="hash") as caught:
        wheels.read(tmp_path / "lock")
    assert caught.value.where.endswith("lock:1")


def test_no_mirror_is_named_in_the_code() -> None:
    for file in (ROOT / "deploy/depot").iterdir():
        if file.suffix in {".py", ".yml", ".json", ".txt"}:
            assert not re.search(r"debian\.org|pypi|pythonhosted", file.read_text()), file
