"""What the templates see: numbered criteria, methods in words, bids with their lines, the first page's answer.

Every number is one that the engine wrote; the only arithmetic is the difference of two published totals.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, TypeVar, cast

import msgspec
from msgspec import Struct

from scoring import BidResult, Criterion, Lot, Step, leaves
from scoring.decimals import exact_text
from scoring.model import direction_of, method_tag, unit_of
from scoring.units import find_unit, is_money
from service.report_document import Consensus, Decision, Entry, PanelScore, ReportDocument

Say = Callable[[str], str]
"""Puts an English sentence into the report's language."""


class Rule(Struct, frozen=True, kw_only=True):
    """One criterion as it was published, with its place in the tree. `share` is its part of the whole lot's total."""

    id: str
    number: str
    depth: int
    tone: int
    title: str
    description: str
    weighting: str
    out_of: str
    share: str
    unit: str
    measure: str
    better: str
    method: str
    method_name: str
    minimum: str | None
    max_pass: int | None
    leaf: bool


class Figures(Struct, frozen=True, kw_only=True):
    """What was published for a method: parameters and tables, and the numbers of the criteria that they hold for."""

    used_by: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...]
    scale: tuple[tuple[str, str, str], ...]
    bands: tuple[tuple[str, str, str], ...]


class Method(Struct, frozen=True, kw_only=True):
    """A scoring method in words, with every set of figures published for it."""

    tag: str
    name: str
    about: dict[str, str]
    figures: tuple[Figures, ...]


class Line(Struct, frozen=True, kw_only=True):
    """One criterion of one bid: what was offered or agreed, its points, and the sentences that lead there."""

    rule: Rule
    offered: str | None
    points: str | None
    weighted: str | None
    steps: tuple[Step, ...]
    consensus: Consensus | None
    scores: tuple[PanelScore, ...]


class Standing(Struct, frozen=True, kw_only=True):
    """One bid's place and everything the report says about it."""

    anchor: str
    result: BidResult
    state: str
    entry: Entry
    behind: str | None
    lines: tuple[Line, ...]
    decisions: tuple[Decision, ...]
    remarks: tuple[Step, ...]

    @property
    def scored(self) -> tuple[Line, ...]:
        """The lines that the panel scored."""
        return tuple(line for line in self.lines if line.scores)

    @property
    def decimals(self) -> int:
        """The most decimals of any figure of this bid, so that its columns can be set with their points in line."""
        figures = (self.result.total or "", *self.result.points.values(), *self.result.weighted.values())
        return max(len(figure.partition(".")[2]) for figure in figures)


class Brief(Struct, frozen=True, kw_only=True):
    """The first page's answer: who is first, by how much over whom, how many bids, and what the panel must look at."""

    first: tuple[Standing, ...]
    second: Standing | None
    lead: str | None
    ranked: int
    received: int
    eye: tuple[tuple[str, str], ...]


def rules_of(document: ReportDocument) -> tuple[Rule, ...]:
    """The criteria of the lot that a report is about."""
    return rules_in(document.evaluation.lot, document.tender.currency if document.tender else "")


def rules_in(lot: Lot, currency: str) -> tuple[Rule, ...]:
    """A lot's criteria in published order, numbered 1, 1.1, 1.1.1 …"""

    def walk(
        criteria: tuple[Criterion, ...], out_of: Decimal, share: Fraction, number: str, tone: int
    ) -> Iterator[Rule]:
        for place, criterion in enumerate(criteria, start=1):
            own = share * Fraction(criterion.weighting) / Fraction(out_of)
            rule = Rule(
                id=criterion.id,
                number=f"{number}{place}",
                depth=number.count(".") + 1,
                tone=tone or place,
                title=criterion.title or criterion.id,
                description=criterion.description,
                weighting=f"{criterion.weighting:f}",
                out_of=f"{out_of:f}",
                share=exact_text(own),
                unit="" if criterion.criteria else unit_of(criterion),
                measure="" if criterion.criteria else measure_of(criterion, currency),
                better="" if criterion.criteria else direction_of(criterion),
                method=method_tag(criterion) or "",
                method_name=page_of(criterion.method)[0] if criterion.method else "",
                minimum=None if criterion.minimum is None else f"{criterion.minimum:f}",
                max_pass=criterion.max_pass,
                leaf=not criterion.criteria,
            )
            yield rule
            yield from walk(criterion.criteria, criterion.total, own, f"{rule.number}.", rule.tone)

    return tuple(walk(lot.criteria, lot.total, Fraction(lot.total), "", 0))


def measure_of(criterion: Criterion, currency: str) -> str:
    """What an offer on this criterion is counted in: a currency, or the unit's name."""
    code = unit_of(criterion)
    if is_money(code):
        return currency or find_unit(code).label if code == "money" else code
    return find_unit(code).label


def methods_of(document: ReportDocument, rules: tuple[Rule, ...]) -> tuple[Method, ...]:
    """The methods of the lot that a report is about."""
    return methods_in(document.evaluation.lot, rules)


def methods_in(lot: Lot, rules: tuple[Rule, ...]) -> tuple[Method, ...]:
    """Every method that scores something, in the order of the criteria, with each set of figures once."""
    numbers = {rule.id: rule.number for rule in rules}
    users: dict[bytes, list[str]] = {}
    kinds: dict[bytes, Any] = {}
    for criterion in leaves(lot.criteria):
        if criterion.method is None:
            continue  # read by the rule for the whole tender
        key = msgspec.json.encode(criterion.method, order="sorted")
        users.setdefault(key, []).append(numbers[criterion.id])
        kinds[key] = criterion.method
    found: dict[str, Method] = {}
    for key, kind in kinds.items():
        tag, figures = _figures(kind, tuple(users[key]))
        name, about = page_of(kind)
        earlier = found[tag].figures if tag in found else ()
        found[tag] = Method(tag=tag, name=name, about=about, figures=(*earlier, figures))
    return tuple(found.values())


def rule_of(document: ReportDocument) -> Method | None:
    """The whole-tender rule of the lot that a report is about."""
    return rule_in(document.evaluation.lot)


def rule_in(lot: Lot) -> Method | None:
    """The rule for the whole tender, where not simply the highest sum of weighted points ranks first."""
    rule = lot.rule
    if rule is None:
        return None
    fields = _published(rule)
    tag = str(fields.pop("id"))
    name, about = page_of(rule)
    published = (pair for key, value in fields.items() if value is not None for pair in _flat(key, value))
    figures = Figures(used_by=(), parameters=tuple(published), scale=(), bands=())
    return Method(tag=tag, name=name, about=about, figures=(figures,))


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """A published figure, or every figure of a published table, with what it is for."""
    if isinstance(value, Mapping):
        for key, part in cast("Mapping[str, Any]", value).items():
            yield from _flat(f"{name}, {key}", part)
    elif isinstance(value, list | tuple):
        yield name, ", ".join(map(str, cast("list[Any]", value)))
    else:
        yield name, str(value)


def _published(thing: Struct) -> dict[str, Any]:
    """The fields of a rule that do not have their default, as they were published.

    The library leaves defaults out as well, but knows them by identity: what has been to another process has others.
    """
    usual = {
        field.encode_name for field in msgspec.structs.fields(thing) if getattr(thing, field.name) == field.default
    }
    fields: dict[str, Any] = msgspec.to_builtins(thing)
    return {name: value for name, value in fields.items() if name not in usual}


TABLES = {"scale", "bands", "values"}
"""Parameters that are printed as tables of their own."""


def _figures(kind: Struct, used_by: tuple[str, ...]) -> tuple[str, Figures]:
    """A method's published id, and what was published for it."""
    fields = _published(kind)
    tag = str(fields.pop("id"))
    parameters = ((key, str(value)) for key, value in fields.items() if key not in TABLES and value is not None)
    return tag, Figures(
        used_by=used_by,
        parameters=tuple(parameters),
        scale=tuple((row["value"], row.get("label", ""), row.get("descriptor", "")) for row in fields.get("scale", ())),
        bands=(
            *((row.get("from") or "…", row.get("to") or "…", row["points"]) for row in fields.get("bands", ())),
            *((key, key, points) for key, points in fields.get("values", {}).items()),
        ),
    )


def told(thing: Struct, say: Say) -> str:
    """A published tie-break or test in words: its name, and its parameters."""
    fields = _published(thing)
    given = ", ".join(f"{key} {value}" for key, value in fields.items() if key != "id" and value is not None)
    name = say(page_of(thing)[0])
    return f"{name} ({given})" if given else name


Worded = TypeVar("Worded", Rule, Method)


def worded(thing: Worded, say: Say) -> Worded:
    """A criterion or a method with our words in the report's language; names in a source stay as published."""
    if isinstance(thing, Rule):
        return msgspec.structs.replace(
            thing,
            measure=thing.measure and say(thing.measure),
            method_name=thing.method_name and say(thing.method_name),
        )
    about = {topic: say(text) for topic, text in thing.about.items()}
    return msgspec.structs.replace(thing, name=say(thing.name), about=about)


def page_of(kind: object) -> tuple[str, dict[str, str]]:
    """The name of a method, rule or test, and what its docstring says about it by topic."""
    return _page((kind if isinstance(kind, type) else type(kind)).__doc__ or "")


def _page(docstring: str) -> tuple[str, dict[str, str]]:
    """A method's name, and its docstring's paragraphs by their first word: Formula, Edge cases, Source …"""
    lines = docstring.partition(">>>")[0].strip().splitlines()
    about: dict[str, str] = {}
    topic = ""
    for line in (line.strip() for line in lines[1:] if line.strip()):
        head, colon, rest = line.partition(": ")
        if colon and head in {"Formula", "Used", "Parameters", "Edge cases", "Source"}:
            topic = head
            about[topic] = rest
        elif topic:
            about[topic] += f" {line}"
    return lines[0].strip(), about


def standings_of(document: ReportDocument, rules: tuple[Rule, ...]) -> tuple[Standing, ...]:
    """Every bid in the engine's order, with its lines and its verdict."""
    evaluation = document.evaluation
    entries = {entry.bid_id: entry for entry in document.entries}
    inputs = {bid.id: bid for bid in evaluation.inputs}
    best = next((Decimal(bid.total) for bid in evaluation.bids if bid.rank == 1 and bid.total), None)
    return tuple(
        Standing(
            anchor=f"bid-{hashlib.sha256(bid.id.encode()).hexdigest()[:12]}",
            result=bid,
            state=inputs[bid.id].state,
            entry=entries.get(bid.id, Entry(bid_id=bid.id, supplier=bid.id)),
            behind=None
            if bid.rank is None or best is None or bid.total is None
            else f"{abs(best - Decimal(bid.total)):f}",
            lines=_lines(document, rules, bid, inputs[bid.id].values),
            decisions=tuple(decision for decision in document.decisions if decision.bid_id == bid.id),
            remarks=tuple(step for step in bid.chain if step.message not in FIGURES),
        )
        for bid in evaluation.bids
    )


FIGURES = {"leaf", "group", "total", "rank", "tied"}
"""Steps that reckon; every other step says something that people must read."""


def _lines(
    document: ReportDocument, rules: tuple[Rule, ...], bid: BidResult, values: Mapping[str, str]
) -> tuple[Line, ...]:
    consensus = {score.criterion_id: score for score in document.consensus if score.bid_id == bid.id}
    return tuple(
        Line(
            rule=rule,
            offered=values.get(rule.id),
            points=bid.points.get(rule.id),
            weighted=bid.weighted.get(rule.id),
            steps=tuple(step for step in bid.chain if step.criterion == rule.id),
            consensus=consensus.get(rule.id),
            scores=tuple(
                score for score in document.scores if score.bid_id == bid.id and score.criterion_id == rule.id
            ),
        )
        for rule in rules
    )


def brief_of(document: ReportDocument, standings: tuple[Standing, ...], say: Say) -> Brief:
    """What the first page answers."""
    ranked = [bid for bid in standings if bid.result.rank is not None]
    first = tuple(bid for bid in ranked if bid.result.rank == 1)
    second = next((bid for bid in ranked if bid.result.rank != 1), None)
    return Brief(
        first=first,
        second=second,
        lead=second.behind if second else None,
        ranked=len(ranked),
        received=len(standings),
        eye=tuple(_eye(document, standings, first, say)),
    )


def _eye(
    document: ReportDocument, standings: tuple[Standing, ...], first: tuple[Standing, ...], say: Say
) -> Iterator[tuple[str, str]]:
    """What people must look at: who (or nobody in particular), and what."""
    if not first:
        yield "", say("No bid could be ranked.")
    if len(first) > 1:
        yield "", say("Several bids share the first rank; the published rules do not separate them.")
    for bid in standings:
        for flag in bid.result.flags:
            yield bid.entry.supplier, _told(bid.result, flag)
        for line in bid.lines:
            if line.consensus and _outside(line):
                yield (
                    bid.entry.supplier,
                    say("The consensus score on {number} {title} lies outside the evaluators' own scores.").format(
                        number=line.rule.number, title=line.rule.title
                    ),
                )
    for note in document.evaluation.notes:
        yield "", note.sentence


def _told(bid: BidResult, flag: str) -> str:
    """A flag such as `minimum:quality` in the words of the step that raised it."""
    message, _, criterion = flag.partition(":")
    steps = (step for step in bid.chain if step.message == message and (step.criterion or criterion) == criterion)
    return next((step.sentence for step in steps), flag)


def _outside(line: Line) -> bool:
    """Whether the consensus score is above or below every evaluator's own score."""
    assert line.consensus is not None
    try:
        own = [Decimal(score.value) for score in line.scores]
        agreed = Decimal(line.consensus.value)
    except InvalidOperation:
        return False
    return bool(own) and not min(own) <= agreed <= max(own)
