"""The page says the verdict, shows all of it, and obeys nothing that it shows."""

from __future__ import annotations

import ast
import itertools
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from tests.unit.test_verify_report.runs import (
    ATTACKS,
    FAILING,
    HOST,
    finding,
    hostile,
    many,
    of,
    seen,
    waiver,
)
from verify import catalogue
from verify.model import Status
from verify.report import page, words
from verify.report.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from verify.model import Run

BROWSER = Path("/usr/bin/chromium")
LANGUAGES = pytest.mark.parametrize("language", words.LANGUAGES)


def drawn(run: Run, language: str = "en", **fields: object) -> str:
    return page.drawn(seen(run, **fields), language, version="0.1.0")  # type: ignore[arg-type]


def sentence(run: Run, language: str = "en") -> str:
    return page.sentence(seen(run), words.Words(language))


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    if not BROWSER.exists():
        pytest.skip("no chromium on this machine")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield chromium.new_page(viewport={"width": 1280, "height": 900})
        chromium.close()


def opened(browser: Page, text: str, folder: Path) -> list[str]:
    """Open the page; return what it tried: dialogs, requests, console lines, errors."""
    path = folder / "report.html"
    path.write_text(text, encoding="utf-8")
    tried: list[str] = []
    heard = {
        "dialog": lambda d: (tried.append(f"dialog {d.message}"), d.dismiss()),
        "request": lambda r: tried.append(f"request {r.url}") if r.url != path.as_uri() else None,
        "console": lambda m: tried.append(f"console {m.text}"),
        "pageerror": lambda e: tried.append(f"error {e}"),
    }
    for event, handler in heard.items():
        browser.on(event, handler)  # type: ignore[call-overload]
    try:
        browser.goto(path.as_uri())
        for summary in browser.locator("summary").all():
            summary.click()
        browser.wait_for_timeout(50)
    finally:
        for event, handler in heard.items():
            browser.remove_listener(event, handler)
    return tried


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
def test_nothing_that_a_host_says_runs_or_breaks_out(
    browser: Page, tmp_path: Path, attack: str
) -> None:
    text = drawn(hostile(attack), "nl", waivers=(waiver(reason=attack, owner=attack),))
    assert opened(browser, text, tmp_path) == []
    assert browser.locator("script, iframe, img, object, embed, base, form, link").count() == 0
    assert browser.evaluate("document.body.getAttributeNames()") == []
    assert browser.locator("svg.map").count() == 1
    assert browser.locator("svg:not(.map, .map svg)").count() == 0
    assert browser.locator("main").evaluate("e => e.parentElement === document.body")
    assert browser.locator("footer").evaluate("e => e.parentElement === document.body")
    handlers = "[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames())"
    assert browser.evaluate(f"{handlers}.filter(n => n.startsWith('on') || n === 'style')") == []
    links = browser.eval_on_selector_all("a", "found => found.map(a => a.getAttribute('href'))")
    assert all(re.fullmatch(r"#[\w-]+|report\.(nl|en)\.html", link) for link in links)


def test_the_detector_sees_an_attack_that_works(browser: Page, tmp_path: Path) -> None:
    """Else the test above could not fail."""
    text = drawn(FAILING).replace("<main>", "<main><script>alert(1)</script>", 1)
    refused = opened(browser, text, tmp_path)
    assert any("Content Security Policy" in line for line in refused)
    open_gate = re.sub(r"<meta http-equiv=[^>]*>", "", text)
    assert opened(browser, open_gate, tmp_path) == ["dialog 1"]


@LANGUAGES
def test_what_reorders_or_hides_is_shown_as_itself(language: str) -> None:
    text = drawn(hostile("safe\u202egnp.exe\u200b\x00\u2028"), language)
    assert "safe[U+202E]gnp.exe[U+200B][U+0000][U+2028]" in text
    assert not set(text) & set("\u202e\u200b\x00\u2028")


def test_text_of_people_stays_as_it_is() -> None:
    text = "G\u00fcl\u015fah Y\u0131ld\u0131z, \u682a\u5f0f, \u0395\u03bb\u03ac\u03c2, \U0001f44d"
    assert visible(text) == text
    assert visible("a" * 700).endswith("[+100]")


@LANGUAGES
@pytest.mark.parametrize("count", [0, 5, 200, 2000])
def test_the_map_is_whole_and_readable_with_few_and_with_many(
    browser: Page, tmp_path: Path, count: int, language: str
) -> None:
    assert opened(browser, drawn(many(count), language), tmp_path) == []
    wide = browser.evaluate("document.documentElement.scrollWidth")
    assert wide <= 1280, "the page scrolls sideways"
    outside = """() => {
      const map = document.querySelector('svg.map').getBoundingClientRect();
      return [...document.querySelectorAll('svg.map text, svg.map rect')].filter(e => {
        const box = e.getBoundingClientRect();
        return box.right > map.right + 1 || box.bottom > map.bottom + 1 || box.left < map.left - 1;
      }).map(e => e.textContent);
    }"""
    assert browser.evaluate(outside) == []
    spill = """() => [...document.querySelectorAll('svg.map g')].filter(g => {
      const [, name, count] = g.querySelectorAll('text');
      return name.getBoundingClientRect().right > count.getBoundingClientRect().left;
    }).map(g => g.textContent)"""
    assert browser.evaluate(spill) == [], "an owner's name runs into its number"
    size = browser.evaluate(
        "parseFloat(getComputedStyle(document.querySelector('svg.map text')).fontSize)"
        " * document.querySelector('svg.map').getScreenCTM().a"
    )
    assert size >= 11
    assert browser.evaluate("document.querySelector('svg.map').viewBox.baseVal.height") < 4300


def test_the_sentence_the_map_and_the_table_count_the_same_layers_unseen() -> None:
    """L15 was looked at, and nothing is there; L1 was not; L7 is known by what a control named."""
    none = {"endpoint": "", "jurisdiction": "", "owner": "", "sources": ()}
    run = of(
        *(finding(layer=f"L{n}", jurisdiction="NL") for n in range(1, 18) if n not in (1, 7, 15)),
        finding(Status.NOT_TESTED, layer="L1", **none),
        finding(layer="L7", endpoint="issuer: CN=x", sources=()),
        finding(layer="L15", **none),
    )
    text = drawn(run)
    assert "In 1 of 17 layers nothing was seen" in page.limits(seen(run), words.Words("en"))
    assert text.count(">nothing seen<") == 2, "in the map and in the table"
    assert text.count(">no endpoint<") == 2
    assert text.count(">1 endpoint, named by a control<") == 1


def test_every_dependency_of_the_map_is_in_the_register(browser: Page, tmp_path: Path) -> None:
    opened(browser, drawn(many(200)), tmp_path)
    rows = browser.locator("table", has_text="Register of dependencies").first.inner_text()
    assert all(f"Owner number {n} " in rows for n in range(200))


@LANGUAGES
@pytest.mark.parametrize("media", ["screen", "print"])
def test_contrast_is_enough_for_everybody(
    browser: Page, tmp_path: Path, language: str, media: str
) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1, computed for every text on what is behind it."""
    run = replace(FAILING, hosts=(HOST, replace(HOST, name="x", reached=False, error="no")))
    opened(browser, drawn(run, language, before=of(), waivers=(waiver(),)), tmp_path)
    browser.emulate_media(media=media)  # type: ignore[arg-type]
    poor = browser.evaluate(_CONTRAST)
    browser.emulate_media(media="screen")
    assert poor == []


_CONTRAST = """() => {
  const rgb = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => {
    if (element.closest('svg')) {
      const box = element.closest('g')?.querySelector('rect');
      return box ? rgb(getComputedStyle(box).fill) : [243, 246, 248];
    }
    for (let e = element; e; e = e.parentElement) {
      const [r, g, b, a] = rgb(getComputedStyle(e).backgroundColor);
      if (a === undefined || a > 0) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || ['TITLE', 'DESC', 'title', 'desc'].includes(e.tagName)) continue;
    const style = getComputedStyle(e);
    const ink = light(rgb(e.closest('svg') ? style.fill : style.color)), paper = light(behind(e));
    const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${e.tagName} ${e.textContent.slice(0, 40)}`);
  }
  return poor;
}"""


@LANGUAGES
def test_it_can_be_read_with_a_screen_reader(browser: Page, tmp_path: Path, language: str) -> None:
    opened(browser, drawn(FAILING, language), tmp_path)
    assert browser.locator("html").get_attribute("lang") == language
    levels = browser.eval_on_selector_all(
        "h1, h2, h3, h4", "found => found.map(h => +h.tagName[1])"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
    assert browser.locator("th:not([scope])").count() == 0
    map_ = browser.locator("svg.map")
    assert map_.get_attribute("role") == "img"
    for name in ("aria-labelledby", "aria-describedby"):
        assert browser.locator(f"#{map_.get_attribute(name)}").text_content()
    twice = "const ids = [...document.querySelectorAll('[id]')].map(e => e.id);"
    assert browser.evaluate(f"() => {{{twice} return ids.length - new Set(ids).size}}") == 0


@LANGUAGES
def test_it_fits_a_telephone(browser: Page, tmp_path: Path, language: str) -> None:
    """WCAG 2.2, 1.4.10: only tables and the map scroll sideways, not the page."""
    browser.set_viewport_size({"width": 320, "height": 800})
    try:
        opened(browser, drawn(many(50), language, waivers=(waiver(),)), tmp_path)
        assert browser.evaluate("document.documentElement.scrollWidth") == 320
    finally:
        browser.set_viewport_size({"width": 1280, "height": 900})


def test_every_requirement_says_what_it_is_about() -> None:
    for control in catalogue.controls().values():
        for framework, requirements in control.frameworks.items():
            for requirement in requirements:
                named = framework == "csf"  # its objectives have their own words
                assert named or words.Words("nl").topic(framework, requirement), requirement


def test_what_was_not_tested_stands_once_for_its_hosts(browser: Page, tmp_path: Path) -> None:
    lacks = {"control": "KW-LOC-01", "endpoint": "", "component": "", "sources": ()}
    lacks |= {"layer": "L1", "reason": "a lab has no data centre of its own"}
    names = ("mail1", "web1", "data1")
    found = [finding(Status.NOT_TESTED, host=name, **lacks) for name in names]
    other = finding(Status.NOT_TESTED, host="dns1", **{**lacks, "reason": "it is elsewhere"})
    opened(browser, drawn(of(*found, other)), tmp_path)
    table = browser.locator("h3:has-text('Not tested') + .scroll tbody")
    assert table.locator("tr").count() == 1
    assert table.locator("li").all_inner_texts() == [
        "mail1, web1, data1: a lab has no data centre of its own",
        "dns1: it is elsewhere",
    ]
    assert all(table.locator(f"#f-{one.id}").count() == 1 for one in (*found, other))


@pytest.mark.parametrize("media", ["screen", "print"])
def test_no_name_breaks_inside_a_word(browser: Page, tmp_path: Path, media: str) -> None:
    """For a name in a table there is room; a hyphen or a slash may end a line, a letter not."""
    host = "webmail.kootwijk.test"
    url = "https://files.department.kootwijk.test/apps/files"
    run = of(
        finding(host=host, component="lemonldap_ng", endpoint=url, severity="medium"),
        finding(Status.NOT_TESTED, host=host, component="lemonldap_ng", reason="x" * 40),
        *many(60).findings,
    )
    opened(browser, drawn(run, "nl"), tmp_path)
    browser.emulate_media(media=media)  # type: ignore[arg-type]
    broken = browser.evaluate(_BROKEN, ["webmail.kootwijk.test", "lemonldap_ng", "midden"])
    browser.emulate_media(media="screen")
    assert broken == []


_BROKEN = """names => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), broken = [];
  while (texts.nextNode()) {
    const text = texts.currentNode;
    for (const name of names) {
      const at = text.textContent.indexOf(name), range = document.createRange();
      if (at < 0 || !text.parentElement.closest('td, th')) continue;
      range.setStart(text, at);
      range.setEnd(text, at + name.length);
      const lines = new Set([...range.getClientRects()].map(box => Math.round(box.top)));
      if (lines.size > 1) broken.push(name);
    }
  }
  return broken;
}"""


@pytest.mark.parametrize(
    ("reason", "dutch"),
    [
        (
            "nobody declared the data centre of this host in contracts.yml",
            "niemand heeft dit van deze host opgegeven in contracts.yml (datacentrum)",
        ),
        (
            "nothing overrides x.url: SIDN, NL; waived until 2027-02-25 by Ops: Why",
            "niets vervangt x.url: SIDN, NL; uitgezonderd tot en met 2027-02-25 door Ops: Why",
        ),
        ("not reached: ssh: {n}", "niet bereikt: ssh: {n}"),
        ("a form that nobody knows", ""),
        ("not reached: " + "x" * 100_000, ""),
    ],
)
def test_a_reason_of_a_known_form_is_said_in_dutch(reason: str, dutch: str) -> None:
    assert words.Words("nl").reason(reason) == dutch
    assert words.Words("en").reason(reason) == reason
    text = drawn(of(finding(Status.FAIL, reason=reason)), "nl")
    shown = f"<bdi>{dutch}</bdi>" if dutch else f'<bdi lang="en">{visible(reason)}</bdi>'
    assert f"<dt>Waarom</dt><dd>{shown}</dd>" in text


def test_the_forms_of_reasons_are_those_of_the_controls() -> None:
    """A reason is changed where it is made; then its Dutch is to be changed too."""
    made = set()
    verify = Path(words.__file__).parents[1]
    for path in (*verify.glob("controls/*.py"), verify / "waivers.py", verify / "run.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = [p.value if isinstance(p, ast.Constant) else "{}" for p in node.values]
                made.add("".join(map(str, parts)))
            elif isinstance(node, ast.Constant):
                made.add(str(node.value))
    for name, both in words.table(words.REASONS).items():
        assert re.sub(r"\{\w+\}", "{}", both["en"]) in made, name
        fields = [sorted(re.findall(r"\{\w+\}", text)) for text in both.values()]
        assert fields[0] == fields[1], name


def test_print_shows_what_the_screen_folds(browser: Page, tmp_path: Path) -> None:
    (tmp_path / "r.html").write_text(drawn(FAILING), encoding="utf-8")
    browser.goto((tmp_path / "r.html").as_uri())
    assert not browser.get_by_text("time.example.nl").last.is_visible()
    browser.emulate_media(media="print")
    shown = browser.get_by_text("time.example.nl").last.is_visible()
    browser.emulate_media(media="screen")
    assert shown
    assert browser.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_the_page_asks_for_nothing_from_elsewhere() -> None:
    text = drawn(FAILING)
    assert re.search(r"default-src 'none'; style-src 'sha256-[\w+/]{43}='", text)
    assert not re.search(r"<(script|link|img|iframe|object)\b|@import|url\(", text)


@pytest.mark.parametrize(
    ("run", "english", "dutch"),
    [
        (of(finding(jurisdiction="NL")), "No component was seen", "Van geen onderdeel is gezien"),
        (of(finding(Status.FAIL)), "1 dependency is under US law", "1 afhankelijkheid valt onder"),
        (
            of(*(finding(Status.FAIL, endpoint=f"{n}.example.com") for n in range(3))),
            "3 dependencies are under US law",
            "3 afhankelijkheden vallen onder",
        ),
        (
            of(finding(Status.UNKNOWN, jurisdiction="UNKNOWN", owner="")),
            "1 endpoint cannot be placed",
            "1 eindpunt kan niemand plaatsen",
        ),
        (of(finding(Status.WAIVED)), "Apart from 1 dependency", "Behalve van 1 afhankelijkheid"),
        (
            of(*(finding(Status.WAIVED, host=f"h{n}", endpoint=f"{n % 2}.nl") for n in range(14))),
            "Apart from 2 dependencies",
            "Behalve van 2 afhankelijkheden",
        ),
        (of(finding(Status.WAIVER_EXPIRED)), "past its last day", "over haar laatste dag heen"),
        (
            of(finding(Status.FAIL, control="KW-DEP-02", jurisdiction="", endpoint="")),
            "1 other finding is not met",
            "1 andere bevinding voldoet niet",
        ),
        (
            of(finding(), hosts=(HOST, replace(HOST, name="x", reached=False, error="no route"))),
            "no verdict, because 1 of 2 hosts",
            "geen oordeel, omdat 1 van 2 hosts",
        ),
    ],
)
def test_the_verdict_is_one_sentence(run: Run, english: str, dutch: str) -> None:
    assert english in sentence(run)
    assert dutch in sentence(run, "nl")
    assert english in drawn(run)


def test_a_missing_host_does_not_hide_what_fails() -> None:
    run = of(finding(Status.FAIL), hosts=(HOST, replace(HOST, name="x", reached=False)))
    assert "1 of 2 hosts" in sentence(run)
    assert "1 dependency is under US law" in sentence(run)


@pytest.mark.parametrize(
    ("status", "tone"),
    [(Status.PASS, "PASS"), (Status.WAIVED, "WAIVED"), (Status.FAIL, "FAIL")],
)
def test_only_a_pass_is_green(status: Status, tone: str) -> None:
    assert page.tone(seen(of(finding(status)))) == tone
    assert f'class="verdict v-{tone}"' in drawn(of(finding(status)))


def test_an_exception_shows_when_it_ends() -> None:
    run = of(finding(Status.WAIVED, waiver="relay"))
    assert "until 25 February 2027: 92 days left" in drawn(run, waivers=(waiver(),))
    ended = waiver(expiry=date(2026, 11, 24))
    assert "1 day past its end" in drawn(run, waivers=(ended,))
    assert "covers nothing in this run" in drawn(of(), waivers=(waiver(),))


def test_the_two_languages_have_the_same_words_and_fields() -> None:
    for name, both in words.table().items():
        assert set(both) == {"nl", "en"}, name
        fields = [sorted(set(re.findall(r"\{\w+\}", str(text)))) for text in both.values()]
        assert fields[0] == fields[1], name
        assert isinstance(both["nl"], list) == isinstance(both["en"], list), name


def test_an_unknown_word_of_a_later_version_does_not_stop_the_page() -> None:
    run = of(finding(jurisdiction="MARS", criticality="sometimes", grade="E9", severity="odd"))
    assert "MARS" in drawn(run)
