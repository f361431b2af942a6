"""Every control of the catalogue has one test, and every test names one control."""

from __future__ import annotations

import ast
from collections import Counter

import pytest

from deploy.paths import ROOT
from verify import catalogue
from verify.catalogue.controls import FRAMEWORKS
from verify.model import LAYERS

FOLDER = ROOT / "verify" / "controls"


def control_tests() -> dict[str, tuple[str, str]]:
    """Return name -> (control, docstring) of every test of the controls."""
    found = {}
    for path in sorted(FOLDER.glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                marks = [
                    d.args[0].value
                    for d in node.decorator_list
                    if isinstance(d, ast.Call)
                    and isinstance(d.func, ast.Attribute)
                    and d.func.attr == "control"
                    and isinstance(d.args[0], ast.Constant)
                ]
                assert len(marks) == 1, f"{path.name}::{node.name} names {len(marks)} controls"
                found[f"{path.name}::{node.name}"] = (str(marks[0]), ast.get_docstring(node) or "")
    return found


def test_each_control_has_one_test() -> None:
    counted = Counter(control for control, _ in control_tests().values())
    assert set(counted) == set(catalogue.controls())
    assert [c for c, n in counted.items() if n > 1] == []


@pytest.mark.parametrize("name", control_tests())
def test_each_test_says_what_it_ensures(name: str) -> None:
    assert control_tests()[name][1].startswith("Ensure ")


@pytest.mark.parametrize("name", catalogue.controls())
def test_each_control_is_complete_in_both_languages(name: str) -> None:
    control = catalogue.controls()[name]
    assert control.statement.endswith(".")
    assert control.statement_nl.endswith(".")
    assert control.statement != control.statement_nl
    assert control.remedy.en.endswith(".")
    assert control.remedy.nl.endswith(".")
    assert control.frameworks
    assert set(control.frameworks) <= set(FRAMEWORKS)


def test_every_layer_has_a_control() -> None:
    named = {
        layer for c in catalogue.controls().values() if len(c.layers) == 1 for layer in c.layers
    }
    assert named == set(LAYERS)


def test_defaults_are_complete() -> None:
    for default in catalogue.defaults():
        assert default.layer in LAYERS
        assert default.check
