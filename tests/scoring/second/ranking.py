"""The second opinion on a case: who stands, what each earns, who comes first."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cmp_to_key

from tests.scoring.second.digits import Fault
from tests.scoring.second.formulas import (
    BY_CEILING,
    FULL,
    POLES,
    UNSCORED,
    Json,
    StoppedError,
    absolute_points,
    limits,
    names_level,
    number,
    relative_points,
)
from tests.scoring.second.rules import Entrant, Field, figures, highest_wins, is_refused
from tests.scoring.second.tree import Node, Roundings, Scheme, find_price, grown, is_lower_better, leaves_of

ADMISSIBLE = "admissible"
INCOME = {"P2", "P4", "P10"}
"""Relative formulas that can score offers below 0 where more is better; where less is better, none can."""


@dataclass
class Row:
    """One bid as the second implementation sees it."""

    id: str
    values: dict[str, str]
    standing: bool
    unscorable: bool = False
    points: dict[str, Fraction] = field(default_factory=dict[str, Fraction])
    weighted: dict[str, Fraction] = field(default_factory=dict[str, Fraction])
    total: Fraction | None = None
    order: Fraction | None = None
    """Its place in the walk of S5, which compares no totals."""
    rank: int | None = None
    tied: bool = False


@dataclass
class Verdict:
    """All bids, the ids of the reference set, and the winner if there is exactly one."""

    rows: list[Row]
    reference: list[str]
    winner: str | None


def second_opinion(case: Json, fault: Fault | None = None) -> Verdict:
    """Score and rank a case, with a mistake planted if asked; StoppedError where the bids cannot be ranked."""
    lot = case["lot"]
    nodes = grown(lot)
    scheme = Scheme(
        lot,
        nodes,
        find_price(lot),
        Fraction(lot.get("total", 100)),
        Roundings(tuple(lot.get("rounding", ())), fault),
    )
    rows = [Row(bid["id"], bid.get("values", {}), bid.get("state", ADMISSIBLE) == ADMISSIBLE) for bid in case["bids"]]
    for row in rows:
        drop_failed(scheme, row)
        score_alone(scheme, row)
    judge(scheme, rows, relative=False, fault=fault)
    require_values(scheme, rows)
    drop_refused(scheme, rows)
    reference = [row for row in rows if row.standing]
    score_together(scheme, may_be_compared(scheme, rows) if fault == "failed_bid_in_reference_set" else reference)
    judge(scheme, rows, relative=True, fault=fault)
    add_up(scheme, [row for row in rows if row.standing])
    drop_below_total(scheme, rows)
    place(scheme, rows, case.get("draw_secret"), fault)
    first = [row.id for row in rows if row.rank == 1]
    return Verdict(rows, sorted(row.id for row in reference), first[0] if len(first) == 1 else None)


def may_be_compared(scheme: Scheme, rows: Sequence[Row]) -> list[Row]:
    """For the planted mistake: everybody with a usable value wherever other bids count, failed or not."""
    compared = [leaf for leaf in leaves_of(scheme.nodes) if leaf.relative]
    return [
        row
        for row in rows
        if row.standing or all(leaf.id in row.values and number(row.values[leaf.id]) > 0 for leaf in compared)
    ]


def drop_failed(scheme: Scheme, row: Row) -> None:
    """Pass/fail, fatal answers, zero and ceiling rules."""
    for leaf in leaves_of(scheme.nodes):
        text = row.values.get(leaf.id)
        if text is not None and leaf.method is not None and rules_out(leaf, text):
            row.standing = False


def rules_out(leaf: Node, text: str) -> bool:
    """Whether an answer alone leaves the bid unranked."""
    method = leaf.spec["method"]
    match leaf.method:
        case "pass_fail":
            return text in {"fail", "no"}
        case "yes_no":
            return method.get("fatal") == text
        case "graded":
            return any(level.get("fatal") and names_level(level, text) for level in method["scale"])
        case _ if leaf.method in BY_CEILING and method.get("over_ceiling") == "exclude":
            return number(text) > Fraction(method["ceiling"]) or is_rejected_zero(leaf.spec, text)
        case _:
            return is_rejected_zero(leaf.spec, text)


def is_rejected_zero(spec: Json, text: str) -> bool:
    """Whether an offer of exactly 0 meets the zero rule "reject"."""
    return spec.get("method", {}).get("zero") == "reject" and zero_matters(spec) and number(text) == 0


def reckoned(spec: Json, text: str) -> Fraction | None:
    """The offer as the formula takes it; nothing where a zero simply has full points."""
    method, value = spec["method"], number(text)
    zero = method.get("zero")
    if value < 0 and (is_lower_better(spec) or method["id"] not in INCOME):
        raise StoppedError
    if not zero_matters(spec):
        return value
    if zero not in (None, "reject", "full"):
        return max(value, Fraction(zero))
    if value or (zero is None and method["id"] not in POLES):
        return value
    if zero == "full":
        return None
    raise StoppedError


def full_points(method: Json) -> Fraction:
    """The most that a formula gives: its top mark, or 100 within the published cap."""
    return Fraction(method.get("top", 100)) if method["id"] == "P1h" else limits(method, FULL)


def zero_matters(spec: Json) -> bool:
    """Whether a zero rule has a say: where less is better, or where the logarithm of an offer is taken."""
    return is_lower_better(spec) or spec["method"]["id"] == "P6"


def score_alone(scheme: Scheme, row: Row) -> None:
    """Points that need no other bid."""
    for leaf in leaves_of(scheme.nodes):
        text = row.values.get(leaf.id)
        if text is None or leaf.relative or not leaf.scored or leaf.id == own_price(scheme):
            continue
        if is_rejected_zero(leaf.spec, text):
            continue
        try:
            keep(scheme, row, leaf, stated(text) if leaf.method is None else alone(leaf.spec, text))
        except StoppedError:
            row.unscorable = True
    for leaf in leaves_of(scheme.nodes):
        method = leaf.spec.get("method", {})
        if leaf.id in row.points and "quality" in method:
            add_quality(scheme, row, leaf, method)
        if leaf.id in row.points and "confidence" in method:
            believe(scheme, row, leaf, method)
    scheme.roll_up(row.points, row.weighted)


def stated(text: str) -> Fraction:
    """Points that the evaluation states itself."""
    if not 0 <= number(text) <= FULL:
        raise StoppedError
    return number(text)


def own_price(scheme: Scheme) -> str | None:
    """The price that a whole-tender rule reads as it is."""
    return scheme.price if scheme.lot.get("rule") else None


def alone(spec: Json, text: str) -> Fraction:
    """Points of one value, with the zero rule where one is published."""
    method = spec["method"]
    if method["id"] in {"A2", "A2b", "A3"}:
        value = reckoned(spec, text)
        return full_points(method) if value is None else absolute_points(method, str(value))
    return absolute_points(method, text)


def add_quality(scheme: Scheme, row: Row, leaf: Node, method: Json) -> None:
    """A quantity's points mixed with those of a grade; both must be known."""
    share, graded = Fraction(method["quality_share"]), method["quality"]
    if graded in row.points:
        keep(scheme, row, leaf, (1 - share) * alone(leaf.spec, row.values[leaf.id]) + share * row.points[graded])
    else:
        del row.points[leaf.id], row.weighted[leaf.id]


def believe(scheme: Scheme, row: Row, leaf: Node, method: Json) -> None:
    """As much of a quantity counts as the hundredths of a grade's points say; both must be known."""
    if method["confidence"] not in row.points:
        del row.points[leaf.id], row.weighted[leaf.id]
        return
    believed = number(row.values[leaf.id]) * row.points[method["confidence"]] / 100
    target = Fraction(method["target"])
    keep(scheme, row, leaf, FULL if believed >= target else 100 * believed / target)


def keep(scheme: Scheme, row: Row, leaf: Node, points: Fraction) -> None:
    """Note a leaf's points and weighted points."""
    row.points[leaf.id] = scheme.roundings.at("leaf", leaf.id, points)
    row.weighted[leaf.id] = scheme.leaf_weighted(leaf, row.points[leaf.id])


def judge(scheme: Scheme, rows: Sequence[Row], *, relative: bool, fault: Fault | None) -> None:
    """Minimum scores (inclusive), then the best so many, of the criteria that (do not) depend on other bids."""
    nodes = [node for top in scheme.nodes for node in top.all() if node.scored and node.relative == relative]
    for node in (node for node in nodes if "minimum" in node.spec):
        least = Fraction(node.spec["minimum"])
        for row in rows:
            points = row.points.get(node.id)
            if points is not None and (points <= least if fault == "strict_minimum" else points < least):
                row.standing = False
    limited = [node for node in nodes if "max_pass" in node.spec]
    field_before = [row for row in rows if row.standing]
    for node in limited:
        compared = [row for row in field_before if node.id in row.points]
        best = sorted((row.points[node.id] for row in compared), reverse=True)
        for row in compared:
            if row.points[node.id] < best[min(len(best), node.spec["max_pass"]) - 1]:
                row.standing = False


def require_values(scheme: Scheme, rows: Sequence[Row]) -> None:
    """A standing bid must have said everything but text, in a way that can be scored; missing is never 0."""
    asking = [leaf.id for leaf in leaves_of(scheme.nodes) if must_be_answered(scheme, leaf)]
    standing = [row for row in rows if row.standing]
    if any(row.unscorable or any(name not in row.values for name in asking) for row in standing):
        raise StoppedError


def must_be_answered(scheme: Scheme, leaf: Node) -> bool:
    """Whether a bid must state a value; a text need not be, and a quality-based selection needs no price."""
    return leaf.method != "text" and not (leaf.id == own_price(scheme) and scheme.lot["rule"]["id"] == "S4")


def score_together(scheme: Scheme, field_of_bids: Sequence[Row]) -> None:
    """Points that depend on the other bids of the reference set."""
    for leaf in (leaf for leaf in leaves_of(scheme.nodes) if leaf.relative and field_of_bids):
        method = leaf.spec["method"]
        offers = [reckoned(leaf.spec, row.values[leaf.id]) for row in field_of_bids]
        compared = [offer for offer in offers if offer is not None]
        found = iter(relative_points(method, compared, lower=is_lower_better(leaf.spec)) if compared else ())
        for row, offer in zip(field_of_bids, offers, strict=True):
            keep(scheme, row, leaf, full_points(method) if offer is None else next(found))
    for row in field_of_bids:
        scheme.roll_up(row.points, row.weighted)


def quality_of(scheme: Scheme, points: dict[str, Fraction], weighted: dict[str, Fraction]) -> Fraction:
    """Q: the weighted mean of everything scored beside the price."""
    parts = list(quality_parts(scheme.nodes))
    share = sum((part.share for part in parts), Fraction(0))
    if share:
        return 100 * sum((weighted[part.id] for part in parts), Fraction(0)) / (share * scheme.total)
    return points[parts[0].id] if parts else Fraction(0)


def quality_parts(nodes: Sequence[Node]) -> list[Node]:
    """The largest parts of the tree in which every leaf is scored or earns nothing by nature."""
    found: list[Node] = []
    for node in nodes:
        leaves = leaves_of((node,))
        if all(leaf.scored or leaf.method in {"pass_fail", "text"} for leaf in leaves) and node.scored:
            found.append(node)
        else:
            found.extend(quality_parts(node.parts))
    return found


def entrant(scheme: Scheme, row: Row) -> Entrant:
    """A bid as a whole-tender rule sees it."""
    price = number(row.values.get(scheme.price or "", "0"))
    worth = sum((row.weighted[part.id] for part in quality_parts(scheme.nodes)), Fraction(0)) / scheme.total
    return Entrant(price, quality_of(scheme, row.points, row.weighted), worth, row.values, row.points)


def drop_refused(scheme: Scheme, rows: Sequence[Row]) -> None:
    """Bids that the whole-tender rule itself leaves out, before anything is compared."""
    rule = scheme.lot.get("rule")
    for row in rows:
        if rule and row.standing and is_refused(rule, entrant(scheme, row)):
            row.standing = False


def add_up(scheme: Scheme, rows: Sequence[Row]) -> None:
    """The total of every bid still standing: the sum, or the rule's figure."""
    rule = scheme.lot.get("rule")
    if rule is None:
        exact = [sum((row.weighted[top.id] for top in scheme.nodes if top.scored), Fraction(0)) for row in rows]
    else:
        exact = compare_by_rule(scheme, rule, rows)
    for row, figure in zip(rows, exact, strict=True):
        row.order = figure if rule and rule["id"] == "S5" else None
        total = figure if row.order is None else number(row.values[scheme.price or ""])
        row.total = scheme.roundings.at("total", None, total)


def compare_by_rule(scheme: Scheme, rule: Json, rows: Sequence[Row]) -> list[Fraction]:
    """The figures of a whole-tender rule."""
    entrants = [entrant(scheme, row) for row in rows]
    leaves = leaves_of(scheme.nodes)
    others = [leaf for leaf in leaves if leaf.id != scheme.price and leaf.method not in UNSCORED]
    stated = {leaf.id: leaf.share for leaf in others if not leaf.scored}
    price_share = next((leaf.share for leaf in leaves if leaf.id == scheme.price), Fraction(0))
    weighed = Field(price_share, sum((leaf.share for leaf in others), Fraction(0)), stated)
    financial = [Fraction(0)] * len(rows)
    if rule["id"] in {"S2", "S2b"}:
        if any(one.price == 0 for one in entrants):
            raise StoppedError
        lowest = min((one.price for one in entrants), default=Fraction(0))
        financial = [scheme.roundings.at("price_points", scheme.price, 100 * lowest / one.price) for one in entrants]
        price = next(leaf for leaf in leaves if leaf.id == scheme.price)
        for row, points in zip(rows, financial, strict=True):
            row.points[price.id] = points
            exact = points * price.share * scheme.total / 100
            row.weighted[price.id] = scheme.roundings.at("criterion", price.id, exact)
    return figures(rule, weighed, entrants, financial)


def drop_below_total(scheme: Scheme, rows: Sequence[Row]) -> None:
    """The least total that may win, inclusive."""
    least = scheme.lot.get("minimum")
    for row in rows:
        if least is not None and row.total is not None and row.total < Fraction(least):
            row.standing = False


def place(scheme: Scheme, rows: Sequence[Row], secret: str | None, fault: Fault | None) -> None:
    """Competition ranking 1, 1, 3; ties split by the published list."""
    ranked = [row for row in rows if row.standing]
    before = comparison(scheme, sorted(row.id for row in rows), secret)
    ranked.sort(key=cmp_to_key(before))
    for index, row in enumerate(ranked):
        same = [other for other in ranked if before(row, other) == 0]
        row.tied = len(same) > 1
        better = [other for other in ranked[:index] if before(other, row) != 0]
        places = better if fault != "dense_ranking" else distinct(better, before)
        row.rank = len(places) + 1


def distinct(rows: Sequence[Row], before: Callable[[Row, Row], int]) -> list[Row]:
    """One of each group of equals, for the planted mistake of dense ranking."""
    return [row for index, row in enumerate(rows) if all(before(row, other) for other in rows[:index])]


def comparison(scheme: Scheme, ids: Sequence[str], secret: str | None) -> Callable[[Row, Row], int]:
    """Which of two bids is better (-1: the first): by total, then by each tie-break until they differ."""
    rule = scheme.lot.get("rule")
    more_is_better = rule is None or highest_wins(rule)
    keys = [tie_keys(scheme, entry, ids, secret) for entry in scheme.lot.get("tie_break", ())]

    def before(one: Row, other: Row) -> int:
        sign = -1 if more_is_better else 1
        pairs = [(sign * figure_of(one), sign * figure_of(other))]
        pairs += [pair for key in keys for pair in zip(key(one), key(other), strict=True)]
        return next((-1 if mine < theirs else 1 for mine, theirs in pairs if mine != theirs), 0)

    return before


def figure_of(row: Row) -> Fraction:
    """What a ranked bid is compared by."""
    return (row.order if row.order is not None else row.total) or Fraction(0)


def tie_keys(scheme: Scheme, entry: Json, ids: Sequence[str], secret: str | None) -> Callable[[Row], list[Fraction]]:
    """The numbers by which one tie-break compares; less is better."""
    leaves = [leaf for leaf in leaves_of(scheme.nodes) if leaf.scored]
    match entry["id"]:
        case "heaviest":
            by_weight = sorted(leaves, key=lambda leaf: -leaf.share)
            return lambda row: [-row.weighted[leaf.id] for leaf in by_weight]
        case "higher_quality":
            others = [part.id for part in parts_beside(scheme.nodes, scheme.price)]
            return lambda row: [-sum((row.weighted[name] for name in others), Fraction(0))]
        case "lower_price":
            return lambda row: [reckoned_price(scheme, row)]
        case "criterion":
            return lambda row: [on_criterion(scheme, entry, row)]
        case _:
            return lambda row: [drawn(ids, row.id, secret)]


def parts_beside(nodes: Sequence[Node], price: str | None) -> list[Node]:
    """The largest scored parts of the tree without the price."""
    found: list[Node] = []
    for node in (node for node in nodes if node.scored and node.id != price):
        holds_price = any(leaf.id == price for leaf in leaves_of((node,)))
        found += parts_beside(node.parts, price) if holds_price else [node]
    return found


def reckoned_price(scheme: Scheme, row: Row) -> Fraction:
    """The price, or the smallest value as which lower ones are reckoned."""
    offered = number(row.values[scheme.price or ""])
    zero = next(leaf for leaf in leaves_of(scheme.nodes) if leaf.id == scheme.price).spec.get("method", {}).get("zero")
    return offered if zero in (None, "reject", "full") else max(offered, Fraction(zero))


def on_criterion(scheme: Scheme, entry: Json, row: Row) -> Fraction:
    """Better on one criterion: by points, or by its value where it earns none."""
    name = entry["criterion"]
    if name in row.points:
        return -row.points[name]
    spec = next(leaf.spec for leaf in leaves_of(scheme.nodes) if leaf.id == name)
    lower = entry["prefer"] == "lower" if "prefer" in entry else is_lower_better(spec)
    return number(row.values[name]) * (1 if lower else -1)


def drawn(ids: Sequence[str], bid: str, secret: str | None) -> Fraction:
    """A bid's ticket, the SHA-256 of secret, all ids sorted, and its own; without a secret nothing is drawn."""
    if secret is None:
        return Fraction(0)
    return Fraction(int(hashlib.sha256("\n".join([secret, *ids, bid]).encode()).hexdigest(), 16))
