"""The chain from a bid's values to its rank: as data, and as sentences that a supplier can redo on paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from scoring.decimals import exact_text, printed
from scoring.model import BidResult, Lot, Step
from scoring.tree import Cell, Node, children_first, roundings

if TYPE_CHECKING:
    from scoring.ranking import Entry
    from scoring.worked import Number, Worked

SENTENCES: dict[str, str] = {
    "leaf": "{title}: {formula} = {exact}{limited}{rounded} points; weighting {weighting} gives {contribution}.",
    "group": "{title}: {formula} = {exact}{rounded} weighted points, which is {points} of 100.",
    "total": "Total: {formula} = {exact}{rounded}.",
    "minimum": "{title}: {points} points are below the minimum of {minimum}, so the bid is not ranked.",
    "max_pass": "{title}: {points} points are not among the best {limit}, the last of which has {last};"
    " the bid is not ranked.",
    "failed": "{title}: the answer is “{answer}”, so the bid is not ranked.",
    "fatal": "{title}: “{answer}” rules the bid out by the published scale.",
    "minimum_total": "The total {total} is below the minimum of {minimum}, so the bid is not ranked.",
    "state": "The bid is not ranked, because its state is “{state}”.",
    "rank": "Rank {rank} of {ranked}.",
    "tied": "Rank {rank} of {ranked}, shared with bids of the same total.",
}
"""The English sentence of every message id; {names} are the keys of a step's arguments."""


def explained(lot: Lot, nodes: tuple[Node, ...], entries: Sequence[Entry]) -> tuple[BidResult, ...]:
    """Every bid's result with its chain: the ranked by rank, then the others, by id."""
    ranked = sum(entry.rank is not None for entry in entries)
    order = sorted(entries, key=lambda entry: (entry.rank is None, entry.rank or 0, entry.bid.id))
    total_rounding = roundings(lot, ("total",))
    known = list(children_first(nodes))
    results: list[BidResult] = []
    for entry in order:
        scored = [(node, entry.cells[node.criterion.id]) for node in known if node.criterion.id in entry.cells]
        total = entry.total if entry.rank is not None else None
        results.append(
            BidResult(
                id=entry.bid.id,
                rank=entry.rank,
                tied=entry.tied,
                points={
                    node.criterion.id: printed(cell.points, node.points_rounding[-1] if node.points_rounding else None)
                    for node, cell in scored
                },
                weighted={
                    node.criterion.id: printed(
                        cell.weighted, node.weighted_rounding[-1] if node.weighted_rounding else None
                    )
                    for node, cell in scored
                },
                total=None if total is None else printed(total, total_rounding[-1] if total_rounding else None),
                flags=tuple(entry.flags),
                chain=tuple(chain(lot, nodes, entry, scored, ranked)),
            )
        )
    return tuple(results)


def chain(
    lot: Lot, nodes: tuple[Node, ...], entry: Entry, scored: Sequence[tuple[Node, Cell]], ranked: int
) -> list[Step]:
    """The steps of one bid, parts before wholes, hurdles after the figures they judge, total and rank last."""
    steps = [step for node, cell in scored for step in [cell_step(node, cell, entry)]]
    titles = {node.criterion.id: title_of(node) for node in children_first(nodes)}
    for criterion, message, arguments in entry.hurdles:
        named = arguments if criterion is None else {"title": titles[criterion], **arguments}
        steps.append(step_of(criterion, message.partition(":")[0], named))
    if entry.total is not None and entry.total_exact is not None:
        steps.append(total_step(lot, nodes, entry, entry.total_exact, entry.total))
    if entry.rank is not None:
        place = {"rank": str(entry.rank), "ranked": str(ranked)}
        steps.append(step_of(None, "tied" if entry.tied else "rank", place))
    return steps


def title_of(node: Node) -> str:
    """What people call the criterion."""
    return node.criterion.title or node.criterion.id


def step_of(criterion: str | None, message: str, arguments: dict[str, str]) -> Step:
    """A step that only says something."""
    return Step(
        criterion=criterion, message=message, arguments=arguments, sentence=SENTENCES[message].format_map(arguments)
    )


def cell_step(node: Node, cell: Cell, entry: Entry) -> Step:
    """The arithmetic of one criterion."""
    if cell.worked is None:
        return group_step(node, cell, entry)
    exact, points = exact_text(cell.worked.points), exact_text(cell.points)
    weighting, contribution = exact_text(node.share), exact_text(cell.weighted)
    formula = filled(cell.worked)
    arguments = {
        "title": title_of(node),
        "formula": formula,
        "exact": exact,
        "limited": f" after the published {cell.worked.limit}" if cell.worked.limit else "",
        "rounded": "" if cell.points == cell.worked.points else f", rounded {points}",
        "weighting": weighting,
        "contribution": f"{points} × {weighting} ÷ 100 = {exact_text(cell.weighted_exact)}"
        + ("" if cell.weighted == cell.weighted_exact else f", rounded {contribution}"),
    }
    roundings = node.points_rounding or node.weighted_rounding
    return Step(
        criterion=node.criterion.id,
        message="leaf",
        arguments=arguments,
        sentence=SENTENCES["leaf"].format_map(arguments),
        input=entry.bid.values.get(node.criterion.id),
        formula=formula,
        exact=exact,
        rounding=roundings[-1] if roundings else None,
        result=points,
        weighting=weighting,
        contribution=contribution,
    )


def group_step(node: Node, cell: Cell, entry: Entry) -> Step:
    """The sum of a group's parts."""
    formula = sum_text(node.children, entry)
    exact, result = exact_text(cell.weighted_exact), exact_text(cell.weighted)
    arguments = {
        "title": title_of(node),
        "formula": formula,
        "exact": exact,
        "rounded": "" if exact == result else f", rounded {result}",
        "points": exact_text(cell.points),
    }
    return Step(
        criterion=node.criterion.id,
        message="group",
        arguments=arguments,
        sentence=SENTENCES["group"].format_map(arguments),
        formula=formula,
        exact=exact,
        rounding=node.weighted_rounding[-1] if node.weighted_rounding else None,
        result=exact_text(cell.points),
        weighting=exact_text(node.share),
        contribution=result,
    )


def total_step(lot: Lot, nodes: tuple[Node, ...], entry: Entry, exact: Fraction, total: Fraction) -> Step:
    """The sum of the top criteria."""
    steps = roundings(lot, ("total",))
    formula = sum_text(nodes, entry)
    arguments = {
        "formula": formula,
        "exact": exact_text(exact),
        "rounded": "" if exact == total else f", rounded {exact_text(total)}",
    }
    return Step(
        criterion=None,
        message="total",
        arguments=arguments,
        sentence=SENTENCES["total"].format_map(arguments),
        formula=formula,
        exact=exact_text(exact),
        rounding=steps[-1] if steps else None,
        result=exact_text(total),
    )


def sum_text(nodes: tuple[Node, ...], entry: Entry) -> str:
    """The weighted points of the parts, as an addition."""
    cells = (entry.cells.get(node.criterion.id) for node in nodes)
    return " + ".join(exact_text(cell.weighted) for cell in cells if cell is not None)


def filled(worked: Worked) -> str:
    """The formula with the numbers in it."""
    return worked.formula.format_map(number_texts(worked.numbers))


def number_texts(numbers: Mapping[str, Number]) -> dict[str, str]:
    """The numbers of a formula as text; a fraction in brackets, because it stands between signs."""
    return {name: number_text(number) for name, number in numbers.items()}


def number_text(number: Number) -> str:
    """One number inside a formula."""
    if not isinstance(number, Fraction):
        return str(number)
    text = exact_text(number)
    return f"({text})" if "/" in text else text
