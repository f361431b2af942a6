"""Thin over deploy.roles: the systemd units that this host's roles run."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3]))

from deploy import roles
from deploy.plugins.of_roles import OfRoles

DOCUMENTATION = """
name: kootwijk_units
short_description: The units of this host's roles
description: >-
  Returns what the roles of the current host declare in meta/services.yml, in the order in which
  the playbook applies the roles.
options: {}
"""


class LookupModule(OfRoles):
    def run(self, _terms, variables=None, **kwargs):
        names = self.roles(variables, kwargs)
        return [unit for role in names for unit in roles.meta(role, "services")["units"]]
