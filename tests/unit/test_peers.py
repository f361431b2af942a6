from __future__ import annotations

from typing import Any

import pytest

from deploy.peers import having, peers, same_organisation


def variables(own: str = "one") -> dict[str, Any]:
    """Return what Ansible hands a plugin, of two organisations with a mail host each."""
    return {
        "kootwijk_organisation": own,
        "groups": {
            "all": ["dns1", "mail1", "elders1"],
            "names": ["dns1", "elders1"],
            "mail": ["mail1", "elders1"],
            "ungrouped": [],
        },
        "hostvars": {
            "dns1": host("198.51.100.10", "one", kootwijk_ipv6="2001:db8::10"),
            "mail1": host("198.51.100.12", "one"),
            "elders1": host("198.51.100.50", "two"),
        },
    }


def host(address: str, organisation: str, **more: str) -> dict[str, str]:
    return {
        "ansible_host": address,
        "kootwijk_organisation": organisation,
        "kootwijk_domain": f"{organisation}.test",
        **more,
    }


def test_a_host_has_the_roles_of_its_tiers_in_the_playbooks_order() -> None:
    dns1, mail1, elders1 = peers(variables())
    assert "knot" in dns1.roles
    assert "postfix" not in dns1.roles
    assert "postfix" in mail1.roles
    assert {"knot", "postfix"} < set(elders1.roles)
    assert elders1.roles.index("knot") < elders1.roles.index("postfix")
    assert len(set(elders1.roles)) == len(elders1.roles)


def test_a_host_has_its_names_and_addresses() -> None:
    dns1, mail1, _ = peers(variables())
    assert dns1.fqdn == "dns1.one.test"
    assert dns1.addresses == ("198.51.100.10", "2001:db8::10")
    assert mail1.addresses == ("198.51.100.12",)


@pytest.mark.parametrize(
    ("own", "role", "found"),
    [
        ("one", "postfix", ["mail1"]),
        ("two", "postfix", ["elders1"]),
        ("one", None, ["dns1", "mail1"]),
        ("one", "postgresql", []),
    ],
)
def test_only_hosts_of_the_same_organisation_are_found(
    own: str, role: str | None, found: list[str]
) -> None:
    assert [peer.name for peer in same_organisation(variables(own), role)] == found


def test_a_host_without_an_organisation_is_named_by_what_it_lacks() -> None:
    broken = variables()
    del broken["hostvars"]["mail1"]["kootwijk_organisation"]
    with pytest.raises(KeyError, match="kootwijk_organisation"):
        peers(broken)


def test_a_host_has_no_role_that_was_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    pinned = {"kootwijk_artifact_versions": {"app": "1"}}
    known = variables()
    known["hostvars"]["mail1"] |= pinned
    monkeypatch.setattr("deploy.peers.lacking", lambda _, versions: () if versions else ("app",))
    assert [peer.name for peer in having(known, "postfix")] == ["mail1"]
    del known["hostvars"]["mail1"]["kootwijk_artifact_versions"]
    assert having(known, "postfix") == ()
