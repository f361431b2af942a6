"""A department's roster: who gets which account, mailbox and group."""
# ruff: noqa: PLC0415

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from deploy.commands.common import Adder, inventory_of, print_json

if TYPE_CHECKING:
    import argparse

    from deploy.people import Plan


def _plan(arguments: argparse.Namespace) -> int:
    from deploy import people

    plan = people.plan(inventory_of(arguments), arguments.file, organisation=arguments.organisation)
    return _show(plan, arguments)


def _apply(arguments: argparse.Namespace) -> int:
    from deploy import people

    plan = people.apply(
        inventory_of(arguments),
        arguments.file,
        organisation=arguments.organisation,
        yes=arguments.yes,
    )
    return _show(plan, arguments)


def _show(plan: Plan, arguments: argparse.Namespace) -> int:
    if arguments.json:
        print_json(plan.as_json())
    else:
        print("\n".join(map(str, plan.changes)) or "nothing to do")
    return 0


def add_to(add: Adder) -> None:
    for name, run, text in (
        ("plan", _plan, "show what a roster would change, person by person"),
        ("apply", _apply, "do it"),
    ):
        verb = add(name, run, text, json=True)
        verb.add_argument("file", type=Path, help="the roster, as CSV")
        verb.add_argument("--organisation", help="default: the inventory's first")
        if name == "apply":
            verb.add_argument("--yes", action="store_true", help="also if half the people vanished")
