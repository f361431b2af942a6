"""The verdicts that must come out right, without a network and with the built-in data."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from verify.jurisdiction import BadTargetError, Engine, Jurisdiction, Status, Verdict

if TYPE_CHECKING:
    from pathlib import Path

DAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KOOTWIJK_STATE", str(tmp_path_factory.mktemp("state")))
        return Engine.load()


def judge(engine: Engine, target: str, day: date = DAY) -> Verdict:
    return engine.verdict(target, as_of=day)


@pytest.mark.parametrize(
    ("target", "jurisdiction", "control", "status"),
    [
        # every seed fact, and the names that mislead
        ("microsoft.com", "US", "controlled", "FAIL"),
        ("s3.eu-central-1.amazonaws.com", "US", "controlled", "FAIL"),
        ("https://sts.eusc-de-east-1.amazonaws.eu/", "US", "controlled", "FAIL"),
        ("AWS European Sovereign Cloud GmbH", "US", "controlled", "FAIL"),
        ("Amazon Data Services European Sovereign Cloud GmbH", "US", "controlled", "FAIL"),
        ("AWS EMEA SARL", "US", "controlled", "FAIL"),
        ("Microsoft Ireland Operations Limited", "US", "controlled", "FAIL"),
        ("fonts.googleapis.com", "US", "controlled", "FAIL"),
        ("kvknl.sharepoint.com", "US", "controlled", "FAIL"),
        ("dnsprovider.azure-dns.net", "US", "controlled", "FAIL"),
        ("ns-1023.awsdns-59.org", "US", "controlled", "FAIL"),
        ("fcm.googleapis.com", "US", "controlled", "FAIL"),
        ("api.push.apple.com", "US", "controlled", "FAIL"),
        ("matrix.org", "US", "controlled", "FAIL"),
        ("database.clamav.net", "US", "controlled", "FAIL"),
        ("bl.spamcop.net", "US", "controlled", "FAIL"),
        ("b.barracudacentral.org", "US", "controlled", "FAIL"),
        ("ghcr.io/kootwijk/image:1", "US", "controlled", "FAIL"),
        ("registry-1.docker.io", "US", "controlled", "FAIL"),
        ("quay.io", "US", "controlled", "FAIL"),
        ("time.google.com", "US", "controlled", "FAIL"),
        ("packages.debian.org", "US", "controlled", "FAIL"),
        ("user@zivver.com", "US", "controlled", "FAIL"),
        ("tenant.mail.protection.outlook.com", "US", "controlled", "FAIL"),
        ("mxa-000.gslb.pphosted.com", "US", "controlled", "FAIL"),
        ("1.1.1.1", "US", "controlled", "FAIL"),
        ("8.8.8.8", "US", "controlled", "FAIL"),
        ("20.50.2.1", "US", "controlled", "FAIL"),
        ("188.166.0.1", "US", "controlled", "FAIL"),
        ("2.16.0.1", "US", "controlled", "FAIL"),
        ("2606:4700::1111", "US", "controlled", "FAIL"),
        ("AS16509", "US", "controlled", "FAIL"),
        ("AS20940", "US", "controlled", "FAIL"),
        ("AS47886", "US", "controlled", "FAIL"),
        ("AS15830", "US", "controlled", "FAIL"),
        ("AS47973", "US", "controlled", "FAIL"),
        ("AS197629", "US", "controlled", "FAIL"),
        ("AS12666", "US", "controlled", "FAIL"),
        ("AS30633", "US", "none", "FAIL"),
        ("Booking.com B.V.", "US", "controlled", "FAIL"),
        ("Sectigo Limited", "US", "controlled", "FAIL"),
        ("O=Let's Encrypt, CN=R12", "US", "controlled", "FAIL"),
        ("C=US, O=DigiCert Inc, CN=GeoTrust TLS RSA CA G1", "US", "controlled", "FAIL"),
        ("C=BM, O=QuoVadis Limited, CN=QuoVadis Europe EV", "US", "controlled", "FAIL"),
        ("a.root-servers.net", "US", "controlled", "FAIL"),
        ("2.pool.ntp.org", "MIXED", "influenced", "FAIL"),
        ("surf.nl", "NL", "none", "PASS"),
        ("AS1103", "NL", "none", "PASS"),
        ("AS60781", "NL", "none", "PASS"),
        ("LeaseWeb Netherlands B.V.", "NL", "none", "PASS"),
        ("https://www.digid.nl/inloggen", "NL", "none", "PASS"),
        ("ntp.time.nl", "NL", "none", "PASS"),
        ("193.0.14.129", "NL", "none", "PASS"),
        ("solvinity.com", "NL", "none", "PASS"),
        ("BIT B.V.", "NL", "none", "PASS"),
        ("Cyso", "NL", "none", "PASS"),
        ("hetzner.com", "EU", "none", "PASS"),
        ("88.198.0.1", "EU", "none", "PASS"),
        ("ionos.de", "EU", "none", "PASS"),
        ("OVH SAS", "EU", "none", "PASS"),
        ("eurid.eu", "EU", "none", "PASS"),
        ("O=D-Trust GmbH", "EU", "none", "PASS"),
        ("O=Hellenic Academic and Research Institutions CA", "EU", "none", "PASS"),
        ("AS20857", "EU", "influenced", "PASS"),
        ("transip.nl", "EU", "influenced", "PASS"),
        ("Buypass AS", "EEA", "none", "PASS"),
        ("9.9.9.9", "ADEQUATE", "controlled", "PASS"),
        ("zen.spamhaus.org", "ADEQUATE", "controlled", "PASS"),
        ("O=GlobalSign nv-sa", "ADEQUATE", "controlled", "PASS"),
        ("multi.surbl.org", "UNKNOWN", "unknown", "UNKNOWN"),
        ("maps.rspamd.com", "UNKNOWN", "unknown", "UNKNOWN"),
        ("example.nl", "UNKNOWN", "unknown", "UNKNOWN"),
        ("10.0.0.1", "UNKNOWN", "unknown", "UNKNOWN"),
        ("127.0.0.1", "UNKNOWN", "unknown", "UNKNOWN"),
        ("AS64512", "UNKNOWN", "unknown", "UNKNOWN"),
        ("Een Onbekende Onderneming B.V.", "UNKNOWN", "unknown", "UNKNOWN"),
        ("0.0.0.0/0", "US", "unknown", "FAIL"),
        ("::/1", "US", "unknown", "FAIL"),
        ("::ffff:8.8.8.0/120", "US", "controlled", "FAIL"),
        # of an issuer, an O that nobody knows is not mended by another O or a CN
        ("O=Onbekend, CN=D-Trust GmbH", "UNKNOWN", "unknown", "UNKNOWN"),
        ("2.5.4.10=Onbekend, CN=D-Trust GmbH", "UNKNOWN", "unknown", "UNKNOWN"),
        ("O=Onbekend, O=D-Trust GmbH", "UNKNOWN", "unknown", "UNKNOWN"),
        ('OU="x, O=D-Trust GmbH", CN=Onbekend', "UNKNOWN", "unknown", "UNKNOWN"),
        ("O=Onbekend, CN=R3", "US", "unknown", "FAIL"),
        ("O=DigiCert, Inc., C=US", "US", "controlled", "FAIL"),
        ("microsoft.com/O=D-Trust GmbH", "US", "controlled", "FAIL"),
        # where nobody asked for the MX, only who runs mail is known to run this mail
        ("info@surf.nl", "UNKNOWN", "unknown", "UNKNOWN"),
        ("info@microsoft.com", "US", "controlled", "FAIL"),
        ("info@mailbox.org", "EU", "none", "PASS"),
        ("Red Hat Enterprise Linux", "US", "supplier-only", "PASS"),
    ],
)
def test_verdicts(
    engine: Engine, target: str, jurisdiction: str, control: str, status: str
) -> None:
    found = judge(engine, target).as_json()
    assert (found["jurisdiction"], found["control"], found["status"]) == (
        jurisdiction,
        control,
        status,
    ), found["chain"]


@pytest.mark.parametrize(
    ("target", "name_jurisdiction"),
    [
        ("surf.nl", "NL"),
        ("hetzner.com", "US"),
        ("user@quad9.net", "US"),
        ("ec.europa.eu", "EU"),
        ("proton.me", "OTHER"),
        ("example.amsterdam", "NL"),
        ("example.app", "US"),
        ("bücher.example", "UNKNOWN"),
        ("example.nosuchtld", "UNKNOWN"),
        ("1.1.1.1", None),
        ("AS1103", None),
        ("SURF B.V.", None),
    ],
)
def test_the_name_has_a_jurisdiction_of_its_own(
    engine: Engine, target: str, name_jurisdiction: str | None
) -> None:
    found = judge(engine, target).as_json()
    assert found["name_jurisdiction"] == name_jurisdiction
    assert not found["name_complete"]


@pytest.mark.parametrize(
    ("target", "imitates"),
    [
        ("microsoft.com.evil.nl", "microsoft.com"),
        ("paypa1.com", "paypal.com"),
        ("p\u0430ypal.com", "paypal.com"),
        ("xn--pypal-4ve.com", "paypal.com"),
        ("hetzner.com.attacker.example", "hetzner.com"),
        ("so1vinity.com", "solvinity.com"),
        ("notamazonaws.com", ""),
        ("hetzner.nl", ""),
        ("notsurf.nl", ""),
        ("surf.nl.com", "surf.nl"),
    ],
)
def test_a_look_alike_is_never_the_original(engine: Engine, target: str, imitates: str) -> None:
    found = judge(engine, target)
    assert found.status is Status.UNKNOWN
    assert found.lookalike_of == imitates


def test_a_look_alike_organisation_is_not_the_original(engine: Engine) -> None:
    names = ("H\u0435tzner Online GmbH", "Hetzner Online LLC", "Hetzner Online Holding", "SURF Inc")
    for name in names:
        assert judge(engine, name).status is Status.UNKNOWN, name


def test_a_us_group_keeps_its_subsidiaries_whatever_they_are_called(engine: Engine) -> None:
    for name in ("Amazon Data Services Nowhere Ltd", "Google Cloud Benelux B.V.", "Akamai GmbH"):
        assert judge(engine, name).jurisdiction is Jurisdiction.US, name


def test_an_old_name_of_a_carrier_counts_next_to_the_operator(engine: Engine) -> None:
    roles = {p.role: p.jurisdiction for p in judge(engine, "matrix.org").parties}
    assert roles == {"operator": Jurisdiction.ADEQUATE, "carried by": Jurisdiction.US}


def test_every_step_has_source_and_date_and_unverified_facts_say_so(engine: Engine) -> None:
    for target in ("hetzner.com", "1.1.1.1", "AS16509", "Solvinity", "example.nl", "O=Actalis"):
        found = judge(engine, target).as_json()
        assert found["chain"]
        for step in found["chain"]:
            assert step["what"], step
            assert step["value"], step
            assert step["source"], step
            date.fromisoformat(step["date"])
            known = step["source"].startswith(("general knowledge", "no record"))
            assert step["unverified"] is known, step
    assert judge(engine, "hetzner.com").unverified
    assert not judge(engine, "AS16509").unverified


def test_mail_whose_mx_nobody_asked_for_says_so(engine: Engine) -> None:
    assert "MX not found out" in str(judge(engine, "info@surf.nl").notes)
    assert "MX" not in str(judge(engine, "info@mailbox.org").notes)


@pytest.mark.parametrize(
    ("target", "scope"),
    [
        ("10.0.0.1", "private"),
        ("10.0.0.0/24", "private"),
        ("192.168.1.0/24", "private"),
        ("100.64.0.0/10", "private"),
        ("127.0.0.0/8", "loopback"),
        ("fe80::/10", "link-local"),
        ("224.0.0.0/4", "multicast"),
        ("10.0.0.0/7", "public"),
        ("192.0.0.0/2", "public"),
    ],
)
def test_a_network_has_the_scope_of_its_addresses(engine: Engine, target: str, scope: str) -> None:
    found = judge(engine, target)
    assert found.scope == scope
    assert found.status is not Status.PASS


def issued_by(organisation: str) -> bytes:
    """Return a certificate (PEM) with that O as its issuer."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.ORGANIZATION_NAME, organisation)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2027, 1, 1, tzinfo=UTC))
    )
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def test_every_certificate_of_a_file_is_judged_and_the_worst_counts(
    engine: Engine, tmp_path: Path
) -> None:
    file = tmp_path / "bundle.pem"
    good, bad = issued_by("D-Trust GmbH"), issued_by("DigiCert Inc")
    for order, number in (((good, bad), 2), ((bad, good), 1)):
        file.write_bytes(b"# a comment\n".join(order))
        found = judge(engine, str(file))
        assert (found.jurisdiction, found.status) == (Jurisdiction.US, Status.FAIL)
        failed = [p.role for p in found.parties if p.status is Status.FAIL]
        assert failed == [f"issuer of certificate {number}"]
        assert f"certificate {number}: FAIL" in found.notes
        assert any(f"{number} of 2: O=DigiCert Inc" in s.value for s in found.chain)
    file.write_bytes(good + good)
    assert judge(engine, str(file)).status is Status.PASS


def test_a_file_whose_certificates_are_not_all_read_is_refused(
    engine: Engine, tmp_path: Path
) -> None:
    file = tmp_path / "bundle.pem"
    good, trusted = issued_by("D-Trust GmbH"), issued_by("DigiCert Inc")
    for rest, why in (
        (trusted.replace(b" CERT", b" TRUSTED CERT"), "another kind"),
        (b" " * (1 << 20) + trusted, "larger"),
    ):
        file.write_bytes(good + rest)
        with pytest.raises(BadTargetError, match=why):
            judge(engine, str(file))


def test_a_certificate_is_judged_by_its_issuer_and_where_it_points(
    engine: Engine, tmp_path: Path
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name(
        [
            x509.NameAttribute(x509.oid.NameOID.ORGANIZATION_NAME, "D-Trust GmbH"),
            x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "D-TRUST SSL CA 2"),
        ]
    )
    place = x509.UniformResourceIdentifier("http://crl3.digicert.com/x.crl")
    points = x509.CRLDistributionPoints([x509.DistributionPoint([place], None, None, None)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2027, 1, 1, tzinfo=UTC))
    )
    plain = certificate.sign(key, hashes.SHA256())
    file = tmp_path / "server.pem"
    file.write_bytes(plain.public_bytes(serialization.Encoding.PEM))
    assert judge(engine, str(file)).jurisdiction is Jurisdiction.EU
    pointing = certificate.add_extension(points, critical=False).sign(key, hashes.SHA256())
    text = pointing.public_bytes(serialization.Encoding.PEM).decode()
    found = judge(engine, text)
    assert found.jurisdiction is Jurisdiction.US
    assert "2027-01-01" in str(found.as_json()["chain"])
