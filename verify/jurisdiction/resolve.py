"""The one way out: a DNS resolver, given or the machine's own. Nothing else is ever contacted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import dns.exception
import dns.resolver

from deploy.errors import InputError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Sequence

TIMEOUT = 1.5  # seconds for one try, and twice that for one question
_MOST = 32  # records of one answer that are looked at


class Resolver(Protocol):
    """What the engine asks of a network."""

    @property
    def name(self) -> str:
        """How the verdict names it."""

    def ask(self, name: str, kind: str) -> Sequence[str]:
        """Return the records of ``kind`` at ``name`` as text, names without the last dot.

        Empty when there are none. A, AAAA: addresses; CNAME, NS: names; MX: 'preference name'.
        Raise UnreachableError when it does not answer, or cannot find out.
        """


class DnsResolver:
    """A resolver over DNS; ``servers`` are addresses, none: what this machine is set to."""

    def __init__(self, servers: Sequence[str] = (), port: int = 53) -> None:
        try:
            self._resolver = dns.resolver.Resolver(configure=not servers)
            if servers:
                self._resolver.nameservers = list(servers)
        except dns.resolver.NoResolverConfiguration as error:
            raise UnreachableError("this machine has no resolver") from error
        except ValueError as error:
            raise InputError(
                "a resolver is given by its address",
                where=", ".join(map(ascii, servers)),
                next_step="give an IPv4 or IPv6 address, or nothing: this machine's own resolver",
            ) from error
        self._resolver.port = port
        self._resolver.timeout, self._resolver.lifetime = TIMEOUT, 2 * TIMEOUT
        self._resolver.search, self._resolver.use_search_by_default = [], False
        self._silent = 0

    @property
    def name(self) -> str:
        return "resolver " + ", ".join(str(s) for s in self._resolver.nameservers)

    def ask(self, name: str, kind: str) -> tuple[str, ...]:
        if self._silent > 1:  # it is gone: waiting for it at every name helps nobody
            raise UnreachableError(f"{self.name} does not answer")
        try:
            answer = self._resolver.resolve(name + ".", kind, raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN:
            return ()
        except dns.exception.Timeout as error:
            self._silent += 1
            raise UnreachableError(f"{self.name} does not answer") from error
        except (dns.exception.DNSException, OSError) as error:
            raise UnreachableError(f"{self.name} cannot find out: {error}") from error
        self._silent = 0
        found = (r.to_text().removesuffix(".").lower() for r in answer.rrset or ())
        return tuple(sorted(found)[:_MOST])


def reaches_the_internet(resolver: Resolver) -> str:
    """Return why ``resolver`` is of no use, or an empty string.

    A resolver behind a wall says that every name does not exist; one that cannot name the
    root's servers knows nothing of the names below it either.
    """
    try:
        known = resolver.ask("", "NS")
    except UnreachableError as error:
        return error.what
    return "" if known else f"{resolver.name} knows no root servers, so no names of the internet"
