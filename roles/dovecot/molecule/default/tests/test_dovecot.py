"""What is true of a host with Dovecot."""

from __future__ import annotations

import json
import socket
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "first-long-password"  # noqa: S105  (of the people whom prepare.yml made)


def python(host: Any, text: str) -> Any:
    """Run a program on the host; return what it printed, as JSON."""
    done = host.run(f"python3 - <<'END'\n{textwrap.dedent(text)}\nEND")
    assert done.rc == 0, done.stderr
    return json.loads(done.stdout)


def deliver(host: Any, to: str, name: str, *, header: str = "", size: int = 10) -> str:
    """Deliver a message as the mail server does; return the answer's code as text."""
    return str(
        python(
            host,
            f"""\
            import json, smtplib
            message = "Subject: {name}\\r\\n{header}\\r\\n"
            message += ("x" * 60 + "\\r\\n") * ({size} // 62 + 1)
            with smtplib.LMTP("/run/dovecot/lmtp-mta") as door:
                try:
                    refused = door.sendmail("eva@example.org", ["{to}"], message)
                    print(json.dumps(250))
                except smtplib.SMTPRecipientsRefused as error:
                    print(json.dumps(error.recipients["{to}"][0]))
                except smtplib.SMTPDataError as error:
                    print(json.dumps(error.smtp_code))
            """,
        )
    )


def subjects(host: Any, user: str, box: str = "INBOX") -> list[str]:
    """Return what a person sees in a folder over IMAP; the test's certificate is the host's own."""
    found: list[str] = python(
        host,
        f"""\
        import imaplib, json, ssl
        context = ssl._create_unverified_context()
        with imaplib.IMAP4_SSL("127.0.0.1", ssl_context=context) as door:
            door.login("{user}", "{PASSWORD}")
            door.select("{box}")
            numbers = door.search(None, "ALL")[1][0].decode().replace(" ", ",")
            parts = door.fetch(numbers, "(BODY[HEADER.FIELDS (SUBJECT)])")[1] if numbers else []
            print(json.dumps([p[1].decode().strip()[9:] for p in parts if isinstance(p, tuple)]))
        """,
    )
    return found


_PLACES = (f"127.9.{net}.{node}" for net in range(256) for node in range(1, 255))


def logs_in(host: Any, user: str, password: str) -> bool:
    """Log in from a new place: a wrong password makes the next one from the same place wait."""
    command = f"doveadm auth test -x rip={next(_PLACES)} '{user}' '{password}'"
    return bool(host.run(command).rc == 0)


@pytest.fixture(autouse=True)
def empty(host: Any) -> None:
    """Two people without mail."""
    host.run("rm -rf /var/vmail/example.test")


def test_only_imaps_and_managesieve(host: Any) -> None:
    """Ensure Dovecot answers on 993 and 4190 and on no other port."""
    assert host.service("dovecot").is_enabled
    listening = host.check_output("ss -Hltnp").splitlines()
    lines = [line for line in listening if "dovecot" in line or "imap-login" in line]
    assert {line.split()[3].rpartition(":")[2] for line in lines} == {"993", "4190"}


def test_delivered_mail_is_read(host: Any) -> None:
    """Ensure mail to the primary address and to an alias is what the person then reads."""
    assert deliver(host, "anna.jansen@example.test", "one") == "250"
    assert deliver(host, "anna.alias@example.test", "two") == "250"
    assert subjects(host, "anna") == ["one", "two"]
    assert subjects(host, "anna.jansen@example.test") == ["one", "two"]
    assert subjects(host, "bram") == []


def test_mail_lies_where_it_belongs(host: Any) -> None:
    """Ensure a message is a file in the person's own folder, closed to everybody else."""
    deliver(host, "anna.jansen@example.test", "one")
    found = host.check_output("find /var/vmail/example.test/anna/mail/new -type f").splitlines()
    assert len(found) == 1
    assert host.file(found[0]).user == "vmail"
    assert host.file("/var/vmail/example.test/anna").mode == 0o700
    assert host.file("/var/vmail").mode == 0o750


def test_stranger_gets_no_mailbox(host: Any) -> None:
    """Ensure an address that nobody has is refused, and makes no folder."""
    assert deliver(host, "nobody@example.test", "one").startswith("5")
    assert not host.file("/var/vmail/example.test/nobody").exists


def test_marked_mail_goes_to_junk(host: Any) -> None:
    """Ensure what was marked as spam is in Junk, and not in the inbox."""
    deliver(host, "anna.jansen@example.test", "buy", header="X-Spam: Yes\\r\\n")
    assert subjects(host, "anna", "Junk") == ["buy"]
    assert subjects(host, "anna") == []


HOME = "/var/vmail/example.test/anna"
LEAVE = 'require ["fileinto", "mailbox"]; fileinto :create "Left";'


def test_mail_of_who_left(host: Any) -> None:
    """Ensure what root decided comes after spam, before the own filters, also for who is locked."""
    host.check_output(f"install -d -o vmail -g vmail -m 700 /var/vmail/example.test {HOME}")
    own = 'require ["fileinto", "mailbox"]; fileinto :create "Own";'
    for name, text in {"leave.sieve": LEAVE, ".dovecot.sieve": own}.items():
        command = f"install -o vmail -g vmail -m 600 /dev/stdin {HOME}/{name}"
        host.check_output(f"{command} <<'END'\n{text}\nEND")
    lock(host)
    try:
        assert deliver(host, "anna.jansen@example.test", "one") == "250"
        deliver(host, "anna.alias@example.test", "buy", header="X-Spam: Yes\\r\\n")
    finally:
        lock(host, undo=True)
    assert subjects(host, "anna", "Left") == ["one"]
    assert subjects(host, "anna", "Junk") == ["buy"]
    assert subjects(host, "anna") == []
    host.check_output(f"rm {HOME}/leave.sieve")
    deliver(host, "anna.jansen@example.test", "two")
    assert subjects(host, "anna", "Own") == ["two"]


def test_passwords(host: Any) -> None:
    """Ensure only the right password lets a person in, by uid or primary address."""
    assert logs_in(host, "anna", PASSWORD)
    assert logs_in(host, "Anna.Jansen@example.test", PASSWORD)
    assert not logs_in(host, "anna", "wrong")
    assert not logs_in(host, "anna", "")
    assert not logs_in(host, "anna@elsewhere.test", PASSWORD)
    assert not logs_in(host, "*", PASSWORD)


def room(host: Any, size: int) -> str:
    """Ask as the mail server does whether a message of ``size`` bytes may come."""
    return str(
        python(
            host,
            f"""\
            import json, socket
            with socket.socket(socket.AF_UNIX) as door:
                door.connect("/run/dovecot/quota-mta")
                door.sendall(b"recipient=anna.alias@example.test\\nsize={size}\\n\\n")
                print(json.dumps(door.recv(200).decode().strip()))
            """,
        )
    )


def test_full_mailbox_takes_no_more(host: Any) -> None:
    """Ensure the mail server learns that a mailbox is full, and that it stays so."""
    assert room(host, 1000) == "action=DUNNO"
    assert room(host, 30_000_000).startswith("action=552 5.2.")
    # The last message may go over the limit a little (quota_storage_grace).
    assert deliver(host, "anna.jansen@example.test", "last", size=2_000_000) == "250"
    assert room(host, 1000).startswith("action=552 5.2.2")
    assert deliver(host, "anna.jansen@example.test", "more", size=1000)[0] in "45"
    assert subjects(host, "anna") == ["last"]


def test_room_of_the_own_size(host: Any) -> None:
    """Ensure a person has the room that the directory says, and others what everybody has."""
    limits = {
        user: host.check_output(f"doveadm -f tab quota get -u {user}")
        .splitlines()[1]
        .split("\t")[3]
        for user in ("anna", "bram")
    }
    assert limits == {"anna": "1024", "bram": "3072"}


def test_no_password_without_tls(host: Any) -> None:
    """Ensure ManageSieve takes no login before TLS has begun, seen from another machine."""
    address = host.interface("eth0").addresses[0]
    with socket.create_connection((address, 4190), timeout=10) as door:
        greeting = door.recv(2000).decode()
    assert '"STARTTLS"' in greeting
    assert '"SASL" ""' in greeting


@pytest.mark.parametrize(("version", "answered"), [("tls1_1", False), ("tls1_2", True)])
def test_old_tls_is_refused(host: Any, version: str, answered: bool) -> None:  # noqa: FBT001
    """Ensure TLS 1.1 gets no answer and TLS 1.2 does."""
    words = f"openssl s_client -connect 127.0.0.1:993 -{version} -cipher ALL@SECLEVEL=0"
    assert ("Cipher is (NONE)" not in host.run(f"{words} </dev/null 2>&1").stdout) == answered


@pytest.mark.parametrize("name", ["lmtp-mta", "auth-mta", "quota-mta"])
def test_sockets_are_for_the_mail_server(host: Any, name: str) -> None:
    """Ensure only root and the mail server's group use the sockets made for it."""
    file = host.file(f"/run/dovecot/{name}")
    assert (file.group, file.mode) == ("dovecot-mta", 0o660)


def test_configuration_is_closed(host: Any) -> None:
    """Ensure the directory's password is not for everybody to read."""
    assert host.file("/etc/dovecot/dovecot.conf").mode == 0o640
    assert host.run("runuser -u nobody -- cat /etc/dovecot/dovecot.conf").rc != 0


APP = "abcd-2345-efgh-jkmn-pqrs"
ENTRY = "cn=abcd-2345,ou=app-passwords,dc=example,dc=test"
ANNA = "uid=anna,ou=people,dc=example,dc=test"


def directory(host: Any, program: str, ldif: str) -> str:
    """Change or read the directory as root."""
    done = host.run(f"{program} -Q -Y EXTERNAL -H ldapi:/// <<'END'\n{textwrap.dedent(ldif)}\nEND")
    assert done.rc == 0, done.stderr
    return str(done.stdout)


@pytest.fixture
def app_password(host: Any) -> Iterator[str]:
    """Make an app password of anna's."""
    directory(
        host,
        "ldapadd",
        f"""\
        dn: {ENTRY}
        objectClass: applicationProcess
        objectClass: simpleSecurityObject
        cn: abcd-2345
        seeAlso: {ANNA}
        userPassword: {APP}
        """,
    )
    yield APP
    host.run(f"ldapdelete -Q -Y EXTERNAL -H ldapi:/// {ENTRY}")


def test_app_password(host: Any, app_password: str) -> None:
    """Ensure an app password lets its owner in by uid or address, nobody else, and no other end."""
    assert logs_in(host, "anna", app_password)
    assert logs_in(host, "Anna.Jansen@example.test", app_password)
    assert not logs_in(host, "bram", app_password)
    assert not logs_in(host, "anna", app_password[:-1] + "t")
    assert not logs_in(host, "anna", app_password[:9])


def test_revoked_app_password(host: Any, app_password: str) -> None:
    """Ensure one that was removed lets nobody in, and its phone does not lock its owner out."""
    directory(host, "ldapdelete", ENTRY)
    assert logs_in(host, "anna", PASSWORD)
    for _ in range(3):
        assert not logs_in(host, "anna", app_password)
    entry = directory(host, f"ldapsearch -LLL -b {ANNA} pwdFailureTime", "")
    assert "pwdFailureTime" not in entry
    assert logs_in(host, "anna", PASSWORD)


def test_app_password_goes_with_its_owner(host: Any, app_password: str) -> None:
    """Ensure who gets the uid of somebody who left does not get that person's app passwords."""
    entry = directory(host, f"ldapsearch -LLL -o ldif-wrap=no -b {ANNA} '*'", "")
    directory(host, "ldapdelete", ANNA)
    try:
        assert not logs_in(host, "anna", app_password)
    finally:
        directory(host, "ldapadd", entry.replace("userPassword:", "description:"))
    assert not logs_in(host, "anna", app_password)
    set_password = (
        f"dn: {ANNA}\nchangetype: modify\nreplace: userPassword\nuserPassword: {PASSWORD}"
    )
    directory(host, "ldapmodify", set_password)
    assert logs_in(host, "anna", PASSWORD)


def lock(host: Any, *, undo: bool = False) -> None:
    change = (
        "delete: pwdAccountLockedTime"
        if undo
        else ("add: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z")
    )
    directory(host, "ldapmodify -e relax", f"dn: {ANNA}\nchangetype: modify\n{change}")


@pytest.mark.usefixtures("issuer")
def test_locked_person(host: Any, app_password: str) -> None:
    """Ensure who is locked comes in neither with a password, nor an app password, nor a token."""
    assert bearer(host, "anna", "good")
    lock(host)
    try:
        assert not logs_in(host, "anna", PASSWORD)
        assert not logs_in(host, "anna", app_password)
        assert not bearer(host, "anna", "good")
        assert not bearer(host, "anna", "good", "XOAUTH2")
    finally:
        lock(host, undo=True)
    assert logs_in(host, "anna", PASSWORD)


ISSUER = """\
import base64, http.server, json, ssl, urllib.parse

SECRET = "dovecot:a secret/with@signs"
TOKENS = {
    "good": {"active": True, "sub": "anna", "scope": "openid mail"},
    "gone": {"active": False},
    "elsewhere": {"active": True, "sub": "anna", "scope": "openid profile"},
    "nobodys": {"active": True, "sub": "nobody", "scope": "mail"},
    "nameless": {"active": True, "scope": "mail"},
}

class Issuer(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        token = dict(urllib.parse.parse_qsl(body)).get("token")
        open("/run/asked", "a").write(f"{token}\\n")
        who = base64.b64decode(self.headers.get("Authorization", "")[6:]).decode()
        known = who == SECRET and self.path == "/introspect"
        self.send_response(200 if known else 401)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(TOKENS.get(token, {"active": False})).encode())

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("", 8443), Issuer)
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
snakeoil = "/etc/ssl/{}/ssl-cert-snakeoil.{}"
context.load_cert_chain(snakeoil.format("certs", "pem"), snakeoil.format("private", "key"))
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""


@pytest.fixture
def issuer(host: Any) -> Iterator[None]:
    """Somebody who says of tokens whether they are good."""
    host.run(f"cat > /run/issuer.py <<'END'\n{ISSUER}END\nrm -f /run/asked")
    host.check_output("systemd-run --quiet --collect --unit=issuer python3 /run/issuer.py")
    host.check_output(
        "timeout 9 sh -c 'until ss -Hltn sport = :8443 | grep -q .; do sleep 0.1; done'"
    )
    yield
    host.run("systemctl stop issuer.service")


def bearer(host: Any, user: str, token: str, mechanism: str = "OAUTHBEARER") -> bool:
    """Log in over IMAP with a token, from a new place."""
    first = {
        "OAUTHBEARER": f"n,a={user},\\1auth=Bearer {token}\\1\\1",
        "XOAUTH2": f"user={user}\\1auth=Bearer {token}\\1\\1",
    }[mechanism]
    return bool(
        python(
            host,
            f"""\
            import imaplib, json, socket, ssl

            class Imap(imaplib.IMAP4_SSL):
                def _create_socket(self, timeout):
                    here = ("{next(_PLACES)}", 0)
                    plain = socket.create_connection((self.host, self.port), source_address=here)
                    return self.ssl_context.wrap_socket(plain)

            said = [b"{first}"]
            with Imap("127.0.0.1", ssl_context=ssl._create_unverified_context()) as door:
                try:
                    door.authenticate("{mechanism}", lambda _: said.pop() if said else b"\\1")
                    print(json.dumps(True))
                except door.error:
                    print(json.dumps(False))
            """,
        )
    )


@pytest.mark.usefixtures("issuer")
@pytest.mark.parametrize("mechanism", ["OAUTHBEARER", "XOAUTH2"])
def test_token(host: Any, mechanism: str) -> None:
    """Ensure a token lets in whom its issuer names, if it is for mail, and nobody else."""
    assert bearer(host, "anna", "good", mechanism)
    for user, token in {
        "bram": "good",
        "anna": "gone",
        "Anna": "elsewhere",
        "nobody": "nobodys",
        "aNNa": "nameless",
        "anNa": "unknown",
    }.items():
        assert not bearer(host, user, token, mechanism), token


@pytest.mark.usefixtures("issuer")
def test_token_is_asked_about_every_time(host: Any) -> None:
    """Ensure no answer about a token is remembered, and none is taken from a silent issuer."""
    assert bearer(host, "anna", "good")
    assert bearer(host, "anna", "good")
    assert host.file("/run/asked").content_string.split() == ["good", "good"]
    host.run("systemctl stop issuer.service")
    assert not bearer(host, "anna", "good")


@pytest.mark.usefixtures("issuer")
def test_log_holds_no_secret(host: Any, app_password: str) -> None:
    """Ensure neither token, password nor the client's secret is logged, whatever goes wrong."""
    token, guess = "tokenthatmustnotbelogged", "guessthatmustnotbelogged"
    bearer(host, "anna", token)
    host.run("systemctl stop issuer.service")
    bearer(host, "anna", token)
    logs_in(host, "anna", guess)
    logs_in(host, "anna", app_password[:-1] + "t")
    log = host.check_output("journalctl --no-pager -u dovecot")
    for secret in (token, guess, app_password[10:], "a%20secret", "a secret"):
        assert secret not in log


def watch(host: Any) -> bool:
    """Have somebody look now, however often that was already; tell if it went well."""
    host.run("systemctl reset-failed dovecot-watch.service")
    return bool(host.run("systemctl start dovecot-watch.service").rc == 0)


def held_open(host: Any, user: str) -> None:
    """Have the host keep a session of a person open, which writes to /run/held how it ended."""
    text = f"""\\
import imaplib, ssl
open("/run/held", "w").close()
with imaplib.IMAP4_SSL("127.0.0.1", ssl_context=ssl._create_unverified_context()) as door:
    door.login("{user}", "{PASSWORD}")
    open("/run/held", "w").write("in")
    door.file.readline()
    open("/run/held", "w").write("ended")
"""
    host.run(f"cat > /run/hold.py <<'END'\n{text}END")
    host.run("systemctl stop hold.service; rm -f /run/held")
    host.check_output("systemd-run --quiet --collect --unit=hold python3 /run/hold.py")
    host.check_output("timeout 9 sh -c 'until grep -q in /run/held; do sleep 0.1; done'")


@pytest.mark.parametrize("why", ["locked", "an app password removed", "nothing"])
def test_open_session(host: Any, app_password: str, why: str) -> None:
    """Ensure an open session ends when its owner is locked or removes an app password, else not."""
    assert logs_in(host, "anna", app_password)
    assert watch(host)
    held_open(host, "anna")
    try:
        if why == "locked":
            lock(host)
        elif why != "nothing":
            directory(host, "ldapdelete", ENTRY)
        assert watch(host)
        done = host.run("timeout 3 sh -c 'until grep -q ended /run/held; do sleep 0.1; done'").rc
        assert (done == 0) == (why != "nothing")
    finally:
        if why == "locked":
            lock(host, undo=True)
        host.run("systemctl stop hold.service")


BOX = "cn=info,ou=mailboxes,dc=example,dc=test"
SHARED = "Shared/info@example.test"


@pytest.fixture
def mailbox(host: Any) -> Iterator[None]:
    """Make a mailbox that anna reads, which has a message."""
    entry = f"""\
        dn: {BOX}
        objectClass: kootwijkMailbox
        cn: info
        mail: info@example.test
        mailLocalAddress: vragen@example.test
        member: {ANNA}
        kootwijkMailQuota: 2M
        """
    directory(host, "ldapadd", entry)
    assert watch(host)
    assert deliver(host, "vragen@example.test", "question") == "250"
    yield
    host.run(f"ldapdelete -Q -Y EXTERNAL -H ldapi:/// {BOX}")
    assert watch(host)


def folders(host: Any, user: str) -> list[str]:
    """Return what a mail program shows a person below Shared, and what can be opened there."""
    found: list[str] = python(
        host,
        f"""\
        import imaplib, json, ssl
        context = ssl._create_unverified_context()
        with imaplib.IMAP4_SSL("127.0.0.1", ssl_context=context) as door:
            door.login("{user}", "{PASSWORD}")
            listed = [line.decode() for line in door.list()[1] + door.lsub()[1] if line]
            found = [line.split()[-1] for line in listed if "info" in line]
            for name in ("{SHARED}", "{SHARED}/INBOX", "Shared/anna", "Shared/anna/INBOX"):
                found += ["open"] if door.select(name)[0] == "OK" else []
            print(json.dumps(found))
        """,
    )
    return found


@pytest.mark.usefixtures("mailbox")
def test_mailbox_of_several(host: Any) -> None:
    """Ensure members, and nobody else, see and read a mailbox, to the minute; nobody a person's."""
    assert folders(host, "anna") == [SHARED, SHARED, "open", "open"]
    assert subjects(host, "anna", SHARED) == ["question"]
    assert subjects(host, "anna") == []
    assert folders(host, "bram") == []
    bram = ANNA.replace("anna", "bram")
    change = f"dn: {BOX}\nchangetype: modify\nreplace: member\nmember: {bram}"
    held_open(host, "anna")
    directory(host, "ldapmodify", change)
    assert watch(host)
    host.check_output("timeout 3 sh -c 'until grep -q ended /run/held; do sleep 0.1; done'")
    assert folders(host, "anna") == []
    assert subjects(host, "bram", SHARED) == ["question"]


@pytest.mark.usefixtures("mailbox")
def test_mailbox_of_several_and_a_locked_member(host: Any) -> None:
    """Ensure who is locked is no longer among its readers, and is again when unlocked."""
    rule = "/var/vmail/example.test/.mailboxes/info/box/dovecot-acl"
    assert "user=anna " in host.file(rule).content_string
    lock(host)
    assert watch(host)
    held = host.file(rule).content_string
    lock(host, undo=True)
    assert "anna" not in held
    assert watch(host)
    assert "user=anna " in host.file(rule).content_string
    assert host.file(rule).mode == 0o600


@pytest.mark.usefixtures("mailbox")
def test_mailbox_of_several_has_room(host: Any) -> None:
    """Ensure it has the room that the directory says, and nobody logs in as it."""
    said = host.check_output("doveadm -f tab quota get -u info@example.test").splitlines()
    assert said[1].split("\t")[3] == "2048"
    assert not logs_in(host, "info@example.test", PASSWORD)
    assert not logs_in(host, "info", PASSWORD)


@pytest.mark.usefixtures("mailbox")
def test_filter_of_a_stranger(host: Any) -> None:
    """Ensure a filter of who is no member puts nothing into a mailbox of several people."""
    home = "/var/vmail/example.test/bram"
    host.check_output(f"install -d -o vmail -g vmail -m 700 {home}")
    text = f'require "fileinto"; fileinto "{SHARED}";'
    command = f"install -o vmail -g vmail -m 600 /dev/stdin {home}/.dovecot.sieve"
    host.check_output(f"{command} <<'END'\n{text}\nEND")
    deliver(host, "bram.jansen@example.test", "smuggled")
    assert subjects(host, "anna", SHARED) == ["question"]


@pytest.mark.usefixtures("mailbox")
def test_mailbox_that_is_no_more(host: Any) -> None:
    """Ensure a mailbox that the directory has no longer is nobody's."""
    directory(host, "ldapdelete", BOX)
    assert watch(host)
    assert folders(host, "anna") == []


def test_silent_directory_ends_no_session(host: Any) -> None:
    """Ensure that who watches the sessions fails, and ends none, when the directory is away."""
    held_open(host, "anna")
    host.check_output("systemctl stop slapd.service")
    try:
        assert not watch(host)
        assert host.file("/run/held").content_string == "in"
    finally:
        host.check_output("systemctl start slapd.service")
        host.run("systemctl stop hold.service")


def test_sessions_are_watched(host: Any) -> None:
    """Ensure somebody looks every minute."""
    assert host.service("dovecot-watch.timer").is_running
    assert host.service("dovecot-watch.timer").is_enabled


def test_guessing_gets_slower(host: Any) -> None:
    """Ensure each wrong password from the same place takes longer."""
    subjects(host, "bram")
    seconds = python(
        host,
        """\
        import imaplib, json, ssl, time
        context, seconds = ssl._create_unverified_context(), []
        for guess in range(3):
            with imaplib.IMAP4_SSL("127.0.0.1", ssl_context=context) as door:
                start = time.monotonic()
                try:
                    door.login("anna", f"guess-{guess}")
                except door.error:
                    seconds.append(time.monotonic() - start)
        print(json.dumps(seconds))
        """,
    )
    assert len(seconds) == 3
    assert seconds[0] > 1.5
    assert seconds[2] > seconds[0] + 1
