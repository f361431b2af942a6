"""A lab's network: one bridge, one namespace a host, no way out."""

from __future__ import annotations

import hashlib
import ipaddress
import json
from typing import TYPE_CHECKING, Any

from deploy.errors import MachineError
from deploy.run import run

if TYPE_CHECKING:
    from deploy.inventory import Host, LabNetworks

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def short(*parts: str) -> str:
    """Return a name of ten characters for ``parts``: the kernel allows an interface fifteen."""
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:10]


def bridge(lab: str) -> str:
    return f"kwb-{short(lab)}"


def namespace(lab: str, host: str) -> str:
    return f"kw-{lab}.{host}"  # no lab's name has a dot in it


def ip(*words: str) -> str:
    return run(["ip", *words], what="setting up the lab's network")


def _json(*words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(ip("-j", *words) or "[]")
    return found


def links() -> set[str]:
    return {link["ifname"] for link in _json("link", "show")}


def namespaces() -> set[str]:
    return {found["name"] for found in _json("netns", "list")}


def taken(networks: LabNetworks, own: str) -> str | None:
    """Return who on this machine already uses a part of ``networks``, or None."""
    used: list[tuple[str, str]] = []
    for link in _json("addr", "show"):
        used += [
            (f"{a['local']}/{a['prefixlen']}", link["ifname"]) for a in link.get("addr_info", ())
        ]
    for family in ("-4", "-6"):
        used += [
            (r["dst"], r.get("dev", "a route"))
            for r in _json(family, "route", "show")
            if r["dst"] != "default"
        ]
    for text, device in used:
        found = ipaddress.ip_interface(text).network
        for network in (networks.ipv4, networks.ipv6):
            if device != own and found.version == network.version and found.overlaps(network):
                return f"{text} on {device}"
    return None


def make_bridge(lab: str, networks: LabNetworks) -> None:
    name = bridge(lab)
    user = taken(networks, name)
    if user:
        raise MachineError(
            f"the lab's network {networks.ipv4} or {networks.ipv6} is taken on this machine",
            where=user,
            next_step="destroy that lab (`kootwijk lab status` lists them), or change kootwijk_lab "
            "and the hosts' addresses in the inventory",
        )
    if name not in links():
        ip("link", "add", name, "type", "bridge")
        ip("link", "set", name, "alias", f"kootwijk lab {lab}")
    ip("link", "set", name, "up")
    ip("addr", "replace", f"{networks.bridge4}/{networks.ipv4.prefixlen}", "dev", name)
    ip("addr", "replace", f"{networks.bridge6}/{networks.ipv6.prefixlen}", "dev", name, "nodad")


def plug_in(lab: str, host: Host, networks: LabNetworks) -> None:
    """Give ``host`` a namespace with an eth0 on the lab's bridge and its addresses."""
    name, outer = namespace(lab, host.name), f"kwv-{short(lab, host.name)}"
    if name not in namespaces():
        ip("netns", "add", name)
    if outer not in links():
        ip("link", "add", outer, "type", "veth", "peer", "name", "eth0", "netns", name)
    ip("link", "set", outer, "master", bridge(lab), "up")
    ip("-n", name, "link", "set", "lo", "up")
    ip("-n", name, "link", "set", "eth0", "up")
    ip("-n", name, "addr", "replace", f"{host.address}/{networks.ipv4.prefixlen}", "dev", "eth0")
    if host.address6:
        mask = networks.ipv6.prefixlen
        ip("-n", name, "addr", "replace", f"{host.address6}/{mask}", "dev", "eth0", "nodad")


def unplug(lab: str, host: str) -> None:
    outer = f"kwv-{short(lab, host)}"
    if outer in links():
        ip("link", "del", outer)
    if namespace(lab, host) in namespaces():
        ip("netns", "del", namespace(lab, host))


def remove_bridge(lab: str) -> None:
    if bridge(lab) in links():
        ip("link", "del", bridge(lab))
