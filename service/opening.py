"""The opening: two officers, after the deadline, and the only query that reads what the envelopes hold.

It takes the tender's row FOR UPDATE and so waits for every submission in flight, which holds it FOR KEY SHARE.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

import scoring
from service import bids, db, events, tenders
from service.bids import OwnBid
from service.organisations import Caller
from service.problems import Forbidden, NotFound, Refusal
from service.submissions import Submission
from service.tenders import TenderLot, TenderRow

SQL = db.queries("opening")

OFFICERS_NEEDED = 2


class OpeningAct(Struct, frozen=True, kw_only=True):
    """An officer's request to open."""

    person_id: UUID
    person: str
    acted_at: datetime


class PanelBid(Struct, frozen=True, kw_only=True):
    """A bid after the opening, for the buyer's people. `state` is what was last decided about it."""

    bid_id: UUID
    supplier_id: UUID
    supplier: str
    version: int
    submitted_at: datetime
    digest: str
    rules_digest: str
    offers: dict[str, str]
    state: scoring.State


class OpenedLine(Struct, frozen=True, kw_only=True):
    """A bid as the opening record names it."""

    bid_id: UUID
    supplier: str
    version: int
    submitted_at: datetime
    digest: str


class OpeningRecord(Struct, frozen=True, kw_only=True):
    """Who asked to open a lot, when it was opened, and what was in the box. Until two have asked, nothing is opened."""

    lot_id: UUID
    officers: list[OpeningAct]
    officers_needed: int
    opened_at: datetime | None
    bids: list[OpenedLine]


# Refusals


class DeadlineNotReached(Refusal):
    """Bids are opened after the submission deadline only.

    The attempt has been written into the tender's log.
    """


class NotOpened(Refusal):
    """The lot's bids have not been opened.

    Two opening officers ask for it, each with `POST /lots/{id}/opening`, after the submission deadline.
    """


class AlreadyOpened(Refusal):
    """The lot's bids have been opened.

    Read the record at `GET /lots/{id}/opening`.
    """


# Rules


def check_may_open(tender: TenderRow, lot: TenderLot) -> None:
    """Only an opening officer, only from the deadline on, only once."""
    tenders.check_role(tender, "opening_officer")
    if tender.published_at is None or tender.submission_deadline is None:
        raise tenders.TenderNotPublished("A draft has no bids.")
    if tender.now < tender.submission_deadline:
        raise DeadlineNotReached(f"The deadline is {tender.submission_deadline.isoformat()}.")
    if lot.opened_at is not None:
        raise AlreadyOpened(f"The lot was opened at {lot.opened_at.isoformat()}.")


def check_opened(lot: TenderLot) -> datetime:
    """When the lot was opened; refuses if it was not."""
    if lot.opened_at is None:
        raise NotOpened(f"Lot {lot.number} has not been opened.")
    return lot.opened_at


# Handlers


@get("/lots/{lot_id:uuid}/bids")
async def list_bids(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[OwnBid] | list[PanelBid]:
    """For a supplier its own bids for the lot, without contents; for the tender's panel the opened bids."""
    known = await tenders.read(conn, caller, lot_id=lot_id)
    if known.tender.buyer_id != caller.organisation_id:
        return await db.many(bids.SQL.list_own(conn, lot_id=lot_id, supplier_id=caller.organisation_id), OwnBid)
    check_reader(known.tender)
    check_opened(known.lot(lot_id))
    return await db.many(SQL.list_opened(conn, lot_id=lot_id), PanelBid)


def check_reader(tender: TenderRow) -> None:
    """Opened bids are for those who score, decide or audit, not for every colleague (Annex IV (f))."""
    tenders.check_role(tender, "evaluator", "moderator", "approver", "auditor", "contract_manager")


@post("/lots/{lot_id:uuid}/opening")
async def open_bids(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> Response[OpeningRecord]:
    """Ask to open a lot's bids, as an opening officer after the deadline.

    The first officer's request is kept and answered 202; the second officer's opens the bids, 201.
    """
    caller.require("write")
    known = await tenders.lock(conn, caller, lot_id=lot_id)
    lot = known.lot(lot_id)
    check_may_open(known.tender, lot)
    await SQL.insert_opening_act(conn, lot_id=lot_id, person_id=caller.person_id)
    facts: dict[str, Any] = {"lot_id": lot_id}
    await events.record(conn, "opening.asked", tender_id=known.tender.id, actor=caller.person_id, data=facts)
    opened_at = None
    if await SQL.count_officers(conn, lot_id=lot_id) >= OFFICERS_NEEDED:
        opened_at, bids_opened = await _open(conn, lot_id)
        facts["bids"] = bids_opened
        await events.record(conn, "bids.opened", tender_id=known.tender.id, actor=caller.person_id, data=facts)
    return Response(await _opening(conn, lot_id, opened_at), status_code=201 if opened_at else 202)


async def _open(conn: db.Connection, lot_id: UUID) -> tuple[datetime, list[dict[str, Any]]]:
    """Read the envelopes in the one role that may, and keep what they held: when, and which bids."""
    await SQL.become_opening_officer(conn)
    envelopes = [row async for row in SQL.open_envelopes(conn, lot_id=lot_id)]
    await SQL.become_service(conn)
    contents = [msgspec.json.decode(row["contents"], type=Submission).values for row in envelopes]
    opened_at: datetime = await SQL.record_opening(
        conn,
        lot_id=lot_id,
        bid_ids=[row["bid_id"] for row in envelopes],
        versions=[row["version"] for row in envelopes],
        contents=contents,
    )
    return opened_at, [{"bid_id": row["bid_id"], "digest": row["digest"]} for row in envelopes]


@get("/lots/{lot_id:uuid}/opening")
async def get_opening(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> OpeningRecord:
    """Read the opening record; for the buyer's people who hold a role in the tender."""
    known = await tenders.read(conn, caller, lot_id=lot_id)
    if known.tender.buyer_id != caller.organisation_id:
        raise NotFound
    if not known.tender.roles:
        raise Forbidden("The opening record is for those who hold a role in the tender.")
    return await _opening(conn, lot_id, known.lot(lot_id).opened_at)


async def _opening(conn: db.Connection, lot_id: UUID, opened_at: datetime | None) -> OpeningRecord:
    return OpeningRecord(
        lot_id=lot_id,
        officers=await db.many(SQL.list_opening_acts(conn, lot_id=lot_id), OpeningAct),
        officers_needed=OFFICERS_NEEDED,
        opened_at=opened_at,
        bids=await db.many(SQL.list_opened(conn, lot_id=lot_id), OpenedLine),
    )


router = Router(path="/", route_handlers=[list_bids, open_bids, get_opening], tags=["Bids"])
