"""What is true of a host with a certificate."""

from __future__ import annotations

import json
from typing import Any

FOLDER = "/etc/kootwijk/tls"


def test_the_key_is_for_those_who_serve_with_it(host: Any) -> None:
    """Ensure only root and the group ssl-cert can read the key."""
    key = host.file(f"{FOLDER}/privkey.pem")
    assert (key.user, key.group, key.mode) == ("root", "ssl-cert", 0o640)
    assert "BEGIN PRIVATE KEY" in key.content_string


def test_the_certificate_is_for_this_key_and_these_names(host: Any) -> None:
    """Ensure key and certificate belong together and bear the host's names."""
    held = host.check_output(f"openssl pkey -in {FOLDER}/privkey.pem -pubout")
    assert host.check_output(f"openssl x509 -in {FOLDER}/fullchain.pem -noout -pubkey") == held
    for name in ("mol1.kootwijk.test", "mail.kootwijk.test"):
        words = f"openssl x509 -in {FOLDER}/fullchain.pem -noout -checkhost {name}"
        assert "does match" in host.check_output(words)
    other = f"openssl x509 -in {FOLDER}/fullchain.pem -noout -checkhost web1.kootwijk.test"
    assert "does NOT match" in host.run(other).stdout


def test_the_certificate_lasts(host: Any) -> None:
    """Ensure the certificate is good for more than the thirty days at which it is replaced."""
    month = 30 * 24 * 3600
    assert host.run(f"openssl x509 -in {FOLDER}/fullchain.pem -noout -checkend {month}").rc == 0


def test_the_host_trusts_the_authority(host: Any) -> None:
    """Ensure every program that uses the host's trust store accepts the certificate."""
    words = f"openssl verify -purpose sslserver -CApath /etc/ssl/certs {FOLDER}/fullchain.pem"
    assert host.run(words).rc == 0
    assert host.run(f"openssl verify -CAfile {FOLDER}/ca.pem {FOLDER}/fullchain.pem").rc == 0


def test_the_certificate_can_sign_nothing(host: Any) -> None:
    """Ensure the host's certificate is not an authority."""
    text = host.check_output(f"openssl x509 -in {FOLDER}/fullchain.pem -noout -text")
    assert "CA:FALSE" in text
    assert "Certificate Sign" not in text


def test_the_authoritys_key_is_not_here(host: Any) -> None:
    """Ensure the host has one private key, its own."""
    words = "grep -rl 'PRIVATE KEY' /etc/kootwijk /usr/local/share/ca-certificates"
    assert host.check_output(words) == f"{FOLDER}/privkey.pem"
    assert sorted(host.file(FOLDER).listdir()) == ["ca.pem", "fullchain.pem", "privkey.pem"]


def test_the_fact_is_the_hash_of_the_key_in_use(host: Any) -> None:
    """Ensure what the host says of its key, for TLSA records, is true."""
    fact = json.loads(host.file("/etc/ansible/facts.d/certificates.fact").content_string)
    der = (
        f"openssl x509 -in {FOLDER}/fullchain.pem -noout -pubkey | openssl pkey -pubin -outform DER"
    )
    assert fact["spki_sha256"] == host.check_output(f"{der} | sha256sum").split()[0]
    assert fact["names"] == ["mail.kootwijk.test", "mol1.kootwijk.test"]
