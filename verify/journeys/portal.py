"""What a person does at the portal without a browser: log in, keep app passwords."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from verify.journeys.pages import Visitor
from verify.journeys.stage import PROGRAM, JourneyError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from verify.journeys.pages import Page
    from verify.journeys.stage import Person, Stage

_OK = 200
_TAG = re.compile(r"<input\b[^>]*>")
_ATTRIBUTE = re.compile(r'([\w-]+)\s*=\s*"([^"]*)"')
_ROW = re.compile(
    r'<tr id="app-([^"]+)">\s*<th scope="row">(.*?)</th>\s*<td>([0-9-]*)</td>', re.DOTALL
)
_SECRET = re.compile(r'id="new-app-password">([^<]+)<')


@dataclass(frozen=True)
class AppPassword:
    """A password for one mail program; the first two of its groups are its id."""

    secret: str

    @property
    def id(self) -> str:
        return self.secret[:9]


class Portal:
    """The portal of a person's organisation, where she has logged in."""

    def __init__(self, stage: Stage, person: Person) -> None:
        self.url = f"https://login.{person.domain}/"
        self.person = person
        self.visitor = Visitor(stage.address, stage.trust())
        start = self.visitor.get(self.url)
        page = self._form(start, "lform", user=person.uid, password=person.password)
        if 'id="lform"' in page.text or page.status != _OK:
            raise JourneyError(f"{self.url} did not let {person.uid} in ({page.status})")

    def make(self, name: str) -> AppPassword:
        """Make an app password as the page's form does."""
        form = self.visitor.get(f"{self.url}apppasswords")
        page = self._form(form, "new-app-password-form", name=name)
        found = _SECRET.search(page.text)
        if not found:
            raise JourneyError(f"{page.url} showed no app password ({page.status})")
        return AppPassword(html.unescape(found[1]))

    def forget_old(self) -> None:
        """Remove app passwords of journeys that were stopped before they could, on another day."""
        today = f"{datetime.now(UTC):%Y-%m-%d}"
        for found, name, made in self._rows():
            if name == PROGRAM and made != today:
                self.remove(AppPassword(found))

    def log_out(self) -> None:
        self.visitor.get(f"{self.url}?logout=1")
        if "lform" not in self.visitor.get(self.url).text:
            raise JourneyError(f"{self.url} still knows {self.person.uid} after logging out")

    def held(self) -> Mapping[str, str]:
        """Return what the page lists: id to name."""
        return {found: name for found, name, _ in self._rows()}

    def _rows(self) -> list[tuple[str, str, str]]:
        text = self.visitor.get(f"{self.url}apppasswords").text
        return [(i, html.unescape(name), made) for i, name, made in _ROW.findall(text)]

    def remove(self, password: AppPassword) -> None:
        page = self.visitor.get(f"{self.url}apppasswords")
        self._form(page, "app-passwords-held", remove=password.id)
        if password.id in self.held():
            raise JourneyError(f"{page.url} still lists the app password that was removed")

    def _form(self, page: Page, within: str, **typed: str) -> Page:
        """Send the form of ``page`` that is, or is in, the element with id ``within``."""
        if page.status != _OK:
            raise JourneyError(f"{page.url} answered {page.status}")
        _, found, rest = page.text.partition(f'id="{within}"')
        if not found:
            raise JourneyError(f"{page.url} has no {within}")
        fields = {}
        for tag in _TAG.findall(rest.partition("</form>")[0]):
            attributes = {k.lower(): html.unescape(v) for k, v in _ATTRIBUTE.findall(tag)}
            if attributes.get("type") == "hidden":
                fields[attributes.get("name", "")] = attributes.get("value", "")
        return self.visitor.post(page.url, {**fields, **typed})
