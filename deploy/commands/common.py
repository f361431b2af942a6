"""What all commands share."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy.inventory import Inventory

    Run = Callable[[argparse.Namespace], int]


def options() -> argparse.ArgumentParser:
    """Return the options that may stand before or after a command's name."""
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--debug", action="store_true", help="show tracebacks")
    common.add_argument(
        *("-i", "--inventory"), type=Path, metavar="DIR", help="default: inventories/lab"
    )
    return common


class Adder:
    """Adds a command with the options that all commands have."""

    def __init__(self, verbs: Any) -> None:
        self._verbs = verbs

    def __call__(
        self, name: str, run: Run, text: str, *, json: bool = False
    ) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = self._verbs.add_parser(
            name, help=text, description=text, parents=[options()]
        )
        made.set_defaults(run=run)
        if json:
            made.add_argument("--json", action="store_true", help="for programs, on stdout")
        return made


def inventory_of(arguments: argparse.Namespace) -> Inventory:
    from deploy import inventory  # noqa: PLC0415

    return inventory.load(arguments.inventory)


def print_json(content: object) -> None:
    print(json.dumps(content, indent=1, ensure_ascii=False))
