"""Which source of people a file names: SCIM or LDAP. Secrets are the inventory's, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploy.errors import InputError
from deploy.people import document, ldap, scim
from deploy.people.assemble import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable

    import yaml

    from deploy.people.source import Found

SCIM = ("scim", "token_secret", "ca", "departments", "managers_lead")
LDAP = (
    *("ldap", "bind_dn", "password_secret", "people_base", "people_filter"),
    *("groups_base", "groups_filter", "ca", "attributes"),
)
_REQUIRED = {"scim": SCIM[:2], "ldap": LDAP[:4]}


def read(node: yaml.Node, domain: str, secret: Callable[[str], str], origin: str) -> Found:
    """Return who is in the source that ``node`` (the value of ``source``) describes.

    ``secret`` gives the inventory's secret of a name. InputError with line and column for what is
    wrong in ``node``; else as the source's own ``read``.
    """
    both = document.keys(node, tuple(dict.fromkeys((*SCIM, *LDAP))), origin, "source")
    kind = "scim" if "scim" in both else "ldap"
    found = document.keys(node, SCIM if kind == "scim" else LDAP, origin, "source")
    missing = [key for key in _REQUIRED[kind] if key not in found]
    if missing:
        raise document.wrong(
            f"{document.at(node.start_mark)}: source lacks {', '.join(missing)}", origin
        )
    said = {
        key: document.text_of(value, origin)
        for key, (_, value) in found.items()
        if key != "attributes"
    }
    for key in ("departments", "managers_lead"):
        if said.get(key, "false") not in {"true", "false"}:
            place = document.at(found[key][1].start_mark)
            raise document.wrong(f"{place}: {key} is true or false", origin)
    if kind == "scim":
        return scim.make(said, secret(said["token_secret"]), origin).read(domain)
    attributes = _attributes(found["attributes"][1], origin) if "attributes" in found else {}
    return ldap.make(said, attributes, secret(said["password_secret"]), origin).read(domain)


def _attributes(node: yaml.Node, origin: str) -> dict[str, str]:
    found = document.keys(node, COLUMNS, origin, "attributes")
    return {column: document.text_of(value, origin) for column, (_, value) in found.items()}


def no_secret(name: str) -> str:
    """Raise InputError: there is no inventory whose secret ``name`` could be used."""
    raise InputError(
        f"the secret '{name}' is needed, and no inventory was named",
        next_step="read this source with `kootwijk people plan`",
    )
