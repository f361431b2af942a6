"""What the wiring makes of what the depot holds, as Ansible evaluates it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from deploy.depot import declared
from deploy.paths import DEFAULT_INVENTORY, ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

WEBMAIL = {"roundcube": "https://webmail.kootwijk.test/"}
FILES = {"nextcloud": "https://files.kootwijk.test/"}
CHAT = "https://chat.kootwijk.test"


def hold(state: Path, names: set[str]) -> None:
    """Let the depot below ``state`` hold the declared releases ``names``."""
    rows = {}
    for one in declared.read(ROOT / "deploy" / "depot" / "artifacts.yml"):
        if one.name in names:
            file = state / "depot" / "public" / "artifacts" / one.name / one.version / one.file
            file.parent.mkdir(parents=True)
            file.touch()
            known = {"name": one.name, "version": one.version, "file": one.file}
            rows[f"{one.name} {one.version}"] = {**known, "sha256": "", "verified": ""}
    (state / "depot").mkdir(exist_ok=True)
    (state / "depot" / "manifest.json").write_text(json.dumps({"artifacts": rows}))


def wired(folder: Path, host: str, *names: str) -> list[Any]:
    """Return these variables of a host of the shipped lab, with the depot below ``folder``."""
    ignored = shutil.ignore_patterns("secrets.vault")
    inventory = shutil.copytree(DEFAULT_INVENTORY, folder / "lab", ignore=ignored)
    said = json.dumps({"msg": f"{{{{ [{', '.join(names)}] }}}}"})
    words = ["-i", inventory, "--playbook-dir", "deploy/playbooks", host, "-m", "debug", "-a", said]
    done = subprocess.run(
        [Path(sys.executable).parent / "ansible", *words],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={
            **os.environ,
            "KOOTWIJK_STATE": str(folder),
            "KOOTWIJK_VAULT_KEY": str(folder / "key"),
            "ANSIBLE_NOCOLOR": "1",
            "PYTHONPATH": str(ROOT),
        },
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found: list[Any] = json.loads(done.stdout.partition("=>")[2])["msg"]
    return found


@pytest.mark.parametrize(
    ("names", "tiles", "page"),
    [
        (set(), WEBMAIL, ""),
        ({"element-web"}, {**WEBMAIL, "synapse": f"{CHAT}/"}, CHAT),
        ({"nextcloud", "nextcloud-user_oidc"}, {**WEBMAIL, **FILES}, ""),
    ],
)
def test_tiles_lead_to_what_is_there(
    tmp_path: Path, names: set[str], tiles: Mapping[str, str], page: str
) -> None:
    """Without its page chat has no tile; its programs log in through the portal all the same."""
    hold(tmp_path, names)
    clients, found = wired(tmp_path, "web1", "lemonldap_ng_clients", "synapse_web_client")
    assert {one["id"]: one["url"] for one in clients if one.get("url")} == tiles
    assert "synapse" in {one["id"] for one in clients}
    assert found == page


def test_chat_page_logs_out_of_everything_and_leads_no_phone_away(tmp_path: Path) -> None:
    """Who logs out there is out at the portal, and upstream's way to the app shops is closed."""
    hold(tmp_path, {"element-web"})
    names = "element_web_logout_url", "__element_web_sites"
    out, (site,) = wired(tmp_path, "chat1", *names)
    assert out == "https://login.kootwijk.test/?logout=1"
    guide = site["config"].partition("location ^~ /mobile_guide/ {")[2].partition("}")[0]
    assert "element_mobile_redirect_to_guide=false;" in guide
    assert guide.rstrip().endswith("return 302 /;")
    assert "add_header" not in guide  # it would stand for the site's own
