"""Machines on this computer that behave like rented ones."""
# ruff: noqa: PLC0415

from __future__ import annotations

import argparse

from deploy.commands.common import Adder, inventory_of, print_json


def _create(arguments: argparse.Namespace) -> int:
    from deploy.lab import Lab

    found = inventory_of(arguments)
    Lab(found.name).create(found)
    return 0


def destroy(arguments: argparse.Namespace) -> int:
    from deploy.lab import Lab

    Lab(arguments.inventory.resolve().name).destroy()
    return 0


def _status(arguments: argparse.Namespace) -> int:
    from deploy.lab import Lab, labs
    from deploy.lab.lab import as_json

    rows = as_json([row for name in labs() for row in Lab(name).status()])
    if arguments.json:
        print_json({"version": 1, "hosts": rows})
        return 0
    for row in rows:
        print("{lab:12} {host:12} {state:8} {address:16} {address6}".format(**row))
    return 0


def _exec(arguments: argparse.Namespace) -> int:
    from deploy.lab import Lab

    machine = Lab(arguments.inventory.resolve().name).machine(arguments.host)
    words = [w for i, w in enumerate(arguments.words) if i or w != "--"]
    return machine.call(words or ["bash", "-l"]).returncode


def add_to(add: Adder) -> None:
    add("create", _create, "make and boot the inventory's hosts")
    add("destroy", destroy, "remove them, and everything of theirs")
    add("status", _status, "the labs on this machine", json=True)
    execute = add("exec", _exec, "run a command on a host as root, from its console")
    execute.add_argument("host")
    execute.add_argument("words", nargs=argparse.REMAINDER, metavar="-- CMD")
    shell = add("shell", _exec, "a root shell on a host, from its console")
    shell.add_argument("host")
    shell.set_defaults(words=[])
