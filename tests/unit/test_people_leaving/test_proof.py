"""What makes somebody out, in, or nobody knows."""

from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest

from deploy.paths import ROOT
from deploy.people.leaving.proof import Door, Outcome, ServiceOutcome

SCHEMA = json.loads(
    (ROOT / "deploy" / "people" / "schemas" / "leave.schema.json").read_text("utf-8")
)
OPEN_THEN_SHUT = Door("session", before=True, after=1.5, open=False, seen="gone")
OUT = ServiceOutcome("portal", "kw1", [OPEN_THEN_SHUT], {"sessions": 2}, {"sessions": 0})


@pytest.mark.parametrize(
    ("service", "status"),
    [
        (OUT, "out"),
        (replace(OUT, left={"sessions": 1}), "in"),
        (replace(OUT, left=None), "unknown"),
        (replace(OUT, doors=[]), "unknown"),
        (replace(OUT, trouble="the watcher is masked"), "unknown"),
        (replace(OUT, doors=[replace(OPEN_THEN_SHUT, before=False)]), "unknown"),
        (replace(OUT, doors=[replace(OPEN_THEN_SHUT, before=None)]), "unknown"),
        (replace(OUT, doors=[replace(OPEN_THEN_SHUT, after=None, open=True)]), "in"),
        (replace(OUT, doors=[replace(OPEN_THEN_SHUT, after=None, open=None)]), "unknown"),
        (replace(OUT, doors=[replace(OPEN_THEN_SHUT, after=61.0)]), "in"),  # within a minute
        # Locked before: it may never have been open, and must be shut all the same.
        (replace(OUT, doors=[replace(OPEN_THEN_SHUT, before=False)], locked_before=True), "out"),
        (replace(OUT, doors=[], locked_before=True), "unknown"),
    ],
)
def test_out_is_only_what_was_seen_open_and_then_shut(service: ServiceOutcome, status: str) -> None:
    assert service.status == status


def outcome(*services: ServiceOutcome) -> Outcome:
    return Outcome("anna", "2026-11-25", "2036-11-25", "", ("Een",), (), ("Solo",), 1, services)


def test_what_is_still_open_weighs_more_than_what_is_not_known() -> None:
    unknown, still = replace(OUT, left=None), replace(OUT, left={"sessions": 1})
    assert outcome(OUT).exit_code == 0
    assert outcome(OUT, unknown).exit_code == 3
    assert outcome(OUT, unknown, still).exit_code == 1
    assert outcome(replace(OUT, not_handed="no such room")).exit_code == 1


def test_it_is_said_as_the_schema_has_it_and_in_words() -> None:
    found = outcome(OUT, replace(OUT, left=None, trouble="slow", handed=[("files", "now bert's")]))
    jsonschema.validate(found.as_json(), SCHEMA)
    text = "\n".join(found.lines())
    assert "portal   out; had 2 sessions; left: 0 sessions" in text
    assert "session: before: worked; refused after 1.5 s (gone)" in text
    assert "could not find out" in text
    assert "files: now bert's" in text
    assert "stays the only member of: Solo" in text
