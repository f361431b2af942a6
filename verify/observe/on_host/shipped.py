"""What packages and wheels brought to this host, by their own lists. Runs on the host."""

import base64
import csv
import functools
import glob
import hashlib
import os
import re

INFO = "/var/lib/dpkg/info"
MOST_LISTS = 10_000
MOST_FILES = 200_000
MOST_BYTES = 64 * 1024 * 1024


def _md5():
    return hashlib.md5(usedforsecurity=False)


@functools.cache
def packages():
    """Return what Debian's packages brought; read once in a run."""
    return Packages(INFO)


class Packages:
    """The files of Debian packages, and which of them are still as they were shipped."""

    def __init__(self, info):
        self.sums = {path: digest for _, found in sums(info) for path, digest in found}
        self.digests = set(self.sums.values())

    def owns(self, path):
        """Say whether a package, or a wheel in the folder it lies in, brought a file of that name.

        Whether it is still what they brought is for integrity.altered.
        """
        for one in dict.fromkeys((path, os.path.realpath(path))):
            if one in self.sums or one.removeprefix("/usr") in self.sums:
                return True
        folder = re.match(r".*/(?:site|dist)-packages(?=/)", path)
        return path in recorded(folder.group(0)) if folder else self._is_copy(path)

    def _is_copy(self, path):
        """Say whether it is a package's file in another place: some put copies of others' there."""
        try:
            with open(path, "rb") as file:
                return hashlib.file_digest(file, _md5).hexdigest() in self.digests
        except OSError:
            return False

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


def sums(info):
    """Yield (list, [(path, MD5)]) of every list of sums that dpkg holds."""
    for list_ in sorted(glob.glob(f"{info}/*.md5sums"))[:MOST_LISTS]:
        with open(list_, encoding="utf-8", errors="replace") as file:
            rows = (line.partition("  ") for line in file.read(MOST_BYTES).split("\n"))
            yield list_, [("/" + path, digest) for digest, _, path in rows if path]


@functools.cache
def recorded(folder):
    """Return {path: (wheel, SHA-256 in hexadecimal or "")} of what wheels' RECORDs list."""
    found = {}
    for record in sorted(glob.glob(f"{glob.escape(folder)}/*.dist-info/RECORD")):
        wheel = os.path.basename(os.path.dirname(record)).removesuffix(".dist-info")
        found.update((path, (wheel, digest)) for path, digest in _record(record, folder))
    return found


def _record(record, folder):
    """Yield (path, SHA-256 in hexadecimal or "") of what a RECORD lists.

    https://packaging.python.org/en/latest/specifications/recording-installed-packages/
    """
    try:
        with open(record, encoding="utf-8", errors="replace", newline="") as file:
            rows = list(csv.reader(file.read(MOST_BYTES).splitlines()))[:MOST_FILES]
    except (OSError, csv.Error):
        return
    for row in rows:
        name, said = (*row, "", "")[:2]
        kind, _, value = said.partition("=")
        try:
            digest = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).hex()
        except ValueError:
            digest = "?"
        yield os.path.normpath(os.path.join(folder, name)), digest if kind == "sha256" else ""
