"""A report in another language is the same report: the same parts, tables and digits, with no English left over."""

import html as markup
import re
from collections import Counter
from decimal import Decimal
from functools import cache

import msgspec
import pytest

from service import papers, pdf, typeset
from service.contract_paper import ContractPaper
from service.language import LANGUAGES
from service.monitoring import Due
from service.papers import PAPERS
from service.report_document import ReportDocument
from service.report_view import methods_of, rules_of
from service.shortfalls import Charge
from tests.make_papers import data_of
from tests.make_reports import report_with_prices_apart, retrofit_report
from tests.service.test_papers import words_of
from tests.service.test_pdf import can_print, faults

OTHERS = [code for code in LANGUAGES if code != "en"]
DOCUMENTS = {"one key": retrofit_report(), "prices apart": report_with_prices_apart()}
OURS = re.compile(r"\b(the|of|and|was|were|with|which|bids?|opened|ranked|weighting)\b")


@cache
def report(name: str, lang: str) -> str:
    """A report in a language, laid out once."""
    return typeset.typeset(DOCUMENTS[name], lang)


@cache
def paper(kind: str, lang: str) -> str:
    """The same for a paper."""
    return papers.typeset_paper(kind, data_of(kind), lang)


def parts_of(html: str) -> tuple[list[str], list[str]]:
    """The tags in their order, without the translation's own notice, and the words between them."""
    body = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    body = re.sub(r'<p class="small soft translation">.*?</p>\n?', "", body, flags=re.DOTALL)
    return re.findall(r"</?(\w+)", body), [markup.unescape(text) for text in re.split(r"<[^>]*>", body)]


def ours(html: str, document: ReportDocument) -> list[str]:
    """What we wrote: without what people wrote, and without sources, which are cited as they were published."""
    body = re.sub(r"<style>.*?</style>|<bdi>.*?</bdi>|<text.*?</text>", "", html, flags=re.DOTALL)
    written = set(re.findall(r'"((?:[^"\\]|\\.)*)"', msgspec.json.encode(document).decode()))
    written |= {method.about.get("Source", "") for method in methods_of(document, rules_of(document))}
    written.add(f"{document.tender.reference} · {document.tender.title}" if document.tender else "")
    found = (markup.unescape(text).strip() for text in re.split(r"<[^>]*>", body))
    return [text for text in found if text and text not in written]


@pytest.mark.parametrize("lang", OTHERS)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_two_languages_have_the_same_headings_tables_and_digits(lang: str, name: str):
    tags, words = parts_of(report(name, "en"))
    other_tags, other_words = parts_of(report(name, lang))
    assert other_tags == tags
    assert len(other_words) == len(words)
    for english, theirs in zip(words, other_words, strict=True):
        assert Counter(re.findall(r"\d", theirs)) == Counter(re.findall(r"\d", english)), (english, theirs)


@pytest.mark.parametrize("lang", OTHERS)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_nothing_of_ours_stays_english(lang: str, name: str):
    document = DOCUMENTS[name]
    english, theirs = (ours(report(name, code), document) for code in ("en", lang))
    left = [text for text in theirs if text in english and OURS.search(text)]
    assert left == []


@pytest.mark.parametrize("lang", OTHERS)
def test_the_report_says_that_nobody_reviewed_its_translation(lang: str):
    assert 'class="small soft translation"' in report("one key", lang)
    assert 'class="small soft translation"' not in report("one key", "en")


@pytest.mark.skipif(not can_print(), reason=f"no PDF without system libraries: {pdf.MEND}")
@pytest.mark.parametrize("lang", OTHERS)
def test_the_fonts_have_every_character_of_a_language(lang: str):
    """The narrow space of French, Greek, Cyrillic and Polish letters: nothing is printed as a box."""
    html = report("one key", lang)
    assert pdf._printable(html).count(pdf.UNPRINTABLE) == html.count(pdf.UNPRINTABLE)


@pytest.mark.skipif(not can_print(), reason=f"no PDF without system libraries: {pdf.MEND}")
@pytest.mark.filterwarnings("ignore:.*sRGB2014:pytest.PytestUnraisableExceptionWarning")
def test_a_greek_report_is_archival_and_accessible_in_one_file():
    assert faults(pdf.render(typeset.sheet(DOCUMENTS["one key"], "el"))) == []


@pytest.mark.parametrize("lang", OTHERS)
@pytest.mark.parametrize("kind", PAPERS)
def test_every_paper_has_the_same_parts_and_digits_in_every_language(lang: str, kind: str):
    tags, words = parts_of(paper(kind, "en"))
    other_tags, other_words = parts_of(paper(kind, lang))
    assert other_tags == tags
    for english, theirs in zip(words, other_words, strict=True):
        assert Counter(re.findall(r"\d", theirs)) == Counter(re.findall(r"\d", english)), (english, theirs)


@pytest.mark.parametrize("lang", OTHERS)
@pytest.mark.parametrize("kind", PAPERS)
def test_nothing_of_ours_stays_english_in_a_paper(lang: str, kind: str):
    """Without what people wrote, and without law and formulas, which are cited as they were published."""
    texts = []
    for code in ("en", lang):
        body = re.sub(r"<style>.*?</style>|<bdi>.*?</bdi>|<text.*?</text>", "", paper(kind, code), flags=re.DOTALL)
        texts.append({markup.unescape(text).strip() for text in re.split(r"<[^>]*>", body)})
    english, theirs = texts
    written = data_of(kind).decode()
    left = (text for text in theirs & english if OURS.search(text))
    assert [text for text in left if msgspec.json.encode(text).decode().strip('"') not in written] == []


WARNED = (
    "A shortfall of Jobs has no agreed cost.\n\nName a compensation in its terms.",
    "Jobs, Hires count the same hires.\n\nHave deliveries name what they count.",
    "Jobs was scored with 40; the contract's targets ask for 20.",
    "50000.00 of the advantage at the award (100000.00 × 20 ÷ 40) is covered by no target.",
    "With value-added tax this contract may exceed 5000000 pounds, and nothing tells its rate.",
    "Find it out: above that, 3 indicators and notices are due. Source: the Act.",
)


def test_a_contract_s_warnings_dues_proofs_and_formulas_are_worded():
    """They are made of our sentences and of what people wrote: only the latter stays as it is."""
    made = msgspec.json.decode(data_of("contract"), type=papers.CONTRACT.document)
    assert isinstance(made, ContractPaper)
    promise = msgspec.structs.replace(
        made.promises[0],
        evidence=("timesheets", "Our own list"),
        charge=Charge(amount=Decimal(100), formula="1.5 × 90, at most 100"),
    )
    day = made.today
    due = (
        Due(kind="report", about="Jobs, period 2", due_on=day, title="Jobs", number=2),
        Due(kind="rectify", about="Jobs, step 1", due_on=day, title="Jobs", number=1),
        Due(kind="assess", about=f"indicators from {day}", due_on=day, begins_on=day),
        Due(kind="publish", about="UK9, assessment 1", due_on=day, title="UK9", number=1, notice="assessment"),
    )
    told = msgspec.structs.replace(made, warnings=WARNED, due=due, promises=(promise,))
    words = words_of(papers.typeset_paper("contract", msgspec.json.encode(told), "de"))
    for english in (
        "has no agreed cost",
        "Name a compensation",
        "count the same",
        "period 2",
        "step 1",
        "at most",
        "was scored",
        "covered by no",
        "may exceed",
        "Find it out",
    ):
        assert english not in words, english
    assert "timesheets" not in words
    for theirs in ("Our own list", "Zeitraum 2: Jobs", "Schritt 1: Jobs", "UK9: Bewertung 1", "höchstens 100"):
        assert theirs in words, theirs
