"""LDIF out and in again."""

from __future__ import annotations

import pytest

from deploy.people import ldif

ODD = [
    "plain",
    " leading",
    "trailing ",
    ":colon",
    "<angle",
    "Zoë Šimůnek",
    "",
    "a: b",
    "#1",
    "a\nb",
]


@pytest.mark.parametrize("value", ODD)
def test_a_value_comes_back(value: str) -> None:
    text = ldif.add("uid=x,dc=test", {"cn": [value], "sn": ["y"]})
    assert text.isascii()
    (found,) = ldif.records(text.replace("changetype: add\n", ""))
    assert found == ("uid=x,dc=test", {"cn": [value], "sn": ["y"]})


def test_folded_lines_comments_and_several_entries() -> None:
    text = "# said\ndn: uid=a,\n dc=test\nCN: one\ncn: tw\n o\n\n\ndn: uid=b\n\n"
    assert list(ldif.records(text)) == [("uid=a,dc=test", {"cn": ["one", "two"]}), ("uid=b", {})]


def test_modify() -> None:
    text = ldif.modify("uid=x", [("replace", "cn", ["é"]), ("delete", "sn", [])])
    assert text == ("dn: uid=x\nchangetype: modify\nreplace: cn\ncn:: w6k=\n-\ndelete: sn\n-\n\n")


@pytest.mark.parametrize(
    ("value", "escaped"),
    [("A, B", r"A\, B"), ('#"x"', r"\#\"x\""), ("a+b=c;<>\\", r"a\+b\=c\;\<\>\\")],
)
def test_a_name_with_a_meaning_in_a_dn(value: str, escaped: str) -> None:
    assert ldif.rdn("cn", value) == f"cn={escaped}"
