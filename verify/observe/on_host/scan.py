"""Files of the host, as far as they are configuration. Runs on the host: standard library only."""

import fnmatch
import hashlib
import os
import re
import stat

import dormant
import text

MOST_BYTES = 1024 * 1024
MOST_FILES = 8000
MOST_ROWS = 20000


def _md5():
    return hashlib.md5(usedforsecurity=False)


class Rules:
    """The catalogue's rules for paths; the first glob that fits a path decides."""

    def __init__(self, rules):
        self.rules = [(re.compile(fnmatch.translate(r["path"])), r) for r in rules]

    def of(self, path):
        for pattern, rule in self.rules:
            if pattern.match(path):
                return rule
        return {}


class Pristine:
    """Which files are still as their package shipped them."""

    def __init__(self, info="/var/lib/dpkg/info"):
        self.sums = {}
        self.info = info

    def load(self):
        for entry in os.scandir(self.info) if os.path.isdir(self.info) else ():
            if entry.name.endswith(".md5sums"):
                with open(entry.path, encoding="utf-8", errors="replace") as file:
                    for line in file:
                        digest, _, path = line.rstrip("\n").partition("  ")
                        self.sums["/" + path] = digest
        return self

    def has(self, path, content=None):
        """Say whether the file is as shipped; without ``content``, the file itself is read."""
        known = self.sums.get(path) or self.sums.get(path.removeprefix("/usr"))
        known = known or self.sums.get(os.path.realpath(path))
        if known is None:
            return False
        if content is not None:
            return hashlib.md5(content, usedforsecurity=False).hexdigest() == known
        try:
            with open(path, "rb") as file:
                return hashlib.file_digest(file, _md5).hexdigest() == known
        except OSError:
            return False


def walk(roots, rules, problems):
    """Yield (path, rule) of every regular file below ``roots`` that no rule skips."""
    seen, count = set(), 0
    for root in roots:
        for path in _below(root, rules):
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
            rule = rules.of(path)
            if rule.get("skip") or (real != path and rules.of(real).get("skip")):
                continue
            seen.add(key)
            count += 1
            if count > MOST_FILES:
                problems.append({"place": root, "what": f"more than {MOST_FILES} files"})
                return
            yield path, rule


def _below(root, rules):
    if os.path.isfile(root):
        yield root
        return
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders if not rules.of(f"{folder}/{f}/").get("skip"))
        for name in sorted(files):
            yield f"{folder}/{name}"


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
    pristine, units = Pristine().load(), dormant.Units()
    for path, rule in walk(wanted["roots"], rules, problems):
        if rule.get("changed") and pristine.has(path):
            continue
        said = _said(path, wanted["text_endings"], problems)
        if said is None or (dormant.is_unit(path) and not units.starts(path)):
            continue
        kind = format_of(path, rule)
        if re.match(r"\s*<(\?xml|!doctype (?!html))", said[:200], re.IGNORECASE):
            kind = "xml"
        program = kind == "python" or re.match(r"#!.*python", said)
        kind = "python" if program else kind
        if any(p.match(path) for p in known):
            keys[path] = text.keys(said, kind)
        rows = text.rows(said, kind)
        found += [
            [path, n, k, e] for n, k, e in rows if "://" in e or not (program or rule.get("urls"))
        ]
        if len(found) >= MOST_ROWS:
            problems.append({"place": path, "what": f"more than {MOST_ROWS} endpoints"})
            return found[:MOST_ROWS]
    return found


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
