"""The inventory's secrets: their names, never their values."""
# ruff: noqa: PLC0415

from __future__ import annotations

from typing import TYPE_CHECKING

from deploy.commands.common import Adder, inventory_of

if TYPE_CHECKING:
    import argparse


def _list(arguments: argparse.Namespace) -> int:
    from deploy.secrets import Store

    for name in Store(inventory_of(arguments).path).names():
        print(name)
    return 0


def _rotate(arguments: argparse.Namespace) -> int:
    from deploy.secrets import Store

    Store(inventory_of(arguments).path).rotate(arguments.name)
    print(f"{arguments.name}: forgotten; `kootwijk deploy` makes a new one and hands it out")
    return 0


def add_to(add: Adder) -> None:
    add("list", _list, "the names of the secrets")
    add("rotate", _rotate, "forget a secret; the next deploy makes it anew").add_argument("name")
