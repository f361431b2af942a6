"""What programs read is valid by the formats' own rules, whatever a host says."""

from __future__ import annotations

import json
import os
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import jsonschema
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from trestle.oscal import assessment_results

from tests.unit.test_verify_report.runs import (
    ATTACKS,
    FAILING,
    HOST,
    finding,
    hostile,
    many,
    of,
    seen,
    waiver,
)
from verify.model import Finding, HostSeen, Observation, Source, Status
from verify.report import changes, oscal, sarif, sbom, writing

if TYPE_CHECKING:
    from verify.model import Run

SCHEMAS = Path(writing.__file__).parent / "schemas"
RUNS = {
    "failing": FAILING,
    "many": many(60),
    "empty": of(),
    **{f"attack {n}": hostile(a) for n, a in enumerate(ATTACKS)},
}
EVERY = pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    return found


def valid(content: Any, name: str) -> None:
    jsonschema.Draft202012Validator(schema(name)).validate(content)


@pytest.mark.parametrize("path", sorted(SCHEMAS.iterdir()), ids=lambda p: p.name)
def test_the_published_schemas_are_schemas(path: Path) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text()))


@pytest.mark.parametrize("whole", [True, False])
def test_run_json_is_valid(whole: bool) -> None:  # noqa: FBT001
    valid(json.loads(json.dumps(FAILING.as_json(whole=whole))), "run")


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "kootwijk.verify/2"},
        {"started": "yesterday"},
        {"findings": [{"control": "KW-DEP-01"}]},
        {"summary": {"status": "GREEN"}},
    ],
)
def test_the_schema_refuses_what_is_no_run(change: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        valid({**FAILING.as_json(whole=True), **change}, "run")


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (Finding, "finding"),
        (HostSeen, "host"),
        (Observation, "observation"),
        (Source, "source"),
    ],
)
def test_the_schema_knows_every_field_of_the_model(model: type, name: str) -> None:
    known = schema("run")["$defs"][name]["properties"]
    assert {f.name for f in fields(model)} <= set(known), "add it to schemas/run.schema.json"


@EVERY
def test_reports_are_valid_by_their_schemas(run: Run) -> None:
    found = writing.reports(run, FAILING, (waiver(),))
    for name in ("scores", "changes"):
        valid(json.loads(found[f"{name}.json"]), name)
    valid(json.loads(writing.reports(run, None, ())["changes.json"]), "changes")


@EVERY
def test_oscal_is_valid(run: Run) -> None:
    text = json.dumps(oscal.written(seen(run, FAILING, (waiver(),)), version="0.1.0"))
    assessment_results.Model.parse_raw(text)


def test_oscal_says_satisfied_only_of_what_is_met() -> None:
    made = oscal.written(seen(FAILING, waivers=(waiver(),)), version="0.1.0")
    (result,) = made["assessment-results"]["results"]
    states = {f["target"]["target-id"]: f["target"]["status"]["state"] for f in result["findings"]}
    assert states["KW-DEP-01"] == "not-satisfied"
    assert states["KW-DEP-02"] == "not-satisfied", "not tested is not satisfied"
    risks = {r["status"]: r for r in result["risks"]}
    assert set(risks) == {"open", "deviation-approved"}
    assert risks["deviation-approved"]["deadline"] == "2027-02-25T23:59:59+00:00"
    made = oscal.written(seen(of(finding())), version="0.1.0")
    (met,) = made["assessment-results"]["results"]
    states = {f["target"]["target-id"]: f["target"]["status"]["state"] for f in met["findings"]}
    assert states["KW-DEP-01"] == "satisfied"


def test_oscal_of_the_same_run_is_the_same() -> None:
    assert oscal.written(seen(FAILING), version="1") == oscal.written(seen(FAILING), version="1")


@EVERY
def test_sarif_is_valid(run: Run) -> None:
    """By what 2.1.0 demands; by the official schema too where $KOOTWIJK_SARIF_SCHEMA names it."""
    log = json.loads(json.dumps(sarif.written(seen(run, FAILING), version="0.1.0")))
    if named := os.environ.get("KOOTWIJK_SARIF_SCHEMA"):
        jsonschema.Draft4Validator(json.loads(Path(named).read_text())).validate(log)
    assert log["version"] == "2.1.0"
    (one,) = log["runs"]
    rules = [rule["id"] for rule in one["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules))
    for base in one["originalUriBaseIds"].values():
        assert urlsplit(base["uri"]).scheme == "file"
        assert base["uri"].endswith("/")
    for result in one["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] == "none" if result["kind"] != "fail" else result["level"] != "none"
        for place in result["locations"]:
            file = place.get("physicalLocation", {}).get("artifactLocation", {})
            assert file.get("uriBaseId", "mail1") in [*one["originalUriBaseIds"], "mail1"]
            assert file.get("uri", "").isascii()


@pytest.mark.parametrize(
    ("status", "kind", "level", "suppressed"),
    [
        (Status.PASS, "pass", "none", False),
        (Status.FAIL, "fail", "error", False),
        (Status.UNKNOWN, "fail", "error", False),
        (Status.WAIVER_EXPIRED, "fail", "error", False),
        (Status.WAIVED, "fail", "error", True),
        (Status.NOT_TESTED, "open", "none", False),
    ],
)
def test_sarif_keeps_the_statuses_apart(
    status: Status,
    kind: str,
    level: str,
    suppressed: bool,  # noqa: FBT001
) -> None:
    log = sarif.written(seen(of(finding(status))), version="0.1.0")
    (result,) = log["runs"][0]["results"]
    assert (result["kind"], result["level"]) == (kind, level)
    assert ("suppressions" in result) == suppressed
    region = result["locations"][0]["physicalLocation"]
    assert region["artifactLocation"] == {"uri": "etc/postfix/main.cf", "uriBaseId": "mail1"}
    assert region["region"] == {"startLine": 3}


def test_sarif_says_what_is_new() -> None:
    before = of(finding(Status.FAIL, endpoint="old"))
    now = of(finding(Status.FAIL, endpoint="old"), finding(Status.FAIL, endpoint="new"))
    results = sarif.written(seen(now, before), version="1")["runs"][0]["results"]
    assert [r["baselineState"] for r in results] == ["unchanged", "new"]


@EVERY
def test_the_bill_of_materials_is_valid(run: Run) -> None:
    for host in run.hosts:
        text = json.dumps(sbom.written(host, run, version="0.1.0"))
        assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_the_bill_of_materials_says_where_a_package_came_from() -> None:
    made = sbom.written(HOST, FAILING, version="0.1.0")
    found = {c["name"]: c for c in made["components"]}
    for one in made["components"]:
        assert PackageURL.from_string(one["purl"]).to_string() == one["purl"]
    said = {n: {p["name"]: p["value"] for p in c["properties"]} for n, c in found.items()}
    assert found["postfix"]["purl"].startswith("pkg:deb/debian/postfix@3.10.4-1~deb13u1?arch=amd64")
    assert found["postfix"]["supplier"]["name"] == "Debian"
    assert said["postfix"]["kootwijk:depot-snapshot"] == "c52ba54dd436"
    assert said["libc6"]["kootwijk:source-package"] == "glibc"
    assert "supplier" not in found["stray"], "no source offers it, so it is nobody's"
    assert said["stray"]["kootwijk:origin"].startswith("none")
    assert found["matrix-synapse"]["purl"] == "pkg:pypi/matrix-synapse@1.140.0"
    files, chat = found["nextcloud"], found["element-web"]
    assert files["hashes"] == [{"alg": "SHA-256", "content": "a" * 64}]
    assert {"name": "kootwijk:proved-by", "value": "signature"} in files["properties"]
    assert chat["version"] == "1.12.0"
    assert "hashes" not in chat
    assert sbom.written(HOST, FAILING, version="1") == sbom.written(HOST, FAILING, version="1")


def test_changes_are_what_the_page_and_sarif_say() -> None:
    found = changes.between(of(), FAILING)
    assert found is not None
    valid(found.as_json(), "changes")
