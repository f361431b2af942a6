"""People and teams from a SCIM service: a small one, spoken to over HTTP."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from deploy.errors import InputError, KootwijkError, UnreachableError
from deploy.people import Roster, load, scim

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "a-token"


def user(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"id{number}",
        "userName": f"p{number}@example.test",
        "name": {"givenName": "Zoë", "familyName": f"de Vries {number}"},
        "emails": [{"value": f"p{number}@example.test", "primary": True}],
        "active": True,
        **more,
    }


@dataclass
class Service:
    """What the service has, and how it behaves; ``asked`` are the requests."""

    users: list[dict[str, Any]]
    groups: list[dict[str, Any]] = field(default_factory=list)
    most: int = 3  # that it gives at once, whatever is asked
    answers: list[int] = field(default_factory=list)  # statuses, before it answers well
    missing: int = 0  # that it says it has and does not give
    body: str = ""
    asked: list[str] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def service() -> Iterator[Service]:
    said = Service([user(n) for n in range(7)])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said.asked.append(self.path)
            status = said.answers.pop(0) if said.answers else 200
            if self.headers["Authorization"] != f"Bearer {TOKEN}":
                status = 401
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Retry-After", "0")
            self.end_headers()
            self.wfile.write((said.body or json.dumps(self._page())).encode())

        def _page(self) -> dict[str, Any]:
            parts = urlsplit(self.path)
            query = {k: int(v[0]) for k, v in parse_qs(parts.query).items()}
            found = said.users if parts.path.endswith("/Users") else said.groups
            first = query["startIndex"] - 1
            most = min(query["count"], said.most)
            extra = said.missing if found is said.users else 0
            return {
                "totalResults": len(found) + extra,
                "Resources": found[first : first + most],
            }

        def log_message(self, *_: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    said.url = f"http://127.0.0.1:{server.server_port}/scim/v2/"
    yield said
    server.shutdown()


def read(folder: Path, service: Service, more: str = "", token: str = TOKEN) -> Roster:
    path = folder / "source.yml"
    path.write_text(
        f"version: 1\nsource:\n  scim: {service.url}\n  token_secret: idp\n{more}", encoding="utf-8"
    )
    return load(path, "example.test", {"idp": token}.__getitem__)


def test_all_pages_are_read_however_little_comes_at_once(tmp_path: Path, service: Service) -> None:
    roster = read(tmp_path, service)
    assert [p.uid for p in roster.people] == [f"p{n}" for n in range(7)]
    starts = [parse_qs(urlsplit(path).query)["startIndex"] for path in service.asked]
    assert starts == [["1"], ["4"], ["7"], ["1"]]


def test_what_a_user_has(tmp_path: Path, service: Service) -> None:
    service.users = [
        user(
            1,
            emails=[
                {"value": "z.devries@Example.test"},
                {"value": "zoe@elsewhere.test"},
                {"value": "p1@example.test", "primary": True},
            ],
            preferredLanguage="nl-NL",
        ),
        user(2, locale="de-DE", **{scim.ENTERPRISE: {"department": "Beleid"}}),
        user(3, **{scim.ENTERPRISE: {"manager": {"value": "id2"}}}),
    ]
    service.groups = [
        {"id": "g", "displayName": "Een", "members": [{"value": "id1"}, {"value": "g2"}]}
    ]
    roster = read(tmp_path, service, "  departments: true\n  managers_lead: true\n")
    one, two, three = roster.people
    assert (one.name, one.mail, one.aliases) == (
        "Zoë de Vries 1",
        "p1@example.test",
        ("z.devries@example.test",),
    )
    assert (one.teams, one.language, one.role) == (("Een",), "nl", "")
    assert (two.teams, two.language, two.role) == (("Beleid",), "en", "lead")
    assert (three.teams, three.language, three.role) == ((), "nl", "")
    assert "1 members of groups are no users" in roster.notes[0]
    assert "1 addresses outside example.test" in roster.notes[1]
    plain = read(tmp_path, service)
    assert (plain.people[1].teams, plain.people[1].role) == ((), "")


def test_who_is_not_active_is_not_in_the_roster(tmp_path: Path, service: Service) -> None:
    service.users[2]["active"] = False
    roster = read(tmp_path, service)
    assert "p2" not in [p.uid for p in roster.people]
    assert roster.notes[0].startswith("not active in the source and so not in the roster: p2@")


def test_teams_and_mailboxes_stand_beside_the_source(tmp_path: Path, service: Service) -> None:
    more = "shared_mailboxes:\n  - {name: info, members: [p1]}\n"
    assert read(tmp_path, service, more).mailboxes[0].members == ("p1",)
    with pytest.raises(InputError, match=r"line 6, column 28 \(members\): nobody .* 'p9'"):
        read(tmp_path, service, more.replace("p1", "p9"))


def test_a_wrong_user_is_named(tmp_path: Path, service: Service) -> None:
    service.users[3]["name"] = {"givenName": "Zoë"}
    service.users[4]["emails"] = [{"value": "p3@example.test"}]
    with pytest.raises(InputError) as caught:
        read(tmp_path, service)
    assert "user 'p3@example.test' (id3), name.familyName: is empty" in str(caught.value)
    service.users[3] = user(3)
    with pytest.raises(InputError, match=r"\(id4\), emails: 'p3@example.test' is p3's \(user 'p3@"):
        read(tmp_path, service)


def test_a_busy_service_is_asked_again(tmp_path: Path, service: Service) -> None:
    service.answers = [429, 503, 200]
    assert len(read(tmp_path, service).people) == 7


@pytest.mark.parametrize(
    ("answers", "kind", "said"),
    [
        ([503] * 4, UnreachableError, "status 503"),
        ([500], UnreachableError, "status 500"),
        ([200, 404], UnreachableError, "status 404"),
        ([302], UnreachableError, "status 302"),
        ([403], InputError, "does not accept the token"),
    ],
)
def test_a_service_that_fails(
    tmp_path: Path, service: Service, answers: list[int], kind: type[KootwijkError], said: str
) -> None:
    service.answers = answers
    with pytest.raises(kind, match=said):
        read(tmp_path, service)
    assert not any("elsewhere" in path for path in service.asked)


def test_half_a_list_is_no_list(tmp_path: Path, service: Service) -> None:
    service.missing = 2
    with pytest.raises(UnreachableError, match="7 came, 9 there are"):
        read(tmp_path, service)


@pytest.mark.parametrize("body", ["<html>", "[]", '{"totalResults": "x"}'])
def test_no_list_at_all(tmp_path: Path, service: Service, body: str) -> None:
    service.body = body
    with pytest.raises(UnreachableError, match="does not answer with a SCIM list"):
        read(tmp_path, service)


def test_a_wrong_token_is_said_and_not_shown(tmp_path: Path, service: Service) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, service, token="wrong-token")
    assert "wrong-token" not in str(caught.value)
    assert "secrets set" in str(caught.value)


def test_nobody_there(tmp_path: Path, service: Service) -> None:
    service.url = "http://127.0.0.1:9/"
    with pytest.raises(UnreachableError, match="does not answer"):
        read(tmp_path, service)


@pytest.mark.parametrize(
    ("url", "more", "said"),
    [
        ("http://idp.example.test/", "", "does not begin with https://"),
        ("x", "", "does not begin with https://"),
        ("https://x/", "  departments: ja\n", "line 5, column 16: departments is true or false"),
        ("https://x/", "  bind_dn: x\n", "line 5, column 3: unknown 'bind_dn'"),
        ("https://x/", "people: []\n", "line 5, column 1: people and source exclude"),
    ],
)
def test_what_is_wrong_in_the_file(
    tmp_path: Path, service: Service, url: str, more: str, said: str
) -> None:
    service.url = url
    with pytest.raises(InputError, match=said):
        read(tmp_path, service, more)


def test_without_an_inventory_there_is_no_secret(tmp_path: Path, service: Service) -> None:
    read(tmp_path, service)
    with pytest.raises(InputError, match="the secret 'idp' is needed"):
        load(tmp_path / "source.yml", "example.test")
