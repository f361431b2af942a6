"""Letters as one PDF, where this computer has Chromium (the journeys install it)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from deploy.people import lettering

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deploy.people.lettering import Letter

_CHROMIUM = Path("/usr/bin/chromium")
_MILLISECONDS = 600_000  # a thousand letters take half a minute


def pdf(folder: Path, letters: Sequence[Letter]) -> Path | None:
    """Write ``letters`` into ``folder`` as letters.pdf; return it, or None without Chromium."""
    if not letters or not _CHROMIUM.exists():
        return None
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  (half a second to import)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=_CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            page = browser.new_page(offline=True)
            page.set_default_timeout(_MILLISECONDS)
            page.set_content(lettering.page(letters))
            content = page.pdf(prefer_css_page_size=True, print_background=True, tagged=True)
        finally:
            browser.close()
    path = folder / "letters.pdf"
    lettering.write_secret(path, content)
    return path
