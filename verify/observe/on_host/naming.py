"""What the services of names and time say of themselves. Runs on the host."""

import base64
import os
import re
import shutil

import shell
import text


def chrony(_problems):
    rows = shell.dump(["chronyc", "-N", "sources"], "plain", None)
    return {"rows": [[r[0], 0, "source", r[3]] for r in rows]}


def unbound(problems):
    if not shutil.which("unbound-control"):
        return {}
    rows = []
    for verb in ("list_forwards", "list_stubs"):
        rows += shell.dump(["unbound-control", verb], "plain", problems)
    rows += _answered()
    options = {
        name: shell.run(["unbound-control", "get_option", name]).strip()
        for name in (
            "module-config",
            "root-hints",
            "val-permissive-mode",
            "trust-anchor-file",
            "auto-trust-anchor-file",
            "domain-insecure",
            "tls-upstream",
            "interface",
        )
    }
    if options.get("root-hints") and os.path.isfile(options["root-hints"]):
        with open(options["root-hints"], encoding="utf-8", errors="replace") as file:
            for number, _, endpoint in text.rows(file.read(65536), "zone"):
                rows.append([options["root-hints"], number, "root-hints", endpoint])
    return {"rows": rows, "options": options, "asked": _asked(), "anchors": _anchors()}


def _answered():
    """Return rows of what the resolver answers by itself, also what it was told since it began."""
    found = []
    for line in shell.run(["unbound-control", "list_local_data"]).splitlines():
        parts = line.split()
        if len(parts) > 4 and parts[3] in ("A", "AAAA", "CNAME", "MX", "SRV"):
            end = parts[-1].rstrip(".")
            found.append(["unbound-control list_local_data", 0, f"{parts[0]} {parts[3]}", end])
    return found


def _asked():
    """Return the names in the resolver's cache: what was asked lately on this host."""
    found = set()
    for line in shell.run(["unbound-control", "dump_cache"]).splitlines():
        parts = line.split()
        if len(parts) > 4 and parts[0] == "msg" and parts[3] in ("A", "AAAA", "MX", "CNAME"):
            found.add(parts[1].rstrip(".").lower())
    return sorted(found)[:2000]


def knot(_problems):
    """Return every record of the zones this host serves: [zone, owner, type, value]."""
    records = []
    for line in shell.run(["knotc", "zone-read", "--"]).splitlines():
        parts = re.match(r"\[(\S+?)\.?\]\s+(\S+)\s+(\d+)\s+(\w+)\s+(.*)", line)
        if parts and parts.group(4) not in ("RRSIG", "NSEC", "NSEC3", "DNSKEY", "NSEC3PARAM"):
            records.append([parts.group(1), parts.group(2), parts.group(4), parts.group(5)[:4000]])
    return {"records": records}


def hosts_file(_problems):
    found = []
    try:
        with open("/etc/hosts", encoding="utf-8", errors="replace") as file:
            for number, line in enumerate(file.read(1024 * 1024).split("\n"), 1):
                parts = line.split("#", 1)[0].split()
                if len(parts) > 1:
                    found.append([number, parts[0], [p.lower() for p in parts[1:]]])
    except OSError:
        pass
    return {"hosts": found}


def _anchors():
    """Return the key tags of the root in the resolver's trust anchor."""
    for path in ("/var/lib/unbound/root.key", "/usr/share/dns/root.key"):
        try:
            with open(path, encoding="ascii", errors="replace") as file:
                content = file.read(65536)
        except OSError:
            continue
        tags = re.findall(r"^\.\s.*?\bDS\s+(\d+)", content, re.MULTILINE)
        for flags, proto, algorithm, key in re.findall(
            r"^\.\s.*?\bDNSKEY\s+(\d+)\s+(\d+)\s+(\d+)\s+([A-Za-z0-9+/= ]+)", content, re.MULTILINE
        ):
            tags.append(_tag(int(flags), int(proto), int(algorithm), key))
        return sorted(set(tags))
    return []


def _tag(flags, proto, algorithm, key):
    """Return the key tag of a DNSKEY record: RFC 4034, appendix B."""
    data = flags.to_bytes(2, "big") + bytes([proto, algorithm]) + base64.b64decode(key)
    total = sum(byte << 8 if n % 2 == 0 else byte for n, byte in enumerate(data))
    return str((total + (total >> 16 & 0xFFFF)) & 0xFFFF)
