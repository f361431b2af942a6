"""What a newcomer is told, as a letter and as a message."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from deploy import artifacts
from verify.report.words import LANGUAGES, Words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from deploy.inventory import Inventory
    from deploy.people.links import Link
    from deploy.people.newcomers import Newcomer

_BOLD = re.compile(r"\*\*(.+?)\*\*")


@dataclass(frozen=True)
class Place:
    """The platform that people come to. ``services`` are the roles that are there to work with."""

    domain: str
    sender: str
    help: str
    product: str
    services: frozenset[str]
    administrators: tuple[str, ...]

    @property
    def portal(self) -> str:
        return f"https://login.{self.domain}/"


@dataclass(frozen=True)
class Letter:
    person: Newcomer
    link: Link
    place: Place
    today: date

    @property
    def language(self) -> str:
        return language_of(self.person)

    @property
    def url(self) -> str:
        return self.link.url(self.place.portal)

    @property
    def qr(self) -> Markup:
        """Return the link as a QR code, an SVG to stand in a page."""
        code = segno.make(self.url, error="m", micro=False)
        return Markup(code.svg_inline(border=2, omitsize=True, svgclass="qr", lineclass=None))  # noqa: S704  (segno's own figures)


def place_of(inventory: Inventory, organisation: str) -> Place:
    """Return what letters of ``organisation`` say of the platform; its inventory may say more.

    ``kootwijk_letters`` in the inventory: ``sender`` (who writes) and ``help`` (whom to ask).
    """
    hosts = [h for h in inventory.hosts if h.organisation == organisation]
    said = hosts[0].vars.get("kootwijk_letters") or {}
    domain = hosts[0].domain
    there = {role for host in hosts for role in artifacts.on(host)}
    return Place(
        domain=domain,
        sender=str(said.get("sender") or organisation.capitalize()),
        help=str(said.get("help") or f"postmaster@{domain}"),
        product=str(hosts[0].vars.get("lemonldap_ng_product_name") or "Kootwijk"),
        services=frozenset(there),
        administrators=tuple(hosts[0].vars.get("kootwijk_administrators") or ("Beheer",)),
    )


def language_of(person: Newcomer) -> str:
    """Return the language that a person is written to in."""
    return person.language if person.language in LANGUAGES else "nl"


def welcome_page(**said: object) -> str:
    """Return the message of welcome as HTML (welcome.py says of what)."""
    return _templates().get_template("welcome.html.j2").render(said)


def page(letters: Sequence[Letter]) -> str:
    """Return an HTML page to print, each letter on sheets of its own; it needs nothing else."""
    return _templates().get_template("letters.html.j2").render(letters=letters)


def day(when: date, language: str) -> str:
    """Return a date in words, as 9 december 2026."""
    return Words(language).day(when)


def told(person: Newcomer, place: Place, language: str) -> str:
    """Return what person and message of welcome both say, as plain text with ``##`` and ``**``."""
    template = _templates().get_template(f"told.{language}.txt.j2")
    text = template.render(person=person, place=place, has=place.services)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def as_html(text: str) -> Markup:
    """Return ``told`` as HTML: headings, lists, paragraphs, bold; everything else is text."""
    parts = []
    for block in re.split(r"\n\n+", text.strip()):
        if block.startswith("## "):
            parts.append(Markup("<h2>{}</h2>").format(block[3:]))
        elif block.startswith("- "):
            items = re.split(r"\n- ", block[2:])
            parts.append(Markup("<ul>{}</ul>").format(Markup("").join(map(_item, items))))
        else:
            parts.append(Markup("<p>{}</p>").format(_bold(block)))
    return Markup("\n").join(parts)


def _item(text: str) -> Markup:
    return Markup("<li>{}</li>").format(_bold(text))


def _bold(text: str) -> Markup:
    return Markup(_BOLD.sub(r"<strong>\1</strong>", str(escape(" ".join(text.split())))))  # noqa: S704  (escaped)


def write_secret(path: Path, content: bytes) -> None:
    """Write a file that is its owner's alone from the first byte on; what was there is gone."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"day": day, "as_html": as_html}
    environment.globals |= {"told": told}
    return environment
