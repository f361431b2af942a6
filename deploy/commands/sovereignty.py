"""Where an endpoint really belongs."""
# ruff: noqa: PLC0415

from __future__ import annotations

from typing import TYPE_CHECKING

from deploy.commands.common import inventory_of
from verify.command import arguments as verify_arguments
from verify.jurisdiction.command import arguments as jurisdiction_arguments

if TYPE_CHECKING:
    import argparse

    from deploy.commands.common import Adder


def _jurisdiction(arguments: argparse.Namespace) -> int:
    from verify.jurisdiction.command import run

    return run(
        arguments.targets,
        arguments.as_of,
        json=arguments.json,
        offline=arguments.offline,
        resolver=arguments.resolver,
        addresses=arguments.addresses,
    )


def _verify(arguments: argparse.Namespace) -> int:
    from verify.command import run
    from verify.report.writing import Options

    options = Options(arguments.language, arguments.since, arguments.sign_key)
    return run(
        inventory_of(arguments), out=arguments.out, options=options, json_wanted=arguments.json
    )


def add_to(add: Adder) -> None:
    text = "whose law reaches an endpoint: host, address, AS, organisation, mail domain"
    jurisdiction_arguments(add("jurisdiction", _jurisdiction, text))
    told = "look at every host, and say whose law reaches what it points at"
    verify_arguments(add("verify", _verify, told, json=True))
