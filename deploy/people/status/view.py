"""Ask the hosts and make the view."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from deploy.errors import UnreachableError
from deploy.people.directory import host_of
from deploy.people.status import collect, figures

if TYPE_CHECKING:
    from deploy.inventory import Inventory
    from deploy.people.status.model import Status


def status(
    inventory: Inventory, *, organisation: str | None = None, after_days: int = 14
) -> Status:
    """Return how ``organisation`` (by default that of the first host) is doing now.

    What a service does not say is unknown in it. Raises InputError for an organisation that is not
    there, UnreachableError if its directory does not answer: then there is nobody to count.
    """
    host = host_of(inventory, organisation or inventory.hosts[0].organisation)
    answers = collect.collect(inventory, host.organisation)
    for answer in answers:
        if answer.source == "directory" and answer.error:
            raise UnreachableError(
                "the directory does not answer, so nothing is known of anybody",
                where=f"{host.name} ({host.address})\n         {answer.error}",
                next_step="see that this host and slapd on it are up, then run this again",
            )
    return figures.make(
        answers,
        organisation=host.organisation,
        domain=host.domain,
        now=datetime.now(UTC),
        after_days=after_days,
    )
