"""Pages in a real browser: they load nothing, say no error, fit a telephone, and pass axe's rules of accessibility."""

import json
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from fontTools.ttLib import TTFont
from playwright.async_api import Browser, Page, Route, async_playwright

from service import pdf, screen, typeset
from service.reports import content_policy
from service.screen import for_screen
from tests.make_reports import report_named, retrofit_report
from tests.service.conftest import Market

CHROMIUM = shutil.which("chromium")
TELEPHONE, DESK = 375, 1280
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}

in_a_browser = pytest.mark.skipif(CHROMIUM is None, reason="no browser: make browser")


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Debian's own Chromium, without a sandbox because tests may run as root."""
    async with async_playwright() as library:
        opened = await library.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        await opened.close()


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    opened = await browser.new_page(viewport={"width": TELEPHONE, "height": 700})
    yield opened
    await opened.close()


async def serve(page: Page, html: str, address: str = "http://report.test/") -> None:
    """Show a page under the policy that the service sends with it."""

    async def answer(route: Route) -> None:
        headers = {"Content-Security-Policy": content_policy(html)}
        await route.fulfill(status=200, content_type="text/html; charset=utf-8", body=html, headers=headers)

    await page.route(address, answer)
    await page.goto(address)


WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll("body *")]
    .filter(one => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest(".sideways, .chart"))
    .map(one => one.outerHTML.slice(0, 120))"""


async def shown(page: Page, html: str | None = None, address: str = "http://report.test/") -> list[str]:
    """What is wrong when a page, given or from the service, is opened on a desk and on a telephone."""
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("requestfailed", lambda request: faults.append(f"not loaded: {request.url[:100]}"))
    if html is None:
        answer = await page.goto(address)
        assert answer is not None
        assert answer.status == 200, await answer.text()
    else:
        await serve(page, html, address)
    for width in (DESK, TELEPHONE):
        await page.set_viewport_size({"width": width, "height": 700})
        faults += await page.evaluate(WIDE)
    return faults


async def inaccessible(page: Page) -> list[str]:
    """What axe finds against the page that is open."""
    found = await Axe().run(page, options=RULES)
    return [f"{fault['id']}: {json.dumps(fault['nodes'][0]['html'])}" for fault in found.response["violations"]]


@in_a_browser
async def test_a_full_report_has_no_fault_at_any_width(page: Page):
    assert await shown(page, typeset.shown(retrofit_report())) == []
    assert await inaccessible(page) == []


@in_a_browser
async def test_words_without_end_break_and_foreign_scripts_stay_in_place(page: Page):
    hostile = "Ω" * 120 + " שלום <script>alert(1)</script> " + "W" * 200
    assert await shown(page, typeset.shown(report_named(hostile))) == []


@in_a_browser
async def test_the_service_s_own_pages_have_no_fault(page: Page, market: Market):
    _, _, run = await market.evaluated()
    await page.set_extra_http_headers({"Authorization": f"Bearer {market.moderator.key}"})
    assert await shown(page, address=f"{market.url}/evaluations/{run['id']}/report.html") == []
    assert await shown(page, address=f"{market.url}/methods") == []
    assert await inaccessible(page) == []


@in_a_browser
async def test_the_reference_page_loads_everything_from_here(page: Page, market: Market):
    """What it shows is Swagger UI's own; what it loads is ours."""
    asked: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    await page.goto(f"{market.url}/docs")
    await page.get_by_text("Reference").first.wait_for()
    assert errors == []
    assert [url for url in asked if not url.startswith((market.url, "data:"))] == []


@in_a_browser
async def test_the_keyboard_skips_the_cover_and_sees_where_it_is(page: Page):
    await serve(page, typeset.shown(retrofit_report()))
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.className") == "skip"
    assert await page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    assert await page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/#contents")


@in_a_browser
async def test_a_wide_table_scrolls_by_itself_when_the_keyboard_asks(page: Page):
    await serve(page, typeset.shown(retrofit_report()))
    table = page.locator(".sideways", has_text="Ranks and totals").first
    await table.focus()
    await page.keyboard.press("ArrowRight")
    await table.evaluate(
        "one => new Promise(done => one.scrollLeft > 0 ? done() : one.addEventListener('scroll', done, {once: true}))"
    )
    assert await table.evaluate("one => one.scrollLeft") > 0


@in_a_browser
async def test_the_browser_uses_the_type_that_the_page_carries(page: Page):
    await serve(page, typeset.shown(retrofit_report()))
    await page.evaluate("document.fonts.ready.then(() => 0)")
    loaded = await page.evaluate("[...document.fonts].filter(one => one.status == 'loaded').map(one => one.family)")
    assert {name.strip('"') for name in loaded} == {"Source Sans 3", "Source Serif 4 Display"}


@in_a_browser
async def test_the_browser_does_find_faults(page: Page):
    """Control: a script under the policy, a line that is too wide, a picture that says nothing."""
    bad = (
        '<!doctype html><html lang="en"><head><title>Bad</title><style>p { color: red }</style></head><body><main>'
        '<h1>Bad</h1><script>1</script><p><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" ></p>'
        '<table width="900"><tr><td>1</td></tr></table></main></body></html>'
    )
    faults = await shown(page, bad)
    assert any("script" in fault for fault in faults)
    assert any(fault.startswith("<table") for fault in faults)
    assert any(fault.startswith("image-alt") for fault in await inaccessible(page))


# Without a browser


def test_every_table_and_chart_lies_in_a_box_of_its_own():
    paper = typeset.typeset(retrofit_report())
    shown = for_screen(paper)
    assert shown.count('<div class="sideways" role="group" tabindex="0" aria-label="') == paper.count("<table") > 5
    assert shown.count("</table></div>") == paper.count("<table")
    assert shown.count('<figure class="chart" tabindex="0">') == paper.count("<svg") > 4


def test_a_name_in_a_caption_cannot_leave_its_attribute():
    shown = for_screen(typeset.typeset(report_named('" onfocus="alert(1)')))
    assert not re.search(r'<div[^>]* onfocus="', shown)
    assert "&#34; onfocus=" in shown


ALPHABETS = {
    "de": "äöüÄÖÜß",
    "fr": "àâæçéèêëîïôœùûüÿ«»\u202f",
    "es": "áéíñóúü¿¡",
    "it": "àèéìòù",
    "pt": "áâãàçéêíóôõú",
    "pl": "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ",
    "nl": "áéíóúèëïöü",
    "el": "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΆΈΉΊΌΎΏ",
    "bg": "абвгдежзийклмнопрстуфхцчшщъьюяѝАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЬЮЯ",
    "signs": "€£–—…“”‘’·−×₂₀²→←▲≤≥\u00a0\u2007",
}


FACES = [*sorted(pdf.FONTS.glob("*.ttf")), *sorted(screen.FONTS.glob("*.woff2"))]


@pytest.mark.parametrize("face", FACES, ids=lambda path: path.stem)
def test_every_face_has_every_letter_of_the_languages(face: Path):
    known = TTFont(face).getBestCmap()
    missing = {language: [sign for sign in signs if ord(sign) not in known] for language, signs in ALPHABETS.items()}
    assert {language: signs for language, signs in missing.items() if signs} == {}


def test_the_faces_of_a_screen_bear_another_name_and_their_makers():
    """Their licence reserves the name for what was not changed."""
    for _, _, name in screen.FACES:
        face: Any = TTFont(screen.FONTS / f"{name}.woff2")
        assert "Source" not in face["name"].getDebugName(4)
        assert "Adobe" in face["name"].getDebugName(0)
