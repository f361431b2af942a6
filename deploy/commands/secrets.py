"""The inventory's secrets: their names, never their values."""
# ruff: noqa: PLC0415

from __future__ import annotations

import sys
from getpass import getpass
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
    from deploy import lock
    from deploy.secrets import Store

    found = inventory_of(arguments)
    with lock.hosts_of(found, f"secrets rotate {arguments.name}"):
        Store(found.path).rotate(arguments.name)
    print(f"{arguments.name}: forgotten; `kootwijk deploy` makes a new one and hands it out")
    return 0


def _set(arguments: argparse.Namespace) -> int:
    from deploy.errors import InputError
    from deploy.secrets import Store

    store = Store(inventory_of(arguments).path)
    if arguments.name in store.names() and not arguments.replace:
        raise InputError(
            f"there is a secret '{arguments.name}' already",
            where=str(store.file),
            next_step="take another name, or say --replace if the value is to go",
        )
    value = getpass(f"{arguments.name}: ") if sys.stdin.isatty() else sys.stdin.read().strip()
    if not value:
        raise InputError("nothing was said", next_step="type the secret, or send it to stdin")
    store.put(arguments.name, value)
    print(f"{arguments.name}: kept")
    return 0


def add_to(add: Adder) -> None:
    add("list", _list, "the names of the secrets")
    one = add("set", _set, "keep a secret that somebody else made, from the terminal or stdin")
    one.add_argument("name")
    one.add_argument("--replace", action="store_true", help="also if there is one of that name")
    add("rotate", _rotate, "forget a secret; the next deploy makes it anew").add_argument("name")
