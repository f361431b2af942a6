"""`kootwijk evidence`: check bundles, print the result, return the exit code.

``python3 -m verify.report.checking BUNDLE --key FILE`` does it too, where there is no .venv: Python
and its ``cryptography`` are enough.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.errors import InputError, KootwijkError
from deploy.secrets import Store
from verify.report import bundle, dsse
from verify.report.check import check
from verify.report.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from deploy.inventory import Inventory
    from verify.report.chain import Checked
    from verify.report.check import Result


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `kootwijk evidence check`."""
    add = parser.add_argument
    bundles = "a .tar.gz, or a folder of one or many"
    add("bundle", nargs="+", type=Path, metavar="BUNDLE", help=bundles)
    trusted = "the public key (PEM) that you trust; may be given again"
    add("--key", action="append", default=[], type=Path, metavar="FILE", help=trusted)
    noted = "a statement noted before, which must still be there; may be given again"
    add("--includes", action="append", default=[], metavar="SHA256", help=noted)


def run(
    paths: Sequence[Path],
    keys: Sequence[Path],
    *,
    includes: Sequence[str] = (),
    json_wanted: bool = False,
) -> int:
    """Check the bundles at ``paths``; return 0 whole and trusted, 1 tampered, 3 no key given."""
    found = check(paths, [_key(k) for k in keys], includes)
    print(json.dumps(found.as_json(), indent=1) if json_wanted else as_text(found))
    return found.exit_code


def public_key_of(inventory: Inventory) -> dict[str, str]:
    """Return the public key (PEM) and its fingerprint; InputError if there is none yet."""
    store = Store(inventory.path)
    if bundle.SECRET not in store.names():
        raise InputError(
            "this inventory has signed nothing yet",
            where=str(store.file),
            next_step="`kootwijk verify --out DIR` makes the key and the first bundle",
        )
    key = dsse.private_key(store.get(bundle.SECRET).encode()).public_key()
    return {"key": dsse.public_pem(key).decode(), "sha256": dsse.fingerprint(key)}


def as_text(found: Result) -> str:
    """Return the result for people: each bundle on a line, what is wrong below it."""
    lines = [line for one in found.bundles for line in _lines(one)]
    lines += [f"CHAIN  {p}" for p in found.chain]
    lines += ["", *(f"note: {n}" for n in found.notes)]
    wrong = len(found.problems)
    said = {
        0: f"OK: {len(found.bundles)} bundles are whole, signed by a key you gave, and chained",
        1: f"FAIL: {wrong} {'thing is' if wrong == 1 else 'things are'} wrong",
        3: "NOT PROVED: all is whole and chained, but by whose key is not known; give --key",
    }
    return "\n".join(visible(x, 2000) if x else x for x in [*lines, "", said[found.exit_code]])


def _lines(one: Checked) -> list[str]:
    word = "FAIL" if one.problems else "ok" if one.trusted else "whole"
    about = f"{one.inventory} {one.started} {one.status}, {one.files} files".strip()
    return [f"{word:6} {one.name}  {about}", *(f"       {p}" for p in one.problems)]


def _key(path: Path) -> Ed25519PublicKey:
    try:
        return dsse.public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(
            "the key cannot be used",
            where=f"{path}: {error}",
            next_step="`kootwijk evidence key` prints an inventory's; it is Ed25519, in PEM",
        ) from error


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    arguments(parser)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    try:
        return run(given.bundle, given.key, includes=given.includes, json_wanted=given.json)
    except KootwijkError as error:
        print(error, file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
