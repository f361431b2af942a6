"""What the evidence of a real run must be; the lab tests ask it of every platform they build."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from trestle.oscal import assessment_results

from deploy import secrets
from deploy.paths import ROOT
from tests.lab.platform import kootwijk, ok

if TYPE_CHECKING:
    from pathlib import Path

_SCHEMAS = ROOT / "verify" / "report" / "schemas"


def valid_and_checked(inventory: Path, out: Path) -> None:
    """Verify twice with ``--out``; hold every file to its format, and the chain to its key."""
    for _ in range(2):
        done = kootwijk("verify", "--out", str(out), inventory=inventory)
        assert done.returncode in (0, 1), done.stderr[-3000:]
        assert str(out / "report.nl.html") in done.stdout
    for name in ("run", "scores", "changes"):
        schema = json.loads((_SCHEMAS / f"{name}.schema.json").read_text())
        found = json.loads((out / f"{name}.json").read_text())
        jsonschema.Draft202012Validator(schema).validate(found)
    assessment_results.Model.parse_raw((out / "assessment-results.oscal.json").read_text())
    bills = sorted((out / "sbom").iterdir())
    assert len(bills) == sum(
        h["reached"] for h in json.loads((out / "run.json").read_text())["hosts"]
    )
    for bill in bills:
        text = bill.read_text()
        assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
        origins = [p["value"] for c in json.loads(text)["components"] for p in c["properties"]]
        assert not [o for o in origins if o.startswith(("none:", "not asked"))], bill.name
    _no_secret(inventory, out)
    key = out.with_name(f"{out.name}.pem")
    key.write_text(ok("evidence", "key", inventory=inventory))
    words = ("evidence", "check", str(out), "--key", str(key))
    assert "OK: 3 bundles" in ok(*words, inventory=inventory)
    page = out / "report.nl.html"
    page.write_text(page.read_text().replace("Voldoet", "voldoet", 1) + " ")
    done = kootwijk(*words, inventory=inventory)
    assert done.returncode == 1
    assert "report.nl.html was changed" in done.stdout


def _no_secret(inventory: Path, out: Path) -> None:
    store = secrets.Store(inventory)
    held = store.get_many(store.names())
    for path in out.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert not [n for n, v in held.items() if len(v) > 11 and v.encode() in content], path
