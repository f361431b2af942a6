"""Certificates: those in use, on disk and as served, and the authorities that are trusted."""

import glob
import os
import re
import socket
import ssl

import shell
import shipped

PEM = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+?-----END CERTIFICATE-----")
FOLDERS = (
    "/etc/kootwijk/tls/*",
    "/etc/ssl/private/*.pem",
    "/etc/letsencrypt/live/*/*.pem",
    "/etc/nginx/**/*.pem",
    "/etc/nginx/**/*.crt",
    "/etc/postfix/**/*.pem",
    "/etc/dovecot/**/*.pem",
    "/etc/ldap/**/*.pem",
    "/etc/postgresql/**/*.crt",
    "/etc/acme/**/*.pem",
    "/etc/rspamd/**/*.pem",
    "/etc/coturn/**/*.pem",
)
MOST_BYTES = 2 * 1024 * 1024
TLS_PORTS = (443, 465, 636, 993, 4190, 5349, 8448)


def certificates(_problems):
    """Return {"files": [[path, pem]], "served": [[port, pem, place in chain]], "trusted": ...}."""
    return {
        "files": _files(_used()),
        "served": _served(),
        "trusted": _added(),
        "bundle": _count("/etc/ssl/certs/ca-certificates.crt"),
    }


def _added():
    """Return [path, pem] of authorities that are trusted and that no package brought."""
    local = _files(glob.glob("/usr/local/share/ca-certificates/**/*.crt", recursive=True))
    pristine = shipped.packages()
    brought = [
        p
        for p in glob.glob("/usr/share/ca-certificates/**/*.crt", recursive=True)
        if pristine.has(p)
    ]
    known = {_bare(pem) for _, pem in (*_files(brought), *local)}
    rest = {}
    paths = ["/etc/ssl/certs/ca-certificates.crt", *sorted(glob.glob("/etc/ssl/certs/*"))]
    for path in paths:
        for _, pem in _files([path], 1000):
            if _bare(pem) not in known:
                rest.setdefault(_bare(pem), [os.path.realpath(path), pem])
    return local + list(rest.values())[:40]


def _bare(pem):
    return re.sub(r"\s", "", pem)


def _used():
    """Return the files that hold certificates of services: known folders, and what nginx names."""
    found = {p for pattern in FOLDERS for p in glob.glob(pattern, recursive=True)}
    named = re.findall(
        r"^\s*ssl_(?:trusted_)?certificate\s+([^;\s]+)", shell.run(["nginx", "-T"]), re.MULTILINE
    )
    named += re.findall(r"/[\w./-]+\.(?:pem|crt|cer)\b", shell.run(["postconf", "-nx"]))
    named += re.findall(r"(?:cert|ca)_file\s*=\s*<?(\S+)", shell.run(["doveconf", "-n"]))
    bundles = ("/etc/ssl/certs/", "/usr/share/ca-certificates/")
    return sorted(p for p in found.union(named) if not p.startswith(bundles))


def _files(paths, most=40):
    found, seen = [], set()
    for path in paths:
        try:
            real = os.path.realpath(path)
            if real in seen or not os.path.isfile(real):
                continue
            seen.add(real)
            with open(real, encoding="ascii", errors="replace") as file:
                found += [[path, pem] for pem in PEM.findall(file.read(MOST_BYTES))[:most]]
        except OSError:
            continue
    return found


def _served():
    """Return what the host's own TLS ports serve, as anybody would be served."""
    found = []
    listening = shell.run(["ss", "-Htln"])
    for port in TLS_PORTS:
        address = re.search(rf"\s(\S+):{port}\s", listening)
        if not address:
            continue
        name = address.group(1).strip("[]").split("%")[0]
        if name == "*" or not name.strip("0.:"):  # on all addresses
            name = "localhost"
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            with (
                socket.create_connection((name, port), 3) as plain,
                context.wrap_socket(plain, server_hostname=socket.getfqdn()) as link,
            ):
                chain = link.get_unverified_chain()
                found += [[port, ssl.DER_cert_to_PEM_cert(c), n] for n, c in enumerate(chain)]
        except (OSError, AttributeError):
            continue
    return found


def _count(path):
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return len(PEM.findall(file.read()))
    except OSError:
        return 0
