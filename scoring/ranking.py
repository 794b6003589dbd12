"""From opened bids to ranks: values → points → weighted points → totals, with hurdles, roundings and ties as published.

Order of events, always the same: (1) the state of each bid; (2) pass/fail, fatal grades, zero and ceiling rules, and
minimum scores on criteria that need no other bid; (3) the bids still standing are the reference set; (4) relative
points over that set; (5) minimum scores that include relative points (a bid that fails here stays in the reference
set); (6) totals, ranks, tie-break. A bid that fails early never sets a lowest price, and needs no value for what would
have come later.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Literal

import msgspec

from scoring.abnormally_low import AbnormallyLowTest, Priced, Ukraine, alerts
from scoring.canonical import ENGINE, digest, rules_digest
from scoring.contest import Contender, Contest
from scoring.decimals import exact_text, parse_decimal, printed, rounded_by
from scoring.entry import Entry, Remark, standing
from scoring.explanation import explained, noted
from scoring.hurdles import check_hurdles
from scoring.model import Evaluation, Lot, OpenedBid, State
from scoring.rules import Rule, figures, highest_wins, refusal
from scoring.scores import check_complete, roll_up, score_relative, score_values
from scoring.ties import set_ranks
from scoring.tree import Node, Plan, leaf_cell, plan, quality_nodes
from scoring.worked import FULL, BidFault, InvalidValue


def evaluate(lot: Lot, bids: Sequence[OpenedBid], draw_secret: str | None = None) -> Evaluation:
    """Rank the bids of a lot by its published rules, with every step.

    `draw_secret` is the revealed secret for drawing lots. Raises MissingValue, InvalidValue or ZeroValue, each listing
    every fault, when the bids cannot be scored; a bid that merely fails a hurdle is in the result, unranked. The order
    of `bids` changes nothing.
    """
    inputs = tuple(sorted(bids, key=lambda bid: bid.id))
    ready = plan(lot)
    check_inputs(ready, inputs)
    entries = [Entry(bid, standing=True) for bid in inputs]
    reference, notes = rank(ready, entries, draw_secret)
    winners = [entry.bid.id for entry in entries if entry.rank == 1]
    return Evaluation(
        engine=ENGINE,
        lot=lot,
        inputs=inputs,
        draw_secret=draw_secret,
        bids=explained(ready, entries),
        winner=winners[0] if len(winners) == 1 else None,
        rules_digest=rules_digest(lot),
        inputs_digest=digest((inputs, draw_secret)),
        reference_set=reference,
        notes=noted(notes),
    )


class Exclusion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change of states after scoring, worked both ways: the ranking before, and anew over the bids that remain.

    `holds` says which points count by the lot's published policy: "after" when relative points are taken anew, "before"
    when they stay frozen. `order` is the resulting order of the bids that remain, best first.
    """

    before: Evaluation
    after: Evaluation
    holds: Literal["before", "after"]
    order: tuple[str, ...]


def exclude(
    before: Evaluation, states: Mapping[str, State], *, admission_closed: bool, draw_secret: str | None = None
) -> Exclusion:
    """Change the states of bids after scoring, an exclusion or a return, and keep both runs."""
    changed = tuple(msgspec.structs.replace(bid, state=states.get(bid.id, bid.state)) for bid in before.inputs)
    after = evaluate(before.lot, changed, draw_secret or before.draw_secret)
    policy = before.lot.recompute_on_exclusion
    anew = policy == "always" or (policy == "until_admission_closed" and not admission_closed)
    remaining = {bid.id for bid in after.bids if bid.rank is not None}
    run = after if anew else before
    order = tuple(bid.id for bid in run.bids if bid.rank is not None and bid.id in remaining)
    return Exclusion(before=before, after=after, holds="after" if anew else "before", order=order)


def check_inputs(ready: Plan, inputs: tuple[OpenedBid, ...]) -> None:
    """Refuse two bids with one id, and values for criteria that do not ask for one."""
    asked = {node.id for node in ready.leaves}
    faults = [
        BidFault(bid.id, name, f"no such criterion asks for a value; the lot asks for {', '.join(sorted(asked))}")
        for bid in inputs
        for name in sorted(bid.values.keys() - asked)
    ]
    faults += [
        BidFault(one.id, None, f"two bids have the id {one.id!r}; ids must differ")
        for one, two in pairwise(inputs)
        if one.id == two.id
    ]
    if faults:
        raise InvalidValue(*faults)


def rank(ready: Plan, entries: list[Entry], draw_secret: str | None) -> tuple[tuple[str, ...], list[Remark]]:
    """Fill in cells, totals, flags and ranks; gives the ids of the reference set, and remarks on the lot as a whole."""
    for entry in entries:
        if entry.bid.state != "admissible":
            entry.fail(None, f"state:{entry.bid.state}", {"state": entry.bid.state})
    admitted = standing(entries)
    score_values(ready, admitted)
    roll_up(ready, admitted)
    check_hurdles(ready, entries, relative=False)
    check_complete(ready, standing(entries))
    refuse_by_rule(ready, standing(entries))
    reference = standing(entries)
    score_relative(ready, reference)
    roll_up(ready, reference)
    check_hurdles(ready, entries, relative=True)
    if standing(entries):
        set_totals(ready, standing(entries))
    check_total(ready.lot, standing(entries))
    waits = set_ranks(ready, standing(entries), [entry.bid.id for entry in entries], draw_secret)
    flag_abnormally_low(ready, standing(entries))
    notes = [Remark(None, "lots_pending", {})] if waits else []
    return tuple(entry.bid.id for entry in reference), notes + remarks_on_lot(ready, standing(entries))


def set_totals(ready: Plan, entries: list[Entry]) -> None:
    """Each bid's total: the sum of its weighted points, or the figure of the whole-tender rule."""
    if ready.lot.rule is not None:
        set_figures(ready, ready.lot.rule, entries)
        return
    scored = [node for node in ready.nodes if node.scored]
    for entry in entries:
        entry.total_exact = sum((entry.cells[node.id].weighted for node in scored), start=Fraction(0))
        entry.total = rounded_by(ready.total_rounding, entry.total_exact)
        entry.order = -entry.total


def refuse_by_rule(ready: Plan, entries: list[Entry]) -> None:
    """Take out bids that a whole-tender rule itself leaves unranked, as soon as what it looks at is known."""
    rule, quality = ready.lot.rule, list(quality_nodes(ready.nodes))
    for entry in entries if rule is not None else ():
        price = None if ready.price is None else entry.numbers.get(ready.price.id)
        known = all(node.id in entry.cells for node in quality)
        refused = refusal(rule, price, quality_of(entry, quality) if known else None) if rule is not None else None
        if refused is not None:
            entry.fail(None, *refused)


def quality_of(entry: Entry, quality: list[Node]) -> Fraction:
    """Q, the weighted mean of the quality criteria's points; criteria without weightings count as one."""
    shares = sum((node.share for node in quality), start=Fraction(0))
    if not shares:
        return sum((entry.cells[node.id].points for node in quality), start=Fraction(0))
    return sum((entry.cells[node.id].weighted for node in quality), start=Fraction(0)) * FULL / shares


def set_figures(ready: Plan, rule: Rule, entries: list[Entry]) -> None:
    """Each bid's figure under a whole-tender rule."""
    refuse_by_rule(ready, entries)
    entries = standing(entries)
    if not entries:
        return
    contest = contest_of(ready, entries)
    price = ready.price
    found = figures(rule, contest, price.points_rounding if price is not None else ())
    for entry, figure in zip(entries, found, strict=True):
        entry.figure, entry.total_exact = figure.worked, figure.worked.points
        entry.total = rounded_by(ready.total_rounding, entry.total_exact)
        sign = -1 if highest_wins(rule) else 1
        entry.order = sign * entry.total if figure.order is None else Fraction(figure.order)
        if figure.financial is not None and price is not None:
            entry.cells[price.id] = leaf_cell(price, figure.financial)


def contest_of(ready: Plan, entries: list[Entry]) -> Contest:
    """What a whole-tender rule sees of the bids."""
    total, price = Fraction(ready.lot.total), ready.price
    quality = list(quality_nodes(ready.nodes))
    weighted_share = sum((node.share for node in quality), start=Fraction(0))
    contenders = [contender_of(entry, quality, total, price) for entry in entries]
    return Contest(
        contenders=tuple(contenders),
        price_share=price.share / total if price is not None else Fraction(0),
        quality_share=weighted_share / total,
        others={node.id: node.share / total for node in ready.leaves if is_weighed(node) and node is not price},
    )


def is_weighed(node: Node) -> bool:
    """Whether a whole-tender rule may read the leaf: as points, or as a raw value."""
    return node.scored or node.raw


def contender_of(entry: Entry, quality: list[Node], total: Fraction, price: Node | None) -> Contender:
    """One bid as a whole-tender rule sees it."""
    weighted = sum((entry.cells[node.id].weighted for node in quality), start=Fraction(0))
    return Contender(
        id=entry.bid.id,
        price=entry.numbers.get(price.id, Fraction(0)) if price is not None else Fraction(0),
        quality=quality_of(entry, quality),
        worth=weighted / total,
        values=entry.bid.values,
        points={name: cell.points for name, cell in entry.cells.items()},
    )


def check_total(lot: Lot, entries: list[Entry]) -> None:
    """Take out bids below the lot's least total."""
    for entry in entries:
        if lot.minimum is not None and entry.total < Fraction(lot.minimum):
            numbers = {"total": printed(entry.total), "minimum": f"{lot.minimum:f}"}
            entry.fail(None, "minimum_total", numbers)


def flag_abnormally_low(ready: Plan, entries: list[Entry]) -> None:
    """Flag prices by the published tests; the supplier must be asked to explain, nothing is rejected here."""
    if ready.price is None:
        return
    by_id = {entry.bid.id: entry for entry in entries if ready.price.id in entry.numbers}
    for test in ready.lot.abnormally_low:
        for alert in alerts(test, priced(ready, ready.price, test, list(by_id.values()))):
            entry = by_id[alert.id]
            tag = str(test.__struct_config__.tag)
            price = exact_text(entry.numbers[ready.price.id])
            message = f"abnormally_low:{tag}:{alert.part}"
            entry.flag(None, message, {"test": tag, "price": price, "limit": printed(alert.limit)})


def priced(ready: Plan, price: Node, test: AbnormallyLowTest, entries: list[Entry]) -> list[Priced]:
    """The ranked bids in order of rank, as the tests see them."""
    quality = [node for node in ready.leaves if node.scored and node is not price]
    best = sum((node.share for node in quality), start=Fraction(0))
    bids: list[Priced] = []
    for entry in sorted(entries, key=lambda entry: (entry.rank or 0, entry.bid.id)):
        offered, cell = entry.numbers[price.id], entry.cells.get(price.id)
        initial = initial_price(test, entry) if isinstance(test, Ukraine) else None
        earned = sum((entry.cells[node.id].weighted for node in quality), start=Fraction(0))
        bids.append(
            Priced(
                id=entry.bid.id,
                price=offered,
                initial=offered if initial is None else initial,
                price_share=cell.points / FULL if cell is not None else Fraction(0),
                quality_share=earned / best if best else Fraction(0),
            )
        )
    return bids


def initial_price(test: Ukraine, entry: Entry) -> Fraction | None:
    """The price before an auction, where the test names a criterion that states it."""
    text = entry.bid.values.get(test.initial) if test.initial is not None else None
    try:
        return None if text is None else parse_decimal(text, "value")
    except ValueError as fault:
        raise InvalidValue(BidFault(entry.bid.id, test.initial, str(fault))) from fault


def remarks_on_lot(ready: Plan, entries: list[Entry]) -> list[Remark]:
    """What a reader of the whole ranking must know."""
    if not entries:
        return [Remark(None, "no_ranking", {})]
    price = ready.price
    if price is not None and len({entry.numbers.get(price.id) for entry in entries}) == 1:
        return [Remark(price.id, "no_price_competition", {"title": price.criterion.title or price.id})]
    return []
