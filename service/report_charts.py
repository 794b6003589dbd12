"""The charts of an evaluation report: what each shows, and the sentence that says so to who does not see it."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

from msgspec import Struct

from scoring import leaves
from scoring.answers import Graded
from scoring.units import is_money
from service import charts
from service.charts import PARTS, Axis, Bar, Chart, Part, Point, Reach, Views
from service.firmness import Firmness
from service.language import Language
from service.report_document import ReportDocument
from service.report_view import Brief, Line, Rule, Say, Standing

BARS: Final = 24
"""Bars of one figure; more bids make more figures, so that none is taller than a page."""
FRONT: Final = 5
"""Bars on the first page."""
REACHES: Final = 16
PLACES: Final = 20
VIEWS: Final = 20
"""Rows of the other figures: the narrowest ranges, the best ranks, the widest disagreements. The tables have all."""


class Worth(Struct, frozen=True, kw_only=True):
    """What a ranked bid costs, and the points that it has for everything else."""

    standing: Standing
    price: str
    other: str


class Apart(Struct, frozen=True, kw_only=True):
    """A criterion of a bid on which evaluators differed: where on the scale they stand, and how far that reaches."""

    standing: Standing
    line: Line
    given: tuple[Fraction, ...]
    agreed: Fraction | None
    spread: Fraction


class Charts(Struct, frozen=True, kw_only=True):
    """Every chart that a report has, and the rows of the tables that stand beside them."""

    front: Chart | None
    bars: tuple[Chart, ...]
    worth: Chart | None
    worths: tuple[Worth, ...]
    price_decimals: int
    ranges: Chart | None
    places: Chart | None
    views: Chart | None
    apart: tuple[Apart, ...]


class Wording(Struct, frozen=True):
    """How a report speaks: its language's marks, and what puts a sentence into it."""

    speech: Language
    say: Say


def charts_of(
    document: ReportDocument,
    rules: Sequence[Rule],
    standings: Sequence[Standing],
    brief: Brief,
    firmness: Firmness,
    wording: Wording,
) -> Charts:
    """Draw what the report shows. A lot with a rule of its own has no total of points, hence no bars."""
    adds_up = document.evaluation.lot.rule is None
    starts = range(0, len(standings), BARS) if adds_up else ()
    message = bars_message(brief, wording)
    tops = [rule for rule in rules if rule.depth == 1]
    full = document.evaluation.lot.total
    bars = [bar_of(bid, tops, full, wording) for bid in standings]
    worths = tuple(worths_of(rules, standings)) if adds_up else ()
    apart = tuple(apart_of(document, standings))
    return Charts(
        front=charts.stacked(bars[:FRONT], message) if adds_up and brief.first else None,
        bars=tuple(charts.stacked(bars[start : start + BARS], message) for start in starts),
        worth=worth_chart(worths, rules, wording) if len(worths) > 1 else None,
        worths=worths,
        price_decimals=max((len(worth.price.partition(".")[2]) for worth in worths), default=0),
        ranges=ranges_chart(firmness, brief, wording) if firmness.ranges else None,
        places=places_chart(firmness, wording) if len(firmness.chances) > 1 else None,
        views=views_chart(apart, wording) if apart else None,
        apart=apart,
    )


# Weighted points


def bar_of(bid: Standing, tops: Sequence[Rule], full: Decimal, wording: Wording) -> Bar:
    """The weighted points of the top criteria, end to end."""
    weighted = bid.result.weighted if bid.result.rank is not None and full else {}
    return Bar(
        place=str(bid.result.rank or "–"),
        name=bid.entry.supplier,
        parts=tuple(
            Part(share=Fraction(weighted[rule.id]) / Fraction(full), tone=tone_of(rule), label=rule.number)
            for rule in tops
            if rule.id in weighted
        ),
        figure="" if bid.result.rank is None else wording.speech.number(bid.result.total or ""),
        note=wording.say("not ranked") if bid.result.rank is None else "",
    )


def tone_of(rule: Rule) -> str:
    """The tone of a top criterion; after six they come round again, and the number in the bar tells."""
    return PARTS[(rule.tone - 1) % len(PARTS)]


def bars_message(brief: Brief, wording: Wording) -> str:
    """Who leads, by how much."""
    say, number = wording.say, wording.speech.number
    if not brief.first:
        return say("No bid could be ranked, so there are no bars.")
    names = wording.speech.listed([bid.entry.supplier for bid in brief.first])
    total = number(brief.first[0].result.total or "")
    if brief.second is None:
        return say("{names}: {total}. No other bid follows.").format(names=names, total=total)
    if len(brief.first) == 1:
        leads = say("{names} leads with {total}, {lead} ahead of {second}.")
    else:
        leads = say("{names} lead, each with {total}, {lead} ahead of {second}.")
    return leads.format(names=names, total=total, lead=number(brief.lead or ""), second=brief.second.entry.supplier)


# Price against everything else


def worths_of(rules: Sequence[Rule], standings: Sequence[Standing]) -> Iterator[Worth]:
    """The ranked bids with their price and the rest of their total; none where a lot has no price, or several."""
    prices = [rule for rule in rules if rule.leaf and is_money(rule.unit)]
    if len(prices) != 1:
        return
    price = prices[0].id
    for bid in standings:
        offered = next(line.offered for line in bid.lines if line.rule.id == price)
        if bid.result.rank is not None and bid.result.total and offered and price in bid.result.weighted:
            other = Decimal(bid.result.total) - Decimal(bid.result.weighted[price])
            yield Worth(standing=bid, price=offered, other=f"{other:f}")


def worth_chart(worths: Sequence[Worth], rules: Sequence[Rule], wording: Wording) -> Chart:
    """Cheaper is further left, better is further up."""
    say, number = wording.say, wording.speech.number
    price = next(rule for rule in rules if rule.leaf and is_money(rule.unit))
    points = [
        Point(
            x=Fraction(worth.price),
            y=Fraction(worth.other),
            mark=str(worth.standing.result.rank),
            name=worth.standing.entry.supplier,
            strong=worth.standing.result.rank == 1,
        )
        for worth in worths
    ]
    cheapest = min(worths, key=lambda worth: Decimal(worth.price))
    best = max(worths, key=lambda worth: Decimal(worth.other))
    message = say(
        "The lowest price among the ranked bids is {cheapest}'s, {price}; the most points for everything else are "
        "{best}'s, {points}."
    ).format(
        cheapest=cheapest.standing.entry.supplier,
        price=wording.speech.money(cheapest.price, price.measure),
        best=best.standing.entry.supplier,
        points=number(best.other),
    )
    across = Axis(title=say("{price} ({currency}) →").format(price=price.title, currency=price.measure), number=number)
    up = Axis(title=say("↑ Points for everything else"), number=number)
    return charts.scatter(points, across, up, message)


# How firmly first place stands


def ranges_chart(firmness: Firmness, brief: Brief, wording: Wording) -> Chart:
    """How far each weighting may move, the narrowest first."""
    say, number = wording.say, wording.speech.number
    rows = [
        Reach(
            name=f"{one.rule.number} {one.rule.title}",
            down=one.falls,
            up=one.rises,
            down_label=number(one.lowest),
            up_label=number(one.highest),
            hard_down=one.below is not None,
            hard_up=one.above is not None,
        )
        for one in firmness.ranges[:REACHES]
    ]
    leader = brief.first[0].entry.supplier
    if firmness.nearest is None:
        message = say("{leader} stays first whatever any one criterion weighs.").format(leader=leader)
    else:
        message = say(
            "{leader} stays first while “{criterion}” weighs from {lowest} to {highest} of {total}: of all weightings "
            "this one stands nearest to a change."
        ).format(
            leader=leader,
            criterion=firmness.nearest.rule.title,
            lowest=number(firmness.nearest.lowest),
            highest=number(firmness.nearest.highest),
            total=number(firmness.nearest.rule.out_of),
        )
    return charts.reaches(rows, say("as published"), message)


SHARES: Final = ("deep", "mid", "light", "pale")
"""First, second, third place, and those after them."""


def places_chart(firmness: Firmness, wording: Wording) -> Chart:
    """How often each bid is first, second, third under random weightings."""
    say, number = wording.say, wording.speech.number
    bars = [
        Bar(
            place=str(chance.standing.result.rank),
            name=chance.standing.entry.supplier,
            parts=tuple(
                Part(share=Fraction(share) / 100, tone=tone, label=number(share))
                for tone, share in zip(SHARES, chance.shares, strict=False)
            ),
            figure=f"{number(chance.shares[0])} %",
        )
        for chance in firmness.chances[:PLACES]
    ]
    often = max(firmness.chances, key=lambda chance: Decimal(chance.shares[0]))
    message = say("With {draws} random weightings {name} comes first most often: in {share} % of them.").format(
        draws=number(str(firmness.draws)), name=often.standing.entry.supplier, share=number(often.shares[0])
    )
    return charts.stacked(bars, message)


# Where evaluators differed


def apart_of(document: ReportDocument, standings: Sequence[Standing]) -> Iterator[Apart]:
    """Every criterion of a bid on which evaluators gave different scores, the widest first."""
    scales = {
        criterion.id: criterion.method
        for criterion in leaves(document.evaluation.lot.criteria)
        if isinstance(criterion.method, Graded)
    }
    found = [
        Apart(
            standing=bid,
            line=line,
            given=given,
            agreed=share_of(scales[line.rule.id], line.consensus.value) if line.consensus else None,
            spread=max(given) - min(given),
        )
        for bid in standings
        for line in bid.scored
        if line.rule.id in scales
        and (given := tuple(filled(share_of(scales[line.rule.id], score.value) for score in line.scores)))
        and len(set(given)) > 1
    ]
    yield from sorted(found, key=lambda one: -one.spread)


def filled(shares: Iterable[Fraction | None]) -> Iterator[Fraction]:
    """Those that stand on the scale."""
    return (share for share in shares if share is not None)


def share_of(method: Graded, score: str) -> Fraction | None:
    """Where a score stands on its scale: 0 at the low end, 1 at the high one; nowhere when it is none of its grades."""
    values = [Fraction(level.value) for level in method.scale]
    low, high = min(values), max(values)
    for level, value in zip(method.scale, values, strict=True):
        if low < high and score in {level.label, f"{level.value:f}"}:
            return (value - low) / (high - low)
    return None


def views_chart(apart: Sequence[Apart], wording: Wording) -> Chart:
    """What each evaluator gave where they differed most, and what was agreed."""
    say, number = wording.say, wording.speech.number
    rows = [
        Views(
            name=f"{one.standing.entry.supplier} · {one.line.rule.number} {one.line.rule.title}",
            given=one.given,
            agreed=one.agreed,
            figure=number(one.line.consensus.value) if one.line.consensus else "–",
        )
        for one in apart[:VIEWS]
    ]
    widest = apart[0]
    message = say("The evaluators were furthest apart on “{criterion}” of {supplier}; they gave {scores}.").format(
        criterion=widest.line.rule.title,
        supplier=widest.standing.entry.supplier,
        scores=", ".join(number(score.value) for score in widest.line.scores),
    )
    return charts.views(rows, (say("lowest grade"), say("highest grade")), message)
