"""The lock between the two envelopes: the panel's technical work is closed before anybody sees a price.

At the lock the engine judges the published hurdles on what is open. Whoever is out then is out for good: the price
envelope stays sealed. Source: two-envelope procedure; InterCity West Coast 2012 shows what happens without one.
"""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Router, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

import scoring
from service import criterion_locks, db, evaluations, events, moderation, opening, panel, tenders
from service.organisations import Caller

SQL = db.queries("locking")


class StaysSealed(Struct, frozen=True, kw_only=True):
    """A bid that is out after the technical consensus, and why its price is never opened."""

    bid_id: UUID
    reason: str


class ConsensusLock(Struct, frozen=True, kw_only=True):
    """A locked technical consensus: how many bids go on to the opening of the prices, and which do not."""

    lot_id: UUID
    person_id: UUID
    locked_at: datetime
    go_on: int
    stay_sealed: list[StaysSealed]


@post("/lots/{lot_id:uuid}/consensus-lock")
async def lock_consensus(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> ConsensusLock:
    """Lock the technical consensus of a lot with price envelopes, for good; for moderators.

    Every bid in the race needs its agreed scores, none older than a mark or a seat that it rests on, and every value
    outside of the price envelope. All criteria are locked
    with it, and nobody unlocks one any more: no score, agreed score or decision of the technical stage changes, and
    opening officers can open the prices of the bids that go on.
    """
    known = await tenders.lock(conn, caller, lot_id=lot_id)
    lot = known.lot(lot_id)
    tenders.check_access(known.tender, caller, "lock_consensus")
    opening.check_price_envelope(lot)
    opening.check_opened(lot)
    tenders.check_cleared(known.tender)
    panel.check_not_awarded(lot)
    panel.check_not_locked(lot)
    inputs = await evaluations.read_inputs(conn, lot)
    if judged := panel.panel_criteria(lot):
        await criterion_locks.check_seats(conn, lot, judged)
        moderation.check_rests_on_marks(await moderation.bench_of(conn, lot), judged)
    locked = await panel.locked_criteria(conn, lot)
    left = [name for name in judged if name not in locked]
    await criterion_locks.lock_criteria(conn, lot_id, left, caller)
    work = scoring.technical_failures, lot.rules, inputs, lot.price_envelope
    failures = {failure.bid: failure for failure in await asyncio.to_thread(evaluations.run_engine, *work)}
    reasons = {name: " ".join(step.sentence for step in failure.reasons) for name, failure in failures.items()}
    locked_at: datetime = await SQL.insert_lock(
        conn,
        lot_id=lot_id,
        person_id=caller.person_id,
        bid_ids=[UUID(bid.id) for bid in inputs],
        reasons=[reasons.get(bid.id) for bid in inputs],
        by_comparison=[bid.id in failures and failures[bid.id].by_comparison for bid in inputs],
    )
    facts: dict[str, Any] = {"lot_id": lot_id, "go_on": len(inputs) - len(failures)}
    facts["stay_sealed"] = [{"bid_id": name, "reason": reason} for name, reason in reasons.items()]
    await events.record(conn, "consensus.locked", tender_id=known.tender.id, actor=caller.person_id, data=facts)
    return ConsensusLock(
        lot_id=lot_id,
        person_id=caller.person_id,
        locked_at=locked_at,
        go_on=facts["go_on"],
        stay_sealed=[StaysSealed(bid_id=UUID(name), reason=reason) for name, reason in reasons.items()],
    )


router = Router(path="/", route_handlers=[lock_consensus], tags=["Evaluation"])
