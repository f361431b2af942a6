"""What is true of a host's own resolver, asked on the host as its programs do."""

from __future__ import annotations

import base64
from typing import Any

import dns.flags
import dns.message
import dns.rcode

# Sends a question to the resolver in /etc/resolv.conf from the host, which has no tool for that.
ASK = (
    "import base64,socket,sys;"
    "s=socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET,socket.SOCK_DGRAM);"
    "s.settimeout(15);s.sendto(base64.b64decode(sys.argv[2]),(sys.argv[1],53));"
    "print(base64.b64encode(s.recv(65535)).decode())"
)


def ask(host: Any, name: str, kind: str = "A", *, server: str = "127.0.0.1") -> dns.message.Message:
    query = dns.message.make_query(name, kind, want_dnssec=True)
    wire = base64.b64encode(query.to_wire()).decode()
    answer = host.check_output(f'python3 -c "{ASK}" {server} {wire}')
    return dns.message.from_wire(base64.b64decode(answer))


def test_a_signed_name_is_found_and_validated(host: Any) -> None:
    """Ensure a name of a signed zone is answered as validated, on both loopback addresses."""
    for server in ("127.0.0.1", "::1"):
        answer = ask(host, "www.molecule.test", server=server)
        assert "192.0.2.80" in answer.answer[0].to_text()
        assert answer.flags & dns.flags.AD


def test_a_zone_signed_by_another_key_is_not_believed(host: Any) -> None:
    """Ensure an answer whose signature does not fit the trust anchor is refused."""
    answer = ask(host, "www.forged.test")
    assert answer.rcode() == dns.rcode.SERVFAIL
    assert not answer.answer


def test_programs_ask_this_resolver_and_may_trust_it(host: Any) -> None:
    """Ensure the host's programs ask the resolver on loopback and no other."""
    lines = host.file("/etc/resolv.conf").content_string.splitlines()
    servers = [line for line in lines if line.startswith("nameserver")]
    assert servers == ["nameserver 127.0.0.1", "nameserver ::1"]
    assert "options edns0 trust-ad" in lines
    assert "192.0.2.80" in host.check_output("getent ahosts www.molecule.test")


def test_addresses_without_a_reverse_zone_have_their_names(host: Any) -> None:
    """Ensure both addresses of a host lead back to its name."""
    for address in ("192.0.2.25", "2001:db8::25"):
        assert "mail.molecule.test" in host.check_output("getent hosts %s", address)


def test_nobody_else_can_ask(host: Any) -> None:
    """Ensure the resolver listens on loopback alone."""
    listening = host.check_output("ss -Hlnup 'sport = :53'").splitlines()
    unbound = [line.split()[3] for line in listening if "unbound" in line]
    assert set(unbound) == {"127.0.0.1:53", "[::1]:53"}


def test_no_question_goes_to_somebody_elses_resolver(host: Any) -> None:
    """Ensure there is no forwarder, and the root is asked by the hints of the package."""
    assert not host.check_output("unbound-control list_forwards")
    stubs = host.check_output("unbound-control list_stubs")
    asked = {line.split()[0]: line for line in stubs.splitlines()}
    assert set(asked) == {".", "molecule.test.", "forged.test."}
    assert " stub prime " in asked["."], "the root is found by asking the root"
    assert host.check_output("unbound-checkconf -o root-hints") == "/usr/share/dns/root.hints"


def test_answers_are_validated_and_questions_are_short(host: Any) -> None:
    """Ensure validation, minimal questions and aggressive use of denials are in force."""
    for option, value in (
        ("module-config", "validator iterator"),
        ("qname-minimisation", "yes"),
        ("aggressive-nsec", "yes"),
        ("hide-version", "yes"),
    ):
        assert host.check_output(f"unbound-checkconf -o {option}") == value
    assert host.file("/var/lib/unbound/root.key").exists
