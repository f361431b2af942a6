"""docs/reference/endpoints.md: what the roles declare, for who reads the firewall's intent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deploy.endpoints import Endpoint, declared
from deploy.paths import ROLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploy.inventory import Inventory

_INTRO = """\
# Endpoints

Who opens a connection to whom, and why. The firewall of every host is made of this and denies all
else; `roles/<role>/meta/endpoints.yml` is the only place where it is written.

A peer is `world` (anybody), `platform` (the organisation's own hosts), `admin`
(`kootwijk_admin_networks`), `depot` (host and port of `kootwijk_depot_url`), a role (the hosts of
the same organisation that run it), or hosts outside, by name or address, mostly from a variable.
Layers are those of the verification suite, L1 (data centre) to L17 (owner).
"""


def document(inventory: Inventory) -> str:
    """Return the page: all declarations, and which host of ``inventory`` opens what on which."""
    roles = sorted(path.name for path in ROLES.iterdir() if path.is_dir())
    lines = [line for role in roles for line in declared(role)]
    listens = [_cells(e, e.peer) for e in lines if e.way == "in"]
    inside = [_cells(e, e.peer) for e in lines if e.way == "out" and _is_role(e.peer)]
    outside = [
        [*_cells(e, e.peer), e.layer] for e in lines if e.way == "out" and not _is_role(e.peer)
    ]
    head = ["role", "port", "peer", "reason"]
    parts = [
        _INTRO,
        "## Let in\n",
        _table(head, listens),
        "## Opened inside the platform\n",
        _table(head, inside),
        "## Opened to the outside\n",
        _table([*head, "layer"], outside),
        f"## From host to host in `inventories/{inventory.name}`\n",
        _table(["from", "to", "port", "role"], list(_between(inventory))),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _between(inventory: Inventory) -> Iterator[list[str]]:
    for host in inventory.hosts:
        for line in (e for role in host.roles for e in declared(role) if _is_role(e.peer)):
            if line.way == "out":
                for peer in inventory.with_role(line.peer, host.organisation):
                    if peer.name != host.name:
                        yield [host.name, peer.name, _port(line), f"{line.role} → {line.peer}"]


def _cells(line: Endpoint, peer: Any) -> list[str]:
    return [line.role, _port(line), f"`{peer}`" if "{{" in str(peer) else str(peer), line.reason]


def _port(line: Endpoint) -> str:
    return f"{line.port}/{line.proto}"


def _is_role(peer: Any) -> bool:
    return isinstance(peer, str) and "/" not in peer and (ROLES / peer).is_dir()


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
