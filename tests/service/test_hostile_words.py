"""Whatever a person wrote is printed as text, in every field that a report prints, and does nothing.

Hostile words are put into every text field of the document at once, at any depth, so that a field which somebody adds
is tried without being named here.
"""

import io
import re
from datetime import datetime
from functools import cache
from html.parser import HTMLParser
from typing import Any

import msgspec
import pikepdf
import pytest

from scoring import OpenedBid
from service import pdf, typeset
from service.report_document import ReportDocument
from tests.make_reports import report_named, report_with_prices_apart
from tests.service.test_pdf import can_print, faults

pytestmark = [
    pytest.mark.skipif(not can_print(), reason=f"no PDF without system libraries: {pdf.MEND}"),
    pytest.mark.filterwarnings("ignore:.*sRGB2014:pytest.PytestUnraisableExceptionWarning"),
]

OURS = re.compile(r"id$|digest|^(key|kind|state|value|custody|currency|time_zone|canonical)$")
"""Fields that are not a person's words: ids, digests, codes, figures."""

CORPUS = {
    "markup": "</bdi></td><script>alert(1)</script><img src=http://127.0.0.1/x onerror=alert(1)><!-- part --><!--",
    "svg": "<svg onload=alert(1)><use href='http://127.0.0.1/x#y'/></svg>]]>&#60;b&#62;&amp;amp;",
    "css": '</style><style>*{display:none}@import url(http://127.0.0.1/x);</style>" style="position:fixed" id="cover',
    "jinja": "{{ 7 * 7 }}{% include '/etc/passwd' %}{# gone #}${7*7} %s %(x)s %d {0} {who}",
    "links": '<a href="#ranking">go</a> <a href="part:x">x</a> 12 0 R (\\) <</S /JavaScript /JS (x)>> endobj',
    "bidi": "\u202etxt.exe\u202c \u2066a\u2069 \u200f\u200e\ufeff مرحبا שלום",
    "control": "a\x00b\x07c\x1b[31md\x85e\u2028f\ud7ff\U0010ffff\u0301\u0301\u0301",
    "sums": "=1+1 @SUM(A1) +cmd|' /C calc'!A0",
    "word": "W" * 10_000,
}


def told(value: Any, words: str) -> Any:
    """The same value with hostile words in every text field that is a person's."""
    if isinstance(value, msgspec.Struct):
        changed = {
            field.name: told_field(field.name, getattr(value, field.name), words)
            for field in msgspec.structs.fields(value)
        }
        return msgspec.structs.replace(value, **changed)
    if isinstance(value, tuple):
        return tuple(told(one, words) for one in value)
    return value


def told_field(name: str, value: Any, words: str) -> Any:
    if name == "data":
        return {**value, "detail": words, words[:40]: words}
    if isinstance(value, str) and not OURS.search(name):
        return words
    return value if isinstance(value, datetime) else told(value, words)


def hostile(words: str) -> ReportDocument:
    """A whole report of nothing but hostile words, the title of a criterion among them."""
    titled = report_named(words[:200]).evaluation
    whole = told(msgspec.structs.replace(report_with_prices_apart(), evaluation=None), words)
    one, other = titled.inputs

    def of(thing: Any, bid: OpenedBid) -> Any:
        moved = {"bid_id": bid.id} | ({"criterion_id": "plan"} if hasattr(thing, "criterion_id") else {})
        return msgspec.structs.replace(thing, **moved)

    return msgspec.structs.replace(
        whole,
        evaluation=titled,
        entries=(of(whole.entries[0], one), of(whole.entries[-1], other)),
        scores=tuple(of(score, one) for score in whole.scores[:3]),
        consensus=(of(whole.consensus[0], one), of(whole.consensus[1], other)),
        decisions=tuple(of(decision, other) for decision in whole.decisions),
    )


class Marks(HTMLParser):
    """Every mark of a page, by its name and the names of its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[tuple[str, frozenset[str]]] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add((tag, frozenset(name for name, _ in attrs)))


@cache
def plain_page() -> str:
    """The page that says the same in plain words."""
    return typeset.typeset(hostile("Plain"))


@pytest.mark.parametrize("words", CORPUS.values(), ids=CORPUS.keys())
def test_hostile_words_are_text_on_a_screen(words: str):
    """They bring no mark, no attribute and no cut into parts that plain words do not bring."""
    page, plain = typeset.typeset(hostile(words)), plain_page()
    assert Marks(page).found <= Marks(plain).found | LONG
    assert page.count(pdf.CUT) == plain.count(pdf.CUT)
    assert page.count("<style>") == 1
    assert "root:x:0" not in page


LONG = {("h1", frozenset({"class"})), ("p", frozenset({"class"}))}
"""Long words are set in smaller type."""


@pytest.mark.parametrize("long", [False, True], ids=["corpus", "word"])
def test_hostile_words_are_text_on_paper(*, long: bool):
    words = CORPUS["word"] if long else " ".join(text for name, text in CORPUS.items() if name != "word")
    document = report_named("Alder") if long else hostile(words)
    if long:
        first, *others = document.consensus
        document = msgspec.structs.replace(
            document, consensus=(msgspec.structs.replace(first, reason=words, moderator=words[:200]), *others)
        )
    made = pdf.render(typeset.sheet(document))
    assert faults(made) == []
    with pikepdf.open(io.BytesIO(made)) as opened:
        assert opened.check_pdf_syntax() == []
        for thing in opened.objects:
            if isinstance(thing, pikepdf.Dictionary):
                assert not {"/JavaScript", "/JS", "/Launch", "/OpenAction", "/AA", "/URI"} & set(thing.keys())


def test_a_field_that_is_a_person_s_is_found_at_any_depth():
    """Control: without it, a walk that changes nothing would prove nothing."""
    changed = hostile("HOSTILE")
    assert {entry.supplier for entry in changed.entries} == {"HOSTILE"}
    assert {score.reason for score in changed.consensus} == {"HOSTILE"}
    assert changed.opening is not None
    assert {late.supplier for late in changed.opening.stay_sealed} == {"HOSTILE"}
    assert changed.tender is not None
    assert changed.tender.buyer == "HOSTILE"
