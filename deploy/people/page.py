"""The reference of what a roster may say, from its published schemas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from deploy.people.cells import ACCOUNTS, ADDRESSES, BETWEEN

_SCHEMAS = Path(__file__).parent / "schemas"


def _ours(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


_ABOUT = f"""\
A roster is CSV (people alone) or YAML (which may name a source instead of people), told apart by
the name of its file: `.yml` and `.yaml` are YAML. [People](people.md) says what happens with it.
Text is UTF-8, with or without BOM; blanks around a value do not matter. In CSV, several values in
one cell stand between `{BETWEEN}`, and columns between `,`, `;` or tabs; what a file has no column
for stays as it is, an empty cell empties it. In YAML, `version: 1` must be there, and values are
taken as they are written: a date needs no quotes. No team has a `;` in its name, no address a `+`,
`%`, `!` or `*` before the `@`.

The platform's own in every domain are {_ours(ADDRESSES)}:
no login name, shared mailbox, address or alias is one of them. Who reads what is written to them
is said in the inventory (`kootwijk_postmasters`). Nor is {_ours(ACCOUNTS)} a login name.

- Examples: [department.csv](../../examples/department.csv),
  [department.yml](../../examples/department.yml).
- Schemas: [department.schema.json](../../deploy/people/schemas/department.schema.json) and, of one
  person, [roster.schema.json](../../deploy/people/schemas/roster.schema.json)."""


def document(note: str) -> str:
    """Return docs/reference/roster.md; ``note`` says how it is made."""
    person, whole = (_schema(name) for name in ("roster", "department"))
    sections = {n: p for n, p in whole["properties"].items() if n not in {"version", "source"}}
    lines = ["# What a roster may say", "", note, "", _ABOUT, ""]
    for name, part in sections.items():
        items = person if "$ref" in part["items"] else part["items"]
        lines += [f"## {name}", "", part["description"], "", *_table(items), ""]
    source = whole["properties"]["source"]
    lines += ["## source", "", source["description"], ""]
    for kind in source["oneOf"]:
        lines += [f"### {kind['title']}", "", *_table(kind), ""]
    return "\n".join(lines).rstrip() + "\n"


def _table(items: dict[str, Any]) -> list[str]:
    rows = ["| name | must be there | what |", "|---|---|---|"]
    for name, found in items["properties"].items():
        needed = "yes" if name in items["required"] else ""
        several = " Several." if found.get("type") == "array" else ""
        rows.append(f"| `{name}` | {needed} | {_what(found)}{several} |")
    return rows


def _what(found: dict[str, Any]) -> str:
    if "description" in found:
        return str(found["description"])
    if "enum" in found:
        return ", ".join(f"`{v}`" for v in found["enum"]) + f"; `{found['default']}` without it."
    return f"In any script; at most {found['maxLength']} characters."


def _schema(name: str) -> dict[str, Any]:
    text = (_SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
