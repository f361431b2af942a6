"""Thin over deploy.roles: the systemd units that this host's roles run."""

import sys
from pathlib import Path

from ansible.plugins.lookup import LookupBase

sys.path.append(str(Path(__file__).parents[3]))

from deploy import roles
from deploy.inventory import roles_of

DOCUMENTATION = """
name: kootwijk_units
short_description: The units of this host's roles
description: >-
  Returns what the roles of the current host declare in meta/services.yml, in the order in which
  the playbook applies the roles.
options: {}
"""


class LookupModule(LookupBase):
    def run(self, _terms, variables=None, **kwargs):
        self.set_options(var_options=variables, direct=kwargs)
        applied = roles_of(frozenset(variables["group_names"]))
        return [unit for role in applied for unit in roles.meta(role, "services")["units"]]
