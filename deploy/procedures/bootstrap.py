"""From root over SSH on bare Debian to a host that Ansible can manage.

Why this order: packages come from the depot before any is installed; the account that replaces
root is there and has been tried before root's door is shut.
"""

from __future__ import annotations

import io
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from deploy import lock, paths
from deploy.errors import InputError
from deploy.procedures.runner import Target, execute

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deploy.inventory import Host, Inventory

ADMIN = "beheer"
PACKAGES = ("python3", "python3-apt", "sudo")
KEYRING = "/etc/apt/keyrings/kootwijk-depot.gpg"

SOURCES = """\
Types: deb
URIs: {url}/debian
Suites: trixie
Components: main
Signed-By: {keyring}
"""
# The depot is a snapshot: a host becomes exactly what it holds, also where the provider's image
# is newer. https://manpages.debian.org/trixie/apt/apt_preferences.5.en.html
PREFERENCES = "Package: *\nPin: release o=Kootwijk depot\nPin-Priority: 1001\n"
SSHD = """\
# BIO2 8.24, https://manpages.debian.org/trixie/openssh-server/sshd_config.5.en.html
PermitRootLogin no
PasswordAuthentication no
KbdInteractiveAuthentication no
AuthenticationMethods publickey
AllowUsers {admin}
X11Forwarding no
AllowAgentForwarding no
MaxAuthTries 3
LoginGraceTime 30
ClientAliveInterval 120
"""
# apt's own trust: nothing but the depot's key may be left.
FOREIGN = (
    "cd /etc/apt && find sources.list sources.list.d trusted.gpg trusted.gpg.d "
    "-type f ! -name kootwijk-depot.sources -delete 2>/dev/null || true"
)


def targets(inventory: Inventory, user: str) -> list[Target]:
    """Return the inventory's hosts as pyinfra reaches them, as ``user``."""
    return [
        Target(h.name, str(h.address), user, *ssh_files(inventory, h), data=_data(h))
        for h in inventory.hosts
    ]


def ssh_files(inventory: Inventory, host: Host) -> tuple[str, str]:
    """Return (private key, known hosts) of a host; empty where SSH's own defaults hold."""
    if inventory.lab:
        folder = paths.lab(inventory.name)
        return str(folder / "id_ed25519"), str(folder / "known_hosts")
    return str(host.vars.get("ansible_ssh_private_key_file", "")), ""


def ssh_command(inventory: Inventory, host: Host, user: str = ADMIN) -> list[str]:
    """Return the words of an ssh call to ``host`` that never asks anything."""
    key, known = ssh_files(inventory, host)
    return [
        *("ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=8", "-o", "LogLevel=ERROR"),
        *(("-i", key, "-o", "IdentitiesOnly=yes") if key else ()),
        *(
            ("-o", f"UserKnownHostsFile={known}", "-o", "StrictHostKeyChecking=yes")
            if known
            else ()
        ),
        f"{user}@{host.address}",
    ]


def require_hosts(inventory: Inventory) -> None:
    """Raise InputError for a lab that has not been made."""
    if inventory.lab and not Path(ssh_files(inventory, inventory.hosts[0])[0]).exists():
        raise InputError(
            "this lab has no hosts yet",
            where=str(inventory.path),
            next_step="`kootwijk lab create`, or `kootwijk up` for everything at once",
        )


def bootstrap(inventory: Inventory, hosts: Sequence[Host] | None = None) -> list[str]:
    """Bootstrap those of ``hosts`` (default: all) that are still bare; return their names."""
    require_hosts(inventory)
    with lock.hosts_of(inventory, "bootstrap"):
        return _bootstrap(inventory, inventory.hosts if hosts is None else hosts)


def _bootstrap(inventory: Inventory, hosts: Sequence[Host]) -> list[str]:
    with ThreadPoolExecutor(16) as pool:
        stages = list(pool.map(lambda h: _stage(inventory, h), hosts))
    todo = {h.name: stage for h, stage in zip(hosts, stages, strict=True)}
    todo = {name: stage for name, stage in todo.items() if stage != _READY}
    if todo:
        first = str(inventory.hosts[0].vars.get("kootwijk_bootstrap_user", "root"))
        key = _depot_key()
        chosen = [
            *(t for t in targets(inventory, first) if todo.get(t.name) == _BARE),
            *(t.as_admin() for t in targets(inventory, ADMIN) if todo.get(t.name) == _HALF),
        ]
        execute("bootstrap", chosen, lambda: _procedure(key))
    return list(todo)


_BARE, _HALF, _READY = "bare", "half", "ready"
# Written by the last step alone, with the depot's address: it is there when all of it was done.
_STAMP = "/var/lib/kootwijk-bootstrapped"


def _stage(inventory: Inventory, host: Host) -> str:
    """Tell how far the host is: bare (only root gets in), half (the admins can act), ready."""
    url = shlex.quote(str(host.vars.get("kootwijk_depot_url", "")))
    look = f"sudo -n grep -qxF {url} {_STAMP} && echo {_READY} || echo {_HALF}"
    words = [*ssh_command(inventory, host), f"sudo -n true && {{ {look}; }}"]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else _BARE


def sees(inventory: Inventory, host: Host, url: str) -> bool:
    """Tell whether ``host`` reaches what listens at ``url``; also while it is bare."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    look = shlex.quote(f"exec 3<>/dev/tcp/{parts.hostname}/{port}")
    first = str(host.vars.get("kootwijk_bootstrap_user", "root"))
    return any(
        subprocess.run(
            [*ssh_command(inventory, host, user), f"timeout 8 bash -c {look}"],
            check=False,
            capture_output=True,
        ).returncode
        == 0
        for user in (ADMIN, first)
    )


def _depot_key() -> bytes:
    file = paths.depot() / "public" / "kootwijk-depot.gpg"
    if not file.exists():
        raise InputError(
            "the depot has no key yet", where=str(file), next_step="run `kootwijk depot sync`"
        )
    return file.read_bytes()


def _data(host: Host) -> dict[str, Any]:
    keys = host.vars.get("kootwijk_admin_keys")
    return {
        "host_name": host.name,
        "host_fqdn": host.fqdn,
        "depot_url": host.vars.get("kootwijk_depot_url"),
        "admin_keys": list(keys) if keys else None,
    }


def _procedure(depot_key: bytes) -> None:
    from pyinfra import host  # noqa: PLC0415  (only has a meaning inside a run)
    from pyinfra.operations import apt, files, server  # noqa: PLC0415

    def put(name: str, content: str | bytes, dest: str, mode: str = "644") -> Any:
        data = content if isinstance(content, bytes) else content.encode()
        return files.put(
            name=name, src=io.BytesIO(data), dest=dest, mode=mode, user="root", group="root"
        )

    put("Trust the depot's key", depot_key, KEYRING)
    source = SOURCES.format(url=host.data.depot_url, keyring=KEYRING)
    put(
        "Name the depot as package source", source, "/etc/apt/sources.list.d/kootwijk-depot.sources"
    )
    put("Prefer the depot's snapshot", PREFERENCES, "/etc/apt/preferences.d/kootwijk-depot")
    server.shell(name="Remove every other package source and key", commands=[FOREIGN])
    apt.update(name="Read the depot's package lists")
    server.shell(
        name="Become the depot's snapshot", commands=[_apt("dist-upgrade --allow-downgrades")]
    )
    server.shell(
        name="Install what Ansible needs", commands=[_apt(f"install {' '.join(PACKAGES)}")]
    )
    _identity(host.data.host_name, host.data.host_fqdn, put, server)
    _account(host.data.admin_keys, put, server)
    put("Harden SSH", SSHD.format(admin=ADMIN), "/etc/ssh/sshd_config.d/10-kootwijk.conf")
    stamp = shlex.quote(str(host.data.depot_url))
    server.shell(
        name="Shut root's door",
        commands=[f"sshd -t && systemctl reload ssh && echo {stamp} > {_STAMP}"],
    )


def _apt(words: str) -> str:
    options = (
        "-o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout=120 --no-install-recommends"
    )
    return f"DEBIAN_FRONTEND=noninteractive apt-get -qq -y {options} {words}"


def _identity(name: str, fqdn: str, put: Any, server: Any) -> None:
    put("Name the host", f"{name}\n", "/etc/hostname")
    put(
        "Let the host know itself",
        f"127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n127.0.1.1 {fqdn} {name}\n",
        "/etc/hosts",
    )
    server.shell(name="Take the name", commands=[f"hostname {name}"])


def _account(keys: Sequence[str] | None, put: Any, server: Any) -> None:
    """Make the admin account; without ``kootwijk_admin_keys`` it takes over root's own keys."""
    make = {"user": ADMIN, "shell": "/bin/bash", "home": f"/home/{ADMIN}"}
    server.user(name="Make the admin account", **make)
    folder = f"/home/{ADMIN}/.ssh"
    source = "/root/.ssh/authorized_keys"
    if keys:
        source = "/root/kootwijk-admin-keys"
        put("Bring the admins' keys", "\n".join([*keys, ""]), source, mode="600")
    server.shell(
        name="Let the admins in",
        commands=[
            f"install -d -m 700 -o {ADMIN} -g {ADMIN} {folder}",
            f"install -m 600 -o {ADMIN} -g {ADMIN} {source} {folder}/authorized_keys",
        ],
    )
    put(
        "Let the admins act", f"{ADMIN} ALL=(ALL) NOPASSWD: ALL\n", f"/etc/sudoers.d/{ADMIN}", "440"
    )
    server.shell(name="Try the account", commands=[f"visudo -cq && su {ADMIN} -c 'sudo -n true'"])
