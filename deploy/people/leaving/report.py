"""A deletion for the privacy officer to read: one page, in Dutch or English. Pure."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deploy.people.leaving.deletion import Deletion, Place

LANGUAGES = ("nl", "en")
WORDS = {
    "title": ("Verwijdering van {uid}", "Deletion of {uid}"),
    "about": (
        "{uid} ({organisation}) vertrok op {left}; bewaren tot {keep_until}. Verwijderd: {when}.",
        "{uid} ({organisation}) left on {left}; to be kept until {keep_until}. Deleted: {when}.",
    ),
    "early": ("Eerder dan de bewaartermijn, met als reden: {reason}", "Early, because: {reason}"),
    "held": ("Wat er was, en wat er nu nog is", "What there was, and what is there now"),
    "service": ("Dienst", "Service"),
    "host": ("Machine", "Host"),
    "before": ("Ervoor", "Before"),
    "after": ("Erna nagekeken", "Looked at afterwards"),
    "verdict": ("Oordeel", "Verdict"),
    "gone": ("verwijderd", "removed"),
    "left over": ("NIET ALLES VERWIJDERD", "NOT ALL REMOVED"),
    "unknown": ("NIET NAGEKEKEN", "NOT LOOKED AT"),
    "nothing": ("niets", "nothing"),
    "stays": ("Wat blijft, en waarom", "What stays, and why"),
    "what": ("Wat", "What"),
    "where": ("Waar", "Where"),
    "why": ("Waarom", "Why"),
    "seen": ("Gezien", "Seen"),
    "done": ("Alles wat verwijderd moest worden is weg.", "All that had to go is gone."),
    "undone": (
        "Niet alles is weg. Herhaal de opdracht: zij maakt af wat niet af is.",
        "Not all is gone. Run it again: it completes what is not done.",
    ),
}
# Services and what is counted at them, in Dutch; a name that is not in here is shown as it is.
DUTCH = {
    "secrets": "geheimen",
    "portal": "portaal",
    "mail": "post",
    "files": "bestanden",
    "entry": "vermelding",
    "app passwords": "app-wachtwoorden",
    "teams and mailboxes": "teams en postvakken",
    "first password": "eerste wachtwoord",
    "sessions": "sessies",
    "one-time links": "eenmalige links",
    "tokens": "tokens",
    "second factors and history of logins": "tweede factoren en inloggeschiedenis",
    "messages": "berichten",
    "other files": "andere bestanden",
    "bytes": "bytes",
    "account": "account",
    "calendars": "agenda's",
    "devices": "apparaten",
    "rooms": "kamers",
    "media": "mediabestanden",
    "identities": "identiteiten",
    "contacts": "contacten",
    "collected addresses": "verzamelde adressen",
    "responses": "standaardantwoorden",
}
# What hosts say of what stays (on_host, delete.py), in Dutch.
_DUTCH_SEEN = (
    (r"([0-9]+) lines with the login name", r"regels met de inlognaam: \1"),
    (r"([0-9]+) messages from (\S+) in others' mailboxes", r"berichten van \2: \1"),
    (r"none on this host", "geen op deze machine"),
    (r": ([0-9]+) files", r": \1 bestanden"),
    (r": left ([0-9-]+)$", r": vertrokken \1"),
)
# What stays: what it is, and why. What is not in here is not said.
REASONS = {
    "journal": (
        ("Regels in het logboek", "Lines in the journal"),
        (
            "Beveiliging en verantwoording; het logboek vergeet ze vanzelf.",
            "Security and accountability; the journal forgets them by itself.",
        ),
    ),
    "backups": (
        ("Reservekopieën", "Backups"),
        (
            "Een kopie wordt niet herschreven; zij vervalt met haar bewaartermijn.",
            "A copy is not rewritten; it expires with its own term.",
        ),
    ),
    "others": (
        (
            "Berichten in andermans postvakken en gesprekken",
            "Messages in others' mailboxes and rooms",
        ),
        (
            "Zij zijn van wie ze kreeg; in gesprekken ziet wie later komt ze niet.",
            "They are the receivers'; in rooms, who joins later does not see them.",
        ),
    ),
    "successor": (
        ("Wat aan de opvolger is overgedragen", "What was handed to the successor"),
        ("Het is werk van de organisatie.", "It is the organisation's work."),
    ),
    "name": (
        ("De inlognaam, zonder verdere gegevens", "The login name, with nothing else"),
        (
            "Zodat niemand anders haar krijgt, en daarmee post of rechten van vroeger.",
            "So that nobody else gets it, and with it mail or rights of before.",
        ),
    ),
}


def page(found: Deletion, language: str) -> str:
    """Return the page; everything that came from elsewhere is escaped."""
    said = {name: escape(words[LANGUAGES.index(language)]) for name, words in WORDS.items()}
    facts = {name: escape(str(value)) for name, value in found.as_json().items()}
    parts = [f"<h1>{said['title'].format(**facts)}</h1>", f"<p>{said['about'].format(**facts)}</p>"]
    if found.reason:
        parts.append(f"<p>{said['early'].format(**facts)}</p>")
    parts.append(f"<p><strong>{said['done' if found.complete else 'undone']}</strong></p>")
    parts.append(f"<h2>{said['held']}</h2>")
    head = [said[name] for name in ("service", "host", "before", "after", "verdict")]
    parts.append(_table(head, [_row(place, said, language) for place in found.places]))
    rows = []
    for stays in found.stays:
        what, why = (words[LANGUAGES.index(language)] for words in REASONS[stays.what])
        seen = stays.seen if language == "en" else in_dutch(stays.seen)
        rows.append([escape(cell) for cell in (what, stays.where, why, seen)])
    parts.append(f"<h2>{said['stays']}</h2>")
    parts.append(_table([said[name] for name in ("what", "where", "why", "seen")], rows))
    return _PAGE.format(
        language=language, title=said["title"].format(**facts), body="\n".join(parts)
    )


def in_dutch(seen: str) -> str:
    """Return in Dutch what a host said of what stays; what is not known as it is."""
    for said, dutch in _DUTCH_SEEN:
        seen = re.sub(said, dutch, seen)
    return seen


def _row(place: Place, said: dict[str, str], language: str) -> list[str]:
    verdict = {True: "gone", False: "left over", None: "unknown"}[place.gone]
    names = {} if language == "en" else DUTCH
    counts = [_counts(held, said, names) for held in (place.before, place.after)]
    trouble = f"<br>{escape(place.trouble)}" if place.trouble else ""
    service = names.get(place.service, place.service)
    return [escape(service), escape(place.host), *counts, said[verdict] + trouble]


def _counts(held: dict[str, int] | None, said: dict[str, str], names: dict[str, str]) -> str:
    if held is None:
        return said["unknown"]
    found = ", ".join(f"{names.get(what, what)}: {n}" for what, n in held.items() if n)
    return escape(found) or said["nothing"]


def _table(head: list[str], rows: list[list[str]]) -> str:
    top = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    body = "\n".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table>\n<thead><tr>{top}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ border: 1px solid; padding: .3rem .6rem; text-align: left; vertical-align: top; }}
</style>
</head>
<body>
{body}
</body>
</html>
"""
