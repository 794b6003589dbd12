"""The criteria tree made ready for arithmetic: each criterion's share of the whole lot and its published roundings."""

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from scoring.decimals import Rounding, rounded
from scoring.methods import is_relative
from scoring.model import Criterion, Lot, is_price
from scoring.worked import FULL, Worked


class Node(NamedTuple):
    """A criterion with its share of the lot's total and the roundings that hold for it, in the order they act."""

    criterion: Criterion
    share: Fraction
    children: tuple["Node", ...]
    relative: bool
    points_rounding: tuple[Rounding, ...]
    weighted_rounding: tuple[Rounding, ...]


class Cell(NamedTuple):
    """One bid on one criterion: points and weighted points, each before and after the published rounding."""

    worked: Worked | None
    points_exact: Fraction
    points: Fraction
    weighted_exact: Fraction
    weighted: Fraction


def plan(lot: Lot) -> tuple[Node, ...]:
    """The tree of a lot, with global shares: the product of the local ones."""
    return tuple(_node(lot, criterion, Fraction(criterion.weighting)) for criterion in lot.criteria)


def _node(lot: Lot, criterion: Criterion, share: Fraction) -> Node:
    children = tuple(
        _node(lot, child, share * Fraction(child.weighting) / Fraction(criterion.total)) for child in criterion.criteria
    )
    leaf_stages = ("price_points", "criterion") if is_price(criterion) else ("criterion",)
    return Node(
        criterion=criterion,
        share=share,
        children=children,
        relative=any(child.relative for child in children) or is_relative(criterion.method),
        points_rounding=() if children else roundings(lot, ("leaf",), criterion.id),
        weighted_rounding=roundings(lot, ("subtotal",) if children else leaf_stages, criterion.id),
    )


def roundings(lot: Lot, stages: tuple[str, ...], criterion: str | None = None) -> tuple[Rounding, ...]:
    """The published roundings of these stages that hold for a criterion, stage by stage."""
    return tuple(
        rounding
        for stage in stages
        for rounding in lot.rounding
        if rounding.stage == stage and (not rounding.criteria or criterion in rounding.criteria)
    )


def apply(steps: tuple[Rounding, ...], value: Fraction) -> Fraction:
    """The value after every published rounding; without a mode, half up."""
    for step in steps:
        value = rounded(value, step.decimals or 0, step.mode or "half_up")
    return value


def leaf_nodes(nodes: tuple[Node, ...]) -> Iterator[Node]:
    """The leaves, in published order."""
    return (node for node in children_first(nodes) if not node.children)


def children_first(nodes: tuple[Node, ...]) -> Iterator[Node]:
    """Every criterion, the parts before the whole, so that the lowest failing one is named first."""
    for node in nodes:
        yield from children_first(node.children)
        yield node


def leaf_cell(node: Node, worked: Worked) -> Cell:
    """A leaf's points and weighted points."""
    points = apply(node.points_rounding, worked.points)
    weighted = points * node.share / FULL
    return Cell(worked, worked.points, points, weighted, apply(node.weighted_rounding, weighted))


def group_cell(node: Node, parts: list[tuple[Node, Cell]]) -> Cell:
    """A group's points and weighted points, from those of its scored parts.

    The weighted points are the sum of the parts' weighted points, so that what is shown adds up; the points follow
    from them. A group that weighs nothing has only points: the weighted mean of its parts.
    """
    weighted_exact = sum((cell.weighted for _, cell in parts), start=Fraction(0))
    weighted = apply(node.weighted_rounding, weighted_exact)
    if node.share:
        return Cell(None, weighted_exact * FULL / node.share, weighted * FULL / node.share, weighted_exact, weighted)
    total = Fraction(node.criterion.total)
    points = sum((cell.points * Fraction(part.criterion.weighting) / total for part, cell in parts), start=Fraction(0))
    return Cell(None, points, points, weighted_exact, weighted)
