"""Thin over deploy.peers: from where a role's hosts come."""

import sys
from pathlib import Path

from ansible.plugins.lookup import LookupBase

sys.path.append(str(Path(__file__).parents[3]))

from deploy.peers import same_organisation

DOCUMENTATION = """
name: kootwijk_addresses
short_description: Addresses of this organisation's hosts
description: >-
  Returns the addresses, of both families, of the hosts of the current host's organisation that run
  one of the named roles.
options:
  _terms:
    description: Names of roles.
    required: true
"""


class LookupModule(LookupBase):
    def run(self, terms, variables=None, **kwargs):
        self.set_options(var_options=variables, direct=kwargs)
        found = [p for role in terms for p in same_organisation(variables, role)]
        return list(dict.fromkeys(address for peer in found for address in peer.addresses))
