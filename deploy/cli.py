"""The `kootwijk` command: parsing and printing, nothing else."""
# A command's modules are imported when it runs, so that `kootwijk --help` answers at once.
# ruff: noqa: PLC0415

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy.errors import KootwijkError
from deploy.paths import DEFAULT_INVENTORY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deploy.inventory import Inventory

    Run = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0, 1, 2, 3 or 130, as in `kootwijk --help`."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except KootwijkError as error:
        if arguments.debug:
            raise
        print(f"kootwijk: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("kootwijk: interrupted; run it again to go on", file=sys.stderr)
        return 130


def _inventory(arguments: argparse.Namespace) -> Inventory:
    from deploy import inventory

    return inventory.load(arguments.inventory)


def _print_json(content: object) -> None:
    print(json.dumps(content, indent=1, ensure_ascii=False))


def _up(arguments: argparse.Namespace) -> int:
    from deploy.report import up_table
    from deploy.up import up
    from verify.journeys import exit_code

    found = _inventory(arguments)
    done = up(found)
    print(up_table(found, done))
    return exit_code(done.journeys)


def _down(arguments: argparse.Namespace) -> int:
    return _lab_destroy(arguments)


def _doctor(arguments: argparse.Namespace) -> int:
    from deploy.doctor import examine

    rows = examine(arguments.inventory)
    for row in rows:
        print(f"{row.status:8} {row.what}: {row.seen}")
        if row.next_step:
            print(f"{'':8} next: {row.next_step}")
    return 0 if all(row.status == "ok" for row in rows) else 1


def _deploy(arguments: argparse.Namespace) -> int:
    from deploy import site

    options = [*(("--limit", arguments.limit) if arguments.limit else ())]
    options += [*(("--tags", arguments.tags) if arguments.tags else ())]
    outcome = site.deploy(_inventory(arguments), options, check=arguments.check)
    if arguments.json:
        _print_json(outcome.as_json())
    else:
        for name, host in outcome.hosts.items():
            counts = f"{host.ok} ok, {host.changed} changed, {host.failed} failed"
            print(f"{name:16} {counts}, {host.unreachable} unreachable")
        print(f"{outcome.seconds} s")
    return outcome.exit_code


def _bootstrap(arguments: argparse.Namespace) -> int:
    from deploy.procedures.bootstrap import bootstrap

    done = bootstrap(_inventory(arguments))
    print(f"bootstrapped: {', '.join(done) or 'none, all were'}")
    return 0


def _journeys(arguments: argparse.Namespace) -> int:
    from deploy.report import journey_lines
    from deploy.up import screenshots
    from verify import journeys

    found = _inventory(arguments)
    results = journeys.run(found, only=arguments.only, screenshots=screenshots(found))
    if arguments.json:
        _print_json(journeys.as_json(results))
    else:
        print("\n".join(journey_lines(results)))
    return journeys.exit_code(results)


def _secrets_list(arguments: argparse.Namespace) -> int:
    from deploy.secrets import Store

    for name in Store(_inventory(arguments).path).names():
        print(name)
    return 0


def _secrets_rotate(arguments: argparse.Namespace) -> int:
    from deploy.secrets import Store

    Store(_inventory(arguments).path).rotate(arguments.name)
    print(f"{arguments.name}: forgotten; `kootwijk deploy` makes a new one and hands it out")
    return 0


def _test(arguments: argparse.Namespace) -> int:
    from deploy.testing import run_tests

    return run_tests(arguments.what, arguments.names)


def _lab_create(arguments: argparse.Namespace) -> int:
    from deploy.lab import Lab

    found = _inventory(arguments)
    Lab(found.name).create(found)
    return 0


def _lab_destroy(arguments: argparse.Namespace) -> int:
    from deploy.lab import Lab

    Lab(arguments.inventory.resolve().name).destroy()
    return 0


def _lab_status(arguments: argparse.Namespace) -> int:
    from deploy.lab import Lab, labs
    from deploy.lab.lab import as_json

    rows = as_json([row for name in labs() for row in Lab(name).status()])
    if arguments.json:
        _print_json({"version": 1, "hosts": rows})
        return 0
    for row in rows:
        print("{lab:12} {host:12} {state:8} {address:16} {address6}".format(**row))
    return 0


def _lab_exec(arguments: argparse.Namespace) -> int:
    from deploy.lab import Lab

    machine = Lab(arguments.inventory.resolve().name).machine(arguments.host)
    words = [w for i, w in enumerate(arguments.words) if i or w != "--"]
    return machine.call(words or ["bash", "-l"]).returncode


def _parser() -> argparse.ArgumentParser:
    common = _common()
    parser = argparse.ArgumentParser(
        prog="kootwijk",
        description="Deploy it. Prove it. Leave it.",
        epilog="Exit: 0 fine, 1 a check failed, 2 wrong use or bad input, 3 could not find out, "
        "130 interrupted.",
        parents=[_common()],  # its own: set_defaults writes into it
    )
    parser.set_defaults(debug=False, inventory=DEFAULT_INVENTORY)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_platform(_Adder(commands, common))
    _add_lab(_Adder(_group(commands, "lab", "machines here that behave like rented ones"), common))
    secrets = _group(
        commands, "secrets", "the inventory's secrets: their names, never their values"
    )
    _add_secrets(_Adder(secrets, common))
    return parser


def _common() -> argparse.ArgumentParser:
    """Return the options that may stand before or after the command's name."""
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--debug", action="store_true", help="show tracebacks")
    common.add_argument(
        *("-i", "--inventory"), type=Path, metavar="DIR", help="default: inventories/lab"
    )
    return common


class _Adder:
    """Adds a command with the options that all commands have."""

    def __init__(self, commands: Any, common: argparse.ArgumentParser) -> None:
        self._commands, self._common = commands, common

    def __call__(self, name: str, run: Run, text: str) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = self._commands.add_parser(
            name, help=text, description=text, parents=[self._common]
        )
        made.set_defaults(run=run)
        return made


def _group(commands: Any, name: str, text: str) -> Any:
    parser = commands.add_parser(name, help=text, description=text)
    return parser.add_subparsers(required=True, metavar="VERB")


def _add_platform(add: _Adder) -> None:
    add("up", _up, "a lab with the whole platform in it, tried as a user would")
    add("down", _down, "remove the lab and everything of it")
    add("doctor", _doctor, "look whether this machine and the inventory are fit")
    add("bootstrap", _bootstrap, "make bare hosts manageable; deploy does this by itself")
    deploy = add("deploy", _deploy, "bring every host of the inventory to its state")
    deploy.add_argument("--check", action="store_true", help="change nothing, show what would")
    deploy.add_argument("--limit", metavar="HOSTS", help="only these hosts or groups")
    deploy.add_argument("--tags", metavar="TAGS", help="only tasks with these tags")
    deploy.add_argument("--json", action="store_true")
    journeys = add("journeys", _journeys, "do what a user does, and say what was seen")
    journeys.add_argument("only", nargs="*", metavar="NAME", help="only these journeys")
    journeys.add_argument("--json", action="store_true")
    test = add("test", _test, "run this project's tests")
    test.add_argument("what", nargs="?", default="all", choices=["all", "fast", "roles", "lab"])
    test.add_argument("names", nargs="*", metavar="NAME", help="only these roles")


def _add_lab(add: _Adder) -> None:
    add("create", _lab_create, "make and boot the inventory's hosts")
    add("destroy", _lab_destroy, "remove them, and everything of theirs")
    add("status", _lab_status, "the labs on this machine").add_argument(
        "--json", action="store_true"
    )
    execute = add("exec", _lab_exec, "run a command on a host as root, from its console")
    execute.add_argument("host")
    execute.add_argument("words", nargs=argparse.REMAINDER, metavar="-- CMD")
    shell = add("shell", _lab_exec, "a root shell on a host, from its console")
    shell.add_argument("host")
    shell.set_defaults(words=[])


def _add_secrets(add: _Adder) -> None:
    add("list", _secrets_list, "the names of the secrets")
    add("rotate", _secrets_rotate, "forget a secret; the next deploy makes it anew").add_argument(
        "name"
    )


if __name__ == "__main__":
    sys.exit(main())
