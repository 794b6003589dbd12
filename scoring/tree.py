"""The criteria tree made ready for arithmetic: each criterion's share of the whole lot and its published roundings."""

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from scoring.answers import Text
from scoring.decimals import Rounding, rounded_by
from scoring.methods import is_relative, is_unscored
from scoring.model import Criterion, Lot, is_price, price_criterion
from scoring.rules import needs_quality, uses_financial_points
from scoring.selection import QualityBased
from scoring.worked import FULL, Worked


class Node(NamedTuple):
    """A criterion with its share of the lot's total and the roundings that hold for it, in the order they act.

    `scored` criteria earn points; a whole-tender rule's price and raw values do not (`raw`), nor do pass/fail and text.
    `relative` ones depend on other bids.
    """

    criterion: Criterion
    share: Fraction
    children: tuple["Node", ...]
    scored: bool
    raw: bool
    needed: bool
    relative: bool
    points_rounding: tuple[Rounding, ...]
    weighted_rounding: tuple[Rounding, ...]

    @property
    def id(self) -> str:
        """The criterion's id."""
        return self.criterion.id


class Cell(NamedTuple):
    """One bid on one criterion: points and weighted points, each before and after the published rounding."""

    worked: Worked | None
    points_exact: Fraction
    points: Fraction
    weighted_exact: Fraction
    weighted: Fraction


class Plan(NamedTuple):
    """A lot made ready: its tree, the tree's criteria in two orders, its price and the roundings of the total."""

    lot: Lot
    nodes: tuple[Node, ...]
    every: tuple[Node, ...]
    """Parts before the whole, so that the lowest failing one is named first."""
    leaves: tuple[Node, ...]
    price: Node | None
    price_optional: bool
    total_rounding: tuple[Rounding, ...]


def plan(lot: Lot) -> Plan:
    """The tree of a lot, with global shares: the product of the local ones."""
    price = price_criterion(lot.criteria, lot.rule)
    nodes = tuple(_node(lot, price, criterion, Fraction(criterion.weighting)) for criterion in lot.criteria)
    every = tuple(_children_first(nodes))
    leaves = tuple(node for node in every if not node.children)
    found = next((node for node in leaves if price is not None and node.id == price.id), None)
    return Plan(lot, nodes, every, leaves, found, isinstance(lot.rule, QualityBased), roundings(lot, ("total",)))


def _node(lot: Lot, price: Criterion | None, criterion: Criterion, share: Fraction) -> Node:
    children = tuple(
        _node(lot, price, child, share * Fraction(child.weighting) / Fraction(criterion.total))
        for child in criterion.criteria
    )
    method, is_the_price = criterion.method, price is not None and criterion.id == price.id
    stated = lot.rule is not None and method is None and not children
    as_points = stated and lot.rule is not None and needs_quality(lot.rule) and not is_the_price
    financial = lot.rule is not None and is_the_price and uses_financial_points(lot.rule)
    point_stages = ("price_points",) if financial else () if children else ("leaf",)
    weighted_stages = ("price_points", "criterion") if is_price(criterion) and not financial else ("criterion",)
    return Node(
        criterion=criterion,
        share=share,
        children=children,
        scored=any(child.scored for child in children)
        if children
        else as_points or not (stated or is_unscored(method)),
        needed=not children and not isinstance(method, Text),
        raw=any(child.raw for child in children) or (stated and not as_points),
        relative=any(child.relative for child in children) or is_relative(method),
        points_rounding=roundings(lot, point_stages, criterion.id),
        weighted_rounding=roundings(lot, ("subtotal",) if children else weighted_stages, criterion.id),
    )


def _children_first(nodes: tuple[Node, ...]) -> Iterator[Node]:
    for node in nodes:
        yield from _children_first(node.children)
        yield node


def quality_nodes(nodes: tuple[Node, ...]) -> Iterator[Node]:
    """The largest parts of the tree that hold scored criteria only; a whole-tender rule adds them up to the quality."""
    for node in nodes:
        if node.scored and not node.raw:
            yield node
        else:
            yield from quality_nodes(node.children)


def nodes_beside(nodes: tuple[Node, ...], one: Node | None) -> Iterator[Node]:
    """The largest scored parts of the tree that do not hold a criterion."""
    for node in nodes:
        if node is one or not node.scored:
            continue
        if _holds(node, one):
            yield from nodes_beside(node.children, one)
        else:
            yield node


def _holds(node: Node, one: Node | None) -> bool:
    return any(child is one or _holds(child, one) for child in node.children)


def roundings(lot: Lot, stages: tuple[str, ...], criterion: str | None = None) -> tuple[Rounding, ...]:
    """The published roundings of these stages that hold for a criterion, stage by stage."""
    return tuple(
        rounding
        for stage in stages
        for rounding in lot.rounding
        if rounding.stage == stage and (not rounding.criteria or criterion in rounding.criteria)
    )


def leaf_cell(node: Node, worked: Worked) -> Cell:
    """A leaf's points and weighted points."""
    points = rounded_by(node.points_rounding, worked.points)
    weighted = points * node.share / FULL
    return Cell(worked, worked.points, points, weighted, rounded_by(node.weighted_rounding, weighted))


def group_cell(node: Node, parts: list[tuple[Node, Cell]]) -> Cell:
    """A group's points and weighted points, from those of its scored parts.

    The weighted points are the sum of the parts' weighted points, so that what is shown adds up; the points follow
    from them. A group that weighs nothing has only points: the weighted mean of its parts.
    """
    weighted_exact = sum((cell.weighted for _, cell in parts), start=Fraction(0))
    weighted = rounded_by(node.weighted_rounding, weighted_exact)
    if node.share:
        return Cell(None, weighted_exact * FULL / node.share, weighted * FULL / node.share, weighted_exact, weighted)
    total = Fraction(node.criterion.total)
    points = sum((cell.points * Fraction(part.criterion.weighting) / total for part, cell in parts), start=Fraction(0))
    return Cell(None, points, points, weighted_exact, weighted)
