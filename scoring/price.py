"""Methods that measure a value against the lowest, the highest or the mean of the bids still standing.

Every function takes the values of the reference set and gives one `Worked` per value, in the same order. Points are
on the scale 0–100; `floor` and `cap` are the published limits.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Final, assert_never

import msgspec

from scoring.decimals import Bound, require_decimal
from scoring.intervals import log_ratio_points
from scoring.units import Direction
from scoring.worked import FULL, Worked, ZeroRule, limited, require_zero_rule

LOWEST: Final = "{best} is the lowest of the bids"
HIGHEST: Final = "{best} is the highest of the bids"
BOTH_ENDS: Final = "{lowest} is the lowest and {highest} the highest of the bids"

Precision = Annotated[
    int,
    msgspec.Meta(ge=0, le=12, description="Decimals to which an irrational result is rounded, half up, by proof."),
]


class InverseProportional(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="P1"
):
    """Inverse proportional

    Formula: 100 · m / p, m the lowest price. Where higher is better: 100 · value / highest value.
    Used: UK default; World Bank, ADB and UNDP (Sf = 100 · Fm / F); Poland; Norway; Georgia (US); Canada.
    Parameters: zero, the rule for a price of 0; floor; cap.
    Edge cases: one bid or all equal: full points. A price of 0 sits in a denominator and needs the zero rule.
    Source: UK Digital Marketplace guidance; World Bank QCBS.

    >>> worked = inverse_proportional(InverseProportional(), [Fraction(80), Fraction(100), Fraction(120)], "lower")
    >>> [str(one.points) for one in worked]
    ['100', '80', '200/3']
    """

    zero: ZeroRule | None = None
    floor: Bound | None = None
    cap: Bound | None = None

    def __post_init__(self) -> None:
        require_zero_rule(self.zero)


def inverse_proportional(method: InverseProportional, values: Sequence[Fraction], direction: Direction) -> list[Worked]:
    """Points by P1."""
    if direction == "lower":
        best, text, where = min(values), "100 × {best} ÷ {value}", LOWEST
        ratios = [best / value if value else Fraction(1) for value in values]
    else:
        best, text, where = max(values), "100 × {value} ÷ {best}", HIGHEST
        ratios = [value / best if best else Fraction(1) for value in values]
    worked = (
        Worked(FULL * ratio, text, {"best": best, "value": value}, where=where)
        for ratio, value in zip(ratios, values, strict=True)
    )
    return [limited(one, method.floor, method.cap) for one in worked]


class InverseWithMinimumMark(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="P1h"
):
    """Inverse proportional with a minimum mark

    Formula: (m / p) · (top − floor) + floor, m the lowest price. Where higher is better: value / M for m / p.
    Used: Hungary.
    Parameters: floor and top, the lowest and highest mark on the scale 0–100 (0 and 100 unless published); zero.
    Edge cases: one bid or all equal: the top mark. A price of 0 needs the zero rule.
    Source: Hungarian public procurement guidance (from knowledge, not re-seen).

    >>> method = InverseWithMinimumMark(floor=Decimal(10), top=Decimal(100))
    >>> [str(one.points) for one in inverse_with_minimum_mark(method, [Fraction(80), Fraction(160)], "lower")]
    ['100', '55']
    """

    floor: Decimal = Decimal(0)
    top: Decimal = Decimal(100)
    zero: ZeroRule | None = None

    def __post_init__(self) -> None:
        require_decimal(self.floor, "floor")
        require_decimal(self.top, "top")
        require_zero_rule(self.zero)
        if self.floor >= self.top:
            raise ValueError(f"floor is {self.floor:f}, not below top {self.top:f}; write the lowest mark in floor")


def inverse_with_minimum_mark(
    method: InverseWithMinimumMark, values: Sequence[Fraction], direction: Direction
) -> list[Worked]:
    """Points by P1h."""
    low, top = Fraction(method.floor), Fraction(method.top)
    ratio = "{best} ÷ {value}" if direction == "lower" else "{value} ÷ {best}"
    return [
        Worked(
            plain.points / FULL * (top - low) + low,
            f"{ratio} × ({{top}} − {{floor}}) + {{floor}}",
            {**plain.numbers, "top": top, "floor": low},
            where=plain.where,
        )
        for plain in inverse_proportional(InverseProportional(), values, direction)
    ]


class LinearFromLowest(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="P2"
):
    """Linear from the lowest

    Formula: 100 · (1 − (p − m) / m), m the lowest price. Income, where higher is better: 100 · (1 + (p − M) / M).
    Used: South Africa 80/20 and 90/10; Pennsylvania; Norway.
    Parameters: floor ("none" by default, so that a price above twice the lowest earns negative points; South Africa and
    Pennsylvania publish "0"); cap; zero.
    Edge cases: one bid or all equal: full points. A lowest price of 0 sits in a denominator and needs the zero rule.
    Source: Preferential Procurement Regulations 2022; KOFA 2015/60 on negative points.

    >>> prices = [Fraction(price) for price in (80, 100, 120, 200)]
    >>> [str(one.points) for one in linear_from_lowest(LinearFromLowest(), prices, "lower")]
    ['100', '75', '50', '-50']
    """

    floor: Bound | None = None
    cap: Bound | None = None
    zero: ZeroRule | None = None

    def __post_init__(self) -> None:
        require_zero_rule(self.zero)


def linear_from_lowest(method: LinearFromLowest, values: Sequence[Fraction], direction: Direction) -> list[Worked]:
    """Points by P2."""
    if direction == "lower":
        best, sign, text, where = min(values), -1, "100 × (1 − ({value} − {best}) ÷ {best})", LOWEST
    else:
        best, sign, text, where = max(values), 1, "100 × (1 + ({value} − {best}) ÷ {best})", HIGHEST
    worked = (
        Worked(
            FULL * (1 + sign * (value - best) / abs(best)) if best else FULL,
            text,
            {"value": value, "best": best},
            where=where,
        )
        for value in values
    )
    return [limited(one, method.floor, method.cap) for one in worked]


class LinearToMultiple(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="P3"
):
    """Linear, no points at a multiple of the lowest

    Formula: 100 · (k · m − p) / ((k − 1) · m), m the lowest price; never below 0 unless floor is "none". Where higher
    is better, with M the highest value: 100 · (k · value − M) / ((k − 1) · M).
    Used: Germany (k = 2); France (k free).
    Parameters: k, above 1; floor; cap; zero.
    Edge cases: one bid or all equal: full points. A lowest price of 0 sits in a denominator and needs the zero rule.
    Source: vergabeportal-bw.de; weka.fr.

    >>> prices = [Fraction(price) for price in (80, 100, 120, 200, 250)]
    >>> [float(one.points) for one in linear_to_multiple(LinearToMultiple(k=Decimal(3)), prices, "lower")]
    [100.0, 87.5, 75.0, 25.0, 0.0]
    """

    k: Decimal = Decimal(2)
    floor: Bound | None = None
    cap: Bound | None = None
    zero: ZeroRule | None = None

    def __post_init__(self) -> None:
        require_decimal(self.k, "k")
        require_zero_rule(self.zero)
        if self.k <= 1:
            raise ValueError(f"k is {self.k:f}; write a multiple above 1, such as 2")


def linear_to_multiple(method: LinearToMultiple, values: Sequence[Fraction], direction: Direction) -> list[Worked]:
    """Points by P3."""
    k = Fraction(method.k)
    if direction == "lower":
        best, text = min(values), "100 × ({k} × {best} − {value}) ÷ (({k} − 1) × {best})"
        points = [FULL * (k * best - value) / ((k - 1) * best) if best else FULL for value in values]
    else:
        best, text = max(values), "100 × ({k} × {value} − {best}) ÷ (({k} − 1) × {best})"
        points = [FULL * (k * value - best) / ((k - 1) * best) if best else FULL for value in values]
    worked = (
        Worked(one, text, {"k": k, "best": best, "value": value}, where=LOWEST if direction == "lower" else HIGHEST)
        for one, value in zip(points, values, strict=True)
    )
    return [limited(one, method.floor, method.cap, low=0) for one in worked]


class LowestToHighest(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="P4"
):
    """Linear from lowest to highest

    Formula: 100 · (M − p) / (M − m). Where higher is better: 100 · (p − m) / (M − m).
    Used: Switzerland (federally no longer); Italy "Lineare Min-Max", advised against for prices.
    Parameters: floor; cap.
    Edge cases: one bid or all equal would be 0 / 0: full points to all. A price of 0 needs no rule.
    Source: wiki.acquistinretepa.it, Min-Max.

    >>> prices = [Fraction(price) for price in (80, 120, 200)]
    >>> [str(one.points) for one in lowest_to_highest(LowestToHighest(), prices, "lower")]
    ['100', '200/3', '0']
    """

    floor: Bound | None = None
    cap: Bound | None = None


def lowest_to_highest(method: LowestToHighest, values: Sequence[Fraction], direction: Direction) -> list[Worked]:
    """Points by P4."""
    lowest, highest = min(values), max(values)
    spread = highest - lowest
    if not spread:
        text = "all values are {value}, so everybody has full points"
        equal = (Worked(FULL, text, {"value": value}, stated=True) for value in values)
        return [limited(one, method.floor, method.cap) for one in equal]
    if direction == "lower":
        text = "100 × ({highest} − {value}) ÷ ({highest} − {lowest})"
        points = [FULL * (highest - value) / spread for value in values]
    else:
        text = "100 × ({value} − {lowest}) ÷ ({highest} − {lowest})"
        points = [FULL * (value - lowest) / spread for value in values]
    worked = (
        Worked(one, text, {"value": value, "lowest": lowest, "highest": highest}, where=BOTH_ENDS)
        for one, value in zip(points, values, strict=True)
    )
    return [limited(one, method.floor, method.cap) for one in worked]


class MeanBased(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="P5"
):
    """Measured against the mean

    Formula: 50 − 100 · (p − μ) / μ, μ the mean price. Where higher is better: 50 + 100 · (value − μ) / μ.
    Used: UK local government.
    Parameters: floor and cap ("none" by default: far from the mean, points leave 0–100); zero.
    Edge cases: one bid or all equal: 50 points, because nothing lies below the mean. A mean of 0 needs the zero rule.
    Source: procurementtemplates.co.uk, mean method steps a–e.

    >>> prices = [Fraction(price) for price in (80, 100, 120, 200)]
    >>> [str(one.points) for one in mean_based(MeanBased(), prices, "lower")]
    ['86', '70', '54', '-10']
    """

    floor: Bound | None = None
    cap: Bound | None = None
    zero: ZeroRule | None = None

    def __post_init__(self) -> None:
        require_zero_rule(self.zero)


def mean_based(method: MeanBased, values: Sequence[Fraction], direction: Direction) -> list[Worked]:
    """Points by P5."""
    mean = sum(values, start=Fraction(0)) / len(values)
    sign, shown = (-1, "−") if direction == "lower" else (1, "+")
    worked = (
        Worked(
            50 + sign * FULL * (value - mean) / mean if mean else Fraction(50),
            f"50 {shown} 100 × ({{value}} − {{mean}}) ÷ {{mean}}",
            {"value": value, "mean": mean},
            where="{mean} is the mean of the bids",
        )
        for value in values
    )
    return [limited(one, method.floor, method.cap) for one in worked]


class Logarithmic(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="P6"
):
    """Logarithmic

    Formula: 100 · (1 − ln(p / m) / ln(base)), m the lowest price. Where higher is better: ln(highest / value).
    Used: Negometrix/Mercell, with a base of 1.5, 2 or 3. Unfloored, a losing bid's leaving never reorders the others.
    Parameters: base, above 1: the multiple of the lowest price that earns no points; decimals (10 unless published) to
    which the irrational result is rounded, half up, by an interval proof; floor; cap; zero.
    Edge cases: above base · m points are negative unless floored. One bid or all equal: full points. 0 has no
    logarithm and needs the zero rule.
    Source: support.negometrix.com article 9000092065.

    >>> prices = [Fraction(price) for price in (80, 100, 120, 200)]
    >>> method = Logarithmic(base=Decimal(2), decimals=4)
    >>> [float(one.points) for one in logarithmic(method, prices, "lower")]
    [100.0, 67.8072, 41.5037, -32.1928]
    """

    base: Decimal
    decimals: Precision = 10
    floor: Bound | None = None
    cap: Bound | None = None
    zero: ZeroRule | None = None

    def __post_init__(self) -> None:
        require_decimal(self.base, "base")
        require_zero_rule(self.zero)
        if self.base <= 1:
            raise ValueError(f"base is {self.base:f}; write a multiple above 1, such as 2")


def logarithmic(method: Logarithmic, values: Sequence[Fraction], direction: Direction) -> list[Worked]:
    """Points by P6; a value of 0 among others earns what the zero rule left to it."""
    base = Fraction(method.base)
    best = min(values) if direction == "lower" else max(values)
    text = "{value} ÷ {best}" if direction == "lower" else "{best} ÷ {value}"
    worked: list[Worked] = []
    for value in values:
        ratio = value / best if direction == "lower" else best / value
        points, exact = log_ratio_points(ratio, base, method.decimals)
        shown = "100 × (1 − ln(" + text + ") ÷ ln {base})"
        numbers = {"value": value, "best": best, "base": base, "decimals": method.decimals}
        text_to = shown if exact else f"{shown}, to {{decimals}} decimals"
        worked.append(Worked(points, text_to, numbers, where=LOWEST if direction == "lower" else HIGHEST))
    return [limited(one, method.floor, method.cap) for one in worked]


PriceMethod = (
    InverseProportional
    | InverseWithMinimumMark
    | LinearFromLowest
    | LinearToMultiple
    | LowestToHighest
    | MeanBased
    | Logarithmic
)


def price_points(method: PriceMethod, values: Sequence[Fraction], direction: Direction) -> list[Worked]:
    """Points of the reference set by a method of this family."""
    match method:
        case InverseProportional():
            return inverse_proportional(method, values, direction)
        case InverseWithMinimumMark():
            return inverse_with_minimum_mark(method, values, direction)
        case LinearFromLowest():
            return linear_from_lowest(method, values, direction)
        case LinearToMultiple():
            return linear_to_multiple(method, values, direction)
        case LowestToHighest():
            return lowest_to_highest(method, values, direction)
        case MeanBased():
            return mean_based(method, values, direction)
        case Logarithmic():
            return logarithmic(method, values, direction)
        case _:
            assert_never(method)
