"""What is true of a host with OpenLDAP."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

BASE = "dc=example,dc=test"
ANNA = f"uid=anna,ou=people,{BASE}"
BERT = f"uid=bert,ou=people,{BASE}"
TEAM = f"cn=team,ou=groups,{BASE}"
READER = f"cn=reader,ou=services,{BASE}"
BLIND = f"cn=blind,ou=services,{BASE}"
SECRETS = {READER: "only-for-this-test", BLIND: "only-for-this-test-too"}
FIRST = "first-long-password"
PERSON = """dn: uid={uid},ou=people,dc=example,dc=test
objectClass: inetOrgPerson
objectClass: inetLocalMailRecipient
objectClass: kootwijkPerson
uid: {uid}
cn: {uid}
sn: {uid}
mail: {uid}@example.test
mailLocalAddress: {uid}.alias@example.test
kootwijkFilesQuota: 10 GB
kootwijkMailQuota: 2G
userPassword: first-long-password

"""
GROUP = f"dn: {TEAM}\nobjectClass: groupOfNames\ncn: team\nmember: {ANNA}\nmember: {BERT}\n"


def root(host: Any, program: str, ldif: str = "", *words: str) -> Any:
    """Run an ldap-utils program as root over the local socket."""
    text = f"printf '%s' '{ldif}' | {program} -Q -Y EXTERNAL -H ldapi:/// {' '.join(words)}"
    return host.run(text)


def as_(host: Any, dn: str, password: str, program: str, *words: str) -> Any:
    """Run an ldap-utils program over TLS, bound as ``dn`` ('' is nobody)."""
    bind = f"-x -D '{dn}' -w '{password}'" if dn else "-x"
    # The test's certificate is made by the host itself.
    return host.run(
        f"LDAPTLS_REQCERT=never {program} -H ldaps://127.0.0.1 {bind} {' '.join(words)}"
    )


def search(host: Any, dn: str, what: str, base: str = f"ou=people,{BASE}") -> str:
    """Return what a service is told; "" also where it may not know that there is anything."""
    done = as_(host, dn, SECRETS[dn], "ldapsearch", "-LLL", f"-b '{base}'", what)
    assert done.rc in (0, 32), done.stderr
    return str(done.stdout)


@pytest.fixture(autouse=True)
def people(host: Any) -> Iterator[None]:
    """Two people and their team, there for one test."""
    done = root(host, "ldapadd", PERSON.format(uid="anna") + PERSON.format(uid="bert") + GROUP)
    assert done.rc == 0, done.stderr
    yield
    root(host, "ldapdelete", "", "-c", f"'{TEAM}' '{ANNA}' '{BERT}'")


def test_only_tls_and_the_socket(host: Any) -> None:
    """Ensure the directory answers over TLS and the local socket, and on no other port."""
    listening = host.check_output("ss -Hltnp").splitlines()
    ports = {line.split()[3].rpartition(":")[2] for line in listening if "slapd" in line}
    assert ports == {"636"}


@pytest.mark.parametrize("base", ["''", "cn=Subschema", BASE, f"ou=people,{BASE}"])
def test_nobody_gets_nothing(host: Any, base: str) -> None:
    """Ensure who does not bind is told nothing, not even what kind of server this is."""
    done = as_(host, "", "", "ldapsearch", "-LLL", f"-b {base}", "-s base")
    assert done.rc != 0
    assert "dn:" not in done.stdout


def test_service_reads_what_it_needs(host: Any) -> None:
    """Ensure a service finds people by the attributes it was given, and teams by theirs."""
    assert "mail: anna@example.test" in search(host, READER, "mail=anna@example.test")
    assert f"member: {ANNA}" in search(host, READER, "cn=team", f"ou=groups,{BASE}")


def test_service_reads_no_more(host: Any) -> None:
    """Ensure a service reads no password, no other attribute, and searches by none."""
    found = search(host, READER, "uid=anna '*' '+'").lower()
    assert "uid: anna" in found
    assert "kootwijkmailquota: 2g" in found
    for name in ("userpassword", "kootwijkfilesquota", "sn:", "cn:", "maillocaladdress", "pwd"):
        assert name not in found
    assert search(host, READER, "'(sn=anna)'") == ""
    assert search(host, READER, "'(userPassword=*)'") == ""


def test_service_without_rights_reads_nothing(host: Any) -> None:
    """Ensure a service that was given no attributes sees nobody."""
    assert search(host, BLIND, "'(objectClass=*)'") == ""


@pytest.mark.parametrize("base", ["ou=services", "ou=policies"])
def test_services_and_policies_are_roots(host: Any, base: str) -> None:
    """Ensure no service sees the others or the password policy."""
    assert search(host, READER, "'(objectClass=*)'", f"{base},{BASE}") == ""


def test_service_writes_nothing(host: Any) -> None:
    """Ensure a service changes neither a person nor its own password."""
    change = f"printf 'dn: {ANNA}\\nchangetype: modify\\nreplace: mail\\nmail: x@example.test\\n'"
    bind = f"-x -D '{READER}' -w {SECRETS[READER]}"
    done = host.run(f"{change} | LDAPTLS_REQCERT=never ldapmodify -H ldaps://127.0.0.1 {bind}")
    assert "Insufficient access" in done.stderr
    done = as_(host, READER, SECRETS[READER], "ldappasswd", "-s another-long-password")
    assert done.rc != 0


def test_passwords_are_argon2(host: Any) -> None:
    """Ensure a password that comes in clear is kept as an Argon2 hash."""
    words = f"-LLL -b '{ANNA}' userPassword | sed -n 's/^userPassword:: //p' | base64 -d"
    held = root(host, "ldapsearch", "", "-o ldif-wrap=no", words).stdout
    assert held.startswith("{ARGON2}$argon2id$")


def test_person_changes_the_password(host: Any) -> None:
    """Ensure a person chooses a new password, not a short one and not the last one."""
    new = "second-long-password"
    assert as_(host, ANNA, FIRST, "ldappasswd", f"-a {FIRST} -s short").rc != 0
    done = as_(host, ANNA, FIRST, "ldappasswd", f"-a {FIRST} -s {new}")
    assert done.rc == 0, done.stderr
    assert as_(host, ANNA, FIRST, "ldapwhoami").rc != 0
    assert as_(host, ANNA, new, "ldapwhoami").rc == 0
    done = as_(host, ANNA, new, "ldappasswd", f"-a {new} -s {FIRST}")
    assert "history" in done.stderr + done.stdout


def test_portal_sets_a_forgotten_password(host: Any) -> None:
    """Ensure a service with that right alone sets a password, by the policy, and reads none."""
    portal, new = f"cn=portal,ou=services,{BASE}", "third-long-password"
    word = "only-for-this-test"
    assert as_(host, portal, word, "ldappasswd", "-s short", f"'{ANNA}'").rc != 0
    done = as_(host, READER, SECRETS[READER], "ldappasswd", f"-s {new}", f"'{ANNA}'")
    assert "Insufficient access" in done.stderr + done.stdout
    done = as_(host, portal, word, "ldappasswd", f"-s {new}", f"'{ANNA}'")
    assert done.rc == 0, done.stderr
    assert as_(host, ANNA, new, "ldapwhoami").rc == 0
    done = as_(host, portal, word, "ldapsearch", "-LLL", f"-b '{ANNA}'", "userPassword")
    assert "userPassword" not in done.stdout
    assert as_(host, portal, word, "ldappasswd", f"-s {new}", f"'{READER}'").rc != 0


def test_person_sees_the_own_entry_alone(host: Any) -> None:
    """Ensure a person reads the own entry without the hash, and nobody else's."""
    own = as_(host, ANNA, FIRST, "ldapsearch", f"-LLL -b '{ANNA}' '*' '+'").stdout
    assert "mail: anna@example.test" in own
    assert f"memberOf: {TEAM}" in own
    assert "kootwijkFilesQuota: 10 GB" in own
    assert "userPassword" not in own
    assert "pwd" not in own
    other = as_(host, ANNA, FIRST, "ldapsearch", f"-LLL -b '{BERT}'")
    assert (other.rc, other.stdout) == (32, "")


def test_guesser_is_locked_out(host: Any) -> None:
    """Ensure that after some wrong passwords the right one does not help either, for a person."""
    for _ in range(3):
        as_(host, BERT, "wrong", "ldapwhoami")
    assert as_(host, BERT, FIRST, "ldapwhoami").rc != 0
    assert as_(host, ANNA, FIRST, "ldapwhoami").rc == 0


def test_guesser_cannot_lock_a_service_out(host: Any) -> None:
    """Ensure wrong passwords for a service's account do not take the service down."""
    for _ in range(4):
        as_(host, READER, "wrong", "ldapwhoami")
    assert as_(host, READER, SECRETS[READER], "ldapwhoami").rc == 0


@pytest.mark.parametrize("attribute", ["mail", "mailLocalAddress"])
def test_address_belongs_to_one(host: Any, attribute: str) -> None:
    """Ensure nobody gets an address that somebody has."""
    taken = {"mail": "anna@example.test", "mailLocalAddress": "anna.alias@example.test"}[attribute]
    change = f"dn: {BERT}\nchangetype: modify\nreplace: {attribute}\n{attribute}: {taken}\n"
    done = root(host, "ldapmodify", change)
    assert "Constraint violation" in done.stderr


BOX = f"cn=info,ou=mailboxes,{BASE}"
BOX_ENTRY = """dn: {dn}
objectClass: kootwijkMailbox
cn: info
mail: {mail}
mailLocalAddress: {alias}
member: {member}
"""


@pytest.fixture
def mailbox(host: Any) -> Iterator[None]:
    """Make a mailbox of anna's, there for one test."""
    entry = BOX_ENTRY.format(
        dn=BOX, mail="info@example.test", alias="vragen@example.test", member=ANNA
    )
    done = root(host, "ldapadd", entry)
    assert done.rc == 0, done.stderr
    yield
    root(host, "ldapdelete", "", f"'{BOX}'")


@pytest.mark.parametrize("taken", ["anna@example.test", "anna.alias@example.test"])
def test_mailbox_takes_nobodys_address(host: Any, taken: str) -> None:
    """Ensure a mailbox of several people gets no address that a person has."""
    free = "info@example.test"
    mail, alias = (free, taken) if "alias" in taken else (taken, free)
    done = root(host, "ldapadd", BOX_ENTRY.format(dn=BOX, mail=mail, alias=alias, member=ANNA))
    assert "Constraint violation" in done.stderr


@pytest.mark.usefixtures("mailbox")
@pytest.mark.parametrize("attribute", ["mail", "mailLocalAddress"])
def test_nobody_takes_a_mailboxs_address(host: Any, attribute: str) -> None:
    """Ensure nobody gets an address that a mailbox of several people has."""
    taken = {"mail": "info@example.test", "mailLocalAddress": "vragen@example.test"}[attribute]
    change = f"dn: {BERT}\nchangetype: modify\nreplace: {attribute}\n{attribute}: {taken}\n"
    assert "Constraint violation" in root(host, "ldapmodify", change).stderr


@pytest.mark.usefixtures("mailbox")
def test_who_sees_mailboxes(host: Any) -> None:
    """Ensure a service reads of mailboxes what it was given, and others see none."""
    base = f"ou=mailboxes,{BASE}"
    found = search(host, READER, "cn=info", base)
    assert f"member: {ANNA}" in found
    assert "mailLocalAddress" not in found
    assert search(host, BLIND, "'(objectClass=*)'", base) == ""


@pytest.mark.usefixtures("mailbox")
def test_mailbox_loses_who_is_deleted(host: Any) -> None:
    """Ensure who is deleted reads no mailbox any more, also whoever gets the uid later."""
    assert root(host, "ldapdelete", "", f"'{ANNA}'").rc == 0
    assert ANNA not in root(host, "ldapsearch", "", f"-LLL -b '{BOX}' member").stdout


def day(offset: int) -> str:
    """Return the date so many days from today, where the people are."""
    return f"{datetime.now(ZoneInfo('Europe/Amsterdam')) + timedelta(offset):%Y-%m-%d}"


def dates(host: Any, *, relax: str = "", **held: str) -> None:
    """Give anna attributes (an empty one is taken away), and have the dates looked at."""
    changes = [f"replace: {name}\n{name}: {value}\n" for name, value in held.items() if value]
    changes += [f"replace: {name}\n" for name, value in held.items() if not value]
    change = f"dn: {ANNA}\nchangetype: modify\n" + "-\n".join(changes)
    done = root(host, "ldapmodify", change, relax)
    assert done.rc == 0, done.stderr
    host.run("systemctl reset-failed openldap-dates.service")
    host.check_output("systemctl start openldap-dates.service")


def locked(host: Any) -> bool:
    words = f"-LLL -b '{ANNA}' pwdAccountLockedTime"
    held = root(host, "ldapsearch", "", words).stdout
    told = as_(host, ANNA, FIRST, "ldapwhoami").rc != 0
    assert told == ("000001010000Z" in held)
    return bool(told)


def test_first_day(host: Any) -> None:
    """Ensure somebody gets in on the first day and not on the day before."""
    dates(host, kootwijkStart=day(1))
    assert locked(host)
    dates(host, kootwijkStart=day(0))
    assert not locked(host)


def test_last_day(host: Any) -> None:
    """Ensure somebody gets in on the last day, not the day after, and again if it is put off."""
    dates(host, kootwijkEnd=day(0))
    assert not locked(host)
    dates(host, kootwijkEnd=day(-1))
    assert locked(host)
    dates(host, kootwijkEnd="")
    assert not locked(host)


def test_lock_of_somebody_else_stays(host: Any) -> None:
    """Ensure dates take away no administrator's lock, nor that of who was made to leave."""
    dates(host, relax="-e relax", pwdAccountLockedTime="000001010000Z", kootwijkStart=day(1))
    dates(host, kootwijkStart=day(0))
    assert locked(host)
    dates(host, relax="-e relax", pwdAccountLockedTime="", kootwijkStart=day(1))
    assert locked(host)
    dates(host, kootwijkLeft=day(0))
    dates(host, kootwijkStart="", kootwijkLeft="")
    assert locked(host)


def test_dates_are_looked_at(host: Any) -> None:
    """Ensure somebody looks every minute."""
    assert host.service("openldap-dates.timer").is_running
    assert host.service("openldap-dates.timer").is_enabled


def test_team_loses_who_is_deleted(host: Any) -> None:
    """Ensure who is deleted is in no team any more."""
    assert root(host, "ldapdelete", "", f"'{BERT}'").rc == 0
    words = f"-LLL -b '{TEAM}' member"
    assert BERT not in root(host, "ldapsearch", "", words).stdout


def test_team_has_no_strangers(host: Any) -> None:
    """Ensure a team takes only people who are there."""
    stranger = f"uid=nobody,ou=people,{BASE}"
    change = f"dn: {TEAM}\nchangetype: modify\nadd: member\nmember: {stranger}\n"
    assert root(host, "ldapmodify", change).rc != 0


def test_configuration_is_one_file(host: Any) -> None:
    """Ensure there is one configuration, closed, without a manager's password."""
    file = host.file("/etc/ldap/slapd.conf")
    assert file.mode == 0o640
    assert "rootpw" not in file.content_string
    assert not host.file("/etc/ldap/slapd.d").exists


def test_old_tls_is_refused(host: Any) -> None:
    """Ensure TLS 1.1 gets no answer and TLS 1.3 does."""
    words = "openssl s_client -connect 127.0.0.1:636 -cipher ALL@SECLEVEL=0 </dev/null 2>&1"
    assert "Cipher is (NONE)" in host.run(words.replace(" -conn", " -tls1_1 -conn")).stdout
    assert "TLSv1.3" in host.run(words.replace(" -conn", " -tls1_3 -conn")).stdout


FINDER, KEEPER = f"cn=finder,ou=services,{BASE}", f"cn=keeper,ou=services,{BASE}"
APPS = f"ou=app-passwords,{BASE}"
APP = f"cn=abcd-2345,{APPS}"
APP_SECRET = "abcd-2345-efgh-jkmn-pqrs"  # noqa: S105  (of an entry that is there for one test)
APP_ENTRY = f"""dn: {APP}
objectClass: applicationProcess
objectClass: simpleSecurityObject
cn: abcd-2345
seeAlso: {ANNA}
description: phone
userPassword: {APP_SECRET}
"""


@pytest.fixture
def app_password(host: Any) -> Iterator[None]:
    """Have the service that may do so make an app password of anna's."""
    bind = f"-x -D '{KEEPER}' -w only-for-this-test"
    words = f"LDAPTLS_REQCERT=never ldapadd -H ldaps://127.0.0.1 {bind}"
    done = host.run(f"{words} <<'END'\n{APP_ENTRY}END")
    assert done.rc == 0, done.stderr
    yield
    root(host, "ldapdelete", "", f"'{APP}'")


@pytest.mark.usefixtures("app_password")
def test_app_password_is_tried_by_binding(host: Any) -> None:
    """Ensure an app password is hashed, opens its own entry alone, and says when it was used."""
    assert as_(host, APP, APP_SECRET, "ldapwhoami").rc == 0
    assert as_(host, APP, APP_SECRET + "x", "ldapwhoami").rc != 0
    assert as_(host, ANNA, APP_SECRET, "ldapwhoami").rc != 0
    held = root(host, "ldapsearch", "", f"-LLL -b '{APP}' '*' '+'").stdout
    assert APP_SECRET not in held
    assert "pwdLastSuccess" in held
    assert "description" not in as_(host, APP, APP_SECRET, "ldapsearch", f"-LLL -b '{APP}'").stdout


@pytest.mark.usefixtures("app_password")
def test_who_sees_app_passwords(host: Any) -> None:
    """Ensure those who use and manage them see whose they are and no hash, and others nothing."""
    for dn, named in {FINDER: False, KEEPER: True}.items():
        words = f"-LLL -b '{APPS}' '(seeAlso={ANNA})' '*' '+'"
        found = as_(host, dn, "only-for-this-test", "ldapsearch", words).stdout
        assert f"dn: {APP}" in found
        assert ("description: phone" in found) == named
        assert "userPassword" not in found
    for dn in (READER, BLIND):
        assert search(host, dn, "'(objectClass=*)'", APPS) == ""


@pytest.mark.usefixtures("app_password")
def test_who_changes_app_passwords(host: Any) -> None:
    """Ensure only the service that manages them removes one, and it makes nothing else."""
    assert as_(host, FINDER, "only-for-this-test", "ldapdelete", f"'{APP}'").rc != 0
    assert as_(host, KEEPER, "only-for-this-test", "ldapdelete", f"'{BERT}'").rc != 0
    assert as_(host, KEEPER, "only-for-this-test", "ldapdelete", f"'{APP}'").rc == 0


@pytest.mark.usefixtures("app_password")
def test_app_password_of_who_is_deleted(host: Any) -> None:
    """Ensure an app password is nobody's when its owner is deleted."""
    assert root(host, "ldapdelete", "", f"'{ANNA}'").rc == 0
    assert ANNA not in root(host, "ldapsearch", "", f"-LLL -b '{APP}' seeAlso").stdout
