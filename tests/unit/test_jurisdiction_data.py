"""The shipped facts keep what the documentation promises of them."""

from __future__ import annotations

import csv
import re
from datetime import UTC, date, datetime

import pytest

from deploy.paths import ROOT
from verify.jurisdiction import Engine, Jurisdiction, Status, names, reader
from verify.jurisdiction.addresses import AddressTable
from verify.jurisdiction.places import BUILT_IN
from verify.jurisdiction.target import parse

KINDS = (
    *("cloud", "cdn", "dns", "mail", "ca", "feed", "telemetry", "font", "map", "push"),
    *("packages", "video"),
)


def rows(name: str) -> list[dict[str, str]]:
    with (reader.DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


DAY = max(date.fromisoformat(row["date"]) for row in rows("sources.csv"))  # the last one read
TABLES = reader.load()
ENGINE = Engine(TABLES, AddressTable.open(BUILT_IN, DAY))


def test_there_are_enough_organisations_and_as_numbers() -> None:
    assert len(TABLES.orgs) >= 1500
    assert len(TABLES.asns) >= 3300


@pytest.mark.parametrize(
    "target",
    [
        *(
            "AS23005",
            "Switch, Ltd.",
            "tucows.com",
            "egress.com",
            "cyberark.com",
            "hornetsecurity.com",
        ),
        *("ocsp.globalsign.com", "x.eu10.hana.ondemand.com", "1password.eu", "cookiebot.com"),
        *("nlighten.eu", "x.aws", "x.google", "x.gov", "api.dataplatform.knmi.nl"),
        *("O=AffirmTrust", "O=Sectigo (Europe) SL"),
        *("Visa Europe Limited", "Interxion France SAS", "Hewlett-Packard Nederland B.V."),
        # a reseller's name on a certificate that Sectigo or DigiCert issues and revokes
        *("O=GEANT Vereniging, CN=GEANT OV RSA CA 4", "O=TERENA", "O=Gandi", "O=EUNETIC GmbH"),
        *(
            "mx1.zixcorp.com",
            "w.usabilla.com",
            "mx.spamexperts.com",
            "izettle.com",
            "quovadisglobal.nl",
        ),
    ],
)
def test_what_looks_european_and_is_american_fails(target: str) -> None:
    found = ENGINE.verdict(target, as_of=DAY)
    assert (found.status, found.jurisdiction) == (Status.FAIL, Jurisdiction.US)


@pytest.mark.parametrize("target", ["Tinexta", "AS3292", "AS5089", "atlasedge.com"])
def test_who_is_influenced_from_outside_does_not_pass(target: str) -> None:
    assert ENGINE.verdict(target, as_of=DAY).status is Status.FAIL


@pytest.mark.parametrize(
    "target",
    [
        *("notaws.nl", "x.aws.nl", "gov.nl", "office.nl", "googlegov", "xmin.io", "mit.nl"),
        *("ACM", "CBS", "Block B.V.", "Clerk B.V.", "Adjust B.V.", "Sky B.V.", "Schwarz B.V."),
    ],
)
def test_a_near_miss_is_unknown(target: str) -> None:
    assert ENGINE.verdict(target, as_of=DAY).status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("day", "target", "status"),
    [
        ("2013-01-01", "suse.com", Status.FAIL),
        ("2016-01-01", "suse.com", Status.PASS),
        ("2020-01-01", "strato.de", Status.FAIL),
        ("2021-06-01", "mailjet.com", Status.FAIL),
        ("2026-01-01", "cyberark.com", Status.UNKNOWN),
        ("2019-06-01", "avira.com", Status.PASS),
        ("2020-06-01", "avira.com", Status.FAIL),
        ("2018-06-01", "usabilla.com", Status.PASS),
        ("2021-09-01", "tink.com", Status.UNKNOWN),
    ],
)
def test_an_owner_counts_while_it_owned(day: str, target: str, status: Status) -> None:
    assert ENGINE.verdict(target, as_of=date.fromisoformat(day)).status is status


def test_every_organisation_is_used() -> None:
    used = {s.org for s in TABLES.services.values()} | {h.org for h in TABLES.asns.values()}
    used |= {v for s in TABLES.services.values() for v in s.via}
    used |= {org for org, _ in (*TABLES.tlds.values(), *TABLES.issuers.values())}
    used |= {o.owner for found in TABLES.owners.values() for o in found} | set(TABLES.owners)
    used |= {e.by for found in TABLES.events.values() for e in found}
    used |= {org for org, _ in TABLES.software.values()} | {n[0] for n in TABLES.networks.values()}
    assert set(TABLES.orgs) - used <= set(), sorted(set(TABLES.orgs) - used)


def test_every_source_is_used_and_the_verified_ones_have_an_address() -> None:
    files = [f.name for f in reader.DATA.glob("*.csv") if f.name != "sources.csv"]
    used = {row.get("source") for name in files for row in rows(name)}
    for row in rows("sources.csv"):
        assert row["source"] in used
        assert row["verified"] in ("yes", "no")
        assert row["url"].startswith("http") or row["verified"] == "no", row


@pytest.mark.parametrize("kind", KINDS)
def test_us_services_of_every_kind_are_known_by_name(kind: str) -> None:
    found = [
        s.domain
        for s in TABLES.services.values()
        if s.kind == kind and TABLES.orgs[s.org].country == "US"
    ]
    assert len(found) >= 4, found


def test_a_pattern_of_holders_names_exists_for_owners_that_fail_alone() -> None:
    for pattern, org, source in TABLES.patterns:
        name = TABLES.orgs[org].name
        assert ENGINE.verdict(name, as_of=DAY).status is Status.FAIL, (pattern, org, source)
        assert pattern.startswith("^"), pattern


def test_no_as_number_that_passes_is_held_by_a_us_company() -> None:
    american = re.compile(r"\b(LLC|Inc|Corp|Corporation|USA|America)\b")
    canadian = {"CA", "JP", "KR"}
    for number, holder in TABLES.asns.items():
        if american.search(holder.name) and TABLES.orgs[holder.org].country not in canadian:
            found = ENGINE.verdict(f"AS{number}", as_of=DAY)
            assert found.status is not Status.PASS, (number, holder.name)


def test_every_domain_is_a_name_and_finds_its_own_service() -> None:
    for domain in TABLES.services:
        example = domain.replace("#", "7").replace("*", "nl")
        assert parse(f"https://{example}/").normal == example
        found = names.service(TABLES, f"x.{example}")
        assert found
        assert found.domain == domain
        glued = names.service(TABLES, f"not{example}")
        assert glued is None or glued.domain != domain


def test_any_top_level_domain_is_only_for_owners_that_fail() -> None:
    for domain in TABLES.services:
        assert "*" not in domain or domain.count(".") == 1
        if "*" in domain:
            found = ENGINE.verdict(domain.replace("*", "org"), as_of=DAY)
            assert found.status is Status.FAIL, domain


def test_every_organisation_is_found_by_each_of_its_names() -> None:
    for org in TABLES.orgs.values():
        for name in (org.name, *org.aliases):
            found = TABLES.names.find(name)
            assert found, name
            same = found.id == org.id or TABLES.orgs[found.id].country == org.country
            assert same, (name, found.id, org.id)


def test_no_chain_of_owners_is_endless_and_every_verdict_comes() -> None:
    for org in TABLES.orgs.values():
        found = ENGINE.verdict(org.name, as_of=DAY).as_json()
        assert found["status"] in ("PASS", "FAIL", "UNKNOWN")
        assert found["chain"]


def test_dates_are_days_of_the_past() -> None:
    assert datetime.now(UTC).date() >= DAY
    for events in TABLES.events.values():
        assert all(e.announced <= (e.decided or DAY) <= DAY for e in events)


def test_every_known_root_server_has_its_letter() -> None:
    letters = {n[2][-1] for n in TABLES.networks.values() if n[2].startswith("root server")}
    assert letters == set("ABCDEFGHIJKLM")
    for letter in "abcdefghijklm":
        service = TABLES.services[f"{letter}.root-servers.net"]
        organisations = {
            n[0] for n in TABLES.networks.values() if n[2] == f"root server {letter.upper()}"
        }
        assert organisations == {service.org}


def test_the_reference_names_every_column_and_axis() -> None:
    text = (ROOT / "docs" / "reference" / "jurisdiction.md").read_text(encoding="utf-8")
    for file in sorted(reader.DATA.glob("*.csv")):
        assert f"`{file.name}`" in text, file.name
        for column in rows(file.name)[0]:
            assert f"`{column}`" in text, (file.name, column)
    for field in ENGINE.verdict("surf.nl", as_of=DAY).as_json():
        assert f"`{field}`" in text, field
