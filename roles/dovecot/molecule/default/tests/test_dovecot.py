"""What is true of a host with Dovecot."""

from __future__ import annotations

import json
import socket
import textwrap
from typing import Any

import pytest

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


def logs_in(host: Any, user: str, password: str) -> bool:
    return bool(host.run(f"doveadm auth test '{user}' '{password}'").rc == 0)


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
