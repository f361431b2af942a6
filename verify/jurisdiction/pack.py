"""Packs address data: ``python -m verify.jurisdiction.pack SOURCE``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from deploy.errors import KootwijkError
from deploy.narrate import say
from verify.jurisdiction import places
from verify.jurisdiction.packing import pack


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m verify.jurisdiction.pack")
    parser.add_argument("source", type=Path, help="CSV package, folder of RIS dumps, or dump text")
    parser.add_argument("--date", help="the day the data was made, where it does not say so")
    parser.add_argument("--out", type=Path, help="default: this machine's state")
    parser.add_argument("--known", action="store_true", help="make the built-in table afresh")
    arguments = parser.parse_args(argv)
    try:
        out = arguments.out or (places.BUILT_IN if arguments.known else places.packed())
        say(pack(arguments.source, out, arguments.date, known=arguments.known))
    except KootwijkError as error:
        say(f"kootwijk: {error}")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
