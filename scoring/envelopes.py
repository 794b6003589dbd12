"""Two envelopes: which criteria may lie in the price envelope, and which bids go on to the opening of the prices.

A bid that falls at a published hurdle on the other criteria has lost whatever it asks for; its price stays sealed.
Source: two-envelope procedure, as in the World Bank's Standard Bidding Documents.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Final, NamedTuple

import msgspec

from scoring.entry import Entry, standing
from scoring.explanation import remark_step
from scoring.hurdles import check_hurdles
from scoring.model import Lot, OpenedBid, Step
from scoring.offers import is_for_panel
from scoring.ranking import check_inputs
from scoring.scores import check_complete, roll_up, score_values
from scoring.tree import Node, Plan, plan

_FATAL: Final = {"state", "minimum", "max_pass", "failed", "fatal", "above_ceiling", "zero"}


class Failure(NamedTuple):
    """A bid whose price stays sealed, and why, as steps whose sentences a supplier understands."""

    bid: str
    reasons: tuple[Step, ...]

    @property
    def by_comparison(self) -> bool:
        """Whether it fell behind other bids: if one of those goes later, it still does not come back."""
        return any(step.message == "max_pass" for step in self.reasons)


def check_price_envelope(lot: Lot, sealed: Sequence[str]) -> tuple[str, ...]:
    """What stands against sealing these criteria apart, as sentences; empty when they can be."""
    return tuple(_problems(plan(lot), sealed)) if sealed else ()


def _problems(ready: Plan, sealed: Sequence[str]) -> Iterator[str]:
    asked = {node.id: node for node in ready.leaves}
    for name in sealed:
        if name not in asked:
            yield f"{name!r} is no criterion that asks a bid for a value"
        elif is_for_panel(asked[name].criterion):
            yield f"{name!r} is graded by the panel, which would have to read it before it is opened"
    if len(set(sealed)) != len(sealed):
        yield "a criterion is named twice"
    if set(asked) <= set(sealed):
        yield "all criteria would be sealed; leave the technical ones out"
    for node in ready.every:
        hurdle = node.criterion.minimum is not None or node.criterion.max_pass is not None
        if hurdle and node.relative and not _holds(node, sealed):
            yield (
                f"the hurdle on {node.id!r} compares bids with each other, so it could be judged only after all prices"
                " are open; take a method that looks at one bid alone, or leave the hurdle out"
            )


def _holds(node: Node, names: Collection[str]) -> bool:
    return node.id in names or any(_holds(child, names) for child in node.children)


def technical_failures(lot: Lot, bids: Sequence[OpenedBid], sealed: Collection[str]) -> tuple[Failure, ...]:
    """The bids that do not go on, judged without the sealed criteria as `evaluate` judges its first hurdles.

    Raises MissingValue, InvalidValue or ZeroValue when a bid that is still in the race lacks a value outside of the
    price envelope, or has one that cannot be read.
    """
    ready = plan(lot)
    known = [
        msgspec.structs.replace(bid, values={name: text for name, text in bid.values.items() if name not in sealed})
        for bid in sorted(bids, key=lambda bid: bid.id)
    ]
    check_inputs(ready, tuple(known))
    entries = [Entry(bid, standing=True) for bid in known]
    for entry in entries:
        if entry.bid.state != "admissible":
            entry.fail(None, f"state:{entry.bid.state}", {"state": entry.bid.state})
    admitted = standing(entries)
    score_values(ready, admitted)
    roll_up(ready, admitted)
    check_hurdles(ready, entries, relative=False)
    open_leaves = tuple(leaf for leaf in ready.leaves if leaf.id not in sealed)
    check_complete(ready._replace(leaves=open_leaves), standing(entries))
    titles = {node.id: node.criterion.title or node.id for node in ready.every}
    return tuple(Failure(entry.bid.id, _reasons(entry, titles)) for entry in entries if not entry.standing)


def _reasons(entry: Entry, titles: dict[str, str]) -> tuple[Step, ...]:
    fatal = (remark for remark in entry.remarks if remark.message.partition(":")[0] in _FATAL)
    return tuple(remark_step(remark, titles) for remark in fatal)
