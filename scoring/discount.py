"""Relative methods that work on the discount R = (ceiling − p) / ceiling that a bid gives on a published ceiling.

A price above the ceiling gives no discount (R = 0), or leaves the bid unranked where `over_ceiling` says "exclude".
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Literal, assert_never

import msgspec

from scoring.decimals import Bound, require_decimal
from scoring.intervals import power_points
from scoring.price import Precision
from scoring.worked import (
    FULL,
    OverCeiling,
    Worked,
    ZeroRule,
    above_ceiling,
    discount_of,
    limited,
    require_above_zero,
    require_zero_rule,
)


def joined(one: str, two: str) -> str:
    """Two remarks, of which the second may be empty."""
    return f"{one}, {two}" if two else one


class DiscountProportional(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="P7"
):
    """Proportional to the discount

    Formula: 100 · (R / R_max)^alpha, R = (ceiling − p) / ceiling.
    Used: Italy (ANAC guideline 2); Spain.
    Parameters: ceiling; alpha, above 0 and at most 100 (1 unless published); decimals (10 unless published) for a
    fractional alpha, rounded half up by an interval proof; no_discount, "full" or "none" when nobody gives a discount
    (0 / 0); over_ceiling, "floor" or "exclude"; floor; cap; zero.
    Edge cases: one bid below the ceiling, or all equal: full points. A price of 0 is a discount of 1 and has no pole.
    Source: ANAC guideline no. 2.

    >>> method = DiscountProportional(ceiling=Decimal(220), alpha=Decimal("0.5"), decimals=4)
    >>> prices = [Fraction(price) for price in (80, 100, 120, 200)]
    >>> [float(one.points) for one in discount_proportional(method, prices)]
    [100.0, 92.582, 84.5154, 37.7964]
    """

    ceiling: Decimal
    alpha: Decimal = Decimal(1)
    decimals: Precision = 10
    no_discount: Literal["full", "none"] = "full"
    over_ceiling: OverCeiling = "floor"
    floor: Bound | None = None
    cap: Bound | None = None
    zero: ZeroRule | None = None

    def __post_init__(self) -> None:
        require_above_zero(self.ceiling, "ceiling")
        require_above_zero(self.alpha, "alpha", high=100)
        require_zero_rule(self.zero)


def discount_proportional(method: DiscountProportional, values: Sequence[Fraction]) -> list[Worked]:
    """Points by P7."""
    ceiling, alpha = Fraction(method.ceiling), Fraction(method.alpha)
    discounts = [discount_of(value, ceiling) for value in values]
    largest = max(discounts)
    if largest == 0:
        points = FULL if method.no_discount == "full" else Fraction(0)
        none = Worked(points, "nobody gives a discount, for which the tender published the points", {}, stated=True)
        return [limited(none, method.floor, method.cap, low=0)] * len(values)
    worked: list[Worked] = []
    for value, discount in zip(values, discounts, strict=True):
        earned, exact = power_points(discount / largest, alpha, method.decimals)
        text = "100 × ((({ceiling} − {value}) ÷ {ceiling}) ÷ {largest})" + ("" if alpha == 1 else " ^ {alpha}")
        numbers = {"ceiling": ceiling, "value": value, "largest": largest, "alpha": alpha, "decimals": method.decimals}
        shown = text if exact else f"{text}, to {{decimals}} decimals"
        worked.append(
            Worked(
                earned,
                shown,
                numbers,
                where=joined("{largest} is the largest discount", above_ceiling(value, ceiling)),
            )
        )
    return [limited(one, method.floor, method.cap, low=0) for one in worked]


class DiscountWithFloor(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="P7b"
):
    """Proportional to the discount, with a floor of significance

    Formula: 100 · R / max(threshold, R_max), R = (ceiling − p) / ceiling.
    Used: Aragón, so that tiny discounts do not decide.
    Parameters: ceiling; threshold, the discount below which nobody earns full points, as a share: 0.05 for 5 %;
    over_ceiling; floor; cap; zero.
    Edge cases: with one bid or equal bids full points are earned only from the threshold on.
    Source: Aragón, Junta Consultiva, Informe 6/2014.

    >>> method = DiscountWithFloor(ceiling=Decimal(100), threshold=Decimal("0.05"))
    >>> [str(one.points) for one in discount_with_floor(method, [Fraction(98), Fraction(99)])]
    ['40', '20']
    """

    ceiling: Decimal
    threshold: Decimal
    over_ceiling: OverCeiling = "floor"
    floor: Bound | None = None
    cap: Bound | None = None
    zero: ZeroRule | None = None

    def __post_init__(self) -> None:
        require_above_zero(self.ceiling, "ceiling")
        require_decimal(self.threshold, "threshold")
        require_zero_rule(self.zero)
        if not 0 < self.threshold < 1:
            raise ValueError(f"threshold is {self.threshold:f}; write a share between 0 and 1, 0.05 for 5 %")


def discount_with_floor(method: DiscountWithFloor, values: Sequence[Fraction]) -> list[Worked]:
    """Points by P7b."""
    ceiling = Fraction(method.ceiling)
    discounts = [discount_of(value, ceiling) for value in values]
    measure = max(Fraction(method.threshold), *discounts)
    measured = "the published threshold" if measure == method.threshold else "the largest discount"
    worked = (
        Worked(
            FULL * discount / measure,
            "100 × (({ceiling} − {value}) ÷ {ceiling}) ÷ {measure}",
            {"ceiling": ceiling, "value": value, "measure": measure},
            where=joined(f"{{measure}} is {measured}", above_ceiling(value, ceiling)),
        )
        for value, discount in zip(values, discounts, strict=True)
    )
    return [limited(one, method.floor, method.cap, low=0) for one in worked]


class Bilinear(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="P8"
):
    """Bilinear

    Formula: up to the mean discount R̄: 100 · x · R / R̄; above it: 100 · (x + (1 − x) · (R − R̄) / (R_max − R̄)).
    Used: Italy, DPR 207/2010 annex P, with x of 0.80, 0.85 or 0.90.
    Parameters: x, the share of the points earned at the mean discount; ceiling; over_ceiling; floor; cap; zero.
    Edge cases: one bid or all equal (R_max = R̄): full points.
    Source: DPR 207/2010 annex P (formula from knowledge; an image in the source).

    >>> method = Bilinear(ceiling=Decimal(220), x=Decimal("0.80"))
    >>> prices = [Fraction(price) for price in (80, 100, 120, 200)]
    >>> [round(float(one.points), 4) for one in bilinear(method, prices)]
    [100.0, 91.1111, 82.2222, 16.8421]
    """

    ceiling: Decimal
    x: Decimal
    over_ceiling: OverCeiling = "floor"
    floor: Bound | None = None
    cap: Bound | None = None
    zero: ZeroRule | None = None

    def __post_init__(self) -> None:
        require_above_zero(self.ceiling, "ceiling")
        require_decimal(self.x, "x")
        require_zero_rule(self.zero)
        if not 0 < self.x < 1:
            raise ValueError(f"x is {self.x:f}; write a share between 0 and 1, such as 0.85")


def bilinear(method: Bilinear, values: Sequence[Fraction]) -> list[Worked]:
    """Points by P8."""
    ceiling, x = Fraction(method.ceiling), Fraction(method.x)
    discounts = [discount_of(value, ceiling) for value in values]
    mean, largest = sum(discounts, start=Fraction(0)) / len(discounts), max(discounts)
    if largest == mean:
        equal = Worked(FULL, "all discounts are equal, so everybody has full points", {}, stated=True)
        return [limited(equal, method.floor, method.cap, low=0)] * len(values)
    worked: list[Worked] = []
    for value, discount in zip(values, discounts, strict=True):
        numbers = {"x": x, "ceiling": ceiling, "value": value, "mean": mean, "largest": largest, "discount": discount}
        own = joined("{discount} is the discount ({ceiling} − {value}) ÷ {ceiling}", above_ceiling(value, ceiling))
        where = own + ", {mean} the mean of all discounts"
        if discount <= mean:
            worked.append(Worked(FULL * x * discount / mean, "100 × {x} × {discount} ÷ {mean}", numbers, where=where))
        else:
            points = FULL * (x + (1 - x) * (discount - mean) / (largest - mean))
            text = "100 × ({x} + (1 − {x}) × ({discount} − {mean}) ÷ ({largest} − {mean}))"
            worked.append(Worked(points, text, numbers, where=where + ", {largest} the largest"))
    return [limited(one, method.floor, method.cap, low=0) for one in worked]


DiscountMethod = DiscountProportional | DiscountWithFloor | Bilinear


def discount_points(method: DiscountMethod, values: Sequence[Fraction]) -> list[Worked]:
    """Points of the reference set by a method of this family."""
    match method:
        case DiscountProportional():
            return discount_proportional(method, values)
        case DiscountWithFloor():
            return discount_with_floor(method, values)
        case Bilinear():
            return bilinear(method, values)
        case _:
            assert_never(method)
