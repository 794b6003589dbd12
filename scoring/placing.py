"""Relative methods that give points by place: how near to the best, or how many are better."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import assert_never

import msgspec

from scoring.decimals import require_decimal
from scoring.price import HIGHEST, LOWEST
from scoring.units import Direction
from scoring.worked import (
    FULL,
    Band,
    Worked,
    ZeroRule,
    band_of,
    listed_points,
    require_above_zero,
    require_bands,
    require_zero_rule,
)

WIDEST_TOLERANCE = 5
"""A band wider than 500 % above the lowest is surely meant as a percentage."""


class ToleranceBand(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="P9"
):
    """Tolerance bands above the lowest

    Formula: the points of the band in which (p − m) / m falls, m the lowest price. Where higher is better: (M − p) / M.
    Used: where small differences in price shall not decide: near the lowest everybody has full marks.
    Parameters: bands, ascending, of {from, to, points}: from and to are shares above the lowest (0.05 for 5 %), `to`
    belongs to the band, and the first band starts at 0; points on the scale 0–100, or of out_of; zero.
    Edge cases: beyond the last band 0 points. One bid or all equal: the points of the first band. A lowest price of 0
    sits in a denominator and needs the zero rule.
    Source: the buyer's own published bands.

    >>> bands = (Band(to=Decimal("0.05"), points=Decimal(100)), Band(from_=Decimal("0.05"), points=Decimal(60)))
    >>> prices = [Fraction(price) for price in (100, 105, 106)]
    >>> [str(one.points) for one in tolerance_band(ToleranceBand(bands=bands), prices, "lower")]
    ['100', '100', '60']
    """

    bands: tuple[Band, ...]
    out_of: Decimal = Decimal(100)
    zero: ZeroRule | None = None

    def __post_init__(self) -> None:
        require_bands(self.bands)
        require_above_zero(self.out_of, "out_of")
        require_zero_rule(self.zero)
        if not self.bands or (self.bands[0].from_ or 0) > 0:
            raise ValueError("bands must start at 0, the lowest price itself")
        widest = max((band.to or Decimal(0) for band in self.bands), default=Decimal(0))
        if widest >= WIDEST_TOLERANCE:
            raise ValueError(f"bands reach {widest:f}; write shares above the lowest price, 0.05 for 5 %")


def tolerance_band(method: ToleranceBand, values: Sequence[Fraction], direction: Direction) -> list[Worked]:
    """Points by P9."""
    best = min(values) if direction == "lower" else max(values)
    where = LOWEST if direction == "lower" else HIGHEST
    scale = FULL / Fraction(method.out_of)
    worked: list[Worked] = []
    for value in values:
        distance = abs(value - best) / abs(best) if best else Fraction(0)
        band = band_of(method.bands, distance, "to")
        points = Decimal(0) if band is None else band.points
        subject = "a distance of ({value} − {best}) ÷ {best} = {distance}"
        text, numbers = listed_points(subject, points, method.out_of)
        numbers |= {"value": value, "best": best, "distance": distance}
        worked.append(Worked(Fraction(points) * scale, text, numbers, stated=True, where=where))
    return worked


class RankPoints(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="P10"
):
    """Points by place

    Formula: the points listed for the bid's place on this criterion.
    Used: where only the order counts.
    Parameters: points, a list for the first, second, … place, falling, on the scale 0–100, or of out_of: with out_of
    25, "25" is full marks.
    Edge cases: equal values share the better place, and the next place counts them all; beyond the list 0 points.
    Source: the buyer's own published list.

    >>> method = RankPoints(points=(Decimal(25), Decimal(22), Decimal(20)), out_of=Decimal(25))
    >>> prices = [Fraction(price) for price in (80, 100, 100, 120)]
    >>> [str(one.points) for one in rank_points(method, prices, "lower")]
    ['100', '88', '88', '0']
    """

    points: tuple[Decimal, ...]
    out_of: Decimal = Decimal(100)

    def __post_init__(self) -> None:
        require_above_zero(self.out_of, "out_of")
        for index, value in enumerate(self.points):
            require_decimal(value, f"points[{index}]")
        if not self.points or list(self.points) != sorted(self.points, reverse=True):
            raise ValueError("points must list at least one number, the first place's first, none larger after it")


def rank_points(method: RankPoints, values: Sequence[Fraction], direction: Direction) -> list[Worked]:
    """Points by P10."""
    scale = FULL / Fraction(method.out_of)
    worked: list[Worked] = []
    for value in values:
        place = 1 + sum(other < value if direction == "lower" else other > value for other in values)
        points = method.points[place - 1] if place <= len(method.points) else Decimal(0)
        text, numbers = listed_points("place {place} with {value}", points, method.out_of)
        numbers |= {"place": place, "value": value}
        worked.append(Worked(Fraction(points) * scale, text, numbers, stated=True))
    return worked


PlacingMethod = ToleranceBand | RankPoints


def placing_points(method: PlacingMethod, values: Sequence[Fraction], direction: Direction) -> list[Worked]:
    """Points of the reference set by a method of this family."""
    match method:
        case ToleranceBand():
            return tolerance_band(method, values, direction)
        case RankPoints():
            return rank_points(method, values, direction)
        case _:
            assert_never(method)
