"""What is true of a host with Rspamd."""

from __future__ import annotations

import json
import re
import textwrap
from typing import Any

# Modules that look at the message, the package's own lists and DNS. Any other one is a finding.
MODULES = {
    *("arc", "chartable", "dkim", "dkim_signing", "dmarc", "force_actions", "forged_recipients"),
    *("hfilter", "maillist", "mid", "milter_headers", "mime_types", "once_received", "phishing"),
    *("regexp", "settings", "spf", "trie"),
}
HOST = re.compile(
    r"(?<![@\w.-])(?:[a-z0-9-]+\.)+(?:com|net|org|io|eu|de|uk|nl|cn|ru)\b", re.IGNORECASE
)
MESSAGE = """\
    From: {sender}
    To: eva@example.org
    Subject: Vergadering
    Date: Mon, 23 Nov 2026 12:00:00 +0100
    Message-ID: <1@example.test>

    Tot morgen.
    """


def scan(host: Any, sender: str, *options: str) -> dict[str, Any]:
    """Hand a message to Rspamd as its controller takes it; return what it answers."""
    text = textwrap.dedent(MESSAGE.format(sender=sender))
    words = f"rspamc -h /run/rspamd/controller.sock --json --ip 192.0.2.7 {' '.join(options)}"
    done = host.run(f"printf '%s' '{text}' | {words}")
    assert done.rc == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_runs(host: Any) -> None:
    """Ensure Rspamd runs, and again after a boot."""
    assert host.service("rspamd").is_running
    assert host.service("rspamd").is_enabled


def test_only_loopback(host: Any) -> None:
    """Ensure nobody but this host reaches the milter, and that there is no other port."""
    listening = host.check_output("ss -Hltnp").splitlines()
    assert {line.split()[3] for line in listening if "rspamd" in line} == {"127.0.0.1:11332"}


def test_no_host_outside_is_named(host: Any) -> None:
    """Ensure the configuration in effect names no host outside, switched off or not."""
    lines = host.run("rspamadm configdump").stdout.splitlines()
    assert len(lines) > 500
    values = [line for line in lines if not line.strip().startswith(("description", "#"))]
    assert [line for line in values if HOST.search(line)] == []
    assert [line for line in lines if "://" in line and "file://" not in line] == []


def test_only_the_modules_that_stay_inside(host: Any) -> None:
    """Ensure no module runs but those known to look at the message, the package and DNS."""
    first = host.run("rspamadm configdump -m").stdout.splitlines()[0]
    assert set(first.removeprefix("Modules enabled: ").split(", ")) == MODULES


def test_signs_what_people_send(host: Any) -> None:
    """Ensure mail of a person who logged in is signed with the domain's key."""
    found = scan(host, "anna@example.test", "--user anna", "--from anna@example.test")
    assert found["action"] == "no action"
    assert "d=example.test;" in found["dkim-signature"]
    assert "s=kw1;" in found["dkim-signature"]


def test_does_not_sign_for_strangers(host: Any) -> None:
    """Ensure mail from outside is not signed, whatever it says."""
    found = scan(host, "anna@example.test", "--from anna@example.test")
    assert "DKIM_SIGNED" not in found["symbols"]
    assert "dkim-signature" not in found


def test_results_are_its_own(host: Any) -> None:
    """Ensure what a message says of earlier checks goes, and this host's own words come."""
    names = "--from anna@example.test --header MTA-Name=mail.example.test"
    changes = scan(host, "anna@example.test", names)["milter"]
    assert changes["remove_headers"] == {"Authentication-Results": 0, "X-Spam": 0}
    own = changes["add_headers"]["Authentication-Results"]["value"]
    assert own.startswith("mail.example.test;")
    assert "dkim=none" in own


def test_from_has_to_be_the_sender(host: Any) -> None:
    """Ensure a person who logged in cannot put somebody else in From."""
    found = scan(host, "bram@example.test", "--user anna", "--from anna@example.test")
    assert found["action"] == "reject"
    assert found["messages"]["smtp_message"].startswith("From is not")
    many = "anna@example.test, bram@example.test"
    assert scan(host, many, "--user anna", "--from anna@example.test")["action"] == "reject"
    assert scan(host, "bram@example.test", "--user anna")["action"] == "reject"


def test_keys_are_closed(host: Any) -> None:
    """Ensure only root and Rspamd read the key."""
    file = host.file("/etc/rspamd/dkim/example.test.kw1.key")
    assert (file.user, file.group, file.mode) == ("root", "_rspamd", 0o640)
    assert host.file("/etc/rspamd/dkim").mode == 0o750
