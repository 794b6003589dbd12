"""What a ranked bid has promised: every scored answer beside the price, and what the promise earned at the award.

The advantage is money where the published rules turn the answer into money: by a monetised rule, or by points whose
price no other bid can change. Elsewhere the points alone are told, and the contract has to name an amount.
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from scoring.absolute import LinearAgainstCeiling, LinearBetweenBounds
from scoring.answers import PassFail, Text
from scoring.decimals import half_up, is_plain_decimal, parse_decimal
from scoring.model import BidResult, Criterion, Evaluation, direction_of, leaves, unit_of
from scoring.monetised import AwardOnValue, BonusMalus, CarbonPriced, FictitiousDiscount
from scoring.offers import is_for_panel
from scoring.tree import Plan, plan
from scoring.units import Direction
from scoring.worked import FULL


class Commitment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One promise of a bid.

    `value` is the answer as it was ranked; `judged` says that people graded it, so that it is no quantity. `points` are
    the weighted points that it earned. `advantage` is what it was worth in money at the award, half up to cents; `rate`
    what one unit of it is worth where the rules publish that; `levels` what each published level is worth.
    """

    criterion: str
    title: str
    value: str
    unit: str
    direction: Direction
    judged: bool
    points: str | None = None
    advantage: Decimal | None = None
    rate: Decimal | None = None
    levels: dict[str, Decimal] = {}


class _Worth(NamedTuple):
    """What a promise is worth by the published rules."""

    advantage: Fraction | None = None
    rate: Decimal | None = None
    levels: Mapping[str, Fraction] = MappingProxyType({})


def commitments(evaluation: Evaluation, bid_id: str) -> tuple[Commitment, ...]:
    """The promises of one bid of an evaluation, in the order of the criteria."""
    ready = plan(evaluation.lot)
    result = next(one for one in evaluation.bids if one.id == bid_id)
    values = next(one.values for one in evaluation.inputs if one.id == bid_id)
    found: list[Commitment] = []
    for criterion in leaves(evaluation.lot.criteria):
        if criterion.id in values and _counts(ready, criterion):
            value = values[criterion.id]
            worth = _worth(ready, criterion, values, result)
            found.append(
                Commitment(
                    criterion=criterion.id,
                    title=criterion.title or criterion.id,
                    value=value,
                    unit=unit_of(criterion),
                    direction=direction_of(criterion),
                    judged=is_for_panel(criterion),
                    points=result.weighted.get(criterion.id),
                    advantage=None if worth.advantage is None else in_cents(worth.advantage),
                    rate=worth.rate,
                    levels={level: in_cents(amount) for level, amount in worth.levels.items()},
                )
            )
    return tuple(found)


def _counts(ready: Plan, criterion: Criterion) -> bool:
    """Whether an answer moved the ranking: no price, no pass or fail, no text, nothing that weighs nothing."""
    node = next(node for node in ready.leaves if node.id == criterion.id)
    if node is ready.price or isinstance(criterion.method, PassFail | Text):
        return False
    return ready.lot.rule is not None or node.share > 0


def _worth(ready: Plan, criterion: Criterion, values: dict[str, str], result: BidResult) -> _Worth:
    """What a promise is worth by the published rules; nothing where other bids would decide that."""
    name, value = criterion.id, values[criterion.id]
    match ready.lot.rule:
        case None:
            each, points = price_of_a_point(ready), result.weighted.get(name)
            return _Worth() if each is None or points is None else _Worth(Fraction(points) * each)
        case FictitiousDiscount(levels=shares) if ready.price is not None:
            price = parse_decimal(values[ready.price.id], "price")
            return _of_levels({level: price * Fraction(share) for level, share in shares.items()}, value)
        case AwardOnValue(values=worth):
            return _on_value(worth.get(name), value, result.points.get(name))
        case BonusMalus(bonus=bonus, malus=malus):
            plus, minus = bonus.get(name, {}), malus.get(name, {})
            levels = [*plus, *(level for level in minus if level not in plus)]
            return _of_levels({one: Fraction(plus.get(one, 0)) - Fraction(minus.get(one, 0)) for one in levels}, value)
        case CarbonPriced(prices=prices):
            return _Worth(rate=prices.get(name))
        case _:
            return _Worth()


def _on_value(amount: Decimal | dict[str, Decimal] | None, value: str, points: str | None) -> _Worth:
    """By M1: a table of amounts by grade, an amount for full marks, or an amount for each unit."""
    if isinstance(amount, dict):
        return _of_levels({level: Fraction(one) for level, one in amount.items()}, value)
    if amount is None:
        return _Worth()
    if points is not None:
        return _Worth(Fraction(amount) * Fraction(points) / FULL)
    return _Worth(Fraction(amount) * parse_decimal(value, "value"), amount) if is_plain_decimal(value) else _Worth()


def _of_levels(levels: dict[str, Fraction], value: str) -> _Worth:
    return _Worth(levels.get(value), None, levels)


def price_of_a_point(ready: Plan) -> Fraction | None:
    """How much lower a price must have been for one more weighted point, by a method that no other bid can change.

    By A1 from 60 to 220 with a weighting of 40, a point costs (220 − 60) ÷ 40 = 4. None by any other method.
    """
    if ready.price is None or not ready.price.share:
        return None
    match ready.price.criterion.method:
        case LinearBetweenBounds(best=best, worst=worst):
            return abs(Fraction(worst) - Fraction(best)) / ready.price.share
        case LinearAgainstCeiling(ceiling=ceiling):
            return Fraction(ceiling) / ready.price.share
        case _:
            return None


def in_cents(exact: Fraction) -> Decimal:
    """An amount of money to hundredths, half away from nought.

    >>> str(in_cents(Fraction(1, 3))), str(in_cents(Fraction(-5, 1000)))
    ('0.33', '-0.01')
    """
    return half_up(exact, 2)
