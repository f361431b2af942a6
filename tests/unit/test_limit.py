"""What a run with --limit knows of the hosts that it leaves alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

from deploy.inventory import SITE
from deploy.paths import ROOT

_LOCAL = {"ansible_connection": "local"}
_HOSTS = {
    "one": _LOCAL,
    "away": {"ansible_host": "127.0.0.1", "ansible_port": 1},
    "bare": {**_LOCAL, "ansible_python_interpreter": "/nonexistent/python"},
    "two": _LOCAL,
}


def test_the_others_are_heard_and_who_is_away_is_passed_over(tmp_path: Path) -> None:
    play = next(p for p in yaml.safe_load(SITE.read_text()) if "every host says" in p["name"])
    (learn,) = (t for t in play["tasks"] if "include_tasks" in "".join(t))
    learn["ansible.builtin.include_tasks"] = str(SITE.parent / "tasks" / "facts_of.yml")
    heard = " ".join(f"{{{{ 'hostname' in hostvars['{n}'].ansible_facts }}}}" for n in _HOSTS)
    said = {"name": "Say", "ansible.builtin.debug": {"msg": heard}}
    site = tmp_path / "site.yml"
    site.write_text(yaml.safe_dump([{**play, "tasks": [learn, said]}]))
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": _HOSTS}}))
    program = Path(sys.executable).parent / "ansible-playbook"
    done = subprocess.run(
        [program, "-i", tmp_path / "hosts.yml", site, "--limit", "one", "--tags", "postfix"],
        cwd=ROOT,
        env={
            **os.environ,
            "ANSIBLE_STDOUT_CALLBACK": "kootwijk",
            "KOOTWIJK_STATS": str(tmp_path / "stats.json"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "one: True False False True" in done.stderr
    counts = json.loads((tmp_path / "stats.json").read_text())
    assert list(counts["hosts"]) == ["one"]
    assert counts["failures"] == []
