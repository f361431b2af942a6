"""Plants on a host and takes away again. Runs there as root: standard library only.

One JSON object a line on stdin, one back on stdout: {"plant": [steps]} or {"undo": true}. What it
did is kept in a folder, so that a run that was killed is taken back by the next one. The end of
stdin takes back, too.
"""

import base64
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

STORE = Path("/run/kootwijk-injection")
ON_FILES = ("file", "append", "edit", "delete", "link", "sparse")


def plant(steps):
    """Do the steps, each noted before it is done."""
    STORE.mkdir(mode=0o700)
    done = {"files": [], "made": [], "undo": []}
    for number, step in enumerate(steps):
        kind = next((k for k in ON_FILES if k in step), "record" if "record" in step else "run")
        if kind in ON_FILES:
            keep(Path(step[kind]), number, done)
        if "undo" in step:
            done["undo"].append(step["undo"])
        if kind == "record":
            done["undo"].append(zone("unset", step))
        (STORE / "done.json").write_text(json.dumps(done))
        ACTS[kind](step)


def keep(path, number, done):
    """Keep what is at ``path``, and note the folders that are made for it."""
    folder = path.parent
    while not folder.is_dir():
        done["made"].append(str(folder))
        folder = folder.parent
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = STORE / str(number)
    there = path.exists() or path.is_symlink()
    if there:
        subprocess.run(["cp", "-a", path, kept], check=True)
    done["files"].append([str(path), str(kept) if there else ""])


def write(step):
    path = Path(step["file"])
    if path.is_symlink():
        path.unlink()
    encoded = step.get("base64")
    path.write_bytes(base64.b64decode(encoded) if encoded else step["text"].encode() + b"\n")
    path.chmod(int(step.get("mode", "0644"), 8))


def append(step):
    path = Path(step["append"])
    text = path.read_bytes() if path.exists() else b""
    end = b"" if text.endswith(b"\n") or not text else b"\n"
    path.write_bytes(text + end + step["text"].encode() + b"\n")


def edit(step):
    path = Path(step["edit"])
    text, count = re.subn(step["find"], step["put"], path.read_text(), count=1)
    if not count:
        raise ValueError(f"{path}: nothing fits {step['find']}")
    path.write_text(text)


def sparse(step):
    with Path(step["sparse"]).open("wb") as file:
        file.truncate(int(step["size"]))


def zone(verb, step):
    """Return the command that changes a record of a zone that Knot serves, as one transaction."""
    owner = step["record"].rstrip(".")
    said = subprocess.run(
        ["knotc", "conf-read", "zone.domain"], capture_output=True, text=True, check=False
    )
    names = [z.strip('." \n') for z in re.findall(r"= *(\S+)", said.stdout)]
    own = max((z for z in names if owner == z or owner.endswith("." + z)), key=len, default=owner)
    data = step["data"].replace("'", "'\\''")
    record = f"{owner}. {'3600 ' if verb == 'set' else ''}{step['type']} '{data}'"
    return (
        f"knotc zone-abort {own} >/dev/null 2>&1; knotc zone-begin {own} && "
        f"knotc zone-{verb} {own} {record} && knotc zone-commit {own}"
    )


def run(command):
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
    )
    if done.returncode:
        raise ValueError(f"{command}: {done.stdout.decode(errors='replace')[-500:]}")


ACTS = {
    "file": write,
    "append": append,
    "edit": edit,
    "sparse": sparse,
    "delete": lambda step: Path(step["delete"]).unlink(),
    "link": lambda step: Path(step["link"]).symlink_to(step["to"]),
    "record": lambda step: run(zone("set", step)),
    "run": lambda step: run(step["run"]),
}


def undo():
    """Put the files back, then undo what was run, last first; say what could not be undone."""
    if not STORE.is_dir():
        return
    noted = STORE / "done.json"
    done = json.loads(noted.read_text()) if noted.exists() else {}
    for name, kept in reversed(done.get("files", [])):
        path = Path(name)
        if path.exists() or path.is_symlink():
            path.unlink()
        if kept:
            subprocess.run(["cp", "-a", kept, path], check=True)
    for folder in done.get("made", []):
        shutil.rmtree(folder, ignore_errors=True)
    wrong = []
    for command in reversed(done.get("undo", [])):
        try:
            run(command)
        except (ValueError, subprocess.TimeoutExpired) as why:
            wrong.append(str(why))
    shutil.rmtree(STORE)
    if wrong:
        raise ValueError("; ".join(wrong))


def answer(line):
    """Do what one line asks; what is planted before is taken back first, whatever it meets."""
    said = {"ok": True}
    asked = json.loads(line)
    for act in (undo, lambda: plant(asked["plant"]) if "plant" in asked else None):
        try:
            act()
        except Exception as why:
            said = {"ok": False, "why": f"{type(why).__name__}: {why}"}
    return said


def main():
    for line in sys.stdin:
        print(json.dumps(answer(line)), flush=True)
    undo()


if __name__ == "__main__":
    main()
