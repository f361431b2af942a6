"""The documentation says what the code does."""

from __future__ import annotations

import re
import tomllib

import pytest

from deploy import reference
from deploy.paths import ROOT

PAGES = sorted(
    p for p in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("roles/*/README.md"))
)


@pytest.mark.parametrize("page", reference.pages(), ids=lambda p: p.name)
def test_the_generated_reference_is_current(page: object) -> None:
    found = {str(p): text for p, text in reference.pages().items()}[str(page)]
    assert (ROOT / str(page)).read_text(encoding="utf-8") == found, (
        "run `.venv/bin/python -m deploy.reference`"
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: object) -> None:
    text = ROOT.joinpath(str(page)).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text):
        assert (ROOT.joinpath(str(page)).parent / target).exists(), target


def test_the_changelog_has_this_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"## {project['version']}" in (ROOT / "CHANGELOG.md").read_text()
