"""Every upstream release is declared with its publisher's address and with what proves it."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from deploy import roles
from deploy.depot import declared
from deploy.depot.api import ARTIFACTS
from deploy.paths import ROLES

if TYPE_CHECKING:
    from deploy.depot.declared import Declared

DECLARED = declared.read(ARTIFACTS)
KEYS = ARTIFACTS.parent / "keys"


@pytest.mark.parametrize("one", DECLARED, ids=lambda one: f"{one.name} {one.version}")
def test_a_release_has_an_address_and_a_proof(one: Declared) -> None:
    assert one.url.startswith("https://")
    assert one.url.endswith(f"/{one.file}")
    assert one.version in one.url
    assert one.sha256 or one.signature
    if one.signature and one.signature.detached:
        assert one.signature.url.startswith("https://")
        assert one.version in one.signature.url


def test_what_roles_want_is_declared() -> None:
    wanted = set()
    for role in (path.name for path in ROLES.iterdir() if path.is_dir()):
        meta = roles.meta(role, "depot") or {}
        wanted |= {*(meta.get("artifacts") or ()), *(meta.get("optional") or ())}
    assert wanted == {one.name for one in DECLARED}


@pytest.mark.parametrize("file", sorted(KEYS.glob("*.asc")), ids=lambda path: path.name)
def test_a_key_has_the_fingerprint_that_is_written_beside_it(file: object) -> None:
    done = subprocess.run(
        ["gpg", "--show-keys", "--with-colons", str(file)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = re.findall(r"^fpr:+([0-9A-F]{40}):$", done.stdout, re.MULTILINE)
    table = (KEYS / "README.md").read_text(encoding="utf-8").replace(" ", "")
    assert found
    assert all(fingerprint in table for fingerprint in found)
