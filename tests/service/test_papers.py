"""Papers: everything that is in the data is on the page, nothing else runs there, the same data is the same file."""

import asyncio
import hashlib
import io
import re
from collections.abc import AsyncIterator, Iterator
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import msgspec
import pytest
from playwright.async_api import Page

from service import apart, db, jobs, papers, pdf, reports
from service.language import LANGUAGES
from tests.make_papers import MADE, PLAIN, data_of, moderation
from tests.service.conftest import Market, Person, at_work, refused
from tests.service.test_pdf import can_print, faults, text_of
from tests.service.test_screen import browser, in_a_browser, inaccessible, page, shown

__all__ = ["browser", "page"]

KINDS = sorted(papers.PAPERS)
prints = pytest.mark.skipif(not can_print(), reason=f"no PDF without system libraries: {pdf.MEND}")
quiet = pytest.mark.filterwarnings("ignore:.*sRGB2014:pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
async def worker(market: Market) -> AsyncIterator[None]:
    """Somebody who makes the files that are asked for."""
    async with at_work(market, papers.duties):
        yield


async def made(person: Person, path: str) -> httpx.Response:
    """Ask until the file is there."""
    answer = await person.get(path)
    while answer.status_code == 202:
        await asyncio.sleep(0.2)
        answer = await person.get(answer.headers["location"])
    assert answer.status_code == 200, answer.text
    return answer


def words_of(html: str) -> str:
    """The text of a page, without marks."""
    body = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


UNTOLD = {
    "opening": r"tender/(title|buyer|lot_title)",
    "procedure": r"report/missing/\d+/mend|report/lots/\d+/(abnormally_low/\d+/reason|annulled/\d+/recommendation)",
    "scoring-sheet": r"example/.*",
    "simulation": r"simulation/lot/criteria/0/description",
    "letter": r"letter/(title|lot)|letter/winner/(debriefing|disqualification|why_not_awarded|participation/.*)",
}
"""What stands in the data more than once and is printed once, or is for machines."""


def marked(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every place at which the foreign text stands, with a mark of its own."""
    if value == PLAIN:
        yield path, "mark" + hashlib.sha256(path.encode()).hexdigest()[:8]
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in children:
        yield from marked(child, f"{path}/{name}".lstrip("/"))


def with_marks(value: Any, marks: dict[str, str], path: str = "") -> Any:
    """The same with the marks in their places."""
    if isinstance(value, dict):
        return {name: with_marks(child, marks, f"{path}/{name}".lstrip("/")) for name, child in value.items()}
    if isinstance(value, list):
        return [with_marks(child, marks, f"{path}/{number}".lstrip("/")) for number, child in enumerate(value)]
    return marks.get(path, value)


@pytest.mark.parametrize("kind", KINDS)
def test_everything_that_people_have_written_is_on_the_page(kind: str):
    """Each field is told apart by a text of its own: what is kept and not printed would be found missing."""
    data = msgspec.json.decode(data_of(kind))
    marks = dict(marked(data))
    page = words_of(papers.typeset_paper(kind, msgspec.json.encode(with_marks(data, marks)), "en"))
    missing = {path for path, mark in marks.items() if mark not in page}
    assert {path for path in missing if not re.fullmatch(UNTOLD.get(kind, "-"), path)} == set()
    assert len(marks) > 3


@pytest.mark.parametrize("kind", KINDS)
def test_a_foreign_text_is_printed_and_does_nothing(kind: str):
    hostile = "<script>alert(1)</script>{{ 7 * 7 }}<svg onload=x>"
    html = papers.typeset_paper(kind, data_of(kind, hostile), "en")
    assert "<script" not in html
    assert "<svg" not in html
    assert "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;{{ 7 * 7 }}&lt;svg onload=x&gt;</bdi>" in html


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_has_one_first_heading_and_a_language(kind: str):
    html = papers.typeset_paper(kind, data_of(kind), "en")
    levels = [int(level) for level in re.findall(r"<h([1-6])", html)]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert '<html lang="en">' in html
    assert " style=" not in html


FIGURES = re.compile(r"-?[0-9]+\.[0-9]+")


@prints
@quiet
@pytest.mark.parametrize("lang", ["en", "el"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_paper_is_archival_accessible_and_carries_its_data(kind: str, lang: str, tmp_path: Path):
    """Every decimal of the data can be read in it, and the data is inside; another process makes the same bytes."""
    import pikepdf

    data = data_of(kind)
    file, html = apart.run_now(papers.print_paper, kind, data, lang)
    assert faults(file) == []
    assert html == papers.shown_paper(kind, data, lang)
    with pikepdf.open(io.BytesIO(file)) as opened:
        inside = {name: spec.get_file().read_bytes() for name, spec in opened.attachments.items()}
    assert inside == {f"{papers.PAPERS[kind].file}.json": data}
    text = text_of(file, tmp_path)
    figures = set(figures_of(msgspec.json.decode(data)))
    assert figures or kind == "procedure"
    assert {figure for figure in figures if LANGUAGES[lang].number(figure) not in text} == set()
    if lang == "en":
        assert apart.run_now(papers.print_paper, kind, data, lang) == (file, html)


def figures_of(value: Any) -> Iterator[str]:
    """Every decimal with a point that the data prints; an example's and a trial's own steps are told elsewhere."""
    if isinstance(value, str) and FIGURES.fullmatch(value):
        yield value
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in children:
        if name not in {"chain", "under_others", "intervals", "reversals", "lot", "fails_at"}:
            yield from figures_of(child)


@prints
@pytest.mark.usefixtures("worker")
async def test_a_paper_is_made_once_for_its_data_and_written_in_the_log(market: Market):
    tender, _ = await market.opened()
    path = f"/lots/{tender['lots'][0]['id']}/opening/record"
    first = await market.auditor.get(f"{path}.pdf")
    assert (first.status_code, first.headers["retry-after"]) == (202, "2")
    assert first.json() == {"location": first.headers["location"]}
    answer = await made(market.auditor, f"{path}.pdf")
    digest = hashlib.sha256(answer.content).hexdigest()
    assert answer.headers["etag"] == f'"{digest}"'
    assert 'filename="opening-record-' in answer.headers["content-disposition"]
    entries = [entry["data"] for entry in await market.log(tender) if entry["kind"] == "paper.stored"]
    assert [(entry["paper"], entry["digest"]) for entry in entries] == [("opening", digest)]
    for held in (f'"{digest}"', f'"0", W/"{digest}"', "*"):
        again = await market.officer.send("GET", f"{path}.pdf", If_None_Match=held)
        assert (again.status_code, again.content) == (304, b""), held
    assert (await market.officer.send("GET", f"{path}.pdf", If_None_Match='"0"')).status_code == 200
    kept = await market.owner.fetchval(
        "SELECT html FROM paper_files JOIN papers ON papers.id = paper_id WHERE about_id = $1", tender["lots"][0]["id"]
    )
    assert (await market.auditor.get(f"{path}.html")).text == kept


async def test_what_has_changed_since_is_another_paper(market: Market):
    """Whoever comes too late after the opening stands in the record from then on; the earlier record stays."""
    tender, _ = await market.opened()
    path = f"/lots/{tender['lots'][0]['id']}/opening/record.pdf"
    assert (await market.auditor.get(path)).status_code == 202
    assert (await market.auditor.get(path)).status_code == 202
    refused(await market.cedar.submit(tender), 409, "submission-deadline-passed")
    assert (await market.auditor.get(path)).status_code == 202
    rows = await market.owner.fetch(
        "SELECT data::bytea AS data FROM papers WHERE about_id = $1 ORDER BY asked_at", tender["lots"][0]["id"]
    )
    assert [market.cedar.name.encode() in row["data"] for row in rows] == [False, True]


async def test_a_page_on_a_screen_runs_and_loads_nothing(market: Market):
    tender, _ = await market.opened()
    answer = await market.auditor.get(f"/lots/{tender['lots'][0]['id']}/opening/record.html")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert reports.content_policy(answer.text) == policy
    assert market.birch.name.replace("&", "&amp;") in answer.text


@in_a_browser
@pytest.mark.parametrize("kind", KINDS)
async def test_a_paper_has_no_fault_in_a_browser(page: Page, kind: str):
    """No error, nothing sideways on a telephone or a desk, and nothing that axe finds."""
    assert await shown(page, papers.shown_paper(kind, data_of(kind), "en")) == []
    assert await inaccessible(page) == []


async def test_a_paper_that_cannot_be_made_says_why(market: Market):
    tender, _ = await market.opened()
    path = f"/lots/{tender['lots'][0]['id']}/opening/record.pdf"
    await market.auditor.get(path)
    paper_id = await market.owner.fetchval("SELECT id FROM papers WHERE about_id = $1", tender["lots"][0]["id"])

    async def without_library(_pool: asyncpg.Pool, _payload: str) -> None:
        raise jobs.JobError("libpango is missing.", mend="apt-get install libpango-1.0-0", final=True)

    async with await db.open_pool(market.dsn, connections=1) as pool:
        await jobs.attempt(pool, without_library, papers.DUTY, str(UUID(str(paper_id))))
    problem = refused(await market.auditor.get(path), 503, "report-failed")
    assert "libpango is missing." in problem["detail"]


async def test_a_paper_comes_in_the_readers_language_or_else_in_the_tenders(market: Market):
    """What is asked for, else what a reader's program prefers, else what the buyer has chosen; else English."""
    tender, _ = await market.opened(language="el")
    record = f"/lots/{tender['lots'][0]['id']}/opening/record"
    for asked, preferred, lang in (
        ("", {}, "el"),
        ("", {"Accept_Language": "tlh, de-AT;q=0.5"}, "de"),
        ("", {"Accept_Language": "tlh"}, "el"),
        ("?lang=en", {"Accept_Language": "de"}, "en"),
    ):
        page = await market.auditor.send("GET", f"{record}.html{asked}", **preferred)
        assert f'<html lang="{lang}">' in page.text
        assert page.headers["content-language"] == lang
        assert page.headers["vary"] == "Accept-Language", "no cache gives one reader's language to another"
    queued = await market.auditor.get(f"{record}.pdf")
    assert queued.headers["location"] == f"{record}.pdf?lang=el", "whoever follows it gets what was asked for"
    other, _ = await market.opened()
    page = await market.auditor.get(f"/lots/{other['lots'][0]['id']}/opening/record.html")
    assert page.headers["content-language"] == "en"


@pytest.mark.parametrize("form", ["pdf", "html"])
async def test_a_language_that_nobody_translated_is_refused(market: Market, form: str):
    tender, _ = await market.opened()
    answer = await market.auditor.get(f"/lots/{tender['lots'][0]['id']}/opening/record.{form}?lang=tlh")
    refused(answer, 422, "language-unknown")


def test_a_formula_that_was_tried_twice_is_told_apart_by_its_parameters():
    page = words_of(papers.typeset_paper("simulation", data_of("simulation"), "en"))
    assert {f"k = {number}" in page for number in (2, 3)} == {True}
    assert "x = 0.80" in page
    assert "base = 2" not in page, "what was tried once needs no telling"


def column(html: str, caption: str, place: int) -> list[str]:
    """The cells of a column of figures, as they stand in the table below a caption."""
    table = html.partition(caption)[2].partition("</table>")[0]
    rows = (re.findall(r'<td class="figure[^"]*">(.*?)</td>', row) for row in table.split("</tr>"))
    return [re.sub(r"<[^>]*>", "", cells[place]) for cells in rows if len(cells) > abs(place) - (place < 0)]


@pytest.mark.parametrize(
    ("kind", "caption", "place"),
    [
        ("simulation", "Ranks and totals", 0),
        ("simulation", "What each criterion really decided", 1),
        ("scoring-sheet", "How example bid C earns its points", 2),
        ("letter", "Scores of ", -1),
    ],
)
def test_the_figures_of_a_column_stand_on_their_points(kind: str, caption: str, place: int):
    """Right-aligned, 40 and 12.5 and 7.25 are all followed by as much as the longest has behind its point."""
    cells = column(papers.typeset_paper(kind, data_of(kind), "en"), caption, place)
    figures = [cell for cell in cells if cell != "–"]
    assert len(figures) > 1
    behind = {len(re.sub(r"^[\d,−]*", "", figure)) for figure in figures}
    assert len(behind) == 1, figures


def test_every_kind_of_paper_has_an_example_to_look_at():
    assert MADE.keys() == papers.PAPERS.keys()


def test_a_moderation_of_many_questions_is_made_in_parts():
    """Each criterion is one: a panel's two thousand questions in one piece took more memory than a process has."""
    paper = moderation()
    (judged,) = paper.judged
    asked = judged.questions[0]

    def parts(questions: int) -> tuple[str, ...]:
        many = msgspec.structs.replace(judged, questions=(asked,) * questions)
        data = msgspec.json.encode(msgspec.structs.replace(paper, judged=(many,) * 3))
        return pdf.parts_of(papers.typeset_paper("moderation", data, "en"))

    assert len(parts(33)) == 1
    assert [part.count('class="question"') for part in parts(34)] == [34, 34, 34]
