"""A department's roster becomes accounts, mailboxes and groups.

``plan`` says what would change, person by person; ``apply`` does it. Both read the directory in
one connection, ``apply`` writes in a second: no program is started per person.
"""

from deploy.people.change import Change, Plan
from deploy.people.model import Mailbox, Person, Roster, Team
from deploy.people.people import apply, plan, secret_name
from deploy.people.roster import load, read

__all__ = [
    "Change",
    "Mailbox",
    "Person",
    "Plan",
    "Roster",
    "Team",
    "apply",
    "load",
    "plan",
    "read",
    "secret_name",
]
