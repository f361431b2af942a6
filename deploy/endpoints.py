"""Who may talk to whom: the roles' meta/endpoints.yml and the inventory, made into rules.

A declaration is one line of a role's ``listens`` or ``connects``. A rule is what one host's
firewall makes of all declarations that concern it. What no role declares has no rule.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from deploy.errors import InputError
from deploy.paths import ROLES
from deploy.roles import meta

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from deploy.peers import Peer

Way = Literal["in", "out"]

_WORDS = ("world", "platform", "admin", "depot")
_KEYS = {"in": "from", "out": "to"}
_NAME = re.compile(r"([a-z0-9_]([a-z0-9_-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", re.IGNORECASE)
_PORT = re.compile(r"\d{1,5}(-\d{1,5})?")


@dataclass(frozen=True)
class Endpoint:
    """One declaration; ``peer`` is as declared: word, role, address, name, template or list."""

    role: str
    way: Way
    peer: Any
    port: str
    proto: str
    reason: str
    layer: str = ""


@dataclass(frozen=True)
class Rule:
    """What a host's firewall lets through, besides answers and what the protocols need.

    ``peers`` are addresses and networks, ``names`` host names to be looked up on the host; with
    ``world`` any address may be the peer, and both are empty.
    """

    way: Way
    proto: str
    port: str
    world: bool
    peers: tuple[str, ...]
    names: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Surroundings:
    """What is around the platform: the depot's URL and the networks administration comes from."""

    depot_url: str
    admin_networks: tuple[str, ...]


def declared(role: str) -> tuple[Endpoint, ...]:
    """Return what ``role`` declares; InputError for a line that cannot be understood."""
    found = meta(role, "endpoints") or {}
    where = str(ROLES / role / "meta" / "endpoints.yml")
    unknown = set(found) - {"listens", "connects"}
    if unknown:
        raise _wrong(f"unknown key {', '.join(sorted(unknown))}", where)
    return tuple(
        _endpoint(role, way, line, where)
        for key, way in (("listens", "in"), ("connects", "out"))
        for line in found.get(key) or ()
    )


def plan(
    me: Peer, everyone: Sequence[Peer], around: Surroundings, render: Callable[[str, Any], Any]
) -> tuple[Rule, ...]:
    """Return the rules of the host ``me``, in a stable order.

    ``everyone`` are the hosts of the inventory; those of another organisation are the world.
    ``render(role, value)`` expands a template with the variables of ``me``.
    """
    platform = [peer for peer in everyone if peer.organisation == me.organisation]
    rules: list[Rule] = []
    for role in me.roles:
        for line in declared(role):
            value = render(role, line.peer) if _is_template(line.peer) else line.peer
            rules += _own(replace(line, peer=value), me, platform, around)
    for peer in platform:
        if peer.name != me.name:
            rules += _from_peer(peer, me)
    return _merged(rules)


def _own(
    line: Endpoint, me: Peer, platform: Sequence[Peer], around: Surroundings
) -> Iterator[Rule]:
    """Yield the rules for a declaration of a role that ``me`` runs itself."""
    others = [peer for peer in platform if peer.name != me.name]
    for peer in line.peer if isinstance(line.peer, list | tuple) else [line.peer]:
        text, port = str(peer), line.port
        if text == "depot":
            text, port = _depot(around)
        rule = _rule(line, port)
        if text == "world":
            yield replace(rule, world=True)
        elif text == "platform":
            yield replace(rule, peers=_addresses(others))
        elif text == "admin":
            yield replace(rule, peers=around.admin_networks)
        elif _is_address(text):
            yield replace(rule, peers=(text,))
        elif _NAME.fullmatch(text):
            yield replace(rule, names=(text,))
        elif line.way == "out" and (ROLES / text).is_dir():
            yield replace(rule, peers=_addresses([p for p in others if text in p.roles]))
        else:
            where = str(ROLES / line.role / "meta" / "endpoints.yml")
            raise _wrong(f"nobody is called '{text}'", where)


def _addresses(peers: Sequence[Peer]) -> tuple[str, ...]:
    return tuple(address for peer in peers for address in peer.addresses)


def _from_peer(peer: Peer, me: Peer) -> Iterator[Rule]:
    """Yield what ``peer``'s roles open on ``me``: their ``to`` is a role that ``me`` runs."""
    for role in peer.roles:
        for line in declared(role):
            if line.way == "out" and line.peer in me.roles:
                yield replace(_rule(line, line.port), way="in", peers=peer.addresses)


def _merged(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """Join the rules for the same port, so that each stands once, with every reason for it."""
    joined: dict[tuple[object, ...], list[Rule]] = {}
    for rule in rules:
        if rule.world or rule.peers or rule.names:
            joined.setdefault((rule.way, rule.proto, rule.port, rule.world), []).append(rule)
    merged = (
        replace(
            same[0],
            peers=tuple(sorted({peer for rule in same for peer in rule.peers})),
            names=tuple(sorted({name for rule in same for name in rule.names})),
            reason="; ".join(dict.fromkeys(rule.reason for rule in same)),
        )
        for same in joined.values()
    )
    return tuple(sorted(merged, key=_order))


def _order(rule: Rule) -> tuple[object, ...]:
    return (rule.way, int(rule.port.split("-")[0]), rule.port, rule.proto, not rule.world)


def _rule(line: Endpoint, port: str) -> Rule:
    return Rule(
        way=line.way,
        proto=line.proto,
        port=port,
        world=False,
        peers=(),
        names=(),
        reason=f"{line.role}: {line.reason}",
    )


def _endpoint(role: str, way: Any, line: Any, where: str) -> Endpoint:
    key = _KEYS[way]
    missing = [name for name in (key, "port", "proto", "reason") if not line.get(name)]
    if missing:
        raise _wrong(f"a line lacks {', '.join(missing)}: {line}", where)
    unknown = set(line) - {key, "port", "proto", "reason", "layer"}
    port = str(line["port"])
    if unknown or line["proto"] not in ("tcp", "udp") or not _PORT.fullmatch(port):
        raise _wrong(f"this line is not understood: {line}", where)
    if line[key] == "depot" and way == "in":
        raise _wrong("the depot connects to nobody", where)
    return Endpoint(
        role, way, line[key], port, line["proto"], line["reason"], line.get("layer", "")
    )


def _depot(around: Surroundings) -> tuple[str, str]:
    url = urlsplit(around.depot_url)
    if not url.hostname:
        raise InputError(
            f"kootwijk_depot_url is not a URL: {around.depot_url!r}",
            next_step="for example http://198.51.100.1:8470",
        )
    return url.hostname, str(url.port or (443 if url.scheme == "https" else 80))


def _is_template(value: object) -> bool:
    return "{{" in str(value)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _wrong(what: str, where: str) -> InputError:
    return InputError(
        f"an endpoint declaration is wrong: {what}",
        where=where,
        next_step=f"a peer is one of {', '.join(_WORDS)}, a role, an address or a host name; "
        "docs/reference/endpoints.md shows all of them",
    )
