"""Which programs are no longer what their package or wheel brought. Runs on the host.

The sums are the host's own (dpkg's md5sums, a wheel's RECORD): who hides a change as root can
change them too. Configuration files have none and are read as what they are.
"""

import glob
import hashlib
import json
import os

import apps
import shipped

DIVERSIONS = "/var/lib/dpkg/diversions"
MOST_ALTERED = 200
MOST_FILES = 200_000
MOST_BYTES = 64 * 1024 * 1024
MOST_HASHED = 512 * 1024 * 1024
# Programs that are read as text, and what browsers get: hashed each time.
READ = (
    *("/usr/share/roundcube/", "/usr/share/lemonldap-ng/", "/usr/share/javascript/"),
    *("/usr/share/php/", "/usr/share/perl/", "/usr/share/perl5/", "/usr/share/rspamd/"),
    *("/usr/share/nodejs/", "/usr/share/postgresql/", "/usr/share/dovecot/", "/usr/share/nginx/"),
    *("/usr/lib/python3", "/usr/lib/systemd/", "/usr/lib/cgi-bin/", "/usr/share/bootstrap-html/"),
)
# Programs and libraries; hashed where something changed them after their package came.
RUN = ("/usr/bin/", "/usr/sbin/", "/usr/lib/", "/usr/libexec/")
_TEXTS = (".py", ".pth")
# What a release of Nextcloud runs and browsers get; and what stands in it without being signed.
_SERVED = (".php", ".js", ".mjs", ".css", ".html")
_UNSIGNED = ("apps", "config", "data", "themes", "updater")
# What packages write to their own files after they came.
_SKIP = ("/usr/lib/locale/", "/usr/lib/udev/hwdb.bin")


def altered(problems):
    """Return [path, package or wheel, what] of each file that was changed, and how many were held.

    One that is gone is none: an image leaves documentation out, and a program that is gone is
    missed by whoever starts it.
    """
    found, count = [], 0
    for look in (packages, wheels, releases):
        for path, owner, what in look():
            count += 1
            if what:
                found.append([path, owner, what])
    if len(found) > MOST_ALTERED:
        problems.append(
            {"place": "integrity", "what": f"{len(found)} altered files, not all named"}
        )
    return {"altered": sorted(found)[:MOST_ALTERED], "checked": count}


def packages(info=shipped.INFO, diversions=DIVERSIONS):
    """Yield (path, package, what is wrong or "") of Debian packages' programs that are there."""
    moved = _diverted(diversions)
    for list_, sums in shipped.sums(info):
        package = os.path.basename(list_).removesuffix(".md5sums").partition(":")[0]
        came = _came(list_.removesuffix(".md5sums") + ".list")
        for listed, digest in sums:
            named = _merged(listed)
            if not named.startswith((*READ, *RUN)) or named.startswith(_SKIP):
                continue
            to, by = moved.get(named, (named, package))
            if by == ":":
                yield named, package, "replaced by a local diversion"
                continue
            path = named if by == package else to
            since = 0 if path.startswith(READ) else came
            wrong = differs(path, digest, hashlib.md5, since)
            if wrong is not None:
                yield path, package, "is not what the package brought" if wrong else ""


def _merged(path):
    """Return where a path is since /bin, /lib and /sbin are links into /usr."""
    return "/usr" + path if path.startswith(("/bin/", "/lib/", "/lib64/", "/sbin/")) else path


def _came(path):
    """Return when a list of files was written: dpkg and pip write theirs after the files."""
    try:
        status = os.stat(path)
    except OSError:
        return 0
    return min(status.st_mtime, status.st_ctime)


def _diverted(path):
    """Return {path: (where it went, the package that asked; ":" is the administrator)}."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read(MOST_BYTES).split("\n")
    except OSError:
        return {}
    return {
        _merged(a): (_merged(b), c)
        for a, b, c in zip(lines[::3], lines[1::3], lines[2::3], strict=False)
    }


def differs(path, digest, method, since=0):
    """Say whether a file has another sum; None where there is none to hold.

    One that nothing touched after ``since`` is as it came.
    """
    try:
        status = os.stat(path)
        if not os.path.isfile(path):
            return None
        if status.st_ctime <= since:
            return False
        if status.st_size > MOST_HASHED:
            return True  # no package brings a program of that size
        with open(path, "rb") as file:
            return (
                hashlib.file_digest(file, lambda: method(usedforsecurity=False)).hexdigest()
                != digest
            )
    except OSError:
        return None


def wheels():
    """Yield (path, wheel, what is wrong or "") of what services' Python environments hold."""
    for folder in apps.environments():
        held = shipped.recorded(folder)
        for path, (wheel, digest) in held.items():
            came = 0 if path.endswith(_TEXTS) else _came(f"{folder}/{wheel}.dist-info/RECORD")
            wrong = differs(path, digest, hashlib.sha256, came) if digest else None
            if wrong is not None:
                yield path, wheel, "is not what the wheel brought" if wrong else ""
        for path in _programs(folder):
            if path not in held:
                yield path, "none", "is of no wheel"


def releases(pattern="/srv/nextcloud/*"):
    """Yield (path, "nextcloud", what is wrong or "") of the release that is served.

    It and its apps bring sums; an app that brings none is not held to any, nor are settings and
    themes. https://docs.nextcloud.com/server/latest/admin_manual/issues/code_signing.html
    """
    for link in (p for p in sorted(glob.glob(pattern)) if os.path.islink(p)):
        since = os.lstat(link).st_ctime  # made when the release was in place
        root = os.path.realpath(link)
        signed = [root, *sorted(glob.glob(f"{glob.escape(root)}/apps/*"))]
        for folder in signed:
            names = ("core", "appinfo")
            listed = next((h for n in names if (h := _signed(f"{folder}/{n}/signature.json"))), {})
            held = {os.path.normpath(os.path.join(folder, n)): d for n, d in listed.items()}
            for path, digest in held.items():
                wrong = differs(path, digest, hashlib.sha512, since)
                if wrong is not None and path.endswith(_SERVED):
                    yield path, "nextcloud", "is not what the release brought" if wrong else ""
            for path in _programs(folder, _SERVED, _UNSIGNED if folder == root else ()):
                if held and path not in held:
                    yield path, "nextcloud", "is not of the release"


def _signed(path):
    """Return {name: SHA-512} of a list of signed files; {} where there is none."""
    try:
        with open(path, encoding="utf-8") as file:
            found = json.loads(file.read(MOST_BYTES)).get("hashes")
    except (OSError, ValueError, AttributeError, RecursionError):
        return {}
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}


def _programs(folder, endings=(*_TEXTS, ".so"), without=()):
    """Yield the programs and lists of paths below a folder, without what is compiled of them."""
    count = 0
    for below, folders, names in os.walk(folder):
        gone = ("__pycache__", *(without if below == folder else ()))
        folders[:] = [f for f in folders if f not in gone]
        for name in names:
            count += 1
            if count > MOST_FILES:
                return
            if name.endswith(endings):
                yield os.path.join(below, name)
