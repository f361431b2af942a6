#!/usr/bin/python3
"""Entries of a directory that must be there, and accounts with a password; says what it changed."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

try:
    import ldap
    import ldap.dn
except ImportError:
    ldap = None

DOCUMENTATION = """
module: openldap_tree
short_description: The tree of a directory, and the accounts that services bind with
description:
  - Makes entries that are missing and sets those of their attributes that are named and differ.
    Attributes and entries that are not named are left alone.
  - Accounts are entries right below I(accounts_base), which holds no others; one that is not named
    is removed. A password is tried by binding with it, and set only if that fails.
  - Binds as root over the local socket (SASL EXTERNAL).
attributes:
  check_mode:
    support: full
options:
  uri: {description: The local socket., type: str, default: "ldapi:///"}
  entries:
    description: Entries, parents first.
    type: list
    elements: dict
    required: true
    suboptions:
      dn: {description: The entry's name., type: str, required: true}
      attributes: {description: Attribute to value or list of values., type: dict, required: true}
  accounts:
    description: Accounts of services.
    type: list
    elements: dict
    default: []
    suboptions:
      name: {description: The account's cn., type: str, required: true}
      password: {description: Its password., type: str, required: true}
      people: {description: Not used here., type: list, elements: str}
      groups: {description: Not used here., type: list, elements: str}
      mailboxes: {description: Not used here., type: list, elements: str}
      app_passwords: {description: Not used here., type: str}
  accounts_base: {description: The entry that the accounts are below., type: str, required: true}
  accounts_policy: {description: The accounts' password policy., type: str, required: true}
"""

EXAMPLES = """
- openldap_tree:
    entries:
      - {dn: "dc=example,dc=test", attributes: {objectClass: [dcObject, organization], o: Example}}
      - {dn: "ou=services,dc=example,dc=test", attributes: {objectClass: organizationalUnit}}
    accounts: [{name: dovecot, password: "{{ dovecot_password }}"}]
    accounts_base: ou=services,dc=example,dc=test
    accounts_policy: cn=services,ou=policies,dc=example,dc=test
"""

RETURN = """
changes: {description: What was changed., type: list, elements: str, returned: always}
"""

_ACCOUNT = ["applicationProcess", "simpleSecurityObject"]


def main() -> None:
    named = {"name": {"type": "str", "required": True}}
    lists: dict[str, dict[str, str]] = {
        **{k: {"type": "list", "elements": "str"} for k in ("people", "groups", "mailboxes")},
        "passwords": {"type": "bool"},
    }
    secret = {"password": {"type": "str", "required": True, "no_log": True}}
    right = {"app_passwords": {"type": "str", "no_log": False}}
    entry = {
        "dn": {"type": "str", "required": True},
        "attributes": {"type": "dict", "required": True},
    }
    module = AnsibleModule(
        argument_spec={
            "uri": {"type": "str", "default": "ldapi:///"},
            "entries": {"type": "list", "elements": "dict", "required": True, "options": entry},
            "accounts": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {**named, **secret, **lists, **right},
            },
            "accounts_base": {"type": "str", "required": True},
            "accounts_policy": {"type": "str", "required": True},
        },
        supports_check_mode=True,
    )
    if ldap is None:
        module.fail_json(msg=missing_required_lib("python3-ldap"))
    changes: list[str] = []
    try:
        tree = Tree(module.params["uri"], changes, dry=module.check_mode)
        for wanted in module.params["entries"]:
            tree.ensure(wanted["dn"], values(wanted["attributes"]))
        tree.accounts(
            module.params["accounts_base"],
            module.params["accounts_policy"],
            module.params["accounts"],
        )
    except ldap.LDAPError as error:
        said = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
        why = said.get("info") or said.get("desc") or str(error)
        done = f" (done before that: {'; '.join(changes)})" if changes else ""
        module.fail_json(msg=f"slapd refused: {why}{done}")
    diff = {"before": "", "after": "".join(f"{c}\n" for c in changes)}
    module.exit_json(changed=bool(changes), changes=changes, diff=diff)


class Tree:
    """A directory, administered as root; ``changes`` collects what was (or would be) done."""

    def __init__(self, uri: str, changes: list[str], *, dry: bool) -> None:
        self.uri, self.changes, self.dry = uri, changes, dry
        self.root = ldap.initialize(uri)
        self.root.sasl_interactive_bind_s("", ldap.sasl.external())

    def find(self, dn: str, names: list[str]) -> dict[str, list[bytes]] | None:
        try:
            found = self.root.search_s(dn, ldap.SCOPE_BASE, "(objectClass=*)", names)
        except ldap.NO_SUCH_OBJECT:
            return None
        return {name.lower(): held for name, held in found[0][1].items()}

    def ensure(
        self, dn: str, wanted: dict[str, list[bytes]], secret: dict[str, list[bytes]] | None = None
    ) -> bool:
        """Make ``dn`` be as ``wanted`` and tell if it was missing; then ``secret`` goes with it."""
        held = self.find(dn, list(wanted))
        if held is None:
            self.changes.append(f"{dn} made")
            if not self.dry:
                self.root.add_s(dn, list({**wanted, **(secret or {})}.items()))
            return True
        differs = [n for n in wanted if set(held.get(n.lower(), [])) != set(wanted[n])]
        if differs:
            self.changes.append(f"{dn}: {', '.join(differs)}")
            if not self.dry:
                self.root.modify_s(dn, [(ldap.MOD_REPLACE, n, wanted[n]) for n in differs])
        return False

    def accounts(self, base: str, policy: str, wanted: list[dict[str, str]]) -> None:
        names = {account["name"] for account in wanted}
        for account in wanted:
            dn = f"cn={ldap.dn.escape_dn_chars(account['name'])},{base}"
            attributes = {
                "objectClass": _ACCOUNT,
                "cn": account["name"],
                "pwdPolicySubentry": policy,
            }
            password = {"userPassword": [account["password"].encode()]}
            made = self.ensure(dn, values(attributes), password)
            if not made and not self.opens(dn, account["password"]):
                self.changes.append(f"{dn}: password set")
                if not self.dry:
                    self.root.modify_s(dn, [(ldap.MOD_REPLACE, n, v) for n, v in password.items()])
        try:
            held = self.root.search_s(base, ldap.SCOPE_ONELEVEL, "(objectClass=*)", ["cn"])
        except ldap.NO_SUCH_OBJECT:  # a dry run before the tree is there
            return
        for dn, found in held:
            if not names & {name.decode() for name in found.get("cn", [])}:
                self.changes.append(f"{dn} removed")
                if not self.dry:
                    self.root.delete_s(dn)

    def opens(self, dn: str, password: str) -> bool:
        connection = ldap.initialize(self.uri)
        try:
            connection.simple_bind_s(dn, password)
        except ldap.INVALID_CREDENTIALS:
            return False
        finally:
            connection.unbind_s()
        return True


def values(attributes: dict[str, Any]) -> dict[str, list[bytes]]:
    """Return ``attributes`` as the protocol has them: each a list of bytes."""
    lists = {n: v if isinstance(v, list) else [v] for n, v in attributes.items()}
    return {n: [str(one).encode() for one in many] for n, many in lists.items()}


if __name__ == "__main__":
    main()
