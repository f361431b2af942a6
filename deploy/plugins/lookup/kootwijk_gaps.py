"""Thin over deploy.gaps: the upstream releases that a platform may not be deployed without."""

import sys
from pathlib import Path

from ansible.plugins.lookup import LookupBase

sys.path.append(str(Path(__file__).parents[3]))

from deploy import gaps, inventory
from deploy.errors import KootwijkError

DOCUMENTATION = """
name: kootwijk_gaps
short_description: The releases that this play's hosts want, and that are missing or unverified
description: >-
  Returns two sentences for each, what and how to mend it, for the hosts of the current play.
  Nothing for a lab, which may be deployed without.
options: {}
"""


class LookupModule(LookupBase):
    def run(self, _terms, variables=None, **kwargs):
        self.set_options(var_options=variables, direct=kwargs)
        if "kootwijk_lab" in variables:
            return []
        try:
            found = inventory.load(Path(variables["inventory_dir"]))
            names = set(variables["ansible_play_hosts_all"])
            gaps.admit(found, [host for host in found.hosts if host.name in names])
        except KootwijkError as error:
            return [str(error)]
        return []
