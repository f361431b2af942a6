"""What a host's firewall lets through, read from `nft -j list ruleset`. Pure."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from verify.model import Observation, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verify.model import HostSeen

PLACE = "nft -j list ruleset"
_HOOKS = ("input", "forward", "output")


@dataclass(frozen=True)
class Accept:
    """A rule that accepts: by which hook, of which protocol and port, to or from whom.

    ``port`` is '' where it names none; ``peers`` is empty where it names none. ``needed`` are the
    rules every host needs: loopback, answers, the protocol's own messages.
    """

    hook: str
    proto: str
    port: str
    peers: tuple[str, ...]
    comment: str
    needed: bool


def _entries(host: HostSeen, kind: str) -> Iterator[dict[str, Any]]:
    found = (host.facts.get("services") or {}).get("firewall") or {}
    for entry in found.get("nftables") or ():
        if isinstance(entry, dict) and isinstance(entry.get(kind), dict):
            yield entry[kind]


def policies(host: HostSeen) -> dict[str, str]:
    """Return hook -> the strictest policy of its base chains; a hook without a chain is absent."""
    made: dict[str, str] = {}
    for chain in _entries(host, "chain"):
        hook = str(chain.get("hook", ""))
        if hook in _HOOKS and chain.get("type") == "filter":
            policy = str(chain.get("policy", "accept"))
            made[hook] = policy if policy == "drop" else made.get(hook, policy)
    return made


def accepts(host: HostSeen) -> Iterator[Accept]:
    """Yield every rule that accepts in a base chain that drops the rest."""
    hooks = {
        (c.get("table"), c.get("name")): str(c.get("hook", ""))
        for c in _entries(host, "chain")
        if c.get("policy") == "drop"
    }
    held = sets(host)
    for rule in _entries(host, "rule"):
        hook = hooks.get((rule.get("table"), rule.get("chain")), "")
        expressions = [e for e in _list(rule.get("expr")) if isinstance(e, dict)]
        nobody = any(_reaches_nobody(e, held) for e in expressions)
        if hook and not nobody and any("accept" in e for e in expressions):
            yield _accept(hook, expressions, str(rule.get("comment", "")), held)


def _reaches_nobody(expression: dict[str, Any], held: dict[str, tuple[str, ...]]) -> bool:
    """Say whether it asks for a peer in an empty set: of names that nobody has looked up yet."""
    match = _dict(expression.get("match"))
    field, right = _dict(_dict(match.get("left")).get("payload")).get("field"), match.get("right")
    if field not in ("daddr", "saddr") or not _is_set(right) or match.get("op") == "!=":
        return False
    return held.get(str(right)[1:]) == ()


def _accept(
    hook: str, expressions: list[dict[str, Any]], comment: str, held: dict[str, tuple[str, ...]]
) -> Accept:
    proto, port, needed = "", "", False
    peers: list[str] = []
    for match in (e["match"] for e in expressions if isinstance(e.get("match"), dict)):
        left, right = _dict(match.get("left")), match.get("right")
        payload = _dict(left.get("payload"))
        name, part = str(payload.get("protocol", "")), payload.get("field")
        if part == "dport":
            proto, port = name, _port(right)
        elif part in ("daddr", "saddr"):
            peers += held.get(str(right).lstrip("@"), ()) if _is_set(right) else _values(right)
        elif name in ("icmp", "icmpv6"):
            needed = True
        elif _dict(left.get("meta")).get("key") in ("iif", "oif", "iifname", "oifname"):
            needed = right == "lo"
        elif _dict(left.get("ct")).get("key") == "state":
            needed = set(_values(right)) <= {"established", "related"}
    return Accept(hook, proto, port, tuple(peers), comment, needed)


def _sent_to(host: HostSeen) -> Iterator[tuple[str, str]]:
    """Yield (address, why) of what any rule of any table lets out, or sends packets on to."""
    held = sets(host)
    for rule in _entries(host, "rule"):
        expressions = [e for e in _list(rule.get("expr")) if isinstance(e, dict)]
        if any("drop" in e or "reject" in e for e in expressions):
            continue
        reason = str(rule.get("comment") or f"table {rule.get('table')}, chain {rule.get('chain')}")
        for one in expressions:
            for verb in ("dnat", "dup", "fwd", "tproxy"):
                if isinstance(one.get(verb), dict):
                    ends = _mapped(one[verb].get("addr") or [], held)
                    yield from ((a, reason) for a in ends)
            match = _dict(one.get("match"))
            payload = _dict(_dict(match.get("left")).get("payload"))
            if payload.get("field") == "daddr":
                right = match.get("right")
                ends = held.get(str(right)[1:], ()) if _is_set(right) else tuple(_values(right))
                yield from ((end, reason) for end in ends)


def _mapped(right: Any, held: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the addresses that are sent to: as written, or as a map has them."""
    inner = _dict(right).get("map")
    data = inner.get("data") if isinstance(inner, dict) else None
    if data is None:
        return tuple(_values(right))
    return held.get(data[1:], ()) if _is_set(data) else tuple(_values(data))


def _is_set(right: Any) -> bool:
    return isinstance(right, str) and right.startswith("@")


def _port(right: Any) -> str:
    if isinstance(right, dict) and isinstance(right.get("range"), list):
        return "-".join(map(str, right["range"]))
    return ",".join(_values(right))


def _values(right: Any) -> list[str]:
    """Return the values of a match or a set: addresses, networks, ports, words."""
    if isinstance(right, list):
        return [value for one in right for value in _values(one)]
    if isinstance(right, dict):
        if isinstance(right.get("prefix"), dict):
            return [f"{right['prefix'].get('addr')}/{right['prefix'].get('len')}"]
        if isinstance(right.get("range"), list):
            return _values(right["range"])
        inner = next((v for k in ("set", "elem", "val", "concat") if (v := right.get(k))), None)
        return _values(inner) if inner is not None else []
    return [str(right)]


def sets(host: HostSeen) -> dict[str, tuple[str, ...]]:
    """Return the elements of each named set, without those that only note what was refused."""
    return {
        str(one.get("name")): tuple(_values(one.get("elem") or []))
        for one in (*_entries(host, "set"), *_entries(host, "map"))
        if not str(one.get("name", "")).startswith("tried_")
    }


def refused(host: HostSeen) -> Iterator[tuple[str, str, str, int]]:
    """Yield (address, protocol, port, how often) of where the host tried to go in vain."""
    said = host.facts.get("services") or {}
    rows = list((said.get("firewall") or {}).get("tried") or ())
    rows += list((said.get("denied") or {}).get("log") or ())
    seen: dict[tuple[str, str, str], int] = {}
    for row in rows:
        if isinstance(row, list) and len(row) == 4 and str(row[3]).isdigit():  # noqa: PLR2004
            key = (str(row[0]), str(row[1]).lower(), str(row[2]))
            seen[key] = max(seen.get(key, 0), int(row[3]))
    yield from ((*key, count) for key, count in sorted(seen.items()))


def observations(host: HostSeen, when: str) -> Iterator[Observation]:
    """Yield whom the rules let the host reach, and where it tried to go in vain."""
    for peer, reason in dict.fromkeys(_sent_to(host)):
        if _is_address(peer):
            source = Source("setting", PLACE, 0, reason)
            yield Observation(host.name, "nftables", "L3", peer, source, "E2", when, "nft")
    for address, proto, port, count in refused(host):
        source = Source("log", "refused by the firewall", 0, f"{proto} {port}, {count} times")
        yield Observation(host.name, "connections", "L13", address, source, "E4", when, "nft")


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True
