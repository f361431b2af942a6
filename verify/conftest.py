"""`pytest verify/ --inventory DIR`: the controls, on the platform of an inventory."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--inventory",
        metavar="DIR",
        default=os.environ.get("KOOTWIJK_INVENTORY"),
        help="the platform to look at; default: $KOOTWIJK_INVENTORY, else inventories/lab",
    )
