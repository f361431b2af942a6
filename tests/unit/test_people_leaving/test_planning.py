"""Who may leave how, and what the directory is told about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from deploy.errors import InputError
from deploy.people import ldif
from deploy.people.entries import LOCKED
from deploy.people.leaving.held import Held, understood
from deploy.people.leaving.letter import MailWish
from deploy.people.leaving.planning import (
    KEEP_YEARS,
    Wishes,
    check,
    day,
    keep_until,
    mail,
    records,
    wishes,
)

if TYPE_CHECKING:
    from pathlib import Path

BASE = "dc=example,dc=test"
TODAY = date(2026, 11, 25)


def dn(uid: str) -> str:
    return f"uid={uid},ou=people,{BASE}"


def held(*more: str, **anna: str) -> Held:
    """Return what a directory with Anna, Bert and two teams says when asked about Anna."""
    own = "".join(f"{name}: {value}\n" for name, value in anna.items())
    both = f"member: {dn('anna')}\nmember: {dn('bert')}\n"
    text = "\n".join(
        [
            f"dn: {dn('anna')}\nobjectClass: inetOrgPerson\nuid: anna\nmail: a@example.test\n{own}",
            f"dn: {dn('bert')}\nobjectClass: inetOrgPerson\nuid: bert\ncn: Bert\nmail: b@e.test\n",
            f"dn: cn=Een,ou=groups,{BASE}\ncn: Een\n{both}",
            f"dn: cn=Solo,ou=groups,{BASE}\ncn: Solo\nmember: {dn('anna')}\n",
            f"dn: cn=info,ou=mailboxes,{BASE}\ncn: info\n{both}",
            f"dn: cn=aaaa-bbbb,ou=app-passwords,{BASE}\ncn: aaaa-bbbb\nseeAlso: {dn('anna')}\n",
            *more,
        ]
    )
    return understood("anna", list(ldif.records(text)), BASE)


def told(found: Held, wishes: Wishes) -> str:
    person = check("anna", found, wishes, "here")
    return "".join(records(found, person, wishes, TODAY, KEEP_YEARS))


def test_the_entry_is_read_with_what_names_it() -> None:
    found = held(pwdAccountLockedTime=LOCKED, kootwijkLeft="2026-11-01")
    assert found.person is not None
    assert (found.person.locked, found.person.left, found.person.language) == (
        True,
        "2026-11-01",
        "nl",
    )
    assert sorted(found.teams.values()) == [("Een", 2), ("Solo", 1)]
    assert list(found.mailboxes.values()) == [("info", 2)]
    assert found.app_passwords == (f"cn=aaaa-bbbb,ou=app-passwords,{BASE}",)


def test_a_lockout_after_wrong_passwords_is_no_lock() -> None:
    found = held(pwdAccountLockedTime="20261125101010Z").person
    assert found is not None
    assert not found.locked


def test_the_lock_comes_first_and_the_class_it_needs_with_it() -> None:
    text = told(held(), Wishes())
    assert text.index(f"pwdAccountLockedTime: {LOCKED}") < text.index("ou=groups")
    assert text.index("objectClass: kootwijkPerson") < text.index("kootwijkLeft: 2026-11-25")
    assert "kootwijkKeepUntil: 2036-11-25" in text
    assert "kootwijkSuccessor" not in text
    assert "cn=aaaa-bbbb,ou=app-passwords" in text


def test_the_only_member_stays_without_a_successor() -> None:
    text = told(held(), Wishes())
    assert "cn=Solo" not in text
    assert f"dn: cn=info,ou=mailboxes,{BASE}" in text


def test_the_successor_takes_the_place_of_the_only_member() -> None:
    text = told(held(), Wishes(successor="bert"))
    solo = text[text.index("cn=Solo") :]
    assert solo.index(f"member: {dn('bert')}") < solo.index(f"member: {dn('anna')}")
    assert "kootwijkSuccessor: bert" in text


def test_run_again_it_does_what_is_not_done_and_no_more() -> None:
    done = held(pwdAccountLockedTime=LOCKED, kootwijkLeft="2026-11-01")
    text = told(done, Wishes())
    assert "pwdAccountLockedTime" not in text  # the day it was done stays
    assert "cn=Een" in text
    unlocked = told(held(kootwijkLeft="2026-11-01", kootwijkKeepUntil="2030-01-01"), Wishes())
    assert f"pwdAccountLockedTime: {LOCKED}" in unlocked
    assert "kootwijkLeft: 2026-11-01" in unlocked
    assert "kootwijkKeepUntil: 2030-01-01" in unlocked


@pytest.mark.parametrize(
    ("found", "wishes", "said"),
    [
        (held(), Wishes(successor="anna"), "own successor"),
        (held(), Wishes(successor="carla"), "the successor, 'carla', is nobody here"),
        (held(), Wishes(forward_to="carla"), "the one to send mail on to, 'carla', is nobody here"),
        (
            held(f"dn: {dn('carla')}\nuid: carla\nkootwijkLeft: 2026-01-31\n"),
            Wishes(successor="carla"),
            "'carla', left on 2026-01-31",
        ),
        (
            held(f"dn: {dn('carla')}\nuid: carla\npwdAccountLockedTime: {LOCKED}\n"),
            Wishes(successor="carla"),
            "'carla', is locked",
        ),
        (
            held(kootwijkLeft="2026-01-31", kootwijkSuccessor="dirk"),
            Wishes(successor="bert"),
            "left on 2026-01-31 already, with another successor: dirk",
        ),
    ],
)
def test_who_cannot_leave_like_this_is_told_why(found: Held, wishes: Wishes, said: str) -> None:
    with pytest.raises(InputError) as error:
        check("anna", found, wishes, "here")
    assert said in str(error.value)
    assert error.value.next_step


def test_a_name_that_nobody_has_is_told() -> None:
    with pytest.raises(InputError, match="nobody here has the login name 'zoe'"):
        check("zoe", understood("zoe", [], BASE), Wishes(), "here")


def test_days() -> None:
    assert keep_until(date(2028, 2, 29), 7) == "2035-02-28"
    assert day("", "--until", TODAY) == ""
    assert day("2026-11-26", "--until", TODAY) == "2026-11-26"
    with pytest.raises(InputError, match="--until: '31-12-2026' is not a day"):
        day("31-12-2026", "--until", TODAY)
    with pytest.raises(InputError, match="2026-11-25 is not a day to come"):
        day("2026-11-25", "--until", TODAY)


def test_mail_goes_on_for_ninety_days_or_as_was_said_and_what_was_decided_stays() -> None:
    found = held()
    anna = check("anna", found, Wishes(), "here")
    assert mail(anna, found, Wishes(), TODAY) == MailWish()
    assert mail(replace(anna, left="2026-11-01"), found, Wishes(), TODAY) is None
    forward = mail(anna, found, Wishes(forward_to="bert"), TODAY)
    assert forward == MailWish(forward="b@e.test", until="2027-02-23")
    answered = mail(anna, found, Wishes(answer="auto", successor="bert", until="2026-12-31"), TODAY)
    assert answered is not None
    assert answered.until == "2026-12-31"
    assert "Bert <b@e.test>" in answered.answer


def asked(**more: str) -> Wishes:
    nothing = {"successor": "", "keep_until": "", "forward_to": "", "answer": "", "until": ""}
    return wishes(**(nothing | more))


def test_what_the_options_cannot_mean_is_told(tmp_path: Path) -> None:
    file = tmp_path / "answer.txt"
    with pytest.raises(InputError, match="cannot be read"):
        asked(answer=str(file))
    file.write_text(" \n")
    with pytest.raises(InputError, match="is empty"):
        asked(answer=str(file))
    file.write_text("Weg.\n")
    assert asked(answer=str(file)).answer == "Weg."
    with pytest.raises(InputError, match="neither was asked"):
        asked(until="2099-01-01")
