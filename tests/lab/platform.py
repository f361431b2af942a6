"""What the lab tests share: the command as a user runs it, and inventories of their own.

The tests' labs have other names and networks than the shipped ones, so that `kootwijk test` runs
beside a lab that somebody is using.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import yaml

from deploy.lab import Lab
from deploy.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def kootwijk(*words: str, inventory: Path, timeout: int = 1500) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "kootwijk", "-i", inventory, *words],
        check=False,
        capture_output=True,
        text=True,
        timeout=timeout,
        cwd=ROOT,
    )


def ok(*words: str, inventory: Path) -> str:
    """Run the command, expect exit 0, return its stdout."""
    done = kootwijk(*words, inventory=inventory)
    assert done.returncode == 0, (
        f"{words}: exit {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-5000:]}"
    )
    return done.stdout


def killed_after(seconds: float, *words: str, inventory: Path) -> None:
    """Run the command and kill it and all its children, as a power cut would."""
    process = subprocess.Popen(
        [ROOT / "kootwijk", "-i", inventory, *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd=ROOT,
    )
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "it ended before it was killed"


def ok_json(*words: str, inventory: Path) -> Any:
    return json.loads(ok(*words, "--json", inventory=inventory))


def copy_inventory(name: str, target: Path, number: int) -> Path:
    """Copy a shipped inventory; its networks get the third number ``number``.

    What a killed run left of a lab by that name is removed: its people have other passwords.
    """
    Lab(target.name).destroy()
    shutil.copytree(
        ROOT / "inventories" / name, target, ignore=shutil.ignore_patterns("secrets.vault")
    )
    for file in target.rglob("*.yml"):
        text = file.read_text(encoding="utf-8")
        text = text.replace("10.74.0.", f"10.{number}.0.").replace("7477::", f"75{number}::")
        text = text.replace("198.51.100.", f"10.{number}.0.").replace("2001:db8:", "fd4b:6f6f:")
        file.write_text(text, encoding="utf-8")
    return target


def make_lab_inventory(folder: Path, number: int) -> None:
    """Let an inventory that is for rented hosts be made as a lab, as `inventories/lab` is."""
    text = (ROOT / "inventories" / "lab" / "group_vars" / "all.yml").read_text(encoding="utf-8")
    text = text.replace("10.74.0.", f"10.{number}.0.").replace("7477::", f"75{number}::")
    assert yaml.safe_load(text)["kootwijk_lab"]
    (folder / "group_vars" / "all" / "zz_lab.yml").write_text(text, encoding="utf-8")


def traces(name: str) -> dict[str, str]:
    """Return what is left of the lab ``name`` on this machine: mounts, links, processes."""
    looks = {
        "mounts": ["findmnt", "-rno", "TARGET"],
        "links": ["ip", "link"],
        "namespaces": ["ip", "netns"],
        "processes": ["ps", "-ww", "-eo", "args"],
    }
    marks = (f"/lab/{name}/", f"kootwijk lab {name}", f"kw-{name}.", f"--for {name}")
    found = {}
    for what, words in looks.items():
        text = subprocess.run(words, capture_output=True, text=True, check=False).stdout
        lines = [line for line in text.splitlines() if any(mark in line for mark in marks)]
        if lines:
            found[what] = "\n".join(lines)
    return found
