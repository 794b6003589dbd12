"""The criteria of a case as a tree of shares, and points rolled up to groups with the published roundings."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from tests.scoring.second.digits import Fault, rounded
from tests.scoring.second.formulas import RELATIVE, UNSCORED, Json

if TYPE_CHECKING:
    from collections.abc import Iterator

LOWER_UNITS = {"money", "tCO2e", "kgCO2e", "km"}
JUDGED = {"graded", "yes_no", "target", "credited", "pass_fail", "text"}
ASK_FOR_POINTS = {"R1", "R2", "R2b", "R3", "R5", "M4", "M7", "S2", "S2b", "S3", "S4", "S5"}
"""Rules that work with the quality Q, so that a criterion without a method states points itself."""


@dataclass(frozen=True)
class Node:
    """A criterion, its share of the whole (0–1), whether it earns points, and whether other bids can change them."""

    id: str
    spec: Json
    method: str | None
    share: Fraction
    parts: tuple[Node, ...]
    scored: bool
    relative: bool

    def all(self) -> Iterator[Node]:
        """The criterion and everything below it, parts first."""
        for part in self.parts:
            yield from part.all()
        yield self


def is_lower_better(spec: Json) -> bool:
    """The criterion's own word, else its unit's; a price formula without a unit is about money."""
    if "direction" in spec:
        return spec["direction"] == "lower"
    unit = spec.get("unit")
    if unit is None:
        return "method" in spec and spec["method"]["id"] not in JUDGED | {"A4"}
    return unit in LOWER_UNITS or (len(unit) == 3 and unit.isupper())


def is_money(spec: Json) -> bool:
    """Whether a leaf states an amount of money of which less is better."""
    unit = spec.get("unit")
    of_money = unit == "money" or (unit is not None and len(unit) == 3 and unit.isupper())
    if unit is None:
        of_money = "method" in spec and spec["method"]["id"] not in JUDGED | {"A4"}
    return of_money and is_lower_better(spec)


def rule_of(lot: Json) -> Json:
    """The whole-tender rule, empty where points are added up."""
    rule: Json | None = lot.get("rule")
    return rule or {}


def method_of(spec: Json) -> str | None:
    """The id of a leaf's formula."""
    return spec["method"]["id"] if "method" in spec else None


def leaf_specs(specs: list[Json]) -> list[Json]:
    """The criteria without parts, in published order."""
    return [leaf for spec in specs for leaf in (leaf_specs(spec["criteria"]) if spec.get("criteria") else [spec])]


def find_price(lot: Json) -> str | None:
    """The one price: named by the rule, else the only amount of money, else the one with that name."""
    named = rule_of(lot).get("price")
    if named is not None:
        return named
    candidates = [
        leaf["id"] for leaf in leaf_specs(lot["criteria"]) if is_money(leaf) and method_of(leaf) not in JUDGED
    ]
    if len(candidates) == 1:
        return candidates[0]
    return next((name for name in candidates if name.casefold() == "price"), None)


def leaves_of(nodes: tuple[Node, ...]) -> list[Node]:
    """The criteria without parts, in published order."""
    return [node for top in nodes for node in top.all() if not node.parts]


def grown(lot: Json) -> tuple[Node, ...]:
    """The tree of a lot."""
    states_points = rule_of(lot).get("id") in ASK_FOR_POINTS
    stated = {leaf["id"] for leaf in leaf_specs(lot["criteria"]) if states_points and "method" not in leaf}
    stated.discard(find_price(lot) or "")
    total = Fraction(lot.get("total", 100))
    return tuple(branch(spec, Fraction(spec.get("weighting", 0)) / total, stated) for spec in lot["criteria"])


def branch(spec: Json, share: Fraction, stated: set[str]) -> Node:
    """One criterion with its parts; a part's share is its own times the whole's."""
    total = Fraction(spec.get("total", 100))
    parts = tuple(
        branch(part, share * Fraction(part.get("weighting", 0)) / total, stated) for part in spec.get("criteria", ())
    )
    method = method_of(spec)
    if parts:
        scored, relative = any(part.scored for part in parts), any(part.relative for part in parts)
    elif method is None:
        scored, relative = spec["id"] in stated, False
    else:
        scored, relative = method not in UNSCORED, method in RELATIVE
    return Node(spec["id"], spec, method, share, parts, scored, relative)


@dataclass(frozen=True)
class Roundings:
    """The published list, with the mistake to plant, if any."""

    listed: tuple[Json, ...]
    fault: Fault | None

    def at(self, stage: str, criterion: str | None, value: Fraction) -> Fraction:
        """The value after every rounding of this stage that holds for the criterion."""
        for entry in self.listed:
            chosen = entry.get("criteria", [])
            if entry["stage"] == stage and (not chosen or criterion in chosen):
                value = rounded(value, entry.get("decimals", 0), entry.get("mode", "half_up"), self.fault)
        return value


@dataclass(frozen=True)
class Scheme:
    """A lot made ready for adding up."""

    lot: Json
    nodes: tuple[Node, ...]
    price: str | None
    total: Fraction
    roundings: Roundings

    def leaf_weighted(self, leaf: Node, points: Fraction) -> Fraction:
        """Weighted points of a leaf; the price has a stage of its own before that of all criteria."""
        weighted = points * leaf.share * self.total / 100
        if leaf.id == self.price:
            weighted = self.roundings.at("price_points", leaf.id, weighted)
        return self.roundings.at("criterion", leaf.id, weighted)

    def roll_up(self, points: dict[str, Fraction], weighted: dict[str, Fraction]) -> None:
        """Add up every group of which all scored parts are known."""
        for group in (node for top in self.nodes for node in top.all() if node.parts and node.scored):
            parts = [part for part in group.parts if part.scored]
            if all(part.id in points for part in parts):
                exact = sum((weighted[part.id] for part in parts), Fraction(0))
                weighted[group.id] = self.roundings.at("subtotal", group.id, exact)
                points[group.id] = self.group_points(group, parts, points, weighted[group.id])

    def group_points(self, group: Node, parts: list[Node], points: dict[str, Fraction], weighted: Fraction) -> Fraction:
        """Points of a group on 0–100; one that weighs nothing in the whole has the mean of its parts."""
        if group.share:
            return 100 * weighted / (group.share * self.total)
        weightings = {part.id: Fraction(part.spec.get("weighting", 0)) for part in parts}
        weighed = sum(weightings.values(), Fraction(0))
        return sum((points[part.id] * weightings[part.id] for part in parts), Fraction(0)) / weighed
