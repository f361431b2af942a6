"""Where the host installs from, and what is installed. Runs on the host."""

import glob
import os
import re

import apps
import shell
import shipped
import text


def apt(problems):
    rows = shell.dump(["apt-config", "dump"], "plain", problems)
    rows = [r for r in rows if not r[2].startswith(("APT::Changelogs", "Acquire::Changelogs"))]
    for path in ["/etc/apt/sources.list", *sorted(glob.glob("/etc/apt/sources.list.d/*"))]:
        if os.path.isfile(path) and path.endswith((".list", ".sources")):
            rows += _sources(path)
    used = shell.run(["apt-get", "indextargets", "--format", "$(REPO_URI)"])
    rows += [["apt-get indextargets", 0, "REPO_URI", e] for e in sorted(set(used.split()))]
    return {"rows": rows, "keys": _keys()}


def _keys():
    """Return [path, whether a package shipped it so] of keys that apt takes signatures of."""
    brought, found = shipped.packages(), []
    folders = ("/etc/apt/trusted.gpg.d/*", "/etc/apt/keyrings/*", "/etc/apt/trusted.gpg")
    for path in sorted(p for pattern in folders for p in glob.glob(pattern)):
        try:
            with open(path, "rb") as file:
                found.append([path, brought.has(path, file.read(1024 * 1024))])
        except OSError:
            found.append([path, False])
    return found


def _sources(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        lines = file.read(1024 * 1024).split("\n")
    found, stanza, off = [], [], False
    for number, line in enumerate([*lines, ""], 1):
        if not line.strip() and path.endswith(".sources"):
            found += [] if off else stanza
            stanza, off = [], False
            continue
        if re.match(r"Enabled:\s*(no|false|0|off|without|disable)\s*$", line, re.IGNORECASE):
            off = True
        stanza += [[path, number, k, e] for _, k, e in text.rows(line, "hash")]
    return found + stanza


def packages(_problems):
    """Return [package, version, architecture, source] of what is installed, and its origins."""
    form = "${db:Status-Abbrev}\t${Package}\t${Version}\t${Architecture}\t${source:Package}\n"
    printed = shell.run(["dpkg-query", "-W", "-f", form])
    found = [p[1:] for x in printed.splitlines() if (p := x.split("\t"))[0][:2] == "ii"]
    origins = _origins([p[0] for p in found])
    return {
        "installed": found,
        "origins": origins,
        "snapshots": _snapshots({url for urls in origins.values() for url in urls}),
        "python": apps.virtual_environments(_problems)["installed"],
        "releases": apps.releases(),
    }


def _snapshots(urls):
    """Return {URL: the depot's snapshot}, as the release that apt holds of it says."""
    made = {}
    for url in urls:
        held = url.partition("://")[2].rstrip("/").replace("/", "_")
        for path in sorted(glob.glob(f"/var/lib/apt/lists/{glob.escape(held)}_dists_*Release")):
            with open(path, encoding="utf-8", errors="replace") as file:
                said = re.search(r"^Snapshot: (\S+)$", file.read(64 * 1024), re.MULTILINE)
            if said:
                made[url] = said.group(1)
    return made


def _origins(names):
    """Return {package: [where its installed version can be had]}; [] is nowhere known."""
    made, package, ours = {}, "", False
    for line in shell.run(["apt-cache", "policy", *names]).splitlines():
        if line and not line.startswith(" "):
            package, ours = line.rstrip(":"), False
            made[package] = []
        elif re.match(r" (\*\*\*|   ) \S+ -?\d+$", line):
            ours = line.startswith(" ***")
        elif ours and (url := re.search(r"\s(https?://\S+|file:\S+)", line)):
            made[package].append(url.group(1))
    return made
