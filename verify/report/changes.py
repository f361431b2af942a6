"""What is different from the run before: a finding keeps its id as long as it is about the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from verify.model import BAD, Status

if TYPE_CHECKING:
    from verify.model import Finding, Run

SCHEMA = "kootwijk.changes/1"


@dataclass(frozen=True)
class Changes:
    """``since`` is when the other run began. ``moved`` are (before, now) with another status.

    ``appeared`` and ``gone`` leave out what passes: an endpoint of one's own that comes or goes is
    no news. ``newcomers`` are the owners outside that no finding named before.
    """

    since: str
    appeared: tuple[Finding, ...]
    gone: tuple[Finding, ...]
    moved: tuple[tuple[Finding, Finding], ...]
    newcomers: tuple[str, ...]
    unseen: tuple[str, ...] = ()

    @property
    def worse(self) -> bool:
        now = [*self.appeared, *(new for _, new in self.moved)]
        return any(f.status in BAD for f in now)

    def __bool__(self) -> bool:
        return bool(self.appeared or self.gone or self.moved or self.newcomers)

    def as_json(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "since": self.since,
            "appeared": [_brief(f) for f in self.appeared],
            "gone": [_brief(f) for f in self.gone],
            "moved": [{**_brief(new), "before": str(old.status)} for old, new in self.moved],
            "newcomers": list(self.newcomers),
            "unseen": list(self.unseen),
        }


def between(before: Run | None, now: Run) -> Changes | None:
    """Return what changed, or None where there is no run before.

    What stood on a host that was not reached this time is not gone: the host is in ``unseen``.
    """
    if before is None:
        return None
    old = {f.id: f for f in before.findings}
    new = {f.id: f for f in now.findings}
    unseen = {h.name for h in now.hosts if not h.reached}
    lost = [f for i, f in old.items() if i not in new and f.host not in unseen]
    return Changes(
        since=before.started,
        appeared=tuple(f for i, f in new.items() if i not in old and f.status is not Status.PASS),
        gone=tuple(f for f in lost if f.status is not Status.PASS),
        moved=tuple(
            (old[i], f) for i, f in new.items() if i in old and old[i].status is not f.status
        ),
        newcomers=tuple(sorted(_owners(now) - _owners(before))),
        unseen=tuple(sorted(unseen)),
    )


def _owners(run: Run) -> set[str]:
    return {f.owner for f in run.findings if f.owner}


def _brief(finding: Finding) -> dict[str, str]:
    return {
        "id": finding.id,
        "control": finding.control,
        "status": str(finding.status),
        "host": finding.host,
        "component": finding.component,
        "layer": finding.layer,
        "endpoint": finding.endpoint,
    }
