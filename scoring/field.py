"""The field of bids that meet in a contest: who is first among them, and whose leaving would change that.

What a bid earns without regard to the others is worked out once, by the engine's own functions; who is first in which
field then needs only the relative part, again by the engine's own functions. So thousands of fields cost little, and
every one is ranked as the engine would rank it.
"""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from scoring.decimals import rounded_by
from scoring.entry import Entry, standing
from scoring.hurdles import check_hurdles
from scoring.methods import Relative, relative_points
from scoring.model import OpenedBid, direction_of
from scoring.ranking import check_total, refuse_by_rule, set_totals
from scoring.rules import is_relative_rule
from scoring.scores import check_complete, roll_up, score_relative, score_values
from scoring.ties import set_ranks
from scoring.tree import Plan
from scoring.worked import MissingValue


def prepared(ready: Plan, bid: OpenedBid) -> Entry:
    """A bid with everything that does not depend on others; raises Unscorable."""
    entry = Entry(bid, standing=True)
    if bid.state != "admissible":
        entry.fail(None, f"state:{bid.state}", {"state": bid.state})
    admitted = standing([entry])
    score_values(ready, admitted)
    roll_up(ready, admitted)
    check_hurdles(ready, admitted, relative=False)
    if not is_limited(ready):
        check_complete(ready, standing(admitted))
    refuse_by_rule(ready, standing(admitted))
    if ready.lot.rule is None and entry.standing:
        alone = (node.id for node in ready.nodes if node.scored and not node.relative)
        known = (entry.cells[name].weighted for name in alone if name in entry.cells)
        entry.total_exact = sum(known, start=Fraction(0))
    return entry


def ranked(ready: Plan, field: Sequence[Entry]) -> list[Entry]:
    """Prepared bids as they rank among each other; the prepared ones stay as they are."""
    entries = [replace(entry, cells=dict(entry.cells), flags=[], remarks=[]) for entry in field]
    relative = ready._replace(every=tuple(node for node in ready.every if node.relative))
    if is_limited(ready):
        check_hurdles(ready, entries, relative=False)
        check_complete(ready, standing(entries))
    reference = standing(entries)
    score_relative(ready, reference)
    roll_up(relative, reference)
    check_hurdles(relative, entries, relative=True)
    refuse_by_rule(ready, standing(entries))
    if ready.lot.rule is None:
        add_relative(ready, standing(entries))
    elif standing(entries):
        set_totals(ready, standing(entries))
    check_total(ready.lot, standing(entries))
    set_ranks(ready, standing(entries), [entry.bid.id for entry in entries], None)
    return entries


def add_relative(ready: Plan, entries: Sequence[Entry]) -> None:
    """Complete the totals of `set_totals`, whose absolute part is known of every prepared bid."""
    relative = [node for node in ready.nodes if node.scored and node.relative]
    for entry in entries:
        for node in relative:
            entry.total_exact += entry.cells[node.id].weighted
        entry.total = rounded_by(ready.total_rounding, entry.total_exact)
        entry.order = -entry.total


def first(entries: Sequence[Entry]) -> tuple[str, ...]:
    """The ids of the bids ranked first, ascending; several when they are equal."""
    return tuple(sorted(entry.bid.id for entry in entries if entry.rank == 1))


def depends_on_the_field(ready: Plan) -> bool:
    """Whether any bid's leaving could change how others rank among each other."""
    by_rule = ready.lot.rule is not None and is_relative_rule(ready.lot.rule)
    return by_rule or is_limited(ready) or any(node.relative for node in ready.every)


def is_limited(ready: Plan) -> bool:
    """Whether only so many bids go on somewhere; who is behind them needs no value for what would have come later."""
    return any(node.criterion.max_pass is not None for node in ready.every)


def changers(ready: Plan, field: Sequence[Entry], outcome: Sequence[Entry]) -> tuple[str, ...]:
    """The losing bids of a ranked field whose leaving would change who is first among the others.

    Where a bid that moves up lacks a value that it now needs, nobody can tell; such a leaving does not count.
    """
    winners = first(outcome)
    if not depends_on_the_field(ready):
        return ()
    plain = ready.lot.rule is None and not is_limited(ready)
    compared = {entry.bid.id for entry in field if entry.standing}
    found: list[str] = []
    for gone in outcome:
        if gone.bid.id in winners or gone.bid.id not in compared:
            continue
        rest = [entry for entry in field if entry.bid.id != gone.bid.id]
        if plain and not moves_points(ready, [entry for entry in outcome if entry is not gone]):
            continue
        try:
            changed = first(ranked(ready, rest)) != winners
        except MissingValue:
            continue
        if changed:
            found.append(gone.bid.id)
    return tuple(found)


def moves_points(ready: Plan, rest: Sequence[Entry]) -> bool:
    """Whether the others' relative points differ once a bid has gone; failed bids stay in the comparison."""
    for node in ready.leaves:
        method = node.criterion.method
        if not isinstance(method, Relative):
            continue
        compared = [entry for entry in rest if node.id in entry.cells and node.id not in entry.full_for_zero]
        values = [entry.numbers[node.id] for entry in compared]
        before: list[Fraction] = [entry.cells[node.id].points_exact for entry in compared]
        if values and [one.points for one in relative_points(method, values, direction_of(node.criterion))] != before:
            return True
    return False
