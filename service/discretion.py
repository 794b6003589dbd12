"""What letters give away about others: the prices that a reader can work out, and others' names and prices in texts.

Where a formula measures prices against each other, a letter is an equation for a price that it does not show; a part
that is redacted counts as shown where it follows from its neighbours and their sum.
"""

from collections.abc import Iterator
from typing import Final

import scoring
from scoring.debrief import Debrief, Derived, ShownBid, ShownLetter, debrief
from scoring.decimals import Mode
from scoring.model import price_criterion
from service.letters import Assessed, CriterionTold, Letter, Sources

_TOTAL: Final = ""
"""The sum of the top criteria, among criteria's ids, none of which is empty."""

# Prices that follow


def given_away(sources: Sources, letter: Letter) -> Debrief:
    """The prices of others that the reader of a letter can work out, whether or not it knows what the winner bid."""
    price = price_criterion(sources.lot.rules.criteria, sources.lot.rules.rule)
    if price is None or price.method is None:
        reason = None if price is None else "The whole-tender rule reads the price; look at the letter yourself."
        return Debrief(derived=(), not_examined=reason)
    found: dict[str, Derived] = {}
    not_examined = None
    for shown in _shown(sources, letter, price.id, price.method):
        told = debrief(shown)
        not_examined = not_examined or told.not_examined
        found |= {one.whose: one for one in told.derived}
    return Debrief(derived=tuple(found.values()), not_examined=not_examined)


def _shown(sources: Sources, letter: Letter, price_id: str, method: scoring.Method) -> Iterator[ShownLetter]:
    """What the reader can put into an equation: its own price and points, and the winner's.

    Who has no points of its own still has the winner's, whose price the award notice tells.
    """
    prices = {bid.id: bid.values.get(price_id) for bid in sources.result.inputs}
    own = ShownBid(points=_readable(sources, letter.own, price_id), price=prices.get(str(letter.own.bid_id)))
    winner = ShownBid()
    if letter.winner is not None:
        told = _readable(sources, letter.winner, price_id)
        winner = ShownBid(points=told, price=prices.get(str(letter.winner.bid_id)))
    decimals, mode = _printed(sources.lot.rules)
    digits = max((len(text.partition(".")[2]) for text in prices.values() if text), default=0)
    pairs = [(own, ShownBid(points=winner.points)), (own, winner)]
    if own.points is None or own.price is None:
        pairs = [(winner, ShownBid())] if winner.points is not None and winner.price is not None else []
    for reader, other in pairs:
        yield ShownLetter(
            method=method,
            own=reader,
            winner=other,
            decimals=decimals,
            mode=mode,
            unit_decimals=max(2, digits),
            bids=len(sources.result.reference_set),
        )


def _readable(sources: Sources, told: Assessed, price_id: str) -> str | None:
    """The points on the price, unless they are redacted and do not follow from any sum less its other parts either."""
    result = next((bid for bid in sources.result.bids if bid.id == str(told.bid_id)), None)
    if result is None or not _is_known(sources.lot.rules, told, price_id):
        return None
    return result.points.get(price_id)


def _is_known(rules: scoring.Lot, told: Assessed, price_id: str) -> bool:
    """Whether the score on the price is shown or can be solved for, sum by sum, from whatever is shown."""
    sums = {one.id: [child.id for child in one.sub_criteria] for one in _all(told.criteria) if one.sub_criteria}
    sums[_TOTAL] = [one.id for one in told.criteria]
    worthless = {criterion.id for criterion, _ in scoring.walk(rules.criteria) if not criterion.weighting} - {price_id}
    known = {one.id for one in _all(told.criteria) if one.score.redacted is None} | worthless
    if told.total.text:
        known.add(_TOTAL)
    before = -1
    while before != len(known):
        before = len(known)
        for whole, parts in sums.items():
            hidden = [part for part in parts if part not in known]
            if not hidden:
                known.add(whole)
            elif len(hidden) == 1 and whole in known:
                known.add(hidden[0])
    return price_id in known


def _all(criteria: tuple[CriterionTold, ...]) -> Iterator[CriterionTold]:
    for criterion in criteria:
        yield criterion
        yield from _all(criterion.sub_criteria)


def _printed(rules: scoring.Lot) -> tuple[int, Mode]:
    """How the points of a leaf are rounded before anybody reads them."""
    for step in rules.rounding:
        if step.stage == "leaf" and not step.criteria and step.decimals is not None:
            return step.decimals, step.mode or "half_up"
    return 10, "half_up"
