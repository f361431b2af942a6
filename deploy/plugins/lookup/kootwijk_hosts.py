"""Thin over deploy.peers: the hosts of this host's organisation that have a role."""

import sys
from pathlib import Path

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

sys.path.append(str(Path(__file__).parents[3]))

from deploy.errors import KootwijkError
from deploy.peers import having, same_organisation

DOCUMENTATION = """
name: kootwijk_hosts
short_description: The hosts of this host's organisation
description: >-
  Returns the inventory names of the hosts of the current host's organisation that run one of the
  named roles (all of them, if none is named), in the inventory's order. A host whose role is left
  out, because the depot lacks its upstream release, does not run it.
options:
  _terms:
    description: Names of roles.
"""


class LookupModule(LookupBase):
    def run(self, terms, variables=None, **kwargs):
        self.set_options(var_options=variables, direct=kwargs)
        try:
            found = [peer for role in terms for peer in having(variables, role)]
            found = found if terms else same_organisation(variables)
        except KeyError as error:
            raise AnsibleError(f"a host of this inventory lacks the variable {error}") from error
        except KootwijkError as error:
            raise AnsibleError(str(error)) from error
        return list(dict.fromkeys(peer.name for peer in found))
