"""What a run of the verification suite is made of: observations, findings, hosts, the run.

Everything here is frozen and goes through ``as_json`` and ``from_json`` unchanged, so that a report
is a pure function of a run and a run of last month can be read again. The words are those of
docs/reference/verify.md.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

SCHEMA = "kootwijk.verify/1"
LAYERS: dict[str, str] = {
    "L1": "data centre",
    "L2": "transit",
    "L3": "hosting",
    "L4": "root, top-level domain, registrar",
    "L5": "authoritative DNS",
    "L6": "resolver",
    "L7": "PKI",
    "L8": "time",
    "L9": "packages and images",
    "L10": "mail transport",
    "L11": "reputation and antivirus feeds",
    "L12": "identity",
    "L13": "application calls and push",
    "L14": "assets loaded by browsers",
    "L15": "observability and backup",
    "L16": "support",
    "L17": "owner",
}


class Status(StrEnum):
    """A finding's outcome. Only PASS is green; WAIVED and NOT_TESTED are shown as themselves."""

    PASS = "PASS"  # noqa: S105
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"
    WAIVED = "WAIVED"
    WAIVER_EXPIRED = "WAIVER_EXPIRED"
    NOT_TESTED = "NOT_TESTED"


BAD = (Status.FAIL, Status.UNKNOWN, Status.WAIVER_EXPIRED)


@dataclass(frozen=True, slots=True)
class Source:
    """Where something was seen.

    ``kind``: ``file`` (``place`` is its path, ``line`` counts from 1), ``setting`` (``place`` is
    the command that printed it), ``default`` (compiled in, and nobody overrode it), ``unit``,
    ``connection``, ``log``, ``record`` (DNS; ``place`` is the zone), ``certificate``, ``page``,
    ``contract``, ``inventory``. ``setting`` is the key that holds it.
    """

    kind: str
    place: str
    line: int = 0
    setting: str = ""

    def __str__(self) -> str:
        where = f"{self.place}:{self.line}" if self.line else self.place
        return f"{where} ({self.setting})" if self.setting else where


@dataclass(frozen=True, slots=True)
class Observation:
    """One endpoint that one component of one host points at, as written there.

    ``host`` is the inventory's name for it, or a domain or page for what was seen from outside.
    ``grade`` is the evidence, E0 to E5. ``time`` is UTC, ISO 8601. ``observer`` is what looked.
    """

    host: str
    component: str
    layer: str
    endpoint: str
    source: Source
    grade: str
    time: str
    observer: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do about it, for the two readers."""

    en: str = ""
    nl: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one control says of one subject.

    ``endpoint``, ``component`` and ``layer`` are empty where a control is about a host as a whole.
    ``chain`` are the reasons, each a dict as `kootwijk jurisdiction` prints them. ``sources`` are
    all the places where the same thing was seen on the host; the first is the one to go to.
    ``waiver`` is the id of the waiver that covers it.
    """

    control: str
    status: Status
    host: str
    component: str = ""
    layer: str = ""
    endpoint: str = ""
    jurisdiction: str = ""
    owner: str = ""
    grade: str = "E2"
    sources: tuple[Source, ...] = ()
    reason: str = ""
    chain: tuple[dict[str, Any], ...] = ()
    severity: str = "high"
    criticality: str = "runtime"
    remedy: Remedy = Remedy()
    waiver: str = ""

    @property
    def id(self) -> str:
        """Return what is the same in every run in which this is found again: 16 hex digits."""
        parts = (self.control, self.host, self.component, self.layer, self.endpoint)
        return hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()[:16]

    def as_json(self) -> dict[str, Any]:
        made = asdict(self)
        made["id"] = self.id
        made["status"] = str(self.status)
        made["evidence"] = self.grade
        made["source"] = str(self.sources[0]) if self.sources else ""
        return made


@dataclass(frozen=True, slots=True)
class HostSeen:
    """A host and what it said. ``facts`` is what the controls and the reports read; see the page.

    ``reached`` false: ``error`` says why, and nothing else is known.
    """

    name: str
    fqdn: str
    address: str
    organisation: str
    roles: tuple[str, ...]
    reached: bool
    error: str = ""
    seconds: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """One run: what was looked at, with which data, what was seen and what follows from it.

    ``data`` names the facts and tables that the verdicts rest on, with their dates.
    """

    inventory: str
    started: str
    finished: str
    data: dict[str, str]
    hosts: tuple[HostSeen, ...]
    observations: tuple[Observation, ...]
    findings: tuple[Finding, ...]
    lab: bool = False

    @property
    def exit_code(self) -> int:
        """3 if a host was not reached, else 1 if a finding is bad, else 0."""
        if not all(h.reached for h in self.hosts):
            return 3
        return 1 if any(f.status in BAD for f in self.findings) else 0

    def summary(self) -> dict[str, Any]:
        """Return the counts: of findings by status, of hosts, of endpoints, by layer."""
        by_layer: dict[str, dict[str, int]] = {}
        for finding in self.findings:
            if finding.layer:
                row = by_layer.setdefault(finding.layer, {})
                row[str(finding.status)] = row.get(str(finding.status), 0) + 1
        return {
            "status": self.status,
            "exit_code": self.exit_code,
            "findings": {str(s): sum(f.status is s for f in self.findings) for s in Status},
            "hosts": len(self.hosts),
            "hosts_reached": sum(h.reached for h in self.hosts),
            "observations": len(self.observations),
            "endpoints": len({o.endpoint for o in self.observations}),
            "controls": len({f.control for f in self.findings}),
            "by_layer": {k: by_layer[k] for k in LAYERS if k in by_layer},
        }

    @property
    def status(self) -> str:
        """Return the run in one word: NOT_TESTED if a host is missing, else FAIL or PASS."""
        return {0: "PASS", 1: "FAIL", 3: "NOT_TESTED"}[self.exit_code]

    def as_json(self, *, whole: bool = False) -> dict[str, Any]:
        """Return the documented object, schema ``kootwijk.verify/1``.

        ``whole`` adds the observations and the hosts' facts (packages and the like).
        """
        made: dict[str, Any] = {
            "schema": SCHEMA,
            "inventory": self.inventory,
            "lab": self.lab,
            "started": self.started,
            "finished": self.finished,
            "data": self.data,
            "summary": self.summary(),
            "hosts": [_host(h, whole=whole) for h in self.hosts],
            "findings": [f.as_json() for f in self.findings],
        }
        if whole:
            made["observations"] = [asdict(o) for o in self.observations]
        return made

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Run:
        """Read what ``as_json(whole=True)`` wrote; KeyError or TypeError if it did not."""
        return cls(
            inventory=found["inventory"],
            lab=found["lab"],
            started=found["started"],
            finished=found["finished"],
            data=found["data"],
            hosts=tuple(
                HostSeen(**{**h, "roles": tuple(h["roles"]), "facts": h.get("facts", {})})
                for h in found["hosts"]
            ),
            observations=tuple(
                Observation(**{**o, "source": Source(**o["source"])})
                for o in found.get("observations", ())
            ),
            findings=tuple(_finding(f) for f in found["findings"]),
        )


def _host(host: HostSeen, *, whole: bool) -> dict[str, Any]:
    made = asdict(host)
    if not whole:
        del made["facts"]
    return made


def _finding(found: dict[str, Any]) -> Finding:
    own = {k: v for k, v in found.items() if k not in ("id", "evidence", "source")}
    return Finding(
        **{
            **own,
            "status": Status(own["status"]),
            "sources": tuple(Source(**s) for s in own["sources"]),
            "chain": tuple(own["chain"]),
            "remedy": Remedy(**own["remedy"]),
        }
    )
