"""From opened bids to ranks: values → points → weighted points → totals, with hurdles, roundings and ties as published.

Order of events, always the same: (1) the state of each bid; (2) pass/fail, fatal grades and minimum scores on criteria
that need no other bid; (3) the bids still standing are the reference set; (4) relative points over that set;
(5) minimum scores that include relative points; (6) totals, ranks, tie-break. A bid that fails early never sets a
lowest price, and needs no value for what would have come later.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

from scoring.absolute import Graded, PassFail, Target, Text, YesNo, is_fatal, passes
from scoring.canonical import ENGINE, canonical, digest, rules_digest
from scoring.decimals import exact_text, parse_decimal
from scoring.explanation import explained
from scoring.methods import Relative, absolute_points, relative_points
from scoring.model import Evaluation, Lot, OpenedBid, direction_of
from scoring.tree import Cell, Node, apply, children_first, group_cell, leaf_cell, leaf_nodes, plan, roundings
from scoring.worked import InvalidValue, MissingValue, Worked


@dataclass(slots=True)
class Entry:
    """One bid on its way through the evaluation."""

    bid: OpenedBid
    standing: bool
    cells: dict[str, Cell] = field(default_factory=dict[str, Cell])
    flags: list[str] = field(default_factory=list[str])
    hurdles: list[tuple[str | None, str, dict[str, str]]] = field(
        default_factory=list[tuple[str | None, str, dict[str, str]]]
    )
    total_exact: Fraction | None = None
    total: Fraction | None = None
    rank: int | None = None
    tied: bool = False

    def fail(self, criterion: str | None, message: str, arguments: dict[str, str]) -> None:
        """Take the bid out of the ranking and remember why."""
        self.standing = False
        self.flags.append(message if criterion is None else f"{message}:{criterion}")
        self.hurdles.append((criterion, message, arguments))


def evaluate(lot: Lot, bids: Sequence[OpenedBid], draw_secret: str | None = None) -> Evaluation:
    """Rank the bids of a lot by its published rules, with every step.

    Raises MissingValue, InvalidValue or ZeroValue, each listing every fault, when the bids cannot be scored; a bid that
    merely fails a hurdle is in the result, unranked. The order of `bids` changes nothing.
    """
    inputs = tuple(sorted(bids, key=lambda bid: bid.id))
    check_inputs(lot, inputs)
    nodes = plan(lot)
    entries = [Entry(bid, standing=bid.state == "admissible") for bid in inputs]
    for entry in entries:
        if not entry.standing:
            entry.fail(None, f"state:{entry.bid.state}", {"state": entry.bid.state})
    reference = score(lot, nodes, entries)
    rank(lot, entries)
    winners = [entry.bid.id for entry in entries if entry.rank == 1]
    return Evaluation(
        engine=ENGINE,
        lot=lot,
        inputs=inputs,
        draw_secret=draw_secret,
        bids=explained(lot, nodes, entries),
        winner=winners[0] if len(winners) == 1 else None,
        rules_digest=rules_digest(lot),
        inputs_digest=digest((inputs, draw_secret)),
        reference_set=reference,
        notes=(),
    )


def verify(evaluation: Evaluation) -> tuple[str, ...]:
    """Rank again from the rules and inputs inside a stored evaluation; names what differs, nothing when all agrees.

    Compared are the canonical bytes of every field, so a single changed digit shows.
    """
    again = evaluate(evaluation.lot, evaluation.inputs, evaluation.draw_secret)
    return tuple(
        name
        for name in Evaluation.__struct_fields__
        if canonical(getattr(evaluation, name)) != canonical(getattr(again, name))
    )


def check_inputs(lot: Lot, inputs: tuple[OpenedBid, ...]) -> None:
    """Refuse two bids with one id, and values for criteria that do not ask for one."""
    leaf_ids = {node.criterion.id for node in leaf_nodes(plan(lot))}
    faults = [
        f"bid {bid.id!r}: there is no criterion {name!r} that asks for a value; the lot asks for {', '.join(leaf_ids)}"
        for bid in inputs
        for name in sorted(bid.values.keys() - leaf_ids)
    ]
    ids = [bid.id for bid in inputs]
    faults += [f"two bids have the id {one!r}" for one, two in pairwise(ids) if one == two]
    if faults:
        raise InvalidValue(*faults)


def score(lot: Lot, nodes: tuple[Node, ...], entries: list[Entry]) -> tuple[str, ...]:
    """Fill in all cells and totals; returns the ids of the reference set."""
    score_absolute(nodes, standing(entries))
    roll_up(nodes, standing(entries))
    check_hurdles(nodes, entries, relative=False)
    check_missing(nodes, standing(entries))
    reference = tuple(entry.bid.id for entry in standing(entries))
    score_relative(nodes, standing(entries))
    roll_up(nodes, standing(entries))
    check_hurdles(nodes, entries, relative=True)
    for entry in standing(entries):
        entry.total_exact = sum((entry.cells[node.criterion.id].weighted for node in nodes), start=Fraction(0))
        entry.total = apply(roundings(lot, ("total",)), entry.total_exact)
        if lot.minimum is not None and entry.total < Fraction(lot.minimum):
            entry.fail(None, "minimum_total", {"total": exact_text(entry.total), "minimum": f"{lot.minimum:f}"})
    return reference


def standing(entries: Iterable[Entry]) -> list[Entry]:
    """The bids that are still in the race."""
    return [entry for entry in entries if entry.standing]


def score_absolute(nodes: tuple[Node, ...], entries: list[Entry]) -> None:
    """Points that need no other bid, wherever the value is there; every unreadable value is reported at once."""
    faults: list[str] = []
    for node in leaf_nodes(nodes):
        for entry in entries:
            text = entry.bid.values.get(node.criterion.id)
            if text is not None and not node.relative:
                try:
                    score_one(node, entry, text)
                except (ValueError, InvalidValue) as fault:
                    faults.append(f"bid {entry.bid.id!r}, criterion {node.criterion.id!r}: {fault}")
    for node in leaf_nodes(nodes):
        if isinstance(node.criterion.method, Target) and node.criterion.method.quality is not None:
            add_quality(node, node.criterion.method, entries)
    if faults:
        raise InvalidValue(*faults)


def score_one(node: Node, entry: Entry, text: str) -> None:
    """One value under an absolute or unscored method."""
    method = node.criterion.method
    if method is None or isinstance(method, Text | Relative):
        return
    if isinstance(method, PassFail):
        if not passes(text):
            entry.fail(node.criterion.id, "failed", {"answer": text})
        return
    entry.cells[node.criterion.id] = leaf_cell(node, absolute_points(method, text))
    fatal = (isinstance(method, Graded) and is_fatal(method, text)) or (
        isinstance(method, YesNo) and method.fatal == text
    )
    if fatal:
        entry.fail(node.criterion.id, "fatal", {"answer": text})


def add_quality(node: Node, method: Target, entries: list[Entry]) -> None:
    """Mix the qualitative part into a quantity's points, where the tender splits them."""
    share = Fraction(method.quality_share)
    for entry in entries:
        quantity, quality = (entry.cells.get(name) for name in (node.criterion.id, method.quality or ""))
        if quantity is None or quantity.worked is None or quality is None:
            entry.cells.pop(node.criterion.id, None)
            continue
        mixed = Worked(
            (1 - share) * quantity.worked.points + share * quality.points,
            "{rest} × {quantity} + {share} × {quality}",
            {"rest": 1 - share, "quantity": quantity.worked.points, "share": share, "quality": quality.points},
        )
        entry.cells[node.criterion.id] = leaf_cell(node, mixed)


def roll_up(nodes: tuple[Node, ...], entries: list[Entry]) -> None:
    """Points of every group whose scored parts are all known."""
    for node in children_first(nodes):
        if not node.children:
            continue
        for entry in entries:
            parts = [(part, entry.cells.get(part.criterion.id)) for part in node.children if is_scored(part)]
            known = [(part, cell) for part, cell in parts if cell is not None]
            if parts and len(known) == len(parts):
                entry.cells[node.criterion.id] = group_cell(node, known)


def is_scored(node: Node) -> bool:
    """Whether the criterion earns points at all."""
    if node.children:
        return any(is_scored(child) for child in node.children)
    return not isinstance(node.criterion.method, PassFail | Text)


def check_hurdles(nodes: tuple[Node, ...], entries: list[Entry], *, relative: bool) -> None:
    """Minimum scores and best-so-many limits of one stage; every failing criterion is named, the lowest first."""
    here = [node for node in children_first(nodes) if node.relative == relative]
    for entry in standing(entries):
        for node in here:
            cell, minimum = entry.cells.get(node.criterion.id), node.criterion.minimum
            if cell is not None and minimum is not None and cell.points < Fraction(minimum):
                numbers = {"points": exact_text(cell.points), "minimum": f"{minimum:f}"}
                entry.fail(node.criterion.id, "minimum", numbers)
    for node in here:
        limit = node.criterion.max_pass
        if limit is not None:
            keep_best(node.criterion.id, limit, standing(entries))


def keep_best(criterion: str, limit: int, entries: list[Entry]) -> None:
    """Let the best so many on this criterion go on, and all that equal the last of them."""
    points = sorted((entry.cells[criterion].points for entry in entries if criterion in entry.cells), reverse=True)
    if len(points) <= limit:
        return
    for entry in entries:
        cell = entry.cells.get(criterion)
        if cell is not None and cell.points < points[limit - 1]:
            numbers = {"points": exact_text(cell.points), "limit": str(limit), "last": exact_text(points[limit - 1])}
            entry.fail(criterion, "max_pass", numbers)


def check_missing(nodes: tuple[Node, ...], entries: list[Entry]) -> None:
    """Refuse to rank while a standing bid lacks a value; a missing value is never 0 points."""
    faults = [
        f"bid {entry.bid.id!r} has no value for criterion {node.criterion.id!r}; "
        "ask the supplier, or give the bid a state that is not admissible"
        for entry in entries
        for node in leaf_nodes(nodes)
        if node.criterion.id not in entry.bid.values and not isinstance(node.criterion.method, Text)
    ]
    if faults:
        raise MissingValue(*faults)


def score_relative(nodes: tuple[Node, ...], entries: list[Entry]) -> None:
    """Points that depend on the other bids of the reference set."""
    if not entries:
        return
    for node in leaf_nodes(nodes):
        method = node.criterion.method
        if isinstance(method, Relative):
            values = [offered(node, entry) for entry in entries]
            worked = relative_points(method, values, direction_of(node.criterion))
            for entry, one in zip(entries, worked, strict=True):
                entry.cells[node.criterion.id] = leaf_cell(node, one)


def offered(node: Node, entry: Entry) -> Fraction:
    """A bid's number on a criterion."""
    return parse_decimal(entry.bid.values[node.criterion.id], f"bid {entry.bid.id!r}, criterion {node.criterion.id!r}")


def rank(lot: Lot, entries: list[Entry]) -> None:
    """Competition ranking 1, 1, 3 on the totals."""
    del lot
    ranked = sorted(standing(entries), key=total_of, reverse=True)
    set_ranks(ranked, lambda one, two: one.total == two.total)


def set_ranks(ranked: list[Entry], same: Callable[[Entry, Entry], bool]) -> None:
    """Number the places; equals share one, and the next place counts them all."""
    for index, entry in enumerate(ranked):
        before = ranked[index - 1] if index else None
        entry.tied = any(same(entry, other) for other in ranked[max(index - 1, 0) : index + 2] if other is not entry)
        entry.rank = before.rank if before is not None and same(before, entry) else index + 1


def total_of(entry: Entry) -> Fraction:
    """A standing bid's total."""
    assert entry.total is not None
    return entry.total
