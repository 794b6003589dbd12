"""The chain from a bid's values to its rank: as data, and as sentences that a supplier can redo on paper."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final

from scoring.decimals import Rounding, exact_text, printed
from scoring.entry import Entry, Remark
from scoring.model import BidResult, Step
from scoring.tree import Cell, Node, Plan
from scoring.worked import Number, Worked

SENTENCES: Final[Mapping[str, str]] = {
    "leaf": "{title}: {formula}{equals}{exact}{limited}{rounded} points; weighting {weighting} gives {contribution}.",
    "group": "{title}: {formula} = {exact}{rounded} weighted points, which is {points} of 100.",
    "total": "Total: {formula}{equals}{exact}{rounded}.",
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
    exact, points, formula = exact_text(worked.points), exact_text(cell.points), filled(worked)
    weighting, contribution = exact_text(node.share), exact_text(cell.weighted)
    product = exact_text(cell.weighted_exact)
    arguments = {
        "title": node.criterion.title or node.id,
        "formula": formula,
        "equals": ": " if worked.stated else " = ",
        "exact": exact,
        "limited": f" after the published {worked.limit}" if worked.limit else "",
        "rounded": after_rounding(exact, points),
        "weighting": weighting,
        "contribution": f"{bracketed(points)} × {weighting} ÷ 100 = {product}{after_rounding(product, contribution)}",
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
        result=points,
        weighting=weighting,
        contribution=contribution,
    )


def group_step(node: Node, cell: Cell, entry: Entry) -> Step:
    """The sum of a group's parts."""
    formula = sum_text(node.children, entry)
    exact, contribution, points = exact_text(cell.weighted_exact), exact_text(cell.weighted), exact_text(cell.points)
    arguments = {
        "title": node.criterion.title or node.id,
        "formula": formula,
        "exact": exact,
        "rounded": after_rounding(exact, contribution),
        "points": points,
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
        contribution=contribution,
    )


def total_step(plan: Plan, entry: Entry) -> Step:
    """The sum of the top criteria, or the whole-tender rule's formula."""
    formula = sum_text(plan.nodes, entry) if entry.figure is None else filled(entry.figure)
    exact, total = exact_text(entry.total_exact), exact_text(entry.total)
    arguments = {
        "formula": formula,
        "equals": ": " if entry.figure is not None and entry.figure.stated else " = ",
        "exact": exact,
        "rounded": after_rounding(exact, total),
    }
    return Step(
        criterion=None,
        message="total",
        arguments=arguments,
        sentence=SENTENCES["total"].format_map(arguments),
        formula=formula,
        exact=exact,
        rounding=last(plan.total_rounding),
        result=total,
    )


def after_rounding(exact: str, result: str) -> str:
    """What is said when a published rounding changed a number."""
    return "" if exact == result else f", rounded {result}"


def sum_text(nodes: Sequence[Node], entry: Entry) -> str:
    """The weighted points of the parts, as an addition."""
    cells = (entry.cells.get(node.id) for node in nodes)
    return " + ".join(exact_text(cell.weighted) for cell in cells if cell is not None)


def filled(worked: Worked) -> str:
    """The formula with the numbers in it."""
    return worked.formula.format_map({name: number_text(number) for name, number in worked.numbers.items()})


def number_text(number: Number) -> str:
    """One number inside a formula; a fraction stands in brackets, because there are signs beside it."""
    return bracketed(exact_text(number)) if isinstance(number, Fraction) else str(number)


def bracketed(text: str) -> str:
    """A fraction in brackets, a decimal as it is; a negative number in brackets too."""
    return f"({text})" if "/" in text or text.startswith("-") else text
