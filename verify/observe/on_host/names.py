"""What the host's own resolver answers for the names that were found. Runs on the host."""

import re
import socket
import struct
import time
from concurrent.futures import ThreadPoolExecutor

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "MX": 15, "AAAA": 28}
SECONDS = 12.0
MOST = 600


def answers(found, wanted):
    """Return {"root": bool, "records": {name: {type: [text]}}} for names worth asking."""
    server = _server()
    root = bool(server) and bool(ask(server, "", "NS", 2.5))
    authentic = {own: _authentic(server, own) for own in wanted.get("own", []) if server}
    if not root:
        return {"root": False, "server": server, "records": {}, "authentic": authentic}
    names = sorted(_names(found, wanted.get("own", [])))[:MOST]
    end = time.monotonic() + SECONDS
    with ThreadPoolExecutor(max_workers=16) as pool:
        done = pool.map(lambda n: (n, _records(server, n, end)), names)
        records = dict(done)
    return {"root": True, "server": server, "records": records, "authentic": authentic}


def _names(found, own):
    rows = list(found.get("files", ()))
    for look in (found.get("services") or {}).values():
        rows += look.get("rows", ()) if isinstance(look, dict) else ()
    for row in rows:
        name = re.sub(r"^[a-z0-9+.-]+:(//|x@)", "", str(row[3]).lower()).split(":")[0].strip(".")
        mine = any(name == o or name.endswith("." + o) for o in own)
        if not mine and re.fullmatch(r"([a-z0-9_-]+\.)+[a-z][a-z0-9-]+", name):
            yield name


def _server():
    try:
        with open("/etc/resolv.conf", encoding="utf-8", errors="replace") as file:
            found = re.search(r"^nameserver\s+(\S+)", file.read(65536), re.MULTILINE)
    except OSError:
        return ""
    return found.group(1) if found else ""


def _records(server, name, end):
    made = {}
    for kind in TYPES:
        if time.monotonic() > end:
            return made
        answer = ask(server, name, kind, 2.0)
        if answer is not None:
            made[kind] = answer
    return made


def ask(server, name, kind, seconds):
    """Return the records as text, [] if there are none, None if nobody could say."""
    try:
        return _parse(_exchange(server, name, TYPES[kind], seconds), kind)
    except (OSError, ValueError, struct.error, IndexError):
        return None


def _authentic(server, name):
    """Say whether the resolver vouches for the zone's signatures; None if it does not answer."""
    try:
        return bool(_exchange(server, name, 6, 3.0)[3] & 0x20)
    except (OSError, ValueError, struct.error, IndexError):
        return None


def _exchange(server, name, kind, seconds):
    query = struct.pack(">HHHHHH", 4711, 0x0120, 1, 0, 0, 0)  # recursion, and say if authentic
    for label in filter(None, name.split(".")):
        query += bytes([len(label)]) + label.encode("ascii")
    query += b"\0" + struct.pack(">HH", kind, 1)
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as link:
        link.settimeout(seconds)
        link.connect((server, 53))
        link.send(query)
        return link.recv(65535)


def _parse(data, kind):
    _, flags, questions, count = struct.unpack(">HHHH", data[:8])
    if flags & 15 not in (0, 3):
        return None
    at = 12
    for _ in range(questions):
        at = _name(data, at)[1] + 4
    found = []
    for _ in range(count):
        at = _name(data, at)[1]
        rtype, _, _, size = struct.unpack(">HHIH", data[at : at + 10])
        at += 10
        if rtype == TYPES[kind]:
            if rtype == 1:
                found.append(socket.inet_ntop(socket.AF_INET, data[at : at + 4]))
            elif rtype == 28:
                found.append(socket.inet_ntop(socket.AF_INET6, data[at : at + 16]))
            elif rtype == 15:
                found.append(
                    f"{struct.unpack('>H', data[at : at + 2])[0]} {_name(data, at + 2)[0]}"
                )
            else:
                found.append(_name(data, at)[0])
        at += size
    return found


def _name(data, at):
    labels, end, hops = [], 0, 0
    while data[at]:
        if data[at] >= 192:
            end = end or at + 2
            at = ((data[at] & 63) << 8) | data[at + 1]
            hops += 1
            if hops > 40:
                raise ValueError("compression loop")
        else:
            labels.append(data[at + 1 : at + 1 + data[at]].decode("ascii", "replace"))
            at += 1 + data[at]
    return ".".join(labels).lower(), end or at + 1
