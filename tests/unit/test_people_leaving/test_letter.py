"""What becomes of the mail, and which rooms have no owner."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from deploy.people.leaving.held import Entry
from deploy.people.leaving.letter import MailWish, answer, said, script
from deploy.people.leaving.on_host.chat import deciders

ANNA = Entry(
    dn="uid=anna,ou=people,dc=example,dc=test",
    uid="anna",
    name='Anna "A" de Vries',
    mail="anna@example.test",
    language="nl",
    locked=False,
    left="",
    keep_until="",
    successor="",
    classes=frozenset(),
    addresses=("anna@example.test", "a@example.test"),
)
BERT = replace(ANNA, uid="bert", name="Bert", mail="bert@example.test")


def test_mail_is_always_kept_and_the_own_filters_do_nothing() -> None:
    for wish in (
        MailWish(),
        MailWish(forward="bert@example.test", until="2026-12-31"),
        MailWish(answer="Weg.", until="2026-12-31"),
    ):
        assert script(ANNA, wish).endswith('fileinto "INBOX";\nstop;\n')
        assert "kept" in said(wish)


def test_forwarding_ends_with_its_day() -> None:
    text = script(ANNA, MailWish(forward="bert@example.test", until="2026-12-31"))
    condition = text.index('if currentdate :value "le" "date" "2026-12-31" {')
    assert condition < text.index('redirect :copy "bert@example.test";') < text.index("}")


def test_an_answer_is_for_every_address_and_quoted() -> None:
    text = script(ANNA, MailWish(answer=answer(ANNA, BERT), until="2026-12-31"))
    assert ':addresses ["anna@example.test", "a@example.test"]' in text
    assert 'Anna \\"A\\" de Vries werkt hier niet meer. Schrijft u aan Bert' in text
    assert "Please write to" not in answer(ANNA, None)


def state(powers: dict[str, int], *members: str, **create: Any) -> list[dict[str, Any]]:
    return [
        {"type": "m.room.create", "sender": "@anna", "content": create},
        {"type": "m.room.power_levels", "content": {"users": powers, "state_default": 50}},
        *(
            {"type": "m.room.member", "state_key": name, "content": {"membership": "join"}}
            for name in members
        ),
        {"type": "m.room.member", "state_key": "@gone", "content": {"membership": "leave"}},
    ]


@pytest.mark.parametrize(
    ("events", "able", "members"),
    [
        (state({"@anna": 100}, "@anna", "@bert"), {"@anna"}, 2),
        (state({"@anna": 100, "@gone": 100}, "@anna", "@bert"), {"@anna"}, 2),
        (state({"@anna": 100, "@bert": 50}, "@anna", "@bert"), {"@anna", "@bert"}, 2),
        (state({"@bert": 100}, "@anna", "@bert"), {"@bert"}, 2),
        (state({"@anna": 100}, "@anna"), {"@anna"}, 1),
        (state({}, "@anna", "@bert"), set(), 2),
        (state({}, "@anna", "@bert", room_version="12"), {"@anna"}, 2),
        (state({"@bert": 100}, "@anna", "@bert", room_version="12"), {"@anna", "@bert"}, 2),
        (
            state({}, "@anna", "@bert", room_version="12", additional_creators=["@bert"]),
            {"@anna", "@bert"},
            2,
        ),
        (state({}, "@bert", room_version="12"), set(), 1),  # who made it is out
    ],
)
def test_who_may_say_who_decides_in_a_room(
    events: list[dict[str, Any]], able: set[str], members: int
) -> None:
    assert deciders(events) == (able, members)
