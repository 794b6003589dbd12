"""A lot ranked, with its numbers kept at hand, so that one changed value is ranked again without scoring all anew."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final

import msgspec

from scoring.answers import Graded, leans_on
from scoring.decimals import parse_decimal, rounded_by
from scoring.entry import Entry
from scoring.methods import Absolute, Relative, absolute_points, exclusion_ceiling, relative_points
from scoring.model import Lot, OpenedBid, direction_of
from scoring.ranking import check_inputs, rank
from scoring.rules import is_relative_rule
from scoring.tie_break import DrawLots
from scoring.tree import Cell, Node, Plan, leaf_cell, plan
from scoring.worked import FULL, Unscorable

LEAST_PRICE_DECIMALS: Final = 2


class Board:
    """Bids by id, the ranked ones in order, and the points behind their totals before those are rounded."""

    def __init__(self, lot: Lot, bids: Sequence[OpenedBid], draw_secret: str | None) -> None:
        self.plan: Plan = plan(lot)
        self.secret = draw_secret
        self.inputs = tuple(sorted(bids, key=lambda bid: bid.id))
        check_inputs(self.plan, self.inputs)
        self.entries, reference = self.run(self.inputs)
        self.rank_of = ranks_in(self.entries)
        self.ranked = sorted(self.rank_of, key=lambda bid: (self.rank_of[bid], bid))
        self.winner = first_of(self.rank_of)
        self.family = list(family(self.plan.nodes, None))
        self.counted = self.nodes_with_points()
        self.points = {bid: self.points_of(self.entries[bid]) for bid in self.ranked}
        self.totals = {bid: self.weighed(self.plan.nodes, self.points[bid], FULL) for bid in self.ranked}
        self.whole_reference = set(reference) == set(self.ranked)
        self._local: dict[str, bool] = {}

    def run(self, inputs: Sequence[OpenedBid]) -> tuple[dict[str, Entry], tuple[str, ...]]:
        """Rank bids by the plain engine, without explanations."""
        entries = [Entry(bid, standing=True) for bid in inputs]
        reference, _ = rank(self.plan, entries, self.secret)
        return {entry.bid.id: entry for entry in entries}, reference

    def nodes_with_points(self) -> set[str]:
        """Criteria on which every ranked bid has points, and the groups that hold one."""
        found: set[str] = set()
        for node in self.plan.every:
            own = not node.children and bool(self.ranked)
            own = own and all(node.id in self.entries[bid].cells for bid in self.ranked)
            if own or any(child.id in found for child in node.children):
                found.add(node.id)
        return found

    def points_of(self, entry: Entry) -> dict[str, Fraction]:
        """Points of every criterion; of groups without any rounding of weighted points."""
        points: dict[str, Fraction] = {}
        for node in self.plan.every:
            if node.children:
                points[node.id] = self.weighed(node.children, points, Fraction(node.criterion.total))
            elif node.id in self.counted:
                points[node.id] = entry.cells[node.id].points
        return points

    def weighed(self, nodes: Sequence[Node], points: dict[str, Fraction], total: Fraction) -> Fraction:
        """Σ weighting · points / total over the criteria with points."""
        parts = (Fraction(node.criterion.weighting) * points[node.id] for node in nodes if node.id in self.counted)
        return sum(parts, start=Fraction(0)) / total

    @property
    def adds_up(self) -> bool:
        """Whether bids are ranked by the sum of their weighted points."""
        if self.plan.lot.rule is None:
            return True
        return bool(self.ranked) and all(self.totals[bid] == self.entries[bid].total_exact for bid in self.ranked)

    @property
    def rounds_weighted(self) -> bool:
        """Whether anything between a leaf's points and the total is rounded."""
        steps = [*self.plan.total_rounding, *(step for node in self.plan.every for step in node.weighted_rounding)]
        return any(step.mode != "none" for step in steps)

    @property
    def depends_on_others(self) -> bool:
        """Whether leaving out a bid can change anything among the others."""
        lot = self.plan.lot
        return (
            (lot.rule is not None and is_relative_rule(lot.rule))
            or any(node.relative or node.criterion.max_pass is not None for node in self.plan.every)
            or any(isinstance(one, DrawLots) for one in lot.tie_break)
        )

    def in_units(self, unit: int) -> bool:
        """Whether all points of leaves are whole numbers of a unit."""
        leaves = [node.id for node in self.plan.leaves if node.id in self.counted]
        return all((points[name] * unit).denominator == 1 for points in self.points.values() for name in leaves)

    def total_of(self, parent: Node | None) -> Fraction:
        """What the weightings in a group, or of the lot, add up to."""
        return Fraction(self.plan.lot.total if parent is None else parent.criterion.total)

    def share_of(self, parent: Node | None) -> Fraction:
        """What a group, or the lot, weighs in the total."""
        return Fraction(self.plan.lot.total) if parent is None else parent.share

    def lead(self, behind: str, ahead: str | None = None) -> Fraction:
        """By how much a bid, the first unless named, leads another before totals are rounded."""
        return self.totals[ahead or self.ranked[0]] - self.totals[behind]

    def gap(self, one: str, two: str, node: Node, parent: Node | None) -> Fraction:
        """By how much more bid one exceeds its own points for the group on this criterion than bid two does."""

        def above_own(bid: str) -> Fraction:
            own = self.totals[bid] * FULL / self.total_of(None) if parent is None else self.points[bid][parent.id]
            return self.points[bid][node.id] - own

        return above_own(one) - above_own(two)

    def number(self, bid: str, node: Node) -> Fraction:
        """What a bid offered on a criterion."""
        return parse_decimal(self.entries[bid].bid.values[node.id], "value")

    def price_unit(self, price: Node) -> int:
        """Into how many units an amount is divided: the most decimals that any ranked bid used, cents at least."""
        texts = [self.entries[bid].bid.values[price.id] for bid in self.ranked]
        return 10 ** max([LEAST_PRICE_DECIMALS, *(len(text.partition(".")[2]) for text in texts)])

    def judged(self, node: Node) -> list[str]:
        """The admissible bids with a value on a criterion, those that failed a hurdle included."""
        return [bid.id for bid in self.inputs if bid.state == "admissible" and node.id in bid.values]

    def grade_of(self, bid: str, node: Node, method: Graded) -> int:
        """The place of a bid's grade on its scale."""
        text = self.entries[bid].bid.values[node.id]
        for place, level in enumerate(method.scale):
            if text == level.label:
                return place
        grade = parse_decimal(text, "grade")
        return next(place for place, level in enumerate(method.scale) if grade == level.value)

    def winner_with(self, bid: str, node: Node, text: str, *, may_fail: bool = False) -> tuple[bool, str | None]:
        """Whether bids can be ranked with one changed value, and who then wins; nobody when first place is shared."""
        if not may_fail and bid in self.rank_of and self.is_local(node):
            totals = self.totals_with(bid, node, text)
            if totals is None:
                return False, None
            best = max(totals.values())
            first = [one for one, total in totals.items() if total == best]
            if len(first) == 1:
                return True, first[0]
        changed = [
            msgspec.structs.replace(one, values={**one.values, node.id: text}) if one.id == bid else one
            for one in self.inputs
        ]
        try:
            entries, _ = self.run(changed)
        except (Unscorable, ValueError):
            return False, None
        return True, first_of(ranks_in(entries))

    def is_local(self, node: Node) -> bool:
        """Whether a changed value on a leaf changes nothing but the points on it and the totals."""
        if node.id not in self._local:
            self._local[node.id] = self._finds_local(node)
        return self._local[node.id]

    def _finds_local(self, node: Node) -> bool:
        lot, method = self.plan.lot, node.criterion.method
        apart = lot.rule is None and lot.minimum is None and self.whole_reference
        plain = apart and exclusion_ceiling(method) is None and node.id in self.counted
        return plain and not any(self.passes_on(other, node) for other in self.plan.every)

    def passes_on(self, other: Node, node: Node) -> bool:
        """Whether a criterion makes more of a changed leaf than a sum: a hurdle, a rounded subtotal, a mixed part."""
        if other.children and any(step.mode != "none" for step in other.weighted_rounding):
            return True
        judged = leans_on(other.criterion.method)
        if judged is not None and node.id in {judged, other.id}:
            return True
        hurdle = other.criterion.minimum is not None or other.criterion.max_pass is not None
        zero = any(node.id in self.entries[bid].full_for_zero for bid in self.ranked)
        return zero or (hurdle and (other.id == node.id or node.id in {one.id for one, _ in family((other,), None)}))

    def totals_with(self, bid: str, node: Node, text: str) -> dict[str, Fraction] | None:
        """All totals with one changed value on a leaf; nothing when its method refuses the value."""
        try:
            changed = self.cells_with(bid, node, text)
        except (Unscorable, ValueError):
            return None
        totals: dict[str, Fraction] = {}
        for one in self.ranked:
            entry = self.entries[one]
            if one in changed:
                exact = entry.total_exact - entry.cells[node.id].weighted + changed[one].weighted
                totals[one] = rounded_by(self.plan.total_rounding, exact)
            else:
                totals[one] = entry.total
        return totals

    def cells_with(self, bid: str, node: Node, text: str) -> dict[str, Cell]:
        """The cells of a leaf that one changed value changes."""
        method = node.criterion.method
        if isinstance(method, Relative):
            values = [
                parse_decimal(text, "value") if one == bid else self.entries[one].numbers[node.id]
                for one in self.ranked
            ]
            worked = relative_points(method, values, direction_of(node.criterion))
            return {one: leaf_cell(node, cell) for one, cell in zip(self.ranked, worked, strict=True)}
        assert isinstance(method, Absolute)
        return {bid: leaf_cell(node, absolute_points(method, text))}

    def order_without(self, bid: str) -> dict[str, int] | None:
        """The ranks when a bid is left out; nothing when the others cannot be ranked."""
        try:
            entries, _ = self.run([one for one in self.inputs if one.id != bid])
        except (Unscorable, ValueError):
            return None
        return ranks_in(entries)


def ranks_in(entries: dict[str, Entry]) -> dict[str, int]:
    """Ranks by bid."""
    return {bid: entry.rank for bid, entry in entries.items() if entry.rank is not None}


def first_of(ranks: dict[str, int]) -> str | None:
    """The one bid in first place; nobody when it is shared or empty."""
    first = [bid for bid, place in ranks.items() if place == 1]
    return first[0] if len(first) == 1 else None


def family(nodes: Sequence[Node], parent: Node | None) -> Iterator[tuple[Node, Node | None]]:
    """Every criterion with its group."""
    for node in nodes:
        yield node, parent
        yield from family(node.children, node)
