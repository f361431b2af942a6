"""One lab host: its disk, its boot, its console, its end."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from deploy import files
from deploy.errors import MachineError
from deploy.lab import net
from deploy.paths import lab as lab_folder
from deploy.run import run

if TYPE_CHECKING:
    from collections.abc import Sequence

# Runs in a mount namespace of its own: the overlay and the control groups go when the host goes.
# Trixie's systemd refuses the old control group hierarchy, so it sees a cgroup2 mount alone; the
# host lives in a group of its own, because nspawn makes its groups below the one it is started in.
_BOOT = """
set -eu
mount --make-rprivate /
umount -R /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p {cgroup}
echo $$ > {cgroup}/cgroup.procs
mount -t overlay overlay -o lowerdir={base},upperdir={disk}/upper,workdir={disk}/work {disk}/root
exec systemd-nspawn --quiet --directory={disk}/root --machine={machine} --hostname={host} --boot \
  --network-namespace-path=/run/netns/{machine} --capability=CAP_NET_ADMIN --register=no \
  --keep-unit --link-journal=no --resolv-conf=off --timezone=off --console=pipe
"""
_BOOT_SECONDS = 180
_STOP_SECONDS = 20


class Machine:
    """The host ``host`` of the lab ``lab``; every call finds out afresh what is there."""

    def __init__(self, lab: str, host: str) -> None:
        self.lab, self.host = lab, host
        self.name = net.namespace(lab, host)
        self.disk = lab_folder(lab) / "hosts" / host

    def prepare(self, public_key: str) -> None:
        """Lay out the disk: host name, host key, and root's door for the lab's key."""
        for part in ("upper/etc/ssh", "upper/root/.ssh", "work", "root"):
            (self.disk / part).mkdir(parents=True, exist_ok=True)
        upper = self.disk / "upper"
        (upper / "root").chmod(0o700)
        files.write(upper / "etc/hostname", f"{self.host}\n".encode())
        keys = upper / "root/.ssh/authorized_keys"
        keys.parent.chmod(0o700)
        if not keys.exists():
            files.write(keys, public_key.encode(), mode=0o600)
        if not self.host_key.exists():
            key = upper / "etc/ssh/ssh_host_ed25519_key"
            key.unlink(missing_ok=True)
            run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", self.host, "-f", key],
                what="making the host's SSH key",
            )

    @property
    def host_key(self) -> Path:
        return self.disk / "upper/etc/ssh/ssh_host_ed25519_key.pub"

    def start(self, base: Path) -> None:
        """Boot the host; returns at once. ``wait`` says when it is up."""
        script = _BOOT.format(
            cgroup=f"/sys/fs/cgroup/kootwijk/{self.lab}/{self.host}",
            base=shlex.quote(str(base)),
            disk=shlex.quote(str(self.disk)),
            machine=self.name,
            host=self.host,
        )
        with (self.disk / "console.log").open("ab") as console:
            subprocess.Popen(
                ["unshare", "--mount", "--", "/bin/sh", "-c", script, self.name],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,
                cwd="/",
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            )

    def wait(self) -> None:
        """Return when systemd and sshd are up; MachineError with the console's end if not."""
        deadline = time.monotonic() + _BOOT_SECONDS
        while time.monotonic() < deadline:
            if self.leader() and self.call(_UP, quiet=True).returncode == 0:
                return
            time.sleep(0.1)
        console = self.disk / "console.log"
        last = console.read_text(errors="replace").strip().splitlines()[-8:]
        raise MachineError(
            f"lab host {self.host} did not come up within {_BOOT_SECONDS} s",
            where="\n         ".join([str(console), *last]),
            next_step="`kootwijk lab destroy`, then create it again",
        )

    def supervisor(self) -> int | None:
        """Return the process that runs the container (or is about to), if there is one."""
        wanted = f"--machine={self.name}".encode()
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            booting = words[:2] == [b"/bin/sh", b"-c"] and words[3:4] == [self.name.encode()]
            if wanted in words or booting:
                return int(folder.name)
        return None

    def leader(self) -> int | None:
        """Return the process that is the container's PID 1, if it runs."""
        supervisor = self.supervisor()
        try:
            children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
            for child in children:  # before its init, the supervisor has helpers as children
                if Path(f"/proc/{child}/comm").read_text() == "systemd\n":
                    return int(child)
        except OSError:
            return None
        return None

    def call(
        self, argv: Sequence[str], *, quiet: bool = False, timeout: float | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run ``argv`` inside, as root, from the machine's console side; not over the network."""
        leader = self.leader()
        if leader is None:
            raise MachineError(
                f"lab host {self.host} is not running",
                where=f"lab {self.lab}",
                next_step="`kootwijk lab create` boots it",
            )
        words = [
            *("nsenter", "--target", str(leader), "--mount", "--uts", "--ipc", "--net", "--pid"),
            *("--cgroup", "--", "/usr/bin/env", "-i", "HOME=/root", "LANG=C.UTF-8"),
            f"TERM={os.environ.get('TERM', 'dumb')}",
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            *argv,
        ]
        return subprocess.run(
            words, check=False, text=True, capture_output=quiet, timeout=timeout, cwd="/"
        )

    def stop(self) -> None:
        """End every process of the host at once: it is removed after this, or booted anew."""
        for process in (self.leader(), self.supervisor()):  # with its PID 1 the whole host goes
            if process:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
        groups = control_groups(self.lab, self.host)
        if groups:
            (groups[0] / "cgroup.kill").write_text("1")
        self._wait_gone(_STOP_SECONDS)
        remove_groups(groups)

    def _wait_gone(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            top = control_groups(self.lab, self.host)[:1]
            populated = top and "populated 1" in (top[0] / "cgroup.events").read_text()
            if not populated and not self.supervisor():
                return
            time.sleep(0.05)

    def remove(self) -> None:
        self.stop()
        net.unplug(self.lab, self.host)
        if self.disk.exists():
            shutil.rmtree(self.disk)


_UP = (
    "sh",
    "-c",
    "systemctl is-system-running | grep -qxE 'running|degraded' && systemctl -q is-active ssh",
)


def control_groups(*names: str) -> list[Path]:
    """Return the control groups left of a lab or of a host in it, parents before children."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, folder, kind, *_ = line.split()
        top = Path(folder, "kootwijk", *names)
        if kind == "cgroup2" and top.is_dir():
            return sorted(Path(path) for path, _, _ in os.walk(top))  # forgives what just went
    return []


def remove_groups(groups: Sequence[Path]) -> None:
    """Remove control groups, children first; the kernel may need a moment for the last ones."""
    for group in reversed(groups):
        for _ in range(100):
            try:
                group.rmdir()
            except FileNotFoundError:
                break
            except OSError:
                time.sleep(0.05)
            else:
                break
