"""The pilot lead's view: how far a department is, and what needs somebody. Counts, not content."""

from deploy.people.status.model import Activity, Group, Problem, Status, Storage, Unknown
from deploy.people.status.view import status

__all__ = ["Activity", "Group", "Problem", "Status", "Storage", "Unknown", "status"]
