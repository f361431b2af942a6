"""What the host itself says: units, processes, connections, firewall. Runs on the host."""

import glob
import json
import os
import re

import shell
import text


def systemd(problems):
    """Return what units that are loaded run and are given, and the timers."""
    wanted = (
        "Id,FragmentPath,DropInPaths,Environment,ExecStart,ExecStartPre,ExecStartPost,ExecReload"
    )
    printed = shell.run(["systemctl", "show", "*", "--no-pager", f"--property={wanted}"], problems)
    rows = []
    for block in printed.split("\n\n"):
        name = re.search(r"^Id=(.*)$", block, re.MULTILINE)
        for line in block.splitlines():
            key, _, value = line.partition("=")
            if key.startswith(("Environment", "Exec")) and value:
                shown = re.sub(r"^\{.*?argv\[\]=(.*?) ; ignore_errors=.*$", r"\1", value)
                place = f"unit {name.group(1) if name else '?'}"
                rows += [[place, 0, key, e] for e in dict.fromkeys(text.endpoints(shown))]
    given = shell.run(["systemctl", "show-environment"])  # what every unit is given from now on
    for key, _, value in (line.partition("=") for line in given.splitlines()):
        rows += [["unit environment of all", 0, key[:60], e] for e in text.endpoints(value)]
    units = shell.run(["systemctl", "list-unit-files", "--no-pager", "--no-legend", "--plain"])
    state = {p[0]: p[1] for line in units.splitlines() if len(p := line.split()) > 1}
    active = shell.run(
        ["systemctl", "list-units", "--state=active", "--no-pager", "--no-legend", "--plain"]
    )
    return {
        "rows": rows,
        "unit_files": state,
        "active": [x.split()[0] for x in active.splitlines() if x],
    }


def environments(_problems):
    """Return endpoints in the environment of running processes, one row each, by program.

    Not of this one and those that started it: they are here for the look alone.
    """
    rows, mine = set(), _line()
    for folder in glob.glob("/proc/[0-9]*"):
        if int(folder.rpartition("/")[2]) in mine:
            continue
        try:
            with open(f"{folder}/environ", "rb") as file:
                words = file.read(65536).decode("utf-8", "replace").split("\0")
            with open(f"{folder}/comm", encoding="utf-8", errors="replace") as file:
                program = file.read().strip()
        except OSError:
            continue
        for word in words:
            key, _, value = word.partition("=")
            if key.startswith(("SSH_", "SUDO_")):
                continue
            for endpoint in text.endpoints(value):
                rows.add((f"environment of {program}", 0, key[:60], endpoint))
    return {"rows": [list(r) for r in sorted(rows)]}


def _line():
    """Return the ids of this process and of those it descends from, up to the first."""
    found, at = set(), os.getpid()
    while at > 1 and at not in found:
        found.add(at)
        try:
            with open(f"/proc/{at}/status", encoding="utf-8") as file:
                at = int(re.search(r"^PPid:\s+(\d+)", file.read(), re.MULTILINE).group(1))
        except (OSError, AttributeError):
            break
    return found


def firewall(problems):
    printed = shell.run(["nft", "-j", "list", "ruleset"], problems)
    try:
        rules = json.loads(printed)["nftables"] if printed else []
    except (ValueError, KeyError):
        problems.append({"place": "nft -j list ruleset", "what": "not its JSON"})
        rules = []
    return {"nftables": rules, "tried": list(_tried(rules))}


def _tried(rules):
    """Yield [address, protocol, port, packets] of the sets that note what was refused."""
    for entry in rules:
        held = entry.get("set", {})
        if held.get("name") in ("tried_out4", "tried_out6"):
            for element in held.get("elem", ()):
                inner = element.get("elem", {}) if isinstance(element, dict) else {}
                value = inner.get("val", {}).get("concat", []) if isinstance(inner, dict) else []
                if len(value) == 3:
                    packets = (inner.get("counter") or {}).get("packets", 1)
                    yield [str(value[0]), str(value[1]), str(value[2]), packets]


def connections(problems):
    """Return whom the host itself connected to: [process, peer address, port, local port].

    Who came to a port that the host listens on is a visitor, and not in it.
    """
    listens = {
        x.split()[4].rpartition(":")[2]
        for x in shell.run(["ss", "-Htuln"]).splitlines()
        if len(x.split()) > 4
    }
    found = set()
    for line in shell.run(["ss", "-Htunp", "state", "connected"], problems).splitlines():
        parts = line.split()
        if len(parts) < 6:
            continue
        address, _, port = parts[5].rpartition(":")
        local = parts[4].rpartition(":")[2]
        name = re.search(r'users:\(\("([^"]+)"', line)
        address = re.sub(r"%\w+", "", address.strip("[]"))
        if address and address != "*" and local not in listens:
            found.add((name.group(1) if name else "", address, port, local))
    return {"peers": sorted(map(list, found)), "listens": sorted(listens)}


def denied(_problems):
    """Return where the host tried to go and was not let: [address, protocol, port, how often]."""
    words = ["journalctl", "-k", "--no-pager", "-q", "-o", "cat", "-n", "20000"]
    log = shell.run([*words, "-g", "kootwijk denied out"], None, 15)
    found = {}
    for line in log.splitlines():
        got = dict(re.findall(r"\b(DST|PROTO|DPT)=(\S+)", line))
        key = (got.get("DST", ""), got.get("PROTO", "").lower(), got.get("DPT", ""))
        if key[0]:
            found[key] = found.get(key, 0) + 1
    return {"log": [[*k, n] for k, n in sorted(found.items())]}


def sshd(problems):
    printed = shell.run(["sshd", "-T"], problems)
    rows = [["sshd -T", 0, k, e] for _, k, e in text.rows(printed, "plain")]
    return {"rows": rows, "settings": shell.pairs(printed, " ")}


def network(_problems):
    """Return the host's own addresses, its gateways, and the far ends of its tunnels."""
    rows = []
    for link in _json(["ip", "-j", "-d", "addr"]):
        name = str(link.get("ifname", ""))
        held = [a for a in link.get("addr_info", ()) if a.get("scope") == "global"]
        rows += [["ip address", 0, name, str(a.get("local", ""))] for a in held]
        info = (link.get("linkinfo") or {}).get("info_data") or {}
        far = str(info.get("remote") or info.get("remote6") or "any")
        if far != "any":
            rows.append(["ip tunnel", 0, name, far])
    for family in ("-4", "-6"):
        routes = _json(["ip", "-j", family, "route", "show", "table", "all"])
        rows += [
            ["ip route", 0, str(r.get("dst", "")), str(r["gateway"])]
            for r in routes
            if r.get("gateway")
        ]
    for line in shell.run(["wg", "show", "all", "endpoints"]).splitlines():
        end = line.split("\t")[-1].rpartition(":")[0].strip("[]")
        if end and end != "(none)":
            rows.append(["ip tunnel", 0, "wireguard", end])
    return {"rows": rows}


def _json(words):
    try:
        found = json.loads(shell.run(words) or "[]")
    except ValueError:
        return []
    return [one for one in found if isinstance(one, dict)]
