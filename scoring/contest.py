"""What a whole-tender rule looks at: for each bid still standing its price, its quality and its other values."""

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from scoring.decimals import parse_decimal
from scoring.worked import BidFault, InvalidValue, Worked, ZeroValue


class Contender(NamedTuple):
    """One bid: price, quality Q on 0–100, `worth` (its weighted quality points per point of the lot's total, 0–1)."""

    id: str
    price: Fraction
    quality: Fraction
    worth: Fraction
    values: Mapping[str, str]
    points: Mapping[str, Fraction]
    """Points of the leaves that have a method of their own."""


class Contest(NamedTuple):
    """All bids still standing, with the published shares (0–1) of price and quality, and of each leaf but the price."""

    contenders: tuple[Contender, ...]
    price_share: Fraction
    quality_share: Fraction
    others: Mapping[str, Fraction]


class Figure(NamedTuple):
    """What a rule gives one bid: the figure it is compared by (`worked.points`).

    `order` replaces the figure where the rule does not compare figures; less is better.
    """

    worked: Worked
    order: int | None = None
    financial: Worked | None = None
    """Points (0–100) that the price itself earns, where the rule gives it some."""


def plain_contest(qualities: Mapping[str, str], price_share: Fraction = Fraction(1, 2)) -> Contest:
    """A contest from quality points by price, with one quality criterion that has the rest of the weighting."""
    quality_share = 1 - price_share
    contenders = tuple(
        Contender(
            id=price,
            price=Fraction(price),
            quality=Fraction(quality),
            worth=Fraction(quality) / 100 * quality_share,
            values={"price": price, "quality": quality},
            points={"quality": Fraction(quality)},
        )
        for price, quality in qualities.items()
    )
    return Contest(contenders, price_share, quality_share, {"quality": quality_share})


def not_negative(contender: Contender, name: str, value: Fraction) -> Fraction:
    """A bid's price or quality where a number below 0 would turn the order round, so that a worse bid came first."""
    if value < 0:
        raise InvalidValue(BidFault(contender.id, None, f"a {name} below 0 cannot be compared by this rule"))
    return value


def divisor(contender: Contender, name: str, value: Fraction) -> Fraction:
    """A bid's price or quality as the number that a rule divides by; refused unless it is above 0.

    Bids that the published zero rule leaves unranked are not asked any more.
    """
    if not_negative(contender, name, value) == 0:
        mend = f'the rule would divide by a {name} of 0; publish "zero":"reject"'
        raise ZeroValue(BidFault(contender.id, None, mend))
    return value


def number_of(contender: Contender, criterion: str) -> Fraction:
    """A bid's raw number on a criterion."""
    try:
        return parse_decimal(contender.values[criterion], "value")
    except ValueError as error:
        raise InvalidValue(BidFault(contender.id, criterion, str(error))) from error
