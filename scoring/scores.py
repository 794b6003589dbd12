"""Points of the bids: numbers read once, then absolute points, then relative points over the reference set."""

from fractions import Fraction

from scoring.absolute import ReferenceOverPrice
from scoring.answers import Graded, PassFail, Target, YesNo, is_fatal, passes
from scoring.decimals import exact_text, parse_decimal
from scoring.entry import Entry
from scoring.methods import (
    HAVE_A_POLE,
    Absolute,
    Relative,
    absolute_points,
    exclusion_ceiling,
    full_points_for_zero,
    relative_points,
    zero_rule,
)
from scoring.model import direction_of, is_price
from scoring.offers import unfit_number
from scoring.price import Logarithmic
from scoring.rules import needs_quality
from scoring.tree import Node, Plan, group_cell, leaf_cell
from scoring.worked import FULL, BidFault, InvalidValue, MissingValue, Worked, ZeroValue


def read_numbers(plan: Plan, entries: list[Entry]) -> None:
    """Read every value that its method takes as a number; every unreadable one is reported at once."""
    faults: list[BidFault] = []
    for node in plan.leaves:
        for entry in entries:
            text = entry.bid.values.get(node.id)
            if text is None or not takes_number(plan, node):
                continue
            try:
                entry.numbers[node.id] = checked_number(node, text)
            except ValueError as fault:
                faults.append(BidFault(entry.bid.id, node.id, str(fault)))
    if faults:
        raise InvalidValue(*faults)


def apply_number_rules(plan: Plan, entries: list[Entry]) -> None:
    """The published rules for offers of 0 and for offers above a ceiling."""
    for node in plan.leaves:
        ceiling = exclusion_ceiling(node.criterion.method)
        for entry in entries:
            number = entry.numbers.get(node.id)
            if number == 0:
                apply_zero_rule(node, entry)
            elif number is not None and ceiling is not None and number > ceiling:
                numbers = {"value": exact_text(number), "ceiling": exact_text(ceiling)}
                entry.fail(node.id, "above_ceiling", numbers)


def takes_number(plan: Plan, node: Node) -> bool:
    """Whether the criterion's value is worked with as a number."""
    method = node.criterion.method
    if method is None:
        rule = plan.lot.rule
        return node is plan.price or (rule is not None and needs_quality(rule))
    return isinstance(method, Relative | Target | ReferenceOverPrice) or is_price(node.criterion)


def checked_number(node: Node, text: str) -> Fraction:
    """The number in a value, within the bounds of the criterion's unit."""
    number = parse_decimal(text, "value")
    unfit = None if node.criterion.unit is None else unfit_number(node.criterion, number, text)
    if unfit is not None:
        raise ValueError(unfit)
    return number


def divides_by_zero(node: Node) -> bool:
    """Whether a value of 0 would be divided by, or its logarithm taken."""
    method = node.criterion.method
    lower = direction_of(node.criterion) == "lower"
    return isinstance(method, HAVE_A_POLE) and (lower or isinstance(method, Logarithmic))


def apply_zero_rule(node: Node, entry: Entry) -> None:
    """Do with an offer of 0 what the tender published for it; a price of 0 is flagged in any case."""
    rule = zero_rule(node.criterion.method)
    if is_price(node.criterion):
        entry.flag(node.id, "zero_price", {})
    if direction_of(node.criterion) != "lower" and not divides_by_zero(node):
        return
    if rule == "reject":
        entry.fail(node.id, "zero", {"value": "value"})
    elif rule == "full":
        entry.full_for_zero.add(node.id)
    elif rule is not None:
        entry.numbers[node.id] = Fraction(rule)
        entry.flag(node.id, "zero_reckoned", {"reckoned": rule})


def score_absolute(plan: Plan, entries: list[Entry]) -> None:
    """Points that need no other bid, wherever the value is there; every unreadable value is reported at once."""
    faults: list[BidFault] = []
    for node in plan.leaves:
        for entry in entries:
            text = entry.bid.values.get(node.id)
            if text is None:
                continue
            try:
                score_one(node, entry, text)
            except (ValueError, InvalidValue) as fault:
                faults.append(BidFault(entry.bid.id, node.id, str(fault)))
    for node in plan.leaves:
        method = node.criterion.method
        if isinstance(method, Target) and method.quality is not None:
            add_quality(node, method, method.quality, entries)
    if faults:
        raise InvalidValue(*faults)


def score_one(node: Node, entry: Entry, text: str) -> None:
    """One value under an absolute method, or as stated where a whole-tender rule takes points as they are."""
    method = node.criterion.method
    if isinstance(method, PassFail) and not passes(text):
        entry.fail(node.id, "failed", {"answer": text})
    elif method is None and node.scored:
        entry.cells[node.id] = leaf_cell(node, stated_points(entry.numbers[node.id]))
    elif isinstance(method, Absolute):
        if node.id in entry.full_for_zero:
            entry.cells[node.id] = leaf_cell(node, full_points_for_zero())
        elif entry.numbers.get(node.id) != 0 or not divides_by_zero(node):
            number = entry.numbers.get(node.id)
            entry.cells[node.id] = leaf_cell(node, absolute_points(method, text if number is None else plain(number)))
        if (isinstance(method, Graded) and is_fatal(method, text)) or (
            isinstance(method, YesNo) and method.fatal == text
        ):
            entry.fail(node.id, "fatal", {"answer": text})


def plain(number: Fraction) -> str:
    """A number that was read from a plain decimal, as one."""
    return exact_text(number)


def stated_points(points: Fraction) -> Worked:
    """Points that a whole-tender rule takes as the bid's evaluation states them."""
    if not 0 <= points <= FULL:
        raise InvalidValue(f"{exact_text(points)} points are not between 0 and 100")
    return Worked(points, "points as stated", {}, stated=True)


def add_quality(node: Node, method: Target, quality_id: str, entries: list[Entry]) -> None:
    """Mix the qualitative part into a quantity's points, where the tender splits them."""
    share = Fraction(method.quality_share)
    for entry in entries:
        quantity, quality = entry.cells.get(node.id), entry.cells.get(quality_id)
        if quantity is None or quality is None:
            entry.cells.pop(node.id, None)
            continue
        mixed = Worked(
            (1 - share) * quantity.points_exact + share * quality.points,
            "{rest} × {quantity} + {share} × {quality}",
            {"rest": 1 - share, "quantity": quantity.points_exact, "share": share, "quality": quality.points},
        )
        entry.cells[node.id] = leaf_cell(node, mixed)


def roll_up(plan: Plan, entries: list[Entry]) -> None:
    """Points of every group whose scored parts are all known."""
    for node in plan.every:
        parts = [part for part in node.children if part.scored]
        for entry in entries if parts else ():
            known = [(part, cell) for part in parts if (cell := entry.cells.get(part.id)) is not None]
            if len(known) == len(parts):
                entry.cells[node.id] = group_cell(node, known)


def check_complete(plan: Plan, entries: list[Entry]) -> None:
    """Refuse to rank while a standing bid lacks a value, or offers a 0 that would be divided by without a rule."""
    missing = [
        BidFault(entry.bid.id, node.id, "the value is missing; ask the supplier, or change the bid's state")
        for entry in entries
        for node in plan.leaves
        if node.id not in entry.bid.values and is_needed(plan, node)
    ]
    if missing:
        raise MissingValue(*missing)
    poles = [
        BidFault(entry.bid.id, node.id, "the formula would divide by this 0; publish a zero rule and apply it")
        for node in plan.leaves
        if divides_by_zero(node)
        for entry in entries
        if entry.numbers[node.id] == 0 and node.id not in entry.full_for_zero
    ]
    if poles:
        raise ZeroValue(*poles)


def is_needed(plan: Plan, node: Node) -> bool:
    """Whether a bid must have a value on this leaf to be ranked."""
    return node.needed and not (node is plan.price and plan.price_optional)


def score_relative(plan: Plan, entries: list[Entry]) -> None:
    """Points that depend on the other bids of the reference set, all of which stand here."""
    for node in plan.leaves:
        method = node.criterion.method
        if not isinstance(method, Relative):
            continue
        for entry in entries:
            if node.id in entry.full_for_zero:
                entry.cells[node.id] = leaf_cell(node, full_points_for_zero())
        priced = [entry for entry in entries if node.id not in entry.full_for_zero]
        if priced:
            values = [entry.numbers[node.id] for entry in priced]
            try:
                worked = relative_points(method, values, direction_of(node.criterion))
            except InvalidValue as fault:
                raise InvalidValue(f"criterion {node.id!r}: {fault}") from fault
            for entry, one in zip(priced, worked, strict=True):
                entry.cells[node.id] = leaf_cell(node, one)
