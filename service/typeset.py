"""A report document → HTML for the screen and for paper → PDF. The templates print and do not compute."""

import gc
import gettext
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, cast

import jinja2
import msgspec

from scoring import Evaluation, Step, canonical
from scoring.units import is_money
from service import apart, inert, letter_words, pdf, wording
from service.binding import Attached, packed, unpacked
from service.chronicle_document import ChronicleDocument
from service.firmness import firmness_of
from service.language import FIGURE_SPACE, LANGUAGES, NO_BREAK_SPACE, Language
from service.pdf import Inside, Sheet, carrying
from service.report_charts import Charts, Wording, charts_of
from service.report_document import AuditEntry, Entry, ReportDocument
from service.report_view import (
    Method,
    Rule,
    Say,
    Standing,
    brief_of,
    methods_of,
    rule_of,
    rules_of,
    standings_of,
    told,
    worded,
)
from service.retelling import retold, retold_step
from service.screen import for_screen
from service.spend_analysis import SpendDocument
from service.spend_view import view_of

Cut = tuple[Sheet, tuple[tuple[bytes, str], ...]]
"""A sheet with nothing but its front, and every other part with its key."""

TEMPLATES = Path(__file__).parent.parent / "templates"

COLUMNS = 5
"""Criteria side by side in the table of weighted points; more criteria make more tables."""

SCORES = {"score.given", "consensus.recorded"}
"""Entries of the log that the report prints with the bids; changes of them it prints in the log as well."""


def typeset(document: ReportDocument, lang: str = "en") -> str:
    """The report as HTML, for the screen and for paper. Raises LookupError for a language that there is none of."""
    environment, catalogue = _environment(lang)
    say: Say = catalogue.gettext
    document = msgspec.structs.replace(document, evaluation=retold(document.evaluation, LANGUAGES[lang]))
    rules = tuple(worded(rule, say) for rule in rules_of(document))
    whole = rule_of(document)
    tops = tuple(rule for rule in rules if rule.depth == 1)
    standings = standings_of(document, rules)
    brief = brief_of(document, standings, say)
    firmness = firmness_of(document, rules, standings)
    charts = charts_of(document, rules, standings, brief, firmness, Wording(LANGUAGES[lang], say))
    html = environment.get_template("evaluation.html").render(
        doc=document,
        evaluation=document.evaluation,
        zone=document.tender.time_zone if document.tender else "UTC",
        currency=document.tender.currency if document.tender else "",
        language=LANGUAGES[lang],
        rules=rules,
        tops=tops,
        methods=tuple(worded(method, say) for method in methods_of(document, rules)),
        whole=whole and worded(whole, say),
        standings=standings,
        charts=charts,
        firmness=firmness,
        brief=brief,
        decimals=_decimals(standings),
        blocks=tuple(tops[start : start + COLUMNS] for start in range(0, len(tops), COLUMNS)),
        parts=_parts(document, charts),
        signatories=_signatories(document),
        events=tuple(_log(document, rules)),
        elsewhere=sorted(Counter(entry.kind for entry in document.events if _is_elsewhere(entry)).items()),
        renderer=pdf.renderer(),
    )
    return with_plain_rows(html)


def shown(document: ReportDocument, lang: str = "en") -> str:
    """The report for a screen. Raises LookupError for a language that there is none of."""
    return for_screen(typeset(document, lang))


def _parts(document: ReportDocument, charts: Charts) -> dict[str, int]:
    """The numbers of the parts that this report has."""
    there = {
        "ranking": True,
        "firmness": True,
        "apart": bool(charts.apart),
        "method": True,
        "bids": True,
        "opening": bool(document.officers),
        "decisions": bool(document.officers or document.decisions),
        "signatures": document.tender is not None,
        "audit": True,
    }
    return {name: number for number, name in enumerate((name for name, shown in there.items() if shown), start=1)}


def _signatories(document: ReportDocument) -> tuple[str, ...]:
    """Whose scores the report prints, a line for each person; who has left every seat is not asked to sign."""
    panel = {score.person_id or score.evaluator: score.evaluator for score in document.scores if score.seated}
    panel |= {score.moderator_id or score.moderator: score.moderator for score in document.consensus}
    return tuple(name for _, name in sorted(panel.items(), key=lambda one: (one[1], one[0])))


def _is_elsewhere(entry: AuditEntry) -> bool:
    """Whether the part on the bids prints all that an entry says: the first version of a score, given or agreed."""
    return entry.kind in SCORES and entry.data.get("version", 1) == 1


def _log(document: ReportDocument, rules: tuple[Rule, ...]) -> Iterator[AuditEntry]:
    """The entries that the log prints; a changed score with the names of the bid and the criterion that it is of."""
    bids = {entry.bid_id: entry.supplier for entry in document.entries}
    titles = {rule.id: rule.title for rule in rules}
    for entry in document.events:
        if _is_elsewhere(entry):
            continue
        if entry.kind in SCORES:
            bid, criterion = (str(entry.data.get(name, "")) for name in ("bid_id", "criterion_id"))
            of = {"supplier": bids.get(bid, bid), "criterion": titles.get(criterion, criterion)}
            yield msgspec.structs.replace(entry, data=of | entry.data)
        else:
            yield entry


def _decimals(standings: tuple[Standing, ...]) -> int:
    """The most decimals of any figure, so that a column can be set with its points below each other."""
    return max((bid.decimals for bid in standings), default=0)


class _Compiled(jinja2.BytecodeCache):
    """Templates compiled once for all languages: what differs between them is looked up when a template runs."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Any) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Any) -> None:
        self._code[bucket.key, bucket.checksum] = bucket.code


_COMPILED = _Compiled()


def warm() -> None:
    """Compile every template, so that no process that is forked from this one has to."""
    environment, _ = _environment("en")
    for name in environment.list_templates(extensions=["html"]):
        environment.get_template(name)


@cache
def _environment(lang: str) -> tuple[jinja2.Environment, gettext.NullTranslations]:
    speech = LANGUAGES[lang]
    catalogue = wording.wording(lang)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        bytecode_cache=_COMPILED,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    loose = cast("Any", environment)  # what an extension adds, and a dictionary typed by its present contents
    loose.install_gettext_translations(catalogue, newstyle=True)
    loose.filters.update(_filters(speech, catalogue.gettext))
    loose.globals["reviewed"] = wording.is_reviewed(lang)
    return environment, catalogue


def _reckoned(formula: str, speech: Language, say: Say) -> str:
    """A formula with the numbers and the words of a language."""
    return speech.numbers(formula.replace("at most", say("at most")))


def _filters(speech: Language, say: Say) -> dict[str, Callable[..., Any]]:
    """How the templates print values; none of them computes or rounds."""

    def aligned(text: str, decimals: int) -> str:
        return _aligned(speech, text, decimals)

    def offered(text: str, rule: Rule) -> str:
        return _offered(speech, text, rule)

    def said(text: str | None, zone: str = "UTC") -> str | None:
        return text and letter_words.paragraphs(text, speech, zone)

    def method(text: str) -> str:
        return letter_words.method(text, speech)

    def scores(text: str) -> str:
        return letter_words.scores(text, speech)

    def share(text: str) -> str:
        return letter_words.share(text, speech)

    def in_words(thing: msgspec.Struct) -> str:
        return told(thing, say)

    return {
        "points": speech.number,
        "money": speech.money,
        "aligned": aligned,
        "offered": offered,
        "reckoned": partial(_reckoned, speech=speech, say=say),
        "date": speech.date,
        "day": speech.day,
        "instant": speech.instant,
        "stamp": speech.stamp,
        "city": speech.city,
        "grouped": _grouped,
        "cited": _cited,
        "fact": partial(_fact, speech),
        "facts": _facts,
        "shortened": _shortened,
        "w3c": _w3c,
        "plain": "{:f}".format,
        "told": in_words,
        "said": said,
        "voiced": partial(letter_words.voiced, language=speech),
        "method": method,
        "scores": scores,
        "share": share,
    }


def _aligned(speech: Language, text: str, decimals: int) -> str:
    """A figure padded on the right so that right-aligned columns stand on their decimal points. No digit is lost.

    What is no figure stays as it is.
    """
    figure = speech.number(text)
    if not text.lstrip("-").replace(".", "", 1).isdigit():
        return figure
    _, point, behind = text.partition(".")
    instead = NO_BREAK_SPACE if decimals and not point else ""  # as narrow as a point in our faces
    return figure + instead + FIGURE_SPACE * (decimals - len(behind))


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


def _facts(data: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """An entry's plain facts by their names, without those that are empty or only repeat an id."""
    return [
        (name, value)
        for name, value in data.items()
        if value not in (None, "") and not isinstance(value, dict | list) and not name.endswith("_id")
    ]


_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def _fact(speech: Language, told: object, zone: str) -> str:
    """A recorded value as the language writes it: an instant in the tender's zone, a number with its marks, or text."""
    if isinstance(told, str) and _INSTANT.fullmatch(told):
        return speech.stamp(datetime.fromisoformat(told), zone)
    return str(told) if isinstance(told, str) else speech.number(str(told))


_LAW = re.compile(
    r"(?P<reference>.+) \((?P<evidence>seen|knowledge), (?P<weight>forbidden|discouraged|required|allowed)\)", re.DOTALL
)


def _cited(law: str) -> dict[str, str | None]:
    """A law as a trial cites it, apart from what it says of the rules and from whether its text was read."""
    found = _LAW.fullmatch(law)
    return found.groupdict() if found else {"reference": law, "weight": None, "evidence": None}


def _shortened(text: str, length: int) -> str:
    """A label for a chart; the table beside it has the whole name."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _w3c(at: datetime) -> str:
    """An instant as PDF metadata wants it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def scores_csv(document: ReportDocument, rules: tuple[Rule, ...]) -> bytes:
    """One row per bid and criterion for spreadsheets: UTF-8 with a byte order mark, so that Excel reads names right."""
    rows: list[list[object]] = [
        ["bid", "supplier", "rank", "criterion", "title", "value", "points", "weighted_points", "total"]
    ]
    for bid in standings_of(document, rules):
        result = bid.result
        for line in bid.lines:
            cells = [result.id, bid.entry.supplier, result.rank, line.rule.number, line.rule.title, line.offered]
            rows.append([*cells, line.points, line.weighted, result.total])
    return inert.write(rows).encode("utf-8-sig")


def sheet(document: ReportDocument, lang: str = "en") -> Sheet:
    """The report ready for paper, with the stored result and the scores inside."""
    _, catalogue = _environment(lang)
    say = catalogue.gettext
    name, digest = ("Result", document.digest) if document.digest else ("Inputs", document.evaluation.inputs_digest)
    return Sheet(
        html=typeset(document, lang),
        at=document.evaluated_at,
        attached=(
            Attached(name="result.json", description=say("The stored result"), content=document.canonical),
            Attached(name="scores.csv", description=say("Scores"), content=scores_csv(document, rules_of(document))),
        ),
        proof=f"{say(name)} SHA-256 {digest}",
    )


def print_report(document: ReportDocument, lang: str = "en") -> bytes:
    """The report as PDF; runs in a process of its own, which it closes to the world. Raises WorkError."""
    _retire()
    return pdf.render(sheet(document, lang))


def cut_report(document: ReportDocument, lang: str = "en") -> Cut:
    """The report ready to be made in parts; runs in a process of its own."""
    _retire()
    return cut_parts(sheet(document, lang))


def cut_parts(whole: Sheet) -> Cut:
    """A sheet cut into its front and its parts."""
    first, *others = pdf.parts_of(whole.html)
    return msgspec.structs.replace(whole, html=first), tuple((pdf.key_of(part), part) for part in others)


def begin(whole: Sheet) -> bytes | Cut:
    """The PDF of a sheet of one part; any other cut. In a process of its own. Raises WorkError."""
    _retire()
    front, others = cut_parts(whole)
    return (front, others) if others else pdf.render(whole)


def press_parts(parts: Sequence[str]) -> tuple[bytes, ...]:
    """Parts of a report as they are kept, in a process of its own. Raises WorkError."""
    _retire()
    return tuple(packed(pdf.press(part)) for part in parts)


def bind_report(front: Sheet, parts: Sequence[bytes]) -> bytes:
    """The report as PDF from its front and all its other parts, in a process of its own. Raises WorkError."""
    _retire()
    return pdf.finish(front, front.html, [unpacked(part) for part in parts])


def _retire() -> None:
    """Close this process to the world, and hide what is loaded from the collector, which would walk it for ever."""
    pdf.load()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
    apart.close_doors()


def typeset_chronicle(document: ChronicleDocument, lang: str = "en") -> str:
    """A tender's record as HTML. Raises LookupError for a language that there is none of."""
    environment, _ = _environment(lang)
    html = environment.get_template("chronicle.html").render(
        doc=document, zone=document.tender.time_zone, language=LANGUAGES[lang]
    )
    return with_plain_rows(html)


def print_chronicle(document: ChronicleDocument, lang: str = "en") -> bytes:
    """A tender's record as PDF with the record as data inside; runs in a process of its own. Raises WorkError."""
    return print_sheet(_chronicle(document, lang))


def begin_chronicle(document: ChronicleDocument, lang: str = "en") -> bytes | Cut:
    """The same, only begun where it has several parts."""
    return begin(_chronicle(document, lang))


def _chronicle(document: ChronicleDocument, lang: str) -> Sheet:
    data = msgspec.json.encode(document)
    return carrying(typeset_chronicle(document, lang), document.at, Inside("record.json", data, lang))


def shown_chronicle(document: ChronicleDocument, lang: str = "en") -> str:
    """A tender's record for a screen."""
    return for_screen(typeset_chronicle(document, lang))


def fill(template: str, lang: str, **context: Any) -> str:
    """A template filled with what it prints, for paper. Raises LookupError for a language that there is none of."""
    environment, catalogue = _environment(lang)
    told_of = {name: _spoken(value, lang, catalogue.gettext) for name, value in context.items() if name != "doc"}
    told_of |= {"doc": context["doc"]} if "doc" in context else {}
    html = environment.get_template(template).render(language=LANGUAGES[lang], renderer=pdf.renderer(), **told_of)
    return with_plain_rows(html)


_TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
_ROW_HEAD = re.compile(r'<th scope="row"(.*?)</th>', re.DOTALL)


def with_plain_rows(html: str) -> str:
    """Tables with more heads than data have heads of columns alone: no reader's program takes them for tables else."""

    def plain(found: re.Match[str]) -> str:
        table = found.group()
        heads = len(re.findall(r"<th\b", table))
        sparse = "<thead>" in table and heads > len(re.findall(r"<td\b", table))
        return _ROW_HEAD.sub(r"<td\1</td>", table) if sparse else table

    return _TABLE.sub(plain, html)


def _spoken(value: Any, lang: str, say: Say) -> Any:
    """What a template sees with our words in the report's language, however deep they lie; English as it is."""
    match value:
        case Rule():
            return worded(value, say)
        case Method():
            return worded(value, say)
        case Step():
            return retold_step(value, LANGUAGES[lang])
        case tuple():
            return tuple(_spoken(one, lang, say) for one in cast("tuple[Any, ...]", value))
        case dict():
            return {key: _spoken(one, lang, say) for key, one in cast("dict[Any, Any]", value).items()}
        case msgspec.Struct():
            parts = ((name, getattr(value, name)) for name in value.__struct_fields__)
            other = {name: spoken for name, part in parts if (spoken := _spoken(part, lang, say)) != part}
            return msgspec.structs.replace(value, **other) if other else value
        case _:
            return value


def print_sheet(whole: Sheet) -> bytes:
    """A sheet as PDF; runs in a process of its own and closes it to the world. Raises WorkError."""
    _retire()
    return pdf.render(whole)


def typeset_spend(document: SpendDocument, lang: str = "en") -> str:
    """The report on a spend analysis as HTML. Raises LookupError for a language that there is none of."""
    found = document.analysis
    environment, catalogue = _environment(lang)
    module = cast("Any", environment.get_template("spend_words.html").module)
    view = view_of(found, LANGUAGES[lang], catalogue.gettext, module.spoken)
    return fill("spend.html", lang, doc=document, found=found, view=view, zone=document.time_zone)


def shown_spend(document: SpendDocument, lang: str = "en") -> str:
    """The same for a screen."""
    return for_screen(typeset_spend(document, lang))


def print_spend(document: SpendDocument, lang: str = "en") -> bytes:
    """The report on a spend analysis as PDF, the result inside; runs in a process of its own. Raises WorkError."""
    inside = Inside("spend-analysis.json", document.canonical, lang)
    return print_sheet(carrying(typeset_spend(document, lang), document.analysed_at, inside))


def render_case(evaluation: Evaluation, names: Mapping[str, str]) -> bytes:
    """The report of a case scored offline, as PDF: what only the service knows (tender, panel, log) is left out.

    names: bid id to the supplier's name; a bid without one goes by its id. Raises WorkError.
    """
    entries = tuple(Entry(bid_id=bid.id, supplier=names.get(bid.id, bid.id)) for bid in evaluation.inputs)
    document = ReportDocument(evaluation=evaluation, canonical=canonical(evaluation), entries=entries)
    return apart.run_now(print_report, document)
