"""Thin over deploy.endpoints: what the current host may open and let in."""

import sys
from dataclasses import asdict
from pathlib import Path

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase
from ansible.template import trust_as_template

sys.path.append(str(Path(__file__).parents[3]))

from deploy.endpoints import Surroundings, plan
from deploy.errors import KootwijkError
from deploy.paths import ROLES
from deploy.peers import peers

DOCUMENTATION = """
name: kootwijk_endpoints
short_description: The firewall rules of this host
description: >-
  Returns the rules that follow from the meta/endpoints.yml of the roles in the inventory, as a list
  of mappings with way, proto, port, world, peers, names and reason.
options:
  depot_url:
    description: Address of the depot.
    type: str
    required: true
  admin_networks:
    description: Networks that administration comes from.
    type: list
    elements: str
    required: true
"""


class LookupModule(LookupBase):
    def run(self, terms, variables=None, **kwargs):  # noqa: ARG002
        self.set_options(var_options=variables, direct=kwargs)
        everyone = peers(variables)
        me = next(peer for peer in everyone if peer.name == variables["inventory_hostname"])
        networks = tuple(map(str, self.get_option("admin_networks")))
        around = Surroundings(str(self.get_option("depot_url")), networks)

        def render(role, value):
            """Expand a declaration with this host's variables over the role's own defaults."""
            defaults = ROLES / role / "defaults" / "main.yml"
            own = (
                self._loader.load_from_file(str(defaults), trusted_as_template=True) or {}
                if defaults.exists()
                else {}
            )
            templar = self._templar.copy_with_new_env(available_variables={**own, **variables})
            return templar.template(trust_as_template(value))

        try:
            return [asdict(rule) for rule in plan(me, everyone, around, render)]
        except KootwijkError as error:
            raise AnsibleError(str(error)) from error
