"""The one typed reader of inventories/: what the command, the lab and the procedures see.

Ansible itself parses the inventory, so a host's variables here are the ones the playbook gets.
Everything wrong with it is said before anything touches a host.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import yaml

from deploy import roles as role_specs
from deploy import variables
from deploy.errors import InputError
from deploy.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SITE = ROOT / "deploy" / "playbooks" / "site.yml"
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_DOMAIN = re.compile(rf"({_LABEL.pattern}\.)+[a-z][a-z0-9-]*[a-z0-9]")
_FREE_GROUPS = ("all", "ungrouped")

Address4 = ipaddress.IPv4Address
Address6 = ipaddress.IPv6Address


@dataclass(frozen=True)
class LabNetworks:
    """The networks of a lab inventory; the bridge takes each one's first address."""

    ipv4: ipaddress.IPv4Network
    ipv6: ipaddress.IPv6Network

    @property
    def bridge4(self) -> Address4:
        return self.ipv4[1]

    @property
    def bridge6(self) -> Address6:
        return self.ipv6[1]


@dataclass(frozen=True)
class Host:
    name: str
    address: Address4
    address6: Address6 | None
    organisation: str
    domain: str
    groups: frozenset[str]
    roles: tuple[str, ...]
    vars: Mapping[str, Any] = field(repr=False, hash=False, compare=False)

    @property
    def fqdn(self) -> str:
        return f"{self.name}.{self.domain}"


@dataclass(frozen=True)
class Inventory:
    path: Path
    hosts: tuple[Host, ...]
    lab: LabNetworks | None

    @property
    def name(self) -> str:
        return self.path.name

    @cached_property
    def _by_name(self) -> dict[str, Host]:
        return {h.name: h for h in self.hosts}

    def host(self, name: str) -> Host:
        if name not in self._by_name:
            known = ", ".join(self._by_name)
            raise InputError(
                f"no host '{name}' in this inventory",
                where=str(self.path),
                next_step=f"one of: {known}",
            )
        return self._by_name[name]

    def matching(self, pattern: str) -> tuple[Host, ...]:
        """Return the hosts that an Ansible pattern (``web1,!files``) means; all for ''."""
        if not pattern:
            return self.hosts
        from ansible.inventory.manager import InventoryManager  # noqa: PLC0415
        from ansible.parsing.dataloader import DataLoader  # noqa: PLC0415

        manager = InventoryManager(loader=DataLoader(), sources=[str(self.path / "hosts.yml")])
        manager.subset(pattern)
        names = {str(host.name) for host in manager.get_hosts()}
        found = tuple(h for h in self.hosts if h.name in names)
        if not found:
            raise InputError(
                f"no host of this inventory is meant by {pattern!r}",
                where=str(self.path),
                next_step=f"hosts: {', '.join(self._by_name)}; tiers are groups too",
            )
        return found

    def with_role(self, role: str, organisation: str) -> tuple[Host, ...]:
        return tuple(h for h in self.hosts if role in h.roles and h.organisation == organisation)


def plays(site: Path = SITE) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return (group, roles) of every play of the playbook that applies roles, in order.

    A play for several groups (``a:b``) stands once for each of them.
    """
    found = yaml.safe_load(site.read_text(encoding="utf-8"))
    return tuple(
        (group, tuple(r if isinstance(r, str) else r["role"] for r in play["roles"]))
        for play in found
        if play.get("roles")
        for group in play["hosts"].split(":")
    )


def roles_of(groups: frozenset[str], site: Path = SITE) -> tuple[str, ...]:
    """Return the roles that the playbook gives a host in ``groups``, in order, each once."""
    return tuple(
        dict.fromkeys(
            role for group, names in plays(site) for role in names if group in groups | {"all"}
        )
    )


def load(path: Path) -> Inventory:
    """Read the inventory directory ``path``; raise InputError for everything wrong with it."""
    if not path.is_dir():
        raise InputError(
            "there is no inventory directory here",
            where=str(path),
            next_step="name one with -i, for example -i inventories/lab",
        )
    _check_yaml(path)
    hosts = tuple(_host(n, v, g, path) for n, v, g in _ansible_hosts(path))
    if not hosts:
        raise InputError("the inventory has no hosts", where=str(path), next_step="add hosts.yml")
    inventory = Inventory(path.resolve(), hosts, _lab(hosts, path))
    problems = list(_problems(inventory))
    if problems:
        raise InputError(
            problems[0]
            if len(problems) == 1
            else "\n".join(["this inventory is wrong:", *problems]),
            where=str(path),
            next_step="correct it; `kootwijk doctor` checks it without touching a host",
        )
    return inventory


class _Loader(yaml.SafeLoader):
    """YAML as Ansible reads it: its tags (!vault, !unsafe) are plain scalars here."""


_Loader.add_multi_constructor("!", lambda loader, _suffix, node: loader.construct_scalar(node))


def _check_yaml(path: Path) -> None:
    for file in sorted(path.rglob("*.yml")):
        try:
            yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            mark = getattr(error, "problem_mark", None)
            place = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else str(file)
            why = getattr(error, "problem", None) or str(error)
            raise InputError(
                f"this file is not valid YAML: {why}", where=place, next_step="correct that line"
            ) from error


def _ansible_hosts(path: Path) -> Iterator[tuple[str, dict[str, Any], frozenset[str]]]:
    from ansible.inventory.manager import InventoryManager  # noqa: PLC0415  (half a second to import)
    from ansible.parsing.dataloader import DataLoader  # noqa: PLC0415
    from ansible.vars.manager import VariableManager  # noqa: PLC0415

    if not (path / "hosts.yml").is_file():
        raise InputError(
            "the inventory has no hosts.yml", where=str(path), next_step="see inventories/pilot"
        )
    loader = DataLoader()
    manager = InventoryManager(loader=loader, sources=[str(path / "hosts.yml")])
    variables = VariableManager(loader=loader, inventory=manager)
    for host in manager.get_hosts():
        found = variables.get_vars(host=host, include_hostvars=False)
        yield str(host.name), found, frozenset(str(g.name) for g in host.get_groups())


def _required(name: str, found: Mapping[str, Any], key: str, path: Path) -> str:
    value = found.get(key)
    if not isinstance(value, str) or not value:
        raise InputError(
            f"host '{name}' has no {key}",
            where=str(path),
            next_step=f"set {key} (text) for it in hosts.yml, group_vars or host_vars",
        )
    return str(value)


def _address(name: str, key: str, value: str, path: Path) -> Any:
    try:
        return ipaddress.ip_address(value)
    except ValueError as error:
        raise InputError(
            f"host '{name}': {key} is not an IP address: {value!r}",
            where=str(path / "hosts.yml"),
            next_step="write an address; names are made from the inventory, not looked up",
        ) from error


def _host(name: str, found: dict[str, Any], groups: frozenset[str], path: Path) -> Host:
    address6 = found.get("kootwijk_ipv6")
    return Host(
        name=name,
        address=_address(name, "ansible_host", _required(name, found, "ansible_host", path), path),
        address6=_address(name, "kootwijk_ipv6", address6, path) if address6 else None,
        organisation=_required(name, found, "kootwijk_organisation", path),
        domain=_required(name, found, "kootwijk_domain", path),
        groups=groups,
        roles=roles_of(groups),
        vars=found,
    )


def _lab(hosts: tuple[Host, ...], path: Path) -> LabNetworks | None:
    value = hosts[0].vars.get("kootwijk_lab")
    if value is None:
        return None
    try:
        return LabNetworks(
            ipaddress.IPv4Network(value["ipv4"]), ipaddress.IPv6Network(value["ipv6"])
        )
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(
            f"kootwijk_lab must be {{ipv4: NETWORK, ipv6: NETWORK}}: {error}",
            where=str(path / "group_vars"),
            next_step="for example {ipv4: 10.74.0.0/24, ipv6: 'fd4b:6f6f:7477::/64'}",
        ) from error


def _problems(inventory: Inventory) -> Iterator[str]:
    tiers = {group for group, _ in plays()}
    organisations = {h.organisation for h in inventory.hosts}
    known = {*tiers, *organisations, *_FREE_GROUPS}
    allowed = ", ".join(sorted(tiers - {"all"}))
    for group in sorted(set().union(*(h.groups for h in inventory.hosts)) - known):
        if not group.startswith("provider_"):
            yield (
                f"unknown group '{group}': a group is a tier ({allowed}), "
                f"an organisation ({', '.join(sorted(organisations))}), or starts with provider_"
            )
    seen: dict[object, str] = {}
    for host in inventory.hosts:
        yield from _host_problems(host, inventory.lab)
        for address in filter(None, (host.address, host.address6)):
            if address in seen:
                yield f"hosts '{seen[address]}' and '{host.name}' have the same address {address}"
            seen[address] = host.name
    yield from variables.problems({h.name: h.vars for h in inventory.hosts})
    yield from role_specs.problems({h.name: (h.roles, h.vars) for h in inventory.hosts})


def _host_problems(host: Host, lab: LabNetworks | None) -> Iterator[str]:
    if not _LABEL.fullmatch(host.name):
        yield f"host '{host.name}': a host name is one label of lower-case letters, digits and '-'"
    url = urlsplit(str(host.vars.get("kootwijk_depot_url", "")))
    if url.scheme not in ("http", "https") or not url.hostname:
        yield (
            f"host '{host.name}': kootwijk_depot_url must be the depot's address, "
            "for example http://198.51.100.2:8470"
        )
    for network in host.vars.get("kootwijk_admin_networks") or ():
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            yield f"host '{host.name}': kootwijk_admin_networks: {error}"
    if not _DOMAIN.fullmatch(host.domain):
        yield f"host '{host.name}': kootwijk_domain is not a domain name: {host.domain!r}"
    if host.address.version != 4:  # noqa: PLR2004
        yield f"host '{host.name}': ansible_host must be an IPv4 address; IPv6 is kootwijk_ipv6"
    elif lab and (host.address not in lab.ipv4 or host.address == lab.bridge4):
        yield f"host '{host.name}': {host.address} is not a free address of the lab's {lab.ipv4}"
    if host.address6 and lab and (host.address6 not in lab.ipv6 or host.address6 == lab.bridge6):
        yield f"host '{host.name}': {host.address6} is not a free address of the lab's {lab.ipv6}"
