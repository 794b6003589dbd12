"""A lot made ready for arithmetic on whole columns: what each leaf asks of the vector engine, in whole numbers only.

Amounts are integers in units of 10^-4 (`AMOUNT_DECIMALS`), points are integers in units of 10^-d, d the largest number
of decimals to which the lot publishes leaf points, at most 6 (`POINT_DECIMALS`). Nothing here needs numpy.
"""

from collections.abc import Mapping
from fractions import Fraction
from math import gcd, lcm
from typing import Final, NamedTuple

from scoring.absolute import LinearAgainstCeiling, LinearBetweenBounds, Lookup
from scoring.answers import Graded, PassFail, Target, Text, YesNo, leans_on
from scoring.decimals import Mode, Rounding, finite_decimals, rounded_by
from scoring.methods import Absolute, absolute_points, exclusion_ceiling
from scoring.model import Lot, direction_of
from scoring.price import InverseProportional, LinearFromLowest, LinearToMultiple, LowestToHighest
from scoring.tree import Node, Plan, plan
from scoring.worked import FULL, Unscorable, band_of

AMOUNT_DECIMALS: Final = 4
AMOUNT_UNIT: Final = 10**AMOUNT_DECIMALS
LARGEST_AMOUNT: Final = 1 << 60
"""Amounts (in units) stay below it, so that differences and doubled lowest values fit 64 bits."""
POINT_DECIMALS: Final = 6
EXACT: Final = 1 << 53
"""Every integer below it is a binary float; a sum whose terms and partial sums stay below it is not rounded."""
PROVEN: Final = 1 << 34
"""Quotients (in units of points) up to which the proof of `scoring.kernels` holds."""
MOST_CUTS: Final = 64

Mended = tuple[int | None, int | None]


class NotByColumns(Exception):
    """Why a lot is left to the plain engine; the sentence is for the buyer's technician, never a fault."""


class Quotient(NamedTuple):
    """A column whose points are a quotient: factor · (c − times · amount) / d, or factor · c / amount if `inverse`.

    c = c0 + c_low · lowest + c_high · highest amount, d likewise (1 if `inverse`); `factor` is 100 in units of the
    column's own rounding, `scale` brings those to the lot's units. The lowest amount must be `least` or more.
    """

    c: tuple[int, int, int]
    d: tuple[int, int, int]
    factor: int
    scale: int
    mode: Mode
    times: int = 1
    inverse: bool = False
    needs_extremes: bool = False
    least: int = -LARGEST_AMOUNT
    bounds: Mended = (None, None)
    """Floor and cap in the lot's units, rounded as the points are; nothing where the formula has no limit."""
    full_when_equal: bool = False
    naturally: Mended = (None, None)
    """Between what the formula itself stays, without a floor or cap."""


class Steps(NamedTuple):
    """A column whose points jump at certain amounts: below cuts[0] points[0], from cuts[i] on points[i + 1].

    Points are in the lot's units; nothing where an amount is not acceptable.
    """

    cuts: tuple[int, ...]
    points: tuple[int | None, ...]


class ByHand(NamedTuple):
    """A column that the plain engine's own function scores, value by value or over the whole reference set."""


Work = Quotient | Steps | ByHand


class Column(NamedTuple):
    """One scored leaf: its criterion, what is to be done, its whole-number weight, and the largest points it can have.

    `limit` is nothing where the published formula leaves the points open; they are then checked on every run.
    """

    node: Node
    work: Work
    weight: int
    limit: int | None


class Columns(NamedTuple):
    """A lot ready for the vector engine.

    A bid's total is Σ weight · points / `denominator`, and the sum stays below 2^53; open columns may reach
    `open_limit`.
    """

    plan: Plan
    columns: tuple[Column, ...]
    unit_decimals: int
    denominator: int
    open_limit: int
    largest_amount: int
    total_rounding: Rounding | None


def columns_of(lot: Lot) -> Columns:
    """A lot made ready, or NotByColumns with the reason.

    Ready are lots ranked by the sum of weighted points, without hurdles, fatal answers, exclusion by a ceiling or
    pass/fail; with leaf points published to at most 6 decimals, or finite by themselves; with no rounding between leaf
    and total; and with weightings for which every sum stays below 2^53 (percentages of up to 5 decimals do).
    """
    ready = plan(lot)
    require_plain_sum(ready)
    nodes = [node for node in ready.leaves if node.scored]
    decimals = max((decimals_of(node) for node in nodes), default=0)
    works = [work_of(node, decimals) for node in nodes]
    denominator = lcm(*(node.share.denominator for node in nodes))
    weights = [int(node.share * denominator) for node in nodes]
    common = gcd(*weights) or 1
    columns = tuple(
        Column(node, work, weight // common, limit_of(work))
        for node, work, weight in zip(nodes, works, weights, strict=True)
    )
    closed = sum(column.weight * column.limit for column in columns if column.limit is not None)
    open_weight = sum(column.weight for column in columns if column.limit is None)
    open_limit = min(PROVEN, (EXACT - 1 - closed) // open_weight) if open_weight else PROVEN
    if closed >= EXACT or open_limit < 100 * 10**decimals:
        raise NotByColumns("weightings have so many decimals that a sum could exceed 2^53")
    scaled = Fraction(denominator * 100 * 10**decimals, common)
    if scaled.denominator != 1:
        raise NotByColumns("weightings have no common whole-number form")
    multiples = [abs(part) for work in works if isinstance(work, Quotient) for part in (*work.c[1:], work.times)]
    largest = 2 * LARGEST_AMOUNT // max(2, *multiples) if multiples else LARGEST_AMOUNT
    rounding = total_rounding_of(ready, int(scaled))
    return Columns(ready, columns, decimals, int(scaled), open_limit, largest, rounding)


def require_plain_sum(ready: Plan) -> None:
    """Refuse lots in which something other than a sum of weighted points decides."""
    if ready.lot.rule is not None:
        raise NotByColumns("a whole-tender rule compares the bids")
    if ready.lot.minimum is not None:
        raise NotByColumns("a least total leaves bids unranked")
    for node in ready.every:
        reason = obstacle(node)
        if reason is not None:
            raise NotByColumns(f"criterion {node.id!r} {reason}")


def obstacle(node: Node) -> str | None:
    """What keeps a criterion from being scored as a column of its own."""
    criterion, method = node.criterion, node.criterion.method
    if criterion.minimum is not None or criterion.max_pass is not None:
        return "is a hurdle"
    if isinstance(method, PassFail) or exclusion_ceiling(method) is not None or has_fatal(method):
        return "can leave a bid unranked"
    if any(step.mode != "none" for step in node.weighted_rounding):
        return "has weighted points that are rounded"
    if leans_on(method) is not None:
        return "takes a part of its points from another"
    return (
        "has a table of words and of bands" if isinstance(method, Lookup) and method.values and method.bands else None
    )


def has_fatal(method: object) -> bool:
    """Whether an answer on this criterion can rule a bid out."""
    if isinstance(method, Graded):
        return any(level.fatal for level in method.scale)
    return isinstance(method, YesNo) and method.fatal is not None


def total_rounding_of(ready: Plan, denominator: int) -> Rounding | None:
    """The one published rounding of totals, or nothing."""
    steps = [step for step in ready.total_rounding if step.mode != "none"]
    if len(steps) > 1:
        raise NotByColumns("totals are rounded twice")
    if steps and Fraction(10 ** (steps[0].decimals or 0), denominator).numerator >= 1 << 8:
        raise NotByColumns("totals are published with more decimals than 64 bits hold")
    return steps[0] if steps else None


def steps_of(node: Node) -> list[Rounding]:
    """The published roundings of a leaf's points that do anything."""
    return [step for step in node.points_rounding if step.mode != "none"]


def decimals_of(node: Node) -> int:
    """With how many decimals a leaf's points can be written, whatever is offered."""
    steps, method = steps_of(node), node.criterion.method
    if steps:
        decimals = steps[-1].decimals or 0
    elif isinstance(method, Graded | YesNo | Lookup):
        decimals = max((finite_or_too_many(points) for points in listed_points(node)), default=0)
    elif isinstance(method, Absolute):
        decimals = POINT_DECIMALS
    else:
        raise NotByColumns(f"criterion {node.id!r} has points without end; publish a rounding of leaf points")
    if decimals > POINT_DECIMALS:
        raise NotByColumns(f"criterion {node.id!r} has points of more than {POINT_DECIMALS} decimals")
    return decimals


def finite_or_too_many(points: Fraction) -> int:
    """Decimals of a number, or one more than can be held."""
    found = finite_decimals(points)
    return POINT_DECIMALS + 1 if found is None else found


def listed_points(node: Node) -> list[Fraction]:
    """All points that a published scale or table can give, rounded as published."""
    method = node.criterion.method
    if isinstance(method, Lookup):
        scale = FULL / Fraction(method.out_of)
        listed = [Fraction(row.points) * scale for row in method.bands]
        listed += [Fraction(points) * scale for points in method.values.values()]
        return [rounded_by(node.points_rounding, points) for points in listed]
    answers = codes_of(node) or {}
    assert isinstance(method, Absolute)
    return [rounded_by(node.points_rounding, absolute_points(method, text).points) for text in answers]


def codes_of(node: Node) -> Mapping[str, int] | None:
    """The amount (in units) that stands for each answer in words, where the leaf is answered in words or grades."""
    match node.criterion.method:
        case YesNo():
            return {"yes": AMOUNT_UNIT, "no": 0}
        case Lookup() as method if method.values:
            return {text: place * AMOUNT_UNIT for place, text in enumerate(method.values)}
        case Graded() as method:
            grades = {f"{level.value:f}": Fraction(level.value) * AMOUNT_UNIT for level in method.scale}
            labels = {level.label: Fraction(level.value) * AMOUNT_UNIT for level in method.scale if level.label}
            if any(grade.denominator != 1 for grade in grades.values()):
                raise NotByColumns(f"criterion {node.id!r} has grades of more than {AMOUNT_DECIMALS} decimals")
            return {text: int(grade) for text, grade in {**grades, **labels}.items()}
        case _:
            return None


def work_of(node: Node, decimals: int) -> Work:
    """What is to be done for a leaf."""
    codes, method = codes_of(node), node.criterion.method
    if codes is not None:
        return jumps(node, codes, decimals)
    if isinstance(method, Lookup):
        return bands(node, method, decimals) or ByHand()
    steps = steps_of(node)
    quotient = quotient_of(node) if len(steps) == 1 else None
    if quotient is None:
        return ByHand()
    mode = steps[0].mode or "half_up"
    own = steps[0].decimals or 0
    floor, cap = (None if end is None else in_units(node, end, decimals) for end in limits(node))
    return quotient._replace(factor=100 * 10**own, scale=10 ** (decimals - own), mode=mode, bounds=(floor, cap))


def in_units(node: Node, points: Fraction, decimals: int) -> int:
    """Published points in the lot's units, after the leaf's own rounding."""
    return int(rounded_by(node.points_rounding, points) * 10**decimals)


def limits(node: Node) -> tuple[Fraction | None, Fraction | None]:
    """The floor and the cap that hold for a leaf's points: the published ones, else the formula's own."""
    method = node.criterion.method
    floor, cap = getattr(method, "floor", None), getattr(method, "cap", None)
    own_floor = isinstance(method, LinearToMultiple | LinearBetweenBounds | LinearAgainstCeiling | Target)
    own_cap = isinstance(method, LinearBetweenBounds | Target)
    return bound(floor, 0 if own_floor else None), bound(cap, 100 if own_cap else None)


def bound(published: str | None, own: int | None) -> Fraction | None:
    """One limit: what the tender published, else the formula's own."""
    if published is None:
        return None if own is None else Fraction(own)
    return None if published == "none" else Fraction(published)


def quotient_of(node: Node) -> Quotient | None:
    """The whole-number form of a leaf's formula, mode and limits still to be filled in; nothing where it has none."""
    higher = direction_of(node.criterion) == "higher"
    none = (0, 0, 0)
    draft = Quotient(c=none, d=none, factor=0, scale=1, mode="half_up", naturally=(0, 100), needs_extremes=True)
    match node.criterion.method:
        case InverseProportional() if higher:
            return draft._replace(d=(0, 0, -1), least=0)
        case InverseProportional():
            return draft._replace(c=(0, 1, 0), d=(1, 0, 0), inverse=True, least=1)
        case LinearFromLowest() if higher:
            return draft._replace(d=(0, 0, -1), least=0, naturally=(None, 100))
        case LinearFromLowest():
            return draft._replace(c=(0, 2, 0), d=(0, 1, 0), least=1, naturally=(None, 100))
        case LinearToMultiple() as method:
            return multiple(draft, Fraction(method.k), higher=higher)
        case LowestToHighest():
            c, d, least = ((0, 1, 0), (0, 1, -1), -LARGEST_AMOUNT) if higher else ((0, 0, 1), (0, -1, 1), 0)
            return draft._replace(c=c, d=d, least=least, full_when_equal=True)
        case method:
            return fixed_quotient(draft, method)


def fixed_quotient(draft: Quotient, method: object) -> Quotient | None:
    """The same for formulas that need no other bid."""
    match method:
        case LinearBetweenBounds():
            return between(draft, Fraction(method.worst), Fraction(method.worst - method.best))
        case LinearAgainstCeiling():
            return between(draft, Fraction(method.ceiling), Fraction(method.ceiling))
        case Target():
            found = between(draft, Fraction(0), -Fraction(method.target))
            return None if found is None else found._replace(needs_extremes=True, least=0)
        case _:
            return None


def between(draft: Quotient, start: Fraction, distance: Fraction) -> Quotient | None:
    """A linear formula between published amounts."""
    start, distance = start * AMOUNT_UNIT, distance * AMOUNT_UNIT
    if start.denominator != 1 or distance.denominator != 1 or max(abs(start), abs(distance)) >= LARGEST_AMOUNT:
        return None
    free: Mended = (None, None)
    return draft._replace(c=(int(start), 0, 0), d=(int(distance), 0, 0), naturally=free, needs_extremes=False)


def multiple(draft: Quotient, k: Fraction, *, higher: bool) -> Quotient | None:
    """P3 in whole numbers: k = top / bottom."""
    top, bottom = k.numerator, k.denominator
    if top >= 1 << 20:
        return None
    free: Mended = (None, 100)
    if higher:
        return draft._replace(c=(0, 0, bottom), d=(0, 0, bottom - top), times=top, least=0, naturally=free)
    return draft._replace(c=(0, top, 0), d=(0, top - bottom, 0), times=bottom, least=1, naturally=free)


def jumps(node: Node, codes: Mapping[str, int], decimals: int) -> Steps:
    """A column of answers, of which each has its points and nothing else is acceptable."""
    method = node.criterion.method
    assert isinstance(method, Absolute)
    points = {code: in_units(node, absolute_points(method, text).points, decimals) for text, code in codes.items()}
    return merged([(end, points.get(end)) for code in points for end in (code, code + 1)], None)


def bands(node: Node, method: Lookup, decimals: int) -> Steps | None:
    """A column of published bands; nothing when they are too many."""
    ends = {Fraction(end) * AMOUNT_UNIT for row in method.bands for end in (row.from_, row.to) if end is not None}
    starts = sorted({start for end in ends for start in (end.__floor__(), end.__floor__() + 1, end.__ceil__())})
    scale = FULL / Fraction(method.out_of)

    def points_at(amount: int) -> int | None:
        row = band_of(method.bands, Fraction(amount, AMOUNT_UNIT), method.ends)
        return None if row is None else in_units(node, Fraction(row.points) * scale, decimals)

    before = points_at(starts[0] - 1) if starts else points_at(0)
    found = merged([(start, points_at(start)) for start in starts], before)
    return found if len(found.cuts) <= MOST_CUTS else None


def merged(starts: list[tuple[int, int | None]], before: int | None) -> Steps:
    """Steps without the cuts at which nothing changes."""
    cuts: list[int] = []
    points = [before]
    for start, value in sorted(starts, key=lambda item: item[0]):
        if value != points[-1]:
            cuts.append(start)
            points.append(value)
    return Steps(tuple(cuts), tuple(points))


def limit_of(work: Work) -> int | None:
    """The largest points, in units, that a column can have by its published formula, or nothing when it is open."""
    match work:
        case Steps():
            return max((abs(points) for points in work.points if points is not None), default=0)
        case ByHand():
            return None
        case Quotient():
            full = work.factor * work.scale
            ends = [
                end if end is not None else None if own is None else own * full // 100
                for end, own in zip(work.bounds, work.naturally, strict=True)
            ]
            known = [abs(end) for end in ends if end is not None]
            return max(known) if len(known) == len(ends) and max(known) <= PROVEN else None


def score_alone(node: Node, amount: int) -> Fraction:
    """Points of one amount under an absolute method, by the plain engine's own function."""
    method = node.criterion.method
    if not isinstance(method, Absolute) or isinstance(method, Text):
        raise Unscorable(f"criterion {node.id!r} needs the other bids")
    whole, rest = divmod(abs(amount), AMOUNT_UNIT)
    text = f"{'-' if amount < 0 else ''}{whole}.{rest:0{AMOUNT_DECIMALS}d}"
    return rounded_by(node.points_rounding, absolute_points(method, text).points)
