"""Minimum scores and best-so-many limits: who goes on to the next stage."""

from fractions import Fraction

from scoring.decimals import printed
from scoring.entry import Entry, standing
from scoring.tree import Node, Plan


def check_hurdles(plan: Plan, entries: list[Entry], *, relative: bool) -> None:
    """The hurdles of one stage; every failing criterion is named, the lowest in the tree first."""
    here = [node for node in plan.every if node.relative == relative]
    for entry in standing(entries):
        for node in here:
            cell, minimum = entry.cells.get(node.id), node.criterion.minimum
            if cell is not None and minimum is not None and cell.points < Fraction(minimum):
                numbers = {"points": printed(cell.points), "minimum": f"{minimum:f}"}
                entry.fail(node.id, "minimum", numbers)
    fell = [(entry, node, cut) for node in here for entry, cut in behind_the_best(node, standing(entries))]
    for entry, node, cut in fell:
        points, limit = printed(entry.cells[node.id].points), str(node.criterion.max_pass)
        entry.fail(node.id, "max_pass", {"points": points, "limit": limit, "last": printed(cut)})


def behind_the_best(node: Node, entries: list[Entry]) -> list[tuple[Entry, Fraction]]:
    """The bids that are not among the best so many on this criterion, nor equal to the last of them, with its points.

    All limits of a stage are judged on the same bids, so that the order of the criteria does not matter.
    """
    limit = node.criterion.max_pass
    known = [entry for entry in entries if node.id in entry.cells]
    if limit is None or len(known) <= limit:
        return []
    cut = sorted((entry.cells[node.id].points for entry in known), reverse=True)[limit - 1]
    return [(entry, cut) for entry in known if entry.cells[node.id].points < cut]
