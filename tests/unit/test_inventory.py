from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from deploy import inventory
from deploy.errors import InputError
from deploy.paths import ROOT


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "inventories" / "lab", tmp_path / "lab"))


def change(folder: Path, name: str, old: str, new: str) -> None:
    file = folder / name
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_the_shipped_inventories_are_right() -> None:
    for name in ("lab", "pilot"):
        assert inventory.load(ROOT / "inventories" / name).hosts


def test_roles_come_from_the_playbook_in_its_order(lab: Path) -> None:
    found = inventory.load(lab)
    assert found.host("mail1").roles[:2] == ("nftables", "base")
    assert {"postfix", "dovecot", "rspamd"} < set(found.host("mail1").roles)
    assert "postgresql" not in found.host("mail1").roles
    assert [h.name for h in found.with_role("postfix", "elders")] == ["elders1"]


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("hosts.yml", "    web:\n", "    webb:\n", "unknown group 'webb'"),
        ("hosts.yml", "10.74.0.11", "10.74.0.10", "'dns1' and 'data1' have the same address"),
        ("hosts.yml", "7477::11", "7477::10", "have the same address fd4b:6f6f:7477::10"),
        ("hosts.yml", "10.74.0.11", "10.74.0.1", "10.74.0.1 is not a free address"),
        ("hosts.yml", "10.74.0.11", "10.75.0.11", "10.75.0.11 is not a free address"),
        ("hosts.yml", "10.74.0.11", "ten.seventy", "ansible_host is not an IP address"),
        ("hosts.yml", "web1", "Web_1", "host name is one label"),
        ("hosts.yml", "all:\n", "all: [\n", "not valid YAML"),
        ("group_vars/kootwijk.yml", "kootwijk_domain", "#", "has no kootwijk_domain"),
        ("group_vars/kootwijk.yml", "kootwijk.test", "kootwijk test", "not a domain name"),
        ("group_vars/all.yml", "http://10.74.0.1:8470", "10.74.0.1", "must be the depot's address"),
        ("group_vars/all.yml", "[10.74.0.1/32,", "[everywhere,", "kootwijk_admin_networks"),
        ("group_vars/all.yml", "10.74.0.0/24", "10.74.0.0/33", "kootwijk_lab must be"),
    ],
)
def test_what_is_wrong_is_said_before_anything_happens(
    lab: Path, file: str, old: str, new: str, said: str
) -> None:
    change(lab, file, old, new)
    with pytest.raises(InputError) as caught:
        inventory.load(lab)
    assert said in caught.value.what
    assert str(lab) in caught.value.where
    assert caught.value.next_step
    assert caught.value.exit_code == 2


def test_a_role_variable_of_the_wrong_type_is_named(lab: Path) -> None:
    (lab / "group_vars" / "mail.yml").write_text("postfix_message_size_limit: [huge]\n")
    with pytest.raises(InputError, match=r"(?s)postfix_message_size_limit.*\(role postfix\)"):
        inventory.load(lab)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("postfix_mesage_size: 3", "_mesage_size'; did you mean 'postfix_message_size_limit'?"),
        ("postfix_zzz: 3", "no variable 'postfix_zzz'; docs/reference/roles.md lists them"),
        ("postfx_message_size: 3", "'postfx_message_size'; did you mean 'postfix_message"),
        ("kootwik_domain: x.nl", "no variable 'kootwik_domain'; did you mean 'kootwijk_domain'?"),
        ("lemonldap_product_name: x", "did you mean 'lemonldap_ng_product_name'"),
        ("kootwijk_letter: {}", "no variable 'kootwijk_letter'; did you mean 'kootwijk_letters'?"),
        ("kootwijk_zzz: 3", "no variable 'kootwijk_zzz'; docs/reference/inventory.md lists them"),
        ("kootwijk_letters: {sendr: x}", "has no key 'sendr'; did you mean 'sender'?"),
        ("kootwijk_letters: {zzz: x}", "kootwijk_letters has no key 'zzz'; it has: sender, help"),
    ],
)  # fmt: skip
def test_a_variable_that_does_not_exist_is_named(lab: Path, line: str, said: str) -> None:
    (lab / "group_vars" / "mail.yml").write_text(f"{line}\n")
    with pytest.raises(InputError) as caught:
        inventory.load(lab)
    assert said in caught.value.what
    assert caught.value.what.count("\n") <= 1  # one slip, one sentence; a host's name, not each


def test_the_teams_own_variables_are_theirs(lab: Path) -> None:
    own = ("monitoring_url", "postgres_backup_day", "backup_names", "db_password", "nginxplus_x",
           "certificate_contact", "mail_size_limit", "domain", "turn_secret")  # fmt: skip
    text = "".join(f"{name}: x\n" for name in own) + "kootwijk_letters: {sender: A, help: B}\n"
    (lab / "group_vars" / "all.yml").open("a").write(text)
    assert inventory.load(lab).hosts


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no inventory directory"):
        inventory.load(tmp_path / "nowhere")


def test_no_hosts(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no hosts\.yml"):
        inventory.load(tmp_path)
    (tmp_path / "hosts.yml").write_text("---\nall: {hosts: {}}\n")
    with pytest.raises(InputError, match="has no hosts"):
        inventory.load(tmp_path)
