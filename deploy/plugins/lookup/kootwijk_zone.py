"""Thin over deploy.zone: the records of the current host's organisation."""

import sys
from pathlib import Path

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

sys.path.append(str(Path(__file__).parents[3]))

from deploy import zone
from deploy.errors import KootwijkError
from deploy.peers import same_organisation

DOCUMENTATION = """
name: kootwijk_zone
short_description: The records of this organisation's zone
description: >-
  Returns the records of the current host's organisation, made from the inventory and from what its
  hosts say of their certificates, as a list of mappings with name, type and data.
options:
  services:
    description: Service names by tier.
    type: dict
    required: true
  dkim:
    description: Private key (PEM) by selector.
    type: dict
    required: true
  reports:
    description: Local part of the address that gets reports.
    type: str
    default: postmaster
  issuers:
    description: Certificate authorities that may issue for the domain.
    type: list
    elements: str
    default: []
"""


class LookupModule(LookupBase):
    def run(self, terms, variables=None, **kwargs):  # noqa: ARG002
        self.set_options(var_options=variables, direct=kwargs)
        try:
            hosts = [self._host(peer, variables) for peer in same_organisation(variables)]
            return zone.records(
                hosts,
                domain=str(variables["kootwijk_domain"]),
                dkim=self.get_option("dkim"),
                reports=self.get_option("reports"),
                issuers=self.get_option("issuers"),
            )
        except KootwijkError as error:
            raise AnsibleError(str(error)) from error

    def _host(self, peer, variables):
        facts = variables["hostvars"][peer.name].get("ansible_local") or {}
        services = self.get_option("services")
        return zone.ZoneHost(
            name=peer.name,
            addresses=peer.addresses,
            services=tuple(
                s for tier, names in services.items() if tier in peer.groups for s in names
            ),
            mail="postfix" in peer.roles,
            spki=(facts.get("certificates") or {}).get("spki_sha256", ""),
        )
