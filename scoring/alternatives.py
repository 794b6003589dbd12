"""The same bids under the other formulas: the formula is a policy choice, and its buyer should see what it chooses.

Parameters that an alternative needs are stated with it. They follow from two figures: the ceiling and the reference
price, taken from the lot's own rules where these publish them, else from the bids (the highest price plus a tenth, the
mean price). Source: domain vectors of the formulas; UK Bid Evaluation Guidance Note May 2021, section 8.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, NamedTuple

import msgspec

from scoring.absolute import Concave, LinearAgainstCeiling, LinearBetweenBounds, ReferenceOverPrice
from scoring.decimals import Rounding, rounded
from scoring.discount import Bilinear, DiscountProportional, DiscountWithFloor
from scoring.field import first, prepared, ranked
from scoring.invention import stated_prices
from scoring.methods import Method
from scoring.model import Criterion, Lot, OpenedBid, leaves, price_criterion
from scoring.monetised import AwardOnValue, QualityPremium, WillingnessToPay
from scoring.placing import RankPoints, ToleranceBand
from scoring.price import (
    InverseProportional,
    InverseWithMinimumMark,
    LinearFromLowest,
    LinearToMultiple,
    Logarithmic,
    LowestToHighest,
    MeanBased,
)
from scoring.quality_price import (
    AdjustedBid,
    AdjustedScore,
    Coefficient,
    PricePerQualityPoint,
    RelativeValueCost,
    UtilityIndex,
)
from scoring.rules import Rule
from scoring.selection import FixedBudget, LeastCost, QualityAndCost, QualityBased, RatedCriteria, TradeOff
from scoring.tree import Plan, plan
from scoring.worked import Band, Unscorable

_CENT: Final = 2
_SMALLEST: Final = Decimal("0.01")


class UnderAnother(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who would win under another formula, everything else being equal.

    `parameters` is the formula as it would be written in the lot; `order` lists the ranked bids, best first; `winners`
    are several when they tie. `refused` says why a formula cannot rank these bids.
    """

    id: str
    name: str
    parameters: dict[str, Any]
    winners: tuple[str, ...]
    order: tuple[str, ...]
    same_winner: bool
    refused: str | None


class Figures(NamedTuple):
    """What alternatives are parametrised by: a ceiling, a reference price, and what a point of quality is worth."""

    ceiling: Decimal
    reference: Decimal
    point: Decimal


def alternatives(ready: Plan, bids: Sequence[OpenedBid], winners: tuple[str, ...]) -> tuple[UnderAnother, ...]:
    """The outcome under every other formula that can be written for the lot's price; empty without a price."""
    price = price_criterion(ready.lot.criteria, ready.lot.rule)
    if price is None or ready.price is None:
        return ()
    figures = figures_of(ready, price, bids)
    found = [under(with_method(ready.lot, price, method), method, bids, winners) for method in price_methods(figures)]
    found += [under(with_rule(ready.lot, price, rule), rule, bids, winners) for rule in whole_rules(ready, figures)]
    return tuple(found)


def figures_of(ready: Plan, price: Criterion, bids: Sequence[OpenedBid]) -> Figures:
    """Published figures first, else those of the bids."""
    prices = stated_prices(price, bids)
    published = [source for source in (price.method, ready.lot.rule) if source is not None]
    ceiling = _published(published, "ceiling", "worst", "budget") or _money(max(prices, default=Fraction(1)) * 11 / 10)
    mean = sum(prices, start=Fraction(0)) / max(1, len(prices))
    reference = _published(published, "reference", "estimate") or _money(mean)
    share = ready.price.share if ready.price is not None else Fraction(0)
    rest = Fraction(ready.lot.total) - share
    point = Fraction(reference) * (rest / share if share else 1) / 100
    return Figures(max(ceiling, _SMALLEST), max(reference, _SMALLEST), max(_money(point), _SMALLEST))


def _published(sources: Sequence[object], *names: str) -> Decimal | None:
    found = (getattr(source, name, None) for source in sources for name in names)
    return next((figure for figure in found if isinstance(figure, Decimal)), None)


def _money(value: Fraction) -> Decimal:
    cents = rounded(value, _CENT, "half_up")
    return Decimal(cents.numerator * (100 // cents.denominator)).scaleb(-_CENT)


def price_methods(figures: Figures) -> Iterator[Method]:
    """One of every formula that scores a price, with the parameters in use where it was found."""
    ceiling, zero = figures.ceiling, "0.01"
    yield InverseProportional(zero=zero)
    yield InverseWithMinimumMark(floor=Decimal(10), zero=zero)
    yield LinearFromLowest(floor="0", zero=zero)
    yield LinearToMultiple(k=Decimal(2), zero=zero)
    yield LinearToMultiple(k=Decimal(3), zero=zero)
    yield LowestToHighest()
    yield MeanBased(floor="0", cap="100", zero=zero)
    yield Logarithmic(base=Decimal(2), zero=zero)
    yield DiscountProportional(ceiling=ceiling, zero=zero)
    yield DiscountProportional(ceiling=ceiling, alpha=Decimal("0.5"), zero=zero)
    yield DiscountWithFloor(ceiling=ceiling, threshold=Decimal("0.05"), zero=zero)
    yield Bilinear(ceiling=ceiling, x=Decimal("0.80"), zero=zero)
    yield Bilinear(ceiling=ceiling, x=Decimal("0.90"), zero=zero)
    yield ToleranceBand(bands=_BANDS, zero=zero)
    yield RankPoints(points=tuple(Decimal(points) for points in (100, 80, 60, 40, 20)))
    yield LinearBetweenBounds(best=figures.reference / 2, worst=ceiling)
    yield LinearAgainstCeiling(ceiling=ceiling)
    yield ReferenceOverPrice(reference=figures.reference, zero=zero)
    yield Concave(ceiling=ceiling, n=Decimal(5))


_BANDS: Final = (
    Band(from_=Decimal(0), to=Decimal("0.05"), points=Decimal(100)),
    Band(from_=Decimal("0.05"), to=Decimal("0.15"), points=Decimal(70)),
    Band(from_=Decimal("0.15"), to=Decimal("0.30"), points=Decimal(40)),
)


def whole_rules(ready: Plan, figures: Figures) -> Iterator[Rule]:
    """One of every whole-tender rule that needs no more than price, quality, weightings and the two figures."""
    yield PricePerQualityPoint(zero="reject")
    yield AdjustedBid(zero="reject")
    yield AdjustedScore(estimate=figures.reference, zero="reject")
    yield UtilityIndex(zero="reject")
    yield Coefficient()
    yield RelativeValueCost()
    quality = [node for node in ready.leaves if node.scored and node is not ready.price and node.share]
    price_share = ready.price.share if ready.price is not None else Fraction(0)
    if quality and price_share:
        yield AwardOnValue(
            values={node.id: _money(Fraction(figures.reference) * node.share / price_share) for node in quality}
        )
    yield QualityPremium(estimate=figures.reference)
    yield WillingnessToPay(wtp=figures.point)
    yield LeastCost()
    yield QualityAndCost(zero="reject")
    yield RatedCriteria(zero="reject")
    yield FixedBudget(budget=figures.ceiling)
    yield QualityBased()
    yield TradeOff(rate=figures.point)


def with_method(lot: Lot, price: Criterion, method: Method) -> Lot | str:
    """The lot with another method for its price, or why there is none."""
    return _replaced(lot, price, method, None)


def with_rule(lot: Lot, price: Criterion, rule: Rule) -> Lot | str:
    """The lot under another whole-tender rule, or why there is none."""
    named = msgspec.structs.replace(rule, price=price.id) if hasattr(rule, "price") else rule
    return _replaced(lot, price, None, named)


def _replaced(lot: Lot, price: Criterion, method: Method | None, rule: Rule | None) -> Lot | str:
    roundings: tuple[Rounding, ...] = lot.rounding
    if (rule is None) != (lot.rule is None):
        # A total in points and a figure in money or a ratio are not rounded alike; compare them unrounded.
        roundings = tuple(rounding for rounding in lot.rounding if rounding.stage in {"leaf", "criterion", "subtotal"})
    try:
        return msgspec.structs.replace(
            lot,
            criteria=tuple(_with_price(criterion, price.id, method) for criterion in lot.criteria),
            rule=rule,
            rounding=roundings,
            minimum=lot.minimum if rule is None else None,
        )
    except ValueError as fault:
        return str(fault)


def _with_price(criterion: Criterion, price_id: str, method: Method | None) -> Criterion:
    if criterion.id == price_id:
        return msgspec.structs.replace(criterion, method=method)
    if any(leaf.id == price_id for leaf in leaves(criterion.criteria)):
        children = tuple(_with_price(child, price_id, method) for child in criterion.criteria)
        return msgspec.structs.replace(criterion, criteria=children)
    return criterion


def under(lot: Lot | str, formula: Method | Rule, bids: Sequence[OpenedBid], winners: tuple[str, ...]) -> UnderAnother:
    """The ranking of the bids under another formula."""
    refused, order, found = lot if isinstance(lot, str) else None, tuple[str, ...](), tuple[str, ...]()
    if not isinstance(lot, str):
        try:
            ready = plan(lot)
            entries = ranked(ready, [prepared(ready, bid) for bid in bids])
        except Unscorable as fault:
            refused = " ".join(str(part) for part in fault.args)
        else:
            places = sorted((entry.rank, entry.bid.id) for entry in entries if entry.rank is not None)
            order, found = tuple(bid for _, bid in places), first(entries)
    parameters = msgspec.to_builtins(formula)
    return UnderAnother(
        id=str(formula.__struct_config__.tag),
        name=(type(formula).__doc__ or "").strip().splitlines()[0],
        parameters=parameters,
        winners=found,
        order=order,
        same_winner=found == winners,
        refused=refused,
    )
