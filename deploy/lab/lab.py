"""A lab as a whole: create, status, destroy. Each may be run again after being killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from deploy import files, lock
from deploy.errors import InputError, KootwijkError, MachineError
from deploy.lab import base, net
from deploy.lab.machine import Machine, control_groups, remove_groups
from deploy.narrate import say
from deploy.paths import ROOT, state
from deploy.paths import lab as lab_folder
from deploy.run import install_packages, require_root, run

if TYPE_CHECKING:
    from deploy.inventory import Inventory, LabNetworks

_PROGRAMS = {
    "systemd-nspawn": "systemd-container",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "ssh-keygen": "openssh-client",
}

_SSH_CONFIG = """\
# ssh -F this HOST
User beheer
IdentityFile {folder}/id_ed25519
IdentitiesOnly yes
UserKnownHostsFile {folder}/known_hosts
StrictHostKeyChecking yes
LogLevel ERROR
"""


@dataclass(frozen=True)
class HostStatus:
    """What is there of a host: ``state`` is running, stopped or absent."""

    lab: str
    host: str
    state: str
    address: str
    address6: str


def available() -> str | None:
    """Return why lab hosts cannot run on this machine, or None if they can."""
    if os.geteuid() != 0:
        return "lab hosts need root"
    try:
        run(["unshare", "--mount", "--net", "true"], what="making namespaces")
        if "overlay" not in Path("/proc/filesystems").read_text():
            run(["modprobe", "overlay"], what="loading overlayfs")
    except MachineError as error:
        return f"lab hosts need namespaces and overlayfs: {error.what}"
    return None


def labs() -> list[str]:
    """Return the names of the labs of which anything is left on this machine."""
    folder = state() / "lab"
    return sorted(p.name for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []


class Lab:
    """The lab ``name``; the name of an inventory's folder is its lab's name."""

    def __init__(self, name: str) -> None:
        if not name.replace("-", "").isalnum() or not name.isascii() or len(name) > 40:  # noqa: PLR2004
            raise InputError(
                f"not a name for a lab: {name!r}", next_step="at most 40 letters, digits and '-'"
            )
        self.name = name
        self.folder = lab_folder(name)

    @property
    def key(self) -> Path:
        return self.folder / "id_ed25519"

    def create(self, inventory: Inventory) -> None:
        """Make every host of ``inventory`` that is not there, and wait until all answer.

        A new lab that is refused (its network or its depot's port is taken) leaves nothing.
        """
        if inventory.lab is None:
            raise InputError(
                "this inventory is not for a lab: it has no kootwijk_lab",
                where=str(inventory.path),
                next_step="its hosts are rented, not made; go on with `kootwijk deploy`",
            )
        require_root("making a lab")
        _require_room(state())
        with lock.lab(self.name, "lab create"):
            install_packages(_PROGRAMS)
            self._refuse_anothers()
            new = not self.folder.exists()
            try:
                self._found(inventory, inventory.lab)
            except KootwijkError:
                if new:
                    self._remove()
                raise
            self._boot(inventory, inventory.lab)

    def _found(self, inventory: Inventory, networks: LabNetworks) -> None:
        """Make what all hosts share: the lab's folder, its network, its key, its depot."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._record(inventory)
        net.make_bridge(self.name, networks)
        self._make_key()
        self._serve_depot(inventory)

    def _boot(self, inventory: Inventory, networks: LabNetworks) -> None:
        tree = base.build()
        machines = [Machine(self.name, h.name) for h in inventory.hosts]
        for host, machine in zip(inventory.hosts, machines, strict=True):
            machine.prepare(self.key.with_suffix(".pub").read_text())
            net.plug_in(self.name, host, networks)
            if machine.leader() is None:
                machine.stop()
                machine.start(tree)
        self._write_ssh_files(inventory)
        for machine in machines:
            machine.wait()
        say(f"    lab {self.name}: {len(machines)} hosts answer")

    def destroy(self) -> None:
        """Remove everything that bears this lab's name: processes, links, namespaces, files."""
        require_root("destroying a lab")
        with lock.lab(self.name, "down"):
            self._remove()

    def _remove(self) -> None:
        hosts = self.folder / "hosts"
        names = {p.name for p in hosts.iterdir()} if hosts.is_dir() else set()
        prefix = net.namespace(self.name, "")
        names |= {n.removeprefix(prefix) for n in net.namespaces() if n.startswith(prefix)}
        for name in sorted(names):
            Machine(self.name, name).remove()
        remove_groups(control_groups(self.name))
        self._stop_depot()
        net.remove_bridge(self.name)
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def status(self) -> list[HostStatus]:
        rows = []
        for name, address, address6 in self._recorded():
            machine = Machine(self.name, name)
            there = "running" if machine.leader() else "stopped"
            if not machine.disk.exists():
                there = "absent"
            rows.append(HostStatus(self.name, name, there, address, address6))
        return rows

    def machine(self, host: str) -> Machine:
        names = [name for name, *_ in self._recorded()]
        if host not in names:
            raise InputError(
                f"lab {self.name} has no host '{host}'",
                next_step=f"one of: {', '.join(names)}" if names else "`kootwijk lab create`",
            )
        return Machine(self.name, host)

    def _refuse_anothers(self) -> None:
        """Refuse a name that a lab of another state folder has: its keys are not ours."""
        prefix = net.namespace(self.name, "")
        if not self._recorded() and any(n.startswith(prefix) for n in net.namespaces()):
            raise MachineError(
                f"a lab named '{self.name}' is on this machine, and it is not of this state folder",
                where=str(self.folder),
                next_step="use the $KOOTWIJK_STATE it was made with; copy the inventory to a folder"
                " with another name and other networks; or `kootwijk lab destroy` it",
            )

    def _record(self, inventory: Inventory) -> None:
        hosts = [[h.name, str(h.address), str(h.address6 or "")] for h in inventory.hosts]
        gone = [n for n, *_ in self._recorded() if n not in {h[0] for h in hosts}]
        for name in gone:
            Machine(self.name, name).remove()
        content = json.dumps({"inventory": str(inventory.path), "hosts": hosts}, indent=1)
        files.write(self.folder / "lab.json", content.encode())

    def _recorded(self) -> list[tuple[str, str, str]]:
        file = self.folder / "lab.json"
        if not file.exists():
            return []
        return [(h[0], h[1], h[2]) for h in json.loads(file.read_text())["hosts"]]

    def _make_key(self) -> None:
        if not self.key.with_suffix(".pub").exists():
            self.key.unlink(missing_ok=True)
            run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", self.name, "-f", self.key],
                what="making the lab's SSH key",
            )

    def _write_ssh_files(self, inventory: Inventory) -> None:
        """Write known_hosts, and an ssh_config for people and testinfra (`ssh -F`)."""
        lines = []
        config = _SSH_CONFIG.format(folder=self.folder)
        for host in inventory.hosts:
            public = Machine(self.name, host.name).host_key.read_text().split()[:2]
            lines.append(f"{host.address} {' '.join(public)}\n")
            config += f"Host {host.name}\n  HostName {host.address}\n"
        files.write(self.folder / "known_hosts", "".join(lines).encode())
        files.write(self.folder / "ssh_config", config.encode())

    def _serve_depot(self, inventory: Inventory) -> None:
        if _depot_server(self.name):
            return
        url = urlsplit(str(inventory.hosts[0].vars.get("kootwijk_depot_url", "")))
        networks: LabNetworks | None = inventory.lab
        if networks is None or url.hostname != str(networks.bridge4) or url.port is None:
            raise InputError(
                "in a lab, kootwijk_depot_url is on the bridge's address, with a port",
                where=str(inventory.path),
                next_step=f"for example http://{networks.bridge4 if networks else ''}:8470",
            )
        log = self.folder / "depot.log"
        with log.open("ab") as out:
            server = subprocess.Popen(
                [
                    *(sys.executable, "-m", "deploy.depot.serve"),
                    *("--bind", url.hostname, "--port", str(url.port), "--for", self.name),
                ],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                cwd=ROOT,
            )
        time.sleep(0.5)
        if server.poll() is not None:
            last = log.read_text(errors="replace").strip().splitlines()[-1:]
            raise MachineError(
                f"the lab's depot server cannot listen on {url.hostname}:{url.port}",
                where=" ".join([str(log), *last]),
                next_step="free that port, or change it in kootwijk_depot_url",
            )

    def _stop_depot(self) -> None:
        pid = _depot_server(self.name)
        if pid:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)


def as_json(rows: list[HostStatus]) -> list[dict[str, str]]:
    return [asdict(row) for row in rows]


def _depot_server(lab: str) -> int | None:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"deploy.depot.serve" in words and words[-3:-1] == [b"--for", lab.encode()]:
            return int(folder.name)
    return None


def _require_room(folder: Path, gigabytes: float = 3.0) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free / 1e9
    if free < gigabytes:
        raise MachineError(
            f"a lab needs {gigabytes:.0f} GB of room, and there is {free:.1f} GB",
            where=str(folder),
            next_step="free some, or point $KOOTWIJK_STATE at a larger disk",
        )
