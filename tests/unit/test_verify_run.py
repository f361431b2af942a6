"""From evidence to a run: what an inventory that is no lab must show, and what nobody saw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
import testinfra

from deploy import inventory as inventories
from verify import evidence
from verify.catalogue import controls
from verify.model import HostSeen, Observation, Run, Source, Status
from verify.observe import outside
from verify.observe.outside import Seen
from verify.observe.shape import shaped
from verify.run import conclude

if TYPE_CHECKING:
    from pathlib import Path

HOSTS = """---
all:
  vars:
    kootwijk_organisation: o
    kootwijk_domain: kootwijk-example.com
    kootwijk_depot_url: http://145.100.1.2:8470
    kootwijk_admin_networks: [20.50.2.9/32]
  hosts:
    kw1: {ansible_host: 20.50.2.1}
    kw2: {ansible_host: 145.100.1.1}
"""
CONTRACTS = """contracts:
  - {layer: L1, what: data centre, party: Equinix Inc., reference: K1, date: 2026-11-01}
  - {layer: L17, what: owner, party: SURF, reference: K2, date: 2026-11-01, host: kw1}
"""


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("no network in a unit test")

    monkeypatch.setattr(testinfra, "get_host", refuse)


def run(tmp_path: Path, *more: Seen, reached: bool = True) -> Run:
    (tmp_path / "hosts.yml").write_text(HOSTS)
    (tmp_path / "contracts.yml").write_text(CONTRACTS)
    found = inventories.load(tmp_path)
    facts = shaped(
        {"collector": 1, "files": [["/etc/x.conf", 3, "url", "https://s3.amazonaws.com"]]}
    )
    hosts = [
        HostSeen("kw1", "kw1.o", "20.50.2.1", "o", (), reached=reached, error="gone", facts=facts),
        HostSeen("kw2", "kw2.o", "145.100.1.1", "o", (), reached=True, facts=shaped({})),
    ]
    zone = HostSeen("kootwijk-example.com", "", "", "o", (), reached=True, facts={"zone": {}})
    look = evidence.prepare(found)
    return conclude(look.evidence(evidence.now(), tuple(hosts), [Seen(zone), *pages(), *more]))


def pages() -> list[Seen]:
    """Return a page that asks an American for its font, one that does not, one not all seen."""
    made = []
    for name, asks, error in (
        ("bad", "https://fonts.googleapis.com", ""),
        ("good", "https://webmail.kootwijk-example.com", ""),
        ("half", "https://webmail.kootwijk-example.com", "it stopped"),
    ):
        facts = {"pages": {"opened": ["https://x/"], "person": "sanne", "error": error}}
        seen = HostSeen(name, name, "", "o", (), reached=True, facts=facts)
        source = Source("page", "https://x/")
        one = Observation(name, "roundcube", "L14", asks, source, "E4", "now", "Chromium")
        made.append(Seen(seen, [one]))
    return made


def of(made: Run, control: str, host: str) -> set[Status]:
    return {f.status for f in made.findings if f.control == control and f.host == host}


def test_outside_a_lab_what_nobody_declared_is_unknown_and_what_is_held_is_judged(
    tmp_path: Path,
) -> None:
    made = run(tmp_path)
    assert of(made, "KW-LOC-01", "kw1") == {Status.FAIL}
    assert of(made, "KW-OWN-01", "kw1") == {Status.PASS}
    assert of(made, "KW-OWN-01", "kw2") == {Status.UNKNOWN}
    assert of(made, "KW-LOC-02", "kw2") == {Status.UNKNOWN}
    assert of(made, "KW-HST-01", "kw1") == {Status.FAIL}
    assert of(made, "KW-HST-01", "kw2") == {Status.PASS}
    assert of(made, "KW-DNS-01", "kootwijk-example.com") == {Status.FAIL}
    assert of(made, "KW-ADM-02", "kw1") >= {Status.FAIL}
    assert of(made, "KW-FWL-01", "kw1") == {Status.FAIL}
    assert of(made, "KW-FWL-04", "kw1") == {Status.UNKNOWN}  # its test met an error
    failed = [
        f
        for f in made.findings
        if f.control == "KW-DEP-01" and f.status is Status.FAIL and f.host == "kw1"
    ]
    assert [(f.endpoint, str(f.sources[0])) for f in failed] == [
        ("s3.amazonaws.com", "/etc/x.conf:3 (url)")
    ]
    assert of(made, "KW-WEB-01", "bad") == of(made, "KW-DEP-01", "bad") == {Status.FAIL}
    assert of(made, "KW-WEB-01", "good") == {Status.PASS}
    assert of(made, "KW-WEB-01", "half") == {Status.UNKNOWN}
    assert {f.control for f in made.findings} == set(controls())
    assert made.exit_code == 1


def test_a_host_that_was_not_reached_passes_nothing(tmp_path: Path) -> None:
    made = run(tmp_path, reached=False)
    assert {f.status for f in made.findings if f.host == "kw1"} == {Status.NOT_TESTED}
    assert Status.FAIL in {f.status for f in made.findings if f.host == "kw2"}
    assert made.exit_code == 3


def test_what_was_not_reached_has_a_layer_and_a_remedy_of_its_own(tmp_path: Path) -> None:
    silent = [
        HostSeen(name, name, "145.100.1.9", "o", (), reached=False, error="gone", facts=facts)
        for name, facts in (
            ("o.nl", {"zone": {}}),
            ("browser: x", {"pages": {}}),
            ("files.o.nl", {"chain": []}),
            ("mail.o.nl:993", {"chain": []}),
        )
    ]
    made = run(tmp_path, *map(Seen, silent), reached=False)
    names = {"kw1", *(s.name for s in silent)}
    found = [f for f in made.findings if f.host in names]
    layers = {f.host: f.layer for f in found if f.control == "KW-DEP-01"}
    want = {"kw1": "L3", "o.nl": "L5", "browser: x": "L14", "files.o.nl": "L14"}
    assert layers == {**want, "mail.o.nl:993": "L10"}
    assert all(f.layer for f in found)
    assert all("does not answer" in f.remedy.en and f.remedy.nl for f in found)


@pytest.mark.parametrize(
    ("flags", "code", "record"),
    [
        (0, dns.rcode.REFUSED, ""),
        (dns.flags.AA, dns.rcode.NXDOMAIN, ""),
        (0, dns.rcode.NOERROR, "dns1 x 1 1 1 1 1"),  # some resolver's word for it
    ],
)
def test_a_zone_that_its_server_does_not_answer_for_neither_fails_nor_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: int, code: int, record: str
) -> None:
    def ask(_: str, name: str, kind: str) -> dns.message.Message:
        answer = dns.message.make_response(dns.message.make_query(name, kind))
        answer.flags |= flags
        answer.set_rcode(code)  # type: ignore[arg-type]
        if record:
            answer.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "SOA", record))
        return answer

    monkeypatch.setattr(outside, "_ask", ask)
    (tmp_path / "hosts.yml").write_text(HOSTS)
    server = inventories.load(tmp_path).host("kw1")
    seen = outside._zone(server, [server], "now")  # noqa: SLF001
    assert (seen.observations, seen.subject.reached) == ([], False)
    for reached, status in ((True, Status.UNKNOWN), (False, Status.NOT_TESTED)):
        made = run(tmp_path, seen, reached=reached)
        found = [f for f in made.findings if f.reason.startswith("not reached: kw1.kootwijk")]
        assert {"KW-DNS-02", "KW-DNS-03", "KW-MAIL-04"} <= {f.control for f in found}
        assert {f.status for f in found} == {status}
