"""Where an endpoint really belongs."""
# ruff: noqa: PLC0415

from __future__ import annotations

from typing import TYPE_CHECKING

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


def add_to(add: Adder) -> None:
    text = "whose law reaches an endpoint: host, address, AS, organisation, mail domain"
    jurisdiction_arguments(add("jurisdiction", _jurisdiction, text))
