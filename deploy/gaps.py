"""Which upstream releases an inventory wants and the depot lacks, or has without any proof.

A lab is deployed all the same, and this is said; any other inventory is not, before a host is
touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from deploy import artifacts, roles
from deploy.depot import artifacts as incoming
from deploy.depot import declared
from deploy.depot.store import of_machine, read_json
from deploy.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from deploy.inventory import Host, Inventory


@dataclass(frozen=True)
class Gap:
    """A release that ``role`` on ``hosts`` wants: it is missing, or unverified.

    ``optional``: the role does without. ``reason`` is why; ``command`` is what mends it.
    """

    kind: Literal["missing", "unverified"]
    role: str
    hosts: tuple[str, ...]
    name: str
    version: str
    optional: bool
    reason: str
    command: str

    def __str__(self) -> str:
        what, on = f"{self.name} {self.version}", ", ".join(self.hosts)
        if self.kind == "unverified":
            return (
                f"UNVERIFIED  {self.role} on {on}: nothing proves that its {what} is the real one"
            )
        left = "does without" if self.optional else "is left out"
        reason = f": {self.reason}" if self.reason else ""
        return f"MISSING     {self.role} on {on} {left}: {what} is not in the depot{reason}"

    @property
    def step(self) -> str:
        verb = "add it" if self.kind == "missing" else "prove it"
        return f"{verb}: {self.command}"


def find(hosts: Iterable[Host]) -> tuple[Gap, ...]:
    """Return what the roles of ``hosts`` want and the depot lacks or cannot prove, by role."""
    wanted: dict[tuple[str, str, str, bool], list[str]] = {}
    for host in hosts:
        versions = host.vars.get("kootwijk_artifact_versions") or {}
        for role in host.roles:
            meta = roles.meta(role, "depot") or {}
            for key in ("artifacts", "optional"):
                for name in meta.get(key) or ():
                    version = artifacts.pinned(name, versions)
                    row = (role, name, version, key == "optional")
                    wanted.setdefault(row, []).append(host.name)
    reasons = read_json(of_machine().missing, next_step="run `kootwijk depot sync`") or {}
    commands = {(d.name, d.version): incoming.adding(d) for d in declared.read(artifacts.ARTIFACTS)}
    gaps = []
    for (role, name, version, optional), names in wanted.items():
        found = artifacts.held(name, "", {name: version})
        if found and found.verified != artifacts.UNVERIFIED:
            continue
        command = commands.get((name, version)) or (
            f"declare {name} {version} in deploy/depot/artifacts.yml, then ./kootwijk depot sync"
        )
        reason = "" if found else str(reasons.get(name, ""))
        kind: Literal["missing", "unverified"] = "unverified" if found else "missing"
        gaps.append(Gap(kind, role, tuple(names), name, version, optional, reason, command))
    return tuple(gaps)


def admit(inventory: Inventory, hosts: Sequence[Host]) -> tuple[Gap, ...]:
    """Return the gaps of ``hosts``; InputError if there are any that the inventory may not have.

    A lab may have any. Elsewhere a role may only do without what it can do without.
    """
    found = find(hosts)
    grave = [g for g in found if g.kind == "unverified" or not g.optional]
    if inventory.lab is None and grave:
        raise InputError(
            "\n".join(["not every release that this inventory wants is here and proved:"]
                      + [f"  {gap}" for gap in grave]),
            where=str(inventory.path),
            next_step="\n         ".join([
                *(gap.step for gap in grave),
                "or take the hosts out of that tier; only a lab is deployed without",
            ]),
        )  # fmt: skip
    return found


def lines(gaps: Iterable[Gap]) -> list[str]:
    """Return what a person is told: two lines a gap."""
    return [line for gap in gaps for line in (str(gap), f"            {gap.step}")]
