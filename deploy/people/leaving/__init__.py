"""Somebody leaves: out everywhere within a minute, proved by trying; later, deleted.

``leave`` locks the person in the directory, has every service look at once, and tries ways in that
it made before, until each is refused.
"""

from deploy.people.leaving.delete import delete
from deploy.people.leaving.deletion import Deletion
from deploy.people.leaving.leave import leave
from deploy.people.leaving.planning import Wishes, wishes
from deploy.people.leaving.proof import Outcome, ServiceOutcome

__all__ = ["Deletion", "Outcome", "ServiceOutcome", "Wishes", "delete", "leave", "wishes"]
