"""The pilot lead's view: counts per team, and nobody by what they do."""

from __future__ import annotations

import importlib
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest

from deploy.paths import ROLES, ROOT
from deploy.people.status import Status, figures, page, text
from deploy.people.status.collect import Answer, answers
from deploy.people.status.facts import folder_owner, size
from deploy.people.status.model import KINDS
from deploy.people.status.privacy import withheld
from verify.report.words import table

SCHEMA = json.loads((ROOT / "deploy/people/schemas/status.schema.json").read_text("utf-8"))
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
BASE = "dc=example,dc=test"
GB = 2**30


def seconds(days_ago: float) -> int:
    return int((NOW - timedelta(days=days_ago)).timestamp())


def person(
    uid: str, *lines: str, created: str = "20261001090000Z", seen: str = "20261124080000Z"
) -> str:
    login = [f"pwdLastSuccess: {seen}"] if seen else []
    own = [f"dn: uid={uid},ou=people,{BASE}", f"uid: {uid}", f"createTimestamp: {created}"]
    return "\n".join([*own, *login, *lines, ""])


def group(name: str, *uids: str, where: str = "groups", more: str = "") -> str:
    members = [f"member: uid={uid},ou=people,{BASE}" for uid in uids] or ["member: cn=nobody"]
    return (
        "\n".join([f"dn: cn={name},ou={where},{BASE}", f"cn: {name}", *members, more]).rstrip()
        + "\n"
    )


def app_password(uid: str, seen: str) -> str:
    dn = f"dn: cn=abcd-efgh,ou=app-passwords,{BASE}"
    return f"{dn}\ncn: abcd-efgh\nseeAlso: uid={uid},ou=people,{BASE}\npwdLastSuccess: {seen}\n"


def made(*records: str, **said: Any) -> Status:
    sources: dict[str, Any] = {
        "dovecot": {"quota": {}, "default": "5G"},
        "nextcloud": {"default": "10 GB"},
        "synapse": {},
        "roundcube": {},
        "units": {},
        **said,
    }
    every = [Answer("directory", "data1", "\n".join(records))]
    every += [
        Answer(s, "host1", error=d) if isinstance(d, str) else Answer(s, "host1", d)
        for s, d in sources.items()
        if d is not None
    ]
    found = figures.make(
        every, organisation="example", domain="example.test", now=NOW, after_days=14
    )
    jsonschema.validate(found.as_json(), SCHEMA)
    return found


FIVE = ("a1", "a2", "a3", "a4", "a5")
FIFTEEN = tuple(f"{team}{n}" for team in "abc" for n in range(1, 6))


def test_a_group_is_counted_by_what_its_people_last_did() -> None:
    found = made(
        *(person(uid) for uid in FIVE[:2]),
        person("a3", seen=""),
        person("a4", seen="20261101080000Z"),
        person("a5", seen="20260901080000Z"),
        group("Een", *FIVE),
        app_password("a1", "20261125080000Z"),
        synapse={"seen": {"a5": seconds(1), "gone": seconds(1)}},
        roundcube={"seen": {"a2": seconds(40)}},
        nextcloud={"programs": {"a2": seconds(3)}, "used": {"a1": 3 * GB}, "default": "10 GB"},
        dovecot={"quota": {"a1": [GB, 2 * GB]}, "default": "5G"},
    )
    team = found.teams[0].activity
    assert team is not None
    assert (team.activated, team.active_7, team.active_30) == (4, 3, 4)
    assert team.clients == {"mail_program": 1, "webmail": 0, "files_program": 1, "chat": 1}
    assert team.storage["mail"] is not None
    assert (team.storage["mail"].used, team.storage["mail"].quota) == (GB, 22 * GB)
    assert team.storage["files"] is not None
    assert (team.storage["files"].used, team.storage["files"].quota) == (3 * GB, 50 * GB)


@pytest.mark.parametrize("silent", ["nextcloud", "synapse", "roundcube"])
def test_what_a_silent_service_knows_is_unknown_and_never_zero(silent: str) -> None:
    found = made(*(person(uid) for uid in FIVE), group("Een", *FIVE), **{silent: "it is down"})
    for team in (*found.teams, found.everybody):
        assert team.activity is not None
        assert (team.activity.active_7, team.activity.active_30) == (None, None)
        assert None in team.activity.clients.values()
        assert team.activity.activated == 5
    assert [(u.source, u.why) for u in found.unknown] == [(silent, "it is down")]
    shown = "\n".join(text.lines(found))
    assert "unknown" in shown
    assert "it is down" in shown


def test_mail_storage_is_unknown_without_dovecot_and_the_rest_is_not() -> None:
    found = made(*(person(uid) for uid in FIVE), group("Een", *FIVE), dovecot="it is down")
    assert found.everybody.activity is not None
    assert found.everybody.activity.storage["mail"] is None
    assert found.everybody.activity.active_7 == 5


def test_a_service_that_is_not_there_is_neither_counted_nor_unknown() -> None:
    found = made(*(person(u) for u in FIVE), nextcloud=None, synapse=None, roundcube=None)
    assert found.everybody.activity is not None
    assert found.everybody.activity.clients == {"mail_program": 0}
    assert found.everybody.activity.storage.keys() == {"mail"}
    assert found.everybody.activity.active_7 == 5
    assert found.unknown == ()


def test_of_fewer_than_five_people_nothing_they_do_is_shown() -> None:
    found = made(*(person(u) for u in FIFTEEN), group("Vijf", *FIVE), group("Vier", *FIVE[:4]))
    assert {t.name: t.activity is None for t in found.teams} == {
        "": False,
        "Vier": True,
        "Vijf": False,
    }
    row = next(line for line in text.lines(found) if line.startswith("Vier"))
    assert row.split() == ["Vier", "4", *["<5"] * 9]
    few = made(*(person(u) for u in FIVE[:4]))
    assert few.everybody.activity is None


@pytest.mark.parametrize(
    ("groups", "everybody", "hidden"),
    [
        ({"a": range(5), "b": range(5, 10)}, range(10), set()),
        ({"a": range(4), "b": range(4, 14)}, range(14), {"a", "b"}),  # everybody less b is a
        ({"a": range(3), "b": range(3, 6), "c": range(6, 16)}, range(16), {"a", "b"}),
        ({"a": range(7), "b": range(9), "c": range(9, 20)}, range(20), {"a"}),  # b less a are two
        ({"a": range(10)}, range(10), set()),
        ({"a": range(6), "b": range(4, 14), "c": ()}, range(15), {"a", "c"}),  # one is in neither
        ({"a": range(2)}, range(3), {"a"}),
    ],
)
def test_neither_can_they_be_reckoned_from_what_is_shown(
    groups: dict[str, Any], everybody: range, hidden: set[str]
) -> None:
    found = withheld({n: frozenset(m) for n, m in groups.items()}, frozenset(everybody))
    assert found == hidden


def test_who_left_is_no_account_and_only_their_keeping_may_be_a_problem() -> None:
    found = made(
        person("a1", "kootwijkLeft: 2026-01-01", "kootwijkKeepUntil: 2026-11-24", seen=""),
        person("a2", "kootwijkLeft: 2026-01-01", "kootwijkKeepUntil: 2026-11-25", seen=""),
        group("Een", "a1", "a2"),
    )
    assert (found.everybody.accounts, found.left) == (0, 2)
    kinds = [(p.kind, p.subject) for p in found.problems]
    assert kinds == [("keep_until_passed", "a1"), ("team_without_members", "Een")]


@pytest.mark.parametrize(
    ("lines", "kinds"),
    [
        ({"lines": ()}, []),
        ({"lines": ("pwdAccountLockedTime: 000001010000Z",)}, ["locked"]),
        ({"lines": ("pwdAccountLockedTime: 20261125110000Z",)}, []),  # wrong passwords; it passes
        ({"lines": ("pwdAccountLockedTime: 000001010000Z", "kootwijkStart: 2026-12-01")}, []),
        ({"lines": ("kootwijkEnd: 2026-11-25",)}, ["end_near"]),
        (
            {"lines": ("kootwijkEnd: 2026-11-24", "pwdAccountLockedTime: 000001010000Z")},
            ["end_passed"],
        ),
        ({"lines": ("kootwijkEnd: 2026-12-10",)}, []),
        ({"lines": (), "seen": ""}, ["never_activated"]),
        ({"lines": (), "seen": "", "created": "20261112090000Z"}, []),
        ({"lines": ("kootwijkStart: 2026-11-20",), "seen": ""}, []),
    ],
)
def test_a_persons_dates_and_lock(lines: dict[str, Any], kinds: list[str]) -> None:
    own = dict(lines)
    found = made(person("a1", *own.pop("lines"), **own))
    assert [p.kind for p in found.problems] == kinds


def test_what_is_nearly_full_is_named_with_how_full_and_no_more() -> None:
    found = made(
        person("a1", "kootwijkRole: lead"),
        group("Een", "a1"),
        group("post", "a1", where="mailboxes", more="mail: Post@example.test"),
        group("leeg", where="mailboxes", more="mail: leeg@example.test"),
        dovecot={"quota": {"a1": [90, 100], "post@example.test": [99, 100]}, "default": "5G"},
        nextcloud={
            "used": {"a1": 89, folder_owner("Een"): 100},
            "quota": {"a1": "100 B", folder_owner("Een"): "100 B"},
        },
    )
    assert [(p.kind, p.subject, p.detail) for p in found.problems] == [
        ("mailbox_full", "a1", "90"),
        ("shared_mailbox_full", "post", "99"),
        ("team_folder_full", "Een", "100"),
        ("shared_mailbox_without_members", "leeg", ""),
    ]


def test_a_service_that_does_not_run_and_a_team_without_a_lead_are_problems() -> None:
    found = made(person("a1"), group("Een", "a1"), units={"rspamd.service": "failed"})
    assert [(p.kind, p.subject, p.detail) for p in found.problems] == [
        ("service_down", "rspamd (host1)", "failed"),
        ("team_without_lead", "Een", ""),
    ]


@pytest.mark.parametrize(
    "printed", ["", "[]", "null", '{"answers": 3}', '{"answers": {"units": 3}}']
)
def test_a_host_that_says_nothing_of_use_is_unknown(printed: str) -> None:
    assert all(a.error for a in answers("h", ["units", "dovecot"], printed, ""))


def test_what_was_never_installed_is_not_unknown() -> None:
    printed = json.dumps({"answers": {"nextcloud": {"data": None, "here": False}}})
    assert answers("h", ["nextcloud"], printed, "") == []
    silent = json.dumps({"answers": {"nextcloud": {"data": None, "here": None}}})
    assert [a.error for a in answers("h", ["nextcloud"], silent, "")] == ["it was not asked"]


def test_a_teams_folder_is_the_one_that_nextcloud_has(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = str(ROLES / "nextcloud" / "files" / "usr" / "local" / "lib")
    monkeypatch.syspath_prepend(folder)
    plan = importlib.import_module("nextcloud_teams.plan")
    assert folder_owner("Burgerzaken") == plan.owner("Burgerzaken")


@pytest.mark.parametrize(
    ("said", "count"),
    [("10 GB", 10 * GB), ("5G", 5 * GB), ("500 MB", 500 * 2**20), ("none", 0), ("", 0)],
)
def test_sizes(said: str, count: int) -> None:
    assert size(said) == count


def department(**said: Any) -> Status:
    people = [person(u, "kootwijkRole: lead") for u in FIVE]
    nasty = group("<script>alert(1)</script>", *FIVE)
    few = group("Vier", *FIVE[:4])
    own = {"dovecot": {"quota": {"a1": [99, 100]}, "default": "5G"}, **said}
    return made(
        *people, nasty, few, person("b1", seen=""), person("b2", "kootwijkEnd: 2026-11-30"), **own
    )


@pytest.mark.parametrize("language", page.LANGUAGES)
def test_the_page_needs_nothing_else_and_runs_nothing(language: str) -> None:
    drawn = page.drawn(department(), language)
    assert f'<html lang="{language}">' in drawn
    assert "&lt;script&gt;alert(1)" in drawn
    assert not re.search(
        r"<(script|link|img|iframe|object)|\b(src|style)=|url\(|https?:|@import", drawn
    )
    assert "default-src 'none'" in drawn


@pytest.mark.parametrize("language", page.LANGUAGES)
def test_the_page_says_what_is_unknown_and_hides_what_few_do(language: str) -> None:
    drawn = page.drawn(department(roundcube="it is <down>"), language)
    assert {"nl": "onbekend", "en": "unknown"}[language] in drawn
    assert "it is &lt;down&gt;" in drawn
    row = drawn[drawn.index("<bdi>Vier</bdi>") :].partition("</tr>")[0]
    assert re.findall(r"<td[^>]*>([^<]*)", row) == ["4", "&lt;5", "&lt;5", "&lt;5"]


def test_a_page_of_few_people_says_nothing_of_what_they_do() -> None:
    drawn = page.drawn(made(person("a1"), group("Een", "a1")), "nl")
    assert "te weinig om te zeggen" in drawn
    assert "minstens één keer ingelogd. " not in drawn.partition("</h1>")[2].partition("<dl")[0]
    assert not re.search(r"<dd>[01] <span>", drawn)


def test_the_page_has_the_same_words_in_both_languages() -> None:
    for name, said in table(page.WORDS).items():
        assert set(said) == set(page.LANGUAGES), name
        fields = [set(re.findall(r"{(\w+)}", str(said[language]))) for language in page.LANGUAGES]
        assert fields[0] == fields[1], name
        assert type(said["nl"]) is type(said["en"]), name


def test_every_kind_of_problem_has_words_everywhere() -> None:
    kinds = SCHEMA["properties"]["problems"]["items"]["properties"]["kind"]["enum"]
    assert list(KINDS) == kinds
    for kind in KINDS:
        assert {f"p_{kind}", f"do_{kind}"} <= table(page.WORDS).keys()
        assert kind in text.KINDS


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KB"), (5 * GB, "5 GB"), (3 * 2**41, "6 TB")],
)
def test_sizes_as_people_say_them(count: int, said: str) -> None:
    assert text.size(count) == said
