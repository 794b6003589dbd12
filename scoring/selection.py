"""Whole-tender rules that select: the cheapest acceptable, the best within a budget, quality and cost weighed."""

from decimal import Decimal
from fractions import Fraction
from typing import assert_never

import msgspec

from scoring.contest import Contender, Contest, Figure, divisor
from scoring.decimals import Rounding, require_decimal, rounded_by
from scoring.quality_price import ZeroReject
from scoring.worked import FULL, Worked, require_above_zero


class LeastCost(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="S1"
):
    """Least cost

    Formula: the lowest price among the technically acceptable bids wins.
    Used: World Bank LCS; US LPTA.
    Parameters: price. What is acceptable is said by pass/fail criteria and minimum scores.
    Edge cases: a price of 0 needs no rule.
    Source: World Bank selection methods.

    >>> from scoring.contest import plain_contest
    >>> [str(one.worked.points) for one in least_cost(LeastCost(), plain_contest({"80": "50", "100": "70"}))]
    ['80', '100']
    """

    price: str | None = None


def least_cost(rule: LeastCost, contest: Contest) -> list[Figure]:
    """Figures by S1."""
    del rule
    return [_stated(one.price, "the price", one) for one in contest.contenders]


def _stated(value: Fraction, text: str, one: Contender) -> Figure:
    return Figure(Worked(value, text, {"price": one.price, "quality": one.quality}, stated=True))


class QualityAndCost(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="S2"
):
    """Quality- and cost-based selection

    Formula: T · St + P · Sf, Sf = 100 · lowest price / price, St the quality on 0–100; the highest wins.
    Used: World Bank, ADB, UNDP, India QCBS.
    Parameters: price; zero: "reject" leaves a price of 0 unranked. T and P are the shares of the weightings.
    Edge cases: put the technical minimum on the quality criterion; it is judged before prices count. Rounding at the
    stage price_points rounds Sf before weighting, as the Indian handbook does.
    Source: World Bank QCBS; the-egov-blog.

    >>> from scoring.contest import plain_contest
    >>> contest = plain_contest({"80": "50", "100": "70"}, price_share=Fraction(2, 10))
    >>> [str(one.worked.points) for one in quality_and_cost(QualityAndCost(), contest, ())]
    ['60', '72']
    """

    price: str | None = None
    zero: ZeroReject | None = None


def quality_and_cost(rule: QualityAndCost, contest: Contest, roundings: tuple[Rounding, ...]) -> list[Figure]:
    """Figures by S2."""
    del rule
    lowest = min(divisor(one, "price", one.price) for one in contest.contenders)
    text = "{t} × {quality} + {p} × {financial}"
    figures: list[Figure] = []
    for one in contest.contenders:
        earned = financial_points(lowest, one.price)
        financial = rounded_by(roundings, earned.points)
        numbers = {
            "t": contest.quality_share,
            "quality": one.quality,
            "p": contest.price_share,
            "financial": financial,
        }
        total = contest.quality_share * one.quality + contest.price_share * financial
        where = "{quality} is the technical score, {financial} the financial score, {t} and {p} their shares"
        figures.append(Figure(Worked(total, text, numbers, where=where), financial=earned))
    return figures


def financial_points(lowest: Fraction, price: Fraction) -> Worked:
    """Sf, the points of a price: 100 for the lowest."""
    numbers = {"lowest": lowest, "price": price}
    return Worked(FULL * lowest / price, "100 × {lowest} ÷ {price}", numbers, where="{lowest} is the lowest price")


class RatedCriteria(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="S2b"
):
    """Rated criteria

    Formula: C_low / C · X · 100 + T / T_high · (1 − X) · 100, X the price's share; the highest wins.
    Used: World Bank goods and works since 2023.
    Parameters: price; zero: "reject" leaves a price of 0 unranked. X follows from the weightings.
    Edge cases: relative on both sides. When every quality is 0, nobody earns quality points.
    Source: World Bank rated criteria guidance (formula from knowledge).

    >>> from scoring.contest import plain_contest
    >>> contest = plain_contest({"80": "50", "100": "100"})
    >>> [str(one.worked.points) for one in rated_criteria(RatedCriteria(), contest, ())]
    ['75', '90']
    """

    price: str | None = None
    zero: ZeroReject | None = None


def rated_criteria(rule: RatedCriteria, contest: Contest, roundings: tuple[Rounding, ...]) -> list[Figure]:
    """Figures by S2b."""
    del rule
    lowest = min(divisor(one, "price", one.price) for one in contest.contenders)
    highest = max(one.quality for one in contest.contenders)
    figures: list[Figure] = []
    for one in contest.contenders:
        earned = financial_points(lowest, one.price)
        financial = rounded_by(roundings, earned.points)
        technical = FULL * one.quality / highest if highest > 0 else Fraction(0)
        numbers = {
            "x": contest.price_share,
            "rest": contest.quality_share,
            "financial": financial,
            "quality": one.quality,
            "highest": highest,
        }
        text = "{x} × {financial} + {rest} × 100 × {quality} ÷ {highest}"
        total = contest.price_share * financial + contest.quality_share * technical
        where = (
            "{quality} is the quality, {highest} the highest of the bids, {financial} the points of the price,"
            " {rest} and {x} the shares of quality and price"
        )
        figures.append(Figure(Worked(total, text, numbers, where=where), financial=earned))
    return figures


class FixedBudget(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="S3"
):
    """Fixed budget selection

    Formula: the highest quality among bids with p ≤ budget wins; dearer ones are not ranked.
    Used: World Bank FBS.
    Parameters: budget; price.
    Edge cases: a price equal to the budget is within it.
    Source: World Bank fixed-budget selection (from knowledge).

    >>> from scoring.contest import plain_contest
    >>> contest = plain_contest({"80": "50", "100": "70"})
    >>> [str(one.worked.points) for one in fixed_budget(FixedBudget(budget=Decimal(100)), contest)]
    ['50', '70']
    """

    budget: Decimal
    price: str | None = None

    def __post_init__(self) -> None:
        require_decimal(self.budget, "budget", low=0)


def fixed_budget(rule: FixedBudget, contest: Contest) -> list[Figure]:
    """Figures by S3 of the bids within the budget."""
    del rule
    text = "the quality; the price of {price} is within the budget"
    return [_stated(one.quality, text, one) for one in contest.contenders]


class QualityBased(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="S4"
):
    """Quality-based selection

    Formula: the highest quality wins; its price is then negotiated, and the next is asked if that fails.
    Used: US Brooks Act; World Bank QBS.
    Parameters: price, if bids state one.
    Edge cases: the price plays no part in the order.
    Source: World Bank quality-based selection (from knowledge).

    >>> from scoring.contest import plain_contest
    >>> [str(one.worked.points) for one in quality_based(QualityBased(), plain_contest({"80": "50", "100": "70"}))]
    ['50', '70']
    """

    price: str | None = None


def quality_based(rule: QualityBased, contest: Contest) -> list[Figure]:
    """Figures by S4."""
    del rule
    return [_stated(one.quality, "the quality", one) for one in contest.contenders]


class TradeOff(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="S5"
):
    """Quantitative cost-technical trade-off

    Formula: from the cheapest upwards, a dearer bid replaces the current one only if its quality is higher and
    (p_next − p_current) / (Q_next − Q_current) ≤ rate.
    Used: US best value trade-off, made computable.
    Parameters: rate, the most that one more quality point may cost; price.
    Edge cases: the second place is what the same walk gives without the first, and so on. Equal price and equal
    quality share a place.
    Source: quantitative cost-technical trade-off (from knowledge).

    >>> from scoring.contest import plain_contest
    >>> contest = plain_contest({"80": "50", "100": "70", "200": "95"})
    >>> [one.order for one in trade_off(TradeOff(rate=Decimal(1)), contest)]
    [2, 1, 3]
    """

    rate: Decimal
    price: str | None = None

    def __post_init__(self) -> None:
        require_above_zero(self.rate, "rate")


def trade_off(rule: TradeOff, contest: Contest) -> list[Figure]:
    """Figures by S5."""
    rate = Fraction(rule.rate)
    left = sorted(contest.contenders, key=lambda one: (one.price, -one.quality, one.id))
    places: dict[str, int] = {}
    while left:
        current = left[0]
        for after in left[1:]:
            better = after.quality - current.quality
            if better > 0 and after.price - current.price <= rate * better:
                current = after
        same = [one for one in left if (one.price, one.quality) == (current.price, current.quality)]
        place = len(places) + 1
        places.update((one.id, place) for one in same)
        left = [one for one in left if one.id not in places]
    text = "the price; the walk upwards with at most {rate} for one more quality point decides"
    return [
        Figure(Worked(one.price, text, {"rate": rate}, stated=True), order=places[one.id]) for one in contest.contenders
    ]


SelectionRule = LeastCost | QualityAndCost | RatedCriteria | FixedBudget | QualityBased | TradeOff


def selection_figures(rule: SelectionRule, contest: Contest, roundings: tuple[Rounding, ...]) -> list[Figure]:
    """Figures of the bids by a rule of this family; `roundings` are those of the stage price_points."""
    match rule:
        case LeastCost():
            return least_cost(rule, contest)
        case QualityAndCost():
            return quality_and_cost(rule, contest, roundings)
        case RatedCriteria():
            return rated_criteria(rule, contest, roundings)
        case FixedBudget():
            return fixed_budget(rule, contest)
        case QualityBased():
            return quality_based(rule, contest)
        case TradeOff():
            return trade_off(rule, contest)
        case _:
            assert_never(rule)
