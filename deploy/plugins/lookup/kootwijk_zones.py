"""Thin over deploy.peers: where organisations' zones are served, and which keys sign them."""

import sys
from pathlib import Path

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

sys.path.append(str(Path(__file__).parents[3]))

from deploy.peers import peers

DOCUMENTATION = """
name: kootwijk_zones
short_description: The zones of organisations, with servers and keys
description: >-
  Returns, for each named organisation that serves its own zone, a mapping with name, addresses and
  ds, from the inventory and from what its name server says of its keys.
options:
  _terms:
    description: Names of organisations.
    required: true
"""


class LookupModule(LookupBase):
    def run(self, terms, variables=None, **kwargs):
        self.set_options(var_options=variables, direct=kwargs)
        servers = [peer for peer in peers(variables) if "knot" in peer.roles]
        zones = (self._zone([s for s in servers if s.organisation == t], variables) for t in terms)
        return [zone for zone in zones if zone]

    def _zone(self, servers, variables):
        if not servers:
            return None
        domain = servers[0].domain
        facts = variables["hostvars"][servers[0].name].get("ansible_local") or {}
        ds = ((facts.get("knot") or {}).get("zones") or {}).get(domain)
        if not ds:
            raise AnsibleError(
                f"the keys that sign {domain} are not known: '{servers[0].name}' did not say them. "
                "Deploy without --limit, or see that it is there and was deployed before"
            )
        addresses = [address for server in servers for address in server.addresses]
        return {"name": domain, "addresses": addresses, "ds": ds}
