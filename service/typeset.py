"""A report document → HTML for the screen and for paper → PDF. The templates print and do not compute."""

import csv
import gc
import gettext
import io
import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, cast

import jinja2
import msgspec

from scoring import Evaluation, canonical
from scoring.units import is_money
from service import apart, pdf
from service.chronicle_document import ChronicleDocument
from service.language import FIGURE_SPACE, LANGUAGES, Language
from service.pdf import Attached, Sheet
from service.report_document import Entry, ReportDocument
from service.report_view import Brief, Rule, Say, Standing, brief_of, methods_of, rule_of, rules_of, standings_of, told
from service.spend_analysis import SpendDocument
from service.spend_view import view_of

TEMPLATES = Path(__file__).parent.parent / "templates"

CHARTED = 24
"""Bars of one figure; more bids make more figures, so that none is taller than a page."""

COLUMNS = 5
"""Criteria side by side in the table of weighted points; more criteria make more tables."""

LONG_NUMBER = re.compile(r"(?<![\w.])[0-9]{4,15}(\.[0-9]+)?(?![\w.])")
"""A number inside a formula that is easier to read in groups of three."""

SHOWN_ELSEWHERE = {"score.given", "consensus.recorded"}
"""Entries of the log that the report prints in the panel's own section."""


def typeset(document: ReportDocument, lang: str = "en") -> str:
    """The report as HTML, for the screen and for paper. Raises LookupError for a language that there is none of."""
    environment, wording = _environment(lang)
    say: Say = wording.gettext
    rules = rules_of(document)
    tops = tuple(rule for rule in rules if rule.depth == 1)
    standings = standings_of(document, rules)
    brief = brief_of(document, standings, say)
    ruled = document.evaluation.lot.rule is not None
    return environment.get_template("evaluation.html").render(
        doc=document,
        evaluation=document.evaluation,
        zone=document.tender.time_zone if document.tender else "UTC",
        currency=document.tender.currency if document.tender else "",
        language=LANGUAGES[lang],
        rules=rules,
        tops=tops,
        methods=methods_of(document, rules),
        whole=rule_of(document),
        standings=standings,
        charts=tuple(standings[start : start + CHARTED] for start in range(0, len(standings), CHARTED) if not ruled),
        brief=brief,
        decimals=_decimals(standings),
        blocks=tuple(tops[start : start + COLUMNS] for start in range(0, len(tops), COLUMNS)),
        parts=_parts(document),
        chart_message=_chart_message(brief, say),
        signatories=sorted(
            {score.evaluator for score in document.scores} | {score.moderator for score in document.consensus}
        ),
        events=tuple(entry for entry in document.events if entry.kind not in SHOWN_ELSEWHERE),
        elsewhere=sorted(Counter(entry.kind for entry in document.events if entry.kind in SHOWN_ELSEWHERE).items()),
        renderer=pdf.renderer(),
    )


def _parts(document: ReportDocument) -> dict[str, int]:
    """The numbers of the parts that this report has."""
    there = {
        "ranking": True,
        "method": True,
        "bids": True,
        "panel": bool(document.scores),
        "opening": bool(document.officers),
        "decisions": bool(document.officers or document.decisions),
        "signatures": document.tender is not None,
        "audit": True,
    }
    return {name: number for number, name in enumerate((name for name, shown in there.items() if shown), start=1)}


def _chart_message(brief: Brief, say: Say) -> str:
    """What the bars say, for those who do not see them."""
    if not brief.first:
        return say("No bid could be ranked, so there are no bars.")
    names = ", ".join(bid.entry.supplier for bid in brief.first)
    total = brief.first[0].result.total
    if brief.second is None:
        return say("{names}: {total}. No other bid follows.").format(names=names, total=total)
    return say("{names} leads with {total}, {lead} ahead of {second}.").format(
        names=names, total=total, lead=brief.lead, second=brief.second.entry.supplier
    )


def _decimals(standings: tuple[Standing, ...]) -> int:
    """The most decimals of any figure, so that a column can be set with its points below each other."""
    figures = (
        figure
        for bid in standings
        for figure in (bid.result.total or "", *bid.result.points.values(), *bid.result.weighted.values())
    )
    return max((len(figure.partition(".")[2]) for figure in figures), default=0)


@cache
def _environment(lang: str) -> tuple[jinja2.Environment, gettext.NullTranslations]:
    speech = LANGUAGES[lang]
    # English is the language of the templates; any other has a catalogue, without which it may not be offered.
    wording = gettext.translation("reports", TEMPLATES / "locale", [lang], fallback=lang == "en")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    loose = cast("Any", environment)  # what an extension adds, and a dictionary typed by its present contents
    loose.install_gettext_translations(wording, newstyle=True)
    loose.filters.update(_filters(speech))
    return environment, wording


def _filters(speech: Language) -> dict[str, Callable[..., str]]:
    """How the templates print values; none of them computes or rounds."""

    def aligned(text: str, decimals: int) -> str:
        return _aligned(speech, text, decimals)

    def offered(text: str, rule: Rule) -> str:
        return _offered(speech, text, rule)

    def reckoned(text: str) -> str:
        return LONG_NUMBER.sub(lambda found: speech.number(found.group()), text)

    return {
        "points": speech.number,
        "aligned": aligned,
        "offered": offered,
        "reckoned": reckoned,
        "date": speech.date,
        "instant": speech.instant,
        "stamp": speech.stamp,
        "grouped": _grouped,
        "facts": _facts,
        "shortened": _shortened,
        "w3c": _w3c,
        "plain": "{:f}".format,
        "told": told,
    }


def _aligned(speech: Language, text: str, decimals: int) -> str:
    """A figure padded on the right so that right-aligned columns stand on their decimal points. No digit is lost."""
    figure = speech.number(text)
    _, point, behind = text.partition(".")
    missing = decimals - len(behind) + (0 if point or not decimals else 1)
    return figure + FIGURE_SPACE * missing


def _offered(speech: Language, text: str, rule: Rule) -> str:
    """An offered value: money with its currency, a quantity with its measure, a grade or an answer as it was given."""
    if rule.unit in {"grade", "yes_no", "text"}:
        return speech.number(text)
    if is_money(rule.unit):
        return speech.money(text, rule.measure)
    return f"{speech.number(text)} {rule.measure}"


def _grouped(digest: str) -> str:
    """A digest in groups of eight, which people can compare."""
    return " ".join(digest[start : start + 8] for start in range(0, len(digest), 8))


def _facts(data: Mapping[str, Any]) -> str:
    """An entry's facts in one line, without those that are empty or only repeat an id."""
    return " · ".join(
        f"{key.replace('_', ' ')}: {value}"
        for key, value in data.items()
        if value not in (None, "") and not isinstance(value, dict | list) and not key.endswith("id")
    )


def _shortened(text: str, length: int) -> str:
    """A label for a chart; the table beside it has the whole name."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _w3c(at: datetime) -> str:
    """An instant as PDF metadata wants it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def scores_csv(document: ReportDocument, rules: tuple[Rule, ...]) -> bytes:
    """One row per bid and criterion for spreadsheets: UTF-8 with a byte order mark, so that Excel reads names right."""
    out = io.StringIO(newline="")
    rows = csv.writer(out)
    rows.writerow(["bid", "supplier", "rank", "criterion", "title", "value", "points", "weighted_points", "total"])
    for bid in standings_of(document, rules):
        result = bid.result
        for line in bid.lines:
            cells = [result.id, bid.entry.supplier, result.rank, line.rule.number, line.rule.title, line.offered]
            rows.writerow([_inert(cell) for cell in (*cells, line.points, line.weighted, result.total)])
    return out.getvalue().encode("utf-8-sig")


_AMOUNT = re.compile(r"-[0-9]+(\.[0-9]+)?", re.ASCII)


def _inert(cell: object) -> object:
    """Text that a spreadsheet would run as a formula is written as text."""
    risky = isinstance(cell, str) and cell[:1] in {"=", "+", "-", "@", "\t", "\r"} and not _AMOUNT.fullmatch(cell)
    return f"'{cell}" if risky else cell


def sheet(document: ReportDocument, lang: str = "en") -> Sheet:
    """The report ready for paper, with the stored result and the scores inside."""
    rules = rules_of(document)
    return Sheet(
        html=typeset(document, lang),
        at=document.evaluated_at,
        attached=(
            Attached(name="result.json", description="The stored result", content=document.canonical),
            Attached(name="scores.csv", description="Scores", content=scores_csv(document, rules)),
        ),
    )


def print_report(document: ReportDocument, lang: str = "en") -> bytes:
    """The report as PDF; runs in a process of its own, which it closes to the world. Raises WorkError."""
    pdf.load()
    gc.freeze()  # what is loaded now stays; the collector would walk it with every box of the layout
    gc.set_threshold(100_000, 50, 50)
    apart.close_doors()
    return pdf.render(sheet(document, lang))


def typeset_chronicle(document: ChronicleDocument, lang: str = "en") -> str:
    """A tender's record as HTML. Raises LookupError for a language that there is none of."""
    environment, _ = _environment(lang)
    return environment.get_template("chronicle.html").render(
        doc=document, zone=document.tender.time_zone, language=LANGUAGES[lang]
    )


def print_chronicle(document: ChronicleDocument) -> bytes:
    """A tender's record as PDF with the record as data inside; runs in a process of its own. Raises WorkError."""
    pdf.load()
    apart.close_doors()
    record = Attached(name="record.json", description="The record", content=msgspec.json.encode(document))
    return pdf.render(Sheet(html=typeset_chronicle(document), at=document.at, attached=(record,)))


def typeset_spend(document: SpendDocument, lang: str = "en") -> str:
    """The report on a spend analysis as HTML. Raises LookupError for a language that there is none of."""
    environment, _ = _environment(lang)
    return environment.get_template("spend.html").render(
        doc=document,
        found=document.analysis,
        view=view_of(document.analysis),
        zone=document.time_zone,
        language=LANGUAGES[lang],
    )


def print_spend(document: SpendDocument) -> bytes:
    """The report on a spend analysis as PDF, the result inside; runs in a process of its own. Raises WorkError."""
    pdf.load()
    apart.close_doors()
    result = Attached(name="spend-analysis.json", description="The analysis", content=document.canonical)
    return pdf.render(Sheet(html=typeset_spend(document), at=document.analysed_at, attached=(result,)))


def render_case(evaluation: Evaluation, names: Mapping[str, str]) -> bytes:
    """The report of a case scored offline, as PDF: what only the service knows (tender, panel, log) is left out.

    names: bid id to the supplier's name; a bid without one goes by its id. Raises WorkError.
    """
    entries = tuple(Entry(bid_id=bid.id, supplier=names.get(bid.id, bid.id)) for bid in evaluation.inputs)
    document = ReportDocument(evaluation=evaluation, canonical=canonical(evaluation), entries=entries)
    return apart.run_now(print_report, document)
