"""A report in another language is the same report: the same parts, tables and digits, with no English left over."""

import html as markup
import re
from collections import Counter
from decimal import Decimal
from functools import cache
from typing import get_args
from uuid import UUID

import msgspec
import pytest

from scoring import OpenedBid, Step, technical_failures
from scoring.moderation import ConsensusFault, Mark, check_consensus
from service import letter_words, opening, opening_paper, papers, pdf, typeset, unsealing
from service.contract_paper import ContractPaper
from service.language import LANGUAGES
from service.monitoring import Due
from service.papers import PAPERS
from service.report_document import ReportDocument, SealedPrice
from service.report_view import methods_of, rules_of
from service.shortfalls import Charge
from service.submissions import NamedDocument, Variant
from tests.make_papers import data_of
from tests.make_reports import OPENED_AT, RETROFIT, SCALE, lot_of, report_with_prices_apart, retrofit_report
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


def with_fault(fault: str) -> opening_paper.OpeningPaper:
    """An opening record in which something was wrong with an envelope, in the service's own words."""
    made = msgspec.json.decode(data_of("opening"), type=opening_paper.OpeningPaper)
    (first, *others) = made.entries
    reason = " ".join(step.sentence for step in failed())
    prices = msgspec.structs.replace(made.opening, stay_sealed=(SealedPrice(supplier="Birch", reason=reason),))
    entries = (msgspec.structs.replace(first, fault=fault), *others)
    return msgspec.structs.replace(made, entries=entries, opening=prices)


def failed() -> tuple[Step, ...]:
    """Why bids do not go on to the opening of the prices, as the engine says it."""
    rules = {
        "criteria": [
            {"id": "price", "weighting": "40", "unit": "GBP", "method": {"id": "P1"}},
            {"id": "plan", "title": "Plan 1.5", "weighting": "60", "minimum": "50.5", "method": SCALE},
            {"id": "fit", "title": "Fit", "weighting": "0", "method": {"id": "pass_fail"}},
        ]
    }
    values = {"plan": "2", "fit": "pass"}
    bids = (
        OpenedBid(id="a", values=values),
        OpenedBid(id="b", values=values | {"fit": "fail"}),
        OpenedBid(id="c", values=values, state="failed_selection"),
    )
    found = technical_failures(lot_of(rules), bids, {"price"})
    return tuple(step for one in found for step in one.reasons)


def faults_of_envelopes() -> list[str]:
    """What an opening finds wrong with envelopes, by the code that finds it."""
    bid = unsealing.SealedBid(
        bid_id=UUID(int=1),
        version=1,
        supplier_id=UUID(int=2),
        supplier="Alder",
        submitted_at=OPENED_AT,
        digest="ab" * 32,
        rules_digest="cd" * 32,
        size=1,
        header=None,
        contents=None,
        other_header=None,
        other_contents=None,
    )
    logged = unsealing.LoggedBid(
        kind="bid.submitted",
        at=OPENED_AT,
        intact=True,
        bid_id=bid.bid_id,
        supplier_id=bid.supplier_id,
        version=1,
        digest=bid.digest,
        rules_digest=bid.rules_digest,
        documents=None,
    )
    replace = msgspec.structs.replace
    others = (
        None,
        replace(logged, intact=False),
        replace(logged, version=2),
        replace(logged, supplier_id=UUID(int=3)),
        replace(logged, at=OPENED_AT.replace(year=2025)),
        replace(logged, rules_digest="ef" * 32),
        replace(logged, digest="ef" * 32),
        logged,
    )
    differences = [unsealing.find_difference(bid, other, "offer") for other in others]
    faults = [f"{unsealing.NOT_RECEIVED} {difference}" for difference in differences]
    kinds = get_args(unsealing.EnvelopeKind)
    faults += [text.format(kind) for text in (unsealing.WITHOUT, unsealing.UNOPENED) for kind in kinds]
    broken = "It was sealed to another key or for another tender, lot, supplier or version, or was changed."
    faults += [f"{unsealing.UNOPENED.format('offer')} {part}: {broken}" for part in ("Header", "Body", "Padding")]
    faults += [f"{unsealing.UNOPENED.format('price')} Header: 2 officers' clients could not open it."]
    faults += [f"{unsealing.UNREADABLE.format('price')} The body does not fit its description. See /values/price."]
    lot = lot_of(RETROFIT)
    for kind in kinds:
        box = unsealing.Box(UUID(int=1), UUID(int=2), kind, lot, ["price"], [], {}, ["GBP"])
        faults += unsealing._strangers(box, {"price", "team", "no such"})
        faults += unsealing._unfit(box, {"team": "seven", "price": "dear"})
    faults += unsealing._twice((NamedDocument(id=UUID(int=9), name="Plan v1. Final.pdf"),) * 2)
    faults += [*unsealing._other_variant(bid, Variant(number=2, description="-")), *unsealing._foreign(box, "USD")]
    faults += opening._without([NamedDocument(id=UUID(int=9), name="Plan v1. Final.pdf")], set())
    return [*faults, *opening._lost([UUID(int=9)])]


VOICED = re.compile(r"\b(the|its|not|envelope|could|missing|named)\b", re.IGNORECASE)
"""English words of which at least one is in every sentence that the service stores."""


@pytest.mark.parametrize("lang", OTHERS)
def test_what_the_service_says_in_stored_data_is_told_in_the_report_s_language(lang: str):
    """Faults of envelopes, reasons for which prices stay sealed: our own sentences, kept in English, one or several."""
    speech = LANGUAGES[lang]
    said = [*faults_of_envelopes(), " ".join(faults_of_envelopes()[-12:]), *(step.sentence for step in failed())]
    said += [fault.message for value in "15" for fault in odd(value)]
    assert len(said) > 35
    left = [(text, told) for text in said if VOICED.search(told := letter_words.voiced(text, speech) or "")]
    assert left == []


def odd(value: str) -> tuple[ConsensusFault, ...]:
    """What is odd about an agreed score that nobody gave."""
    (criterion,) = lot_of({"criteria": [{"id": "plan", "weighting": "100", "method": SCALE}]}).criteria
    marks = [Mark(evaluator="a", value="3"), Mark(evaluator="b", value="4")]
    return check_consensus(criterion, marks, value, "Because.")


def test_a_reason_s_figures_are_set_and_names_in_it_are_left_as_they_are():
    (reason, *_) = (step.sentence for step in failed() if step.message == "minimum")
    assert letter_words.voiced(reason, LANGUAGES["de"]) == (
        "Plan 1.5: 40 Punkte liegen unter dem Minimum von 50,5, daher ist das Angebot nicht gereiht."
    )


def test_stored_sentences_of_ours_are_told_where_papers_print_them():
    """Each place in a template that prints one: the opening, the meetings, the lots in the record of a procedure."""
    pages = words_of(papers.typeset_paper("opening", msgspec.json.encode(with_fault(unsealing.NOT_RECEIVED)), "de"))
    assert "Das Angebot ist nicht das, das eingegangen ist" in pages
    assert "liegen unter dem Minimum" in pages
    met = msgspec.json.decode(data_of("moderation"))
    met["met"][0]["items"][0]["warnings"] = [odd("5")[0].message]
    page = words_of(papers.typeset_paper("moderation", msgspec.json.encode(met), "de"))
    assert "Keine bewertende Person hatte eine so hohe Bewertung wie 5" in page
    record = msgspec.json.decode(data_of("procedure"))
    record["report"]["lots"][0]["rejected"][0] |= {"state": "admissible", "reason": failed()[0].sentence}
    page = words_of(papers.typeset_paper("procedure", msgspec.json.encode(record), "de"))
    assert "liegen unter dem Minimum" in page


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
