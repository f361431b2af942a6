"""The depot: the only place a host installs from."""
# ruff: noqa: PLC0415

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.commands.common import Adder, print_json

if TYPE_CHECKING:
    import argparse


def _sync(arguments: argparse.Namespace) -> int:
    from deploy import depot

    done = depot.sync(update=arguments.update, locked=arguments.locked)
    if arguments.json:
        print_json({"version": 1, **asdict(done)})
        return 0
    for line in done.moved:
        print(f"moved on: {line}")
    for gap in done.missing:
        print(f"missing: {gap.name}: {gap.reason}\n  add it by hand: {gap.command}")
    size = f"{done.packages} packages, {done.size / 1e6:.0f} MB"
    print(f"snapshot {done.snapshot}: {size}, {done.downloaded / 1e6:.0f} MB of it new")
    return 0


def _add(arguments: argparse.Namespace) -> int:
    from deploy import depot

    done = depot.add(
        arguments.name,
        arguments.file,
        version=arguments.version,
        sha256=arguments.sha256,
        signature=arguments.signature,
        unverified=arguments.unverified,
    )
    print(f"{done.name} {done.version}: {done.verified}, sha256 {done.sha256}")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    from deploy import depot
    from deploy.report import table

    rows = depot.entries()
    if arguments.json:
        print_json({"version": 1, "entries": rows})
    else:
        cells = [(r["kind"], r["name"], r["version"], r["verified"]) for r in rows]
        print("\n".join(table(cells)) or "the depot is empty; `kootwijk depot sync` fills it")
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from deploy import depot

    found = depot.check()
    if arguments.json:
        print_json({"version": 1, "ok": found.ok, **asdict(found)})
    else:
        for finding in found.findings:
            print(f"{finding.kind}: {finding.path}: {finding.detail}")
        verdict = "all as it should be" if found.ok else f"{len(found.findings)} findings"
        print(f"{found.files} files, {found.size / 1e6:.0f} MB: {verdict}")
    return 0 if found.ok else 1


def add_to(add: Adder) -> None:
    sync = add("sync", _sync, "fill it from this machine's own package sources", json=True)
    only = sync.add_mutually_exclusive_group()
    only.add_argument("--update", action="store_true", help="resolve anew and rewrite git's locks")
    only.add_argument("--locked", action="store_true", help="refuse anything but git's locks")
    take = add("add", _add, "take an artifact by hand")
    take.add_argument("name")
    take.add_argument("file", type=Path)
    take.add_argument("--version")
    take.add_argument("--sha256", help="what the publisher says its checksum is")
    take.add_argument("--signature", type=Path, help="the publisher's detached signature")
    take.add_argument(
        "--unverified", action="store_true", help="take it though nothing proves it; labs only"
    )
    add("list", _list, "what is in it, and verified by what", json=True)
    add("check", _check, "verify every byte again", json=True)
