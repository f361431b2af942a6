"""The hosts of an inventory as a plugin sees them, from the variables Ansible hands it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deploy.artifacts import lacking
from deploy.inventory import plays

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Peer:
    """A host with what its neighbours need to know. Addresses are text; ``address6`` may be ''."""

    name: str
    organisation: str
    domain: str
    address: str
    address6: str
    groups: frozenset[str]
    roles: tuple[str, ...]

    @property
    def fqdn(self) -> str:
        return f"{self.name}.{self.domain}"

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.address, self.address6)))


def peers(variables: Mapping[str, Any]) -> tuple[Peer, ...]:
    """Return every host of the inventory, in its order.

    ``variables`` is what Ansible gives a lookup or action plugin; ``groups`` and ``hostvars`` are
    used. KeyError names a variable that a host lacks.
    """
    groups: Mapping[str, list[str]] = variables["groups"]
    hostvars = variables["hostvars"]
    tiers = plays()
    return tuple(_peer(str(name), hostvars[name], groups, tiers) for name in groups["all"])


def same_organisation(variables: Mapping[str, Any], role: str | None = None) -> tuple[Peer, ...]:
    """Return the hosts of the current host's organisation, or those of them that run ``role``."""
    own = str(variables["kootwijk_organisation"])
    return tuple(
        peer
        for peer in peers(variables)
        if peer.organisation == own and (role is None or role in peer.roles)
    )


def having(variables: Mapping[str, Any], role: str) -> tuple[Peer, ...]:
    """Return the hosts of the current host's organisation on which ``role`` is not left out.

    It is left out where the depot lacks its release, in the version that the host's inventory pins.
    """
    hostvars = variables["hostvars"]
    return tuple(
        peer
        for peer in same_organisation(variables, role)
        if not lacking(role, hostvars[peer.name].get("kootwijk_artifact_versions") or {})
    )


def _peer(
    name: str,
    found: Mapping[str, Any],
    groups: Mapping[str, list[str]],
    tiers: tuple[tuple[str, tuple[str, ...]], ...],
) -> Peer:
    member = frozenset(group for group, hosts in groups.items() if name in hosts)
    return Peer(
        name=name,
        organisation=str(found["kootwijk_organisation"]),
        domain=str(found["kootwijk_domain"]),
        address=str(found["ansible_host"]),
        address6=str(found["kootwijk_ipv6"]) if "kootwijk_ipv6" in found else "",
        groups=member,
        roles=tuple(
            dict.fromkeys(role for group, roles in tiers for role in roles if group in member)
        ),
    )
