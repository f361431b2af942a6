"""What the lookups share that go by the roles of the current host."""

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

from deploy.artifacts import applied
from deploy.errors import KootwijkError
from deploy.inventory import roles_of


class OfRoles(LookupBase):
    def roles(self, variables, options):
        """Return the names in the playbook's order, without those whose release the depot lacks."""
        self.set_options(var_options=variables, direct=options)
        versions = self._templar.template(variables.get("kootwijk_artifact_versions") or {})
        try:
            return applied(roles_of(frozenset(variables["group_names"])), versions)
        except KootwijkError as error:
            raise AnsibleError(str(error)) from error
