"""What the resolver adds to a verdict: CNAME, MX, addresses and authoritative servers."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from deploy.errors import UnreachableError
from verify.jurisdiction import names
from verify.jurisdiction.carried import unwrap
from verify.jurisdiction.model import Jurisdiction, Source, Step
from verify.jurisdiction.owners import unknown
from verify.jurisdiction.target import BadTargetError, Kind, name

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
        self.failed, self.answered = False, False
        self.mx = False  # whether the domain's MX, or that it has none, was found out

    def follow(self, target: Target, *, known: bool) -> None:
        """Add what answers for ``target``; ``known``: the facts name who is behind it."""
        if target.kind is Kind.MAIL:
            for host in self._mail(target.normal):
                self._host(host, known=self.judge.known(host, "mail server"))
        else:
            self._host(target.normal, known=known)
        if self.answered and not self.failed:
            self.case.evidence = "E3"
        self._authority(target.normal)

    def _ask(self, host: str, kind: str) -> Sequence[str]:
        try:
            found = self.resolver.ask(host, kind)
        except UnreachableError as error:
            self.failed = True
            self.case.steps.append(Step(kind, f"{host}: not found out: {error.what}", self.source))
            return ()
        return [one for one in found if _sane(one, kind)]

    def _mail(self, domain: str) -> list[str]:
        found = self._ask(domain, "MX")
        self.mx = not self.failed
        if self.failed:
            return []
        hosts = [one.partition(" ")[2] for one in found]
        value = ", ".join(hosts) if found else "none: the domain itself takes its mail"
        self.case.steps.append(Step("MX", f"{domain}: {value}", self.source))
        if found and not any(hosts):
            self.case.notes.append("a null MX: this domain takes no mail")
        return [h for h in hosts if h][:_HOSTS] if found else [domain]

    def _host(self, host: str, *, known: bool) -> None:
        """Follow CNAMEs from ``host``; add who holds the addresses at the end.

        Where there are none, and nobody knows the last name, nobody is placed.
        """
        at, seen, found = host, {host}, False
        while aliases := self._ask(at, "CNAME"):
            at, known = aliases[0], False
            self.case.steps.append(Step("CNAME", at, self.source))
            if at in seen or len(seen) > _CHAIN:
                self.failed = True
                self.case.notes.append("the CNAMEs go in a circle, or on for too long")
                break
            seen.add(at)
            known = self.judge.known(at, "operator")
        for kind in ("A", "AAAA"):
            for text in self._ask(at, kind):
                found = True
                self.case.steps.append(Step(kind, f"{at}: {text}", self.source))
                self.judge.address(str(unwrap(ipaddress.ip_address(text))[0]))
        self.answered = self.answered or found
        if not found and not known:
            party = unknown("operator", names.shown(at), self.case.steps, self.source)
            self.case.parties.append(party)

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


def _sane(text: str, kind: str) -> bool:
    """Say whether a record is what its kind holds: an address, or a name that can be asked for."""
    try:
        if kind in ("A", "AAAA"):
            return ipaddress.ip_address(text).version == (4 if kind == "A" else 6)
        _, space, last = text.partition(" ")
        host = last if kind == "MX" and space else text
        return (kind == "MX" and not host) or name(host, host) == host
    except (ValueError, BadTargetError):
        return False
