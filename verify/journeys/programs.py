"""Mail programs and phones: they set themselves up, and log in with a password of their own."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from verify.journeys import client, doors
from verify.journeys.pages import Visitor
from verify.journeys.portal import Portal
from verify.journeys.stage import JourneyError, SkipError

if TYPE_CHECKING:
    from verify.journeys.portal import AppPassword
    from verify.journeys.stage import Person, Stage

_OUTLOOK = "{http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a}"
_SERVICES = {"imap": "_imaps._tcp", "smtp": "_submissions._tcp"}
_OK = 200
_NAME = 'Telefoon van \'t "werk" 🐑'
# What a hostile or broken program might post: the answer must not depend on it.
_HOSTILE = """<?xml version="1.0"?><!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<Autodiscover><Request><EMailAddress>&x;{mail}</EMailAddress></Request></Autodiscover>"""


@dataclass(frozen=True, order=True)
class Server:
    """Where a program is told to go."""

    kind: str
    name: str
    port: int
    login: str = ""


def set_up(stage: Stage) -> str:
    """Find the servers by address alone, as three kinds of program do, and log in there."""
    person = stage.person(0)
    if not any("autoconfig" in host.roles for host in stage.inventory.hosts):
        raise SkipError("no host of this inventory tells mail programs how to set themselves up")
    visitor = Visitor(stage.address, stage.trust())
    servers = thunderbird(visitor, person)
    told = {Server(s.kind, s.name, s.port) for s in servers}
    for what, others in {
        "the domain itself": second_try(visitor, person),
        "Outlook": outlook(visitor, person),
        "the zone": service_records(stage, person.domain),
    }.items():
        if others != told:
            raise JourneyError(f"Thunderbird is told {sorted(told)}, {what} says {sorted(others)}")
    _log_in(stage, person, servers)
    where = ", ".join(f"{s.name}:{s.port} ({s.kind})" for s in sorted(servers))
    return (
        f"{person.mail} typed in: {where}; the domain's own page, Outlook's file and the zone's "
        "SRV say the same; logged in"
    )


def thunderbird(visitor: Visitor, person: Person) -> set[Server]:
    """Ask as Thunderbird does; return what it would use for this person."""
    url = f"https://autoconfig.{person.domain}/mail/config-v1.1.xml?emailaddress={person.mail}"
    return _offered(visitor, url, person)


def second_try(visitor: Visitor, person: Person) -> set[Server]:
    """Ask where Thunderbird does if there is no answer: the domain itself."""
    url = f"https://{person.domain}/.well-known/autoconfig/mail/config-v1.1.xml"
    return {Server(s.kind, s.name, s.port) for s in _offered(visitor, url, person)}


def _offered(visitor: Visitor, url: str, person: Person) -> set[Server]:
    root = _document(visitor, url)
    found = set()
    for tag in ("incomingServer", "outgoingServer"):
        for server in root.iter(tag):
            if server.findtext("socketType") != "SSL":
                raise JourneyError(f"{url} offers {server.get('type')} without TLS from the start")
            login = (server.findtext("username") or "").replace("%EMAILADDRESS%", person.mail)
            name, port = server.findtext("hostname") or "", int(server.findtext("port") or 0)
            found.add(Server(str(server.get("type")), name, port, login))
    if {s.kind for s in found} != set(_SERVICES):
        raise JourneyError(f"{url} offers {sorted(s.kind for s in found)}")
    return found


def outlook(visitor: Visitor, person: Person) -> set[Server]:
    """Ask as Outlook does, with a document that no parser should be fed."""
    url = f"https://autodiscover.{person.domain}/autodiscover/autodiscover.xml"
    root = _document(visitor, url, _HOSTILE.format(mail=person.mail).encode())
    return {
        Server(
            (p.findtext(f"{_OUTLOOK}Type") or "").lower(),
            p.findtext(f"{_OUTLOOK}Server") or "",
            int(p.findtext(f"{_OUTLOOK}Port") or 0),
        )
        for p in root.iter(f"{_OUTLOOK}Protocol")
    }


def service_records(stage: Stage, domain: str) -> set[Server]:
    """Ask for the SRV records of RFC 6186."""
    found = set()
    for kind, service in _SERVICES.items():
        for record in stage.records(domain, f"{service}.{domain}", "SRV"):
            name = str(record.target).rstrip(".").lower()
            found.add(Server(kind, name, int(record.port)))
    return found


def _document(visitor: Visitor, url: str, posted: bytes | None = None) -> ET.Element:
    page = visitor.post(url, posted) if posted else visitor.get(url)
    if page.status != _OK:
        raise JourneyError(f"{url} answered {page.status}")
    try:
        # From our own platform, and Python's expat expands no outside entity.
        return ET.fromstring(page.text)  # noqa: S314
    except ET.ParseError as why:
        raise JourneyError(f"{url} is not XML: {why}") from why


def app_password(stage: Stage) -> str:
    """Make one, read and send with it; it opens no other door, and none once it is removed."""
    person = stage.person(0)
    if not any("lemonldap_ng" in host.roles for host in stage.inventory.hosts):
        raise SkipError("this inventory has no portal, so nobody makes app passwords")
    portal = Portal(stage, person)
    made = portal.make(_NAME)
    opened = doors.with_password(stage, person.domain)
    try:
        if portal.held().get(made.id) != _NAME:
            raise JourneyError(f"the portal lists {portal.held().get(made.id)!r} and not {_NAME!r}")
        for door in opened.values():
            door(person, made.secret)
        refused = _refused(stage, opened["IMAP"], person, made)
    finally:
        portal.remove(made)
    for name, door in opened.items():
        refused[f"{name} once removed"] = doors.closed(stage, door, person, made.secret)
    told = "; ".join(f"{what}: {said}" for what, said in refused.items())
    return f"{person.mail} logged in with '{_NAME}' over {', '.join(opened)}; refused: {told}"


def _refused(stage: Stage, imap: doors.Door, person: Person, made: AppPassword) -> dict[str, str]:
    """Return how it is refused to somebody else, with a wrong end, and at the portal."""
    end = "2" if made.secret[-1] != "2" else "3"
    try:
        Portal(stage, replace(person, password=made.secret))
    except JourneyError as why:
        portal = str(why)
    else:
        raise JourneyError("the portal let somebody in with an app password")
    return {
        "to a colleague": doors.closed(stage, imap, stage.person(1), made.secret),
        "with another end": doors.closed(stage, imap, person, made.secret[:-1] + end),
        "at the portal": portal,
    }


def _log_in(stage: Stage, person: Person, servers: set[Server]) -> None:
    password = stage.mail_password(person)
    for server in servers:
        address, trust = stage.address(server.name), stage.trust()
        if server.kind == "imap":
            with client.Imap(server.name, address, trust, server.port) as box:
                box.login(server.login, password)
        else:
            with client.submission(server.name, address, trust, server.port) as smtp:
                smtp.login(server.login, password)
