"""Thin over deploy.roles: the Debian packages of this host's tiers."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3]))

from deploy.inventory import roles_of
from deploy.plugins.of_roles import OfRoles
from deploy.roles import packages

DOCUMENTATION = """
name: kootwijk_packages
short_description: The Debian packages of this host's tiers
description: >-
  Returns what the roles of the current host's tiers name in meta/depot.yml, each once. The roles
  that every host has are not among them: they come first, and start what they install.
options: {}
"""


class LookupModule(OfRoles):
    def run(self, _terms, variables=None, **kwargs):
        return packages(set(self.roles(variables, kwargs)) - set(roles_of(frozenset())))
