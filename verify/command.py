"""`kootwijk verify`: look, print, keep, and return the exit code."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.narrate import say
from verify.model import BAD, LAYERS, Status

if TYPE_CHECKING:
    import argparse

    from deploy.inventory import Inventory
    from verify.model import Finding, Run
    from verify.report.writing import Options, Written


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments to ``parser``."""
    add = parser.add_argument
    add("--out", type=Path, metavar="DIR", help="write the run, its reports and the evidence here")
    add("--language", choices=("nl", "en"), help="one page only; without it, both")
    add(
        "--since",
        type=Path,
        metavar="RUN",
        help="compare with this run.json or bundle, not the last",
    )
    add(
        "--sign-key",
        type=Path,
        metavar="FILE",
        help="sign with this Ed25519 key, not the inventory's",
    )


def run(
    inventory: Inventory,
    *,
    out: Path | None = None,
    options: Options | None = None,
    json_wanted: bool = False,
) -> int:
    """Verify ``inventory``, print the result, return 0, 1 or 3 as docs/reference/verify.md says."""
    from verify.report.writing import Options, write_all  # noqa: PLC0415
    from verify.run import verify  # noqa: PLC0415  (pytest and the engine take half a second)

    found = verify(inventory)
    written = write_all(found, out, inventory.path, options or Options()) if out else None
    if json_wanted:
        print(json.dumps(found.as_json(), indent=1, ensure_ascii=True))
        if written:
            say(_files(written).strip())
    else:
        print(as_text(found))
        print(_files(written) if written else "", end="")
    return found.exit_code


def _files(written: Written) -> str:
    """Return where everything is, what a reader opens first."""
    pages = [f"{language}: {path}" for language, path in written.pages.items()]
    others = ", ".join(sorted(str(p.relative_to(written.out)) for p in written.others))
    signed = f"signed by key {written.key}" if written.key else "not signed"
    lines = [
        "",
        *(f"Report {page}" for page in pages),
        f"Beside it: {others}",
        f"Evidence: {written.archive}",
        f"  statement {written.statement}",
        f"  {signed}",
    ]
    return "\n".join(lines) + "\n"


def as_text(found: Run) -> str:
    """Return the run for people: what is wrong first, then each layer on a line."""
    lines = [*map(_line, [f for f in found.findings if f.status in BAD])]
    waived = [f for f in found.findings if f.status is Status.WAIVED]
    if waived:
        lines += ["", "Explained (waived)"]
        counts = Counter((f.waiver, f.layer, f.component) for f in waived)
        lines += [f"  {w}: {n} findings, {layer} {c}" for (w, layer, c), n in counts.items()]
    lines += ["", "By layer"]
    for layer, counts in found.summary()["by_layer"].items():
        said = ", ".join(f"{n} {status}" for status, n in counts.items())
        lines.append(f"  {layer:4} {LAYERS[layer]:32} {said}")
    missing = [h for h in found.hosts if not h.reached]
    lines += [f"  not reached: {h.name}: {h.error.splitlines()[0]}" for h in missing]
    total = found.summary()
    counted = ", ".join(f"{n} {s}" for s, n in total["findings"].items() if n)
    hosts = f"{total['hosts_reached']} of {total['hosts']} hosts, {total['controls']} controls"
    seen = f"{total['observations']} observations of {total['endpoints']} endpoints"
    lines += ["", f"{found.status}: {counted}", f"{hosts}, {seen}"]
    return "\n".join(map(clean, lines)).lstrip("\n")


def _line(finding: Finding) -> str:
    where = f"\n    where: {finding.sources[0]}" if finding.sources else ""
    what = " ".join(filter(None, [finding.component, finding.endpoint]))
    head = f"{finding.status} {finding.control} {finding.host} {finding.layer} {what}"
    return f"{head}\n    {finding.reason}{where}\n    do: {finding.remedy.en}"


def clean(text: str) -> str:
    """Return ``text`` without what a terminal would obey; lines stay lines."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
