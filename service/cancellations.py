"""A tender or a lot cancelled before its award, by an approver with a reason that everybody can read.

From the commit on nothing leads to an award any more: no bid is taken, what is sealed stays sealed for ever, and
what is open is not scored. After an award there is nothing to cancel: an award is annulled.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from service import db, events, tenders
from service.drafts import Reason
from service.organisations import Caller
from service.panel import LotAlreadyAwarded
from service.problems import NotFound
from service.publication import check_not_author
from service.tenders import Known, TenderLot, TenderNotPublished, TenderRow

SQL = db.queries("cancellations")

CancelledWhen = Literal["published", "closed", "opened"]


class NewCancellation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why nothing will be awarded. Every supplier reads it (Directive 2014/24/EU, article 55(1))."""

    reason: Reason


class Bidder(Struct, frozen=True, kw_only=True):
    """A supplier with a standing bid for the cancelled lot."""

    supplier_id: UUID
    supplier: str
    bid_id: UUID


class Cancellation(Struct, frozen=True, kw_only=True):
    """A cancelled lot: why, when, and how far it had come.

    `stage` published: bids could still come; closed: the deadline had passed and nothing was opened; opened: bids were
    open. In the first two its bids stay sealed for ever. `your_bid_id` is a supplier's own bid. `to_be_told` are those
    who have bid; the buyer's people read it once no lot of the tender waits for its opening.
    """

    lot_id: UUID
    lot_number: int
    stage: CancelledWhen
    reason: str
    cancelled_at: datetime
    your_bid_id: UUID | None
    to_be_told: list[Bidder] | None = None


# Rules


def check_may_cancel(tender: TenderRow, lots: Sequence[TenderLot]) -> None:
    """Only what is published and not yet awarded is cancelled; a draft binds nobody, an award is annulled instead."""
    if tender.published_at is None:
        raise TenderNotPublished("A draft binds nobody and needs no cancellation: leave it unpublished.")
    for lot in lots:
        if lot.awarded_at is not None:
            at = lot.awarded_at.isoformat()
            raise LotAlreadyAwarded(f"The award of lot {lot.number} was decided at {at}; cancel the other lots.")


def cancelled_when(tender: TenderRow, lot: TenderLot) -> CancelledWhen:
    """How far a lot has come."""
    if lot.opened_at is not None:
        return "opened"
    before = tender.submission_deadline is not None and tender.now < tender.submission_deadline
    return "published" if before else "closed"


def is_sealed(lots: Sequence[TenderLot]) -> bool:
    """Whether a lot still waits for its opening; until then nobody learns who has bid (Annex IV (b))."""
    return any(lot.opened_at is None and lot.cancelled_at is None for lot in lots)


# Handlers


async def _cancel(conn: db.Connection, caller: Caller, known: Known, lots: Sequence[TenderLot], reason: str) -> None:
    """Cancel lots of a locked tender and write it down."""
    tenders.check_access(known.tender, caller, "cancel_lot")
    check_not_author(known.tender, caller)
    check_may_cancel(known.tender, lots)
    if any(lot.opened_at for lot in lots):
        tenders.check_cleared(known.tender, "author")
    stages = [cancelled_when(known.tender, lot) for lot in lots]
    await SQL.cancel_lots(
        conn,
        tender_id=known.tender.id,
        lot_ids=[lot.id for lot in lots],
        stages=stages,
        reason=reason,
        person_id=caller.person_id,
        cancelled_at=known.tender.now,
    )
    told = [{"lot_id": lot.id, "stage": stage} for lot, stage in zip(lots, stages, strict=True)]
    facts: dict[str, Any] = {"lots": told, "reason": reason}
    await events.record(conn, "lots.cancelled", tender_id=known.tender.id, actor=caller.person_id, data=facts)


@post("/tenders/{tender_id:uuid}/cancellation")
async def cancel_tender(
    tender_id: FromPath[UUID],
    data: JSONBody[NewCancellation],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> list[Cancellation]:
    """Cancel a published tender, all of its lots at once, before any award; for an approver who did not write it."""
    known = await tenders.lock(conn, caller, tender_id=tender_id)
    await _cancel(conn, caller, known, [lot for lot in known.lots if lot.cancelled_at is None], data.reason)
    return await db.many(SQL.list_cancellations(conn, tender_id=tender_id, supplier_id=None), Cancellation)


@post("/lots/{lot_id:uuid}/cancellation")
async def cancel_lot(
    lot_id: FromPath[UUID],
    data: JSONBody[NewCancellation],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Cancellation:
    """Cancel one lot of a published tender before its award; for an approver who did not write it."""
    known = await tenders.lock(conn, caller, lot_id=lot_id)
    await _cancel(conn, caller, known, [known.lot(lot_id)], data.reason)
    return await _read(conn, caller, lot_id)


@get("/lots/{lot_id:uuid}/cancellation")
async def get_cancellation(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> Cancellation:
    """Read why a lot was cancelled, and what that means for your bid; for everybody."""
    return await _read(conn, caller, lot_id)


async def _read(conn: db.Connection, caller: Caller, lot_id: UUID) -> Cancellation:
    known = await tenders.read(conn, caller, lot_id=lot_id)
    rows = SQL.list_cancellations(conn, tender_id=known.tender.id, supplier_id=caller.organisation_id)
    found = [one for one in await db.many(rows, Cancellation) if one.lot_id == lot_id]
    if not found:
        raise NotFound
    if known.tender.buyer_id != caller.organisation_id or not known.tender.roles or is_sealed(known.lots):
        return found[0]
    bidders = await db.many(SQL.list_bidders(conn, lot_id=lot_id), Bidder)
    return msgspec.structs.replace(found[0], to_be_told=bidders)


router = Router(path="/", route_handlers=[cancel_tender, cancel_lot, get_cancellation], tags=["Tenders"])
