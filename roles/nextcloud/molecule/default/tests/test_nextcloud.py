"""What is true of a host with Nextcloud, with what prepare.yml put behind it."""

from __future__ import annotations

import base64
import html
import json
import secrets
import urllib.parse
from pathlib import Path
from typing import Any

import pytest
import yaml

TEAM, FOLDER = "Team O'Neill / 🙂", "Team O'Neill - 🙂"
DEFAULTS = Path(__file__).parents[5] / "verify" / "catalogue" / "defaults" / "nextcloud.yml"


@pytest.fixture(autouse=True)
def there(host: Any) -> None:
    """Try nothing where the depot lacks the release."""
    if not host.file("/srv/nextcloud/current").exists:
        pytest.skip("the depot lacks Nextcloud")


def occ(host: Any, words: str, **environment: str) -> str:
    """Return what Nextcloud's own command says."""
    said = " ".join(f"{key}={value}" for key, value in environment.items())
    done = host.run(f"env {said} occ --no-interaction {words}")
    assert done.rc == 0, done.stdout + done.stderr
    return str(done.stdout)


ASK = """\
import base64, http.client, json, ssl, sys

verb, path, login, body, headers = json.loads(base64.b64decode(sys.argv[1]))
if login:
    headers["Authorization"] = "Basic " + base64.b64encode(login.encode()).decode()
door = http.client.HTTPSConnection("mol1.kootwijk.test", context=ssl._create_unverified_context())
door.request(verb, path, body.encode() if isinstance(body, str) else b"x" * body, headers)
answer = door.getresponse()
text = answer.read().decode(errors="replace")
print(json.dumps([answer.status, {k.lower(): v for k, v in answer.getheaders()}, text]))
"""


def ask(
    host: Any, verb: str, path: str, login: str = "", body: str | int = "", **headers: str
) -> tuple[int, dict[str, str], str]:
    """Ask the site; ``body`` is text or so many bytes. Return status, headers and text."""
    words = base64.b64encode(json.dumps([verb, path, login, body, headers]).encode()).decode()
    done = host.run(f"python3 - {words} <<'END'\n{ASK}END")
    assert done.rc == 0, done.stderr
    status, found, text = json.loads(done.stdout)
    return status, found, text


@pytest.fixture(scope="module")
def app_password(host: Any) -> str:
    """Return a password of Anna's for a program of hers."""
    return occ(host, "user:add-app-password anna").splitlines()[-1].strip()


@pytest.fixture(scope="module")
def settings(host: Any) -> dict[str, Any]:
    """Return what is in effect, from files and database."""
    found: dict[str, Any] = json.loads(occ(host, "config:list all --private --output=json"))
    return found


def test_it_is_installed(host: Any) -> None:
    """Ensure it is installed, not in maintenance, and its database is of its version."""
    status = json.loads(occ(host, "status --output=json").splitlines()[-1])
    assert status["installed"]
    assert not status["maintenance"]
    assert not status["needsDbUpgrade"]


def test_its_own_checks_find_nothing_of_ours(host: Any) -> None:
    """Ensure its setup checks find nothing but files that the release itself lacks."""
    state = json.loads(host.check_output("/etc/ansible/facts.d/nextcloud.fact"))
    found = [f["check"] for f in state["setup"]]
    assert set(found) <= ({"CodeIntegrity"} if state["integrity"] else set()), state["setup"]
    altered = [
        kind for part in state["integrity"].values() for kind in part if kind != "FILE_MISSING"
    ]
    assert not altered or "unverified" in state["verified"]["nextcloud"]


def test_only_declared_apps(settings: dict[str, Any]) -> None:
    """Ensure no app is on that nobody declared, and none that calls its maker."""
    on = {app for app, values in settings["apps"].items() if values.get("enabled", "no") != "no"}
    assert "user_oidc" in on
    calling = "weather_status survey_client support updatenotification nextcloud_announcements"
    assert not on & {
        *calling.split(),
        "federation",
        "firstrunwizard",
        "app_api",
        "privacy",
        "photos",
        "office",
    }


def _entries() -> list[dict[str, Any]]:
    found = yaml.safe_load(DEFAULTS.read_text(encoding="utf-8"))["defaults"]
    return [entry for entry in found if entry["where"] == "occ config:list"]


@pytest.mark.parametrize("entry", _entries(), ids=lambda entry: entry["setting"])
def test_no_default_leads_outside(settings: dict[str, Any], entry: dict[str, Any]) -> None:
    """Ensure each known default that leads outside is taken away, as the server itself sees it."""
    over = entry["overridden_by"]
    assert any(_meets(settings, pattern) for pattern in ([over] if isinstance(over, str) else over))


def _meets(settings: dict[str, Any], pattern: str) -> bool:
    key, equals, wanted = pattern.partition("=")
    where, _, name = key.partition(".")
    values = settings["system"]
    if where == "apps":
        app, _, name = name.partition(".")
        values = settings["apps"].get(app, {})
    found = values.get(name)
    if found is None:
        return False
    return not equals or str(found).lower() == wanted.lower() or (found == [] and wanted == "")


def test_people_of_the_directory(host: Any) -> None:
    """Ensure a person of the directory is known, with mail address and room."""
    occ(host, "ldap:check-user anna --update")
    anna = json.loads(occ(host, "user:info anna --output=json"))
    assert anna["backend"] == "LDAP"
    assert anna["quota"] == "3 MB"
    assert set(anna["groups"]) == {"Beheer", TEAM}


def test_a_program_has_a_password_of_its_own(host: Any, app_password: str) -> None:
    """Ensure an app password opens WebDAV, and the directory's password does not."""
    path = "/remote.php/dav/files/anna/"
    assert ask(host, "PROPFIND", path, f"anna:{app_password}")[0] == 207
    assert ask(host, "PROPFIND", path, "anna:first-long-password")[0] == 401


def test_the_form_is_shut(host: Any) -> None:
    """Ensure nobody logs in on a form here but from where ops are."""
    for path in ("/login", "/index.php/login"):
        assert ask(host, "POST", path, body="user=anna")[0] == 403


def test_who_comes_is_sent_to_the_login(host: Any) -> None:
    """Ensure a browser is sent to the OpenID Connect login, without a choice."""
    status, headers, _ = ask(host, "GET", "/login")
    assert status in (302, 303)
    assert "/apps/user_oidc/login/" in headers["location"]


def test_room_has_an_end(host: Any, app_password: str) -> None:
    """Ensure what does not fit into a person's room is refused with 507, and is not half there."""
    path, login = f"/remote.php/dav/files/anna/{secrets.token_hex(4)}", f"anna:{app_password}"
    assert ask(host, "PUT", path, login, 5_000_000)[0] == 507
    assert ask(host, "GET", path, login)[0] == 404


NAMES = ['it\'s "so" & <b>', "📎 verslag", "é" * 110, "a" * 200, "50%+1#?"]


@pytest.mark.parametrize("name", NAMES)
def test_names(host: Any, app_password: str, name: str) -> None:
    """Ensure a file keeps its name, whatever is in it."""
    top, login = "/remote.php/dav/files/anna/", f"anna:{app_password}"
    path = top + urllib.parse.quote(name)
    assert ask(host, "PUT", path, login, "here")[0] in (201, 204)
    assert ask(host, "GET", path, login)[2] == "here"
    listed = ask(host, "PROPFIND", top, login, Depth="1")[2]
    assert name in urllib.parse.unquote(html.unescape(listed))
    assert ask(host, "DELETE", path, login)[0] == 204


@pytest.mark.parametrize("name", ["a" * 255, "é" * 200])
def test_names_that_are_too_long(host: Any, app_password: str, name: str) -> None:
    """Ensure a name that no disk takes is refused as the sender's fault, and nothing breaks."""
    path = "/remote.php/dav/files/anna/" + urllib.parse.quote(name)
    assert ask(host, "PUT", path, f"anna:{app_password}", "here")[0] == 400


LOCK = """\
ldapmodify -Q -Y EXTERNAL -H ldapi:/// -e relax <<'END'
dn: uid=bram,ou=people,dc=example,dc=test
changetype: modify
{}
END
"""


def test_who_is_locked_is_out(host: Any) -> None:
    """Ensure who is locked for good is out with app passwords too, and is in again without."""
    word = occ(host, "user:add-app-password bram").splitlines()[-1].strip()
    asked = ("PROPFIND", "/remote.php/dav/files/bram/", f"bram:{word}")
    assert ask(host, *asked)[0] == 207
    host.check_output(
        LOCK.format("replace: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z")
    )
    # What it knows of people is kept for a minute. 503 is what WebDAV makes of "disabled".
    host.check_output("systemctl restart valkey-server")
    assert ask(host, *asked)[0] in (401, 403, 503)
    host.check_output(LOCK.format("delete: pwdAccountLockedTime"))
    host.check_output("systemctl restart valkey-server")
    # As its background work does, and a login.
    occ(host, "user:list")
    assert ask(host, *asked)[0] == 207


def team(host: Any, change: str) -> None:
    """Change the team's entry, and have its folder follow."""
    dn = f"cn={TEAM},ou=groups,dc=example,dc=test"
    words = f"dn: {dn}\nchangetype: modify\n{change}\n"
    host.check_output(f"ldapmodify -Q -Y EXTERNAL -H ldapi:/// <<'END'\n{words}END")
    host.check_output("systemctl start nextcloud-teams")


def in_folder(uid: str, name: str = "") -> str:
    return f"/remote.php/dav/files/{uid}/{urllib.parse.quote(f'{FOLDER}/{name}')}"


@pytest.fixture(scope="module")
def other_password(host: Any) -> str:
    """Return a password of Bram's, who is in no team, for a program of his."""
    return occ(host, "user:add-app-password bram").splitlines()[-1].strip()


def test_a_team_has_a_folder(host: Any, app_password: str, other_password: str) -> None:
    """Ensure a team's folder is its members', of the team's size, whatever the team is called."""
    host.check_output("systemctl start nextcloud-teams")
    login = f"anna:{app_password}"
    assert ask(host, "PUT", in_folder("anna", "kept.txt"), login, "here")[0] in (201, 204)
    assert ask(host, "PUT", in_folder("anna", "large"), login, 2_000_000)[0] == 507
    assert ask(host, "PROPFIND", in_folder("bram"), f"bram:{other_password}")[0] == 404


def test_a_second_look_at_the_teams_changes_nothing(host: Any) -> None:
    """Ensure another look at the same directory does nothing."""
    host.check_output("systemctl start nextcloud-teams")
    host.check_output("systemctl start nextcloud-teams")
    last = "$(systemctl show -P InvocationID nextcloud-teams)"
    words = f"journalctl -o cat _COMM=python3 _SYSTEMD_INVOCATION_ID={last}"
    assert host.check_output(words).replace("-- No entries --", "") == ""


def test_members_of_a_team_follow(host: Any, other_password: str) -> None:
    """Ensure who comes into a team has its folder after one look, and who leaves has it not."""
    asked = ("GET", in_folder("bram", "kept.txt"), f"bram:{other_password}")
    for verb, status in (("add", 200), ("delete", 404)):
        team(host, f"{verb}: member\nmember: uid=bram,ou=people,dc=example,dc=test")
        assert ask(host, *asked)[0] == status


def test_a_folder_without_a_team_keeps_its_files(host: Any, app_password: str) -> None:
    """Ensure a team that has a folder no more shares it with nobody, and has it again with all."""
    asked = ("GET", in_folder("anna", "kept.txt"), f"anna:{app_password}")
    team(host, "delete: kootwijkFilesQuota")
    assert ask(host, *asked)[0] == 404
    team(host, "add: kootwijkFilesQuota\nkootwijkFilesQuota: 2 MB")
    assert ask(host, *asked)[2] == "here"


def test_a_team_that_is_gone_is_out(host: Any, app_password: str) -> None:
    """Ensure a team that left the directory has no folder, and all of it when it is back."""
    asked = ("GET", in_folder("anna", "kept.txt"), f"anna:{app_password}")
    dn = f"cn={TEAM},ou=groups,dc=example,dc=test"
    host.check_output(f'ldapdelete -Q -Y EXTERNAL -H ldapi:/// "{dn}"')
    host.check_output("systemctl start nextcloud-teams")
    assert ask(host, *asked)[0] == 404
    entry = (
        f"dn: {dn}\nobjectClass: groupOfNames\nobjectClass: kootwijkTeam\ncn: {TEAM}\n"
        "member: uid=anna,ou=people,dc=example,dc=test\nkootwijkFilesQuota: 1 MB\n"
    )
    host.check_output(f"ldapadd -Q -Y EXTERNAL -H ldapi:/// <<'END'\n{entry}END")
    host.check_output("systemctl start nextcloud-teams")
    assert ask(host, *asked)[2] == "here"


def test_without_the_directory_nothing_is_taken_away(host: Any, app_password: str) -> None:
    """Ensure a directory that does not answer is no directory without teams."""
    host.check_output("systemctl stop slapd")
    try:
        assert host.run("systemctl start nextcloud-teams").rc != 0
    finally:
        host.check_output("systemctl start slapd")
    asked = ("GET", in_folder("anna", "kept.txt"), f"anna:{app_password}")
    assert ask(host, *asked)[2] == "here"


def test_nobody_is_the_owner_of_a_teams_folder(host: Any) -> None:
    """Ensure nobody can log in as the account that owns a team's folder."""
    owners = [
        uid for uid in json.loads(occ(host, "user:list --output=json")) if uid.startswith("_team-")
    ]
    assert len(owners) == 1
    query = "SELECT length(password) FROM oc_users WHERE uid LIKE '%team-%'"
    assert host.check_output(f'runuser -u postgres -- psql -XqAt nextcloud -c "{query}"') == "0"
    for word in ("", " ", "x"):
        path = f"/remote.php/dav/files/{owners[0]}/"
        assert ask(host, "PROPFIND", path, f"{owners[0]}:{word}")[0] == 401


INSIDE = [
    "/config/config.php",
    "/data/",
    "/.htaccess",
    "/occ",
    "/lib/base.php",
    "/updater/index.php",
]


@pytest.mark.parametrize("path", INSIDE)
def test_inside_is_no_page(host: Any, path: str) -> None:
    """Ensure code, settings and data are not shown."""
    assert ask(host, "GET", path)[0] in (302, 303, 404)


def test_calendars_are_found(host: Any) -> None:
    """Ensure programs find calendars and contacts by the site's name alone."""
    for kind in ("caldav", "carddav"):
        status, headers, _ = ask(host, "GET", f"/.well-known/{kind}")
        assert status == 301
        assert headers["location"].endswith("/remote.php/dav/")


PRIVATE = [
    "/var/lib/nextcloud/config/platform.config.php",
    "/etc/nextcloud/wanted.json",
    "/var/backups/nextcloud",
]


def test_secrets_are_secret(host: Any) -> None:
    """Ensure settings and backup points are not everybody's to read, and the code is root's."""
    assert not [path for path in PRIVATE if host.file(path).mode & 0o007]
    assert host.file("/srv/nextcloud/current/").user == "root"


def test_background_work(host: Any) -> None:
    """Ensure the background work runs by timer."""
    assert host.service("nextcloud-cron.timer").is_enabled
    assert host.service("nextcloud-teams.timer").is_enabled
    assert host.run("systemctl start nextcloud-cron.service").rc == 0
