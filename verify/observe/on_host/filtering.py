"""Where people's own mail filters send mail on to: domains and counts, never whose. On the host."""

import glob
import os
import re

import shell

PLACE = "people's filters"
MOST_SCRIPTS = 100_000
MOST_BYTES = 1024 * 1024
# RFC 5228, 2.3 and 2.4.2: comments, multi-line text, quoted strings; and what ends a command. What
# has no end goes to the end of the script, so that no text takes long.
_TOKEN = re.compile(
    r"#[^\n]*|/\*.*?(?:\*/|\Z)|text:[ \t]*(?:#[^\n]*)?\r?\n(?P<long>.*?)(?:\r?\n\.\r?\n|\Z)"
    r'|"(?P<short>(?:[^"\\]|\\.)*+)(?:"|\\?\Z)|(?P<word>:?[a-z_][a-z0-9_]*)|(?P<end>[;{}])',
    re.IGNORECASE | re.DOTALL,
)
_SENDS = ("redirect", "notify", "report")


def sieve(problems):
    """Return rows of the domains that active filters send mail or notices on to (RFC 5228, 5435).

    A filter that is turned off in web mail counts: whose it is turns it on with a click.
    """
    said = shell.run(["doveconf", "-n"])
    homes = set(re.findall(r"\b(?:mail_)?home = (/\S+)", said))
    starts = set(re.findall(r"\b(?:active_)?path = ~/(\S+)", said))
    counts, read = {}, 0
    for home in (h for one in sorted(homes) for h in sorted(glob.glob(_any(one)))):
        mine = set()
        for start in starts:
            for script in _scripts(home, start):
                read += 1
                mine |= set(sent_on(script, problems))
        for domain in mine:
            counts[domain] = counts.get(domain, 0) + 1
        if read > MOST_SCRIPTS:
            problems.append({"place": PLACE, "what": f"more than {MOST_SCRIPTS} scripts"})
            break
    return {
        "rows": [
            [PLACE, 0, f"redirect (set by people, {n} of them)", f"mailto:x@{domain}"]
            for domain, n in sorted(counts.items())
        ]
    }


def rows(script, problems):
    """Yield (line, command, endpoint) of what a script of the platform's own sends mail on to."""
    for domain in sent_on(script, problems):
        at = script.lower().find(domain)
        yield script.count("\n", 0, at) + 1, "redirect", f"mailto:x@{domain}"


def sent_on(script, problems):
    """Yield the domain of every address that a script sends to; one it computes is a problem."""
    for command, value in _commands(script, _SENDS):
        address = value.strip()
        if command == "notify":
            if not address.lower().startswith("mailto:"):
                continue
            address = address[len("mailto:") :].partition("?")[0]
        domain = address.rpartition("@")[2].rstrip("> ").lower()
        if "@" not in address or "$" in domain or not re.fullmatch(r"[^\s@<>\"]+", domain):
            problem = {"place": PLACE, "what": f"a {command} to an address that is computed"}
            problems += [] if problem in problems else [problem]
        else:
            yield domain


def _commands(script, names):
    """Yield (command, its last string) of the commands of those names."""
    command, last = "", None
    for token in _TOKEN.finditer(script):
        if token["end"]:
            if command and last is not None:
                yield command, last
            command, last = "", None
        elif token["word"]:
            word = token["word"].lower()
            command = word if word in names and not command else command
        elif command and (token["short"] is not None or token["long"] is not None):
            last = token["long"] if token["short"] is None else _plain(token["short"])


def _plain(quoted):
    return re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)


def _scripts(home, start):
    """Yield the text of a script in a home, and of the person's own that it includes (RFC 6609)."""
    waiting, seen = [os.path.join(home, start)], set()
    while waiting:
        path = waiting.pop()
        if path in seen or (said := _read(path)) is None:
            continue
        seen.add(path)
        yield said
        beside = os.path.dirname(os.path.realpath(path))
        for _, name in _commands(said, ("include",)):
            waiting.append(os.path.join(beside, os.path.basename(name) + ".sieve"))


def _read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(MOST_BYTES)
    except OSError:
        return None


def _any(home):
    """Return the glob of a setting's home, where what is a person's is a variable."""
    parts = re.split(r"%\{[^}]*\}|%[a-z]", home)
    return "*".join(glob.escape(part) for part in parts)
