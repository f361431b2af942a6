"""A calendar: an appointment that somebody made, and those who were invited to it."""

from __future__ import annotations

import re
import time
import uuid
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from typing import TYPE_CHECKING

from verify.journeys import client, dav
from verify.journeys.headers import verified
from verify.journeys.stage import JourneyError, SkipError

if TYPE_CHECKING:
    from email.message import Message

    from verify.journeys.dav import Program
    from verify.journeys.stage import Person, Stage

WAIT_SECONDS, _POLL_SECONDS = 30.0, 1.0
_ICS = {"Content_Type": "text/calendar; charset=utf-8"}


def invited(stage: Stage) -> str:
    """Invite a colleague and somebody elsewhere: in one's calendar, by mail to the other."""
    stage.host_with("nextcloud")
    organiser, colleague = stage.person(0), stage.person(1)
    try:
        guest = stage.partner()
    except SkipError:
        guest = None
    title, name = f"Kootwijk {uuid.uuid4().hex[:12]}", f"{uuid.uuid4()}.ics"
    who = [colleague, *([guest] if guest else [])]
    with dav.program(stage, organiser) as mine, dav.program(stage, colleague) as theirs:
        calendar = _calendar(mine)
        mine.must("PUT", f"{calendar}{name}", event(title, organiser, who), **_ICS)
        try:
            found = _landed(theirs, title)
            mailed = [_mailed(stage, person, title, organiser) for person in who]
            theirs.must("PUT", found, accepted(theirs.must("GET", found), colleague), **_ICS)
            _answered(mine, f"{calendar}{name}", colleague)
        finally:
            mine.ask("DELETE", f"{calendar}{name}")
        _cancelled(theirs, found)
        for person in who:
            client.receive(stage, person, title)
    return (
        f"{organiser.uid} invited {colleague.uid}: '{title}' was in their calendar, and their "
        f"answer in {organiser.uid}'s; {'; '.join(mailed)}"
    )


def _calendar(program: Program) -> str:
    """Return the person's own calendar, found as a calendar program finds it."""
    answer = program.ask("PROPFIND", "/.well-known/caldav")
    if answer.status not in (301, 302, 308):
        raise JourneyError(f"/.well-known/caldav does not lead to calendars: {answer.status}")
    home = f"/remote.php/dav/calendars/{program.person.uid}/personal/"
    program.must("PROPFIND", home, Depth="0")
    return home


def event(title: str, organiser: Person, who: list[Person]) -> str:
    start = datetime.now(UTC) + timedelta(days=3)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Kootwijk//journey//NL",
        "BEGIN:VEVENT",
        f"UID:{uuid.uuid4()}",
        f"DTSTAMP:{datetime.now(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART:{start:%Y%m%dT100000Z}",
        f"DTEND:{start:%Y%m%dT110000Z}",
        f"SUMMARY:{title}",
        f"ORGANIZER:mailto:{organiser.mail}",
        *(
            f"ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;ROLE=REQ-PARTICIPANT:mailto:{person.mail}"
            for person in who
        ),
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    return "\r\n".join(lines)


def _landed(program: Program, title: str) -> str:
    """Wait for the appointment in the person's calendar; return where it is."""
    home = _calendar(program)
    query = (
        '<c:calendar-query xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:prop>'
        '<d:getetag/></d:prop><c:filter><c:comp-filter name="VCALENDAR">'
        '<c:comp-filter name="VEVENT"><c:prop-filter name="SUMMARY"><c:text-match>'
        f"{title}</c:text-match></c:prop-filter></c:comp-filter></c:comp-filter></c:filter>"
        "</c:calendar-query>"
    )
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        text = program.must("REPORT", home, query, Depth="1", Content_Type="application/xml")
        found = re.search(r"<d:href>([^<]+\.ics)</d:href>", text)
        if found:
            return found[1]
        time.sleep(_POLL_SECONDS)
    raise JourneyError(f"'{title}' was not in {program.person.uid}'s calendar in {WAIT_SECONDS} s")


def _mailed(stage: Stage, guest: Person, title: str, organiser: Person) -> str:
    """Return what was seen of the invitation in the guest's mailbox."""
    message = client.receive(stage, guest, title).message
    request = calendar_part(message)
    if request is None or "METHOD:REQUEST" not in request or organiser.mail not in request:
        raise JourneyError(f"the mail to {guest.mail} carries no invitation of {organiser.mail}")
    sender = parseaddr(str(message["From"]))[1]
    if guest.domain == organiser.domain:
        return f"{guest.mail} has it by mail from {sender} as well"
    receivers = stage.mail_hosts(guest.domain)
    proof = verified(message, receivers=receivers, domain=organiser.domain)
    return f"{guest.mail} has it by mail from {sender} ({proof})"


def unfolded(text: str) -> str:
    """Return iCalendar text with its long lines in one piece (RFC 5545, section 3.1)."""
    return re.sub(r"\r?\n[ \t]", "", text)


def calendar_part(message: Message) -> str | None:
    """Return the invitation that a message carries."""
    for part in message.walk():
        if part.get_content_type() == "text/calendar":
            content = part.get_payload(decode=True)
            text = content.decode(errors="replace") if isinstance(content, bytes) else ""
            return unfolded(text)
    return None


def accepted(text: str, person: Person) -> str:
    """Return the event as the person's program stores it when they accept."""
    flat = unfolded(text)
    line = re.compile(rf"ATTENDEE[^\r\n]*mailto:{re.escape(person.mail)}", re.IGNORECASE)
    return line.sub(lambda m: m[0].replace("NEEDS-ACTION", "ACCEPTED"), flat)


def _answered(program: Program, path: str, person: Person) -> None:
    flat = unfolded(program.must("GET", path))
    line = re.search(rf"ATTENDEE[^\r\n]*mailto:{re.escape(person.mail)}", flat, re.IGNORECASE)
    if line is None or "ACCEPTED" not in line[0]:
        raise JourneyError(f"{person.uid} accepted, and the organiser's calendar does not say so")


def _cancelled(program: Program, path: str) -> None:
    """Hold that a cancelled appointment is marked so, or gone, and take it away."""
    answer = program.ask("GET", path)
    if answer.status == 200 and "STATUS:CANCELLED" not in answer.text:  # noqa: PLR2004
        raise JourneyError(f"the organiser cancelled, and {program.person.uid} does not see it")
    program.ask("DELETE", path)
