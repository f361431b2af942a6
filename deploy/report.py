"""The tables that a person reads at the end: pure functions of what was done."""

from __future__ import annotations

import os
import textwrap
from typing import TYPE_CHECKING

from deploy import artifacts
from deploy.gaps import lines as gap_lines
from deploy.secrets import Store, key_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from deploy.inventory import Inventory
    from deploy.up import Up
    from verify.journeys import Result

_MARK = {"pass": "works", "fail": "BROKEN", "error": "UNKNOWN", "skipped": "skipped"}


def table(rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the rows as lines, each column as wide as its widest cell."""
    held = [list(row) for row in rows]
    if not held:
        return []
    widths = [max(len(row[i]) for row in held) for i in range(len(held[0]))]
    return ["  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in held]


def journey_lines(results: Sequence[Result]) -> list[str]:
    """Return two or more lines a journey: its verdict, and what was seen."""
    lines = []
    for r in results:
        lines.append(f"{_MARK[r.status]:8} {r.service:6} {r.name} ({r.seconds:.1f} s)")
        lines += textwrap.wrap(r.seen, 96, initial_indent=" " * 16, subsequent_indent=" " * 16)
        if r.screenshot:
            lines.append(f"{'':16}screenshot: {r.screenshot}")
    return lines


def journey_counts(results: Sequence[Result]) -> str:
    """Return how many journeys ended in which way."""
    counts = [(word, sum(r.status == s for r in results)) for s, word in _MARK.items()]
    return ", ".join(f"{count} {word}" for word, count in counts if count) or "no journeys"


def up_table(inventory: Inventory, done: Up) -> str:
    """Return the last words of `up`: addresses, accounts, what works, how long it took."""
    hosts = [
        (h.fqdn, str(h.address), str(h.address6 or ""), ", ".join(artifacts.on(h)))
        for h in inventory.hosts
    ]
    steps = [(name, f"{seconds:.1f} s") for name, seconds in done.steps]
    total = sum(seconds for _, seconds in done.steps)
    parts = [
        ("Hosts", table(hosts)),
        ("Accounts", _accounts(inventory)),
        ("Time", [*table(steps), f"in all {total:.0f} s"]),
        ("What works", [*journey_lines(done.journeys), journey_counts(done.journeys)]),
        *([("What is missing, or unproved", gap_lines(done.gaps))] if done.gaps else []),
    ]
    return "\n\n".join(
        "\n".join([title, *("  " + line for line in lines)]) for title, lines in parts
    )


def _accounts(inventory: Inventory) -> list[str]:
    own = [h for h in inventory.hosts if h.organisation == inventory.hosts[0].organisation]
    pages = {"lemonldap_ng": "login", "roundcube": "webmail"}
    where = [f"https://{name}.{h.domain}" for r, name in pages.items() for h in own if r in h.roles]
    return [
        f"people     examples/department.yml; they start at {where[0] if where else 'no page'}",
        "passwords  encrypted, as person_NAME@DOMAIN; this shows them:",
        f"  ANSIBLE_VAULT_PASSWORD_FILE={key_file()} \\",
        f"  .venv/bin/ansible-vault view {os.path.relpath(Store(inventory.path).file)}",
    ]
