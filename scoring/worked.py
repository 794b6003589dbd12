"""What all scoring methods share: what they hand back, the limits and bands they publish, and what stops them."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Final, Literal, NamedTuple

import msgspec

from scoring.decimals import require_decimal

FULL: Final = Fraction(100)
"""Points that the best possible value earns; a method always works on the scale 0–100."""

Number = Fraction | int | str
OverCeiling = Literal["floor", "exclude"]

ZeroRule = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(reject|full|[0-9]{1,15}(\.[0-9]{1,12})?)$",
        description='What an offer of exactly 0 means: "reject" (the bid is not ranked), "full" (full points), or the '
        'smallest value, such as "0.01", as which lower offers are reckoned.',
    ),
]


class Worked(NamedTuple):
    """Points of one bid under one method, with what is needed to redo them on paper.

    `formula` is text with {names}; `numbers` fills them in. Both are kept apart so that printing costs nothing until
    somebody asks, and so that a sentence can be built in another language.
    """

    points: Fraction
    formula: str
    numbers: Mapping[str, Number]
    limit: str | None = None
    stated: bool = False
    """The formula is a statement ("the published points for 3") and not an equation."""
    where: str = ""
    """What the formula's numbers are, where a bid alone does not show it: text with the same {names}."""
    unlimited: Fraction | None = None
    """What the formula gave, where `limit`, the floor or the cap, put another number in its place."""


class BidFault(NamedTuple):
    """What is wrong with one bid, on one criterion where it concerns one."""

    bid: str
    criterion: str | None
    message: str

    def __str__(self) -> str:
        place = f"bid {self.bid!r}" if self.criterion is None else f"bid {self.bid!r}, criterion {self.criterion!r}"
        return f"{place}: {self.message}"


class Unscorable(Exception):
    """Something stops the scoring; every fault found is listed, each with what would mend it.

    `faults` are sentences; `bid_faults` are those that concern a bid, with its id apart.
    """

    def __init__(self, *faults: BidFault | str) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(map(str, faults))
        self.bid_faults = tuple(fault for fault in faults if isinstance(fault, BidFault))


class MissingValue(Unscorable):
    """An admissible bid has no value for a scored criterion; missing is never counted as 0."""


class InvalidValue(Unscorable):
    """A bid's value cannot be read, or is not on the published scale."""


class ZeroValue(Unscorable):
    """A formula would divide by zero and the tender published no rule for it."""


def limited(
    worked: Worked, floor: str | None, cap: str | None, *, low: int | None = None, high: int | None = None
) -> Worked:
    """Apply the published floor and cap, or the formula's own limits `low` and `high` where none was published."""
    floor_at = low if floor is None else None if floor == "none" else Fraction(floor)
    cap_at = high if cap is None else None if cap == "none" else Fraction(cap)
    if floor_at is not None and worked.points < floor_at:
        return worked._replace(points=Fraction(floor_at), limit="floor", unlimited=worked.points)
    if cap_at is not None and worked.points > cap_at:
        return worked._replace(points=Fraction(cap_at), limit="cap", unlimited=worked.points)
    return worked


def require_zero_rule(zero: str | None) -> None:
    """Refuse a smallest value that is itself zero."""
    if zero is not None and zero not in {"reject", "full"} and Fraction(zero) == 0:
        raise ValueError(
            'zero is 0, which would still divide by zero; write "reject", "full" or a value such as "0.01"'
        )


class Band(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, rename={"from_": "from"}
):
    """One row of a published table: values from `from` to `to` earn `points` (0–100). A missing end is open."""

    from_: Decimal | None = None
    to: Decimal | None = None
    points: Decimal

    def __post_init__(self) -> None:
        for name, value in (("from", self.from_), ("to", self.to), ("points", self.points)):
            if value is not None:
                require_decimal(value, name)
        if self.from_ is not None and self.to is not None and self.from_ > self.to:
            raise ValueError(f"from {self.from_:f} is above to {self.to:f}; write the smaller value in from")


def require_bands(bands: tuple[Band, ...]) -> None:
    """Refuse bands that overlap or are not in ascending order."""
    for index, (one, two) in enumerate(pairwise(bands)):
        if one.to is None or two.from_ is None or two.from_ < one.to:
            raise ValueError(
                f"bands[{index + 1}] overlaps bands[{index}]; write bands in ascending order, end to start"
            )


def band_of(bands: tuple[Band, ...], value: Fraction, ends: Literal["from", "to"]) -> Band | None:
    """The row a value falls in, by the published rule for the ends."""
    for index, band in enumerate(bands):
        low, high = band.from_, band.to
        if low is not None and (value < low or (value == low and ends == "to" and index > 0 and high != low)):
            continue
        last = index == len(bands) - 1
        if high is not None and (value > high or (value == high and ends == "from" and not last and high != low)):
            continue
        return band
    return None


def require_above_zero(value: Decimal, name: str, *, high: int | None = None) -> None:
    """Refuse a parameter that must be more than nothing."""
    require_decimal(value, name, high=high)
    if value <= 0:
        raise ValueError(f"{name} is {value:f}; write a number above 0")


def above_ceiling(value: Fraction, ceiling: Fraction) -> str:
    """What is said of a price above the ceiling."""
    return "" if value <= ceiling else "a price above the ceiling counts as a discount of 0"


def listed_points(subject: str, points: Decimal, out_of: Decimal) -> tuple[str, dict[str, Number]]:
    """What is said of points in a published table, and its numbers; with the table's own scale unless it is 100."""
    if out_of == FULL:
        return f"the published points for {subject}", {}
    numbers: dict[str, Number] = {"listed": Fraction(points), "out_of": Fraction(out_of)}
    return f"the published points for {subject} are {{listed}} of {{out_of}}", numbers


def discount_of(value: Fraction, ceiling: Fraction) -> Fraction:
    """The discount on a published ceiling as a share of it; a price above the ceiling gives none."""
    return max(Fraction(0), (ceiling - value) / ceiling)
