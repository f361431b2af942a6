"""The directory's people have accounts; whoever is no longer in it is locked out, at once.

A locked account keeps what it has and is opened again when the person comes back:
https://element-hq.github.io/synapse/latest/admin_api/user_admin_api.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synapse_rooms import promote
from synapse_rooms.server import ADMIN, CLIENT, Refused, Server, ServerError, part

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MAX_NAME = 256  # characters, https://github.com/element-hq/synapse: MAX_DISPLAYNAME_LEN
_PAGE = "500"


def follow(
    server: Server, config: dict[str, Any], people: Mapping[str, str], locked: frozenset[str]
) -> tuple[list[str], frozenset[str]]:
    """Make, name, lock and open accounts; return what was done, and the uids that have one.

    Whose first day is to come is locked and has none: no room may wait for that account.
    """
    own = server.user(config["account"])
    _have_keeper(server, config, own)
    held = {row["name"]: row for row in _accounts(server) if not row.get("deactivated")}
    # A person of that name would log in as the account that may do all this.
    wanted = {user: uid for uid in people if (user := server.user(uid)) != own}
    done = []
    for user in [*wanted, *sorted(held.keys() - wanted.keys() - {own})]:
        uid = wanted.get(user, "")
        if not uid or uid in locked:
            row = held.get(user)
            change = {"locked": True} if row and not row.get("locked") else {}
        else:
            name = people[uid][:_MAX_NAME]
            change = changes(held.get(user), uid, name, config["identity_provider"])
        if not change:
            continue
        try:
            server.call("PUT", f"{ADMIN}/v2/users/{part(user)}", change)
        except ServerError as error:
            done.append(Refused.of("an account", error))
        else:
            held.setdefault(user, {})
            done.append(_said(change))
    return done, frozenset(uid for user, uid in wanted.items() if user in held)


def _said(change: Mapping[str, Any]) -> str:
    if change == {"locked": True}:
        return "an account: locked"
    return f"an account: {', '.join(sorted(change)).replace('locked', 'opened')}"


def changes(row: Mapping[str, Any] | None, uid: str, name: str, provider: str) -> dict[str, Any]:
    """Return what is to be set of a person's account; nothing if it is as it should be."""
    if row is None:
        ids = [{"auth_provider": provider, "external_id": uid}]
        return {"displayname": name, "external_ids": ids}
    found: dict[str, Any] = {}
    if row.get("displayname") != name:
        found["displayname"] = name
    if row.get("locked"):
        found["locked"] = False
    return found


def _accounts(server: Server) -> Iterator[dict[str, Any]]:
    start = "0"
    while start:
        query = {"from": start, "limit": _PAGE, "guests": "false", "locked": "true"}
        found = server.call("GET", f"{ADMIN}/v2/users", **query)
        yield from found["users"]
        start = str(found.get("next_token") or "")


def _have_keeper(server: Server, config: dict[str, Any], own: str) -> None:
    """Have the account that does all this, as one that may.

    No interface makes the first administrator but one with a secret that makes any: the database
    is told, before the server asks it, for the server keeps the answer for long.
    """
    body = {"type": "m.login.application_service", "username": config["account"]}
    try:
        server.call("POST", f"{CLIENT}/register", {**body, "inhibit_login": True})
    except ServerError as error:
        if error.code != "M_USER_IN_USE":
            raise
    promote.administrator(config["config"], own)
