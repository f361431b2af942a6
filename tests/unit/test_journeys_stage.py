"""Who makes the journeys, in the shipped inventories."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from deploy import inventory
from deploy.errors import InputError
from deploy.paths import DEFAULT_INVENTORY
from deploy.people import secret_name
from deploy.secrets import Store
from verify.journeys.stage import SkipError, Stage

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a place for inventories whose secrets are made anew."""
    monkeypatch.setenv("KOOTWIJK_VAULT_KEY", str(tmp_path / "key"))
    return tmp_path


def stage(folder: Path, name: str) -> Stage:
    ignored = shutil.ignore_patterns("secrets.vault")
    shutil.copytree(DEFAULT_INVENTORY.parent / name, folder / name, ignore=ignored)
    return Stage(inventory.load(folder / name))


def test_people_have_the_passwords_of_their_own_organisation(folder: Path) -> None:
    lab = stage(folder, "lab")
    names = [
        ("sanne.devries", "kootwijk.test"),
        ("bram.jansen", "kootwijk.test"),
        ("fenna.dijkstra", "elders.test"),
    ]
    held = Store(folder / "lab").get_many([secret_name(*name) for name in names])
    for person, name in zip((lab.person(0), lab.person(1), lab.partner()), names, strict=True):
        assert person.mail == "@".join(name)
        assert person.password == held[secret_name(*name)]


def test_nobody_without_an_account_is_given_a_password(folder: Path) -> None:
    with pytest.raises(InputError, match=r"sanne\.devries@kootwijk\.test has no account") as why:
        stage(folder, "lab").person(0)
    assert "people apply examples/department.yml --organisation kootwijk" in str(why.value)
    assert Store(folder / "lab").names() == []


def test_one_organisation_alone_has_no_partner(folder: Path) -> None:
    with pytest.raises(SkipError, match="no other organisation"):
        stage(folder, "pilot").partner()


def test_a_lab_trusts_its_authority_alone(folder: Path) -> None:
    lab = stage(folder, "lab")
    assert lab.authority() is None
    Store(folder / "lab").get("authority", "ca")
    assert (lab.authority() or "").startswith("-----BEGIN CERTIFICATE-----")
    assert len(lab.trust().get_ca_certs()) == 1


def test_an_organisations_domain_is_in_its_own_zone(folder: Path) -> None:
    lab = stage(folder, "lab")
    assert lab._zone("kootwijk.test") == "kootwijk.test"  # noqa: SLF001
    assert lab._zone("matrix.kootwijk.test") == "kootwijk.test"  # noqa: SLF001


def test_teams_of_one_and_of_others(folder: Path) -> None:
    lab = stage(folder, "lab")
    Store(folder / "lab").get(secret_name("sanne.devries", "kootwijk.test"))
    own, others = lab.teams(lab.person(0))
    assert own == {"Burgerzaken", "Ondernemingsraad"}
    assert "Beheer" in others
    assert not own & others
