from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from deploy import doctor
from deploy.paths import DEFAULT_INVENTORY, ROOT

PLATFORM = Path("group_vars/all/platform.yml")


@pytest.fixture
def pilot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KOOTWIJK_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(doctor, "_machine", lambda: iter(()))
    monkeypatch.setattr(doctor, "_depot", lambda _: iter(()))
    source = ROOT / "inventories" / "pilot"
    ignored = shutil.ignore_patterns("*.vault", ".*")
    return Path(shutil.copytree(source, tmp_path / "pilot", ignore=ignored))


def test_mail_to_postmaster_that_nobody_reads_is_noted(pilot: Path) -> None:
    (row,) = (r for r in doctor.examine(pilot) if r.what == "postmaster")
    assert row.status == "note"
    assert "letters send newcomers there" in row.seen
    assert "kootwijk_postmasters" in row.next_step

    file = pilot / PLATFORM
    text = file.read_text().replace("kootwijk_letters: {}", "kootwijk_letters: {help: Servicedesk}")
    file.write_text(text)
    (row,) = (r for r in doctor.examine(pilot) if r.what == "postmaster")
    assert "newcomers" not in row.seen

    file.write_text(text.replace("kootwijk_postmasters: []", "kootwijk_postmasters: [a@b.nl]"))
    assert [r.status for r in doctor.examine(pilot)] == ["ok"]


def test_a_lab_needs_no_postmaster(pilot: Path) -> None:
    assert pilot.exists()
    assert [r.what for r in doctor.examine(DEFAULT_INVENTORY)] == ["inventory"]


def test_the_pilot_marks_every_line_that_is_to_be_changed(pilot: Path) -> None:
    lines = [*(pilot / "hosts.yml").open(), *(pilot / PLATFORM).open()]
    assert sum("# <-" in line for line in lines) == 7
    assert "the seven lines marked" in (ROOT / "docs/tutorials/ops.md").read_text()
