"""People and teams from an LDAP directory, read with OpenLDAP's ldapsearch."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deploy.errors import InputError, KootwijkError, UnreachableError
from deploy.people import ldif
from deploy.people.assemble import Record
from deploy.people.cells import clean
from deploy.people.source import Found, address_list, encrypted, language
from deploy.run import install_packages

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ATTRIBUTES = {  # the roster's columns -> attributes, as most directories have them
    "uid": "uid",
    "given_name": "givenName",
    "surname": "sn",
    "mail": "mail",
    "aliases": "mailLocalAddress",
    "language": "preferredLanguage",
    "teams": "cn",
}
_PEOPLE, _GROUPS = "(objectClass=inetOrgPerson)", "(objectClass=groupOfNames)"
_PAGE = 500
_BAD_PASSWORD, _NO_BASE, _BAD_FILTER = 49, 32, 1  # RFC 4511's codes, and ldapsearch's own


@dataclass(frozen=True)
class Ldap:
    """Where the directory is, as whom it is read, and where people and groups are in it.

    ``attributes`` maps a roster's columns to the directory's attributes; ``teams`` is what names a
    group. Without ``groups_base`` there are no teams.
    """

    url: str
    bind_dn: str
    password: str
    people_base: str
    people_filter: str = _PEOPLE
    groups_base: str = ""
    groups_filter: str = _GROUPS
    ca: str = ""
    attributes: Mapping[str, str] = field(default_factory=lambda: ATTRIBUTES)

    def read(self, domain: str) -> Found:
        """Return the people, and their groups as teams; sorted by login name.

        InputError if it refuses the account, the base or the filter, UnreachableError if it does
        not answer, MachineError if this machine has no ldapsearch and cannot install it.
        """
        names = self.attributes
        people = self._search(self.people_base, self.people_filter, [*names.values()])
        teams: dict[str, list[str]] = {}
        if self.groups_base:
            wanted = [names["teams"], "member"]
            for dn, group in self._search(self.groups_base, self.groups_filter, wanted):
                self._whole(dn, group)
                for member in group.get("member", ()):
                    teams.setdefault(_same(member), []).extend(group[names["teams"].lower()][:1])
        outside, records = 0, []
        for dn, values in people:
            record, dropped = self._person(dn, values, teams.get(_same(dn), []), domain)
            outside += dropped
            records.append(record)
        notes = (f"{outside} addresses outside {domain} are not taken",) if outside else ()
        return Found(tuple(sorted(records, key=lambda r: r.one("uid"))), notes)

    def _person(
        self, dn: str, values: ldif.Values, teams: Sequence[str], domain: str
    ) -> tuple[Record, int]:
        found: dict[str, list[str]] = {
            column: [clean(v) for v in values.get(name.lower(), ())]
            for column, name in self.attributes.items()
        }
        # Active Directory: SMTP:primary, smtp:another.
        aliases = [re.sub("^smtp:", "", a, flags=re.IGNORECASE) for a in found.get("aliases", ())]
        mail, more, outside = address_list([*found["mail"], *aliases], domain)
        made: dict[str, str | list[str]] = {
            **{column: (many[0] if many else "") for column, many in found.items()},
            "uid": (found["uid"] or [""])[0].partition("@")[0],
            "mail": mail,
            "aliases": more,
            "teams": [clean(team) for team in teams],
            "language": language((found.get("language") or [""])[0]),
        }

        def place(column: str, _: int | None) -> str:
            return f"{dn}, {self.attributes.get(column, column)}"

        return Record(made, dn, place), outside

    def _whole(self, dn: str, group: ldif.Values) -> None:
        if any(name.startswith("member;range=") for name in group):
            raise InputError(
                f"group '{dn}' has more members than the directory says at once",
                where=self.url,
                next_step="split it, leave it out with groups_filter, or raise the directory's "
                "limit (Active Directory: MaxValRange)",
            )

    def _search(self, base: str, query: str, names: Sequence[str]) -> list[tuple[str, ldif.Values]]:
        install_packages({"ldapsearch": "ldap-utils"})
        # Over stdin: a password among the words of a program is there for everybody to see.
        words = ["ldapsearch", "-x", "-LLL", "-o", "ldif-wrap=no", "-o", "nettimeout=15"]
        words += ["-E", f"pr={_PAGE}/noprompt", "-H", self.url, "-D", self.bind_dn]
        words += ["-y", "/dev/stdin", "-b", base, query, *sorted(set(names))]
        ca = {"LDAPTLS_CACERT": self.ca} if self.ca else {}
        env = {**os.environ, "LDAPTLS_REQCERT": "demand", **ca}
        try:
            done = subprocess.run(
                words, input=self.password, capture_output=True, text=True, check=False, env=env
            )
            if done.returncode == 0:
                return list(ldif.records(done.stdout))
        except UnicodeDecodeError as error:
            raise InputError(
                f"the directory has a value that is not UTF-8: {error.object[:40]!r}",
                where=f"{self.url}, {base}",
                next_step="mend it there, or map another attribute",
            ) from error
        raise self._failed(done.returncode, base, done.stderr)

    def _failed(self, code: int, base: str, said: str) -> KootwijkError:
        last = (said.strip().splitlines() or [""])[-1]
        where = f"{self.url}, {base}: {last}"
        wrong = {
            _BAD_PASSWORD: ("the source does not accept the account", "bind_dn and its secret"),
            _NO_BASE: ("the source does not have this base", "people_base and groups_base"),
            _BAD_FILTER: ("the source does not take this search", "the filters"),
        }
        if code in wrong and "contact" not in said:
            what, which = wrong[code]
            return InputError(what, where=where, next_step=f"look at {which}")
        return UnreachableError(
            f"reading the source did not finish (ldapsearch: {code})",
            where=where,
            next_step="see that it is there, and that its certificate is known here (ca)",
        )


def make(said: Mapping[str, str], attributes: Mapping[str, str], secret: str, origin: str) -> Ldap:
    """Return the source that a file's ``source`` describes; ``secret`` is the password."""
    optional = ("people_filter", "groups_base", "groups_filter", "ca")
    return Ldap(
        url=encrypted(said["ldap"], "ldaps", origin),
        bind_dn=said["bind_dn"],
        password=secret,
        people_base=said["people_base"],
        attributes={**ATTRIBUTES, **attributes},
        **{key: said[key] for key in optional if said.get(key)},
    )


def _same(dn: str) -> str:
    """Return a DN in a form that is equal for equal ones, as far as case and blanks go."""
    return re.sub(r" *, *", ",", dn).casefold()
