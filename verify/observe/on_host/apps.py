"""Programs that did not come as Debian packages: what they say, and which they are."""

import glob
import json
import os
import re

import shell
import text

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
