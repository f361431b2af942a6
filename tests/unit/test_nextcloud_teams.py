"""The teams' folders: what the program on the files host decides, and what it does with answers."""

from __future__ import annotations

import importlib
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from deploy.paths import ROLES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIB = ROLES / "nextcloud" / "files" / "usr" / "local" / "lib"
TITLE = "Teammap {}"


@pytest.fixture(scope="module")
def lib() -> Iterator[Any]:
    """Return the program's modules, as they are found on a host."""
    sys.path.insert(0, str(LIB))
    names = ("plan", "nextcloud", "__main__")
    yield type("Lib", (), {n: importlib.import_module(f"nextcloud_teams.{n}") for n in names})
    sys.path.remove(str(LIB))


def team(name: str, quota: str = "2 GB", members: str = "m1", gid: str | None = None) -> Any:
    return {"name": name, "gid": name if gid is None else gid, "quota": quota, "members": members}


class Fake:
    """As much of a Nextcloud as the program sees."""

    def __init__(self, *teams: Any) -> None:
        self.teams = list(teams)
        self.folders: dict[str, Any] = {}
        self.told: list[str] = []
        self.broken: set[str] = set()  # verbs that fail
        self.busy = False

    def look(self, _config: Any) -> Any:
        if self.busy:
            return {"busy": True}
        return {"busy": False, "teams": self.teams, "folders": self.folders}

    def do(self, _config: Any, actions: Any) -> Iterator[tuple[Any, str]]:
        for number, action in enumerate(actions):
            self.told.append(action["do"])
            if action["do"] in self.broken:
                yield action, "Exception: no room on the disk"
                continue
            uid = action.get("uid", "")
            if action["do"] == "account":
                held = self.folders.setdefault(uid, {"shares": []})
                held |= {"title": action["title"], "quota": action["quota"]}
            elif action["do"] == "share":
                share = {"id": f"ocinternal:{number}", "gid": action["gid"], "permissions": 31}
                self.folders[uid]["shares"].append({**share, "folder": action["folder"]})
            elif action["do"] == "unshare":
                shares = self.folders[uid]["shares"]
                shares.remove(next(s for s in shares if s["id"] == action["share"]))
            yield action, ""

    def shared(self) -> dict[str, list[str]]:
        """Return with whom each folder is shared, by its owner's title."""
        return {f["title"]: [s["gid"] for s in f["shares"]] for f in self.folders.values()}


def run(lib: Any, fake: Fake, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(lib.__main__, "look", fake.look)
    monkeypatch.setattr(lib.__main__, "do", fake.do)
    fake.told.clear()
    return int(lib.__main__.main({"title": TITLE, "seen": str(folder / "seen.json")}))


@pytest.fixture
def once(lib: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda fake: run(lib, fake, tmp_path, monkeypatch)


def test_a_team_with_a_size_has_a_folder_and_one_without_has_none(once: Any) -> None:
    fake = Fake(team("Burgerzaken"), team("Beheer", quota=""))
    assert once(fake) == 0
    assert fake.shared() == {"Teammap Burgerzaken": ["Burgerzaken"]}
    assert [f["quota"] for f in fake.folders.values()] == ["2 GB"]


def test_the_second_time_nothing_is_done(once: Any) -> None:
    fake = Fake(team("Burgerzaken"), team("Beheer"))
    once(fake)
    assert fake.told == ["account", "share", "account", "share", "members", "members"]
    assert once(fake) == 0
    assert fake.told == []


def test_another_size_is_followed(once: Any) -> None:
    fake = Fake(team("Beheer"))
    once(fake)
    fake.teams = [team("Beheer", quota="5 GB")]
    once(fake)
    assert (fake.told, [f["quota"] for f in fake.folders.values()]) == (["account"], ["5 GB"])


@pytest.mark.parametrize("left", [[team("Beheer")], [team("Beheer"), team("Beleid", quota="")]])
def test_a_team_that_is_gone_or_has_no_size_any_more_keeps_its_files(
    once: Any, left: list[Any]
) -> None:
    fake = Fake(team("Beheer"), team("Beleid"))
    once(fake)
    fake.teams = left
    once(fake)
    assert fake.shared() == {"Teammap Beheer": ["Beheer"], "Teammap Beleid": []}
    fake.teams.append(team("Beleid"))
    once(fake)
    assert fake.shared()["Teammap Beleid"] == ["Beleid"]


def test_a_directory_without_teams_takes_nothing_away(once: Any) -> None:
    fake = Fake(team("Beheer"))
    once(fake)
    fake.teams = []
    assert once(fake) == 0
    assert fake.shared() == {"Teammap Beheer": ["Beheer"]}


def test_a_size_that_is_none_leaves_the_folder_as_it_is(
    once: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    fake = Fake(team("Beheer"))
    once(fake)
    fake.teams = [team("Beheer", quota="?")]
    once(fake)
    assert fake.shared() == {"Teammap Beheer": ["Beheer"]}
    assert "the folder of Beheer is left as it is" in capsys.readouterr().out


def test_what_somebody_changed_of_the_share_is_put_right(once: Any) -> None:
    fake = Fake(team("Beheer"))
    once(fake)
    (folder,) = fake.folders.values()
    folder["shares"][0]["permissions"] = 1
    folder["shares"].append({"id": "x", "gid": "Beleid", "permissions": 31})
    once(fake)
    assert [(s["gid"], s["permissions"]) for s in folder["shares"]] == [("Beheer", 31)]


def test_members_are_looked_at_when_they_changed_also_where_there_is_no_folder(once: Any) -> None:
    fake = Fake(team("Beheer"), team("Beleid", quota=""))
    once(fake)
    fake.teams = [team("Beheer"), team("Beleid", quota="", members="m2")]
    once(fake)
    assert fake.told == ["members"]


def test_what_failed_is_done_the_next_time(once: Any, capsys: pytest.CaptureFixture[str]) -> None:
    fake = Fake(team("Beheer"))
    fake.broken = {"members", "share"}
    assert once(fake) == 1
    assert "Beheer: shared with Beheer: Exception: no room on the disk" in capsys.readouterr().out
    fake.broken = set()
    assert once(fake) == 0
    assert fake.told == ["share", "members"]


def test_nothing_is_done_during_an_upgrade(once: Any) -> None:
    fake = Fake(team("Beheer"))
    fake.busy = True
    assert (once(fake), fake.told) == (0, [])


def test_a_team_that_nextcloud_does_not_know_waits(once: Any) -> None:
    fake = Fake(team("Beheer", gid=""))
    assert (once(fake), fake.folders) == (0, {})


NAMES = {
    "Burgerzaken": "Burgerzaken",
    "Team O'Neill 🙂 / Zuid": "Team O'Neill 🙂 - Zuid",
    "a\\b": "a-b",
    " Beheer. ": "Beheer",
    "..": "Team",
    ".htaccess": "Team .htaccess",
    "tab\tnew\nline": "tabnewline",
    "é" * 150: "é" * 100,
    "x" * 199 + "🙂": "x" * 199,
}


@pytest.mark.parametrize("name", NAMES)
def test_any_name_gives_a_folder_that_a_disk_takes(lib: Any, name: str) -> None:
    assert lib.plan.folder_name(name) == NAMES[name]
    assert len(lib.plan.folder_name(name).encode()) <= 210


def test_names_that_look_alike_have_folders_of_their_own(lib: Any) -> None:
    names = ["Beheer", "beheer", "Beheer ", "a/b", "a-b", "x" * 200, "x" * 201, "🙂"]
    owners = {lib.plan.owner(name) for name in names}
    assert len(owners) == len(names)
    assert all(owner.startswith("_team-") and owner.isascii() for owner in owners)


def test_an_answer_that_is_none_is_an_error(lib: Any) -> None:
    said = json.dumps({"busy": True})
    good = {"php": ["sh", "-c", f"echo '{said}'"]}
    assert lib.nextcloud.look(good) == {"busy": True}
    for words in ("echo no directory >&2; exit 1", "true", f"echo '{said}'; exit 255"):
        with pytest.raises(lib.nextcloud.NextcloudError):
            lib.nextcloud.look({"php": ["sh", "-c", words]})
