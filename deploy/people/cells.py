"""One value of a roster: is it what it should be? Pure."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

BETWEEN = "|"  # between the values in one cell; neither a spreadsheet nor a name uses it

_UID = re.compile(r"[a-z][a-z0-9]*([._-][a-z0-9]+)*")
_MAIL = re.compile(r"[a-z0-9!#$%&'*+/?^_`{}~-]+(\.[a-z0-9!#$%&'*+/?^_`{}~-]+)*@[a-z0-9.-]+")
_QUOTA = re.compile(r"([1-9][0-9]{0,5}) ?([MGT])B?", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FORMULA = ("=", "+", "-", "@")  # with which a spreadsheet begins one
_JOINERS = ("\u200c", "\u200d")  # which Persian and Indian names are written with
_UID_LONGEST, _NAME_LONGEST = 32, 64
_LOCAL_LONGEST = 64  # of an address, before the @ (RFC 5321, 4.5.3.1.1)
# What mail servers take for more than a letter: what is behind a + belongs to whose name is before.
_ROUTES = "+%!*"
_MISREAD = "ÂÃÄÅ"  # with which a letter of UTF-8 begins that was read as Windows-1252
_LOST = "\ufffd"
_FIRST_YEAR = 1900
_SHOWN = 80
# Addresses that are the platform's own, in every domain: mail to them reaches nobody who has one.
ADDRESSES = ("postmaster", "abuse", "hostmaster", "mailer-daemon", "root", "noreply")
ACCOUNTS = ("teams",)  # login names that are: of what keeps the rooms for chat
FILES, MAIL = "{} {}B", "{}{}"  # how a size is written for files, and for mail


class BadCellError(ValueError):
    """What is wrong with the value of ``column``, without where it stands.

    ``index`` is which of the column's values it is, where it has several.
    """

    def __init__(self, column: str, what: str, index: int | None = None) -> None:
        super().__init__(what)
        self.column = column
        self.index = index


def clean(value: str) -> str:
    """Return ``value`` composed (NFC), with every run of blanks made one space."""
    return " ".join(unicodedata.normalize("NFC", value).replace("\ufeff", "").split())


def same(value: str) -> str:
    """Return what is equal for two names that the directory takes for one (RFC 4518)."""
    return unicodedata.normalize("NFKC", value).casefold()


def short(value: str) -> str:
    """Return ``value`` for a message, which a field of a megabyte does not become."""
    return value if len(value) <= _SHOWN else f"{value[:_SHOWN]}..."


def login(column: str, value: str, ours: tuple[str, ...] = ADDRESSES) -> str:
    """Return a login name, which is none of ``ours``, the platform's own."""
    found = value.lower()
    if not _UID.fullmatch(found) or len(found) > _UID_LONGEST:
        raise BadCellError(
            column,
            f"{short(found)!r} is not a login name (a-z, 0-9, '.', '_', '-'; at most 32)"
            + _odd(value),
        )
    if found in ours:
        raise BadCellError(column, f"{found!r} is the platform's own: take another name")
    return found


def one_of(column: str, value: str, known: tuple[str, ...]) -> str:
    """Return ``value`` in lower case: one of ``known``, or empty."""
    if value and value.lower() not in known:
        raise BadCellError(column, f"{short(value.lower())!r} is none of {', '.join(known)}")
    return value.lower()


def size(column: str, value: str, form: str) -> str:
    """Return a quota as its service writes it: ``form`` takes the number and M, G or T."""
    if not value:
        return ""
    found = _QUOTA.fullmatch(value)
    if not found:
        raise BadCellError(column, f"{short(value)!r} is not a size, such as 500 MB or 10 GB")
    return form.format(found[1], found[2].upper())


def day(column: str, value: str) -> str:
    """Return a date as 2026-12-31, or nothing; other ways to write one are not guessed."""
    if not value:
        return ""
    try:
        if _DATE.fullmatch(value) and date.fromisoformat(value).year >= _FIRST_YEAR:
            return value
    except ValueError:
        pass
    raise BadCellError(column, f"{short(value)!r} is not a date, such as 2026-12-31")


def name(column: str, value: str, index: int | None = None) -> str:
    """Return the name of a person, team or room: letters of any script, no formula, no control."""
    if not value:
        raise BadCellError(column, "is empty", index)
    if value[0] in _FORMULA or not any(c.isalpha() for c in value):
        raise BadCellError(column, f"{short(value)!r} is not a name (a formula?)", index)
    odd = next((c for c in value if unicodedata.category(c)[0] == "C" and c not in _JOINERS), None)
    if odd:
        what = f"{short(value)!r} has a character that is not seen (U+{ord(odd):04X})"
        raise BadCellError(column, what, index)
    if len(value) > _NAME_LONGEST:
        what = f"{short(value)!r} has {len(value)} characters; at most {_NAME_LONGEST}"
        raise BadCellError(column, what, index)
    if meant := _misread(value):
        what = f"{value!r} was spoilt when it was read in another encoding; {meant}"
        raise BadCellError(column, what, index)
    return value


def team(column: str, value: str, index: int | None = None) -> str:
    """Return the name of a team, which is a name; the portal separates a person's teams by ``;``.

    (LemonLDAP::NG's multiValuesSeparator.)
    """
    found = name(column, value, index)
    if ";" in found:
        raise BadCellError(column, f"{found!r} has a ';': the login takes it for two teams", index)
    return found


def _misread(value: str) -> str:
    """Return what to say of a name whose letters other than ASCII are no longer what they were."""
    if _LOST in value:
        return "a letter is lost (U+FFFD)"
    try:
        meant = value.encode("cp1252").decode()
    except UnicodeError:
        return ""
    return f"is {meant!r} meant?" if meant != value and set(value) & set(_MISREAD) else ""


def _odd(value: str) -> str:
    """Name the first letter that is not ASCII: a Cyrillic a looks like any other."""
    odd = next((c for c in value if not c.isascii()), "")
    return f"; {odd!r} is {unicodedata.name(odd, 'no letter')}" if odd else ""


def address(column: str, value: str, domain: str, index: int | None = None) -> str:
    found = value.lower() if "@" in value else f"{value.lower()}@{domain}"
    if value[:1] in _FORMULA or not _MAIL.fullmatch(found):
        raise BadCellError(column, f"{short(value)!r} is not a mail address{_odd(value)}", index)
    local = found.partition("@")[0]
    if len(local) > _LOCAL_LONGEST:
        what = f"{short(value)!r} has {len(local)} characters before the @; at most 64"
        raise BadCellError(column, what, index)
    if route := next((c for c in local if c in _ROUTES), ""):
        what = f"{value!r} has a {route!r}, which to mail servers is no part of a name"
        raise BadCellError(column, what, index)
    if found.partition("@")[2] != domain:
        raise BadCellError(
            column, f"{short(value)!r} is not in {domain}, which is all that arrives here", index
        )
    if local in ADDRESSES:
        # The inventory says who reads what is written to them: kootwijk_postmasters.
        raise BadCellError(
            column, f"{value!r} is an address of the platform's own: take another", index
        )
    return found
