"""Who there is and which teams: what this service may read of the directory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Entries = list[tuple[str, dict[str, list[bytes]]]]

# An administrator's lock, not the one of too many wrong passwords, which ends by itself.
# https://datatracker.ietf.org/doc/html/draft-behera-ldap-password-policy-10#section-5.3.3
_LOCKED = b"000001010000Z"
_PERSON = ("uid", "cn", "pwdAccountLockedTime", "kootwijkRole")
_TEAM = ("cn", "member", "kootwijkRoom")


@dataclass(frozen=True)
class Team:
    """The uids in a team, who of them leads, and the rooms it has besides its first."""

    members: frozenset[str]
    leads: frozenset[str] = frozenset()
    rooms: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Held:
    """Names by uid, who of them is locked, and the teams by name."""

    people: dict[str, str]
    locked: frozenset[str]
    teams: dict[str, Team]


class DirectoryError(Exception):
    """The directory did not answer."""


class EmptyError(Exception):
    """Nobody is in it: no reason to shut everybody out."""


def read(config: dict[str, Any]) -> Held:
    """Return what the directory holds of people and teams.

    DirectoryError if no server answers, EmptyError if nobody is there.
    """
    import ldap  # noqa: PLC0415  (Debian's; what else is here is tried without it)

    try:
        connection = _bound(ldap, config)
        found = [
            connection.search_ext_s(config[base], ldap.SCOPE_SUBTREE, which, list(attributes))
            for base, which, attributes in (
                ("people", "(objectClass=inetOrgPerson)", _PERSON),
                ("groups", "(objectClass=groupOfNames)", _TEAM),
            )
        ]
    except ldap.LDAPError as error:
        raise DirectoryError(error.args[0].get("desc", "no answer")) from error
    return understood(*found)


def _bound(ldap: Any, config: dict[str, Any]) -> Any:
    ldap.set_option(ldap.OPT_X_TLS_CACERTFILE, config["ca"])
    ldap.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND)
    ldap.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
    connection = ldap.initialize(" ".join(config["uris"]))
    connection.set_option(ldap.OPT_NETWORK_TIMEOUT, 10)
    connection.set_option(ldap.OPT_TIMEOUT, 60)
    connection.simple_bind_s(config["bind_dn"], config["password"])
    return connection


def understood(people: Entries, groups: Entries) -> Held:
    """Return what the entries say; a member who is nobody's entry is left out."""
    uids = {dn.lower(): _first(entry, "uid").lower() for dn, entry in people if entry.get("uid")}
    found = {uids[dn.lower()]: entry for dn, entry in people if dn.lower() in uids}
    if not found:
        raise EmptyError
    leads = frozenset(
        uid for uid, entry in found.items() if "lead" in map(str.lower, _all(entry, "kootwijkRole"))
    )
    teams = {}
    for _, entry in groups:
        dns = (member.lower() for member in _all(entry, "member"))
        members = frozenset(uids[dn] for dn in dns if dn in uids)
        rooms = frozenset(_all(entry, "kootwijkRoom"))
        teams[_first(entry, "cn")] = Team(members, members & leads, rooms)
    return Held(
        {uid: _first(entry, "cn") or uid for uid, entry in found.items()},
        frozenset(u for u, e in found.items() if _LOCKED in e.get("pwdAccountLockedTime", ())),
        {name: team for name, team in teams.items() if name and team.members},
    )


def _first(entry: dict[str, list[bytes]], attribute: str) -> str:
    return next(iter(_all(entry, attribute)), "")


def _all(entry: dict[str, list[bytes]], attribute: str) -> list[str]:
    return [value.decode("utf-8", "replace") for value in entry.get(attribute, ())]
