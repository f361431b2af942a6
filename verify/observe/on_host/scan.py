"""Files of the host, as far as they are configuration. Runs on the host: standard library only."""

import fnmatch
import glob
import os
import re
import stat

import dormant
import elsewhere
import filtering
import shipped
import text

MOST_BYTES = 1024 * 1024
MOST_FILES = 8000
MOST_ROWS = 20000
MOST_LINKS = 4
_NOT_FOLLOWED = ("/proc/", "/sys/", "/dev/", "/run/", "/var/log/", "/var/cache/", "/etc/")


class Rules:
    """The catalogue's rules for paths; the first glob that fits a path decides."""

    def __init__(self, rules):
        self.rules = [(re.compile(fnmatch.translate(r["path"])), r) for r in rules]

    def of(self, path):
        for pattern, rule in self.rules:
            if pattern.match(path):
                return rule
        return {}


def walk(roots, rules, problems, owns=lambda _: False):
    """Yield (path, rule) of every regular file below ``roots`` that no rule skips.

    Where a rule asks for what is foreign, what ``owns`` knows is not in it.
    """
    seen, count = set(), 0
    for root in roots:
        for path in _below(root, rules):
            rule = rules.of(path)
            if rule.get("foreign") and owns(path):
                continue
            real = os.path.realpath(path)
            try:
                status = os.stat(path)
            except OSError as why:
                if os.path.lexists(path) and why.errno == 40:
                    problems.append(
                        {"place": path, "what": "a symbolic link that goes in a circle"}
                    )
                continue
            key = (status.st_dev, status.st_ino)
            if not stat.S_ISREG(status.st_mode) or key in seen:
                continue
            if rule.get("skip") or (real != path and rules.of(real).get("skip")):
                continue
            seen.add(key)
            count += 1
            if count > MOST_FILES:
                problems.append({"place": root, "what": f"more than {MOST_FILES} files"})
                return
            yield path, rule


def _below(root, rules, linked=()):
    """Yield what lies below a root; also where a link leads that leaves it, but not to programs."""
    if os.path.isfile(root):
        yield root
        return
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders if not rules.of(f"{folder}/{f}/").get("skip"))
        for name in sorted(files):
            yield f"{folder}/{name}"
        for name in (f for f in folders if os.path.islink(f"{folder}/{f}")):
            real = os.path.realpath(f"{folder}/{name}")
            within = f"{real}/".startswith((f"{os.path.realpath(root)}/", "/usr/", *_NOT_FOLLOWED))
            if not within and real not in linked and len(linked) < MOST_LINKS:
                yield from _below(f"{folder}/{name}", rules, (*linked, real))


def read(path, problems):
    """Return the file's text, or None; what could not be read whole is a problem."""
    try:
        with open(path, "rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as why:
        problems.append({"place": path, "what": f"cannot be read: {why.strerror}"})
        return None
    if len(content) > MOST_BYTES and b"\0" not in content[:8192]:
        problems.append({"place": path, "what": f"larger than {MOST_BYTES // 1024} KiB"})
    return content[:MOST_BYTES]


def format_of(path, rule):
    if rule.get("format"):
        return rule["format"]
    name = path.rsplit("/", 1)[-1]
    for ending, kind in (
        (".php", "php"),
        (".py", "python"),
        (".ini", "ini"),
        (".js", "slash"),
        (".json", "json"),
        (".yml", "yaml"),
        (".yaml", "yaml"),
        (".css", "css"),
        (".xml", "xml"),
        (".html", "html"),
        (".sieve", "sieve"),
        (".htm", "html"),
        (".svg", "xml"),
        (".lua", "lua"),
        (".zone", "zone"),
        (".desktop", "ini"),
    ):
        if name.endswith(ending):
            return kind
    return "hash"


def files(wanted, problems, keys):
    """Return the rows of every file: [path, line, key, endpoint].

    ``keys`` takes the settings of those whose defaults are known, by path.
    """
    rules, found = Rules(wanted["rules"]), []
    known = [re.compile(fnmatch.translate(p)) for p in wanted.get("keys", ())]
    pristine, units, named = shipped.packages(), dormant.Units(), elsewhere.Named()
    roots = [p for pattern in wanted["roots"] for p in sorted(glob.glob(pattern))]
    for path, rule in _all(roots, rules, problems, pristine, named):
        if rule.get("changed") and pristine.has(path):
            continue
        said = _said(path, wanted["text_endings"], problems)
        unit = next((p for p in (path, os.path.realpath(path)) if dormant.is_unit(p)), None)
        if said is None or (unit and not units.starts(unit)):
            continue
        kind = format_of(path, rule)
        if re.match(r"\s*<(\?xml|!doctype (?!html))", said[:200], re.IGNORECASE):
            kind = "xml"
        program = kind == "python" or re.match(r"#!.*python", said)
        kind = "python" if program else kind
        if kind not in ("json", "sieve"):
            named.add(text.said(said, kind))
        if any(p.match(path) for p in known):
            keys[path] = text.keys(said, kind)
        rows = filtering.rows(said, problems) if kind == "sieve" else text.rows(said, kind)
        found += [
            [path, n, k, e] for n, k, e in rows if "://" in e or not (program or rule.get("urls"))
        ]
        if len(found) >= MOST_ROWS:
            problems.append({"place": path, "what": f"more than {MOST_ROWS} endpoints"})
            return found[:MOST_ROWS]
    return found


def _all(roots, rules, problems, pristine, named):
    """Yield (path, rule) of what lies below the roots, and then of what the texts there name."""
    waiting = []
    for path, rule in walk(roots, rules, problems, pristine.owns):
        if _counts(path, rule, named):
            yield path, rule
        else:
            waiting.append((path, rule))
    while ready := [one for one in waiting if _counts(*one, named)]:  # what one names, is next
        waiting = [one for one in waiting if one not in ready]
        yield from ready
    named.nginx()
    files_, folders = named.beyond(roots)
    for path, rule in walk(files_ + folders, rules, problems, pristine.owns):
        if not pristine.owns(path):
            yield path, rule if path in files_ else {**rule, "urls": True}


def _counts(path, rule, named):
    """Say whether a file counts by what was read so far, where its rule asks for that."""
    if rule.get("needs") and not os.path.exists(rule["needs"]):
        return False
    if rule.get("named") and not named.names(path):
        return False
    if rule.get("reads") and not re.fullmatch(rule["reads"], os.path.basename(path)):
        return named.file(path)
    return not rule.get("foreign") or named.loads(path)


def _said(path, text_endings, problems):
    """Return the text of a file; None where it has none."""
    content = read(path, problems)
    if content is None:
        return None
    if b"\0" in content[:8192]:
        if path.endswith(tuple(text_endings)):
            problems.append({"place": path, "what": "binary where a text is expected"})
        return None
    return content.decode("utf-8", "replace")
