"""How firmly the winner stands: what would have to change, in weightings, marks, bids or prices, for another to win.

Everything is exact; where a part has no meaning for a lot, `reasons` says why and the part is empty. Weightings are
varied on totals before any rounding of weighted points and totals, because a rounded total jumps; `notes` says so.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations, pairwise
from math import lcm
from types import MappingProxyType
from typing import Final

import msgspec

from scoring.acceptability import place_counts
from scoring.answers import Graded, is_fatal
from scoring.board import Board
from scoring.decimals import exact_text, rounded
from scoring.model import Lot, OpenedBid
from scoring.stability import EXACT, Turns, nearest_turns, nearest_turns_plain
from scoring.tree import Node

FEW_BIDS: Final = 12
"""Up to so many ranked bids every pair is compared, beyond them each bid with the first and with the next."""
MANY_GAPS: Final = 1000
"""From so many on columns are faster than loading them."""
POINT_UNIT: Final = 10**6
MOST_UNITS: Final = 10**15


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """The weightings of one criterion with which the winner stays first, the others keeping their proportions.

    `lowest` and `highest` belong to it; beyond them stands the rival that then wins, or none where the weighting can go
    no further. Weightings are in the units of the criterion's group, whose total is `total`.
    """

    criterion: str
    weighting: str
    total: str
    lowest: str
    highest: str
    rival_below: str | None
    rival_above: str | None


class Reversal(msgspec.Struct, frozen=True, kw_only=True):
    """The weighting of one criterion at which two bids are equal and beyond which they change places."""

    criterion: str
    ahead: str
    behind: str
    weighting: str


class MarkChange(msgspec.Struct, frozen=True, kw_only=True):
    """One grade, one step up or down on its scale, that changes the winner; no winner means a shared first place."""

    bid: str
    criterion: str
    grade: str
    changed_to: str
    winner: str | None


class Removal(msgspec.Struct, frozen=True, kw_only=True):
    """What happens when one bid is left out and the reference values are taken anew.

    `reversed_pairs` are bids that change their order, the one first that stood ahead before.
    """

    bid: str
    winner: str | None
    reversed_pairs: tuple[tuple[str, str], ...]


class BreakEven(msgspec.Struct, frozen=True, kw_only=True):
    """The highest price with which a bid alone wins, all else equal and the reference values taken anew.

    Found by halving on the price's own unit: with `wins_at` it wins, one unit more (`fails_at`) and it does not.
    Without `wins_at` it wins with no price, without `fails_at` with every price.
    """

    bid: str
    price: str
    wins_at: str | None
    fails_at: str | None


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """How often a bid takes place 1, 2, … under random weightings; equal totals share the better place."""

    bid: str
    counts: tuple[int, ...]


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """What a criterion really decided: highest less lowest weighted points, and its share in the sum of all spreads."""

    criterion: str
    weighting: str
    lowest: str
    highest: str
    spread: str
    share: str | None


class Sensitivity(msgspec.Struct, frozen=True, kw_only=True):
    """All parts, for the ranked bids of a lot; numbers are decimals or fractions as text, without loss."""

    winner: str | None
    intervals: tuple[Interval, ...]
    reversals: tuple[Reversal, ...]
    marks: tuple[MarkChange, ...]
    removals: tuple[Removal, ...]
    break_even: tuple[BreakEven, ...]
    draws: int
    seed: int
    places: tuple[Places, ...]
    spreads: tuple[Spread, ...]
    reasons: dict[str, str]
    """By the name of a part, why it is empty."""
    notes: tuple[str, ...]


def sensitivity(
    lot: Lot,
    bids: Sequence[OpenedBid],
    draw_secret: str | None = None,
    *,
    draws: int = 10_000,
    seed: int = 1,
    left_out: Mapping[str, str] = MappingProxyType({}),
) -> Sensitivity:
    """How firmly the winner of a lot stands. The same seed gives the same bytes on every machine.

    left_out: by the names of parts that are not to be worked out, why; the slow ones are marks, removals, break_even.
    Raises what `evaluate` raises.
    """
    board = Board(lot, bids, draw_secret)
    reasons = {**left_out, **dict(reasons_against(board))}
    weighed = "intervals" not in reasons
    return Sensitivity(
        winner=board.winner,
        intervals=tuple(intervals(board)) if weighed else (),
        reversals=tuple(reversals(board)) if "reversals" not in reasons else (),
        marks=tuple(mark_changes(board)) if "marks" not in reasons else (),
        removals=tuple(removals(board)) if "removals" not in reasons else (),
        break_even=tuple(break_evens(board)) if "break_even" not in reasons else (),
        draws=draws,
        seed=seed,
        places=tuple(places(board, draws, seed)) if "places" not in reasons else (),
        spreads=tuple(spreads(board)) if "spreads" not in reasons else (),
        reasons=reasons,
        notes=tuple(notes(board)),
    )


def reasons_against(board: Board) -> Iterator[tuple[str, str]]:
    """Which parts have no meaning for this lot, and why."""
    yield from reasons_against_weighting(board)
    if not any(isinstance(node.criterion.method, Graded) for node in board.plan.leaves):
        yield "marks", "no criterion is graded on a scale"
    if not board.depends_on_others:
        yield (
            "removals",
            "no points, hurdles or tie-breaks depend on other bids, so that leaving one out changes nothing",
        )
    if board.plan.price is None:
        yield "break_even", "no criterion is the price"


def reasons_against_weighting(board: Board) -> Iterator[tuple[str, str]]:
    """The same for the parts that vary weightings."""
    rivals = board.ranked[1:]
    if not board.adds_up:
        why = "the lot's rule does not rank by a sum of weighted points"
        yield from ((part, why) for part in ("intervals", "reversals", "places", "spreads"))
    elif not rivals:
        yield from ((part, "fewer than two bids are ranked") for part in ("intervals", "reversals"))
    elif board.winner is None:
        yield "intervals", "first place is shared"
    elif any(board.lead(rival) < 0 for rival in rivals):
        yield "intervals", "before totals were rounded another bid had more points"
    if board.adds_up and not board.ranked:
        yield from ((part, "no bid is ranked") for part in ("places", "spreads"))


def notes(board: Board) -> Iterator[str]:
    """What a reader must know about how the parts were worked out."""
    if board.rounds_weighted:
        yield "Weightings were varied on totals before the published rounding of weighted points, subtotals and totals."
    if board.adds_up and not board.in_units(POINT_UNIT):
        yield "Random weightings were applied to points rounded half up to 6 decimals."
    if len(board.ranked) > FEW_BIDS:
        yield "Reversals are listed for each bid with the first and with the next in rank."


def movable(board: Board) -> list[tuple[Node, Node | None]]:
    """Every scored criterion whose weighting can move against others of its group, with the group."""
    return [
        (node, parent)
        for node, parent in board.family
        if node.id in board.counted
        and board.share_of(parent)
        and Fraction(node.criterion.weighting) < board.total_of(parent)
    ]


def pace(board: Board, node: Node, parent: Node | None) -> Fraction:
    """100 · (W − w) / S: what turns lead ÷ gap into a distance on the weighting."""
    return 100 * (board.total_of(parent) - Fraction(node.criterion.weighting)) / board.share_of(parent)


def intervals(board: Board) -> Iterator[Interval]:
    """For every weighting how far it may move before the winner is no longer first."""
    nodes = movable(board)
    rivals = board.ranked[1:]
    leads = [board.lead(rival) for rival in rivals]
    gaps = [[board.gap(board.ranked[0], rival, node, parent) for node, parent in nodes] for rival in rivals]
    lead_unit = lcm(*(lead.denominator for lead in leads))
    gap_unit = lcm(*(gap.denominator for row in gaps for gap in row))
    found = turns([int(lead * lead_unit) for lead in leads], [[int(gap * gap_unit) for gap in row] for row in gaps])
    for (node, parent), (down, up) in zip(nodes, found, strict=True):
        weighting, total = Fraction(node.criterion.weighting), board.total_of(parent)
        scale = pace(board, node, parent) * gap_unit / lead_unit
        lowest = Fraction(0) if down is None else max(Fraction(0), weighting - down.distance * scale)
        highest = total if up is None else min(total, weighting + up.distance * scale)
        yield Interval(
            criterion=node.id,
            weighting=exact_text(weighting),
            total=exact_text(total),
            lowest=exact_text(lowest),
            highest=exact_text(highest),
            rival_below=None if down is None or not lowest else rivals[down.rival],
            rival_above=None if up is None or highest == total else rivals[up.rival],
        )


def turns(leads: list[int], gaps: list[list[int]]) -> list[Turns]:
    """The nearest turns, by columns where there are many and all fit."""
    largest = max([*leads, *(abs(gap) for row in gaps for gap in row)], default=0)
    if largest >= EXACT or len(leads) * len(gaps[0]) < MANY_GAPS:
        return nearest_turns_plain(leads, gaps)
    import numpy as np

    return nearest_turns(np.array(leads), np.array(gaps))


def reversals(board: Board) -> Iterator[Reversal]:
    """For pairs of bids the weightings at which they change places."""
    ranked = board.ranked
    few = len(ranked) <= FEW_BIDS
    pairs = (
        list(combinations(ranked, 2)) if few else sorted({*pairwise(ranked), *((ranked[0], one) for one in ranked[2:])})
    )
    for node, parent in movable(board):
        scale, total = pace(board, node, parent), board.total_of(parent)
        for ahead, behind in pairs:
            gap = board.gap(ahead, behind, node, parent)
            if gap:
                turn = Fraction(node.criterion.weighting) - scale * board.lead(behind, ahead) / gap
                if 0 <= turn <= total:
                    yield Reversal(criterion=node.id, ahead=ahead, behind=behind, weighting=exact_text(turn))


def mark_changes(board: Board) -> Iterator[MarkChange]:
    """Every single grade that, one step up or down, changes the winner."""
    for node in board.plan.leaves:
        method = node.criterion.method
        if not isinstance(method, Graded):
            continue
        for bid in board.judged(node):
            grades = [f"{level.value:f}" for level in method.scale]
            at = board.grade_of(bid, node, method)
            for changed in (at - 1, at + 1):
                if not 0 <= changed < len(grades):
                    continue
                found, winner = board.winner_with(
                    bid, node, grades[changed], may_fail=is_fatal(method, grades[changed])
                )
                if found and winner != board.winner:
                    yield MarkChange(
                        bid=bid, criterion=node.id, grade=grades[at], changed_to=grades[changed], winner=winner
                    )


def removals(board: Board) -> Iterator[Removal]:
    """What leaving out each ranked bid changes."""
    for bid in sorted(board.ranked):
        order = board.order_without(bid)
        if order is None:
            continue
        before = [one for one in board.ranked if one in order]
        changed = tuple(
            (one, two)
            for one, two in combinations(before, 2)
            if board.rank_of[one] < board.rank_of[two] and order[one] > order[two]
        )
        first = [one for one, rank in order.items() if rank == 1]
        yield Removal(bid=bid, winner=first[0] if len(first) == 1 else None, reversed_pairs=changed)


def break_evens(board: Board) -> Iterator[BreakEven]:
    """For each ranked bid the highest price with which it alone wins."""
    price = board.plan.price
    assert price is not None
    unit = board.price_unit(price)

    def text(units: int) -> str:
        return exact_text(Fraction(units, unit))

    for bid in sorted(board.ranked):

        def wins(units: int, bid: str = bid) -> bool:
            found, winner = board.winner_with(bid, price, text(units))
            return found and winner == bid

        offered = int(board.number(bid, price) * unit)
        low, high = bracket(offered, wins=wins)
        yield BreakEven(
            bid=bid,
            price=exact_text(board.number(bid, price)),
            wins_at=None if low is None else text(low),
            fails_at=None if high is None else text(high),
        )


def bracket(offered: int, *, wins: Callable[[int], bool]) -> tuple[int | None, int | None]:
    """Two neighbouring prices, in units, of which the lower wins and the higher does not; a lower price never harms."""
    low, high = offered, 2 * offered + 1
    if wins(offered):
        while wins(high):
            low, high = high, 2 * high
            if high > MOST_UNITS:
                return low, None
    else:
        low, high = 1, offered
        if high <= low or not wins(low):
            return None, min(low, high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if wins(middle) else (low, middle)
    return low, high


def places(board: Board, draws: int, seed: int) -> Iterator[Places]:
    """How often each ranked bid takes each place under random weightings of all weighed leaf criteria."""
    ids = sorted(board.ranked)
    leaves = [node for node in board.plan.leaves if node.id in board.counted and node.share]
    rows = [[int(rounded(board.points[bid][node.id] * POINT_UNIT, 0, "half_up")) for node in leaves] for bid in ids]
    for bid, counts in zip(ids, place_counts(rows, draws=draws, seed=seed), strict=True):
        yield Places(bid=bid, counts=tuple(counts))


def spreads(board: Board) -> Iterator[Spread]:
    """The effective weight of each leaf criterion."""
    leaves = [node for node in board.plan.leaves if node.id in board.counted]
    ends: list[tuple[Fraction, Fraction]] = []
    for node in leaves:
        weighted = [board.entries[bid].cells[node.id].weighted for bid in board.ranked]
        ends.append((min(weighted), max(weighted)))
    whole = sum((high - low for low, high in ends), start=Fraction(0))
    for node, (low, high) in zip(leaves, ends, strict=True):
        yield Spread(
            criterion=node.id,
            weighting=exact_text(node.share),
            lowest=exact_text(low),
            highest=exact_text(high),
            spread=exact_text(high - low),
            share=exact_text((high - low) / whole) if whole else None,
        )
