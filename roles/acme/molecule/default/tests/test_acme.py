"""What is true of a host that has its certificate from a directory."""

from __future__ import annotations

from typing import Any

import dns.message
import dns.query
import dns.rcode
import pytest

CHAIN = "/etc/kootwijk/tls/fullchain.pem"
KEY = "/etc/kootwijk/tls/privkey.pem"
ROOT = "curl -sS https://mol1.kootwijk.test:15000/roots/0"


def x509(host: Any, words: str) -> str:
    return str(host.check_output(f"openssl x509 -in {CHAIN} -noout {words}"))


def test_the_directory_signed_the_hosts_own_key(host: Any) -> None:
    """Ensure the certificate is the directory's, for this host's key and names."""
    assert "Pebble Intermediate CA" in x509(host, "-issuer")
    assert x509(host, "-pubkey") == host.check_output(f"openssl pkey -in {KEY} -pubout")
    assert "does match" in x509(host, "-checkhost mail.kootwijk.test")
    verify = (
        f"{ROOT} > /run/root.pem && openssl verify -CAfile /run/root.pem -untrusted {CHAIN} {CHAIN}"
    )
    assert host.run(verify).rc == 0


def test_nothing_is_done_before_it_is_time(host: Any) -> None:
    """Ensure a good certificate is left alone."""
    before = x509(host, "-serial")
    assert host.check_output("acme-renew") == ""
    assert x509(host, "-serial") == before


def test_it_is_renewed_in_time_with_the_same_key(host: Any) -> None:
    """Ensure a certificate that ends soon is replaced, and the key stays for TLSA's sake."""
    serial, key = x509(host, "-serial"), x509(host, "-pubkey")
    started = host.check_output("systemctl show -p ExecMainStartTimestampMonotonic unbound")
    host.check_output(
        """sed -i.bak 's/"renew_days": 30/"renew_days": 500/' /etc/acme/config.json"""
    )
    said = host.check_output("acme-renew")
    host.check_output("mv /etc/acme/config.json.bak /etc/acme/config.json")
    assert said.splitlines() == ["a new certificate: it ends soon", "renewed"]
    assert x509(host, "-serial") != serial
    assert x509(host, "-pubkey") == key
    assert host.service("unbound").is_running
    assert host.check_output("systemctl show -p ExecMainStartTimestampMonotonic unbound") == started


def test_a_directory_that_does_not_answer_is_said(host: Any) -> None:
    """Ensure a failed renewal fails, says why, and leaves the certificate there was."""
    serial = x509(host, "-serial")
    host.check_output(
        """sed -i.bak 's/"renew_days": 30/"renew_days": 500/' /etc/acme/config.json"""
    )
    host.check_output("sed -i.bak 's/:14000/:14009/' /etc/acme/dehydrated.conf")
    done = host.run("acme-renew")
    host.check_output(
        "cd /etc/acme && mv config.json.bak config.json && mv dehydrated.conf.bak dehydrated.conf"
    )
    assert done.rc != 0
    assert "14009" in done.stderr
    assert x509(host, "-serial") == serial


def test_the_proofs_are_gone(host: Any) -> None:
    """Ensure the zone has no proof left in it."""
    address = next(a for a in host.interface("eth0").addresses if "." in a)
    for name in ("mol1", "mail"):
        query = dns.message.make_query(f"_acme-challenge.{name}.kootwijk.test", "TXT")
        assert dns.query.udp(query, address, timeout=3).rcode() == dns.rcode.NXDOMAIN


@pytest.mark.parametrize(
    "line",
    [
        "add mol1.kootwijk.test. 60 TXT proof",
        "add _acme-challenge.mol1.kootwijk.test. 60 A 192.0.2.1",
        "add www.kootwijk.test. 60 A 192.0.2.1",
        "del mol1.kootwijk.test. A",
    ],
)
def test_the_proofs_secret_changes_nothing_else(host: Any, line: str) -> None:
    """Ensure that with this secret nobody can change the zone but for proofs."""
    server = next(a for a in host.interface("eth0").addresses if "." in a)
    script = f"server {server}\\nzone kootwijk.test.\\nupdate {line}\\nsend\\n"
    done = host.run(f"printf '{script}' | knsupdate -T -k /etc/acme/tsig")
    assert "REFUSED" in done.stdout + done.stderr or "NOTAUTH" in done.stdout + done.stderr


def test_the_host_looks_every_day(host: Any) -> None:
    """Ensure renewal does not wait for a deploy."""
    assert host.service("acme-renew.timer").is_enabled
    assert host.service("acme-renew.timer").is_running


def test_no_other_directory_is_named(host: Any) -> None:
    """Ensure the client's own default directory is out of the way, and its secrets are root's."""
    effective = host.check_output("dehydrated --config /etc/acme/dehydrated.conf --env")
    assert 'CA="https://mol1.kootwijk.test:14000/dir"' in effective
    for name in ("tsig", "dehydrated.conf", "config.json"):
        assert host.file(f"/etc/acme/{name}").mode == 0o600
