"""The codes that a second factor's app would show."""

from __future__ import annotations

import base64

import pytest

from verify.journeys import login


@pytest.mark.parametrize(
    ("at", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_rfc_6238(at: int, code: str) -> None:
    key = base64.b32encode(b"12345678901234567890").decode()
    assert login.totp(key, at) == code
    assert login.totp(" ".join(key[i : i + 4] for i in range(0, len(key), 4)).lower(), at) == code


def test_a_wrong_code_is_none_of_those_that_are_taken() -> None:
    key = base64.b32encode(b"12345678901234567890").decode()
    assert login.wrong_code(key) not in {login.totp(key, at) for at in range(59, 119, 30)}
    assert len(login.wrong_code(key)) == 6
