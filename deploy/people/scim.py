"""People and teams from a SCIM 2.0 service (RFC 7643, RFC 7644)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

from deploy.errors import InputError, UnreachableError
from deploy.people.assemble import Record
from deploy.people.cells import clean
from deploy.people.source import Found, address_list, encrypted, language

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PAGE = 200
_TIMEOUT = (10, 60)
_AGAIN = (429, 502, 503, 504)
_TRIES = 4
_LONGEST_WAIT = 30.0
_NAMES = {  # the roster's columns -> SCIM's attributes, for who reads an error
    "uid": "userName",
    "given_name": "name.givenName",
    "surname": "name.familyName",
    "mail": "emails",
    "aliases": "emails",
    "teams": "displayName of a group",
    "language": "preferredLanguage",
}


@dataclass(frozen=True)
class Scim:
    """Where the service is, and what is taken from it.

    ``departments`` makes a team of each department (enterprise extension), ``managers_lead`` a lead
    of everybody who manages somebody. ``ca`` is a file with the authority of the service's
    certificate, where the machine does not know it.
    """

    url: str
    token: str
    ca: str = ""
    departments: bool = False
    managers_lead: bool = False

    def read(self, domain: str) -> Found:
        """Return the active users as people, their groups as teams; sorted by login name.

        InputError if the service does not accept the token, UnreachableError if it does not
        answer or does not answer with SCIM.
        """
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {self.token}"
            session.headers["Accept"] = "application/scim+json, application/json"
            session.verify = self.ca or True
            users = {str(u.get("id")): u for u in self._all(session, "Users")}
            groups = list(self._all(session, "Groups"))
        return _found(users, groups, domain, self)

    def _all(self, session: requests.Session, kind: str) -> Iterator[Mapping[str, Any]]:
        """Yield every resource of a kind, page by page (RFC 7644, 3.4.2.4)."""
        seen: set[str] = set()
        start, total = 1, 1
        while start <= total:
            page = self._page(session, kind, start)
            resources = page.get("Resources") or []
            total = int(page.get("totalResults", 0))
            if not resources:
                break
            for resource in resources:
                seen.add(str(resource.get("id")))
                yield resource
            start += len(resources)
        if len(seen) != total:
            raise UnreachableError(
                f"{kind} changed while they were read: {len(seen)} came, {total} there are",
                where=self.url,
                next_step="run this again",
            )

    def _page(self, session: requests.Session, kind: str, start: int) -> dict[str, Any]:
        url = f"{self.url.rstrip('/')}/{kind}"
        answer = self._get(session, url, {"startIndex": start, "count": PAGE})
        try:
            page = answer.json()
            int(page.get("totalResults", 0))
        except (ValueError, TypeError, AttributeError) as error:
            raise UnreachableError(
                "the source does not answer with a SCIM list",
                where=answer.url,
                next_step="see that the address is that of its SCIM 2.0 service",
            ) from error
        found: dict[str, Any] = page
        return found

    def _get(self, session: requests.Session, url: str, query: Mapping[str, Any]) -> Any:
        status = ""
        for again in range(_TRIES):
            try:
                # Redirects are not followed: the token is for this address alone.
                answer = session.get(url, params=query, timeout=_TIMEOUT, allow_redirects=False)
            except (requests.RequestException, OSError) as error:
                raise self._silent(url, str(error)) from error
            if answer.status_code == requests.codes.ok:
                return answer
            if answer.status_code in {401, 403}:
                raise InputError(
                    f"the source does not accept the token ({answer.status_code})",
                    where=url,
                    next_step="set the secret that token_secret names: `kootwijk secrets set NAME`",
                )
            status = str(answer.status_code)
            if answer.status_code not in _AGAIN:
                break
            time.sleep(_wait(answer.headers.get("Retry-After", ""), again))
        raise self._silent(url, f"status {status}")

    def _silent(self, url: str, said: str) -> UnreachableError:
        return UnreachableError(
            f"the source does not answer: {said}",
            where=url,
            next_step="see that it is there and reached from this machine; nothing was changed",
        )


def make(said: Mapping[str, str], secret: str, origin: str) -> Scim:
    """Return the source that a file's ``source`` describes; ``secret`` is the token."""
    return Scim(
        url=encrypted(said["scim"], "https", origin),
        token=secret,
        ca=said.get("ca", ""),
        departments=said.get("departments", "") == "true",
        managers_lead=said.get("managers_lead", "") == "true",
    )


def _wait(said: str, again: int) -> float:
    seconds = float(said) if said.isdigit() else 0.5 * 2**again
    return min(seconds, _LONGEST_WAIT)


def _found(
    users: Mapping[str, Mapping[str, Any]],
    groups: list[Mapping[str, Any]],
    domain: str,
    source: Scim,
) -> Found:
    teams: dict[str, list[str]] = {}
    nested = 0
    for group in groups:
        for member in group.get("members") or []:
            if str(member.get("value")) in users:
                teams.setdefault(str(member["value"]), []).append(str(group.get("displayName")))
            else:
                nested += 1
    managers = {str((_enterprise(u).get("manager") or {}).get("value")) for u in users.values()}
    active = [u for u in users.values() if u.get("active", True) is not False]
    outside = 0
    records = []
    for user in sorted(active, key=lambda u: str(u.get("userName"))):
        own = str(user.get("id"))
        found, dropped = _person(user, teams.get(own, []), domain, source)
        outside += dropped
        lead = source.managers_lead and own in managers
        records.append(_record(user, {**found, "role": "lead" if lead else ""}))
    return Found(tuple(records), tuple(_notes(users, nested, outside, domain)))


def _person(
    user: Mapping[str, Any], teams: list[str], domain: str, source: Scim
) -> tuple[dict[str, str | list[str]], int]:
    """Return a user's values by the roster's columns, and how many addresses are elsewhere."""
    name = user.get("name") or {}
    emails = sorted(user.get("emails") or [], key=lambda e: not e.get("primary", False))
    mail, aliases, outside = address_list([str(e.get("value", "")) for e in emails], domain)
    department = str(_enterprise(user).get("department") or "")
    if source.departments and department:
        teams = [*teams, department]
    return {
        "uid": str(user.get("userName", "")).partition("@")[0],
        "given_name": clean(str(name.get("givenName") or "")),
        "surname": clean(str(name.get("familyName") or "")),
        "mail": mail,
        "aliases": aliases,
        "teams": [clean(team) for team in teams],
        "language": language(str(user.get("preferredLanguage") or user.get("locale") or "")),
    }, outside


def _record(user: Mapping[str, Any], values: dict[str, str | list[str]]) -> Record:
    where = f"user '{user.get('userName')}' ({user.get('id')})"
    return Record(values, where, lambda column, _: f"{where}, {_NAMES.get(column, column)}")


def _enterprise(user: Mapping[str, Any]) -> Mapping[str, Any]:
    return user.get(ENTERPRISE) or {}


def _notes(
    users: Mapping[str, Mapping[str, Any]], nested: int, outside: int, domain: str
) -> Iterator[str]:
    idle = sorted(str(u.get("userName")) for u in users.values() if u.get("active") is False)
    if idle:
        yield (
            f"not active in the source and so not in the roster: {', '.join(idle)}; "
            "`kootwijk people leave USER` ends what they have here"
        )
    if nested:
        yield f"{nested} members of groups are no users of the source (groups in groups?): left out"
    if outside:
        yield f"{outside} addresses outside {domain} are not taken"
