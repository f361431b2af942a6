"""Thin over deploy.peers: every host's name and addresses, whatever its organisation."""

import sys
from pathlib import Path

from ansible.plugins.lookup import LookupBase

sys.path.append(str(Path(__file__).parents[3]))

from deploy.peers import peers

DOCUMENTATION = """
name: kootwijk_reverse
short_description: Names and addresses of all hosts
description: Returns {name, addresses} of every host of the inventory, as reverse zones have them.
options: {}
"""


class LookupModule(LookupBase):
    def run(self, _terms, variables=None, **kwargs):
        self.set_options(var_options=variables, direct=kwargs)
        return [{"name": p.fqdn, "addresses": list(p.addresses)} for p in peers(variables)]
