"""Plausible bids that nobody made, to try a lot's rules on before they are published.

Every draw is the SHA-256 of the seed and a counter, so the same seed gives the same bids on every machine and in every
version of Python.
"""

import hashlib
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

from scoring.absolute import FixedPrice, LinearAgainstCeiling, LinearBetweenBounds, Lookup, ReferenceOverPrice
from scoring.answers import Credited, Graded, PassFail, Target, Text, YesNo
from scoring.decimals import decimal_text, exact_text, is_plain_decimal, rounded
from scoring.model import Criterion, OpenedBid, price_criterion, unit_of
from scoring.monetised import AwardOnValue, BonusMalus, FictitiousDiscount
from scoring.quality_price import Coefficient
from scoring.rules import Rule, needs_quality
from scoring.tree import Node, Plan
from scoring.units import find_unit, is_money

USUAL_PRICE: Final = Fraction(1_000_000)
"""Prices are invented around this where the rules publish no ceiling, reference or bounds and no bid is given."""

_NAMES: Final = (
    "alder",
    "birch",
    "cedar",
    "dogwood",
    "elm",
    "fir",
    "gorse",
    "hazel",
    "ivy",
    "juniper",
    "larch",
    "maple",
)


class Draws:
    """Numbers that look random and follow from the seed alone."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._count = 0

    def below(self, end: int) -> int:
        """A whole number from 0 to end − 1, each as likely as the others to within 2^-190."""
        self._count += 1
        drawn = hashlib.sha256(f"{self._seed}:{self._count}".encode()).digest()
        return int.from_bytes(drawn, "big") % end

    def between(self, low: Fraction, high: Fraction, steps: int) -> Fraction:
        """One of steps + 1 evenly spaced numbers from low to high."""
        return low + (high - low) * self.below(steps + 1) / steps


def usual_price(ready: Plan, bids: Sequence[OpenedBid]) -> Fraction:
    """Around what prices are invented: the mean of the given ones, else what the rules publish, else a million."""
    price = price_criterion(ready.lot.criteria, ready.lot.rule)
    given = stated_prices(price, bids)
    if any(given):
        return sum(given, start=Fraction(0)) / len(given)
    method = price.method if price is not None else None
    if isinstance(method, LinearBetweenBounds):
        return Fraction(method.best + method.worst) / 2
    for source in (method, ready.lot.rule):
        for name in ("ceiling", "reference", "estimate", "budget", "price"):
            published = getattr(source, name, None)
            if isinstance(published, Decimal):
                return Fraction(published) * 9 / 10
    return USUAL_PRICE


def stated_prices(price: Criterion | None, bids: Sequence[OpenedBid]) -> list[Fraction]:
    """The prices of the bids that state a readable one."""
    texts = (bid.values.get(price.id, "") for bid in bids) if price is not None else ()
    return [Fraction(text) for text in texts if is_plain_decimal(text)]


def invent(ready: Plan, number: int, draws: Draws, around: Fraction) -> tuple[OpenedBid, ...]:
    """So many bids: prices within a quarter of `around`, grades more often high than low, quantities up to 130 %."""
    return tuple(
        OpenedBid(
            id=name_of(index),
            values={node.id: value for node in ready.leaves if (value := value_of(ready, node, draws, around))},
        )
        for index in range(number)
    )


def name_of(index: int) -> str:
    """alder, birch … maple, alder-2 …"""
    turn, place = divmod(index, len(_NAMES))
    return _NAMES[place] + (f"-{turn + 1}" if turn else "")


def value_of(ready: Plan, node: Node, draws: Draws, around: Fraction) -> str:
    """What an imaginary bidder says on a leaf, or what an imaginary panel gives it."""
    method = node.criterion.method
    if isinstance(method, Graded | YesNo | PassFail | Text):
        return answer(method, draws)
    match method:
        case Target(target=target) | Credited(target=target):
            return written(node, draws.between(Fraction(0), Fraction(target) * 13 / 10, 26))
        case LinearBetweenBounds(best=best, worst=worst):
            return written(node, draws.between(Fraction(worst), Fraction(best), 40))
        case Lookup():
            return looked_up(node, method, draws)
        case FixedPrice(price=price) if price is not None:
            return f"{price:f}"
        case None:
            return raw_value(ready, node, draws, around)
        case _:
            return money_or_number(ready, node, draws, around)


def answer(method: Graded | YesNo | PassFail | Text, draws: Draws) -> str:
    """A grade, the better of two draws; yes three times in four; everybody passes; nothing where words are asked."""
    if isinstance(method, Graded):
        alive = [level for level in method.scale if not level.fatal] or list(method.scale)
        return f"{alive[max(draws.below(len(alive)), draws.below(len(alive)))].value:f}"
    if isinstance(method, YesNo):
        return "yes" if draws.below(4) else "no"
    return "pass" if isinstance(method, PassFail) else ""


def money_or_number(ready: Plan, node: Node, draws: Draws, around: Fraction) -> str:
    """A price near the usual one, another amount of a tenth of it, or a number up to 100."""
    if node is ready.price:
        return written(node, draws.between(around * 3 / 4, around * 5 / 4, 500))
    if isinstance(node.criterion.method, LinearAgainstCeiling | ReferenceOverPrice):
        own = Fraction(getattr(node.criterion.method, "ceiling", getattr(node.criterion.method, "reference", 100)))
        return written(node, draws.between(own / 2, own, 50))
    high = around / 10 if is_money(unit_of(node.criterion)) else Fraction(100)
    return written(node, draws.between(high / 5, high, 40))


def looked_up(node: Node, table: Lookup, draws: Draws) -> str:
    """A value of a published table."""
    if table.values:
        return list(table.values)[draws.below(len(table.values))]
    band = table.bands[draws.below(len(table.bands))]
    low = Fraction(band.from_ if band.from_ is not None else (band.to or 1) - 1)
    high = Fraction(band.to if band.to is not None else low + 1)
    return written(node, (low + high) / 2)


def raw_value(ready: Plan, node: Node, draws: Draws, around: Fraction) -> str:
    """What a whole-tender rule reads as it is: the price, a listed grade, a share, or points."""
    rule = ready.lot.rule
    if node is ready.price:
        return money_or_number(ready, node, draws, around)
    listed = listed_by(rule, node.id)
    if listed:
        return listed[draws.below(len(listed))]
    if rule is not None and needs_quality(rule):
        return str(5 * draws.below(21))
    if isinstance(rule, Coefficient):
        return written(node, draws.between(Fraction(0), node.share / Fraction(ready.lot.total), 5))
    return written(node, draws.between(Fraction(0), Fraction(10), 10))


def listed_by(rule: Rule | None, criterion: str) -> list[str]:
    """The grades for which a rule publishes amounts on a criterion."""
    match rule:
        case AwardOnValue(values=values):
            worth = values.get(criterion)
            return list(worth) if isinstance(worth, dict) else []
        case BonusMalus(bonus=bonus, malus=malus):
            return sorted({*bonus.get(criterion, {}), *malus.get(criterion, {})})
        case FictitiousDiscount(levels=levels):
            return list(levels)
        case _:
            return []


def written(node: Node, value: Fraction) -> str:
    """A number as a bidder would write it in the criterion's unit: two decimals at most, within the unit's bounds."""
    unit = find_unit(unit_of(node.criterion))
    decimals = min(2, unit.decimals)
    if unit.low is not None:
        value = max(value, Fraction(unit.low))
    if unit.high is not None:
        value = min(value, Fraction(unit.high))
    found = rounded(value, decimals, "half_up")
    return decimal_text(found, 2) if is_money(unit_of(node.criterion)) else exact_text(found)
