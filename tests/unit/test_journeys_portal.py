"""Journeys at the portal and with its tokens: what they read of pages, what they send."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from deploy import artifacts, inventory
from deploy.paths import DEFAULT_INVENTORY
from verify.journeys import doors, sieve, tokens
from verify.journeys.pages import Page
from verify.journeys.portal import AppPassword, Portal
from verify.journeys.stage import PROGRAM, JourneyError, Person, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

ANNA = Person("anna", "anna@a.test", "right")
LOGIN = """<form id="lform" method="post"><input type="hidden" name="token" value="t&amp;1">
<input id="userfield" name="user"></form>"""
ROW = """<tr id="app-{id}">
      <th scope="row">{name}</th>
      <td>{made}</td>"""
NEW = '<form id="new-app-password-form"><input type="hidden" name="token" value="t2"></form>'
HELD = '<form id="app-passwords-held"><input type="hidden" name="token" value="t3">{}</form>'


class Site:
    """A portal without a network: ``post`` says what a form's fields lead to."""

    def __init__(self, post: Callable[[str, dict[str, str]], str], listed: str = "") -> None:
        self._post, self.listed = post, listed
        self.sent: list[dict[str, str]] = []

    def get(self, url: str) -> Page:
        text = HELD.format(self.listed) + NEW if url.endswith("apppasswords") else LOGIN
        return Page(url, 200, "text/html", text)

    def post(self, url: str, fields: dict[str, str]) -> Page:
        self.sent.append(fields)
        return Page(url, 200, "text/html", self._post(url, fields))


def portal_at(site: Site) -> Portal:
    portal = Portal.__new__(Portal)
    portal.url, portal.person = "https://login.a.test/", ANNA
    portal.visitor = cast("Any", site)
    return portal


def test_an_app_password_is_read_from_the_page() -> None:
    site = Site(lambda *_: '<code id="new-app-password">abcd-2345-efgh-jkmn-pqrs</code>')
    made = portal_at(site).make('A "name" & 🐑')
    assert (made.secret, made.id) == ("abcd-2345-efgh-jkmn-pqrs", "abcd-2345")
    assert site.sent == [{"token": "t2", "name": 'A "name" & 🐑'}]


def test_a_page_without_one_is_a_failure() -> None:
    with pytest.raises(JourneyError, match="showed no app password"):
        portal_at(Site(lambda *_: "<main></main>")).make("phone")


def test_names_come_back_as_they_were_typed() -> None:
    listed = ROW.format(id="abcd-2345", name="&lt;b&gt; &amp; &quot;", made="2026-01-01")
    assert portal_at(Site(lambda *_: "", listed)).held() == {"abcd-2345": '<b> & "'}


def test_one_that_stays_after_it_was_removed_is_a_failure() -> None:
    listed = ROW.format(id="abcd-2345", name="x", made="2026-01-01")
    with pytest.raises(JourneyError, match="still lists"):
        portal_at(Site(lambda *_: "", listed)).remove(AppPassword("abcd-2345-efgh-jkmn-pqrs"))


def test_only_old_ones_of_the_journeys_own_are_forgotten() -> None:
    listed = "".join(
        ROW.format(id=i, name=name, made=made)
        for i, name, made in [
            ("aaaa-0001", PROGRAM, "2020-01-01"),
            ("aaaa-0002", "phone", "2020-01-01"),
            ("aaaa-0003", PROGRAM, "2999-01-01"),
        ]
    )
    site = Site(lambda *_: "", listed)

    def gone(_url: str, fields: dict[str, str]) -> str:
        site.listed = site.listed.replace(f"app-{fields['remove']}", "app-gone")
        return ""

    site._post = gone  # noqa: SLF001
    portal_at(site).forget_old()
    assert {sent["remove"] for sent in site.sent} >= {"aaaa-0001"}
    assert "aaaa-0002" not in {sent["remove"] for sent in site.sent}


def test_a_form_that_is_not_there_is_a_failure() -> None:
    page = Page("https://login.a.test/x", 200, "text/html", "<form></form>")
    with pytest.raises(JourneyError, match="has no lform"):
        portal_at(Site(lambda *_: ""))._form(page, "lform")  # noqa: SLF001


class Issuer(Site):
    """A portal that gives tokens."""

    def __init__(self, lands: str, answer: dict[str, str]) -> None:
        super().__init__(lambda *_: json.dumps(answer))
        self._lands = lands

    def location(self, url: str) -> str:
        state = url.partition("state=")[2].partition("&")[0]
        return self._lands.replace("STATE", state)

    def post(self, url: str, fields: dict[str, str]) -> Page:
        page = super().post(url, fields)
        return Page(page.url, page.status, "application/json", page.text)


class Secrets:
    def client_secret(self, client_id: str, domain: str) -> str:
        return f"{client_id}@{domain}"


BACK = "https://webmail.a.test/index.php/login/oauth"


def test_a_token_is_got_as_the_web_mail_gets_it() -> None:
    site = Issuer(f"{BACK}?code=c1&state=STATE", {"access_token": "a1"})
    assert tokens.mail_token(cast("Stage", Secrets()), portal_at(site)) == "a1"
    assert site.sent[0]["code"] == "c1"
    assert site.sent[0]["client_secret"] == "roundcube@a.test"


def test_another_services_token_is_of_one_that_was_not_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The portal knows no client whose service was left out."""
    stage = Stage(inventory.load(DEFAULT_INVENTORY))
    monkeypatch.setattr(artifacts, "on", lambda host: set(host.roles) - {"nextcloud"})
    portal = SimpleNamespace(person=Person("anna", "anna@kootwijk.test", "p"))
    monkeypatch.setattr(tokens, "_token", lambda *asked: asked[2])
    assert tokens.other_token(stage, cast("Portal", portal)) == "synapse"
    monkeypatch.setattr(artifacts, "on", lambda host: host.roles)
    assert tokens.other_token(stage, cast("Portal", portal)) == "nextcloud"


@pytest.mark.parametrize(
    ("lands", "said"),
    [
        ("", "to nowhere"),
        ("https://elsewhere.test/?code=c1&state=STATE", "to https://elsewhere.test/"),
        (f"{BACK}?code=c1&state=other", "sends who asks"),
    ],
)
def test_a_browser_that_is_sent_elsewhere_is_a_failure(lands: str, said: str) -> None:
    with pytest.raises(JourneyError, match=said):
        tokens.mail_token(cast("Stage", Secrets()), portal_at(Issuer(lands, {})))


def test_no_token_is_a_failure() -> None:
    site = Issuer(f"{BACK}?code=c1&state=STATE", {"error": "invalid_grant"})
    with pytest.raises(JourneyError, match="gave no token"):
        tokens.mail_token(cast("Stage", Secrets()), portal_at(site))


def test_a_door_that_opens_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "_calm", lambda _: None)
    stage = cast("Stage", None)

    def refuses(_who: Person, _secret: str) -> None:
        raise sieve.RefusedError('NO "Authentication failed."')

    assert doors.closed(stage, refuses, ANNA, "x") == 'NO "Authentication failed."'
    with pytest.raises(JourneyError, match="was let in"):
        doors.closed(stage, lambda *_: None, ANNA, "x")


def test_how_a_token_is_shown() -> None:
    assert sieve.bearer("anna", "t1") == "n,a=anna,\1auth=Bearer t1\1\1"
