"""A department's roster becomes accounts, mailboxes and groups.

``plan`` says what would change, person by person; ``apply`` does it. Both read the directory in
one connection, ``apply`` writes in a second: no program is started per person.
"""

from deploy.people.people import apply, plan, secret_name
from deploy.people.planning import Change, Plan
from deploy.people.roster import Person, read

__all__ = ["Change", "Person", "Plan", "apply", "plan", "read", "secret_name"]
