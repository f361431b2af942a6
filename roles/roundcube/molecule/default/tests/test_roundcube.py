"""What is true of a host with Roundcube, with what prepare.yml put behind and before it."""

from __future__ import annotations

import json
import re
import textwrap
from typing import Any

import pytest

PASSWORD = "first-long-password"  # noqa: S105  (of the people whom prepare.yml made)
BROWSER = """\
import http.cookiejar, json, re, ssl, urllib.error, urllib.parse, urllib.request

context = ssl._create_unverified_context()
door = urllib.request.build_opener(
    urllib.request.HTTPSHandler(context=context),
    urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
)
door.addheaders = [("Accept-Language", "LANGUAGE")]
site = "https://mol1.kootwijk.test/"

def ask(query, **fields):
    data = urllib.parse.urlencode(fields).encode() if fields else None
    try:
        answer = door.open(site + query, data, 30)
    except urllib.error.HTTPError as error:
        answer = error
    return answer.status, answer.read().decode()

def log_in(user, password):
    token = re.search('name="_token" value="([^"]+)"', ask("")[1])[1]
    form = {"_task": "login", "_action": "login", "_token": token}
    return ask("?_task=login", **form, _user=user, _pass=password)
"""


def browse(host: Any, steps: str, language: str = "nl") -> Any:
    """Run ``steps`` on the host with the browser above; return what they printed, as JSON."""
    text = BROWSER.replace("LANGUAGE", language) + textwrap.dedent(steps)
    done = host.run(f"python3 - <<'END'\n{text}\nEND")
    assert done.rc == 0, done.stderr
    return json.loads(done.stdout)


def database(host: Any, query: str) -> list[str]:
    words = f'runuser -u postgres -- psql -XqAt -c "{query}" roundcube'
    return str(host.check_output(words)).splitlines()


@pytest.mark.parametrize(("language", "title"), [("nl", "Welkom"), ("en", "Welcome")])
def test_page_in_the_browsers_language(host: Any, language: str, title: str) -> None:
    """Ensure the first page speaks the browser's language."""
    status, page = browse(host, "print(json.dumps(ask('')))", language)
    assert status == 200
    assert title in re.search("<title>.*</title>", page)[0]  # type: ignore[index]


def test_nothing_comes_from_elsewhere(host: Any) -> None:
    """Ensure the first page names no other site, to load from or to go to."""
    page = browse(host, "print(json.dumps(ask('')[1]))")
    found = re.findall(r"""(?:src|href|action)=["'](?:https?:)?//([^/"']+)""", page)
    assert [name for name in found if name != "mol1.kootwijk.test"] == []


def test_person_is_one_user(host: Any) -> None:
    """Ensure a person who logs in by uid or address is one user, with the directory's identity."""
    for user in ("anna", "anna.jansen@example.test", "Anna"):
        status, page = browse(host, f"print(json.dumps(log_in('{user}', '{PASSWORD}')))")
        assert status == 200
        assert '"task":"mail"' in page
    assert database(host, "SELECT username FROM users WHERE username ILIKE 'anna%'") == ["anna"]
    query = "SELECT email, name FROM identities JOIN users USING (user_id) WHERE username = 'anna'"
    assert database(host, query) == ["anna.jansen@example.test|Anna Jansen"]


BOX = """\
dn: cn=info,ou=mailboxes,dc=example,dc=test
changetype: {change}
{more}member: uid={uid},ou=people,dc=example,dc=test
"""
MOVE = "replace: member\n"
NEW = "objectClass: kootwijkMailbox\ncn: info\nmail: info@example.test\n"


def member(host: Any, uid: str, *, new: bool = False) -> list[str]:
    """Have one member in a mailbox of several; return with what bram sends after logging in."""
    how = {"change": "add", "more": NEW} if new else {"change": "modify", "more": MOVE}
    text = BOX.format(uid=uid, **how)
    host.check_output(f"ldapmodify -Q -Y EXTERNAL -H ldapi:/// <<'END'\n{text}END")
    browse(host, f"print(json.dumps(log_in('bram', '{PASSWORD}')[0]))")
    query = (
        "SELECT email, standard FROM identities JOIN users USING (user_id) "
        "WHERE username = 'bram' AND identities.del = 0 ORDER BY email"
    )
    return database(host, query)


def test_address_of_several(host: Any) -> None:
    """Ensure members may choose the mailbox's address to send with, others not, nor ex-members."""
    own = "bram.jansen@example.test|1"
    host.run("ldapdelete -Q -Y EXTERNAL -H ldapi:/// cn=info,ou=mailboxes,dc=example,dc=test")
    assert member(host, "anna", new=True) == [own]
    assert member(host, "bram") == [own, "info@example.test|0"]
    assert member(host, "bram") == [own, "info@example.test|0"]
    assert member(host, "anna") == [own]
    host.run("ldapdelete -Q -Y EXTERNAL -H ldapi:/// cn=info,ou=mailboxes,dc=example,dc=test")


def test_wrong_password(host: Any) -> None:
    """Ensure a wrong password lets nobody in."""
    assert browse(host, "print(json.dumps(log_in('anna', 'wrong')[0]))") == 401


def test_mail_filters_and_colleagues(host: Any) -> None:
    """Ensure the folders, the filters and the colleagues are there for who logs in."""
    steps = f"""\
        page = log_in("anna", "{PASSWORD}")[1]
        found = {{name: ask("?_task=" + query)[1] for name, query in {{
            "folders": "settings&_action=folders",
            "filters": "settings&_action=plugin.managesieve",
            "colleagues": "addressbook&_action=search&_source=colleagues&_q=bram&_framed=1",
        }}.items()}}
        print(json.dumps(found))
    """
    found = browse(host, steps)
    for folder in ("Drafts", "Sent", "Archive", "Junk", "Trash"):
        assert folder in found["folders"]
    assert "filtersetslist" in found["filters"] or "sieve" in found["filters"]
    log = host.run("journalctl -t roundcube --no-pager").stdout
    assert "sieve" not in log.lower()


def test_database_is_this_versions(host: Any) -> None:
    """Ensure the tables are those of the installed version, and making them again does nothing."""
    newest = host.check_output("ls /usr/share/roundcube/SQL/postgres | sort -n | tail -1")
    own = database(host, "SELECT value FROM system WHERE name = 'roundcube-version'")
    assert own == [newest.removesuffix(".sql")]
    assert host.check_output("runuser -u roundcube -- /usr/local/sbin/roundcube-schema") == ""


def test_runs_as_its_own_user(host: Any) -> None:
    """Ensure its processes are its own user's, and there is no other pool."""
    browse(host, "print(json.dumps(ask('')[0]))")
    lines = host.check_output("ps -C php-fpm8.4 -o user:20=,args=").splitlines()
    assert {line.split()[0] for line in lines if "pool" in line} == {"roundcube"}
    assert host.file("/etc/php/8.4/fpm/pool.d").listdir() == ["roundcube.conf"]


def test_configuration_is_closed(host: Any) -> None:
    """Ensure the passwords in the configuration are for Roundcube alone."""
    file = host.file("/etc/roundcube/config.inc.php")
    assert (file.user, file.group, file.mode) == ("root", "roundcube", 0o640)
    assert host.run("runuser -u www-data -- cat /etc/roundcube/config.inc.php").rc != 0


def test_tidies_up(host: Any) -> None:
    """Ensure what clears old sessions can do its work."""
    assert host.run("systemctl start roundcube-gc.service roundcube-cleandb.service").rc == 0
    assert host.service("roundcube-gc.timer").is_enabled


def test_asks_nothing_outside(host: Any) -> None:
    """Ensure no setting in effect names a host outside."""
    script = (
        'define("INSTALL_PATH", "/var/lib/roundcube/"); '
        'require INSTALL_PATH . "program/include/clisetup.php"; '
        "echo json_encode(rcube::get_instance()->config->all());"
    )
    settings = json.loads(host.check_output(f"runuser -u roundcube -- php -r '{script}'"))
    settings.pop("db_dsnw")
    found = re.findall(r"(?:https?|ssl|tls|ldaps?)://([^/:\"]+)", json.dumps(settings))
    assert set(found) == {"mol1.kootwijk.test"}
    assert not settings["enable_spellcheck"]
    assert settings["show_images"] == 0
