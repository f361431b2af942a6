"""The `kootwijk` command: parsing and printing, nothing else."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy.errors import KootwijkError
from deploy.paths import DEFAULT_INVENTORY

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0, 1, 2, 3 or 130, as in `kootwijk --help`."""
    arguments = _parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
    except KootwijkError as error:
        if arguments.debug:
            raise
        print(f"kootwijk: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("kootwijk: interrupted; run it again to go on", file=sys.stderr)
        return 130
    return code


def _lab_create(arguments: argparse.Namespace) -> int:
    from deploy import inventory, lab  # noqa: PLC0415

    found = inventory.load(arguments.inventory)
    lab.Lab(found.name).create(found)
    return 0


def _lab_destroy(arguments: argparse.Namespace) -> int:
    from deploy import lab  # noqa: PLC0415

    lab.Lab(arguments.inventory.resolve().name).destroy()
    return 0


def _lab_status(arguments: argparse.Namespace) -> int:
    from deploy import lab  # noqa: PLC0415
    from deploy.lab.lab import as_json  # noqa: PLC0415

    rows = as_json([row for name in lab.labs() for row in lab.Lab(name).status()])
    if arguments.json:
        print(json.dumps({"version": 1, "hosts": rows}, indent=1))
    for row in rows if not arguments.json else ():
        print("{lab:12} {host:12} {state:8} {address:16} {address6}".format(**row))
    return 0


def _lab_exec(arguments: argparse.Namespace) -> int:
    from deploy import lab  # noqa: PLC0415

    machine = lab.Lab(arguments.inventory.resolve().name).machine(arguments.host)
    return machine.call(arguments.command or ["bash", "-l"]).returncode


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help="show tracebacks")
    common.add_argument(
        "-i",
        "--inventory",
        type=Path,
        default=argparse.SUPPRESS,
        metavar="DIR",
        help="the inventory (default: inventories/lab)",
    )
    parser = argparse.ArgumentParser(
        prog="kootwijk",
        description="Deploy it. Prove it. Leave it.",
        epilog="Exit: 0 fine, 1 a check failed, 2 wrong use or bad input, 3 could not find out, "
        "130 interrupted.",
        parents=[common],
    )
    parser.set_defaults(debug=False, inventory=DEFAULT_INVENTORY)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(sub: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = sub.add_parser(name, help=text, description=text, parents=[common])
        made.set_defaults(run=run)
        return made

    lab = commands.add_parser("lab", help="machines on this computer that behave like rented ones")
    verbs = lab.add_subparsers(required=True, metavar="VERB")
    command(verbs, "create", _lab_create, "make and boot the inventory's hosts")
    command(verbs, "destroy", _lab_destroy, "remove them, and everything of theirs")
    status = command(verbs, "status", _lab_status, "the labs on this machine")
    status.add_argument("--json", action="store_true")
    execute = command(verbs, "exec", _lab_exec, "run a command on a host, as root, from its console")
    execute.add_argument("host")
    execute.add_argument("command", nargs="*", metavar="-- CMD")
    shell = command(verbs, "shell", _lab_exec, "a root shell on a host, from its console")
    shell.add_argument("host")
    shell.set_defaults(command=None)
    return parser


if __name__ == "__main__":
    sys.exit(main())
