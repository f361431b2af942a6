"""Programs that did not come as Debian packages: what they say, and which they are."""

import glob
import json
import os
import re

import shell
import text

_MOST_BYTES = 1024 * 1024
_ENVIRONMENTS = ("/opt/*", "/opt/*/*", "/usr/local/lib/*", "/var/lib/*/venv", "/srv/*")


def nextcloud(problems):
    """Return rows and keys of `occ config:list`, which knows what is in the database too."""
    if not os.path.exists("/usr/local/bin/occ"):
        return {}
    printed = shell.run(["/usr/local/bin/occ", "config:list"], problems, 30)
    try:
        found = json.loads(printed)
    except ValueError:
        problems.append({"place": "occ config:list", "what": "not its JSON"})
        return {"keys": {}}
    keys = dict(text.flat(found))
    rows = [
        ["occ config:list", 0, key, endpoint]
        for key, value in keys.items()
        for endpoint in text.endpoints(str(value))
    ]
    return {"rows": rows, "keys": {k: text.switch(v) for k, v in keys.items()}}


def environments():
    """Return the site-packages of Python environments that programs have of their own.

    Where they are put, and those of what runs now, wherever they are.
    """
    patterns = [f"{p}/lib/python3*/site-packages" for p in _ENVIRONMENTS]
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, "rb") as file:
                program = file.read(4096).split(b"\0", 1)[0].decode("utf-8", "replace")
        except OSError:
            continue
        root = os.path.dirname(os.path.dirname(program))
        if root.startswith("/") and os.path.isfile(f"{root}/pyvenv.cfg"):
            patterns.append(f"{glob.escape(root)}/lib/python3*/site-packages")
    found = {os.path.realpath(p) for one in dict.fromkeys(patterns) for p in glob.glob(one)}
    return sorted(found)


def virtual_environments(_problems):
    """Return what is installed in Python environments of programs: [name, version, folder]."""
    found = []
    for folder in environments():
        for entry in os.scandir(folder):
            parts = re.fullmatch(r"(.+?)-([^-]+)\.dist-info", entry.name)
            if parts:
                found.append([parts.group(1), parts.group(2), folder])
    return {"installed": sorted(found)}


def releases(nextcloud="/etc/nextcloud/release.json", element="/var/www/element"):
    """Return the upstream releases in place: [name, version, where, SHA-256, how it was proved].

    What an archive's sum was is known where the role keeps it; "" elsewhere.
    """
    found = []
    try:
        with open(nextcloud, encoding="utf-8") as file:
            said = json.loads(file.read(_MOST_BYTES))
        rows = [("nextcloud", said["archive"], "/srv/nextcloud")]
        rows += [(one["id"], one, "/srv/nextcloud") for one in said["apps"]]
        for name, one, where in rows:
            found.append([name, one["version"], where, one["sha256"], one["verified"]])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # not here, or not as the role writes it: the files themselves are held to their sums
    try:
        with open(f"{element}/version", encoding="utf-8") as file:
            found.append(["element-web", file.read(64).strip(), os.path.realpath(element), "", ""])
    except (OSError, ValueError):
        pass
    return [[str(value) for value in row] for row in found]
