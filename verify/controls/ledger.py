"""What a control's test writes down: findings. It fails when one of them is bad."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from verify import waivers
from verify.model import BAD, Finding, Status

if TYPE_CHECKING:
    from verify.catalogue import Control
    from verify.waivers import Waiver


@dataclass
class Ledger:
    """Findings of one control on one host (or, with ``host`` a domain, from outside)."""

    control: Control
    host: str
    waivers: tuple[Waiver, ...] = ()
    findings: list[Finding] = field(default_factory=list)

    def write(self, status: Status | str, reason: str, **more: Any) -> None:
        """Add a finding; ``more`` are fields of Finding. Waivers are applied here."""
        layers = self.control.layers
        layer = layers[0] if len(layers) == 1 else ""
        fields = {"layer": layer, "remedy": self.control.remedy, **more}
        made = Finding(
            control=self.control.id,
            status=Status(status),
            host=self.host,
            reason=reason,
            severity=self.control.severity,
            **fields,
        )
        today = datetime.now(UTC).date()
        self.findings += waivers.apply([made], self.waivers, today)

    def passed(self, reason: str, **more: Any) -> None:
        self.write(Status.PASS, reason, **more)

    def failed(self, reason: str, **more: Any) -> None:
        self.write(Status.FAIL, reason, **more)

    def unknown(self, reason: str, **more: Any) -> None:
        self.write(Status.UNKNOWN, reason, **more)

    def not_tested(self, reason: str, **more: Any) -> None:
        self.write(Status.NOT_TESTED, reason, **more)

    def expect(self, truth: object, right: str, wrong: str, **more: Any) -> None:
        """Write ``right`` as passed if ``truth`` holds, else ``wrong`` as failed."""
        self.write(Status.PASS if truth else Status.FAIL, right if truth else wrong, **more)

    def settle(self) -> None:
        """Raise AssertionError with every bad finding, for whoever runs the test."""
        bad = [f for f in self.findings if f.status in BAD]
        said = "\n".join(
            f"{f.status} {f.host} {f.component} {f.endpoint}: {f.reason}"
            + (f" [{f.sources[0]}]" if f.sources else "")
            for f in bad
        )
        assert not bad, said  # what a failing test looks like
