"""What the resolver adds to a verdict: CNAME, MX, addresses and authoritative servers."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from deploy.errors import UnreachableError
from verify.jurisdiction import names
from verify.jurisdiction.model import Jurisdiction, Source, Step
from verify.jurisdiction.owners import unknown
from verify.jurisdiction.target import BadTargetError, Kind, name, unwrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verify.jurisdiction.judge import Judge
    from verify.jurisdiction.model import Party
    from verify.jurisdiction.resolve import Resolver
    from verify.jurisdiction.target import Target

_CHAIN = 10  # CNAMEs in a row: a longer chain is a loop or a lie
_HOSTS = 8  # mail or name servers that are looked at


class Lookup:
    """Follows one name through DNS and adds what it meets to the judge's case."""

    def __init__(self, judge: Judge, resolver: Resolver) -> None:
        self.judge, self.case, self.resolver = judge, judge.case, resolver
        self.source = Source(resolver.name, judge.case.day.isoformat())
        self.failed = False

    def follow(self, target: Target) -> None:
        before = len(self.case.parties)
        if target.kind is Kind.MAIL:
            for host in self._mail(target.normal):
                self.judge.known(host, "mail server")
                self._host(host)
        else:
            self._host(target.normal)
        if len(self.case.parties) == before and (before == 0 or self.failed):
            value = names.shown(target.normal)
            self.case.parties.append(unknown("operator", value, self.case.steps, self.source))
        elif not self.failed:
            self.case.evidence = "E3"
        self._authority(target.normal)

    def _ask(self, host: str, kind: str) -> Sequence[str]:
        try:
            found = self.resolver.ask(host, kind)
        except UnreachableError as error:
            self.failed = True
            self.case.steps.append(Step(kind, f"{host}: not found out: {error.what}", self.source))
            return ()
        return [one for one in found if _sane(one)]

    def _mail(self, domain: str) -> list[str]:
        found = self._ask(domain, "MX")
        hosts = [one.rpartition(" ")[2] for one in found]
        value = ", ".join(hosts) if found else "none: the domain itself takes its mail"
        self.case.steps.append(Step("MX", f"{domain}: {value}", self.source))
        if found and not any(hosts):
            self.case.notes.append("a null MX: this domain takes no mail")
        return [h for h in hosts if h][:_HOSTS] if found else [domain]

    def _host(self, host: str) -> None:
        """Follow CNAMEs from ``host`` and add whoever holds the addresses at the end."""
        at, seen = host, {host}
        while aliases := self._ask(at, "CNAME"):
            at = aliases[0]
            self.case.steps.append(Step("CNAME", at, self.source))
            if at in seen or len(seen) > _CHAIN:
                self.failed = True
                self.case.notes.append("the CNAMEs go in a circle, or on for too long")
                return
            seen.add(at)
            self.judge.known(at, "operator")
        for kind in ("A", "AAAA"):
            for text in self._ask(at, kind):
                self.case.steps.append(Step(kind, f"{at}: {text}", self.source))
                address, _ = unwrap(ipaddress.ip_address(text))
                self.judge.address(str(address))

    def _authority(self, host: str) -> None:
        """Add who serves the zone that ``host`` is in to the verdict on its name."""
        if self.case.name_jurisdiction is None:
            return
        for zone in list(names.suffixes(host))[:-1]:
            if servers := self._ask(zone, "NS"):
                found = [p.jurisdiction for s in servers[:_HOSTS] if (p := self._server(s))]
                missing = [Jurisdiction.UNKNOWN] if len(found) < len(servers[:_HOSTS]) else []
                self.case.name_jurisdiction = max(self.case.name_jurisdiction, *found, *missing)
                self.case.name_complete = not missing
                return

    def _server(self, host: str) -> Party | None:
        """Return who runs one name server: by its name, else by its addresses, the worst."""
        self.case.steps.append(Step("NS", host, self.source))
        if found := names.service(self.judge.tables, host):
            return self.judge.place("authoritative DNS", found.org, found.source)
        parties = []
        for kind in ("A", "AAAA"):
            for text in self._ask(host, kind):
                placed = self.judge.holders.of_address(unwrap(ipaddress.ip_address(text))[0])
                self.case.steps += placed.steps
                if not placed.orgs:
                    return None
                parties += [self.judge.place(*one) for one in placed.orgs]
        return max(parties, key=lambda p: p.jurisdiction, default=None)


def _sane(text: str) -> bool:
    """Say whether a record is an address, or ends in a name that can be asked for."""
    word = text.rpartition(" ")[2]
    try:
        return not word or bool(ipaddress.ip_address(word))
    except ValueError:
        pass
    try:
        return bool(name(word, word))
    except BadTargetError:
        return False
