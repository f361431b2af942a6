"""Lab tests run where lab hosts can; elsewhere they are skipped, and the reason is said."""

from __future__ import annotations

import pytest

from deploy import lab


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    why = lab.available()
    if why:
        for item in items:
            if item.get_closest_marker("lab"):
                item.add_marker(pytest.mark.skip(reason=why))
