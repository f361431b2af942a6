"""What a resolver adds, what it cannot, and that nothing else is ever asked."""

from __future__ import annotations

import socket
import threading
import time
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from deploy.errors import UnreachableError
from verify.jurisdiction import DnsResolver, Engine, Jurisdiction, Status, reader
from verify.jurisdiction.addresses import AddressTable
from verify.jurisdiction.places import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = {("", "NS"): ["a.root-servers.net"]}
HETZNER, AZURE, CLOUDFLARE = "88.198.0.1", "20.50.2.1", "104.16.0.1"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(reader.load(), AddressTable.open(BUILT_IN, date(2026, 11, 24)))


class Fake:
    """A resolver with these records; names in ``broken`` do not answer."""

    name = "a fake resolver"

    def __init__(self, records: dict[tuple[str, str], list[str]], broken: str = "") -> None:
        self.records, self.broken, self.asked = {**ROOT, **records}, broken, list[str]()

    def ask(self, name: str, kind: str) -> list[str]:
        self.asked.append(f"{name} {kind}")
        if self.broken and name.endswith(self.broken):
            raise UnreachableError("it does not answer")
        return self.records.get((name, kind), [])


def test_an_unknown_name_is_judged_by_who_holds_its_addresses(engine: Engine) -> None:
    found = engine.verdict("klant.example.nl", network=Fake({("klant.example.nl", "A"): [HETZNER]}))
    assert (found.jurisdiction, found.status, found.evidence) == (
        Jurisdiction.EU,
        Status.PASS,
        "E3",
    )
    found = engine.verdict("klant.example.nl", network=Fake({("klant.example.nl", "A"): [AZURE]}))
    assert (found.jurisdiction, found.status) == (Jurisdiction.US, Status.FAIL)


def test_an_ipv6_address_counts_beside_a_good_ipv4_one(engine: Engine) -> None:
    records = {("x.nl", "A"): [HETZNER], ("x.nl", "AAAA"): ["2606:4700::1"]}
    assert engine.verdict("x.nl", network=Fake(records)).jurisdiction is Jurisdiction.US


def test_a_good_name_in_front_of_a_us_cdn_fails(engine: Engine) -> None:
    records = {
        ("www.surf.nl", "CNAME"): ["www.surf.nl.edgekey.net"],
        ("www.surf.nl.edgekey.net", "CNAME"): ["e1.a.akamaiedge.net"],
        ("e1.a.akamaiedge.net", "A"): ["2.16.0.1"],
    }
    found = engine.verdict("www.surf.nl", network=Fake(records))
    assert found.jurisdiction is Jurisdiction.US
    assert [s.value for s in found.chain if s.what == "CNAME"] == [
        "www.surf.nl.edgekey.net",
        "e1.a.akamaiedge.net",
    ]


def test_cnames_in_a_circle_end_and_pass_nothing(engine: Engine) -> None:
    records = {("a.nl", "CNAME"): ["b.nl"], ("b.nl", "CNAME"): ["a.nl"]}
    found = engine.verdict("a.nl", network=Fake(records))
    assert found.status is Status.UNKNOWN
    assert "circle" in str(found.notes)
    endless = {(f"n{i}.nl", "CNAME"): [f"n{i + 1}.nl"] for i in range(500)}
    resolver = Fake(endless)
    assert engine.verdict("n0.nl", network=resolver).status is Status.UNKNOWN
    assert len(resolver.asked) < 40


def test_mail_goes_where_its_mx_points(engine: Engine) -> None:
    records = {
        ("gemeente.nl", "MX"): ["10 gemeente-nl.mail.protection.outlook.com"],
        ("gemeente.nl", "A"): [HETZNER],
    }
    found = engine.verdict("post@gemeente.nl", network=Fake(records))
    assert found.jurisdiction is Jurisdiction.US
    assert engine.verdict("gemeente.nl", network=Fake(records)).jurisdiction is Jurisdiction.EU
    without = Fake({("gemeente.nl", "A"): [HETZNER]})
    assert engine.verdict("post@gemeente.nl", network=without).jurisdiction is Jurisdiction.EU


def test_mail_whose_mx_was_not_found_out_passes_only_where_mail_is_known(engine: Engine) -> None:
    found = engine.verdict("post@surf.nl", network=Fake({}, broken="surf.nl"))
    assert (found.status, found.evidence) == (Status.UNKNOWN, "E1")
    assert "takes its mail" not in str(found.as_json()["chain"])
    known = engine.verdict("post@mailbox.org", network=Fake({}, broken="mailbox.org"))
    assert known.status is Status.PASS
    none = engine.verdict("post@surf.nl", network=Fake({("surf.nl", "A"): [HETZNER]}))
    assert (none.status, none.evidence) == (Status.PASS, "E3")


def test_who_serves_the_zone_counts_for_the_name_alone(engine: Engine) -> None:
    records = {
        ("www.x.nl", "A"): [HETZNER],
        ("x.nl", "NS"): ["ns-1.awsdns-01.org", "ns1.elsewhere.nl"],
        ("ns1.elsewhere.nl", "A"): [HETZNER],
    }
    found = engine.verdict("www.x.nl", network=Fake(records))
    assert (found.jurisdiction, found.name_jurisdiction) == (Jurisdiction.EU, Jurisdiction.US)
    assert found.name_complete
    records["x.nl", "NS"] = ["ns1.elsewhere.nl"]
    found = engine.verdict("www.x.nl", network=Fake(records))
    assert found.name_jurisdiction is Jurisdiction.EU
    records["x.nl", "NS"] = ["ns1.elsewhere.nl", "ns.nobody.nl"]
    found = engine.verdict("www.x.nl", network=Fake(records))
    assert (found.name_jurisdiction, found.name_complete) == (Jurisdiction.UNKNOWN, False)


def test_silence_never_makes_a_pass(engine: Engine) -> None:
    found = engine.verdict("x.nl", network=Fake({}, broken="x.nl"))
    assert found.status is Status.UNKNOWN
    half = Fake({("x.nl", "CNAME"): ["y.com"], ("y.com", "A"): [HETZNER]}, broken="y.com")
    assert engine.verdict("x.nl", network=half).status is Status.UNKNOWN
    known = engine.verdict("surf.nl", network=Fake({}, broken="surf.nl"))
    assert (known.status, known.evidence) == (Status.PASS, "E1")


def test_a_resolver_that_knows_no_internet_is_not_believed(engine: Engine) -> None:
    walled = Fake({("surf.nl", "A"): [AZURE]})
    walled.records.pop(("", "NS"))
    found = engine.verdict("surf.nl", network=walled)
    assert found.jurisdiction is Jurisdiction.NL
    assert "knows no root servers" in found.network
    assert walled.asked == [" NS"]


def test_the_past_is_not_asked_for(engine: Engine) -> None:
    resolver = Fake({})
    found = engine.verdict("surf.nl", as_of=date(2026, 1, 1), network=resolver)
    assert not resolver.asked
    assert "another day" in found.network


@pytest.mark.parametrize("lie", ["not an address", "1.2.3.4.5", "-.-", "a\x1b[31m", "x" * 300])
def test_a_lying_resolver_breaks_nothing(engine: Engine, lie: str) -> None:
    records = {("x.nl", k): [lie] for k in ("CNAME", "MX", "NS", "A", "AAAA")}
    for target in ("x.nl", "u@x.nl"):
        found = engine.verdict(target, network=Fake(records))
        assert found.status is not Status.PASS
        assert lie not in str(found.as_json()["chain"])


@pytest.mark.parametrize(
    "records",
    [
        {("x.nl", "A"): ["surf.nl"]},
        {("x.nl", "CNAME"): ["1.1.1.1"]},
        {("x.nl", "A"): ["10.0.0.1"]},
        {("x.nl", "A"): ["127.0.0.1"]},
        {("x.nl", "AAAA"): ["::ffff:10.0.0.1"]},
    ],
)
def test_a_record_of_the_wrong_kind_or_a_private_address_passes_nothing(
    engine: Engine, records: dict[tuple[str, str], list[str]]
) -> None:
    assert engine.verdict("x.nl", network=Fake(records)).status is not Status.PASS


class Server(threading.Thread):
    """A DNS server on loopback, over UDP; ``mute`` takes questions and says nothing."""

    def __init__(self, records: dict[tuple[str, str], list[str]], *, mute: bool = False) -> None:
        super().__init__(daemon=True)
        self.records, self.mute = records, mute
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = int(self.socket.getsockname()[1])

    def run(self) -> None:
        while True:
            try:
                wire, client = self.socket.recvfrom(4096)
            except OSError:
                return
            if not self.mute:
                self.socket.sendto(self.answer(dns.message.from_wire(wire)).to_wire(), client)

    def answer(self, query: dns.message.Message) -> dns.message.Message:
        question = query.question[0]
        name = question.name.to_text().removesuffix(".")
        kind = dns.rdatatype.to_text(question.rdtype)
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        found = self.records.get((name, kind))
        if found:
            reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *found))
        elif not any(n == name for n, _ in self.records):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply


@pytest.fixture
def serve() -> Iterator[object]:
    servers = []

    def start(records: dict[tuple[str, str], list[str]], *, mute: bool = False) -> DnsResolver:
        server = Server(records, mute=mute)
        server.start()
        servers.append(server)
        return DnsResolver(["127.0.0.1"], port=server.port)

    yield start
    for server in servers:
        server.socket.close()


def test_a_real_resolver_over_dns(engine: Engine, serve: object) -> None:
    records = {
        ("", "NS"): ["a.root-servers.net."],
        ("www.example.nl", "CNAME"): ["host.example.org."],
        ("host.example.org", "A"): [CLOUDFLARE],
        ("example.nl", "NS"): ["ns1.example.nl."],
        ("example.nl", "MX"): ["10 mx.example.nl."],
        ("mx.example.nl", "A"): [HETZNER],
        ("ns1.example.nl", "A"): [HETZNER],
    }
    resolver = serve(records)  # type: ignore[operator]
    web = engine.verdict("www.example.nl", network=resolver)
    assert (web.jurisdiction, web.name_jurisdiction) == (Jurisdiction.US, Jurisdiction.EU)
    mail = engine.verdict("info@example.nl", network=resolver)
    assert mail.jurisdiction is Jurisdiction.EU
    assert engine.verdict("absent.example.nl", network=resolver).status is Status.UNKNOWN
    today = datetime.now(UTC).date().isoformat()
    cname = next(s for s in web.as_json()["chain"] if s["what"] == "CNAME")
    assert (cname["source"], cname["date"]) == (resolver.name, today)


def test_a_mute_resolver_costs_seconds_once(engine: Engine, serve: object) -> None:
    resolver = serve({}, mute=True)  # type: ignore[operator]
    start = time.monotonic()
    for target in ("a.nl", "b.nl", "c.nl", "surf.nl", "u@d.nl"):
        found = engine.verdict(target, network=resolver)
        assert "does not answer" in found.network
    assert time.monotonic() - start < 9
    assert found.status is Status.UNKNOWN
