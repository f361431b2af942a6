"""Running a service's own dump command. Runs on the host: standard library only."""

import os
import re
import shutil
import subprocess

import text

MOST_BYTES = 8 * 1024 * 1024
SECONDS = 20


def run(argv, problems=None, seconds=SECONDS, **more):
    """Return what a command prints, '' if it is not here; a command that fails is a problem."""
    if not shutil.which(argv[0]):
        return ""
    try:
        done = subprocess.run(
            argv,
            capture_output=True,
            timeout=seconds,
            stdin=subprocess.DEVNULL,
            check=False,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": "/root"},
            cwd="/",
            **more,
        )
    except (OSError, subprocess.TimeoutExpired) as why:
        if problems is not None:
            problems.append({"place": " ".join(argv), "what": f"did not finish: {why}"})
        return ""
    if done.returncode and problems is not None:
        words = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        problems.append(
            {"place": " ".join(argv), "what": f"exit {done.returncode}: {''.join(words)}"}
        )
    if len(done.stdout) > MOST_BYTES and problems is not None:
        problems.append({"place": " ".join(argv), "what": "it printed more than 8 MiB"})
    return done.stdout[:MOST_BYTES].decode("utf-8", "replace")


def lines_of(path):
    """Return {setting: line} of a `key = value` file, so that a dump's rows have a place."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            found = {}
            for number, line in enumerate(file, 1):
                key = re.match(r"\s*([\w.-]+)\s*[=: ]", line)
                if key:
                    found[key.group(1)] = number
            return found
    except OSError:
        return {}


def dump(argv, kind, problems, place=None, file=None):
    """Return rows of a command's output; those whose setting is in ``file`` point there."""
    found, known = [], lines_of(file) if file else {}
    for _, key, endpoint in text.rows(run(argv, problems), kind):
        if key in known:
            found.append([file, known[key], key, endpoint])
        else:
            found.append([place or " ".join(argv), 0, key, endpoint])
    return found


def pairs(printed, mark):
    made = {}
    for line in printed.splitlines():
        key, found, value = line.partition(mark)
        if found and re.fullmatch(r"[\w.-]+", key.strip()):
            made[key.strip()] = value.strip()[:500]
    return made
