"""Decisions about opened bids: people exclude one or let it back in, with a reason, and every decision is kept."""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Router, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

import scoring
from service import db, events, tenders
from service.evaluations import SQL, Outcome
from service.organisations import Caller
from service.panel import check_not_awarded, check_not_locked, lock_bid
from service.problems import Fault, InvalidRequest, Refusal
from service.tenders import Reason, TenderLot


class NewBidState(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A decision about a bid, with its reason: admissible, excluded, non_compliant …"""

    state: scoring.State
    reason: Reason


class BidState(Struct, frozen=True, kw_only=True):
    """A numbered decision about a bid."""

    bid_id: UUID
    number: int
    state: scoring.State
    reason: str
    person_id: UUID
    decided_at: datetime


# Refusals


class PriceStaysSealed(Refusal):
    """This bid cannot come back: its price envelope was left unopened.

    It was out of the race when the technical consensus was locked, and the prices of the others are known by now.
    """


# Rules


def check_may_decide(lot: TenderLot, state: scoring.State, outcome: Outcome | None) -> None:
    """Between the lock and the opening of the prices nothing is decided; later no bid returns without a price."""
    if lot.price_opened_at is None:
        check_not_locked(lot)
    if state == "admissible" and outcome is not None and outcome.reason is not None:
        raise PriceStaysSealed(outcome.reason)


# Handlers


@put("/bids/{bid_id:uuid}/state")
async def decide_state(
    bid_id: FromPath[UUID],
    data: JSONBody[NewBidState],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> BidState:
    """Decide about an opened bid – exclude it, or let it back in – with a reason; for moderators and approvers."""
    caller.require("write")
    known, lot = await lock_bid(conn, caller, bid_id)
    tenders.check_role(known.tender, "moderator", "approver")
    tenders.check_cleared(known.tender)
    check_not_awarded(lot)
    if data.state in {"received", "withdrawn", "late"}:
        raise InvalidRequest(
            "This is a fact of the submission, not a decision.",
            faults=(
                Fault("/state", f"{data.state!r} cannot be decided.", "Use admissible, excluded, non_compliant …"),
            ),
        )
    outcomes = {found.bid_id: found for found in await db.many(SQL.list_outcomes(conn, lot_id=lot.id), Outcome)}
    check_may_decide(lot, data.state, outcomes.get(bid_id))
    row = SQL.insert_bid_state(conn, bid_id=bid_id, state=data.state, reason=data.reason, person_id=caller.person_id)
    decided = await db.one(row, BidState)
    await events.record(
        conn,
        "bid.state-decided",
        tender_id=known.tender.id,
        actor=caller.person_id,
        data=msgspec.to_builtins(decided),
    )
    return decided


router = Router(path="/", route_handlers=[decide_state], tags=["Evaluation"])
