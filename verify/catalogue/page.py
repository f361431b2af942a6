"""docs/reference/controls.md, generated from the catalogue."""

from __future__ import annotations

from verify.catalogue.controls import FRAMEWORKS, controls
from verify.catalogue.defaults import defaults


def document(note: str) -> str:
    """Return the page; ``note`` says how it is made."""
    lines = ["# Controls", "", note, ""]
    for control in controls().values():
        maps = "; ".join(f"{FRAMEWORKS[k]}: {', '.join(v)}" for k, v in control.frameworks.items())
        lines += [
            f"## {control.id}",
            "",
            control.statement,
            "",
            f"- severity: {control.severity}; layers: {', '.join(control.layers)}",
            *([f"- {maps}"] if maps else []),
            *([f"- needs: {control.needs}"] if control.needs else []),
            f"- what to do: {control.remedy.en}",
            "",
        ]
    lines += ["# Upstream defaults that are looked for", ""]
    lines += ["| service | setting | endpoint | layer | taken away by |", "|---|---|---|---|---|"]
    lines += [
        f"| {d.service} {d.version} | `{d.setting}` | {d.endpoint} | {d.layer} "
        f"| {', '.join(f'`{o}`' for o in d.overridden_by)} |"
        for d in defaults()
    ]
    return "\n".join(lines).rstrip() + "\n"
