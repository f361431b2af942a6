"""What is true of a host with LemonLDAP::NG, with what prepare.yml put behind and before it."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import textwrap
import time
import uuid
from typing import Any

import pytest

BROWSER = r"""
import base64, http.cookiejar, json, re, ssl, time, urllib.error, urllib.parse, urllib.request

site, password = "https://mol1.kootwijk.test/", "first-long-password"
context = ssl._create_unverified_context()

class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None

def browser():
    return urllib.request.build_opener(
        Stay(), urllib.request.HTTPSHandler(context=context),
        urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
    )

def ask(door, path, fields=None, **headers):
    data = urllib.parse.urlencode(fields).encode() if fields is not None else None
    headers = {"Accept": "text/html", **headers}
    request = urllib.request.Request(site + path.lstrip("/"), data, headers)
    try:
        answer = door.open(request, None, 30)
    except urllib.error.HTTPError as error:
        answer = error
    return answer.status, answer.headers.get("Location"), answer.read().decode()

def hidden(page):
    return dict(re.findall(r'name="(token|url|user)"[^>]*value="([^"]*)"', page))

def log_in(door, user, word=password, path=""):
    form = hidden(ask(door, path)[2])
    return ask(door, path, {**form, "user": user, "password": word})

def said(page):
    return re.findall(r'trmsg="(\d+)"', page)

def authorize(client, **more):
    return "oauth2/authorize?" + urllib.parse.urlencode({
        "response_type": "code", "client_id": client, "scope": "openid profile email",
        "redirect_uri": f"https://{client}.example.test/code", "state": "s", "nonce": "n", **more})

def basic(client, secret="only-for-this-test"):
    return {"Authorization": "Basic " + base64.b64encode(f"{client}:{secret}".encode()).decode()}

def code(door, client, **more):
    place = ask(door, authorize(client, **more))[1] or ""
    return (re.findall("[?&]code=([^&]+)", place) or [None])[0]

def token(client, secret="only-for-this-test", **fields):
    form = {"grant_type": "authorization_code", "redirect_uri": f"https://{client}.example.test/code"}
    status, _, text = ask(browser(), "oauth2/token", {**form, **fields}, **basic(client, secret))
    return status, json.loads(text)

def introspect(value, client="asks"):
    return json.loads(ask(browser(), "oauth2/introspect", {"token": value}, **basic(client))[2])

def claims(value):
    part = value.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
"""


def browse(host: Any, steps: str) -> Any:
    """Run ``steps`` on the host with the browser above; return what they printed, as JSON."""
    done = host.run(f"python3 - <<'END'\n{BROWSER}\n{textwrap.dedent(steps)}\nEND")
    assert done.rc == 0, done.stderr
    return json.loads(done.stdout)


def database(host: Any, query: str) -> list[str]:
    words = f'runuser -u postgres -- psql -XqAt -c "{query}" lemonldap_ng'
    return str(host.check_output(words)).splitlines()


def modify(host: Any, uid: str, how: str) -> Any:
    """Change the person's entry; ``how`` is what LDIF says after changetype."""
    ldif = f"dn: uid={uid},ou=people,dc=example,dc=test\nchangetype: modify\n{how}\n"
    return host.run(f"ldapmodify -e relax -Q -Y EXTERNAL -H ldapi:/// <<'END'\n{ldif}END")


def unlock(host: Any, uid: str) -> None:
    modify(host, uid, "delete: pwdAccountLockedTime")


def test_first_page_is_plain(host: Any) -> None:
    """Ensure the first page names its language and no other site, and shows a form."""
    page = browse(host, "print(json.dumps(ask(browser(), '', **{'Accept-Language': 'en'})[2]))")
    assert '<html lang="en">' in page
    assert re.findall(r"""(?:src|href|action)=["']?(?:https?:)?//([^/"'>]+)""", page) == []
    assert 'name="password"' in page
    assert "trmsg" not in page


@pytest.mark.parametrize("path", ["page.css", "page.js", "mail.svg", "totp.svg"])
def test_pages_have_what_they_show(host: Any, path: str) -> None:
    """Ensure what the pages load is there."""
    script = f"print(json.dumps(ask(browser(), 'static/kootwijk/{path}')[0]))"
    assert browse(host, script) == 200


def test_languages_say_the_same(host: Any) -> None:
    """Ensure every word the pages use is there in both languages."""
    folder = "/usr/local/share/lemonldap-ng"
    words = [
        set(json.loads(host.file(f"{folder}/static/languages/{language}.json").content_string))
        for language in ("nl", "en")
    ]
    assert words[0] == words[1]
    pages = host.check_output(f"cd {folder}/templates/kootwijk; cat [!m]*.tpl menu.tpl mail.tpl")
    assert set(re.findall(r'trspan="([A-Za-z0-9_]+)"', pages)) <= words[0]


def test_login_and_tiles(host: Any) -> None:
    """Ensure a person logs in by uid or address and sees the services that are open to them."""
    steps = """
        seen = {}
        for user in ("anna", "anna@example.test", "chris"):
            door = browser()
            status, place, _ = log_in(door, user)
            page = ask(door, "")[2]
            tiles, title = re.findall(r'id="tile-(\\w+)"', page), re.findall("<h1.*</h1>", page)
            seen[user] = [status, tiles, title[0]]
        print(json.dumps(seen))
    """
    seen = browse(host, steps)
    assert seen["anna"][:2] == [302, ["files", "secluded"]]
    assert seen["anna@example.test"] == seen["anna"]
    assert seen["chris"][:2] == [302, ["files"]]
    assert "<b>" not in seen["anna"][2]
    assert "&lt;b&gt;Vries" in seen["anna"][2]
    assert "🙂" in seen["anna"][2]


def test_wrong_password_and_stranger(host: Any) -> None:
    """Ensure a wrong password and a stranger are told the same, and a name is no filter."""
    steps = """
        tries = [("anna", "wrong"), ("nobody", "wrong"), ("*", "x"), ("anna)(uid=*", "x")]
        print(json.dumps([said(log_in(browser(), *t)[2]) for t in tries]))
    """
    known, stranger, star, filters = browse(host, steps)
    assert known == stranger == ["5"]
    assert star in (["5"], ["40"])
    assert filters in (["5"], ["40"])


def test_who_guesses_waits(host: Any) -> None:
    """Ensure the right password does not help who has guessed wrong, until the pause is over."""
    steps = """
        wrong = [said(log_in(browser(), "dirk", "wrong")[2]) for _ in range(4)]
        paused = said(log_in(browser(), "dirk")[2])
        time.sleep(5)
        print(json.dumps([wrong, paused, log_in(browser(), "dirk")[0]]))
    """
    wrong, paused, after = browse(host, steps)
    assert wrong[:3] == [["5"]] * 3
    assert wrong[3] == paused == ["86"]
    assert after == 302


def test_second_factor_is_asked_of_administrators(host: Any) -> None:
    """Ensure an administrator gets no session with a password alone, and others do."""
    steps = """
        seen = {}
        for user in ("bram", "chris"):
            door = browser()
            place = log_in(door, user)[1]
            seen[user] = [place, ask(door, "ping")[2], code(door, "files")]
        print(json.dumps(seen))
    """
    seen = browse(host, steps)
    assert seen["bram"][0].endswith("/2fregisters")
    assert json.loads(seen["bram"][1]) == {"status": 0}
    assert seen["bram"][2] is None
    assert json.loads(seen["chris"][1]) == {"status": 1}
    assert seen["chris"][2]


def test_code_flow_and_claims(host: Any) -> None:
    """Ensure a client gets tokens for a code, saying who the person is and in which teams."""
    steps = """
        door = browser()
        log_in(door, "anna")
        _, got = token("files", code=code(door, "files"))
        bearer = {"Authorization": "Bearer " + got["access_token"]}
        user = json.loads(ask(browser(), "oauth2/userinfo", **bearer)[2])
        lone = browser()
        log_in(lone, "chris")
        _, none = token("files", code=code(lone, "files"))
        told = introspect(got["access_token"])
        print(json.dumps([claims(got["id_token"]), user, told, claims(none["id_token"])]))
    """
    identity, user, told, lone = browse(host, steps)
    assert identity["iss"] == "https://mol1.kootwijk.test/"
    assert identity["aud"] == ["files"]
    for found in (identity, user):
        assert found["sub"] == found["preferred_username"] == "anna"
        assert found["name"] == 'Anna O\'Brien "de <b>Vries</b>" 🙂'
        assert found["email"] == "anna@example.test"
        assert found["locale"] == "nl"
        assert found["groups"] == ['Burger "zaken" & $meer (é) @hier skip']
    assert told["active"] is True
    assert told["sub"] == "anna"
    assert lone.get("groups", []) == []


def test_key_is_published(host: Any) -> None:
    """Ensure the key that tokens name is the published one, and the algorithm is not none."""
    steps = """
        door = browser()
        log_in(door, "anna")
        _, got = token("files", code=code(door, "files"))
        head = got["id_token"].split(".")[0]
        head = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
        print(json.dumps([head, json.loads(ask(browser(), "oauth2/jwks")[2])["keys"]]))
    """
    head, keys = browse(host, steps)
    assert head["alg"] == "RS256"
    assert [key["kid"] for key in keys] == [head["kid"]]


def test_codes_and_tokens_are_not_taken_twice_or_late(host: Any) -> None:
    """Ensure a code works once, for its client alone, and a made-up or ended token is none."""
    steps = """
        door = browser()
        log_in(door, "anna")
        once = code(door, "files")
        first = token("files", code=once)
        seen = {
            "again": token("files", code=once)[0],
            "of another": token("secluded", code=code(door, "files"))[0],
            "wrong secret": token("files", "wrong", code=code(door, "files"))[0],
            "made up": introspect("0" * 64),
            "unasked": ask(browser(), "oauth2/introspect", {"token": first[1]["access_token"]})[0],
            "before": introspect(first[1]["access_token"])["active"],
        }
        ask(door, "?logout=1")
        seen["after logout"] = introspect(first[1]["access_token"])
        again = {"grant_type": "refresh_token", "refresh_token": first[1]["refresh_token"]}
        seen["refresh"] = token("files", **again)[0]
        print(json.dumps(seen))
    """
    seen = browse(host, steps)
    assert seen["again"] == seen["of another"] == 400
    assert seen["wrong secret"] == 401
    assert seen["made up"] == {"active": False}
    assert seen["unasked"] in (400, 401)
    assert seen["before"] is True
    assert seen["after logout"] == {"active": False}
    assert seen["refresh"] == 400


def test_a_code_is_old_after_a_minute(host: Any) -> None:
    """Ensure a code that nobody fetched in a minute is no code any more."""
    steps = """
        door = browser()
        log_in(door, "anna")
        late = code(door, "files")
        time.sleep(63)
        print(json.dumps(token("files", code=late)[0]))
    """
    assert browse(host, steps) == 400


def test_clients_hear_of_a_logout(host: Any) -> None:
    """Ensure a service is told whose session ended, and who is at the portal is out as well."""
    steps = """
        import http.server, threading
        told = []
        class Service(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                told.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.send_response(200)
                self.end_headers()
            def log_message(self, *_):
                pass
        server = http.server.HTTPServer(("127.0.0.1", 9999), Service)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        door = browser()
        log_in(door, "anna")
        identity = token("files", code=code(door, "files"))[1]["id_token"]
        back = "https://files.example.test/"
        place = ask(door, "oauth2/logout?" + urllib.parse.urlencode({
            "id_token_hint": identity, "post_logout_redirect_uri": back, "state": "x"}))[1]
        said_to = urllib.parse.parse_qs(told[0])["logout_token"][0]
        ping = ask(door, "ping")[2]
        print(json.dumps([claims(identity), claims(said_to), len(told), place, ping]))
    """
    identity, told, times, place, ping = browse(host, steps)
    assert times == 1
    assert told["sub"] == "anna"
    assert told["sid"] == identity["sid"]
    assert "http://schemas.openid.net/event/backchannel-logout" in told["events"]
    assert told["iat"] < told["exp"] < told["iat"] + 600
    assert place == "https://files.example.test/?state=x"
    assert ping == '{"status":0}'


def test_clients_are_held_to_what_was_agreed(host: Any) -> None:
    """Ensure nobody gets to an unknown address, past PKCE where it is due, or to what is closed."""
    steps = """
        door = browser()
        log_in(door, "chris")
        own = browser()
        log_in(own, "anna")
        pkce = {"code_challenge": "x" * 43, "code_challenge_method": "S256"}
        elsewhere = ask(own, authorize("files", redirect_uri="https://evil.example/code"))
        print(json.dumps({
            "elsewhere": [elsewhere[1], said(elsewhere[2])],
            "unknown": ask(own, authorize("nobody"))[1],
            "closed": code(door, "secluded", **pkce),
            "without pkce": code(own, "secluded"),
            "with pkce": code(own, "secluded", **pkce),
            "implicit": ask(own, authorize("files", response_type="id_token token"))[1],
        }))
    """
    seen = browse(host, steps)
    assert seen["elsewhere"] == [None, ["108"]]
    assert seen["unknown"] is None
    assert seen["closed"] is None
    assert seen["without pkce"] is None
    assert seen["with pkce"]
    assert "id_token=" not in (seen["implicit"] or "")


def test_locked_person(host: Any) -> None:
    """Ensure who is locked is told so, and a session that was open ends by itself."""
    unlock(host, "eva")  # after a run that was cut short
    steps = """
        door = browser()
        log_in(door, "eva")
        jar = next(h.cookiejar for h in door.handlers if hasattr(h, "cookiejar"))
        _, got = token("files", code=code(door, "files"))
        print(json.dumps([[[c.name, c.value] for c in jar], got["access_token"]]))
    """
    cookies, access = browse(host, steps)
    ask = f"""
        jar = "; ".join("=".join(pair) for pair in {cookies!r})
        print(json.dumps([ask(browser(), "ping", Cookie=jar)[2], introspect("{access}")["active"]]))
    """
    assert browse(host, ask) == ['{"status":1}', True]
    modify(host, "eva", "replace: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z")
    refused = browse(host, "print(json.dumps(said(log_in(browser(), 'eva')[2])))")
    end = time.monotonic() + 90
    while time.monotonic() < end and browse(host, ask)[1]:
        time.sleep(3)
    ping, active = browse(host, ask)
    unlock(host, "eva")
    assert ping == '{"status":0}'
    assert active is False
    assert refused == ["21"]


def test_password_is_the_directorys(host: Any) -> None:
    """Ensure a person changes the password with the old one, by the directory's rules."""
    steps = """
        door, new = browser(), f"een lange zin met é en 🙂 {time.time()}"
        log_in(door, "chris")
        def change(old, to, again=None):
            form = re.findall('<form id="formpass".*?</form>', ask(door, "")[2], re.S)[0]
            fields = {"oldpassword": old, "newpassword": to, "confirmpassword": again or to}
            return said(ask(door, "", {**hidden(form), **fields})[2])
        print(json.dumps([
            change("wrong", new), change(password, "short"), change(password, new, "other"),
            change(password, new),
            log_in(browser(), "chris")[0], log_in(browser(), "chris", new)[0],
            change(new, password),
        ]))
    """
    seen = browse(host, steps)
    assert seen[:4] == [["39"], ["29"], ["34"], ["35"]]
    assert seen[4:6] == [200, 302]
    # The old one is among the last: it cannot come back, so this is for this run alone.
    assert seen[6] == ["31"]
    assert modify(host, "chris", "replace: userPassword\nuserPassword: first-long-password").rc == 0


def test_sessions_are_in_the_database(host: Any) -> None:
    """Ensure sessions and second factors are in PostgreSQL over TLS, and in no file."""
    browse(host, "print(json.dumps(log_in(browser(), 'anna')[0]))")
    assert int(
        database(host, "SELECT count(*) FROM sessions WHERE a_session ->> 'uid' = 'anna'")[0]
    )
    assert int(
        database(
            host, "SELECT count(*) FROM psessions WHERE a_session ->> '_session_uid' = 'anna'"
        )[0]
    )
    held = database(host, "SELECT a_session FROM sessions")
    assert not any("first-long-password" in line for line in held)
    config = json.loads(host.file("/etc/lemonldap-ng/conf/lmConf-1.json").content_string)
    for storage in ("globalStorage", "persistentStorage", "oidcStorage"):
        assert config[storage].endswith("::PgJSON")
        assert "sslmode=verify-full" in config[f"{storage}Options"]["DataSource"]
    assert host.run("runuser -u lemonldap-ng -- /usr/local/sbin/lemonldap-ng-schema").stdout == ""
    assert (
        host.run(
            "find /var/lib/lemonldap-ng/sessions /var/lib/lemonldap-ng/psessions -type f"
        ).stdout
        == ""
    )


def test_log_holds_no_secret(host: Any) -> None:
    """Ensure the log says who was refused, and not what they typed or were given."""
    log = host.check_output(
        "journalctl --no-pager -u lemonldap-ng-fastcgi-server -u lemonldap-ng-watch"
    )
    assert "Bad password for anna" in log
    assert "first-long-password" not in log
    assert "only-for-this-test" not in log
    # A code that came too late is named, once it is worth nothing.
    log = "\n".join(x for x in log.splitlines() if not re.search("has expired|Unable to find", x))
    ids = database(host, "SELECT id FROM sessions UNION SELECT id FROM oidcsessions")
    assert ids
    assert not [one for one in ids if one in log]


def test_configuration_is_closed_and_tried(host: Any) -> None:
    """Ensure its secrets are the portal's alone, and what cannot work is refused."""
    file = host.file("/etc/lemonldap-ng/conf/lmConf-1.json")
    assert (file.user, file.group, file.mode) == ("root", "lemonldap-ng", 0o640)
    assert host.run(f"runuser -u www-data -- cat {file.path}").rc != 0
    check = "/usr/local/sbin/lemonldap-ng-check"
    fine = host.run(f"{check} {file.path}")
    assert (fine.rc, fine.stdout, fine.stderr) == (0, "", "")
    for change in (
        's/"sfRequired": .*/"sfRequired": "inGroup(",/',
        's/"authentication"/"authenticaton"/',
        's/"userDB": "Same"/"userDB": "Nothing"/',
        "s/^}$//",
    ):
        host.check_output(f"sed '{change}' {file.path} > /root/broken.json")
        assert host.run(f"{check} /root/broken.json").rc != 0, change


def test_runs_as_its_own_user(host: Any) -> None:
    """Ensure the portal is a user of its own, whose socket is the web server's alone."""
    assert host.service("lemonldap-ng-fastcgi-server").is_running
    main = host.check_output("systemctl show -p MainPID --value lemonldap-ng-fastcgi-server")
    assert host.check_output(f"ps -o user:20= -p {main}").strip() == "lemonldap-ng"
    folder = host.file("/run/lemonldap-ng")
    assert (folder.user, folder.group, folder.mode) == ("lemonldap-ng", "www-data", 0o750)
    assert host.service("lemonldap-ng-watch.timer").is_running


def test_asks_nothing_outside(host: Any) -> None:
    """Ensure no setting in effect leads outside but the clients' own, and what would is off."""
    script = (
        "use Lemonldap::NG::Common::Conf; use JSON; "
        "print JSON::to_json(Lemonldap::NG::Common::Conf->new->getConf({noCache => 1, raw => 1}))"
    )
    settings = json.loads(host.check_output(f"runuser -u lemonldap-ng -- perl -e '{script}'"))
    for name in (
        "checkHIBP",
        "crowdsec",
        "locationDetect",
        "notificationServer",
        "restSessionServer",
    ):
        assert not settings[name], name
    assert settings["registerDB"] == "Null"
    assert settings["authentication"] == "LDAP"
    written = json.loads(host.file("/etc/lemonldap-ng/conf/lmConf-1.json").content_string)
    found = set(re.findall(r"(?:https?|ldaps?)://([^/:\" ]+)", json.dumps(written)))
    own = {"mol1.kootwijk.test", "127.0.0.1"}
    assert {name for name in found if not name.endswith(".example.test")} == own


def test_tidies_up(host: Any) -> None:
    """Ensure what clears old sessions can do its work."""
    assert host.run("systemctl start liblemonldap-ng-portal-perl.service").rc == 0
    assert host.service("liblemonldap-ng-portal-perl.timer").is_enabled


APPS = r"""
def page(door, fields=None):
    return ask(door, "apppasswords", fields)[2]

def make(door, name):
    return page(door, {**hidden(page(door)), "name": name})

def secret(text):
    return (re.findall('id="new-app-password">([^<]+)<', text) or [""])[0]

def listed(text):
    return re.findall(r'id="app-([0-9a-z-]+)">\s*<th scope="row">(.*?)</th>', text)

def warned(text):
    return re.findall(r'message-warning" role="alert"><p trspan="(\w+)"', text)

anna, bert = browser(), browser()
log_in(anna, "anna")
log_in(bert, "dirk")
"""


def test_app_passwords(host: Any) -> None:
    """Ensure a person makes one, sees it once, and nobody else sees or removes it."""
    steps = f"""{APPS}
name = 'Phone "x" <b> & 🙂'
made = secret(make(anna, name))
others = page(bert, {{**hidden(page(bert)), "remove": made[:9]}})
again = page(anna)
gone = page(anna, {{**hidden(again), "remove": made[:9]}})
seen = [made, listed(again), made in again, listed(page(bert)), warned(others), listed(gone)]
print(json.dumps(seen))
"""
    made, own, shown_again, others, warned, gone = browse(host, steps)
    assert re.fullmatch("[0-9a-z]{4}(-[0-9a-z]{4}){4}", made)
    assert own == [[made[:9], "Phone &quot;x&quot; &lt;b&gt; &amp; 🙂"]]
    assert not shown_again
    assert (others, warned, gone) == ([], ["appPasswordAgain"], [])


def test_app_password_is_for_mail_alone(host: Any) -> None:
    """Ensure it is a hash in the directory, opens its entry, and not the portal."""
    steps = f"""{APPS}
made = secret(make(anna, "phone"))
log_in(bert := browser(), "anna", made)
print(json.dumps([made, ask(bert, "ping")[2]]))
"""
    made, ping = browse(host, steps)
    entry = f"cn={made[:9]},ou=app-passwords,dc=example,dc=test"
    try:
        held = host.check_output(f"ldapsearch -Q -Y EXTERNAL -H ldapi:/// -LLL -b '{entry}'")
        assert "seeAlso: uid=anna,ou=people,dc=example,dc=test" in held
        assert made not in held
        bind = f"ldapwhoami -x -H ldapi:/// -D '{entry}' -w '{made}'"
        assert host.run(bind).rc == 0
        assert ping == '{"status":0}'
    finally:
        host.run(f"ldapdelete -Q -Y EXTERNAL -H ldapi:/// '{entry}'")


def test_app_passwords_are_not_made_by_others(host: Any) -> None:
    """Ensure a page elsewhere cannot make one, a form counts once, and there is an end to it."""
    steps = f"""{APPS}
forged = page(anna, {{"name": "forged"}})
form = hidden(page(anna))
first, second = page(anna, {{**form, "name": "one"}}), page(anna, {{**form, "name": "two"}})
nameless = make(anna, " \u200b\t")
for number in range(25):
    last = make(anna, f"phone {{number}}")
count = len(listed(last))
for found, _ in listed(last):
    left = page(anna, {{**hidden(page(anna)), "remove": found}})
print(json.dumps([warned(forged), bool(secret(first)), warned(second), warned(nameless),
    count, warned(last), len(listed(left)), ask(browser(), "apppasswords")[0]]))
"""
    forged, first, second, nameless, count, last, left, stranger = browse(host, steps)
    again = ["appPasswordAgain"]
    assert (forged, first, second) == (again, True, again)
    assert nameless == ["appPasswordName"]
    assert (count, last, left) == (20, ["appPasswordMost"], 0)
    assert stranger in (302, 401, 200)


LETTER = r"""
def code_of(door, code):
    return ask(door, "welcome", {"code": code})[2]
def choose(door, page, word, again=None):
    form = {**hidden(page), "newpassword": word, "confirmpassword": again or word}
    return ask(door, "welcome", form)
def warned(page):
    return re.findall(r'role="alert"><p tr(?:span|msg)="(\w+)"', page)
"""


def entry_of(host: Any, uid: str) -> str:
    found = f"ldapsearch -Q -Y EXTERNAL -H ldapi:/// -LLL -b ou=people,dc=example,dc=test uid={uid}"
    return str(re.findall("entryUUID: (.+)", host.check_output(f"{found} entryUUID"))[0])


def keep(host: Any, *lines: str) -> Any:
    """Let the host keep these lines of letters."""
    text = "".join(f"{line}\n" for line in lines)
    words = "runuser -u lemonldap-ng -- lemonldap-ng-links"
    return host.run(f"{words} <<'END'\n{text}END")


def letter(host: Any, uid: str, seconds: int = 60) -> str:
    """Return the code of a letter for ``uid`` that was just made."""
    code = "-".join(secrets.token_hex(2) for _ in range(7))
    kept = hashlib.sha256(code.replace("-", "").encode()).hexdigest()
    done = keep(host, f"{entry_of(host, uid)} {kept} {int(time.time()) + seconds}")
    assert (done.rc, done.stdout) == (0, "1\n")
    return code


def first_password_again(host: Any, uid: str) -> None:
    modify(host, uid, "replace: userPassword\nuserPassword: first-long-password")


def test_a_letter_sets_a_password_once(host: Any) -> None:
    """Ensure the newest letter sets a password that the policy allows, once, and is then void."""
    unlock(host, "eva")
    older, code, word = letter(host, "eva"), letter(host, "eva"), f"own {secrets.token_hex(8)}"
    steps = f"""{LETTER}
eva = browser()
void = warned(code_of(browser(), {older!r}))
asked = code_of(eva, {code.replace("-", " ").upper()!r})
short = choose(eva, asked, "short")[2]
differs = choose(eva, short, {word!r}, "another")[2]
done = choose(eva, differs, {word!r})
again = [warned(code_of(browser(), {code!r})), warned(choose(browser(), differs, {word!r})[2])]
inside = [ask(eva, "ping")[2], "welcomeArrived" in ask(eva, "welcome")[2]]
print(json.dumps([void, warned(short), warned(differs), done[:2], again, inside,
    log_in(browser(), "eva", {word!r})[0], "🙂" in asked and "&lt;b&gt;" in asked,
    "Gebruik minstens 12 tekens" in short]))
"""
    try:
        void, short, differs, done, again, inside, login, shown, length = browse(host, steps)
    finally:
        first_password_again(host, "eva")
    assert (void, short, differs) == (["welcomeVoid"], ["29"], ["34"])
    assert done == [302, "https://mol1.kootwijk.test/welcome"]
    assert again == [["welcomeVoid"], ["welcomeAgain"]]
    assert inside == ['{"status":1}', True]
    assert (login, shown, length) == (302, True, True)
    journal = host.check_output("journalctl --no-pager -o cat -u lemonldap-ng-fastcgi-server")
    assert "First own password set by eva" in journal
    held = database(host, "SELECT a_session::text FROM sessions")
    held += database(host, "SELECT hash FROM first_links")
    for secret in (code, code.replace("-", ""), word):
        assert secret not in journal
        assert not any(secret in line for line in held)


def test_a_letter_says_whose_it_is(host: Any) -> None:
    """Ensure the page says a newcomer's name the same before and after the password is set."""
    code, word = letter(host, "zoe"), f"own {secrets.token_hex(8)}"
    steps = f"""{LETTER}
def named(page):
    return re.findall(r"<h1>.*</span> (.*)</h1>", page)
zoe = browser()
asked = code_of(zoe, {code!r})
choose(zoe, asked, {word!r})
start = re.findall(r'<h1 id="welcome">.*</span> (.*)</h1>', ask(zoe, "")[2])
print(json.dumps([named(asked), named(ask(zoe, "welcome")[2]), start]))
"""
    try:
        assert browse(host, steps) == [["Zoë van den Broek"]] * 3
    finally:
        first_password_again(host, "zoe")


def test_a_letter_is_refused(host: Any) -> None:
    """Ensure an expired or altered letter sets nothing, and the letter of who is locked neither."""
    unlock(host, "eva")
    good = letter(host, "eva")
    late = letter(host, "chris", -1)  # the next one would forget it
    altered = good[:-1] + ("0" if good[-1] != "0" else "1")
    steps = f"""{LETTER}
print(json.dumps([warned(code_of(browser(), c)) for c in ({late!r}, {altered!r}, "", "%' OR 1=1")]))
"""
    assert browse(host, steps) == [["welcomeVoid"]] * 4
    lock = "replace: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z"
    locking = f"dn: uid=eva,ou=people,dc=example,dc=test\nchangetype: modify\n{lock}\n"
    steps = f"""{LETTER}
import subprocess
eva = browser()
page = code_of(eva, {good!r})
subprocess.run("ldapmodify -e relax -Q -Y EXTERNAL -H ldapi:///".split(), input={locking!r},
    text=True, check=True, stdout=subprocess.DEVNULL)
word = "a password long enough"
print(json.dumps([warned(choose(eva, page, word)[2]),
    warned(code_of(browser(), {good!r})), said(log_in(browser(), "eva", word)[2])]))
"""
    try:
        assert browse(host, steps) == [["welcomeLocked"], ["welcomeLocked"], ["21"]]
    finally:
        unlock(host, "eva")
        first_password_again(host, "eva")


def test_an_administrators_letter_leads_to_a_second_factor(host: Any) -> None:
    """Ensure who administers gets no session with a letter alone."""
    code, word = letter(host, "bram"), f"own {secrets.token_hex(8)}"
    steps = f"""{LETTER}
bram = browser()
done = choose(bram, code_of(bram, {code!r}), {word!r})
print(json.dumps([done[1], ask(bram, "ping")[2]]))
"""
    try:
        assert browse(host, steps) == ["https://mol1.kootwijk.test/2fregisters", '{"status":0}']
    finally:
        first_password_again(host, "bram")


def test_one_of_many_clicks_counts(host: Any) -> None:
    """Ensure four forms of one letter, sent at the same time, set one password."""
    code = letter(host, "dirk")
    steps = f"""{LETTER}
from concurrent.futures import ThreadPoolExecutor
doors = [browser() for _ in range(4)]
pages = [code_of(door, {code!r}) for door in doors]
words = [f"own {secrets.token_hex(8)} {{n}}" for n in range(4)]
with ThreadPoolExecutor(4) as pool:
    sent = list(pool.map(choose, doors, pages, words))
print(json.dumps(sorted([status, warned(page)] for status, _, page in sent)))
"""
    try:
        assert browse(host, steps) == [[200, ["welcomeVoid"]]] * 3 + [[302, []]]
    finally:
        first_password_again(host, "dirk")


def test_letters_are_kept_together_and_fast(host: Any) -> None:
    """Ensure a thousand letters take seconds, a wrong line keeps none, and there is a way back."""
    until = int(time.time()) + 60
    lines = [f"{uuid.uuid4()} {secrets.token_hex(32)} {until}" for _ in range(1000)]
    began = time.monotonic()
    assert keep(host, *lines).stdout == "1000\n"
    assert time.monotonic() - began < 10
    wrong = keep(host, f"{uuid.uuid4()} {secrets.token_hex(32)} {until}", "nonsense")
    assert (wrong.rc, "line 2" in wrong.stderr) == (1, True)
    good = "SELECT until FROM first_links"
    assert database(host, good).count(str(until)) == 1000
    assert keep(host, *(f"{line.split()[0]} - 0" for line in lines)).stdout == "0\n"
    assert database(host, good).count(str(until)) == 0
