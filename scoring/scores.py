"""Points of the bids: numbers read once, then absolute points, then relative points over the reference set."""

from collections.abc import Callable
from fractions import Fraction

from scoring.absolute import ReferenceOverPrice
from scoring.answers import Credited, Graded, PassFail, Target, YesNo, credited, is_fatal, leans_on, passes
from scoring.decimals import exact_text, parse_decimal
from scoring.entry import Entry, standing
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
from scoring.tree import Cell, Node, Plan, group_cell, leaf_cell
from scoring.worked import FULL, BidFault, InvalidValue, MissingValue, Worked, ZeroValue

Stage = Callable[[Plan, Node, Entry, str], None]


def score_values(plan: Plan, entries: list[Entry]) -> None:
    """Judge answers, read numbers, and give the points that need no other bid.

    What cannot be read is kept on the entry: it stops the ranking only if the bid is still standing after the hurdles.
    """
    run_stage(judge_answer, plan, entries)
    run_stage(read_number, plan, standing(entries))
    apply_number_rules(plan, standing(entries))
    run_stage(score_one, plan, entries)
    for node in plan.leaves:
        judged = leans_on(node.criterion.method)
        if judged is not None:
            add_judgement(node, judged, entries)


def run_stage(stage: Stage, plan: Plan, entries: list[Entry]) -> None:
    """Do one thing with every value of the bids, and keep what could not be done."""
    for node in plan.leaves:
        for entry in entries:
            text = entry.bid.values.get(node.id)
            if text is not None:
                try:
                    stage(plan, node, entry, text)
                except (ValueError, InvalidValue) as fault:
                    entry.unreadable.append(BidFault(entry.bid.id, node.id, str(fault)))


def judge_answer(_: Plan, node: Node, entry: Entry, text: str) -> None:
    """Take a bid out that fails a pass/fail criterion, or gave an answer that is published as fatal."""
    method = node.criterion.method
    if isinstance(method, PassFail) and not passes(text):
        entry.fail(node.id, "failed", {"answer": text})
    elif (isinstance(method, Graded) and is_fatal(method, text)) or (
        isinstance(method, YesNo) and method.fatal == text
    ):
        entry.fail(node.id, "fatal", {"answer": text})


def read_number(plan: Plan, node: Node, entry: Entry, text: str) -> None:
    """Read a value that its method takes as a number."""
    if takes_number(plan, node):
        entry.numbers[node.id] = checked_number(node, text)


def apply_number_rules(plan: Plan, entries: list[Entry]) -> None:
    """The published rules for offers of 0 and for offers above a ceiling."""
    for node in plan.leaves:
        ceiling = exclusion_ceiling(node.criterion.method)
        for entry in entries:
            number = entry.numbers.get(node.id)
            if number == 0:
                apply_zero_rule(node, entry)
            if number is not None:
                apply_smallest(node, entry, number)
            if number is not None and ceiling is not None and number > ceiling:
                numbers = {"value": exact_text(number), "ceiling": exact_text(ceiling)}
                entry.fail(node.id, "above_ceiling", numbers)


def takes_number(plan: Plan, node: Node) -> bool:
    """Whether the criterion's value is worked with as a number."""
    method = node.criterion.method
    if method is None:
        rule = plan.lot.rule
        return node is plan.price or (rule is not None and needs_quality(rule))
    return isinstance(method, Relative | Target | Credited | ReferenceOverPrice) or is_price(node.criterion)


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


def apply_smallest(node: Node, entry: Entry, number: Fraction) -> None:
    """Reckon an offer below the published smallest value as that value, so that 0 never earns less than 0.01."""
    rule = zero_rule(node.criterion.method)
    if rule in {None, "reject", "full"} or not (direction_of(node.criterion) == "lower" or divides_by_zero(node)):
        return
    smallest = Fraction(rule or 0)
    if 0 <= number < smallest:
        entry.numbers[node.id] = smallest
        entry.flag(node.id, "zero_reckoned", {"value": exact_text(number), "reckoned": exact_text(smallest)})


def score_one(_: Plan, node: Node, entry: Entry, text: str) -> None:
    """One value under an absolute method, or as stated where a whole-tender rule takes points as they are."""
    method, number = node.criterion.method, entry.numbers.get(node.id)
    if method is None and node.scored and number is not None:
        entry.cells[node.id] = leaf_cell(node, stated_points(number))
    elif isinstance(method, Absolute) and node.id in entry.full_for_zero:
        entry.cells[node.id] = leaf_cell(node, full_points_for_zero(method))
    elif isinstance(method, Absolute) and (number != 0 or not divides_by_zero(node)):
        entry.cells[node.id] = leaf_cell(node, absolute_points(method, text if number is None else exact_text(number)))


def stated_points(points: Fraction) -> Worked:
    """Points that a whole-tender rule takes as the bid's evaluation states them."""
    if not 0 <= points <= FULL:
        raise InvalidValue(f"{exact_text(points)} points are not between 0 and 100")
    return Worked(points, "points as stated", {}, stated=True)


def add_judgement(node: Node, judged_id: str, entries: list[Entry]) -> None:
    """Bring what the panel thinks of it into a quantity's points, where the tender says so."""
    for entry in entries:
        quantity, judged = entry.cells.get(node.id), entry.cells.get(judged_id)
        if quantity is None or judged is None:
            entry.cells.pop(node.id, None)
            continue
        match node.criterion.method:
            case Target() as method:
                entry.cells[node.id] = leaf_cell(node, mixed(method, quantity, judged))
            case Credited() as method:
                value = parse_decimal(entry.bid.values[node.id], "value")
                entry.cells[node.id] = leaf_cell(node, credited(method, value, judged.points))
            case _:
                pass


def mixed(method: Target, quantity: Cell, judged: Cell) -> Worked:
    """A quantity's points with the qualitative part, by the published shares."""
    share = Fraction(method.quality_share)
    return Worked(
        (1 - share) * quantity.points_exact + share * judged.points,
        "{rest} × {quantity} + {share} × {quality}",
        {
            **(quantity.worked.numbers if quantity.worked is not None else {}),
            "rest": 1 - share,
            "quantity": quantity.points_exact,
            "share": share,
            "quality": judged.points,
            "graded": method.quality or "",
        },
        where="{quantity} is 100 × {value} ÷ {target}, 100 at most, and {quality} the points of {graded}",
    )


def roll_up(plan: Plan, entries: list[Entry]) -> None:
    """Points of every group whose scored parts are all known."""
    for node in plan.every:
        parts = [part for part in node.children if part.scored]
        for entry in entries if parts else ():
            known = [(part, cell) for part in parts if (cell := entry.cells.get(part.id)) is not None]
            if len(known) == len(parts):
                entry.cells[node.id] = group_cell(node, known)


def check_complete(plan: Plan, entries: list[Entry]) -> None:
    """Refuse to rank while a standing bid's value is unreadable, missing, or a 0 that would be divided by."""
    unreadable = dict.fromkeys(fault for entry in entries for fault in entry.unreadable)
    if unreadable:
        raise InvalidValue(*unreadable)
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
                entry.cells[node.id] = leaf_cell(node, full_points_for_zero(method))
        priced = [entry for entry in entries if node.id not in entry.full_for_zero]
        if priced:
            values = [entry.numbers[node.id] for entry in priced]
            try:
                worked = relative_points(method, values, direction_of(node.criterion))
            except InvalidValue as fault:
                raise InvalidValue(f"criterion {node.id!r}: {fault}") from fault
            for entry, one in zip(priced, worked, strict=True):
                entry.cells[node.id] = leaf_cell(node, one)
