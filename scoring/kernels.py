"""Arithmetic on whole columns with numpy, exact to the last digit.

**Why float arithmetic may be used**: a quotient x = 100 · 10^d · n / m is reckoned in binary floats, only to find out
which integer is nearest. n and m are integers subtracted in 64 bits, so they are exact until they become floats. At
most four operations round: two conversions, a product and a quotient, each with a relative error of at most 2^-53. So
the reckoned x differs from the true one by less than 2^-50.9 · |x|, which is below 8·10^-6 for |x| ≤ 2^34 = `PROVEN`.
Where the reckoned x lies farther than `MARGIN` = 10^-5 from the point at which rounding would change (a half; for
truncation a whole number), the true x rounds to the same integer. All other cells are *doubtful* and are worked out
again in integers. Where |x| may exceed `PROVEN` the published floor or cap lies far below it, on the same side of the
true and the reckoned x, and replaces both; where none is published every result is checked, and one that is too large
sends the lot to the plain engine.

**Why sums are exact**: weights and points are integers with Σ |weight| · max |points| < 2^53, checked when the lot is
made ready. Every product and every partial sum is an integer below 2^53, which a binary float holds exactly; so neither
order, nor thread count, nor fused operations, nor the processor's kernel can change a bit.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple

from scoring.columns import Column, NotByColumns, Quotient, Steps
from scoring.decimals import rounded

Array = Any
"""A numpy array; numpy is imported on first use, so that a worker that ranks small lots never loads it."""

MARGIN: Final = 1e-5
FEW_DOUBTFUL: Final = 16
FEW_BIDS: Final = 1000
"""Below so many bids sorting is faster than counting."""


class Formulas(NamedTuple):
    """A block's numbers for one table: whole numbers c and d by column, and what follows from them in floats."""

    c: Array
    d: Array
    starts: Array
    """c of the linear columns."""
    slopes: Array
    """factor / d of the linear columns."""
    tops: Array
    """factor · c of the inverse ones."""


class Block:
    """Columns with a formula, worked out together: first the fixed ones, then those over extremes, then the inverse."""

    def __init__(self, numpy: Any, columns: Sequence[Column], first_row: int) -> None:
        works: list[Quotient] = [column.work for column in columns if isinstance(column.work, Quotient)]
        self.numpy = numpy
        self.works = works
        self.fixed = sum(not work.needs_extremes for work in works)
        self.linear = sum(not work.inverse for work in works)
        start, fixed, linear, end = (first_row + place for place in (0, self.fixed, self.linear, len(works)))
        self.rows, self.linear_rows, self.inverse_rows = slice(start, end), slice(start, linear), slice(linear, end)
        self.with_lowest, self.with_highest = slice(fixed, end), slice(fixed, linear)
        self.truncates = works[0].mode == "truncate"
        parts = numpy.array([(work.c, work.d) for work in works], dtype=numpy.int64)
        self.parts = parts.transpose(2, 1, 0)[..., None].copy()
        self.ends = numpy.zeros((3, 1, len(works), 1), dtype=numpy.int64)
        self.ends[0] = 1
        factor = numpy.array([[work.factor] for work in works], dtype=numpy.float64)
        self.linear_factor, self.inverse_factor = factor[: self.linear], factor[self.linear :]
        self.least = numpy.array([[work.least] for work in works], dtype=numpy.int64)
        self.equal = numpy.array([[work.full_when_equal] for work in works])
        self.times = over_one(numpy, [work.times for work in works[: self.linear]])
        self.scale = over_one(numpy, [work.scale for work in works])
        self.floor = ends_of(numpy, works, 0)
        self.cap = ends_of(numpy, works, 1)

    def check(self, amounts: Array) -> None:
        """Refuse amounts for which the plain engine knows a rule, or a refusal."""
        if (amounts[self.rows].min(axis=1, keepdims=True) < self.least).any():
            raise NotByColumns("an amount is 0 or below, for which the plain engine knows the rule")

    def prepare(self, amounts: Array) -> Formulas:
        """The formulas of every column, from the lowest and highest amounts."""
        numpy, fixed, linear = self.numpy, self.fixed, self.linear
        c, d = self.parts[0]
        if fixed < len(self.works):
            ends = self.ends.copy()
            numpy.minimum.reduce(amounts[self.with_lowest], axis=1, keepdims=True, out=ends[1, 0, fixed:])
            if fixed < linear:
                numpy.maximum.reduce(amounts[self.with_highest], axis=1, keepdims=True, out=ends[2, 0, fixed:linear])
            c, d = numpy.add.reduce(self.parts * ends, axis=0)
        if numpy.count_nonzero(d) < len(d):
            same = (d == 0) & self.equal
            if not (d[~same]).all():
                raise NotByColumns("a highest amount of 0")
            c, d = c + same, d + same
        return Formulas(c, d, c[:linear], self.linear_factor / d[:linear], self.inverse_factor * c[linear:])

    def score(self, amounts: Array, formulas: Formulas, points: Array) -> None:
        """Points of some bids, written into `points`."""
        numpy, linear = self.numpy, self.linear
        out = points[self.rows]
        exact = numpy.empty(out.shape)
        if linear:
            part = amounts[self.linear_rows] if self.times is None else amounts[self.linear_rows] * self.times
            numpy.multiply(formulas.starts - part, formulas.slopes, out=exact[:linear])
        if linear < len(self.works):
            numpy.divide(formulas.tops, amounts[self.inverse_rows], out=exact[linear:])
        numpy.rint(exact, out=out)
        off = numpy.subtract(exact, out, out=None if self.truncates else exact)
        numpy.abs(off, out=off)
        if self.truncates:
            numpy.trunc(exact, out=out)
            doubtful = off < MARGIN
        else:
            doubtful = off > 0.5 - MARGIN
        if numpy.count_nonzero(doubtful):
            self.repair(amounts[self.rows], formulas, out, numpy.flatnonzero(doubtful))
        self.finish(out)

    def finish(self, out: Array) -> None:
        """Bring points to the lot's units and within the published limits."""
        if self.scale is not None:
            out *= self.scale
        if self.floor is not None:
            self.numpy.maximum(out, self.floor, out=out)
        if self.cap is not None:
            self.numpy.minimum(out, self.cap, out=out)

    def repair(self, block: Array, formulas: Formulas, out: Array, doubtful: Array) -> None:
        """Round the doubtful cells by integers: a few one by one, many of a column in 64 bits where they surely fit."""
        numpy = self.numpy
        if len(doubtful) <= FEW_DOUBTFUL:
            for cell in doubtful.tolist():
                row, place = divmod(cell, out.shape[1])
                out[row, place] = self.exactly(row, formulas, int(block[row, place]))
            return
        at_rows, at_places = numpy.divmod(doubtful, out.shape[1])
        rows: list[int] = numpy.unique(at_rows).tolist()
        for row in rows:
            places = at_places[at_rows == row]
            work, amounts = self.works[row], block[row, places]
            top, bottom = int(formulas.c[row, 0]), int(formulas.d[row, 0])
            above = numpy.full_like(amounts, top) if work.inverse else top - amounts * work.times
            below = amounts if work.inverse else numpy.full_like(amounts, bottom)
            if max(int(numpy.abs(above).max()) * work.factor, int(numpy.abs(below).max())) < 1 << 61:
                out[row, places] = rounded_quotients(numpy, above * work.factor, below, work.mode)
            else:
                out[row, places] = [self.exactly(row, formulas, amount) for amount in amounts.tolist()]

    def exactly(self, row: int, formulas: Formulas, amount: int) -> int:
        """One cell by integers of any size."""
        work, c, d = self.works[row], int(formulas.c[row, 0]), int(formulas.d[row, 0])
        above, below = (c, amount) if work.inverse else (c - work.times * amount, d)
        return rounded(Fraction(above * work.factor, below), 0, work.mode).numerator


def rounded_quotients(numpy: Any, above: Array, below: Array, mode: str) -> Array:
    """Quotients of integers below 2^61, rounded to whole numbers without loss."""
    negative = (above < 0) != (below < 0)
    above, below = numpy.abs(above), numpy.abs(below)
    whole = above // below
    rest = 2 * (above - whole * below)
    if mode == "half_up":
        whole += rest >= below
    elif mode == "half_even":
        whole += (rest > below) | ((rest == below) & (whole % 2 == 1))
    return numpy.where(negative, -whole, whole)


def over_one(numpy: Any, values: Sequence[int]) -> Array | None:
    """A column of factors, or nothing when all are 1."""
    return numpy.array(values)[:, None] if any(value != 1 for value in values) else None


def ends_of(numpy: Any, works: Sequence[Quotient], end: int) -> Array | None:
    """Floors (0) or caps (1), infinite where none is published; nothing when no formula needs one."""
    infinite = (-numpy.inf, numpy.inf)[end]
    found = [infinite if work.bounds[end] is None else float(work.bounds[end] or 0) for work in works]
    return None if all(value == infinite for value in found) else numpy.array(found)[:, None]


class Lists:
    """Columns of answers within a short span: one list of points, in which every amount has its place."""

    def __init__(self, numpy: Any, works: Sequence[Steps], first_row: int) -> None:
        self.numpy, self.rows = numpy, slice(first_row, first_row + len(works))
        parts: list[Array] = []
        offsets: dict[Steps, int] = {}
        length = 0
        for work in works:
            if work not in offsets:
                offsets[work] = length
                spans = numpy.diff([work.cuts[0] - 1, *work.cuts, work.cuts[-1] + 1])
                parts.append(numpy.repeat(floats(numpy, work), spans))
                length += len(parts[-1])
        self.points = numpy.concatenate(parts)
        self.low = numpy.array([[work.cuts[0] - 1] for work in works])
        self.high = numpy.array([[work.cuts[-1]] for work in works])
        self.start = numpy.array([[offsets[work]] for work in works]) - self.low

    def prepare(self, amounts: Array) -> None:
        """Bring amounts beyond the first or last step to its end, where the same points hold."""
        block = amounts[self.rows]
        self.numpy.clip(block, self.low, self.high, out=block)

    def score(self, amounts: Array, points: Array) -> None:
        """Points of some bids."""
        self.points.take(amounts[self.rows] + self.start, out=points[self.rows], mode="clip")


class Ladders:
    """Columns of bands over any span: every amount is compared with every cut."""

    def __init__(self, numpy: Any, works: Sequence[Steps], first_row: int) -> None:
        self.numpy, self.rows = numpy, slice(first_row, first_row + len(works))
        width = max(len(work.cuts) for work in works)
        never = numpy.iinfo(numpy.int64).max
        self.cuts = numpy.full((width, len(works), 1), never)
        self.points = numpy.full((len(works), width + 1), numpy.nan)
        for place, work in enumerate(works):
            self.cuts[: len(work.cuts), place, 0] = work.cuts
            self.points[place, : len(work.points)] = floats(numpy, work)
        self.offset = (numpy.arange(len(works)) * (width + 1))[:, None]

    def score(self, amounts: Array, points: Array) -> None:
        """Points of some bids."""
        numpy, block = self.numpy, amounts[self.rows]
        passed = (block >= self.cuts).view(numpy.int8)
        above = numpy.add.reduce(passed, axis=0, dtype=numpy.int8)
        self.points.take(above + self.offset, out=points[self.rows], mode="clip")


def floats(numpy: Any, work: Steps) -> Array:
    """Points of every step; not a number marks what is not acceptable."""
    return numpy.array([numpy.nan if points is None else float(points) for points in work.points])


def ranks_of(numpy: Any, totals: Array) -> Array:
    """Places 1, 1, 3, the highest total first; by counting where totals are few, else by sorting."""
    if len(totals) < FEW_BIDS:
        return sorted_ranks(totals)
    best = int(totals.max())
    spread = best - int(totals.min())
    if spread <= 4 * len(totals) + 1024:
        below = best - totals
        counts = numpy.bincount(below)
        return (numpy.cumsum(counts) - counts + 1)[below]
    return sorted_ranks(totals)


def sorted_ranks(totals: Array) -> Array:
    """Places by sorting: how many totals are higher, and one."""
    ordered = totals.copy()
    ordered.sort()
    return len(totals) + 1 - ordered.searchsorted(totals, "right")
