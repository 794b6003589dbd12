"""What a scoring method hands back: exact points, and the formula with the numbers that went into it."""

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

FULL = Fraction(100)
"""Points that the best possible value earns; a method always works on the scale 0–100."""

Number = Fraction | int | str


class Worked(NamedTuple):
    """Points of one bid under one method, with what is needed to redo them on paper.

    `formula` is text with {names}; `numbers` fills them in. Both are kept apart so that printing costs nothing until
    somebody asks, and so that a sentence can be built in another language.
    """

    points: Fraction
    formula: str
    numbers: Mapping[str, Number]
    limit: str | None = None


class Unscorable(Exception):  # noqa: N818
    """Something stops the scoring; every fault found is listed, each with what would mend it."""

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class MissingValue(Unscorable):
    """An admissible bid has no value for a scored criterion; missing is never counted as 0."""


class InvalidValue(Unscorable):
    """A bid's value cannot be read, or is not on the published scale."""


class ZeroValue(Unscorable):
    """A formula would divide by zero and the tender published no rule for it."""


def limited(worked: Worked, floor: str | None, cap: str | None, *, low: int | None, high: int | None) -> Worked:
    """Apply the published floor and cap, or the formula's own limits `low` and `high` where none was published."""
    floor_at = low if floor is None else None if floor == "none" else Fraction(floor)
    cap_at = high if cap is None else None if cap == "none" else Fraction(cap)
    if floor_at is not None and worked.points < floor_at:
        return worked._replace(points=Fraction(floor_at), limit="floor")
    if cap_at is not None and worked.points > cap_at:
        return worked._replace(points=Fraction(cap_at), limit="cap")
    return worked
