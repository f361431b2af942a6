"""From what a host sent to observations: whose setting, and whether it is an endpoint. Pure."""

from __future__ import annotations

import ipaddress
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from verify.jurisdiction import names
from verify.model import Observation, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from verify.catalogue.places import Places
    from verify.jurisdiction.tables import Tables
    from verify.model import HostSeen

OBSERVER = "kootwijk collector 1"
_LONGEST = 300
_ROOTS = "root-servers.net"
# Kinds of services that a program calls by itself, in the words of the facts.
_CALLED = (
    "telemetry",
    "push",
    "packages",
    "code",
    "feed",
    "font",
    "map",
    "stun",
    "ca",
    "ai",
    "connectivity",
    "ads",
    "backup",
    "identity",
    "sms",
    "storage",
)
_GRADES = {"connection": "E4", "log": "E4"}


class Reader:
    """Tells endpoints from words, with the rules for places and the facts about names."""

    def __init__(self, places: Places, tables: Tables) -> None:
        self.places, self.tlds = places, frozenset(tables.tlds)
        self.tables = tables
        self._roots = {
            str(network.network_address): f"{use[-1].lower()}.{_ROOTS}"
            for network, (_, _, use) in tables.networks.items()
            if use.startswith("root server ")
        }

    def known(self, name: str) -> bool:
        return names.service(self.tables, name) is not None

    def root_server(self, endpoint: str) -> str:
        """Return the name of the root's server that an address or name is, or an empty string."""
        host = host_of(endpoint).lower()
        return host if host.endswith(f".{_ROOTS}") else self._roots.get(host, "")

    def is_endpoint(self, endpoint: str, key: str) -> bool:
        """Say whether what looks like an endpoint is one, and not a file or a word with a dot."""
        host = host_of(endpoint)
        if _is_address(host):
            return not _is_counter(key)
        last = host.rsplit(".", 1)[-1].lower()
        marked = "://" in endpoint
        if marked and "." not in host:
            return host != "" and not host.isdigit()
        if not re.fullmatch(r"[a-z]{2}|xn--[a-z0-9-]+", last) and last not in self.tlds:
            return marked and last.isascii() and last.isalpha()
        if marked or not last.isascii():
            return True
        if last not in self.places.ambiguous:
            return True
        return bool(self.known(host.lower())) or bool(self.places.endpoint_key.search(key))


def from_host(host: HostSeen, reader: Reader) -> Iterator[Observation]:
    """Yield the observations in what one host sent, each once."""
    when = datetime.fromtimestamp(_number(host.facts.get("time")), UTC).isoformat(
        timespec="seconds"
    )
    seen: set[tuple[Any, ...]] = set()
    for kind, row in _rows(host.facts):
        try:
            place, line, key, endpoint = str(row[0]), int(row[1]), str(row[2]), str(row[3])
        except (TypeError, ValueError, IndexError):
            continue  # a host that lies gets no further than its own lines
        if len(endpoint) > _LONGEST or (place, line, key, endpoint) in seen:
            continue
        seen.add((place, line, key, endpoint))
        if reader.places.ignored(place, key, endpoint) or not reader.is_endpoint(endpoint, key):
            continue
        component, layer = reader.places.of(place)
        if root := reader.root_server(endpoint):
            endpoint, layer = root, "L4"
        yield Observation(
            host=host.name,
            component=component,
            layer=layer,
            endpoint=endpoint,
            source=Source(kind, place, line, key),
            grade=_GRADES.get(kind, "E2"),
            time=when,
            observer=OBSERVER,
        )
    yield from _asked(host, reader, when)


def _rows(facts: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for row in _list(facts.get("files")):
        yield "file", row
    services = facts.get("services")
    for name, look in (services if isinstance(services, dict) else {}).items():
        if isinstance(look, dict):
            for row in _list(look.get("rows")):
                yield _kind(name, row), row
    yield from _connections(services if isinstance(services, dict) else {})


def _kind(look: str, row: Any) -> str:
    """Return what kind of source a row of a look is; a look may say so in a fifth word."""
    if not isinstance(row, list) or not row:
        return "setting"
    if row[4:] == ["default"]:
        return "default"
    return "file" if str(row[0]).startswith("/") else "unit" if look == "systemd" else "setting"


def _asked(host: HostSeen, reader: Reader, when: str) -> Iterator[Observation]:
    """Yield names that the host's resolver was asked for lately, of services that programs call.

    Mail and pages of others are asked for by the platform's people; those are no dependency.
    """
    services = host.facts.get("services")
    unbound = services.get("unbound") if isinstance(services, dict) else None
    for name in _list(unbound.get("asked")) if isinstance(unbound, dict) else ():
        found = names.service(reader.tables, str(name))
        if found is not None and found.kind in _CALLED:
            source = Source("log", "unbound-control dump_cache", 0, "asked lately")
            yield Observation(
                host.name, "resolver", found.layer, str(name), source, "E4", when, OBSERVER
            )


def _connections(services: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for process, address, port, _ in _tuples(services, "connections", "peers", 4):
        yield "connection", [f"connection of {process or 'the kernel'}", 0, f"port {port}", address]
    for address, proto, port, _ in _tuples(services, "denied", "log", 4):
        yield "log", ["denied by the firewall", 0, f"{proto} {port}", address]
    for number, address, called in _tuples(services, "hosts_file", "hosts", 3):
        yield "file", ["/etc/hosts", number, str(next(iter(called), "")), address]


def _tuples(services: dict[str, Any], look: str, what: str, size: int) -> Iterable[Any]:
    found = services.get(look)
    rows = _list(found.get(what)) if isinstance(found, dict) else []
    return [row for row in rows if isinstance(row, list) and len(row) == size]


def host_of(endpoint: str) -> str:
    """Return the host part of an endpoint as the collector writes it."""
    host = re.sub(r"^[a-z0-9+.-]+:(//|x@)", "", endpoint, flags=re.IGNORECASE)
    if host.startswith("["):
        return host[1:].split("]", 1)[0]
    if _is_address(host.split("/", 1)[0]):
        return host.split("/", 1)[0]
    return host.split("/", 1)[0].split(":", 1)[0].rstrip(".")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_counter(key: str) -> bool:
    """Say whether dotted numbers are a version or an object identifier."""
    return bool(re.search(r"version|oid|objectclass|attributetype", key, re.IGNORECASE))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and 0 < value < 2**35 else 0.0
