"""Which of systemd's unit files anything starts. Runs on the host: standard library only."""

import os
import re

FOLDERS = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
)
KINDS = (".service", ".timer", ".socket", ".path", ".mount", ".automount", ".swap", ".target")
STARTERS = (".timer", ".socket", ".path")
_MOST = 256 * 1024


def is_unit(path):
    folder, name = os.path.split(path)
    return folder in FOLDERS and name.endswith(KINDS)


class Units:
    """What is started: linked from a target, or named by a unit that is. In doubt, yes.

    What runs without being any of these is loaded, and hosting.systemd sees it.
    """

    def __init__(self, folders=FOLDERS):
        self.folders = folders
        self._loaded = None

    def starts(self, path):
        if not self._in_force(path):
            return False
        stem, kind = os.path.splitext(os.path.basename(path))
        template = stem.split("@")[0] + "@" if "@" in stem else ""
        linked, texts = self._load()
        if any(n == stem + kind or (template and n.startswith(template)) for n in linked):
            return True
        for starter in STARTERS if kind == ".service" else ():
            name = stem + starter
            if any(n == name or (template and n.startswith(template)) for n in linked):
                return True
        word = re.compile(rf"(?<![\w@.-]){re.escape(template or stem + kind)}")
        return any(name != stem + kind and word.search(said) for name, said in texts.items())

    def _in_force(self, path):
        """Say whether no unit of that name stands before it, as one that masks it does."""
        for folder in self.folders:
            first = os.path.join(folder, os.path.basename(path))
            if os.path.lexists(first):
                return os.path.realpath(first) == os.path.realpath(path)
        return True

    def _load(self):
        """Return the names below .wants and the like and of aliases, and what each file says."""
        if self._loaded is None:
            linked, texts = set(), {}
            for folder in self.folders:
                for below, _, files in os.walk(folder):
                    if below.endswith((".wants", ".requires", ".upholds")):
                        linked.update(files)
                    else:
                        self._read(below, files, linked, texts)
            self._loaded = linked, texts
        return self._loaded

    def _read(self, below, files, linked, texts):
        for name in files:
            path = os.path.join(below, name)
            if os.path.islink(path) and below in self.folders:
                linked.add(os.path.basename(os.path.realpath(path)))  # an alias
            texts[name if below in self.folders else path] = _text(path)


def _text(path):
    """Return what a unit's file says, without its comments and its [Install]."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            said = file.read(_MOST)
    except OSError:
        return ""
    said = re.sub(r"(?m)^\s*[#;].*$", "", said)
    return re.sub(r"(?ms)^\[Install\].*?(?=^\[|\Z)", "", said)
