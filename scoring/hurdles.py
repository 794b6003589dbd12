"""Minimum scores and best-so-many limits: who goes on to the next stage."""

from fractions import Fraction

from scoring.decimals import exact_text
from scoring.entry import Entry, standing
from scoring.tree import Node, Plan


def check_hurdles(plan: Plan, entries: list[Entry], *, relative: bool) -> None:
    """The hurdles of one stage; every failing criterion is named, the lowest in the tree first."""
    here = [node for node in plan.every if node.relative == relative]
    for entry in standing(entries):
        for node in here:
            cell, minimum = entry.cells.get(node.id), node.criterion.minimum
            if cell is not None and minimum is not None and cell.points < Fraction(minimum):
                numbers = {"points": exact_text(cell.points), "minimum": f"{minimum:f}"}
                entry.fail(node.id, "minimum", numbers)
    for node in here:
        if node.criterion.max_pass is not None:
            keep_best(node, node.criterion.max_pass, standing(entries))


def keep_best(node: Node, limit: int, entries: list[Entry]) -> None:
    """Let the best so many on this criterion go on, and all that equal the last of them."""
    points = sorted((entry.cells[node.id].points for entry in entries if node.id in entry.cells), reverse=True)
    for entry in entries if len(points) > limit else ():
        cell = entry.cells.get(node.id)
        if cell is not None and cell.points < points[limit - 1]:
            numbers = {"points": exact_text(cell.points), "limit": str(limit), "last": exact_text(points[limit - 1])}
            entry.fail(node.id, "max_pass", numbers)
