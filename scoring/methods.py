"""The closed family of scoring methods of one criterion: its union and its dispatch."""

from collections.abc import Sequence
from fractions import Fraction
from typing import assert_never

from scoring import absolute, price
from scoring.decimals import parse_decimal
from scoring.units import Direction
from scoring.worked import Worked

Relative = price.InverseProportional | price.LinearFromLowest | price.LowestToHighest
Absolute = absolute.LinearBetweenBounds | absolute.Lookup | absolute.Graded | absolute.YesNo | absolute.Target
Unscored = absolute.PassFail | absolute.Text
Method = Relative | Absolute | Unscored


def relative_points(method: Relative, values: Sequence[Fraction], direction: Direction) -> list[Worked]:
    """Points of the whole reference set under a relative method, in the order of the values."""
    match method:
        case price.InverseProportional():
            return price.inverse_proportional(method, values, direction)
        case price.LinearFromLowest():
            return price.linear_from_lowest(method, values, direction)
        case price.LowestToHighest():
            return price.lowest_to_highest(method, values, direction)
        case _:
            assert_never(method)


def absolute_points(method: Absolute, text: str) -> Worked:
    """Points of one value under an absolute method."""
    match method:
        case absolute.LinearBetweenBounds():
            return absolute.linear_between_bounds(method, parse_decimal(text, "value"))
        case absolute.Lookup():
            return absolute.lookup(method, text)
        case absolute.Graded():
            return absolute.graded(method, text)
        case absolute.YesNo():
            return absolute.yes_no(method, text)
        case absolute.Target():
            return absolute.target(method, parse_decimal(text, "value"))
        case _:
            assert_never(method)


def is_relative(method: Method | None) -> bool:
    """Whether other bids can change the points of a bid."""
    return isinstance(method, Relative)


def is_unscored(method: Method | None) -> bool:
    """Whether the method earns no points: pass/fail and text."""
    return isinstance(method, Unscored)
