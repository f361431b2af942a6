"""From an observation to whose it is: the platform's own, nobody's, or somebody's out there."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from deploy.errors import UnreachableError
from verify.jurisdiction import BadTargetError, Status
from verify.jurisdiction import names as known_names
from verify.jurisdiction.carried import unwrap
from verify.jurisdiction.target import name as folded
from verify.observe.certificates import PREFIX as ISSUER
from verify.observe.observations import host_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deploy.inventory import Inventory
    from verify.jurisdiction import Engine, Verdict
    from verify.model import HostSeen

_DOCUMENTATION = tuple(
    ipaddress.ip_network(n)
    for n in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20")
)
_EXAMPLES = ("example.com", "example.net", "example.org", "example.edu", "example.nl")
_HOPS = 12
_SEVERITY = (Status.PASS, Status.UNKNOWN, Status.FAIL)


@dataclass(frozen=True, slots=True)
class Placed:
    """``scope``: own, internal, documentation, or public; only public has a status to worry about.

    ``via`` are the names and addresses that the host's own sources lead to from the endpoint.
    """

    scope: str
    status: Status
    verdict: Verdict | None = None
    via: tuple[dict[str, Any], ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class _Answers:
    """A Resolver for the engine: what the host itself was answered when it was asked."""

    records: dict[str, dict[str, list[str]]]
    name: str

    def ask(self, name: str, kind: str) -> Sequence[str]:
        if name == "":
            return ("asked before",)
        found = self.records.get(name, {}).get(kind)
        if found is None:
            raise UnreachableError(f"{self.name} was not asked, or did not answer")
        return found


@dataclass
class Judge:
    """Places endpoints, each distinct one once per host's view of names."""

    engine: Engine
    inventory: Inventory
    hosts: tuple[HostSeen, ...]
    _cache: dict[tuple[str, str], Placed] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.domains = {h.domain for h in self.inventory.hosts}
        self.own = own_addresses(self.inventory)
        self.zone = zone_records(self.hosts)
        self.files = {h.name: hosts_file(h) for h in self.hosts}

    def place(self, host: str, endpoint: str) -> Placed:
        key = (host if host in self.files else "", endpoint)
        if key not in self._cache:
            self._cache[key] = self._place(host, endpoint)
        return self._cache[key]

    def _place(self, host: str, endpoint: str) -> Placed:
        if endpoint.startswith(ISSUER):
            return self._judged(endpoint.removeprefix(ISSUER), host, ())
        word = host_of(endpoint)
        mail = endpoint.startswith("mailto:")
        try:
            address, how = unwrap(ipaddress.ip_address(word))
        except ValueError:
            return self._name(host, word, mail=mail)
        if (scope := self.scope(address)) != "public":
            return Placed(scope, Status.PASS, reason=f"an address that is {scope}")
        return self._judged(
            _network_of(endpoint) or str(address),
            host,
            ({"what": "address", "value": how},) if how else (),
        )

    def scope(self, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
        if address in self.own:
            return "own"
        if any(
            address in network for network in _DOCUMENTATION if network.version == address.version
        ):
            return "documentation"
        if not address.is_global or address.is_multicast:
            return "internal"
        return "public"

    def _name(self, host: str, word: str, *, mail: bool) -> Placed:
        if "." not in word:
            return Placed("internal", Status.PASS, reason="a name without a dot is a local one")
        try:
            name = folded(word, word)
        except BadTargetError as error:
            return Placed("public", Status.UNKNOWN, reason=error.what)
        ends, via = self._followed(host, name)
        own = self.is_own(name)
        found = [self._judged(end, host, via) for end in ends] if ends is not None else []
        if ends is None and not own and not known_names.reserved(name) and not _example(name):
            target = name
            if mail and self._network(host):
                target = f"x@{name}"
            elif mail:  # its owner is known at the least; the reason says that no more is
                via = (*via, {"what": "MX", "value": f"MX of {name} not asked"})
            found = [self._judged(target, host, via)]
        if not found:
            scope = "own" if own or ends == [] else "documentation"
            return Placed(scope, Status.PASS, via=via, reason=f"a name that is {scope}")
        return max(found, key=lambda placed: _SEVERITY.index(placed.status))

    def is_own(self, name: str) -> bool:
        return any(name == d or name.endswith(f".{d}") for d in self.domains)

    def _followed(
        self, host: str, name: str
    ) -> tuple[list[str] | None, tuple[dict[str, Any], ...]]:
        """Follow ``name`` through /etc/hosts and the platform's zone to what is public.

        Return (None, ()) where neither knows the name; an empty list where it ends at home.
        """
        steps: list[dict[str, Any]] = []
        todo, ends, met = [name], list[str](), False
        seen: set[str] = set()
        while todo and len(seen) < _HOPS:
            at = todo.pop(0)
            if at in seen:
                continue
            seen.add(at)
            held = self.files.get(host, {}).get(at)
            where = f"/etc/hosts of {host}" if held else "the platform's zone"
            targets = held or self.zone.get(at)
            if not targets:
                if at != name and not self.is_own(at):
                    ends.append(at)
                continue
            met = True
            for target in targets:
                steps.append({"what": "leads to", "value": f"{at} -> {target}", "source": where})
                try:
                    address, _ = unwrap(ipaddress.ip_address(target))
                except ValueError:
                    todo.append(target)
                    continue
                if self.scope(address) == "public":
                    ends.append(str(address))
        return (ends if met else None), tuple(steps)

    def _judged(self, target: str, host: str, via: tuple[dict[str, Any], ...]) -> Placed:
        try:
            verdict = self.engine.verdict(target, network=self._network(host))
        except BadTargetError as error:
            return Placed("public", Status.UNKNOWN, via=via, reason=error.what)
        said = [f"{verdict.owner or 'owner unknown'}, {verdict.jurisdiction.name}"]
        said += [s["value"] for s in via]
        return Placed("public", verdict.status, verdict, via, "; ".join(said))

    def _network(self, host: str) -> _Answers | None:
        for seen in self.hosts:
            answers = seen.facts.get("answers") if seen.name == host else None
            if isinstance(answers, dict) and answers.get("root") is True:
                return _Answers(answers.get("records") or {}, f"resolver of {host}")
        return None


def _network_of(endpoint: str) -> str:
    """Return ``endpoint`` if it is a network, or an empty string."""
    try:
        return endpoint if "/" in endpoint and ipaddress.ip_network(endpoint, strict=False) else ""
    except ValueError:
        return ""


def _example(name: str) -> bool:
    return any(name == e or name.endswith(f".{e}") for e in _EXAMPLES)


def own_addresses(inventory: Inventory) -> frozenset[Any]:
    """Return the addresses of the hosts, of their lab's bridge and of the depot."""
    found: set[Any] = set()
    for host in inventory.hosts:
        found |= {host.address, *filter(None, [host.address6])}
        depot = urlsplit(str(host.vars.get("kootwijk_depot_url", ""))).hostname or ""
        try:
            found.add(ipaddress.ip_address(depot))
        except ValueError:
            continue
    if inventory.lab:
        found |= {inventory.lab.bridge4, inventory.lab.bridge6}
    return frozenset(found)


def zone_records(hosts: Sequence[HostSeen]) -> dict[str, list[str]]:
    """Return name -> where the platform's zones lead: addresses and names of CNAME, MX, NS, SRV."""
    made: dict[str, list[str]] = {}
    for host in hosts:
        knot = (host.facts.get("services") or {}).get("knot") or {}
        for record in knot.get("records") or ():
            try:
                _, owner, kind, value = map(str, record)
            except ValueError:
                continue
            if kind in ("A", "AAAA", "CNAME", "DNAME"):
                made.setdefault(owner.rstrip(".").lower(), []).append(value.rstrip(".").lower())
    return made


def hosts_file(host: HostSeen) -> dict[str, list[str]]:
    """Return name -> addresses of the host's /etc/hosts."""
    made: dict[str, list[str]] = {}
    found = (host.facts.get("services") or {}).get("hosts_file") or {}
    for row in found.get("hosts") or ():
        try:
            _, address, names = row
            for name in names:
                made.setdefault(str(name).rstrip(".").lower(), []).append(str(address))
        except (TypeError, ValueError):
            continue
    return made
