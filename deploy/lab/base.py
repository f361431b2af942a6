"""The base tree: bare Debian 13 as a provider hands it over, with sshd and without Python."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
from typing import TYPE_CHECKING

from deploy.depot.mirrors import HOST_SUITE, archive_keyring, source_lines
from deploy.narrate import say
from deploy.paths import state
from deploy.run import install_packages, run

if TYPE_CHECKING:
    from pathlib import Path

PACKAGES = ("systemd", "systemd-sysv", "dbus", "openssh-server", "ca-certificates", "iproute2")
# Away with what makes one machine differ from the next, and with the network of the machine it
# was made on. A lab's disk need not survive a power cut, so dpkg need not wait for it.
STRIP = (
    "rm -f $1/etc/ssh/ssh_host_* $1/etc/resolv.conf $1/etc/hostname; "
    "echo uninitialized > $1/etc/machine-id; "
    "echo force-unsafe-io > $1/etc/dpkg/dpkg.cfg.d/lab"
)


def build() -> Path:
    """Return the base tree, made with mmdebstrap if this machine has none of this content yet."""
    recipe = "\n".join([HOST_SUITE, *PACKAGES, STRIP])
    folder = state() / "base"
    folder.mkdir(parents=True, exist_ok=True)
    tree = folder / hashlib.sha256(recipe.encode()).hexdigest()[:12]
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not tree.exists():
            _build(tree)
    return tree


def _build(tree: Path) -> None:
    install_packages({"mmdebstrap": "mmdebstrap"})
    say("    making the base tree: Debian 13, as bare as a provider hands it over")
    partial = tree.with_suffix(".partial")
    if partial.exists():
        shutil.rmtree(partial)
    run(
        [
            "mmdebstrap",
            "--quiet",
            "--variant=minbase",
            f"--include={','.join(PACKAGES)}",
            f"--keyring={archive_keyring()}",
            "--aptopt=Acquire::Languages none",
            f"--customize-hook={STRIP}",
            HOST_SUITE,
            partial,
            "-",
        ],
        what="making the base tree",
        next_step="see whether this machine reaches its Debian mirror and has 1 GB of room",
        stdin="\n".join(source_lines()) + "\n",
    )
    partial.rename(tree)
