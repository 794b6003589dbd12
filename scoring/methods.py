"""The closed family of scoring methods of one criterion: its union and its dispatch.

A new method is one struct and one function in the file of its family, and a line in that union and match; the type
checker stops wherever a member is not handled.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from scoring.absolute import AbsoluteMethod, Concave, LinearAgainstCeiling, ReferenceOverPrice, absolute_price_points
from scoring.answers import AnswerMethod, PassFail, Text, answer_points
from scoring.discount import DiscountMethod, discount_points
from scoring.placing import PlacingMethod, RankPoints, ToleranceBand, placing_points
from scoring.price import (
    InverseProportional,
    InverseWithMinimumMark,
    LinearFromLowest,
    LinearToMultiple,
    Logarithmic,
    LowestToHighest,
    PriceMethod,
    price_points,
)
from scoring.units import Direction
from scoring.worked import FULL, InvalidValue, Worked, limited

Relative = PriceMethod | DiscountMethod | PlacingMethod
Absolute = AbsoluteMethod | AnswerMethod
Unscored = PassFail | Text
Method = Relative | Absolute | Unscored

HAVE_A_POLE: Final = (
    InverseProportional
    | InverseWithMinimumMark
    | LinearFromLowest
    | LinearToMultiple
    | Logarithmic
    | ToleranceBand
    | ReferenceOverPrice
)
"""Methods that divide by a price, so that an offer of 0 needs a published rule."""


def takes_negative(method: Relative, direction: Direction) -> bool:
    """Whether a relative method can score amounts below 0: income, by the forms that do not divide by them."""
    return isinstance(method, LinearFromLowest | LowestToHighest | RankPoints) and direction == "higher"


def relative_points(method: Relative, values: Sequence[Fraction], direction: Direction) -> list[Worked]:
    """Points of the whole reference set under a relative method, in the order of the values."""
    if min(values) < 0 and not takes_negative(method, direction):
        raise InvalidValue(
            f"{min(values)} is below 0, which this formula cannot score; publish A1, or say higher is better"
        )
    if isinstance(method, PriceMethod):
        return price_points(method, values, direction)
    if isinstance(method, DiscountMethod):
        return discount_points(method, values)
    return placing_points(method, values, direction)


def absolute_points(method: Absolute, text: str) -> Worked:
    """Points of one value under an absolute method."""
    if isinstance(method, AbsoluteMethod):
        return absolute_price_points(method, text)
    return answer_points(method, text)


def full_points_for_zero(method: Method) -> Worked:
    """What a value of 0 earns where the tender's zero rule is "full": the most that the method gives."""
    most = Fraction(method.top) if isinstance(method, InverseWithMinimumMark) else FULL
    worked = Worked(most, "a value of 0 has full points by the published rule", {}, stated=True)
    cap = getattr(method, "cap", None)
    return limited(worked, None, cap if isinstance(cap, str) else None)


def zero_rule(method: Method | None) -> str | None:
    """The published rule for an offer of 0, where the method has one."""
    rule = getattr(method, "zero", None)
    return rule if isinstance(rule, str) else None


def exclusion_ceiling(method: Method | None) -> Fraction | None:
    """The price above which a bid is not ranked, where the tender says so."""
    if isinstance(method, DiscountMethod | LinearAgainstCeiling | Concave) and method.over_ceiling == "exclude":
        return Fraction(method.ceiling)
    return None


def is_relative(method: Method | None) -> bool:
    """Whether other bids can change the points of a bid."""
    return isinstance(method, Relative)


def is_unscored(method: Method | None) -> bool:
    """Whether the method earns no points: pass/fail and text."""
    return isinstance(method, Unscored)
