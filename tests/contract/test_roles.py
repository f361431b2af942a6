"""What STYLE and DESIGN ask of every role, held against every role."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from deploy import inventory, roles
from deploy.paths import ROLES, ROOT
from deploy.people import cells

if TYPE_CHECKING:
    from pathlib import Path

NAMES = sorted(path.name for path in ROLES.iterdir() if path.is_dir())
SECRET = re.compile(r"password|secret|_key$|_keys$")
PEERS = {"world", "platform", "admin", "depot"}


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def defaults(role: str) -> dict[str, Any]:
    file = ROLES / role / "defaults" / "main.yml"
    return (read(file) or {}) if file.exists() else {}


def texts(role: str) -> dict[Path, str]:
    folders = ("tasks", "templates", "handlers", "vars", "defaults")
    files = [p for f in folders for p in (ROLES / role / f).rglob("*") if p.is_file()]
    return {file: file.read_text(encoding="utf-8") for file in files}


def test_every_role_is_in_the_playbook() -> None:
    assert set(NAMES) == {role for _, names in inventory.plays() for role in names}


def test_rosters_take_no_name_of_the_platforms_own() -> None:
    duties = read(ROLES / "postfix" / "vars" / "main.yml")["__postfix_duties"]
    sender = defaults("postfix")["postfix_services_sender"]
    assert set(cells.ADDRESSES) == {*duties, sender}
    assert set(cells.ACCOUNTS) == {defaults("synapse")["synapse_rooms_account"]}


def test_every_role_has_its_name_as_tag() -> None:
    """Ensure that `deploy --tags ROLE` applies the role: remedies in the catalogue say so."""
    listed = [
        r for play in yaml.safe_load(inventory.SITE.read_text()) for r in play.get("roles", ())
    ]
    assert all(r["tags"] == r["role"] for r in listed)
    for file in (ROLES.parent / "verify/catalogue/controls").glob("*.yml"):
        assert set(re.findall(r"--tags (\w+)", file.read_text())) <= set(NAMES), file


@pytest.mark.parametrize("role", NAMES)
def test_argument_specs_are_complete(role: str) -> None:
    options = roles.options(role)
    assert set(defaults(role)) <= set(options), "a default that argument_specs does not know"
    for name, spec in options.items():
        assert name.startswith(f"{role}_"), name
        assert spec.get("description"), f"{name} has no description"
        assert spec.get("type"), f"{name} has no type"
        assert bool(spec.get("required")) != (name in defaults(role)), (
            f"{name} is either required or has a default"
        )


@pytest.mark.parametrize("role", NAMES)
def test_no_secret_has_a_default(role: str) -> None:
    held = {n: v for n, v in defaults(role).items() if SECRET.search(n) and "policy" not in n}
    assert not {n: v for n, v in held.items() if isinstance(v, str) and v and not v.startswith("/")}


def test_the_portal_says_the_length_that_the_directory_asks() -> None:
    asked = defaults("openldap")["openldap_password_min_length"]
    assert defaults("lemonldap_ng")["lemonldap_ng_password_min_length"] == asked
    wiring = read(ROOT / "deploy/playbooks/group_vars/all/lemonldap_ng.yml")
    said = wiring["lemonldap_ng_password_min_length"]
    assert f"openldap_password_min_length | default({asked})" in said


@pytest.mark.parametrize("role", NAMES)
def test_a_role_reads_no_other_roles_variables_and_no_group(role: str) -> None:
    groups = {group for group, _ in inventory.plays()} - {"all"}
    for file, text in texts(role).items():
        assert "kootwijk_" not in text.replace("kootwijk_depot", ""), f"{file} knows the platform"
        for other in set(NAMES) - {role}:
            found = re.search(rf"(?<![\w.'\"/-])(__)?{other}_[a-z]\w+(?=\s*[|}})\]])", text)
            assert not found or found[0].startswith(role), f"{file} reads {found and found[0]}"
        for group in groups:
            assert f"groups['{group}']" not in text, file
            assert f"groups.{group}" not in text, file


@pytest.mark.parametrize("role", NAMES)
def test_packages_units_and_endpoints_are_declared(role: str) -> None:
    depot = roles.meta(role, "depot")
    assert set(depot) <= {"debian", "wheels", "artifacts", "optional"}
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", name) for name in depot.get("debian", ()))
    units = roles.meta(role, "services")["units"]
    assert all(re.fullmatch(r"[\w@.-]+\.(service|timer|socket)", unit) for unit in units)
    endpoints = roles.meta(role, "endpoints")
    assert set(endpoints) <= {"listens", "connects"}
    for entry in [*endpoints.get("listens", ()), *endpoints.get("connects", ())]:
        assert entry["reason"].strip(), entry
        assert entry["proto"] in ("tcp", "udp"), entry
        peer = entry.get("from") or entry.get("to")
        assert peer in PEERS or peer in NAMES or "{{" in peer, f"nobody is '{peer}'"


@pytest.mark.parametrize("role", NAMES)
def test_every_role_has_a_scenario_and_a_readme(role: str) -> None:
    scenario = ROLES / role / "molecule" / "default"
    assert (scenario / "converge.yml").is_file()
    tests = list((scenario / "tests").glob("test_*.py"))
    assert tests
    for file in tests:
        found = re.findall(r'def test_\w+\([^)]*\)[^:]*:\n    """(\w+)', file.read_text("utf-8"))
        assert set(found) == {"Ensure"}, f"{file}: a check's docstring begins with Ensure"
    assert (ROLES / role / "README.md").is_file()


@pytest.mark.parametrize("role", NAMES)
def test_wiring_sets_only_what_the_role_knows(role: str) -> None:
    file = ROOT / "deploy" / "playbooks" / "group_vars" / "all" / f"{role}.yml"
    if file.exists():
        own = {name for name in read(file) or {} if name.startswith(f"{role}_")}
        assert own <= set(roles.options(role))
