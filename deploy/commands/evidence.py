"""Evidence of earlier runs: check it anywhere, show the key that signs it."""
# ruff: noqa: PLC0415

from __future__ import annotations

from typing import TYPE_CHECKING

from deploy.commands.common import inventory_of, print_json
from verify.report.checking import arguments as check_arguments

if TYPE_CHECKING:
    import argparse

    from deploy.commands.common import Adder


def _check(arguments: argparse.Namespace) -> int:
    from verify.report.checking import run

    return run(
        arguments.bundle,
        arguments.key,
        includes=arguments.includes,
        json_wanted=arguments.json,
    )


def _key(arguments: argparse.Namespace) -> int:
    from verify.report.checking import public_key_of

    found = public_key_of(inventory_of(arguments))
    if arguments.json:
        print_json(found)
    else:
        print(found["key"], end="")
    return 0


def add_to(add: Adder) -> None:
    check_arguments(
        add("check", _check, "check bundles and their chain, on any machine", json=True)
    )
    add("key", _key, "print the public key that this inventory signs with", json=True)
