"""Thin over deploy.artifacts: an upstream release as a host gets it from the depot."""

import sys
from pathlib import Path

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

sys.path.append(str(Path(__file__).parents[3]))

from deploy import artifacts
from deploy.errors import KootwijkError

DOCUMENTATION = """
name: kootwijk_artifact
short_description: An upstream release in the depot
description: >-
  Returns for each name the release that is pinned, as name, version, url (below the host's
  kootwijk_depot_url), sha256 and verified (by what, or "unverified"); nothing, {}, where this
  machine's depot lacks it. An inventory pins another version than deploy/depot/artifacts.yml in
  kootwijk_artifact_versions.
options:
  _terms:
    description: Names in deploy/depot/artifacts.yml.
    required: true
"""


class LookupModule(LookupBase):
    def run(self, terms, variables=None, **kwargs):
        self.set_options(var_options=variables, direct=kwargs)
        template = self._templar.template
        versions = template(variables.get("kootwijk_artifact_versions") or {})
        url = template(variables["kootwijk_depot_url"])
        try:
            return [artifacts.as_facts(artifacts.held(str(name), url, versions)) for name in terms]
        except KootwijkError as error:
            raise AnsibleError(str(error)) from error
