"""Thin over deploy.secrets: a secret by name, made at the first look-up."""

import sys
from pathlib import Path

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

sys.path.append(str(Path(__file__).parents[3]))

from deploy.errors import KootwijkError
from deploy.secrets import Store, public_half

DOCUMENTATION = """
name: kootwijk_secret
short_description: A secret of this inventory
description: Returns secrets of this inventory's encrypted store; one that is not there is made.
options:
  _terms:
    description: Names of secrets.
    required: true
  kind:
    description: What is made where there is none.
    type: str
    default: password
    choices: [password, rsa, ca]
  half:
    description: Of a key pair (rsa), which half is returned.
    type: str
    default: private
    choices: [private, public]
"""


class LookupModule(LookupBase):
    def run(self, terms, variables=None, **kwargs):
        self.set_options(var_options=variables, direct=kwargs)
        store = Store(Path(variables["inventory_dir"]))
        try:
            held = store.get_many([str(t) for t in terms], self.get_option("kind"))
            if self.get_option("half") == "public":
                held = {name: public_half(key) for name, key in held.items()}
        except KootwijkError as error:
            raise AnsibleError(str(error)) from error
        return [held[str(t)] for t in terms]
