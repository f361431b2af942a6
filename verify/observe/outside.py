"""The platform as anybody on the network sees it: its zone, its certificates, its headers."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
from dns.exception import DNSException

from deploy import gaps
from verify.model import HostSeen, Observation, Source
from verify.observe import certificates, zones

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deploy.inventory import Host, Inventory

# What each role shows the world: the first label of the name, and the ports that speak TLS.
SITES = {
    "roundcube": ("webmail", 443),
    "lemonldap_ng": ("login", 443),
    "nextcloud": ("files", 443),
    "element_web": ("chat", 443),
    "synapse": ("matrix", 443),
    "dovecot": ("mail", 993),
    "postfix": ("mail", 465),
}
_QUESTIONS = (
    *(("", kind) for kind in ("SOA", "NS", "MX", "TXT", "CAA", "A", "AAAA", "HTTPS")),
    *((name, "TXT") for name in ("_dmarc", "_smtp._tls", "_mta-sts", "default._bimi")),
    *((name, "A") for name in ("www", "mail", "mta-sts", "autoconfig", "autodiscover", "turn")),
    *((name, "A") for name in dict.fromkeys(label for label, _ in SITES.values())),
)
_SECONDS = 4.0
_MOST_BYTES = 512 * 1024
_URL = re.compile(r"\b(?:https?|wss?)://[^\s\"'<>;,)]+")
# Comments, links that people follow, what meta says or permits, and words between tags.
_NOT_LOADED = re.compile(
    r"<!--.*?-->|<(?:a|meta)\b[^>]*>|(?<=>)[^<]+(?=<(?!/(?:script|style)))",
    re.DOTALL | re.IGNORECASE,
)
_HOST_SOURCE = re.compile(r"(?<![\w/:.-])((?:\*\.)?(?:[a-z0-9-]+\.)+[a-z]{2,})(?::\d+)?(?![\w.])")
_HEADERS = (
    *("content-security-policy", "content-security-policy-report-only", "link", "location"),
    *(
        "report-to",
        "reporting-endpoints",
        "nel",
        "refresh",
        "x-frame-options",
        "permissions-policy",
    ),
    *("access-control-allow-origin", "source-map", "sourcemap", "public-key-pins", "expect-ct"),
)


@dataclass
class Seen:
    """What was seen of one name from outside; ``facts`` is for the controls."""

    subject: HostSeen
    observations: list[Observation] = field(default_factory=list)


def look(inventory: Inventory, own: certificates.Own, when: str) -> list[Seen]:
    """Look at every organisation's zone and public names, at once."""
    organisations = {h.organisation: h for h in inventory.hosts}
    gone = left_out(inventory)
    tasks: list[tuple[Any, ...]] = []
    for organisation, host in organisations.items():
        servers = inventory.with_role("knot", organisation)
        tasks.append((_zone, host, servers, when))
        names = {
            SITES[r]: h
            for h in inventory.hosts
            for r in h.roles
            if r in SITES and h.organisation == organisation and (r, h.name) not in gone
        }
        tasks += [
            (_site, h, f"{label}.{h.domain}", port, own, when) for (label, port), h in names.items()
        ]
    with ThreadPoolExecutor(max_workers=16) as pool:
        return list(pool.map(lambda task: task[0](*task[1:]), tasks))


def left_out(inventory: Inventory) -> dict[tuple[str, str], str]:
    """Return (role, host) -> why it is not there: a release that a lab's depot lacks."""
    if not inventory.lab:
        return {}  # no other inventory is deployed without
    return {
        (gap.role, name): str(gap)
        for gap in gaps.find(inventory.hosts)
        if gap.kind == "missing" and not gap.optional
        for name in gap.hosts
    }


def _subject(host: Host, name: str, error: str, facts: dict[str, Any]) -> HostSeen:
    return HostSeen(
        name, name, str(host.address), host.organisation, (), not error, error, 0, facts
    )


def _zone(host: Host, servers: Sequence[Host], when: str) -> Seen:
    """Ask the organisation's own name servers, as any resolver would."""
    domain = host.domain
    if not servers:
        said = "no host of this inventory serves its zone"
        return Seen(_subject(host, domain, "", {"zone": {"not_tested": said}}))
    records: list[tuple[str, str, str, str]] = []
    signed, errors = False, []
    for label, kind in dict.fromkeys(_QUESTIONS):
        name = f"{label}.{domain}" if label else domain
        try:
            answer = _ask(str(servers[0].address), name, kind)
        except (OSError, DNSException) as why:
            errors.append(f"{name} {kind}: {why or type(why).__name__}")
            if len(errors) > 1:
                break
            continue
        if (label, kind) == ("", "SOA") and not _serves(answer):
            errors.append(f"{name} {kind}: {dns.rcode.to_text(answer.rcode())}, without authority")
            break  # somebody else answers there, or it serves other zones: no record is known
        for rrset in answer.answer:
            word = dns.rdatatype.to_text(rrset.rdtype)
            signed = signed or word == "RRSIG"
            records += [(domain, str(rrset.name), word, record.to_text()) for record in rrset]
    error = f"{servers[0].fqdn} did not answer: {errors[0]}" if errors else ""
    facts = {"zone": {"records": [list(r) for r in records], "signed": signed}}
    kept = (r for r in records if r[2] != "RRSIG")
    found = zones.observations(kept, when=when, observer=f"asked {servers[0].fqdn}")
    return Seen(_subject(host, domain, error, facts), list(found))


def _ask(server: str, name: str, kind: str) -> dns.message.Message:
    query = dns.message.make_query(name, kind, want_dnssec=True)
    answer, _ = dns.query.udp_with_fallback(query, server, timeout=_SECONDS)
    return answer


def _serves(answer: dns.message.Message) -> bool:
    """Tell whether the answer to a question for a zone's SOA is of a server that has the zone."""
    held = {rrset.rdtype for rrset in answer.answer}
    return bool(answer.flags & dns.flags.AA) and dns.rdatatype.SOA in held


def _site(host: Host, name: str, port: int, own: certificates.Own, when: str) -> Seen:
    """Connect to one public name with TLS; on 443, ask for its first page too."""
    facts: dict[str, Any] = {}
    error, found = "", list[Observation]()
    try:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with (
            socket.create_connection((str(host.address), port), _SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=name) as link,
        ):
            chain = _chain(link)
            if port == 443:  # noqa: PLR2004
                facts["headers"], body = _page(link, name)
                found += of_page(name, facts["headers"], body, when)
    except OSError as why:
        error = f"{name} did not answer on port {port}: {why}"
        chain = []
    facts["chain"] = chain
    for number, pem in enumerate(chain):
        place = Source("certificate", f"{name}:{port}", 0, f"served, {number}")
        found += certificates.of(name, certificates.parse(pem), own, place, when)
    subject = name if port == 443 else f"{name}:{port}"  # noqa: PLR2004
    return Seen(_subject(host, subject, error, facts), found)


def _chain(link: ssl.SSLSocket) -> list[str]:
    """Return the chain as served (PEM); the leaf alone where this Python cannot say more."""
    inner = getattr(link, "_sslobj", None)
    if inner is not None and hasattr(inner, "get_unverified_chain"):
        made = inner.get_unverified_chain() or ()
        return [c if isinstance(c, str) else c.public_bytes() for c in made]
    der = link.getpeercert(binary_form=True)
    return [ssl.DER_cert_to_PEM_cert(der)] if der else []


def _page(link: ssl.SSLSocket, name: str) -> tuple[dict[str, str], str]:
    link.settimeout(_SECONDS)
    link.sendall(
        f"GET / HTTP/1.1\r\nHost: {name}\r\nUser-Agent: kootwijk\r\n"
        "Accept: text/html\r\nConnection: close\r\n\r\n".encode()
    )
    try:
        response = http.client.HTTPResponse(link)
        response.begin()
        body = response.read(_MOST_BYTES).decode("utf-8", "replace")
        kept = (*_HEADERS, "strict-transport-security", "referrer-policy", "server")
        headers = {k.lower(): v for k, v in response.getheaders() if k.lower() in kept}
        headers[":status"] = str(response.status)
    except (http.client.HTTPException, OSError) as why:
        return {":error": str(why) or type(why).__name__}, ""
    return headers, body


def of_page(name: str, headers: dict[str, str], body: str, when: str) -> Iterator[Observation]:
    """Yield what a page's headers let a browser ask elsewhere, and what its text makes it load."""
    for key in _HEADERS:
        value = headers.get(key, "")
        ends = _URL.findall(value)
        if "policy" in key:  # the only ones that name hosts without a scheme
            ends += _HOST_SOURCE.findall(value.lower())
        for endpoint in dict.fromkeys(re.sub(r"(://[^/]+).*", r"\1", e) for e in ends):
            yield _seen(name, endpoint, f"header {key}", when)
    loads = re.sub(
        r"(?is)<!--.*?-->|<(?:a|meta)\b[^>]*>|(?<=>)[^<]+(?=<(?!/(?:script|style)))", " ", body
    )
    for endpoint in dict.fromkeys(_URL.findall(loads)):
        if "www.w3.org" not in endpoint:
            yield _seen(name, re.sub(r"(://[^/]+).*", r"\1", endpoint), "its text", when)


def _seen(name: str, endpoint: str, what: str, when: str) -> Observation:
    source = Source("page", f"https://{name}/", 0, what)
    return Observation(name, "pages", "L14", endpoint, source, "E3", when, "HTTPS client")
