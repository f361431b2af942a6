"""The module that keeps databases and owners: what it would do, how it knows a password."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from deploy.paths import ROOT

_FILE = ROOT / "deploy" / "plugins" / "modules" / "postgresql_databases.py"
_SPEC = importlib.util.spec_from_file_location("postgresql_databases", _FILE)
assert _SPEC
assert _SPEC.loader
module: Any = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(module)

# What PostgreSQL 17 itself stored for CREATE ROLE ... PASSWORD 'pencil'.
PENCIL = (
    "SCRAM-SHA-256$4096:ksPn6+6U5aa68Y+0X16y8Q=="
    "$h+MS0xrpHPOQnJrzVRiD68zWhJsgE+TTfXcHQyisvqQ=:WWkTYabPdgTRs3GAqi8TXgEF3wCt2OkXTJ1zSf+Xu2Y="
)
APP = {"name": "app", "owner": "app", "password": "pencil"}
DONE = {
    "roles": {"app": {"password": PENCIL, "plain": True}},
    "databases": {"app": {"owner": "app", "open": False}},
}


def said(wanted: list[dict[str, str]], state: dict[str, Any]) -> list[str]:
    return [what for what, _ in module.plan(wanted, state)]


def test_knows_what_postgresql_stored() -> None:
    assert module.fits("pencil", PENCIL)
    assert not module.fits("Pencil", PENCIL)
    assert not module.fits("pencil", "")
    assert not module.fits("pencil", "md5a1b2c3")


def test_own_verifiers_are_salted_and_fit() -> None:
    first, second = module.verifier("pencil"), module.verifier("pencil")
    assert first != second
    assert module.fits("pencil", first)
    assert module.fits("pencil", second)


@pytest.mark.parametrize("password", ["", "wachtwoordé", "tab\there"])
def test_what_would_need_saslprep_is_refused(password: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        module.verifier(password)


def test_nothing_to_do() -> None:
    assert module.plan([APP], DONE) == []


def test_from_nothing() -> None:
    steps = module.plan([APP], {"roles": {}, "databases": {}})
    assert [what for what, _ in steps] == [
        "role app made",
        "database app made",
        "database app: closed to others",
    ]
    assert not any("pencil" in sql for _, sql in steps)


def test_only_what_differs() -> None:
    rotated = [{**APP, "password": "pen"}]
    assert said(rotated, DONE) == ["role app: password set"]
    roles = {"app": {"password": PENCIL, "plain": False}}
    assert said([APP], {**DONE, "roles": roles}) == ["role app: more rights than a login"]
    databases = {"app": {"owner": "postgres", "open": True}}
    assert said([APP], {**DONE, "databases": databases}) == [
        "database app: owner app",
        "database app: closed to others",
    ]


def test_one_role_has_one_password() -> None:
    two = [APP, {**APP, "name": "more", "password": "pen"}]
    with pytest.raises(ValueError, match="two different passwords"):
        module.plan(two, DONE)


def test_names_are_quoted() -> None:
    assert module.quoted('a"; DROP') == '"a""; DROP"'
