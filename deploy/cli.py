"""The `kootwijk` command. Each group of verbs is a module of deploy/commands/."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from deploy.commands import common, depot, evidence, lab, people, platform, secrets, sovereignty
from deploy.errors import KootwijkError
from deploy.paths import DEFAULT_INVENTORY

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0, 1, 2, 3 or 130, as in `kootwijk --help`."""
    arguments = parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except KootwijkError as error:
        if arguments.debug:
            raise
        print(f"kootwijk: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        if arguments.debug:
            raise
        where = f"\n  where: {error.filename}" if error.filename else ""
        print(f"kootwijk: this machine: {error.strerror or error}{where}", file=sys.stderr)
        print("  next:  mend that (room? rights?), then run it again", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("kootwijk: interrupted; run it again to go on", file=sys.stderr)
        return 130


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command; the reference is generated from it."""
    made = argparse.ArgumentParser(
        prog="kootwijk",
        description="Deploy it. Prove it. Leave it.",
        epilog="Exit: 0 fine, 1 a check failed, 2 wrong use or bad input, 3 could not find out, "
        "130 interrupted.",
        parents=[common.options()],
    )
    made.set_defaults(debug=False, inventory=DEFAULT_INVENTORY)
    verbs = made.add_subparsers(required=True, metavar="COMMAND")
    platform.add_to(common.Adder(verbs))
    sovereignty.add_to(common.Adder(verbs))
    groups = {
        "lab": lab,
        "depot": depot,
        "people": people,
        "secrets": secrets,
        "evidence": evidence,
    }
    for name, module in groups.items():
        text = (module.__doc__ or "").strip().rstrip(".")
        group = verbs.add_parser(name, help=text, description=text)
        module.add_to(common.Adder(group.add_subparsers(required=True, metavar="VERB")))
    return made


if __name__ == "__main__":
    sys.exit(main())
