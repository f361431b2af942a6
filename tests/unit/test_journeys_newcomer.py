"""What a newcomer's first day makes of the pages it comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from verify.journeys import newcomer
from verify.journeys.stage import JourneyError

if TYPE_CHECKING:
    from playwright.sync_api import Page


class Heading:
    """A page of which only the heading is read."""

    def __init__(self, text: str) -> None:
        self._text = text

    def locator(self, _: str) -> Heading:
        return self

    def inner_text(self) -> str:
        return self._text


def test_a_newcomer_is_welcomed_by_name() -> None:
    called = newcomer._called  # noqa: SLF001
    called(cast("Page", Heading("Welkom, Zoë van den Broek")), "Zoë van den Broek")
    with pytest.raises(JourneyError, match="ZoÃ« van den Broek"):
        called(cast("Page", Heading("Welkom, ZoÃ« van den Broek")), "Zoë van den Broek")
