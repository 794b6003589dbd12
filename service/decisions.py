"""Decisions about opened bids: people put one out or let it back in, with a reason, and every decision is kept.

Three sources put a bid out: the selection (grounds, conditions, requirements), the procedure for abnormally low bids,
and plain decisions for what neither of them covers. A bid is in the race while none of the three says otherwise.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from litestar import Router, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Struct

import scoring
from service import db, evaluations, events, opening, requirements, tenders
from service.drafts import Reason
from service.evaluations import SQL as EVALUATIONS
from service.evaluations import Outcome
from service.organisations import Caller
from service.panel import Place, check_not_awarded, check_not_locked, lock_bid
from service.problems import Fault, InvalidRequest, NotFound, Refusal
from service.tenders import TenderLot

SQL = db.queries("decisions")

Source = Literal["decision", "selection", "abnormally_low"]
SOURCES: tuple[Source, ...] = ("selection", "abnormally_low", "decision")
"""In the order in which their reasons count: who may not take part at all is not non-compliant as well."""


class NewBidState(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A decision about a bid, with its reason: admissible, excluded, non_compliant …"""

    state: scoring.State
    reason: Reason


class BidState(Struct, frozen=True, kw_only=True):
    """A numbered decision about a bid: what it is from then on, and which procedure said so."""

    bid_id: UUID
    number: int
    state: scoring.State
    source: Source
    reason: str
    person_id: UUID
    decided_at: datetime


class Effect(Struct, frozen=True, kw_only=True):
    """What a change of a bid's state means for the order of the others, worked out both ways.

    `before` is the order of the last run, `after` the order anew over the bids that remain, each best first. `holds`
    says which points count by the lot's published `recompute_on_exclusion`, `order` is what follows from that.
    """

    before: list[str]
    after: list[str]
    holds: Literal["before", "after"]
    order: list[str]


# Refusals


class PriceStaysSealed(Refusal):
    """This bid cannot come back: its price envelope was left unopened.

    It was out of the race when the technical consensus was locked, and the prices of the others are known by now.
    """


class DecidedElsewhere(Refusal):
    """This is decided by a procedure of its own.

    Exclusion grounds, conditions and requirements are decided with `POST /bids/{id}/selection`, an abnormally low price
    with `POST /bids/{id}/abnormally-low/decisions` after the bidder was heard. No other way leads around them.
    """


# Rules


def check_may_decide(lot: TenderLot, state: scoring.State, outcome: Outcome | None) -> None:
    """Between the lock and the opening of the prices nothing is decided; later no bid returns without a price."""
    if lot.price_opened_at is None:
        check_not_locked(lot)
    if state == "admissible" and outcome is not None and outcome.reason is not None:
        raise PriceStaysSealed(outcome.reason)


def check_plain(state: scoring.State, verdicts: Mapping[Source, scoring.State], covered: Mapping[str, str]) -> None:
    """A plain decision is for what no procedure of its own covers, and takes nothing back that one of them decided."""
    if state == "abnormally_low_rejected":
        raise DecidedElsewhere("Nobody rejects a low price but after its bidder was asked to explain it.")
    if state in covered:
        raise DecidedElsewhere(f"The tender has {covered[state]}: name the one that is not fulfilled.")
    out: list[Source] = [
        source for source in SOURCES if source != "decision" and verdicts.get(source, "admissible") != "admissible"
    ]
    if state == "admissible" and out and verdicts.get("decision", "admissible") == "admissible":
        raise DecidedElsewhere(f"The bid is {verdicts[out[0]]} by {out[0].replace('_', ' ')}; mend it there.")


def together(verdicts: Mapping[Source, scoring.State]) -> scoring.State:
    """What the sources amount to: the first that puts the bid out, else it is in the race."""
    for source in SOURCES:
        state = verdicts.get(source, "admissible")
        if state != "admissible":
            return state
    return "admissible"


# Deciding, used by the procedures


async def verdicts_of(conn: db.Connection, bid_id: UUID) -> dict[Source, scoring.State]:
    """What each source last said about a bid."""
    return {row["source"]: row["verdict"] async for row in SQL.list_verdicts(conn, bid_id=bid_id)}


async def decide(
    conn: db.Connection,
    caller: Caller,
    place: Place,
    new: tuple[UUID, Source, scoring.State, str],
) -> BidState:
    """Keep what a source says about a bid of a locked tender, and what follows with the other sources; in the log.

    `new` is the bid, the source, its verdict and the reason.
    """
    bid_id, source, verdict, reason = new
    check_not_awarded(place.lot)
    outcomes = await db.many(EVALUATIONS.list_outcomes(conn, lot_id=place.lot.id), Outcome)
    verdicts = await verdicts_of(conn, bid_id)
    verdicts[source] = verdict
    state = together(verdicts)
    check_may_decide(place.lot, state, next((one for one in outcomes if one.bid_id == bid_id), None))
    row = SQL.insert_bid_state(
        conn, bid_id=bid_id, state=state, source=source, verdict=verdict, reason=reason, person_id=caller.person_id
    )
    decided = await db.one(row, BidState)
    facts = msgspec.to_builtins(decided)
    await events.record(conn, "bid.state-decided", tender_id=place.known.tender.id, actor=caller.person_id, data=facts)
    return decided


async def effect_of(conn: db.Connection, lot_id: UUID, states: Mapping[UUID, scoring.State]) -> Effect | None:
    """What changed states would do to the order of the last run; none where nothing has been ranked.

    The bids were admitted when they were first ranked: where the rules say "until_admission_closed", that has closed.
    """
    canonical: bytes | None = await SQL.last_evaluation(conn, lot_id=lot_id)
    if canonical is None:
        return None
    before = msgspec.json.decode(canonical, type=scoring.Evaluation)
    changed: dict[str, scoring.State] = {str(bid_id): state for bid_id, state in states.items()}

    def work() -> scoring.Exclusion:
        return scoring.exclude(before, changed, admission_closed=True)

    found = await asyncio.to_thread(evaluations.run_engine, work)
    ranked = [[bid.id for bid in run.bids if bid.rank is not None] for run in (found.before, found.after)]
    return Effect(before=ranked[0], after=ranked[1], holds=found.holds, order=list(found.order))


# Handlers


async def _covered(conn: db.Connection, place: Place) -> dict[str, str]:
    """Which states have a procedure of their own in this tender, and by what."""
    published = (await requirements.of_tender(conn, place.known.tender.id)).of_lot(place.lot.number)
    kinds = {one.kind for one in published}
    grounds = tenders.legal_rules(place.known.tender).grounds
    covered = {"excluded": "its jurisdiction's exclusion grounds"} if grounds else {}
    covered |= {"failed_selection": "conditions of participation"} if "condition" in kinds else {}
    return covered | ({"non_compliant": "mandatory requirements"} if "mandatory" in kinds else {})


@put("/bids/{bid_id:uuid}/state")
async def decide_state(
    bid_id: FromPath[UUID],
    data: JSONBody[NewBidState],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> BidState:
    """Decide about an opened bid – put it out, or let it back in – with a reason; for moderators and approvers.

    This is for what no ground, condition or requirement of the tender covers, such as a missing signature.
    """
    place = await lock_bid(conn, caller, bid_id)
    tenders.check_access(place.known.tender, caller, "decide_state")
    tenders.check_cleared(place.known.tender)
    check_not_awarded(place.lot)
    if data.state in {"received", "withdrawn", "late"}:
        raise InvalidRequest(
            "This is a fact of the submission, not a decision.",
            faults=(
                Fault("/state", f"{data.state!r} cannot be decided.", "Use admissible, excluded, non_compliant …"),
            ),
        )
    check_plain(data.state, await verdicts_of(conn, bid_id), await _covered(conn, place))
    return await decide(conn, caller, place, (bid_id, "decision", data.state, data.reason))


@get("/lots/{lot_id:uuid}/states")
async def list_states(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[BidState]:
    """List every decision about a lot's bids, first to last; for the panel.

    An evaluator reads no reasons: they may tell of prices, and of what this person does not score.
    """
    known = await tenders.read(conn, caller, lot_id=lot_id)
    tenders.check_access(known.tender, caller, "list_states")
    opening.check_reader(known.tender)
    states = await db.many(SQL.list_states(conn, lot_id=lot_id), BidState)
    sight = await opening.sight_of(conn, known, lot_id, caller)
    return states if sight.criteria is None else [msgspec.structs.replace(one, reason="") for one in states]


@get("/lots/{lot_id:uuid}/exclusion-effects")
async def preview_exclusion(
    lot_id: FromPath[UUID],
    bid_id: FromQuery[UUID],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    becomes: FromQuery[scoring.State] = "excluded",
) -> Effect:
    """Work out what putting a bid out, or letting it back in, would do to the last run's order; decides nothing."""
    known = await tenders.read(conn, caller, lot_id=lot_id)
    tenders.check_access(known.tender, caller, "preview_exclusion")
    tenders.check_cleared(known.tender, "author")
    opened = await db.many(opening.SQL.list_opened(conn, lot_id=lot_id), opening.PanelBid)
    effect = await effect_of(conn, lot_id, {bid_id: becomes})
    if effect is None or bid_id not in {bid.bid_id for bid in opened}:
        raise NotFound
    return effect


router = Router(path="/", route_handlers=[decide_state, list_states, preview_exclusion], tags=["Evaluation"])
