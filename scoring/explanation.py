"""The chain from a bid's values to its rank: as data, and as sentences that a supplier can redo on paper."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final

from scoring.decimals import DECIMALS, Rounding, decimal_text, exact_text, finite_decimals, printed
from scoring.entry import Entry, Remark
from scoring.model import BidResult, Step
from scoring.tree import Cell, Node, Plan
from scoring.worked import Number, Worked

SENTENCES: Final[Mapping[str, str]] = {
    "leaf": "{title}: {formula}{equals}{exact}{limited}{rounded} points{where};"
    " weighting {weighting} gives {contribution}.",
    "group": "{title}: {formula} = {exact}{rounded} weighted points, which is {points} of 100.",
    "total": "Total: {formula}{equals}{exact}{rounded}{where}.",
    "minimum": "{title}: {points} points are below the minimum of {minimum}, so the bid is not ranked.",
    "max_pass": "{title}: {points} points are not among the best {limit}, the last of which has {last};"
    " the bid is not ranked.",
    "failed": "{title}: the answer is “{answer}”, so the bid is not ranked.",
    "fatal": "{title}: “{answer}” rules the bid out by the published scale.",
    "above_ceiling": "{title}: {value} is above the published ceiling of {ceiling}, so the bid is not ranked.",
    "zero": "{title}: the {value} of 0 leaves the bid unranked by the published rule.",
    "zero_price": "{title}: the price is 0; the supplier must be asked to explain it.",
    "zero_reckoned": "{title}: {value} is reckoned as {reckoned}, the smallest value that the tender published.",
    "over_budget": "The price is above the budget of {budget}, so the bid is not ranked.",
    "minimum_total": "The total {total} is below the minimum of {minimum}, so the bid is not ranked.",
    "state": "The bid is not ranked, because its state is “{state}”.",
    "abnormally_low": "The price of {price} looks abnormally low by the test {test} (limit {limit});"
    " the supplier must be asked to explain it.",
    "tie_broken": "The total equals that of another bid; the published tie-break decided: {rule}.",
    "rank": "Rank {rank} of {ranked}.",
    "tied": "Rank {rank} of {ranked}, shared with bids that are equal by every published rule.",
    "lots_pending": "Equal bids wait for lots to be drawn with the secret whose hash was published.",
    "no_ranking": "No bid can be ranked; there are no suitable tenders.",
    "no_price_competition": "{title}: there was no competitive differentiation on price.",
}
"""The English sentence of every message id; {names} are the keys of a step's arguments."""

LONGEST_FRACTION: Final = 24
"""A longer fraction is not shown in a sentence; the step's data have it."""

MODES: Final[Mapping[str, str]] = {
    "half_up": "rounded half up to",
    "half_even": "rounded half to even to",
    "truncate": "cut off after",
}

TIE_BREAKS: Final[Mapping[str, str]] = {
    "heaviest": "more points on the heaviest criterion",
    "criterion": "better on the named criterion",
    "higher_quality": "more points on quality",
    "lower_price": "the lower price",
    "lots": "drawing lots",
}


def explained(plan: Plan, entries: Sequence[Entry]) -> tuple[BidResult, ...]:
    """Every bid's result with its chain: the ranked by rank, then the others, by id."""
    ranked = str(sum(entry.rank is not None for entry in entries))
    order = sorted(entries, key=lambda entry: (entry.rank is None, entry.rank or 0, entry.bid.id))
    return tuple(result_of(plan, entry, ranked) for entry in order)


def result_of(plan: Plan, entry: Entry, ranked: str) -> BidResult:
    """One bid's result; an unranked bid shows the points that it earned before it dropped out, and no total."""
    scored = [(node, cell) for node in plan.every if (cell := entry.cells.get(node.id)) is not None]
    return BidResult(
        id=entry.bid.id,
        rank=entry.rank,
        tied=entry.tied,
        points={node.id: printed(cell.points, last(node.points_rounding)) for node, cell in scored},
        weighted={node.id: printed(cell.weighted, last(node.weighted_rounding)) for node, cell in scored},
        total=None if entry.rank is None else printed(entry.total, last(plan.total_rounding)),
        flags=tuple(dict.fromkeys(entry.flags)),
        chain=tuple(chain(plan, entry, scored, ranked)),
    )


def last(roundings: Sequence[Rounding]) -> Rounding | None:
    """The rounding that decides how a number is printed."""
    return roundings[-1] if roundings else None


def chain(plan: Plan, entry: Entry, scored: Sequence[tuple[Node, Cell]], ranked: str) -> list[Step]:
    """The steps of one bid: parts before wholes, then hurdles and flags, the total, the rank."""
    steps = [cell_step(node, cell, entry) for node, cell in scored]
    titles = {node.id: node.criterion.title or node.id for node in plan.every}
    steps += [remark_step(remark, titles) for remark in entry.remarks]
    if entry.rank is not None:
        steps.append(total_step(plan, entry))
        place = {"rank": str(entry.rank), "ranked": ranked}
        steps.append(step_of(None, "tied" if entry.tied else "rank", place))
    return steps


def noted(remarks: Sequence[Remark]) -> tuple[Step, ...]:
    """Remarks on the lot as a whole."""
    return tuple(step_of(remark.criterion, remark.message, remark.arguments) for remark in remarks)


def remark_step(remark: Remark, titles: Mapping[str, str]) -> Step:
    """A hurdle or a flag; what follows a colon in the message is its detail."""
    message, _, detail = remark.message.partition(":")
    title = "The bid" if remark.criterion is None else titles[remark.criterion]
    arguments = {"title": title, **remark.arguments}
    if message == "tie_broken":
        arguments["rule"] = TIE_BREAKS[detail]
    return step_of(remark.criterion, message, arguments)


def step_of(criterion: str | None, message: str, arguments: Mapping[str, str]) -> Step:
    """A step that only says something."""
    sentence = SENTENCES[message].format_map(arguments)
    return Step(criterion=criterion, message=message, arguments=dict(arguments), sentence=sentence)


def cell_step(node: Node, cell: Cell, entry: Entry) -> Step:
    """The arithmetic of one criterion."""
    return group_step(node, cell, entry) if cell.worked is None else leaf_step(node, cell, cell.worked, entry)


def leaf_step(node: Node, cell: Cell, worked: Worked, entry: Entry) -> Step:
    """From a value to points, and from points to weighted points."""
    (formula, where), (share, weighting) = filled(worked), texts(node.share)
    exact, shown = texts(worked.points)
    result, points = (exact, shown) if cell.points is worked.points else texts(cell.points)
    product, product_shown = texts(cell.weighted_exact)
    contribution = product if cell.weighted is cell.weighted_exact else exact_text(cell.weighted)
    arguments = {
        "title": node.criterion.title or node.id,
        "formula": formula,
        "equals": ": " if worked.stated else " = ",
        "exact": told(exact, shown) if worked.unlimited is None else told(*texts(worked.unlimited)),
        "limited": after_limit(worked),
        "rounded": after_rounding(worked.points, node.points_rounding, cell.points),
        "where": where,
        "weighting": weighting,
        "contribution": f"{bracketed(points)} × {weighting} ÷ 100 = {told(product, product_shown)}"
        f"{after_rounding(cell.weighted_exact, node.weighted_rounding, cell.weighted)}",
    }
    return Step(
        criterion=node.id,
        message="leaf",
        arguments=arguments,
        sentence=SENTENCES["leaf"].format_map(arguments),
        input=entry.bid.values.get(node.id),
        formula=formula,
        exact=exact,
        rounding=last(node.points_rounding or node.weighted_rounding),
        result=result,
        weighting=share,
        contribution=contribution,
    )


def group_step(node: Node, cell: Cell, entry: Entry) -> Step:
    """The sum of a group's parts."""
    formula = sum_text(node.children, entry)
    (exact, shown), (points, points_shown) = texts(cell.weighted_exact), texts(cell.points)
    arguments = {
        "title": node.criterion.title or node.id,
        "formula": formula,
        "exact": told(exact, shown),
        "rounded": after_rounding(cell.weighted_exact, node.weighted_rounding, cell.weighted),
        "points": told(points, points_shown),
    }
    return Step(
        criterion=node.id,
        message="group",
        arguments=arguments,
        sentence=SENTENCES["group"].format_map(arguments),
        formula=formula,
        exact=exact,
        rounding=last(node.weighted_rounding),
        result=points,
        weighting=exact_text(node.share),
        contribution=exact_text(cell.weighted),
    )


def total_step(plan: Plan, entry: Entry) -> Step:
    """The sum of the top criteria, or the whole-tender rule's formula."""
    figure = entry.figure
    formula, where = (sum_text(plan.nodes, entry), "") if figure is None else filled(figure)
    alone = figure is None and sum(node.id in entry.cells for node in plan.nodes) == 1
    arguments = {
        "formula": "" if alone else formula,
        "equals": "" if alone else ": " if figure is not None and figure.stated else " = ",
        "exact": told(*texts(entry.total_exact)),
        "rounded": after_rounding(entry.total_exact, plan.total_rounding, entry.total),
        "where": where,
    }
    return Step(
        criterion=None,
        message="total",
        arguments=arguments,
        sentence=SENTENCES["total"].format_map(arguments),
        formula=formula,
        exact=exact_text(entry.total_exact),
        rounding=last(plan.total_rounding),
        result=exact_text(entry.total),
    )


def texts(value: Fraction) -> tuple[str, str]:
    """A number without loss, and for the eye; the same text where the number is a decimal of a readable length."""
    decimals = finite_decimals(value)
    if decimals is not None and decimals <= DECIMALS:
        text = decimal_text(value, decimals)
        return text, text
    return exact_text(value), printed(value)


def told(exact: str, shown: str) -> str:
    """A number in a sentence: a decimal that can be read, and the exact fraction where the decimal is none.

    >>> told(*texts(Fraction(700, 9))), told(*texts(Fraction(5, 2)))
    ('77.7777777778 (exactly 700/9)', '2.5')
    """
    if exact == shown:
        return shown
    return f"{shown} (exactly {exact})" if len(exact) <= LONGEST_FRACTION else f"{shown} (to ten decimals)"


def after_limit(worked: Worked) -> str:
    """What is said when the floor or the cap put another number in the formula's place."""
    return "" if worked.limit is None else f", which the {worked.limit} makes {printed(worked.points)}"


def after_rounding(exact: Fraction, steps: Sequence[Rounding], result: Fraction) -> str:
    """What is said when the published roundings changed a number."""
    if exact == result:
        return ""
    done = (f"{MODES[step.mode or 'half_up']} {decimals_text(step)}" for step in steps if step.mode != "none")
    return f", {', then '.join(done)}: {printed(result, last(steps))}"


def decimals_text(step: Rounding) -> str:
    """How many decimals a rounding leaves."""
    decimals = step.decimals or 0
    return f"{decimals} decimal{'s' * (decimals != 1)}"


def sum_text(nodes: Sequence[Node], entry: Entry) -> str:
    """The weighted points of the parts, as an addition."""
    cells = (entry.cells.get(node.id) for node in nodes)
    return " + ".join(bracketed(printed(cell.weighted)) for cell in cells if cell is not None)


def filled(worked: Worked) -> tuple[str, str]:
    """The formula with the numbers in it, and what those numbers are."""
    numbers = {name: number_text(number) for name, number in worked.numbers.items()}
    where = f", where {worked.where.format_map(numbers)}" if worked.where else ""
    return worked.formula.format_map(numbers), where


def number_text(number: Number) -> str:
    """One number inside a formula."""
    return bracketed(printed(number)) if isinstance(number, Fraction) else str(number)


def bracketed(text: str) -> str:
    """A negative number in brackets, because there are signs beside it."""
    return f"({text})" if text.startswith("-") else text
