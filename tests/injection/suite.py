"""Plant, look, judge, take away: every case, one at a time on a host, hosts beside each other."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING

from deploy.artifacts import applied
from deploy.errors import KootwijkError
from verify import evidence
from verify.contracts import Contract
from verify.model import BAD
from verify.observe.observations import host_of
from verify.run import conclude

from .planting import Agent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from deploy.inventory import Host, Inventory
    from verify.model import Finding

    from .cases import Case

Key = tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of one case.

    ``hits`` are the findings that were wanted, ``false`` the ones that nothing explains; both are
    new, compared with the host before. ``error``: it could not be planted or looked at.
    """

    case: Case
    host: str
    hits: tuple[Finding, ...] = ()
    false: tuple[Finding, ...] = ()
    seconds: float = 0.0
    error: str = ""
    skipped: str = ""

    @property
    def right(self) -> bool:
        if self.error or self.skipped:
            return False
        return not self.false if self.case.near_miss else bool(self.hits)

    @property
    def layer_right(self) -> bool:
        return any(f.layer == self.case.layer for f in self.hits)


class Looker:
    """Looks at one host as `kootwijk verify` does, and returns what is bad."""

    def __init__(self, inventory: Inventory) -> None:
        self._look = evidence.prepare(inventory)
        self._one = Lock()  # the controls are pytest's, which runs once at a time

    def bad(
        self, host: Host, *, pages: bool = False, more: tuple[Contract, ...] = ()
    ) -> dict[Key, Finding]:
        """Return what is bad on ``host``; ``more`` are contracts beside the inventory's."""
        look = replace(self._look, contracts=(*self._look.contracts, *more))
        seen = look.at([host.name], outside=False, pages=pages)
        for one in seen.hosts:
            if not one.reached:
                raise KootwijkError(one.error, where=one.name)
        with self._one:
            found = conclude(seen).findings
        return {key(f): f for f in found if f.status in BAD}


def key(finding: Finding) -> Key:
    return (
        finding.control,
        finding.host,
        finding.component,
        finding.layer,
        finding.endpoint,
        str(finding.status),
    )


def run(
    inventory: Inventory, cases: Iterable[Case], say: Callable[[Outcome], None] = lambda _: None
) -> list[Outcome]:
    """Run the cases; those whose role no host of the first organisation has are skipped."""
    organisation = inventory.hosts[0].organisation
    by_host: dict[str, list[Case]] = {}
    made: list[Outcome] = []
    for case in cases:
        hosts = inventory.with_role(case.host, organisation)
        there = [h for h in hosts if applied((case.host,), _versions(h))]
        if there:
            by_host.setdefault(there[0].name, []).append(case)
        else:
            made.append(Outcome(case, "", skipped=f"no host has {case.host}"))
    looker = Looker(inventory)
    with ThreadPoolExecutor(max_workers=3) as pool:
        for outcomes in pool.map(
            lambda item: _on(inventory, looker, item[0], item[1], say), by_host.items()
        ):
            made += outcomes
    return sorted(made, key=lambda o: o.case.id)


def _versions(host: Host) -> dict[str, str]:
    return host.vars.get("kootwijk_artifact_versions") or {}


def _on(
    inventory: Inventory,
    looker: Looker,
    name: str,
    cases: Sequence[Case],
    say: Callable[[Outcome], None],
) -> list[Outcome]:
    host, made = inventory.host(name), []
    with Agent(inventory, host) as agent:
        before = {False: looker.bad(host)}
        for case in cases:
            if case.pages and True not in before:
                agent.undo()
                before[True] = looker.bad(host, pages=True)
            outcome = _try(agent, looker, case, before[case.pages])
            made.append(outcome)
            say(outcome)
            if case.lasting:
                agent.undo()
                before = {False: looker.bad(host)}
    return made


def contracts(case: Case) -> tuple[Contract, ...]:
    """Return the contracts that a case adds to the inventory's."""
    return tuple(Contract(**step["contract"]) for step in case.plant if "contract" in step)


def _try(agent: Agent, looker: Looker, case: Case, before: dict[Key, Finding]) -> Outcome:
    start = time.monotonic()
    try:
        agent.plant(case)
        found = looker.bad(agent.host, pages=case.pages, more=contracts(case))
        agent.undo()
    except KootwijkError as why:
        return Outcome(case, agent.host.name, error=str(why))
    new = [f for k, f in found.items() if k not in before]
    return judged(case, agent.host.name, new, round(time.monotonic() - start, 2))


def _subject(finding: Finding) -> str:
    """Return what a finding is about: an endpoint's host, a file, else the component."""
    if not finding.endpoint or " " in finding.endpoint:  # an issuer has a name in words
        return finding.endpoint or finding.component
    if finding.endpoint.startswith("/"):
        return finding.endpoint
    return host_of(finding.endpoint).lower()


def judged(case: Case, host: str, new: Sequence[Finding], seconds: float = 0.0) -> Outcome:
    """Return the outcome that follows from the new findings. Pure."""
    hits = tuple(
        f
        for f in new
        if case.wants(_subject(f))
        and f.status in case.statuses
        and case.control in ("*", f.control)
    )
    false = tuple(f for f in new if f not in hits and not case.allows(_subject(f)))
    return Outcome(case, host, hits, false, seconds)
