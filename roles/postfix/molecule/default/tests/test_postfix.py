"""What is true of a host with Postfix, with the mailboxes and the milter that prepare.yml made."""

from __future__ import annotations

import smtplib
import ssl
import time
import uuid
from email import message_from_string
from email.message import EmailMessage, Message
from typing import Any

import pytest

PASSWORD = "first-long-password"  # noqa: S105  (of the people whom prepare.yml made)
ANNA, BRAM = "anna.jansen@example.test", "bram.jansen@example.test"
Answer = tuple[int, str]


@pytest.fixture
def address(host: Any) -> str:
    """Return the host's address, as other machines see it."""
    return str(host.interface("eth0").addresses[0])


def untrusting() -> ssl.SSLContext:
    """Return a context for the test's certificate, which the host made itself."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def submission(address: str, user: str = "anna", port: int = 465) -> smtplib.SMTP:
    """Return a connection of a person who logged in, from another machine than the host."""
    door: smtplib.SMTP
    if port == 465:
        door = smtplib.SMTP_SSL(address, port, timeout=20, context=untrusting())
    else:
        door = smtplib.SMTP(address, port, timeout=20)
        door.starttls(context=untrusting())
    door.login(user, PASSWORD)
    return door


def send(door: smtplib.SMTP, sender: str, to: str, **headers: str) -> Answer:
    """Send a message; return the last answer. ``X_Y`` is the header X-Y; From is the sender."""
    message = EmailMessage()
    for name, value in {"From": sender, "To": to, "Subject": "proef", **headers}.items():
        message[name.replace("_", "-")] = value
    message.set_content("Goedendag.\n")
    try:
        door.sendmail(sender, [to], message.as_bytes())
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        return code, text.decode()
    except smtplib.SMTPResponseException as error:
        return error.smtp_code, bytes(error.smtp_error).decode()  # type: ignore[arg-type]
    return 250, ""


def received(host: Any, user: str, message_id: str) -> Message:
    """Return the message as it lies in the mailbox; it has to come within half a minute."""
    find = f"grep -rlF '{message_id}' /var/vmail/example.test/{user}/mail/new"
    for _ in range(60):
        found = host.run(find).stdout.split()
        if found:
            return message_from_string(host.file(found[0]).content_string)
        time.sleep(0.5)
    raise AssertionError(host.check_output("journalctl -n 20 --no-pager -u postfix"))


def outside(address: str, sender: str, to: str) -> Answer:
    """Come from outside on port 25, without a login; return the answer to RCPT."""
    with smtplib.SMTP(address, 25, local_hostname="pc.example.org", timeout=20) as door:
        door.ehlo()
        door.mail(sender)
        code, text = door.rcpt(to)
    return code, text.decode()


def test_only_the_ports_of_mail(host: Any) -> None:
    """Ensure Postfix answers on 25, 465, 587 and the services' 2525, and on no other port."""
    assert host.service("postfix").is_enabled
    lines = [line for line in host.check_output("ss -Hltnp").splitlines() if '"master"' in line]
    assert {line.split()[3].rpartition(":")[2] for line in lines} == {"25", "465", "587", "2525"}


SERVICE = """
import smtplib, ssl, sys
door = smtplib.SMTP("127.0.0.1", 2525, timeout=20)
door.ehlo()
if SECURE:
    door.starttls(context=ssl._create_unverified_context())
    door.ehlo()
text = "From: SENDER\\r\\nSubject: proef\\r\\nMessage-ID: <ID>\\r\\n\\r\\nGoedendag."
try:
    door.sendmail("SENDER", ["bram.jansen@example.test"], text)
    print(250)
except smtplib.SMTPRecipientsRefused as error:
    print(next(iter(error.recipients.values()))[0])
except smtplib.SMTPResponseException as error:
    print(error.smtp_code)
"""


def service(host: Any, sender: str, *, secure: bool = True, message_id: str = "x@y.test") -> str:
    """Send as a service of the platform does, from an address that is one."""
    text = SERVICE.replace("SENDER", sender).replace("SECURE", str(secure))
    return str(host.check_output(f"python3 - <<'E'\n{text.replace('ID>', message_id + '>')}\nE"))


def test_services_send_as_nobody(host: Any) -> None:
    """Ensure the platform's services send as noreply, over TLS, signed, and in no person's name."""
    message_id = f"{uuid.uuid4()}@example.test"
    assert service(host, "noreply@example.test", message_id=message_id) == "250"
    assert received(host, "bram", message_id)["From"] == "noreply@example.test"
    assert service(host, "anna.jansen@example.test") == "554"
    assert service(host, "noreply@example.test", secure=False) == "530"


def test_others_do_not_send_as_services(address: str) -> None:
    """Ensure nobody sends on the services' port from an address that is none of theirs."""
    with smtplib.SMTP(address, 2525, timeout=20) as door:
        door.starttls(context=untrusting())
        door.ehlo()
        door.mail("noreply@example.test")
        assert door.rcpt(BRAM)[0] == 554


@pytest.mark.parametrize("port", [465, 587])
def test_person_sends_and_another_reads(host: Any, address: str, port: int) -> None:
    """Ensure what a person submits is in the other's mailbox, also by alias and with +detail."""
    name = f"<{uuid.uuid4()}@example.test>"
    with submission(address, port=port) as door:
        assert send(door, ANNA, "bram.alias+werk@example.test", Message_ID=name)[0] == 250
    assert received(host, "bram", name)["Return-Path"] == f"<{ANNA}>"


def test_where_a_person_is_stays_private(host: Any, address: str) -> None:
    """Ensure the address and the program of who submits are not in the message."""
    name = f"<{uuid.uuid4()}@example.test>"
    with submission(address) as door:
        own = door.sock.getsockname()[0]  # type: ignore[union-attr]
        told = {"User_Agent": "Secret/1.0", "X_Originating_IP": own}
        assert send(door, ANNA, BRAM, Message_ID=name, **told)[0] == 250
    text = received(host, "bram", name).as_string()
    assert own not in text
    assert "Secret/1.0" not in text
    assert "with ESMTPSA" in text


@pytest.mark.parametrize("sender", [BRAM, "nobody@example.test", "eva@example.org"])
def test_sender_has_to_be_the_own_address(address: str, sender: str) -> None:
    """Ensure a person who logged in sends with no address but the own ones."""
    with submission(address) as door:
        code, text = send(door, sender, BRAM)
    assert (code, "not owned by user anna" in text) == (553, True)


def test_from_has_to_be_the_own_address(address: str) -> None:
    """Ensure a person who logged in cannot put somebody else in From."""
    with submission(address) as door:
        assert send(door, ANNA, BRAM, From=BRAM)[0] == 554


def test_alias_is_an_own_address(address: str) -> None:
    """Ensure a person sends with an alias too."""
    with submission(address) as door:
        assert send(door, "anna.alias@example.test", BRAM)[0] == 250


def test_no_relay(address: str) -> None:
    """Ensure nobody relays without a login, from wherever, as whomever."""
    for sender in ("eva@example.org", ANNA, "", "root@localhost"):
        code, _ = outside(address, sender, "eva@example.org")
        assert code in (504, 550, 554), sender


def test_no_relay_from_the_host_itself(host: Any) -> None:
    """Ensure a program on the host that only has the network relays neither."""
    script = (
        "import smtplib; s = smtplib.SMTP('127.0.0.1'); s.ehlo('a.example.org'); "
        "s.mail(''); print(s.rcpt('eva@example.org')[0])"
    )
    assert host.check_output(f'python3 -c "{script}"') == "554"


def test_stranger_is_refused_at_the_door(address: str) -> None:
    """Ensure an address that nobody has is refused at RCPT, and one that is there is not."""
    assert outside(address, "", "nobody@example.test")[0] == 550
    assert outside(address, "", ANNA)[0] == 250
    assert outside(address, "", "postmaster@example.test")[0] == 250


def test_postmaster_is_somebody(host: Any, address: str) -> None:
    """Ensure mail for abuse and postmaster reaches who does that duty."""
    for duty in ("abuse", "postmaster"):
        name = f"<{uuid.uuid4()}@example.test>"
        with submission(address) as door:
            assert send(door, ANNA, f"{duty}@example.test", Message_ID=name)[0] == 250
        assert received(host, "bram", name)["To"] == f"{duty}@example.test"


def test_no_login_without_tls(address: str) -> None:
    """Ensure port 25 takes no login at all, and 587 none before TLS."""
    with smtplib.SMTP(address, 25, timeout=20) as door:
        door.starttls(context=untrusting())
        door.ehlo()
        assert not door.has_extn("auth")
    with smtplib.SMTP(address, 587, timeout=20) as door:
        door.ehlo()
        assert not door.has_extn("auth")
        assert door.docmd("MAIL FROM:<>")[0] == 530


def test_mail_waits_while_the_milter_is_down(host: Any, address: str) -> None:
    """Ensure nothing passes unseen: without its milter the host asks senders to come again."""
    host.check_output("systemctl stop rspamd")
    try:
        with smtplib.SMTP(address, 25, local_hostname="pc.example.org", timeout=20) as door:
            door.ehlo()
            code, _ = door.mail("")
        assert code == 451
    finally:
        host.check_output("systemctl start rspamd")


@pytest.mark.parametrize(("version", "answered"), [("tls1_1", False), ("tls1_2", True)])
def test_old_tls_is_refused(host: Any, version: str, answered: bool) -> None:  # noqa: FBT001
    """Ensure TLS 1.1 gets no answer and TLS 1.2 does, for people and other mail servers."""
    for where in ("127.0.0.1:465", "127.0.0.1:25 -starttls smtp"):
        words = f"openssl s_client -connect {where} -{version} -cipher ALL@SECLEVEL=0"
        assert ("Cipher is (NONE)" not in host.run(f"{words} </dev/null 2>&1").stdout) == answered


def test_configuration(host: Any) -> None:
    """Ensure DANE is in effect, no list of others is asked, and secrets are closed."""
    settings = host.check_output("postconf -n")
    assert "smtp_tls_security_level = dane\n" in settings
    assert "smtp_dns_support_level = dnssec\n" in settings
    for word in ("rbl", "dnswl", "rhsbl", "permit_mynetworks"):
        assert word not in settings + host.check_output("postconf -M; postconf -P")
    for name in ("aliases", "mailboxes", "senders"):
        file = host.file(f"/etc/postfix/ldap_{name}.cf")
        assert (file.group, file.mode) == ("postfix", 0o640)


LEAVE = """\
require ["copy", "date", "fileinto", "relational", "vacation"];
if currentdate :value "le" "date" "2100-01-01" {
  redirect :copy "anna.jansen@example.test";
  vacation :from "bram.jansen@example.test" :addresses "bram.jansen@example.test"
    :subject "not here any more" "Write to anna.";
}
fileinto "INBOX";
"""


def test_mail_of_who_left_goes_on(host: Any, address: str) -> None:
    """Ensure it goes on in the name of who left, is kept, and is answered once."""
    home, message_id = "/var/vmail/example.test/bram", f"{uuid.uuid4()}@example.test"
    host.check_output(f"install -d -o vmail -g vmail -m 700 {home}")
    command = f"install -o vmail -g vmail -m 600 /dev/stdin {home}/leave.sieve"
    host.check_output(f"{command} <<'END'\n{LEAVE}END")
    host.check_output(f"rm -f {home}/.dovecot.lda-dupes")
    try:
        with submission(address) as door:
            assert send(door, ANNA, BRAM, Message_ID=f"<{message_id}>")[0] == 250
        # The answer names it as well, in In-Reply-To.
        found = f"Message-ID: <{message_id}>"
        assert received(host, "anna", found)["Return-Path"] == f"<{BRAM}>"
        assert received(host, "bram", found)["Return-Path"] == f"<{ANNA}>"
        answer = received(host, "anna", "Subject: not here any more")
        assert (answer["From"], answer["Return-Path"]) == (BRAM, "<>")
    finally:
        host.run(f"rm {home}/leave.sieve")


def test_mailbox_of_several(host: Any, address: str) -> None:
    """Ensure its alias leads to it, its members send with its addresses, and nobody else does."""
    message_id = f"{uuid.uuid4()}@example.test"
    with submission(address, "bram") as door:
        sent = send(door, BRAM, "vragen@example.test", Message_ID=f"<{message_id}>")
        assert sent[0] == 250, sent
        for sender in ("info@example.test", "vragen@example.test"):
            assert send(door, sender, ANNA)[0] == 553
    find = f"grep -rlF '{message_id}' /var/vmail/example.test/.mailboxes/info/box/new"
    host.check_output(f'timeout 20 sh -c "until {find}; do sleep 0.5; done"')
    with submission(address, "anna") as door:
        for sender in ("info@example.test", "vragen@example.test"):
            assert send(door, sender, BRAM)[0] == 250
        assert send(door, BRAM, ANNA)[0] == 553
    assert outside(address, "", "nothere@example.test")[0] == 550


@pytest.mark.parametrize("sender", [ANNA, "info@example.test", ""])
def test_who_is_locked_sends_nothing_more(host: Any, address: str, sender: str) -> None:
    """Ensure a session that is open ends with its owner, whatever address it sends with."""
    change = "{}: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z"
    entry = "dn: uid=anna,ou=people,dc=example,dc=test\nchangetype: modify\n" + change
    command = "ldapmodify -Q -Y EXTERNAL -H ldapi:/// -e relax <<'END'\n{}\nEND"
    with submission(address) as door:
        host.check_output(command.format(entry.format("add")))
        try:
            code, text = send(door, sender, BRAM, From=ANNA)
        finally:
            host.check_output(command.format(entry.format("delete")))
    assert (code, "may not send any more" in text) == (554, True)
