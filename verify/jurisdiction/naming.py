"""Organisations by name: legal forms count, because Leaseweb's US company is not its Dutch one."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from verify.jurisdiction.model import Organisation

# Legal forms by where they come from. One that none of an organisation's own names has
# makes it another company.
_FORMS = {
    "us": "inc|llc|l l c|corp|corporation|lp|l p|co inc|company",
    "uk": "ltd|limited|plc|co ltd|cic|c i c",
    "eu": "b ?v|n ?v|u a|vzw|bvba|gmbh|gmbh co kg|ag|se|kg|ug|e v|e k|eg|aor|sa|s a|sas|s a s|sasu|"
    "sarl|s a r l|s p a|spa|srl|s r l|s r o|a s|oy|oyj|ab|as|asa|aps|sp z o o|d o o|kft|zrt|slu|"
    "s l|s l u|lda|ou|clg|nv sa",
    "far": "pty|pty ltd|pte|pte ltd|pvt ltd|private limited|ltda|s a de c v|k k|ooo|pjsc|jsc|ao",
}
_SUFFIX = {kind: re.compile(rf"(?: (?:{forms}))+$") for kind, forms in _FORMS.items()}
_OTHER = re.compile(r"[^a-z0-9&+]+")
_FAILS_ANYWAY = frozenset({"US", "CN", "RU"})  # taking more for theirs can only fail closed


def simple(text: str) -> str:
    """Return a name without case, accents and punctuation; another script stays as it is."""
    kept = text
    if not text.isascii():
        plain = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("ø", "o"))
        kept = plain.encode("ascii", "ignore").decode()
        if sum(map(str.isalnum, kept)) < sum(map(str.isalnum, text)):
            return text.casefold()  # a look-alike in Cyrillic must not fold onto a known name
    return _OTHER.sub(" ", kept.lower()).strip()


def core_and_form(name: str) -> tuple[str, str]:
    """Split a name into its core and where its legal form comes from (``''``: it has none)."""
    words = simple(name)
    for kind in ("far", "uk", "us", "eu"):
        core = _SUFFIX[kind].sub("", words)
        if core and core != words:
            return core, kind
    return words, ""


class NameIndex:
    """Finds an organisation by any of its names."""

    def __init__(self, orgs: Iterable[Organisation]) -> None:
        self._found: dict[str, list[tuple[Organisation, frozenset[str]]]] = defaultdict(list)
        for org in orgs:
            names = [core_and_form(n) for n in (org.name, *org.aliases)]
            forms = frozenset(form for _, form in names)
            for core in dict.fromkeys(core for core, _ in names):
                self._found[core].append((org, forms))

    def find(self, name: str) -> Organisation | None:
        """Return the organisation called ``name``; without a legal form the best known of them."""
        core, form = core_and_form(name)
        rows = self._found.get(core, [])
        if not form:
            plain = [org for org, forms in rows if "" in forms]
            return next(iter(plain or [org for org, _ in rows]), None)
        same = [org for org, forms in rows if form in forms]
        near = [org for org, _ in rows if org.country in _FAILS_ANYWAY]
        return next(iter(same or near), None)
