"""Methods whose points depend on the other bids: on the lowest, dearest or mean value of those still standing."""

from collections.abc import Sequence
from fractions import Fraction

import msgspec

from scoring.absolute import ZeroRule, require_zero_rule
from scoring.decimals import Bound
from scoring.units import Direction
from scoring.worked import FULL, Worked, limited


class InverseProportional(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="P1"
):
    """Inverse proportional

    Formula: 100 · m / p, m the lowest price. Where higher is better: 100 · value / highest value.
    Used: UK default; World Bank, ADB and UNDP (Sf = 100 · Fm / F); Poland; Norway; Georgia (US); Canada.
    Parameters: zero, the rule for a price of 0; floor, cap.
    Edge cases: one bid or all equal: full points. A price of 0 sits in a denominator and needs the zero rule.
    Source: UK Digital Marketplace guidance; World Bank QCBS.

    >>> from scoring.price import inverse_proportional
    >>> worked = inverse_proportional(InverseProportional(), [Fraction(80), Fraction(100)], "lower")
    >>> [str(one.points) for one in worked]
    ['100', '80']
    """

    zero: ZeroRule | None = None
    floor: Bound | None = None
    cap: Bound | None = None

    def __post_init__(self) -> None:
        require_zero_rule(self.zero)


def inverse_proportional(method: InverseProportional, values: Sequence[Fraction], direction: Direction) -> list[Worked]:
    """Points by P1 for every value of the reference set, in the same order."""
    if direction == "lower":
        lowest = min(values)
        worked = [
            Worked(
                FULL * lowest / value if value else FULL, "100 × {lowest} ÷ {value}", {"lowest": lowest, "value": value}
            )
            for value in values
        ]
    else:
        highest = max(values)
        worked = [
            Worked(
                FULL * value / highest if highest else FULL,
                "100 × {value} ÷ {highest}",
                {"highest": highest, "value": value},
            )
            for value in values
        ]
    return [limited(one, method.floor, method.cap, low=None, high=None) for one in worked]


class LinearFromLowest(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="P2"
):
    """Linear from the lowest

    Formula: 100 · (1 − (p − m) / m), m the lowest price. Income, where higher is better: 100 · (1 + (p − M) / M).
    Used: South Africa 80/20 and 90/10; Pennsylvania; Norway "lineær".
    Parameters: floor ("none" by default, so that a price above twice the lowest earns negative points; South Africa and
    Pennsylvania publish "0"); cap; zero.
    Edge cases: one bid or all equal: full points. A lowest price of 0 sits in a denominator and needs the zero rule.
    Source: Preferential Procurement Regulations 2022; KOFA 2015/60 on negative points.

    >>> from scoring.price import linear_from_lowest
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
    """Points by P2 for every value of the reference set, in the same order."""
    if direction == "lower":
        lowest = min(values)
        worked = [
            Worked(
                FULL * (1 - (value - lowest) / lowest) if lowest else FULL,
                "100 × (1 − ({value} − {lowest}) ÷ {lowest})",
                {"value": value, "lowest": lowest},
            )
            for value in values
        ]
    else:
        highest = max(values)
        worked = [
            Worked(
                FULL * (1 + (value - highest) / highest) if highest else FULL,
                "100 × (1 + ({value} − {highest}) ÷ {highest})",
                {"value": value, "highest": highest},
            )
            for value in values
        ]
    return [limited(one, method.floor, method.cap, low=None, high=None) for one in worked]


class LowestToHighest(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="id", tag="P4"
):
    """Linear from lowest to highest

    Formula: 100 · (M − p) / (M − m). Where higher is better: 100 · (p − m) / (M − m).
    Used: Switzerland (federally no longer); Italy "Lineare Min-Max", advised against for prices.
    Parameters: floor, cap.
    Edge cases: one bid or all equal would be 0 / 0: full points to all. A price of 0 needs no rule.
    Source: wiki.acquistinretepa.it, Min-Max.

    >>> from scoring.price import lowest_to_highest
    >>> prices = [Fraction(price) for price in (80, 120, 200)]
    >>> [str(one.points) for one in lowest_to_highest(LowestToHighest(), prices, "lower")]
    ['100', '200/3', '0']
    """

    floor: Bound | None = None
    cap: Bound | None = None


def lowest_to_highest(method: LowestToHighest, values: Sequence[Fraction], direction: Direction) -> list[Worked]:
    """Points by P4 for every value of the reference set, in the same order."""
    lowest, highest = min(values), max(values)
    text = (
        "100 × ({highest} − {value}) ÷ ({highest} − {lowest})"
        if direction == "lower"
        else "100 × ({value} − {lowest}) ÷ ({highest} − {lowest})"
    )
    spread = highest - lowest
    worked = [
        Worked(
            FULL * (highest - value if direction == "lower" else value - lowest) / spread if spread else FULL,
            text if spread else "all values equal: full points",
            {"value": value, "lowest": lowest, "highest": highest},
        )
        for value in values
    ]
    return [limited(one, method.floor, method.cap, low=None, high=None) for one in worked]
