from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from deploy import ca
from deploy.errors import InputError

NAMES = ["mail1.example.test", "mail.example.test"]


@pytest.fixture(scope="module")
def authority() -> tuple[str, str]:
    return ca.new_authority("An authority")


@pytest.fixture
def request_pem() -> str:
    return _request(ec.generate_private_key(ec.SECP256R1()))


def _request(key: ec.EllipticCurvePrivateKey, name: str = "bank.example") -> str:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode()


def _cert(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def test_a_certificate_is_for_the_names_given_and_not_for_those_asked(
    authority: tuple[str, str], request_pem: str
) -> None:
    chain = ca.sign(request_pem, *authority, days=90, names=NAMES)
    assert ca.dns_names(chain) == NAMES
    assert "bank.example" not in _cert(chain).subject.rfc4514_string()
    _cert(chain).verify_directly_issued_by(_cert(authority[1]))
    lasts = _cert(chain).not_valid_after_utc - _cert(chain).not_valid_before_utc
    assert lasts.days == 90


def test_a_certificate_cannot_sign_another(authority: tuple[str, str], request_pem: str) -> None:
    chain = ca.sign(request_pem, *authority, days=90, names=NAMES)
    constraints = _cert(chain).extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert not constraints.value.ca
    limit = _cert(authority[1]).extensions.get_extension_for_class(x509.BasicConstraints)
    assert (limit.value.ca, limit.value.path_length) == (True, 0)


def test_a_request_signed_by_another_key_is_refused(authority: tuple[str, str]) -> None:
    one, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    real = x509.load_pem_x509_csr(_request(one).encode())
    foreign = x509.load_pem_x509_csr(_request(other).encode())
    der = real.public_bytes(serialization.Encoding.DER).replace(
        real.tbs_certrequest_bytes, foreign.tbs_certrequest_bytes
    )
    forged = x509.load_der_x509_csr(der).public_bytes(serialization.Encoding.PEM).decode()
    with pytest.raises(InputError, match="not signed by the key in it"):
        ca.sign(forged, *authority, days=90, names=NAMES)


def test_a_long_name_is_in_the_certificate_all_the_same(
    authority: tuple[str, str], request_pem: str
) -> None:
    name = f"{'a' * 63}.example.test"
    chain = ca.sign(request_pem, *authority, days=90, names=[name])
    assert ca.dns_names(chain) == [name]


def test_the_key_hash_is_the_same_for_request_and_certificate(
    authority: tuple[str, str], request_pem: str
) -> None:
    chain = ca.sign(request_pem, *authority, days=90, names=NAMES)
    again = ca.sign(request_pem, *authority, days=90, names=["other.example.test"])
    assert ca.spki_sha256(request_pem) == ca.spki_sha256(chain) == ca.spki_sha256(again)
    assert ca.spki_sha256(chain) != ca.spki_sha256(authority[1])


def test_when_a_new_certificate_is_needed(authority: tuple[str, str], request_pem: str) -> None:
    chain = ca.sign(request_pem, *authority, days=90, names=NAMES)

    def why(text: str = chain, **other: object) -> str:
        wish = {"csr": request_pem, "names": NAMES, "days": 30, "authority": authority[1], **other}
        return ca.why_new(text, **wish)  # type: ignore[arg-type]

    assert why() == ""
    assert why(names=NAMES[::-1]) == "", "the order of names means nothing"
    assert why("") == "there is none"
    assert "mail.example.test" in why(names=NAMES[:1])
    assert why(days=91).startswith("it ends 20")
    assert why(csr=_request(ec.generate_private_key(ec.SECP256R1()))) == "it is for another key"
    assert why(authority=ca.new_authority("An authority")[1]) == "it is from another authority"


def test_authorities_of_the_same_name_are_not_the_same(authority: tuple[str, str]) -> None:
    other = ca.new_authority("An authority")[1]
    with pytest.raises(InvalidSignature):
        _cert(other).verify_directly_issued_by(_cert(authority[1]))
