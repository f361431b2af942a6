"""What is true of a host with Synapse, with what prepare.yml put behind it."""

from __future__ import annotations

import json
import textwrap
from typing import Any

import pytest

TOKEN = "only-for-this-test-the-rooms"  # noqa: S105
CALL = """\
import http.client, json, socket, sys

def ask(method, path, body=None, token=None, sock="main", **headers):
    own = socket.socket(socket.AF_UNIX)
    own.connect(f"/run/synapse/{sock}.sock")
    door = http.client.HTTPConnection("example.test"); door.sock = own
    headers |= {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https"}
    if token: headers["Authorization"] = f"Bearer {token}"
    data = body if isinstance(body, bytes) else json.dumps(body or {})
    door.request(method, path, data, headers)
    answer = door.getresponse()
    text = answer.read()
    try: return answer.status, json.loads(text)
    except ValueError: return answer.status, text.decode()[:4000]
"""


def ask(host: Any, steps: str) -> Any:
    """Run ``steps`` on the host, where ``ask`` asks Synapse; return what they printed, as JSON."""
    done = host.run(f"python3 - <<'END'\n{CALL}{textwrap.dedent(steps)}\nEND")
    assert done.rc == 0, done.stderr
    return json.loads(done.stdout)


def settings(host: Any, names: str) -> dict[str, Any]:
    """Return settings as the server reads its file, compiled-in defaults included."""
    script = textwrap.dedent(
        f"""\
        import json, operator
        from synapse.config.homeserver import HomeServerConfig
        config = HomeServerConfig.load_config("", ["-c", "/etc/synapse/homeserver.yaml"])
        found = {{name: operator.attrgetter(name)(config) for name in {names.split()!r}}}
        print(json.dumps(found, default=str))
        """
    )
    python = host.check_output("systemctl show -P ExecStart synapse | grep -om1 '/opt[^ ;]*'")
    done = host.run(f"cd /var/lib/synapse && {python} -W ignore - <<'END' 2>/dev/null\n{script}END")
    assert done.rc == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def database(host: Any, query: str) -> str:
    return str(host.check_output(f'runuser -u postgres -- psql -XqAt -c "{query}"'))


@pytest.mark.parametrize(
    "unit",
    [
        "synapse",
        "synapse-worker@generic1",
        "synapse-worker@generic2",
        "synapse-worker@federation_sender1",
    ],
)
def test_runs(host: Any, unit: str) -> None:
    """Ensure the server and the workers that were asked for run, as a user of their own."""
    assert host.service(unit).is_running
    assert host.check_output(f"systemctl show -P User {unit}") == "synapse"


def test_starts_with_the_host(host: Any) -> None:
    """Ensure it starts with the host."""
    assert host.service("synapse").is_enabled
    assert host.service("synapse-rooms.timer").is_enabled


def test_no_port(host: Any) -> None:
    """Ensure it listens on no port, and that only the web server's group reaches its sockets."""
    assert "python" not in host.check_output("ss -Hltunp")
    folder = host.file("/run/synapse")
    assert (folder.user, folder.group, folder.mode & 0o777) == ("synapse", "www-data", 0o750)


@pytest.mark.parametrize("sock", ["main", "generic1", "generic2"])
def test_answers(host: Any, sock: str) -> None:
    """Ensure the main process and each worker answer what a client asks."""
    steps = f"print(json.dumps(ask('GET', '/_matrix/client/v3/login', sock='{sock}')))"
    status, found = ask(host, steps)
    # A worker leaves logging in to the main process.
    assert status == (200 if sock == "main" else 404) or found["flows"]
    steps = f"print(json.dumps(ask('GET', '/_matrix/client/v3/sync', sock='{sock}')))"
    assert ask(host, steps)[1]["errcode"] == "M_MISSING_TOKEN"


def test_one_way_in(host: Any) -> None:
    """Ensure people come in through OpenID Connect and nothing else."""
    steps = """
    flows = ask("GET", "/_matrix/client/v3/login")[1]["flows"]
    person = {"type": "m.login.password", "identifier": {"type": "m.id.user", "user": "anna"}}
    print(json.dumps([flows, ask("POST", "/_matrix/client/v3/login", {**person, "password": "x"}),
        ask("POST", "/_matrix/client/v3/register", {"username": "x", "password": "y"}),
        ask("POST", "/_matrix/client/v3/register?kind=guest")]))
    """
    flows, password, register, guest = ask(host, steps)
    kinds = {flow["type"] for flow in flows}
    assert kinds == {"m.login.sso", "m.login.token", "m.login.application_service"}
    assert [found["errcode"] for _, found in (password, register, guest)] == [
        "M_UNKNOWN",
        "M_FORBIDDEN",
        "M_UNKNOWN",
    ]
    assert all(status >= 400 for status, _ in (password, register, guest))


def test_a_login_that_failed_is_told_in_our_words(host: Any) -> None:
    """Ensure people read in Dutch and English what to do, and no text that a link brought along."""
    steps = """
    page = "/_synapse/client/oidc/callback?error=%3Cb%3Eexpired&error_description=Call+020+123"
    print(json.dumps(ask("GET", page)))
    """
    status, page = ask(host, steps)
    assert status == 400
    assert "Begin opnieuw vanuit de chat" in page
    assert "Begin again from the chat" in page
    assert "&lt;b&gt;expired" in page
    assert "<b>" not in page
    assert "020" not in page
    assert "<script" not in page


def test_nobody_else_is_asked(host: Any) -> None:
    """Ensure no setting in effect, compiled-in defaults included, names a host outside."""
    names = (
        "key.key_servers metrics.report_stats metrics.report_stats_endpoint metrics.sentry_enabled "
        "registration.default_identity_server registration.account_threepid_delegate_msisdn "
        "media.url_preview_enabled metrics.enable_metrics voip.turn_uris email.email_enable_notifs"
    )
    found = settings(host, names)
    assert found == {
        "key.key_servers": [],
        "metrics.report_stats": False,
        "metrics.report_stats_endpoint": "",
        "metrics.sentry_enabled": False,
        "registration.default_identity_server": None,
        "registration.account_threepid_delegate_msisdn": None,
        "media.url_preview_enabled": False,
        "metrics.enable_metrics": False,
        "voip.turn_uris": [],
        "email.email_enable_notifs": False,
    }


def test_only_listed_organisations(host: Any) -> None:
    """Ensure a server that is not listed is refused before its signature is looked at."""
    steps = """
    def server(origin):
        who = f'X-Matrix origin="{origin}",destination="example.test"'
        word = f'{who},key="ed25519:a",sig="{"A" * 86}"'
        path = "/_matrix/federation/v2/invite/%21a%3Ab/%24c"
        return ask("PUT", path, {}, Authorization=word)
    print(json.dumps(server("stranger.test")))
    """
    status, found = ask(host, steps)
    assert (status, found["errcode"]) == (403, "M_FORBIDDEN")
    assert settings(host, "federation.federation_domain_whitelist") == {
        "federation.federation_domain_whitelist": {"listed.test": True}
    }


def test_database_is_sorted_by_code_point(host: Any) -> None:
    """Ensure the database is UTF-8 in locale C, as Synapse needs it, reached over TLS."""
    query = (
        "SELECT pg_encoding_to_char(encoding), datcollate, datctype FROM pg_database "
        "WHERE datname = 'synapse'"
    )
    assert database(host, query) == "UTF8|C|C"
    query = (
        "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) "
        "WHERE datname = 'synapse'"
    )
    assert database(host, query) == "t"


def test_teams_have_rooms(host: Any) -> None:
    """Ensure a team has a space and encrypted rooms with its members, whatever their names.

    Who leads has the power to, and nobody else.
    """
    host.check_output("systemctl start synapse-rooms")
    steps = f"""
    token = "{TOKEN}"
    def as_anna(path): return ask("GET", path + "?user_id=@anna:example.test", token=token)[1]
    found = {{}}
    for room in as_anna("/_matrix/client/v3/joined_rooms")["joined_rooms"]:
        state = as_anna(f"/_matrix/client/v3/rooms/{{room}}/state")
        one = {{e["type"]: e["content"] for e in state}}
        people = sorted(e["state_key"] for e in state
                        if e["type"] == "m.room.member" and e["content"]["membership"] == "join")
        assert one["m.room.join_rules"]["join_rule"] == "invite"
        found[one["m.room.name"]["name"]] = [one["m.room.create"].get("type", ""),
            one.get("m.room.encryption", {{}}).get("algorithm", ""), people,
            [u for u, p in one["m.room.power_levels"]["users"].items() if p == 50]]
    print(json.dumps(found))
    """
    anna, bram, chris = (f"@{uid}:example.test" for uid in ("anna", "bram", "chris"))
    keeper = "@teams:example.test"
    cipher = "m.megolm.v1.aes-sha2"
    assert ask(host, steps) == {
        "example.test": ["m.space", "", [anna, bram, chris, keeper], []],
        "Team O'Neill 🙂": ["m.space", "", [anna, bram, keeper], [anna]],
        "Algemeen · Team O'Neill 🙂": ["", cipher, [anna, bram, keeper], [anna]],
        'Balie & "loket"': ["", cipher, [anna, bram, keeper], [anna]],
    }


def test_first_day_to_come(host: Any) -> None:
    """Ensure who may not come in yet is waited for by nobody, and is in the rooms from that day."""
    dn, team = "uid=eva,ou=people,dc=example,dc=test", "cn=Nieuw,ou=groups,dc=example,dc=test"
    entries = (
        f"dn: {dn}\\nobjectClass: inetOrgPerson\\nobjectClass: inetLocalMailRecipient\\n"
        "uid: eva\\ncn: Eva\\nsn: Eva\\nmail: eva@example.test\\n"
        "pwdAccountLockedTime: 000001010000Z\\n\\n"
        f"dn: {team}\\nobjectClass: groupOfNames\\ncn: Nieuw\\n"
        f"member: {dn}\\nmember: uid=chris,ou=people,dc=example,dc=test\\n"
    )
    opened = f"dn: {dn}\\nchangetype: modify\\ndelete: pwdAccountLockedTime\\n"
    ldap = "-Q -Y EXTERNAL -H ldapi:///"
    rooms = f"""
    def rooms(uid):
        path = f"/_synapse/admin/v1/users/@{{uid}}:example.test/joined_rooms"
        return len(ask("GET", path, token="{TOKEN}")[1].get("joined_rooms", []))
    print(json.dumps([rooms("chris"), rooms("eva")]))
    """
    try:
        host.check_output(f"printf '{entries}' | ldapadd -e relax {ldap}")
        host.check_output("systemctl start synapse-rooms")
        assert ask(host, rooms) == [3, 0]
        host.check_output(f"printf '{opened}' | ldapmodify -e relax {ldap}")
        host.check_output("systemctl start synapse-rooms")
        assert ask(host, rooms) == [3, 3]
    finally:
        host.run(f"ldapdelete {ldap} {team} {dn}")
        host.check_output("systemctl start synapse-rooms")


def test_second_look_changes_nothing(host: Any) -> None:
    """Ensure another look at the same directory does nothing."""
    host.check_output("systemctl start synapse-rooms")
    host.check_output("systemctl start synapse-rooms")
    last = "$(systemctl show -P InvocationID synapse-rooms)"
    words = f"journalctl -o cat _COMM=python _SYSTEMD_INVOCATION_ID={last}"
    assert host.check_output(words).replace("-- No entries --", "") == ""


def test_who_is_gone_is_out(host: Any) -> None:
    """Ensure who leaves the directory is locked out at the next look, and let in when back."""
    entry = (
        "dn: uid=dirk,ou=people,dc=example,dc=test\\nobjectClass: inetOrgPerson\\n"
        "objectClass: inetLocalMailRecipient\\nuid: dirk\\ncn: Dirk\\nsn: Dirk\\n"
        "mail: dirk@example.test\\n"
    )
    state = f"""
    path = "/_synapse/admin/v2/users/@dirk:example.test"
    print(json.dumps(ask("GET", path, token="{TOKEN}")[1]["locked"]))
    """
    add = f"printf '{entry}' | ldapadd -Q -Y EXTERNAL -H ldapi:///"
    remove = "ldapdelete -Q -Y EXTERNAL -H ldapi:/// uid=dirk,ou=people,dc=example,dc=test"
    for words, locked in ((add, False), (remove, True), (add, False), (remove, True)):
        host.check_output(f"{words} && systemctl start synapse-rooms")
        assert ask(host, state) is locked


def test_file_is_kept(host: Any) -> None:
    """Ensure what somebody puts on the server is taken, and is for Synapse's user alone."""
    steps = f"""
    path = "/_matrix/media/v3/upload?user_id=@anna:example.test"
    print(json.dumps(ask("POST", path, b"0" * 1024, token="{TOKEN}")))
    """
    status, found = ask(host, steps)
    assert (status, list(found)) == (200, ["content_uri"])
    kept = host.file("/var/lib/synapse/media")
    assert (kept.user, kept.mode) == ("synapse", 0o700)


def test_file_over_the_limit(host: Any) -> None:
    """Ensure a file over the limit is refused as too large."""
    steps = f"""
    path = "/_matrix/media/v3/upload?user_id=@anna:example.test"
    print(json.dumps(ask("POST", path, b"0" * 1048577, token="{TOKEN}")))
    """
    status, found = ask(host, steps)
    assert (status, found["errcode"]) == (413, "M_TOO_LARGE")


def test_secrets_are_for_it_alone(host: Any) -> None:
    """Ensure nobody but root and Synapse reads its secrets."""
    for name in ("homeserver.yaml", "signing.key", "rooms.yaml", "rooms.json"):
        file = host.file(f"/etc/synapse/{name}")
        assert (file.user, file.group, file.mode & 0o777) == ("root", "synapse", 0o640), name


def test_journal_names_nobody(host: Any) -> None:
    """Ensure no request, token or person is in the journal."""
    journal = host.check_output("journalctl -o cat -u 'synapse*'")
    for word in ("GET /", "access_token", TOKEN, "@anna", "Anna"):
        assert word not in journal
