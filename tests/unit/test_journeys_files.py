"""What the journeys of files and calendars make of what they are told."""

from __future__ import annotations

import json
import re
from contextlib import nullcontext
from email.message import EmailMessage
from types import MappingProxyType, SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from unittest.mock import MagicMock

import pytest

from deploy.artifacts import Held
from verify.journeys import calendar, files, together
from verify.journeys.stage import JourneyError, Person, SkipError, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ANNA = Person("anna", "anna@a.test", "p")
BRAM = Person("bram", "bram@a.test", "p")


class Lab:
    """A stage of which only names and authority are asked."""

    pem: str | None = "PEM"

    def authority(self) -> str | None:
        return self.pem

    def address(self, _: str) -> str:
        return "192.0.2.7"


def test_an_answer_changes_the_person_alone() -> None:
    made = calendar.event("x", ANNA, [BRAM, Person("fenna", "fenna@b.test", "p")])
    folded = made.replace(":mailto:bram", ":\r\n mailto:bram")
    lines = [line for line in calendar.accepted(folded, BRAM).splitlines() if "ATTENDEE" in line]
    assert ["ACCEPTED" in line for line in lines] == [True, False]


def test_an_invitation_is_found_in_a_message() -> None:
    message = EmailMessage()
    message.set_content("words")
    assert calendar.calendar_part(message) is None
    message.add_attachment("METHOD:REQUEST\r\n and more\r\n", subtype="calendar")
    assert "METHOD:REQUESTand more" in str(calendar.calendar_part(message))


def test_the_client_sees_a_labs_names_and_authority(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files.os, "geteuid", lambda: 0)
    words = files.within(cast("Stage", Lab()), ANNA, tmp_path, ["nextcloudcmd", "x"])
    assert words[:2] == ["unshare", "--mount"]
    assert words[-2:] == ["nextcloudcmd", "x"]
    assert "192.0.2.7 files.a.test" in (tmp_path / "hosts").read_text()


class Page:
    """Nextcloud's page as it is to somebody who has logged in, with or without its scripts."""

    def __init__(self, *, scripts: bool) -> None:
        self.url, self._scripts = "https://files.a.test/apps/dashboard/", scripts

    def evaluate(self, asked: str) -> object:
        said = {"id": "anna", "display-name": "Anna", "groups": ["g"], "quota": {"quota": 1 << 30}}
        return json.dumps({"ocs": {"data": said}}) if "fetch" in asked else not self._scripts


class Host:
    vars: Mapping[str, Any] = MappingProxyType({})


class Files(Lab):
    """A stage on which Nextcloud is."""

    def host_with(self, _: str) -> Host:
        return Host()

    def person(self, _: int) -> Person:
        return ANNA


@pytest.mark.parametrize(
    ("page", "verified", "said"),
    [
        (Page(scripts=True), "unverified", "anna logged in once"),
        (Page(scripts=False), "unverified", r"SkipError: .* stays empty: .* 34\.0\.1 is whole"),
        (Page(scripts=False), "OpenPGP", "JourneyError: .* stays empty"),
    ],
)
def test_an_empty_page_does_not_count_as_working(
    monkeypatch: pytest.MonkeyPatch, page: Page, verified: str, said: str
) -> None:
    held = Held("nextcloud", "34.0.1", "", "", verified)
    monkeypatch.setattr(files.artifacts, "held", lambda *_: held)
    monkeypatch.setattr(files, "browser", lambda *_, **__: nullcontext((page, [])))
    monkeypatch.setattr(files, "visit", lambda *_: "TLS 1.3")
    monkeypatch.setattr(files.login, "log_in", lambda *_: None)
    monkeypatch.setattr(files, "go", lambda *_: SimpleNamespace(status=200))
    try:
        seen = files.in_browser(cast("Stage", Files()))
    except (SkipError, JourneyError) as why:
        seen = f"{type(why).__name__}: {why}"
    assert re.match(said, seen)


def test_one_login_says_that_the_files_page_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "go", lambda *_: None)
    monkeypatch.setattr(together, "picture", lambda *_: None)
    inside = together._inside  # noqa: SLF001
    page = MagicMock(**{"title.return_value": "Bestanden", "evaluate.return_value": False})
    assert inside(cast("Stage", None), page, "files", "a.test") == "Bestanden"
    page.evaluate.return_value = True
    assert (
        inside(cast("Stage", None), page, "files", "a.test") == "let in, but the page stays empty"
    )
    assert inside(cast("Stage", None), page, "webmail", "a.test") == "Bestanden"


def test_elsewhere_it_sees_the_machines_own(tmp_path: Path) -> None:
    lab = Lab()
    lab.pem = None
    assert files.within(cast("Stage", lab), ANNA, tmp_path, ["nextcloudcmd"]) == ["nextcloudcmd"]


def test_without_root_a_lab_cannot_be_shown(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(files.os, "geteuid", lambda: 1000)
    with pytest.raises(SkipError):
        files.within(cast("Stage", Lab()), ANNA, tmp_path, [])
