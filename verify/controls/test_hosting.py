"""Where the hosts are, and what their firewalls let through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from deploy.endpoints import declared
from verify.controls import facts
from verify.model import Source
from verify.observe import firewall

if TYPE_CHECKING:
    from verify.controls.ledger import Ledger
    from verify.evidence import Evidence
    from verify.model import HostSeen

_DISCARD = 9  # RFC 863: nobody serves it
_REFUSED = ("1", "13", "113")  # EPERM, EACCES, EHOSTUNREACH: what a reject rule gives a program
_SAID = {"111": "the other side answered that nothing is there", "101": "there is no route"}
_RULES = Source("setting", firewall.PLACE)


@pytest.mark.control("KW-HST-01")
def test_address_holder(seen: HostSeen, evidence: Evidence, ledger: Ledger) -> None:
    """Ensure the host's public addresses are held by a party that passes."""
    found = evidence.inventory.host(seen.name)
    addresses = [str(a) for a in (found.address, found.address6) if a]
    public = [a for a in addresses if facts.is_public(a)]
    if not public:
        ledger.not_tested(f"{', '.join(addresses)} is no address of the internet")
    for address in public:
        verdict = evidence.judge.engine.verdict(address)
        ledger.write(
            str(verdict.status),
            f"{address} is held by {verdict.owner or 'nobody known'}",
            endpoint=address,
            jurisdiction=verdict.jurisdiction.name,
            owner=verdict.owner or "",
            grade=verdict.evidence,
            sources=(Source("inventory", str(evidence.inventory.path / "hosts.yml")),),
            chain=tuple(s.as_json() for s in verdict.chain),
        )


@pytest.mark.control("KW-FWL-01")
def test_default_deny(seen: HostSeen, ledger: Ledger) -> None:
    """Ensure the running firewall drops by default, in, out and through."""
    policies = firewall.policies(seen)
    for hook in ("input", "output", "forward"):
        policy = policies.get(hook)
        ledger.expect(
            policy == "drop",
            f"{hook}: what no rule names is dropped",
            f"{hook}: {'policy ' + policy if policy else 'no chain'}, so everything passes",
            component=hook,
            sources=(_RULES,),
        )


@pytest.mark.control("KW-FWL-02")
def test_only_declared_ports(seen: HostSeen, evidence: Evidence, ledger: Ledger) -> None:
    """Ensure each rule that accepts is for a port that a role of the platform declares."""
    wanted = declared_ports(seen, evidence)
    bad = 0
    for rule in firewall.accepts(seen):
        if rule.hook == "forward" or (not rule.needed and not _covered(rule, wanted)):
            bad += 1
            what = f"{rule.proto or 'any protocol'} {rule.port or 'any port'}"
            to = ", ".join(rule.peers[:5]) or "anywhere"
            source = Source("setting", firewall.PLACE, 0, rule.comment)
            ledger.failed(
                f"{rule.hook}: {what}, {to}: no role declares it",
                component=rule.hook,
                endpoint=f"{to} {rule.port}".strip(),
                sources=(source,),
            )
    if not bad:
        ledger.passed("every rule that accepts is declared", sources=(_RULES,))


def declared_ports(seen: HostSeen, evidence: Evidence) -> dict[str, set[tuple[str, str, bool]]]:
    """Return hook -> (protocol, port, whether anybody may be the peer), from the roles' meta."""
    url = urlsplit(str(evidence.inventory.host(seen.name).vars.get("kootwijk_depot_url", "")))
    depot = str(url.port or (443 if url.scheme == "https" else 80))
    made: dict[str, set[tuple[str, str, bool]]] = {"input": set(), "output": set()}
    everyone = {role for host in evidence.inventory.hosts for role in host.roles}
    for role in everyone:
        for line in declared(role):
            port = depot if line.peer == "depot" else line.port
            own = role in seen.roles
            if own:
                hook = "input" if line.way == "in" else "output"
                made[hook].add((line.proto, port, line.peer == "world"))
            if line.way == "out" and line.peer in seen.roles:
                made["input"].add((line.proto, port, False))
    return made


def _covered(rule: firewall.Accept, wanted: dict[str, set[tuple[str, str, bool]]]) -> bool:
    if not rule.port and rule.proto == "" and rule.comment == "":
        return False
    open_to_all = not rule.peers
    return all(
        any(
            (proto, port) == (rule.proto, one) and (world or not open_to_all)
            for proto, port, world in wanted.get(rule.hook, ())
        )
        for one in rule.port.split(",")
    )


@pytest.mark.control("KW-FWL-03")
def test_nothing_called_home(seen: HostSeen, evidence: Evidence, ledger: Ledger) -> None:
    """Ensure the firewall's notes hold no public address that the host tried in vain."""
    met = 0
    for address, proto, port, count in firewall.refused(seen):
        place = evidence.judge.place(seen.name, address)
        if place.scope in ("own", "internal", "documentation"):
            continue
        met += 1
        source = Source("log", "refused by the firewall", 0, f"{proto} {port}, {count} times")
        verdict = place.verdict
        ledger.failed(
            f"tried {address} {proto} {port} {count} times",
            component="connections",
            endpoint=address,
            jurisdiction=verdict.jurisdiction.name if verdict else "UNKNOWN",
            owner=(verdict.owner or "") if verdict else "",
            grade="E4",
            sources=(source,),
        )
    if not met:
        ledger.passed("no public address was tried in vain since the rules were loaded", grade="E4")


@pytest.mark.control("KW-FWL-04")
def test_refused_when_tried(seen: HostSeen, host: Any, evidence: Evidence, ledger: Ledger) -> None:
    """Ensure the host refuses itself a connection to the depot at a port that nobody declares."""
    url = urlsplit(str(evidence.inventory.host(seen.name).vars.get("kootwijk_depot_url", "")))
    program = (
        "import socket\n"
        f"try: socket.create_connection(('{url.hostname}', {_DISCARD}), timeout=4)\n"
        "except OSError as why: print(why.errno or 'no answer')\n"
        "else: print('connected')"
    )
    answer = str(host.run(f'python3 -I -c "{program}"').stdout).strip()
    where = f"{url.hostname} port {_DISCARD}"
    ledger.expect(
        answer in _REFUSED,
        f"{where} was refused by the host's own firewall (error {answer})",
        f"{where} was let out: {_SAID.get(answer, answer or 'no answer')}",
        grade="E4",
    )
