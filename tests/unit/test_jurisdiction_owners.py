"""Owners change: what was true on a day, what a takeover reopens, what grew old."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from deploy.errors import InputError
from verify.jurisdiction import Control, Engine, Jurisdiction, Status, reader

NL, EU, US, UNKNOWN = (
    Jurisdiction.NL,
    Jurisdiction.EU,
    Jurisdiction.US,
    Jurisdiction.UNKNOWN,
)
FILES = {
    "sources.csv": "source,name,date,verified,url\nb,a book,2026-01-01,yes,\n"
    "K,hearsay,2026-01-01,no,",
    "countries.csv": "country,jurisdiction,since,source\nNL,NL,,b\nDE,EU,,b\nUS,US,,b\n"
    "GB,EU,,b\nGB,OTHER,2020-02-01,b\nGB,ADEQUATE,2021-06-28,b",
    "kinds.csv": "kind,layer\nhosting,L3",
    "organisations.csv": "org,name,country,aliases,source\nhost,Host B.V.,NL,,b\n"
    "big,Big Inc.,US,,b\nfund,Fund LLP,GB,,b\nkg,Teil GmbH,DE,,K\nnone,Nobody knows,,,K\n"
    "a,Ring A B.V.,NL,,b\nc,Ring C B.V.,NL,,b",
    "owners.csv": "org,owner,share,since,until,source\n"
    "host,kg,controls,2020-01-01,2024-06-01,b\nhost,big,controls,2024-06-01,2025-06-01,b\n"
    "kg,fund,influences,2022,,b\na,c,controls,,,b\nc,a,controls,,,b",
    "events.csv": "org,by,announced,decided,outcome,source,note\n"
    "host,big,2025-10-01,2026-03-01,prohibited,b,\nkg,host,2025-01-01,2025-02-01,withdrawn,b,\n"
    "a,big,2026-02-01,,,b,",
    "asns.csv": "asn,org,holder,source\n64496,host,Host B.V.,b",
    "holders.csv": "pattern,org,source\n^big( .*)?$,big,b",
    "services.csv": "domain,org,kind,via,source\nhost.example,host,hosting,,b",
    "tlds.csv": "tld,org,source\nnl,host,b",
    "issuers.csv": "issuer,org,source\nHost CA,host,b",
    "networks.csv": "network,org,use,source\n192.0.2.0/24,host,office,b",
    "software.csv": "product,org,source\nThing,big,b",
}


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text + "\n")
    return tmp_path


@pytest.fixture
def engine(facts: Path) -> Engine:
    return Engine(reader.load(facts))


@pytest.mark.parametrize(
    ("day", "jurisdiction", "owner"),
    [
        ("2019-12-31", NL, "Host B.V."),
        ("2020-01-01", EU, "Teil GmbH"),
        ("2024-05-31", EU, "Teil GmbH"),
        ("2024-06-01", US, "Big Inc."),
        ("2025-05-31", US, "Big Inc."),
        ("2025-06-01", NL, "Host B.V."),
    ],
)
def test_the_owner_is_that_of_the_day(
    engine: Engine, day: str, jurisdiction: Jurisdiction, owner: str
) -> None:
    found = engine.verdict("Host", as_of=date.fromisoformat(day))
    assert (found.jurisdiction, found.owner) == (jurisdiction, owner)


@pytest.mark.parametrize(
    ("day", "status", "word"),
    [
        ("2025-09-30", Status.PASS, None),
        ("2025-10-01", Status.UNKNOWN, "pending"),
        ("2026-02-28", Status.UNKNOWN, "pending"),
        ("2026-03-01", Status.PASS, "prohibited"),
    ],
)
def test_an_open_takeover_reopens_the_verdict_and_a_refused_one_closes_it(
    engine: Engine, day: str, status: Status, word: str | None
) -> None:
    found = engine.verdict("AS64496", as_of=date.fromisoformat(day))
    assert (found.jurisdiction, found.status) == (NL, status)
    assert found.as_json()["parties"][0]["reopened"] is (word == "pending")
    events = [s.value for s in found.chain if s.what == "event"]
    assert (word in events[0]) if word else not events


def test_a_takeover_by_a_neighbour_reopens_nothing(engine: Engine) -> None:
    assert engine.verdict("Teil GmbH", as_of=date(2025, 1, 15)).status is Status.PASS


def test_influence_is_told_apart_from_control(engine: Engine) -> None:
    found = engine.verdict("Teil GmbH", as_of=date(2023, 1, 1))
    assert (found.jurisdiction, found.control) == (EU, Control.INFLUENCED)
    assert engine.verdict("Teil GmbH", as_of=date(2021, 12, 31)).control is Control.NONE


def test_us_influence_fails_where_no_owner_does(facts: Path) -> None:
    with (facts / "owners.csv").open("a") as file:
        file.write("host,big,influences,2026-01-01,,b\n")
    found = Engine(reader.load(facts)).verdict("Host", as_of=date(2026, 4, 1))
    assert (found.jurisdiction, found.control, found.status) == (
        NL,
        Control.INFLUENCED,
        Status.FAIL,
    )
    assert found.as_json()["parties"][0]["influence"] == "US"
    assert "influenced by a party under US law" in str(found.notes)


def test_a_country_changes_class_on_its_day(engine: Engine) -> None:
    classes = [
        engine.verdict("Fund LLP", as_of=day).jurisdiction.name
        for day in (date(2020, 1, 31), date(2020, 2, 1), date(2021, 6, 28))
    ]
    assert classes == ["EU", "OTHER", "ADEQUATE"]


def test_what_was_checked_too_long_ago_is_unknown(facts: Path) -> None:
    engine = Engine(reader.load(facts), max_age=30)
    last = date(2026, 1, 1) + timedelta(days=30)
    assert engine.verdict("Teil GmbH", as_of=last).jurisdiction is EU
    late = engine.verdict("Teil GmbH", as_of=last + timedelta(days=1))
    assert (late.jurisdiction, late.status) == (UNKNOWN, Status.UNKNOWN)
    assert "checked on 2026-01-01" in str(late.as_json()["chain"])
    assert engine.verdict("Big Inc.", as_of=last + timedelta(days=1)).jurisdiction is US


def test_an_owner_since_nobody_knows_when_does_not_hold_for_ever_backwards(facts: Path) -> None:
    with (facts / "organisations.csv").open("a") as file:
        file.write("sub,Sub B.V.,NL,,b\nour,Our B.V.,NL,,b\n")
    with (facts / "owners.csv").open("a") as file:
        file.write("sub,kg,controls,,,b\nour,big,controls,,,b\n")
    engine = Engine(reader.load(facts), max_age=30)
    first = date(2026, 1, 1) - timedelta(days=30)
    assert engine.verdict("Sub B.V.", as_of=first).status is Status.PASS
    early = engine.verdict("Sub B.V.", as_of=first - timedelta(days=1))
    assert (early.jurisdiction, early.status) == (UNKNOWN, Status.UNKNOWN)
    assert "since when is not on record" in str(early.as_json()["chain"])
    assert engine.verdict("Our B.V.", as_of=date(2013, 1, 1)).jurisdiction is US


def test_a_day_before_the_records_is_told(engine: Engine) -> None:
    before = engine.verdict("Big Inc.", as_of=date(2025, 12, 31))
    assert "read after 2025-12-31" in str(before.notes)
    assert not engine.verdict("Big Inc.", as_of=date(2026, 1, 1)).notes


def test_owners_in_a_ring_end(facts: Path) -> None:
    with (facts / "owners.csv").open("a") as file:
        file.write("c,host,influences,,,b\nhost,c,influences,,,b\n")
    found = Engine(reader.load(facts)).verdict("Ring A B.V.", as_of=date(2026, 1, 2))
    assert found.jurisdiction is NL


def test_an_unknown_seat_is_unknown(engine: Engine) -> None:
    assert engine.verdict("Nobody knows").status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("name", "row", "says"),
    [
        ("owners.csv", "host,nobody,controls,,,b", "nobody"),
        ("owners.csv", "host,big,owns,,,b", "share"),
        ("owners.csv", "host,big,controls,yesterday,,b", "date"),
        ("organisations.csv", "x,X,Netherlands,,b", "ISO 3166"),
        ("organisations.csv", "x,X,NL,,rumour", "rumour"),
        ("organisations.csv", "x,X,NL", "number of fields"),
        ("services.csv", "x.example,host,nonsense,,b", "nonsense"),
        ("events.csv", "host,big,2026-01-01,,perhaps,b,", "outcome"),
        ("asns.csv", "many,host,Host,b", "many"),
        ("networks.csv", "192.0.2.1/24,host,x,b", "host bits"),
        ("countries.csv", "FR,FRANCE,,b", "FRANCE"),
    ],
)
def test_a_wrong_fact_is_refused_with_its_line(facts: Path, name: str, row: str, says: str) -> None:
    with (facts / name).open("a") as file:
        file.write(row + "\n")
    with pytest.raises(InputError, match=says) as caught:
        reader.load(facts)
    lines = (facts / name).read_text().count("\n")
    assert caught.value.where == f"{facts / name}:{lines}"


def test_missing_facts_are_refused(facts: Path) -> None:
    (facts / "tlds.csv").unlink()
    with pytest.raises(InputError) as caught:
        reader.load(facts)
    assert "tlds.csv" in caught.value.where


def test_real_takeovers() -> None:
    engine = Engine(reader.load(reader.DATA))
    for target, day, status in (
        ("user@zivver.com", date(2025, 1, 1), Status.PASS),
        ("user@zivver.com", date(2025, 7, 1), Status.FAIL),
        ("solvinity.com", date(2025, 10, 1), Status.PASS),
        ("solvinity.com", date(2026, 2, 11), Status.UNKNOWN),
        ("solvinity.com", date(2026, 5, 25), Status.PASS),
        ("owncloud.com", date(2022, 1, 1), Status.PASS),
        ("owncloud.com", date(2024, 1, 1), Status.FAIL),
        ("AWS EMEA SARL", date(2013, 1, 1), Status.FAIL),
    ):
        assert engine.verdict(target, as_of=day).status is status, (target, day)


def test_the_shipped_facts_are_not_changed_by_a_copy(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(reader.DATA, tmp_path / "data"))
    assert reader.load(copy).orgs == reader.load().orgs
