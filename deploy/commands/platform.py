"""The platform as a whole: up, deploy, try, down."""
# ruff: noqa: PLC0415

from __future__ import annotations

from typing import TYPE_CHECKING

from deploy.commands.common import Adder, inventory_of, print_json
from deploy.commands.lab import destroy

if TYPE_CHECKING:
    import argparse


def _up(arguments: argparse.Namespace) -> int:
    from deploy.report import up_table
    from deploy.up import up
    from verify.journeys import exit_code

    found = inventory_of(arguments)
    done = up(found)
    print(up_table(found, done))
    return exit_code(done.journeys)


def _doctor(arguments: argparse.Namespace) -> int:
    from deploy.doctor import examine

    rows = examine(arguments.inventory)
    for row in rows:
        print(f"{row.status:8} {row.what}: {row.seen}")
        if row.next_step:
            print(f"{'':8} next: {row.next_step}")
    return 1 if any(row.status == "bad" for row in rows) else 0


def _deploy(arguments: argparse.Namespace) -> int:
    from deploy import gaps, site
    from deploy.report import table

    found = inventory_of(arguments)
    limit, tags = arguments.limit or "", arguments.tags or ""
    outcome = site.deploy(found, limit=limit, tags=tags, check=arguments.check)
    if arguments.json:
        print_json(outcome.as_json())
    else:
        for name, host in outcome.hosts.items():
            counts = f"{host.ok} ok, {host.changed} changed, {host.failed} failed"
            print(f"{name:16} {counts}, {host.unreachable} unreachable")
        print("".join(f"{line}\n" for line in gaps.lines(outcome.gaps)), end="")
        if arguments.profile:
            print("\n".join(table(outcome.slowest())))
        print(f"{outcome.seconds} s")
    return outcome.exit_code


def _bootstrap(arguments: argparse.Namespace) -> int:
    from deploy.procedures.bootstrap import bootstrap

    done = bootstrap(inventory_of(arguments))
    print(f"bootstrapped: {', '.join(done) or 'none, all were'}")
    return 0


def _journeys(arguments: argparse.Namespace) -> int:
    from deploy.procedures.bootstrap import require_hosts
    from deploy.report import journey_counts, journey_lines
    from deploy.up import screenshots
    from verify import journeys

    found = inventory_of(arguments)
    require_hosts(found)
    results = journeys.run(found, only=arguments.only, screenshots=screenshots(found))
    if arguments.json:
        print_json(journeys.as_json(results))
    else:
        print("\n".join([*journey_lines(results), journey_counts(results)]))
    return journeys.exit_code(results)


def _test(arguments: argparse.Namespace) -> int:
    from deploy.testing import run_tests

    return run_tests(arguments.what, arguments.names)


def add_to(add: Adder) -> None:
    add("up", _up, "a lab with the whole platform in it, tried as a user would")
    add("down", destroy, "remove the lab and everything of it")
    add("doctor", _doctor, "look whether this machine and the inventory are fit")
    add("bootstrap", _bootstrap, "make bare hosts manageable; deploy does this by itself")
    deploy = add("deploy", _deploy, "bring every host of the inventory to its state", json=True)
    deploy.add_argument("--check", action="store_true", help="change nothing, show what would")
    deploy.add_argument(
        "--limit",
        metavar="HOSTS",
        help="change only these hosts or groups; the others are asked what they say of themselves",
    )
    deploy.add_argument("--profile", action="store_true", help="show which tasks took longest")
    deploy.add_argument("--tags", metavar="ROLES", help="only these roles, as postfix,dovecot")
    journeys = add("journeys", _journeys, "do what a user does, and say what was seen", json=True)
    journeys.add_argument("only", nargs="*", metavar="NAME", help="only these journeys")
    test = add("test", _test, "run this project's tests")
    test.add_argument("what", nargs="?", default="all", choices=["all", "fast", "roles", "lab"])
    test.add_argument("names", nargs="*", metavar="NAME", help="only these roles")
