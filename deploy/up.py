"""From nothing to a platform that a person can mail with: `kootwijk up`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deploy import depot, gaps, lock, people, site
from deploy.errors import CheckError
from deploy.lab import Lab
from deploy.narrate import Steps, say
from deploy.paths import ROOT, state
from deploy.run import install_packages, require_root
from verify import journeys
from verify.journeys.web import BROWSER

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deploy.gaps import Gap
    from deploy.inventory import Inventory
    from verify.journeys import Result

ROSTERS = (("department.yml", True), ("other-organisation.csv", False))


@dataclass(frozen=True)
class Up:
    """What `up` did: (step, seconds) in order, the journeys, and what it did without."""

    steps: tuple[tuple[str, float], ...]
    journeys: Sequence[Result]
    gaps: Sequence[Gap] = ()


def up(inventory: Inventory) -> Up:
    """Lab, depot, bootstrap, deploy, sample people, journeys; resumes where it stopped."""
    require_root("making a lab")
    steps = Steps()
    lab = Lab(inventory.name)
    with lock.hosts_of(inventory, "up"), ThreadPoolExecutor(2) as pool:
        # Installing the browser waits on the network and the disk while the rest computes.
        browser = pool.submit(install_packages, BROWSER)
        with steps.step("depot"):
            depot.sync()
        for line in gaps.lines(missing := gaps.admit(inventory, inventory.hosts)):
            say(f"!! {line}")
        with steps.step("lab"):
            lab.create(inventory)
        with steps.step("deploy"):
            outcome = site.deploy(inventory, told=True)
        if outcome.exit_code:
            raise CheckError(
                "the deployment did not finish on every host",
                where="\n         ".join(f"{f['host']}: {f['task']}" for f in outcome.failures),
                next_step="its reasons stand above; mend them and run the same command again",
            )
        with steps.step("people"):
            sample_people(inventory)
        with steps.step("browser"):
            browser.result()
        with steps.step("journeys"):
            results = journeys.run(inventory, screenshots=screenshots(inventory))
    return Up(tuple(steps.rows), results, missing)


def sample_people(inventory: Inventory) -> None:
    """Apply the sample rosters to the organisations that are in this inventory."""
    first = inventory.hosts[0].organisation
    others = sorted({h.organisation for h in inventory.hosts} - {first})
    for file, own in ROSTERS:
        for organisation in [first] if own else others:
            people.apply(inventory, ROOT / "examples" / file, organisation=organisation)


def screenshots(inventory: Inventory) -> Path:
    return state() / "screenshots" / inventory.name
