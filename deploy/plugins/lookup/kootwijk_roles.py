"""Thin over deploy.inventory: the roles of the current host."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3]))

from deploy.paths import ROLES
from deploy.plugins.of_roles import OfRoles

DOCUMENTATION = """
name: kootwijk_roles
short_description: The roles of this host
description: >-
  Returns the names of the roles that the playbook gives the current host, in its order, without
  those whose upstream release the depot lacks.
options:
  having:
    description: Only roles with this file, as tasks/before.yml.
    type: str
    default: ""
"""


class LookupModule(OfRoles):
    def run(self, _terms, variables=None, **kwargs):
        names = self.roles(variables, kwargs)
        return [name for name in names if (ROLES / name / self.get_option("having")).exists()]
