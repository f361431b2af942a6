from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from deploy import endpoints, endpoints_page, inventory, roles
from deploy.endpoints import Rule, Surroundings, declared, plan
from deploy.errors import InputError
from deploy.paths import ROLES, ROOT
from deploy.peers import Peer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AROUND = Surroundings("http://198.51.100.1:8470", ("198.51.100.1/32", "2001:db8::1/128"))
DECLARED: dict[str, dict[str, list[dict[str, Any]]]] = {
    "base": {
        "listens": [{"port": 22, "proto": "tcp", "from": "admin", "reason": "administration"}],
        "connects": [
            {"to": "depot", "port": 1, "proto": "tcp", "reason": "packages", "layer": "L9"},
            {"to": "{{ base_time_servers }}", "port": 123, "proto": "udp", "reason": "time"},
        ],
    },
    "postgresql": {
        "listens": [{"port": 9187, "proto": "tcp", "from": "platform", "reason": "measuring"}]
    },
    "roundcube": {
        "connects": [{"to": "postgresql", "port": 5432, "proto": "tcp", "reason": "settings"}]
    },
    "postfix": {
        "listens": [{"port": 25, "proto": "tcp", "from": "world", "reason": "mail in"}],
        "connects": [
            {"to": "world", "port": 25, "proto": "tcp", "reason": "mail out"},
            {"to": "postgresql", "port": 5432, "proto": "tcp", "reason": "addresses"},
        ],
    },
}


@pytest.fixture(autouse=True)
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Lay out the roles above where the planner looks for roles."""
    for role, lines in DECLARED.items():
        write(tmp_path, role, lines)
    monkeypatch.setattr(roles, "ROLES", tmp_path)
    monkeypatch.setattr(endpoints, "ROLES", tmp_path)
    roles.meta.cache_clear()
    yield tmp_path
    roles.meta.cache_clear()


def write(folder: Path, role: str, lines: object) -> None:
    file = folder / role / "meta" / "endpoints.yml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(lines))
    roles.meta.cache_clear()


def host(name: str, number: int, *names: str, organisation: str = "one") -> Peer:
    address = f"198.51.100.{number}"
    tiers = frozenset({"all"})
    return Peer(name, organisation, "example.test", address, f"2001:db8::{number}", tiers, names)


DATA = host("data1", 11, "base", "postgresql")
WEB = host("web1", 13, "base", "roundcube")
MAIL = host("mail1", 12, "base", "postfix")
FOREIGN = host("elders1", 50, "base", "postfix", "postgresql", organisation="two")
HOSTS = [DATA, WEB, MAIL, FOREIGN]


def rules(me: Peer, hosts: list[Peer] = HOSTS, **variables: Any) -> dict[tuple[str, str], Rule]:
    """Return the plan by (way, port/proto), with '*' appended where anybody may be the peer."""

    def render(_role: str, value: Any) -> Any:
        return variables.get(str(value).strip("{} "), [])

    found = plan(me, hosts, AROUND, render)
    keys = [(r.way, f"{r.port}/{r.proto}" + "*" * r.world) for r in found]
    assert len(keys) == len(set(keys)), "each port stands once"
    return dict(zip(keys, found, strict=True))


def test_what_a_role_connects_to_is_opened_on_both_sides_and_nowhere_else() -> None:
    assert rules(WEB)["out", "5432/tcp"].peers == DATA.addresses
    opened = rules(DATA)["in", "5432/tcp"]
    assert opened.peers == tuple(sorted(WEB.addresses + MAIL.addresses))
    assert not opened.world
    assert ("in", "5432/tcp") not in rules(WEB)
    assert ("out", "5432/tcp") not in rules(DATA)


def test_every_reason_for_an_open_port_is_told() -> None:
    opened = rules(DATA)["in", "5432/tcp"]
    assert opened.reason == "roundcube: settings; postfix: addresses"


def test_another_organisation_is_the_world() -> None:
    for found in (rules(MAIL), rules(DATA), rules(WEB)):
        for rule in found.values():
            assert not set(rule.peers) & set(FOREIGN.addresses)
    assert rules(MAIL)["in", "25/tcp*"].world
    assert rules(MAIL)["out", "25/tcp*"].peers == ()


def test_a_host_needs_no_rule_to_reach_itself() -> None:
    alone = host("kw1", 10, "base", "postgresql", "roundcube", "postfix")
    found = rules(alone, [alone])
    assert set(found) == {
        ("in", "22/tcp"),
        ("in", "25/tcp*"),
        ("out", "25/tcp*"),
        ("out", "8470/tcp"),
    }


def test_the_depots_port_is_that_of_its_url() -> None:
    assert rules(WEB)["out", "8470/tcp"].peers == ("198.51.100.1",)
    https = Surroundings("https://depot.example.nl/x", ())
    out = [r for r in plan(WEB, HOSTS, https, lambda *_: []) if r.names]
    assert [(r.port, r.names) for r in out] == [("443", ("depot.example.nl",))]
    with pytest.raises(InputError, match="not a URL"):
        plan(WEB, HOSTS, Surroundings("depot", ()), lambda *_: [])


def test_names_and_addresses_of_a_variable_are_kept_apart() -> None:
    servers = ["ntp.example.nl", "203.0.113.5", "2001:db8:1::/64"]
    rule = rules(WEB, base_time_servers=servers)["out", "123/udp"]
    assert rule.names == ("ntp.example.nl",)
    assert rule.peers == ("2001:db8:1::/64", "203.0.113.5")


def test_an_empty_variable_opens_nothing() -> None:
    assert not any(port.startswith("123") for _, port in rules(WEB))


def test_administration_comes_from_its_networks_alone() -> None:
    rule = rules(WEB)["in", "22/tcp"]
    assert (rule.peers, rule.world) == (AROUND.admin_networks, False)


def test_the_platform_is_every_other_host_of_the_organisation() -> None:
    expected = tuple(sorted(WEB.addresses + MAIL.addresses))
    assert rules(DATA)["in", "9187/tcp"].peers == expected


def test_the_order_does_not_depend_on_the_inventorys() -> None:
    one = plan(DATA, HOSTS, AROUND, lambda *_: [])
    two = plan(DATA, HOSTS[::-1], AROUND, lambda *_: [])
    assert [(r.way, r.port, r.peers) for r in one] == [(r.way, r.port, r.peers) for r in two]


GOOD = {"to": "world", "port": 25, "proto": "tcp", "reason": "mail"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"reason": ""}, "lacks reason"),
        ({"to": None}, "lacks to"),
        ({"proto": "icmp"}, "not understood"),
        ({"port": "smtp"}, "not understood"),
        ({"port": "1-2-3"}, "not understood"),
        ({"form": "world"}, "not understood"),
        ({"to": "postgres"}, "nobody is called 'postgres'"),
        ({"to": "../base"}, "nobody is called"),
    ],
)
def test_a_wrong_declaration_is_refused(house: Path, change: dict[str, Any], said: str) -> None:
    write(house, "postfix", {"connects": [{**GOOD, **change}]})
    with pytest.raises(InputError, match=said) as caught:
        rules(MAIL)
    assert "postfix/meta/endpoints.yml" in caught.value.where


def test_a_role_cannot_be_let_in_by_name(house: Path) -> None:
    line = {"from": "postgresql", "port": 25, "proto": "tcp", "reason": "mail"}
    write(house, "postfix", {"listens": [line]})
    with pytest.raises(InputError, match="nobody is called 'postgresql'"):
        rules(MAIL)


def test_an_unknown_part_of_the_file_is_refused(house: Path) -> None:
    write(house, "postfix", {"listen": [GOOD]})
    with pytest.raises(InputError, match="unknown key listen"):
        declared("postfix")


def test_the_page_shows_every_declaration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roles, "ROLES", ROLES)
    monkeypatch.setattr(endpoints, "ROLES", ROLES)
    roles.meta.cache_clear()
    page = endpoints_page.document(inventory.load(ROOT / "inventories" / "lab"))
    for path in ROLES.iterdir():
        for line in declared(path.name):
            assert f"| {path.name} | {line.port}/{line.proto} |" in page
            assert line.reason in page
    assert "| web1 | data1 | 5432/tcp | roundcube → postgresql |" in page
