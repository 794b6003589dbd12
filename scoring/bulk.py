"""The vector engine: whole columns at once with numpy, and not one digit different from the plain engine.

**What it scores**: the lots that `columns_of` makes ready; all others, and small ones, go to the plain engine.

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
from math import isnan
from typing import Any, Final, NamedTuple

import msgspec

from scoring.columns import (
    AMOUNT_DECIMALS,
    AMOUNT_UNIT,
    PROVEN,
    ByHand,
    Column,
    Columns,
    NotByColumns,
    Quotient,
    Steps,
    codes_of,
    columns_of,
    score_alone,
)
from scoring.decimals import Rounding, parse_decimal, printed, rounded, rounded_by
from scoring.entry import Entry
from scoring.methods import Relative, relative_points
from scoring.model import Lot, OpenedBid, direction_of
from scoring.ranking import check_inputs, rank
from scoring.scores import checked_number, divides_by_zero, takes_number
from scoring.tree import Node, Plan, plan
from scoring.worked import Unscorable

Array = Any
"""A numpy array; numpy is imported on first use, so that a worker that ranks small lots never loads it."""

MARGIN: Final = 1e-5
FEW_CELLS: Final = 200
"""Below so many cells the plain engine is faster than loading columns."""
FEW_BIDS: Final = 1000
"""Below so many bids sorting is faster than counting."""
CHUNK_CELLS: Final = 1 << 16
LISTED: Final = 1 << 17
"""Answers that span so many units of an amount are looked up in a list; others are compared with every cut."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One bid of a big lot: place, points by leaf and total, as the plain engine prints them."""

    id: str
    rank: int | None
    tied: bool
    points: dict[str, str]
    total: str | None


class Table(NamedTuple):
    """Bids as amounts in units of 10^-4: one row a leaf, in the order of `Vectors.criteria`, one column a bid."""

    bids: tuple[str, ...]
    amounts: Array


class Scored(NamedTuple):
    """A table scored: integers throughout, although `points` holds them in binary floats.

    `points` are in units of 10^-`Columns.unit_decimals`, rows as in the table. `sums` are Σ weight · points, to be
    divided by `Columns.denominator`; `totals` are in units of the published rounding, or the sums where none is.
    """

    bids: tuple[str, ...]
    points: Array
    sums: Array
    totals: Array
    ranks: Array


def score_many(lot: Lot, bids: Sequence[OpenedBid], draw_secret: str | None = None) -> tuple[Standing, ...]:
    """Points of the leaves, total and rank of every bid, in order of rank, then id; the same as `evaluate` gives.

    The vector engine is used where it is faster and the lot allows it. Raises what `evaluate` raises.
    """
    if len(bids) * max(len(lot.criteria), 1) >= FEW_CELLS:
        try:
            vectors = Vectors(columns_of(lot))
            scored = vectors.score(vectors.table(bids))
        except (NotByColumns, Unscorable, ValueError):
            return plain_standings(lot, bids, draw_secret)
        if not (lot.tie_break and len(set(scored.ranks.tolist())) < len(bids)):
            return vectors.standings(scored)
    return plain_standings(lot, bids, draw_secret)


def plain_standings(lot: Lot, bids: Sequence[OpenedBid], draw_secret: str | None = None) -> tuple[Standing, ...]:
    """The same from the plain engine, without its explanations."""
    ready = plan(lot)
    inputs = tuple(sorted(bids, key=lambda bid: bid.id))
    check_inputs(ready, inputs)
    entries = [Entry(bid, standing=True) for bid in inputs]
    rank(ready, entries, draw_secret)
    entries.sort(key=lambda entry: (entry.rank is None, entry.rank or 0, entry.bid.id))
    return tuple(standing_of(ready, entry) for entry in entries)


def standing_of(ready: Plan, entry: Entry) -> Standing:
    """One bid as the plain engine left it."""
    cells = [(node, entry.cells[node.id]) for node in ready.leaves if node.id in entry.cells]
    return Standing(
        id=entry.bid.id,
        rank=entry.rank,
        tied=entry.tied,
        points={node.id: printed(cell.points, last(node.points_rounding)) for node, cell in cells},
        total=None if entry.rank is None else printed(entry.total, last(ready.total_rounding)),
    )


def last(steps: Sequence[Rounding]) -> Rounding | None:
    """The rounding that decides how a number is printed."""
    return steps[-1] if steps else None


class Block:
    """Columns with a formula, worked out together: first the fixed ones, then those over extremes, then the inverse."""

    def __init__(self, numpy: Any, columns: Sequence[Column], first_row: int) -> None:
        works: list[Quotient] = [column.work for column in columns if isinstance(column.work, Quotient)]
        self.numpy = numpy
        self.works = works
        self.rows = slice(first_row, first_row + len(works))
        self.truncates = works[0].mode == "truncate"
        self.fixed = sum(not work.needs_extremes for work in works)
        self.linear = sum(not work.inverse for work in works)
        parts = numpy.array([(work.c, work.d) for work in works], dtype=numpy.int64)
        self.parts = parts.transpose(2, 1, 0).copy()
        self.factor = numpy.array([work.factor for work in works], dtype=numpy.float64)
        self.least = numpy.array([work.least for work in works], dtype=numpy.int64)
        self.equal = numpy.array([work.full_when_equal for work in works])
        self.times = over_one(numpy, [work.times for work in works[: self.linear]])
        self.scale = over_one(numpy, [work.scale for work in works])
        self.floor = ends_of(numpy, works, 0)
        self.cap = ends_of(numpy, works, 1)

    def prepare(self, amounts: Array) -> tuple[Array, Array]:
        """The integers c and d of every column, from the lowest and highest amounts."""
        numpy, block, fixed, linear = self.numpy, amounts[self.rows], self.fixed, self.linear
        c, d = self.parts[0]
        if fixed < len(self.works):
            ends = numpy.zeros((3, 1, len(self.works)), dtype=numpy.int64)
            ends[0] = 1
            numpy.minimum.reduce(block[fixed:], axis=1, out=ends[1, 0, fixed:])
            if (ends[1, 0] < self.least).any():
                raise NotByColumns("an amount is 0 or below, for which the plain engine knows the rule")
            if fixed < linear:
                numpy.maximum.reduce(block[fixed:linear], axis=1, out=ends[2, 0, fixed:linear])
            c, d = numpy.add.reduce(self.parts * ends, axis=0)
        if not d.all():
            same = (d == 0) & self.equal
            if not (d[~same]).all():
                raise NotByColumns("a highest amount of 0")
            c, d = c + same, d + same
        return c, d

    def score(self, amounts: Array, c: Array, d: Array, points: Array) -> None:
        """Points of some bids, written into `points`."""
        numpy, linear, block = self.numpy, self.linear, amounts[self.rows]
        out = points[self.rows]
        exact = numpy.empty(out.shape)
        if linear:
            part = block[:linear] if self.times is None else block[:linear] * self.times
            factor = (self.factor[:linear] / d[:linear])[:, None]
            numpy.multiply(numpy.subtract(c[:linear, None], part), factor, out=exact[:linear])
        if linear < len(self.works):
            numpy.divide((self.factor[linear:] * c[linear:])[:, None], block[linear:], out=exact[linear:])
        numpy.rint(exact, out=out)
        off = numpy.subtract(exact, out, out=None if self.truncates else exact)
        numpy.abs(off, out=off)
        if self.truncates:
            numpy.trunc(exact, out=out)
            doubtful = off < MARGIN if off.min() < MARGIN else None
        else:
            doubtful = off > 0.5 - MARGIN if off.max() > 0.5 - MARGIN else None
        if doubtful is not None:
            self.repair(block, c, d, out, numpy.nonzero(doubtful))
        self.finish(out)

    def finish(self, out: Array) -> None:
        """Bring points to the lot's units and within the published limits."""
        if self.scale is not None:
            out *= self.scale
        if self.floor is not None:
            self.numpy.maximum(out, self.floor, out=out)
        if self.cap is not None:
            self.numpy.minimum(out, self.cap, out=out)

    def repair(self, block: Array, c: Array, d: Array, out: Array, doubtful: tuple[Array, Array]) -> None:
        """Round the doubtful cells by integers: in 64 bits where they surely fit, else one by one."""
        numpy = self.numpy
        rows: list[int] = numpy.unique(doubtful[0]).tolist()
        for row in rows:
            places = doubtful[1][doubtful[0] == row]
            work, amounts = self.works[row], block[row, places]
            top, bottom = int(c[row]), int(d[row])
            above = numpy.full_like(amounts, top) if work.inverse else top - amounts * work.times
            below = amounts if work.inverse else numpy.full_like(amounts, bottom)
            if max(int(numpy.abs(above).max()) * work.factor, int(numpy.abs(below).max())) < 1 << 61:
                out[row, places] = rounded_quotients(numpy, above * work.factor, below, work.mode)
            else:
                pairs = zip(above.tolist(), below.tolist(), strict=True)
                out[row, places] = [int(rounded(Fraction(one * work.factor, two), 0, work.mode)) for one, two in pairs]


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
        self.low = numpy.array([work.cuts[0] - 1 for work in works])[:, None]
        self.size = numpy.array([work.cuts[-1] - work.cuts[0] + 1 for work in works])[:, None]
        self.offset = numpy.array([offsets[work] for work in works])[:, None]
        self.start = self.offset - self.low

    def score(self, amounts: Array, points: Array) -> None:
        """Points of some bids; beyond the span stands what the first or last step says."""
        numpy = self.numpy
        place = amounts[self.rows] + self.start
        numpy.maximum(place, self.offset, out=place)
        numpy.minimum(place, self.offset + self.size, out=place)
        self.points.take(place, out=points[self.rows], mode="clip")


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
    """Points of every step; not a number marks what is not acceptable, and so marks the sum of that bid."""
    return numpy.array([numpy.nan if points is None else float(points) for points in work.points])


class Vectors:
    """A lot ready for tables of bids; make it once and score as many tables as wanted."""

    def __init__(self, columns: Columns) -> None:
        import numpy as np

        self.numpy, self.lot = np, columns
        order = sorted(columns.columns, key=kind_of)
        self.columns: tuple[Column, ...] = tuple(order)
        self.criteria: tuple[str, ...] = tuple(column.node.id for column in order)
        self.weights = np.array([column.weight for column in order], dtype=np.float64)
        self.blocks: list[Block] = []
        self.jumps: list[Lists | Ladders] = []
        self.by_hand: list[int] = []
        for kind in sorted({kind_of(column)[0] for column in order}):
            places = [place for place, column in enumerate(order) if kind_of(column)[0] == kind]
            self.add(places)
        self.open = [place for place, column in enumerate(order) if column.limit is None]
        decimals = 0 if columns.total_rounding is None else columns.total_rounding.decimals or 0
        unit = Fraction(10**decimals, columns.denominator)
        self.total_unit = np.array(
            [unit.numerator, unit.denominator, 2 * unit.numerator, 2 * unit.denominator], dtype=np.int64
        )

    def add(self, places: Sequence[int]) -> None:
        """Take in the columns of one kind."""
        found = [self.columns[place] for place in places]
        steps = [column.work for column in found if isinstance(column.work, Steps)]
        if steps:
            kind = Lists if is_listed(steps[0]) else Ladders
            self.jumps.append(kind(self.numpy, steps, places[0]))
        elif isinstance(found[0].work, Quotient):
            self.blocks.append(Block(self.numpy, found, places[0]))
        else:
            self.by_hand = list(places)

    def table(self, bids: Sequence[OpenedBid]) -> Table:
        """Read bids; NotByColumns for anything that the plain engine must judge: a gap, a refusal, a state."""
        ready = self.lot.plan
        ordered = tuple(sorted(bids, key=lambda bid: bid.id))
        check_inputs(ready, ordered)
        if not ordered or any(bid.state != "admissible" for bid in ordered):
            raise NotByColumns("a bid is not admissible, or there is none")
        unscored = [node for node in ready.leaves if node.needed and not node.scored]
        if any(node.id not in bid.values for node in unscored for bid in ordered):
            raise NotByColumns("a value is missing")
        rows = [[amount_of(ready, column.node, bid) for bid in ordered] for column in self.columns]
        return self.table_of(tuple(bid.id for bid in ordered), rows)

    def table_of(self, bids: tuple[str, ...], rows: Any) -> Table:
        """A table from amounts in units of 10^-4, one row a leaf in the order of `criteria`; ids in sorted order."""
        amounts = self.numpy.ascontiguousarray(rows, dtype=self.numpy.int64)
        largest = self.lot.largest_amount
        if amounts.shape != (len(self.columns), len(bids)) or not bids:
            raise NotByColumns("a table needs a row for every scored leaf and a column for every bid")
        if int(amounts.max()) >= largest or int(amounts.min()) <= -largest:
            raise NotByColumns("an amount has more digits than 64 bits hold")
        return Table(bids, amounts)

    def score(self, table: Table) -> Scored:
        """Score a table; NotByColumns where the plain engine must judge a value."""
        numpy, amounts = self.numpy, table.amounts
        rows, bids = amounts.shape
        points = numpy.empty((rows, bids))
        sums = numpy.empty(bids)
        for place in self.by_hand:
            points[place] = self.points_by_hand(self.columns[place].node, amounts[place])
        ready = [(block, *block.prepare(amounts)) for block in self.blocks]
        chunk = max(CHUNK_CELLS // rows, 256)
        for start in range(0, bids, chunk):
            here = slice(start, start + chunk)
            part, out = amounts[:, here], points[:, here]
            for block, c, d in ready:
                block.score(part, c, d, out)
            for jumps in self.jumps:
                jumps.score(part, out)
            self.weights.dot(out, out=sums[here])
        if self.open and float(numpy.abs(points[self.open]).max()) > self.lot.open_limit:
            raise NotByColumns("points are too large for sums below 2^53")
        lowest = float(sums.min())
        if isnan(lowest):
            raise NotByColumns("a value is not on its published scale")
        exact = sums.astype(numpy.int64)
        totals = self.rounded_totals(exact, negative=lowest < 0)
        return Scored(table.bids, points, exact, totals, ranks_of(numpy, totals))

    def points_by_hand(self, node: Node, amounts: Array) -> Array:
        """A column by the plain engine's own functions, in units of points."""
        numpy, unit = self.numpy, 10**self.lot.unit_decimals
        if isinstance(node.criterion.method, Relative):
            values = [Fraction(amount, AMOUNT_UNIT) for amount in amounts.tolist()]
            worked = relative_points(node.criterion.method, values, direction_of(node.criterion))
            exact = [rounded_by(node.points_rounding, one.points) for one in worked]
            return numpy.array([whole(points * unit) for points in exact], dtype=numpy.float64)
        found, places = numpy.unique(amounts, return_inverse=True)
        listed = [whole(score_alone(node, amount) * unit) for amount in found.tolist()]
        return numpy.array(listed, dtype=numpy.float64)[places]

    def rounded_totals(self, sums: Array, *, negative: bool) -> Array:
        """Totals by the published rounding, or the sums themselves."""
        rounding = self.lot.total_rounding
        if rounding is None:
            return sums
        top, bottom, twice_top, twice_bottom = self.total_unit
        if negative or rounding.mode not in {None, "half_up"}:
            return rounded_quotients(self.numpy, sums * top, bottom, rounding.mode or "half_up")
        return (sums * twice_top + bottom) // twice_bottom

    def standings(self, scored: Scored) -> tuple[Standing, ...]:
        """A scored table in words, in order of rank, then id."""
        unit = 10**self.lot.unit_decimals
        rounding = last(self.lot.plan.total_rounding)
        below = self.lot.denominator
        if self.lot.total_rounding is not None:
            below = 10 ** (self.lot.total_rounding.decimals or 0)
        rows = {
            column.node.id: [printed(Fraction(int(cell), unit), last(column.node.points_rounding)) for cell in row]
            for column, row in zip(self.columns, scored.points.tolist(), strict=True)
        }
        names = [node.id for node in self.lot.plan.leaves if node.scored]
        ranks = scored.ranks.tolist()
        totals = [printed(Fraction(total, below), rounding) for total in scored.totals.tolist()]
        shared = {rank for rank, times in zip(*self.numpy.unique(ranks, return_counts=True), strict=True) if times > 1}
        order = sorted(range(len(ranks)), key=lambda place: (ranks[place], scored.bids[place]))
        return tuple(
            Standing(
                id=scored.bids[place],
                rank=ranks[place],
                tied=ranks[place] in shared,
                points={name: rows[name][place] for name in names},
                total=totals[place],
            )
            for place in order
        )


def kind_of(column: Column) -> tuple[int, int]:
    """In which order columns are laid out, so that those with one kind of arithmetic lie together."""
    match column.work:
        case Quotient() as work:
            return (int(work.mode == "truncate"), work.needs_extremes + work.inverse)
        case Steps() as steps:
            return (2 if is_listed(steps) else 3, 0)
        case ByHand():
            return (4, 0)


def is_listed(steps: Steps) -> bool:
    """Whether all answers of a column lie within a short span."""
    return bool(steps.cuts) and steps.cuts[-1] - steps.cuts[0] < LISTED


def whole(points: Fraction) -> int:
    """Points in units; NotByColumns when they are no whole number of them."""
    if points.denominator != 1 or abs(points.numerator) > PROVEN:
        raise NotByColumns("points do not fit the lot's decimals")
    return points.numerator


def amount_of(ready: Plan, node: Node, bid: OpenedBid) -> int:
    """A value as an amount in units of 10^-4."""
    text = bid.values.get(node.id)
    if text is None:
        raise NotByColumns("a value is missing")
    codes = codes_of(node)
    if codes is not None and text in codes:
        return codes[text]
    number = checked_number(node, text) if takes_number(ready, node) else parse_decimal(text, "value")
    if number == 0 and divides_by_zero(node):
        raise NotByColumns("an amount is 0, for which the plain engine knows the rule")
    amount = number * AMOUNT_UNIT
    if amount.denominator != 1:
        raise NotByColumns(f"a value has more than {AMOUNT_DECIMALS} decimals")
    return amount.numerator


def ranks_of(numpy: Any, totals: Array) -> Array:
    """Places 1, 1, 3, the highest total first; by counting where totals are few, else by sorting."""
    if len(totals) < FEW_BIDS:
        return len(totals) + 1 - numpy.sort(totals).searchsorted(totals, side="right")
    best = int(totals.max())
    spread = best - int(totals.min())
    if spread <= 4 * len(totals) + 1024:
        below = best - totals
        counts = numpy.bincount(below)
        return (numpy.cumsum(counts) - counts + 1)[below]
    return len(totals) + 1 - numpy.sort(totals).searchsorted(totals, side="right")
