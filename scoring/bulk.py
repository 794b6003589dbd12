"""The vector engine: whole columns at once with numpy, and not one digit different from the plain engine.

**What it scores**: the lots that `columns_of` makes ready; all others, and small ones, go to the plain engine.

It holds one matrix of points, a row a leaf, and works through it in chunks of bids that stay in the cache. The proofs
that nothing is lost stand in `scoring.kernels`.
"""

from collections.abc import Sequence
from fractions import Fraction
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
    Work,
    codes_of,
    columns_of,
    score_alone,
)
from scoring.decimals import Rounding, parse_decimal, printed, rounded_by
from scoring.entry import Entry
from scoring.kernels import Array, Block, Ladders, Lists, ranks_of, rounded_quotients
from scoring.methods import Relative, relative_points
from scoring.model import Lot, OpenedBid, direction_of
from scoring.ranking import check_inputs, rank
from scoring.scores import checked_number, divides_by_zero, takes_number
from scoring.tree import Node, Plan, plan
from scoring.worked import Unscorable

FEW_CELLS: Final = 200
"""Below so many cells the plain engine is faster than loading columns."""
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
    """Bids as amounts in units of 10^-4: one row a leaf, in the order of `Vectors.criteria`, one column a bid.

    Made by `Vectors`, which refuses amounts that the plain engine must judge, and brings amounts beyond the ends of a
    published scale or table to those ends, where the same points hold.
    """

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
        self.may_be_negative = any(may_be_negative(column.work) for column in order)
        self.open = [place for place, column in enumerate(order) if column.limit is None]
        decimals = 0 if columns.total_rounding is None else columns.total_rounding.decimals or 0
        unit = Fraction(10**decimals, columns.denominator)
        self.top, self.bottom = unit.numerator, np.int64(unit.denominator)
        # Half up, of what is not negative: (2 · top · sum + bottom) // (2 · bottom), reduced where bottom is even.
        twice = 1 if unit.denominator % 2 == 0 else 2
        self.top_half, self.bottom_half = twice * unit.numerator, np.int64(twice * unit.denominator)
        self.half = np.int64(twice * unit.denominator // 2)

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
        amounts = self.numpy.array(rows, dtype=self.numpy.int64, order="C")
        largest = self.lot.largest_amount
        if amounts.shape != (len(self.columns), len(bids)) or not bids:
            raise NotByColumns("a table needs a row for every scored leaf and a column for every bid")
        if int(amounts.max()) >= largest or int(amounts.min()) <= -largest:
            raise NotByColumns("an amount has more digits than 64 bits hold")
        for block in self.blocks:
            block.check(amounts)
        points = self.numpy.zeros(amounts.shape)
        for jumps in self.jumps:
            if isinstance(jumps, Lists):
                jumps.prepare(amounts)
            jumps.score(amounts, points)
        if self.numpy.isnan(points).any():
            raise NotByColumns("a value is not on its published scale")
        return Table(bids, amounts)

    def score(self, table: Table) -> Scored:
        """Score a table; NotByColumns where points turn out too large for exact sums."""
        numpy, amounts = self.numpy, table.amounts
        rows, bids = amounts.shape
        points = numpy.empty((rows, bids))
        sums = numpy.empty(bids)
        for place in self.by_hand:
            points[place] = self.points_by_hand(self.columns[place].node, amounts[place])
        ready = [(block, block.prepare(amounts)) for block in self.blocks]
        chunk = max(CHUNK_CELLS // rows, 256)
        for start in range(0, bids, chunk):
            here = slice(start, start + chunk)
            part, out = (amounts, points) if bids <= chunk else (amounts[:, here], points[:, here])
            for block, formulas in ready:
                block.score(part, formulas, out)
            for jumps in self.jumps:
                jumps.score(part, out)
            self.weights.dot(out, out=sums[here])
        if self.open and float(numpy.abs(points[self.open]).max()) > self.lot.open_limit:
            raise NotByColumns("points are too large for sums below 2^53")
        exact = sums.astype(numpy.int64)
        totals = self.rounded_totals(exact)
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

    def rounded_totals(self, sums: Array) -> Array:
        """Totals by the published rounding, or the sums themselves."""
        rounding = self.lot.total_rounding
        if rounding is None:
            return sums
        if self.may_be_negative or rounding.mode not in {None, "half_up"}:
            return rounded_quotients(self.numpy, sums * self.top, self.bottom, rounding.mode or "half_up")
        scaled = sums if self.top_half == 1 else sums * self.top_half
        return (scaled + self.half) // self.bottom_half

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


def may_be_negative(work: Work) -> bool:
    """Whether a column's points can be below 0."""
    match work:
        case Quotient():
            floor = work.naturally[0] if work.bounds[0] is None else work.bounds[0]
            return floor is None or floor < 0
        case Steps():
            return any(points is not None and points < 0 for points in work.points)
        case ByHand():
            return True


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
