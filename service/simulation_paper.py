"""A trial of a draft's rules as a paper: what the buyer tried before publication, and what the trial found.

Source: UK Bid Evaluation Guidance Note May 2021, section 8, "Test and publish the evaluation model".
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

import scoring
from scoring import Simulation
from service import db, simulations
from service.organisations import Caller
from service.paper_document import Document, Loaded, decimals_of, heading_of, names_of
from service.report_view import Rule, rules_in


class SimulationPaper(Document, frozen=True, kw_only=True):
    """Everything that the report on a trial prints; `present`: the lot still has the rules that were tried."""

    number: int
    tried_by: str
    digest: str
    present: bool
    simulation: Simulation


class Offered(Struct, frozen=True, kw_only=True):
    """A bid of a trial with its place, and what it offers on each leaf in published order; None is nothing."""

    bid: str
    rank: int | None
    tied: bool
    total: str | None
    flags: tuple[tuple[str, Rule | None], ...]
    values: tuple[str | None, ...]


async def load(conn: db.Connection, caller: Caller, simulation_id: UUID) -> Loaded:
    """A stored trial, for those who may read it over HTTP."""
    known, stored, run = await simulations.find_run(conn, caller, simulation_id)
    (name,) = (await names_of(conn, [run.person_id])).values()
    lot = next((lot for lot in known.lots if lot.number == run.lot_number), None)
    document = SimulationPaper(
        heading=heading_of(known, lot),
        at=run.simulated_at,
        number=run.number,
        tried_by=name,
        digest=run.digest,
        present=run.present,
        simulation=msgspec.json.decode(stored.canonical, type=Simulation),
    )
    return Loaded(known.tender, document)


def view(document: SimulationPaper) -> dict[str, Any]:
    """What its template sees beside the document: the criteria with their numbers, and each bid on one line.

    `twice`: the formulas that were tried with more than one set of parameters, which then are told.
    """
    lot = document.simulation.lot
    rules = rules_in(lot, document.heading.currency)
    tried = [one.id for one in document.simulation.under_others]
    firm = document.simulation.sensitivity
    spreads, intervals, prices = (firm.spreads, firm.intervals, firm.break_even) if firm else ((), (), ())
    return {
        "rules": rules,
        "leaves": tuple(rule for rule in rules if rule.leaf),
        "titles": {rule.id: rule for rule in rules},
        "twice": tuple(name for name, often in Counter(tried).items() if often > 1),
        "offers": tuple(_offers(document.simulation, {rule.id: rule for rule in rules})),
        "decimals": {
            "total": decimals_of(one.total for one in document.simulation.ranking),
            "weighting": decimals_of(one.weighting for one in spreads),
            "kept": decimals_of(figure for one in intervals for figure in (one.lowest, one.highest)),
            "spread": decimals_of(end for one in spreads for end in (one.lowest, one.highest, one.spread)),
            "price": decimals_of(price for one in prices for price in (one.price, one.wins_at)),
        },
    }


def _offers(trial: Simulation, rules: Mapping[str, Rule]) -> Iterator[Offered]:
    names = [leaf.id for leaf in scoring.leaves(trial.lot.criteria)]
    places = {standing.bid: standing for standing in trial.ranking}
    order = [standing.bid for standing in trial.ranking]
    bids = {bid.id: bid for bid in trial.bids}
    for bid_id in (*order, *(name for name in bids if name not in places)):
        place = places.get(bid_id)
        yield Offered(
            bid=bid_id,
            rank=None if place is None else place.rank,
            tied=place is not None and place.tied,
            total=None if place is None else place.total,
            flags=() if place is None else tuple(_flag(flag, rules) for flag in place.flags),
            values=tuple(bids[bid_id].values.get(name) for name in names),
        )


def _flag(flag: str, rules: Mapping[str, Rule]) -> tuple[str, Rule | None]:
    """What a flag such as `minimum:quality` says, and about which criterion."""
    message, _, criterion = flag.partition(":")
    return message, rules.get(criterion)
