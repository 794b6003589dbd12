"""Whole-tender rules that put price and quality into one ratio.

p is the price, Q the quality: the weighted mean of the quality criteria's points, 0–100.
"""

from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal, assert_never

import msgspec

from scoring.contest import Contender, Contest, Figure, divisor, not_negative, number_of
from scoring.worked import BidFault, InvalidValue, Worked, require_above_zero

ZeroReject = Literal["reject"]
QUALITY: Final = "{quality} is the quality"


class PricePerQualityPoint(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="R1"
):
    """Price per quality point

    Formula: p / Q, the lowest wins. With k: k · Q / p, the highest wins (value for money index).
    Used: UK guidance 2021 appendix II; UK MOD; Germany, UfAB simple guide value.
    Parameters: k, which turns the ratio round; price, the id of the price criterion; zero: "reject" leaves a bid with a
    quality (or, with k, a price) of 0 unranked.
    Edge cases: without the zero rule a 0 in the denominator stops the ranking.
    Source: Bid Evaluation Guidance Note May 2021, appendix II; UfAB "Z = L / p".

    >>> from scoring.contest import plain_contest
    >>> contest = plain_contest({"80": "50", "100": "70", "120": "80", "200": "95"})
    >>> [round(float(one.worked.points), 4) for one in price_per_quality_point(PricePerQualityPoint(), contest)]
    [1.6, 1.4286, 1.5, 2.1053]
    """

    k: Decimal | None = None
    price: str | None = None
    zero: ZeroReject | None = None

    def __post_init__(self) -> None:
        if self.k is not None:
            require_above_zero(self.k, "k")


def price_per_quality_point(rule: PricePerQualityPoint, contest: Contest) -> list[Figure]:
    """Figures by R1."""
    figures: list[Figure] = []
    for one in contest.contenders:
        numbers = {"price": one.price, "quality": one.quality}
        if rule.k is None:
            ratio = not_negative(one, "price", one.price) / divisor(one, "quality", one.quality)
            figures.append(Figure(Worked(ratio, "{price} ÷ {quality}", numbers, where=QUALITY)))
        else:
            k = Fraction(rule.k)
            ratio = k * not_negative(one, "quality", one.quality) / divisor(one, "price", one.price)
            figures.append(Figure(Worked(ratio, "{k} × {quality} ÷ {price}", {**numbers, "k": k}, where=QUALITY)))
    return figures


class AdjustedBid(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="R2"
):
    """Adjusted bid

    Formula: p / (Q / 100), the lowest wins.
    Used: US design-build.
    Parameters: price; zero: "reject" leaves a bid with a quality of 0 unranked.
    Edge cases: the contract price stays p; the adjusted bid only ranks.
    Source: Design-Build for Water and Wastewater Projects, table 17-2.

    >>> from scoring.contest import plain_contest
    >>> contest = plain_contest({"1000000": "85", "1300000": "95", "800000": "50"})
    >>> [round(float(one.worked.points)) for one in adjusted_bid(AdjustedBid(), contest)]
    [1176471, 1368421, 1600000]
    """

    price: str | None = None
    zero: ZeroReject | None = None


def adjusted_bid(rule: AdjustedBid, contest: Contest) -> list[Figure]:
    """Figures by R2."""
    del rule
    return [
        Figure(
            Worked(
                not_negative(one, "price", one.price) * 100 / divisor(one, "quality", one.quality),
                "{price} ÷ ({quality} ÷ 100)",
                {"price": one.price, "quality": one.quality},
                where=QUALITY,
            )
        )
        for one in contest.contenders
    ]


class AdjustedScore(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="R2b"
):
    """Adjusted score

    Formula: Q · estimate / p, the highest wins.
    Used: US design-build.
    Parameters: estimate, the published estimate of the price; price; zero: "reject" leaves a price of 0 unranked.
    Edge cases: above 100 when the price is below the estimate; nothing caps it.
    Source: Design-Build for Water and Wastewater Projects.

    >>> from scoring.contest import plain_contest
    >>> rule = AdjustedScore(estimate=Decimal(120))
    >>> [str(one.worked.points) for one in adjusted_score(rule, plain_contest({"80": "50", "120": "80"}))]
    ['75', '80']
    """

    estimate: Decimal
    price: str | None = None
    zero: ZeroReject | None = None

    def __post_init__(self) -> None:
        require_above_zero(self.estimate, "estimate")


def adjusted_score(rule: AdjustedScore, contest: Contest) -> list[Figure]:
    """Figures by R2b."""
    estimate = Fraction(rule.estimate)
    return [
        Figure(
            Worked(
                not_negative(one, "quality", one.quality) * estimate / divisor(one, "price", one.price),
                "{quality} × {estimate} ÷ {price}",
                {"quality": one.quality, "estimate": estimate, "price": one.price},
                where=QUALITY + ", {estimate} the published estimate and {price} the price",
            )
        )
        for one in contest.contenders
    ]


class UtilityIndex(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="R3"
):
    """Utility index

    Formula: (1 − (Q_best − Q) / 100 · N) · P_best / p, N = weighting of quality / weighting of price; the highest wins.
    Used: Negometrix/Mercell.
    Parameters: price; zero: "reject" leaves a price of 0 unranked. N follows from the weightings.
    Edge cases: relative to the best quality and the lowest price, so a losing bid's leaving can change the winner.
    Source: support.negometrix.com article 9000123978.

    >>> from scoring.contest import plain_contest
    >>> contest = plain_contest({"80": "50", "100": "70", "120": "80", "200": "95"})
    >>> [round(float(one.worked.points), 4) for one in utility_index(UtilityIndex(), contest)]
    [0.55, 0.6, 0.5667, 0.4]
    """

    price: str | None = None
    zero: ZeroReject | None = None


def utility_index(rule: UtilityIndex, contest: Contest) -> list[Figure]:
    """Figures by R3."""
    del rule
    n = contest.quality_share / contest.price_share
    best_quality = max(one.quality for one in contest.contenders)
    best_price = min(divisor(one, "price", one.price) for one in contest.contenders)
    return [
        Figure(
            Worked(
                (1 - (best_quality - one.quality) / 100 * n) * best_price / one.price,
                "(1 − ({best_quality} − {quality}) ÷ 100 × {n}) × {best_price} ÷ {price}",
                {
                    "best_quality": best_quality,
                    "quality": one.quality,
                    "n": n,
                    "best_price": best_price,
                    "price": one.price,
                },
                where="{best_quality} is the best quality, {quality} this bid's, {n} the weighting of quality ÷ "
                "that of the price, and {best_price} the lowest price",
            )
        )
        for one in contest.contenders
    ]


class Coefficient(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="R4"
):
    """Price divided by a coefficient

    Formula: p / K, K = 1 + Σ v / (1 − Σ v_max), the lowest wins.
    Used: Ukraine, ProZorro.
    Parameters: price. Each quality criterion's weighting is its v_max in percent, the price has the rest. A criterion
    with a method earns v = weighting · points / 100; one without states v itself as a share (0.10).
    Edge cases: v above its maximum stops the scoring. The contract price stays p.
    Source: github.com/openprocurement/barbecue; ProZorro API documentation.

    >>> from scoring.contest import plain_contest
    >>> contest = plain_contest({"499": "66.666666666667"}, price_share=Fraction(7, 10))
    >>> [round(float(one.worked.points), 2) for one in coefficient(Coefficient(), contest)]
    [388.11]
    """

    price: str | None = None


def coefficient(rule: Coefficient, contest: Contest) -> list[Figure]:
    """Figures by R4."""
    del rule
    figures: list[Figure] = []
    for one in contest.contenders:
        earned = one.worth + sum(
            (_feature(one, name, share) for name, share in contest.others.items()), start=Fraction(0)
        )
        factor = divisor(one, "coefficient", 1 + earned / contest.price_share)
        numbers = {"price": one.price, "earned": earned, "rest": contest.price_share}
        comparison = not_negative(one, "price", one.price) / factor
        where = "{earned} is what the features earn and {rest} the price's share"
        figures.append(Figure(Worked(comparison, "{price} ÷ (1 + {earned} ÷ {rest})", numbers, where=where)))
    return figures


def _feature(one: Contender, name: str, highest: Fraction) -> Fraction:
    if name in one.points:
        return Fraction(0)
    value = number_of(one, name)
    if not 0 <= value <= highest:
        raise InvalidValue(BidFault(one.id, name, f"{one.values[name]} is not between 0 and its maximum"))
    return value


class RelativeValueCost(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="R5"
):
    """Relative value cost

    Formula: p / ((Q + 100) / (Q_low + 100)), Q_low the lowest quality of the field; the lowest wins.
    Used: New South Wales, Local Government Procurement.
    Parameters: price.
    Edge cases: relative, yet a losing bid's leaving never reorders the others: it only moves the common divisor.
    Source: lgp.org.au, parts 2–5.

    >>> from scoring.contest import plain_contest
    >>> contest = plain_contest({"80": "50", "100": "70", "120": "80", "200": "95"})
    >>> [round(float(one.worked.points), 4) for one in relative_value_cost(RelativeValueCost(), contest)]
    [80.0, 88.2353, 100.0, 153.8462]
    """

    price: str | None = None


def relative_value_cost(rule: RelativeValueCost, contest: Contest) -> list[Figure]:
    """Figures by R5."""
    del rule
    lowest = min(one.quality for one in contest.contenders)
    return [
        Figure(
            Worked(
                not_negative(one, "price", one.price) * (lowest + 100) / divisor(one, "Q + 100", one.quality + 100),
                "{price} ÷ (({quality} + 100) ÷ ({lowest} + 100))",
                {"price": one.price, "quality": one.quality, "lowest": lowest},
                where=QUALITY + " and {lowest} the lowest quality of the bids",
            )
        )
        for one in contest.contenders
    ]


QualityPriceRule = PricePerQualityPoint | AdjustedBid | AdjustedScore | UtilityIndex | Coefficient | RelativeValueCost


def quality_price_figures(rule: QualityPriceRule, contest: Contest) -> list[Figure]:
    """Figures of the bids by a rule of this family."""
    match rule:
        case PricePerQualityPoint():
            return price_per_quality_point(rule, contest)
        case AdjustedBid():
            return adjusted_bid(rule, contest)
        case AdjustedScore():
            return adjusted_score(rule, contest)
        case UtilityIndex():
            return utility_index(rule, contest)
        case Coefficient():
            return coefficient(rule, contest)
        case RelativeValueCost():
            return relative_value_cost(rule, contest)
        case _:
            assert_never(rule)
