"""How long a record is kept, legal holds, and the end: what suppliers sent is destroyed, what was decided stays.

Destroyed are the tender's key and its shares, the envelopes, the opened offers with their variants' descriptions, who
stood behind joint bids, opening records on paper, which quote both, the documents and their keys, suppliers' questions
and answers, and the values in corrections.

The record stays and verifies: the log to the byte, and so also what was written there of questions, answers and
corrections when they were made; receipts with their digests; scores, reasons and minutes; results with the values that
they rank; letters as they were sent; questions as they were published. The conditions are judged by the database
(`shred_bids`). Backups and what officers keep outside of the service are theirs to destroy.
Source: Directive 2014/24/EU art. 84(2); Procurement Act 2023 s. 98; data protection law asks not to keep for longer.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, Router, get, post, put
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from service import db, document_store, events
from service.drafts import Reason
from service.organisations import Caller
from service.problems import Fault, InvalidRequest, Refusal
from service.tenders import TenderRow, check_access, legal_rules, lock_record, read

SQL = db.queries("retention")


class NewPeriod(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many years the buyer keeps the record, at least as many as the law wants, and why."""

    years: Annotated[int, Meta(ge=1, le=100)]
    reason: Reason


class NewHold(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Place a legal hold (`held` true) or lift it, and why. While it stands nothing is destroyed."""

    held: bool
    reason: Reason


class NewShredding(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request to destroy what suppliers sent, and why."""

    reason: Reason


class ShreddingAct(Struct, frozen=True, kw_only=True):
    """A request to destroy that counts: made since the last decision about a hold."""

    person_id: UUID
    person: str
    reason: str
    acted_at: datetime


class Retention(Struct, frozen=True, kw_only=True):
    """How long a tender's record is kept. `years` is the longer of the law's and the buyer's own.

    `retained_until` counts from the last award, contract or cancellation, once every lot has come to one; None before.
    """

    law_years: int | None
    own_years: int | None
    own_reason: str | None
    years: int | None
    retained_until: datetime | None
    held: bool
    hold_reason: str | None
    hold_decided_by: str | None
    hold_decided_at: datetime | None
    shredding: list[ShreddingAct]
    shredded_at: datetime | None


class _Stored(Struct, frozen=True, kw_only=True):
    own_years: int | None
    own_reason: str | None
    retained_until: datetime | None
    held: bool
    hold_reason: str | None
    hold_decided_by: str | None
    hold_decided_at: datetime | None
    hold_number: int
    shredded_at: datetime | None


# Refusals


class StillRetained(Refusal):
    """The record must still be kept.

    It is kept for the years that the law or the buyer has set, from the last award, contract or cancellation, and while
    a lot has come to none. Where no law sets years, the approver does, with `PUT /tenders/{id}/retention`.
    """


class LegalHoldStands(Refusal):
    """A legal hold stands, so nothing is destroyed.

    An approver lifts it, with a reason, with `PUT /tenders/{id}/legal-hold`; whoever asked before asks again then.
    """


class AlreadyShredded(Refusal):
    """What suppliers sent has been destroyed.

    The log, the results and the reasons are kept.
    """


# Rules


def check_may_shred(tender: TenderRow, found: Retention) -> None:
    """Only after the retention has run out, its last instant included; never under a hold, never twice."""
    if found.shredded_at is not None:
        raise AlreadyShredded(f"It was destroyed at {found.shredded_at.isoformat()}.")
    if found.held:
        raise LegalHoldStands(f"{found.hold_decided_by} placed a hold: {found.hold_reason}")
    if found.years is None:
        raise StillRetained("No law sets how long this record is kept, and the buyer has not said.")
    if found.retained_until is None:
        raise StillRetained("Not every lot has come to an award, a contract or a cancellation.")
    if tender.now < found.retained_until:
        raise StillRetained(f"It is kept until {found.retained_until.isoformat()}.")


# Reading


async def _find(conn: db.Connection, tender: TenderRow) -> Retention:
    least = legal_rules(tender).record_years
    stored = await db.one(SQL.get_retention(conn, tender_id=tender.id, least_years=least), _Stored)
    years = [period for period in (least, stored.own_years) if period is not None]
    shared = set(Retention.__struct_fields__) & set(_Stored.__struct_fields__)
    return Retention(
        **{name: getattr(stored, name) for name in shared},
        law_years=least,
        years=max(years, default=None),
        shredding=await db.many(SQL.list_acts(conn, tender_id=tender.id), ShreddingAct),
    )


# Handlers


@get("/tenders/{tender_id:uuid}/retention")
async def get_retention(
    tender_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> Retention:
    """Read how long a tender's record is kept, whether a legal hold stands, and who has asked to destroy."""
    known = await read(conn, caller, tender_id=tender_id)
    check_access(known.tender, caller, "get_retention")
    return await _find(conn, known.tender)


@put("/tenders/{tender_id:uuid}/retention")
async def set_retention(
    tender_id: FromPath[UUID],
    data: JSONBody[NewPeriod],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Retention:
    """Set how long the record is kept, where no law says or longer than it does; for an approver."""
    known = await lock_record(conn, caller, tender_id=tender_id)
    check_access(known.tender, caller, "set_retention")
    before = await _find(conn, known.tender)
    if before.shredded_at is not None:
        raise AlreadyShredded(f"It was destroyed at {before.shredded_at.isoformat()}.")
    if before.law_years is not None and data.years < before.law_years:
        fault = Fault("/years", f"{data.years} is less than the law wants.", f"Write {before.law_years} or more.")
        raise InvalidRequest("The period is shorter than the law's.", faults=(fault,))
    await SQL.insert_period(conn, tender_id=tender_id, years=data.years, reason=data.reason, person_id=caller.person_id)
    facts = {"years": data.years, "law_years": before.law_years, "reason": data.reason}
    await events.record(conn, "retention.set", tender_id=tender_id, actor=caller.person_id, data=facts)
    return await _find(conn, known.tender)


@put("/tenders/{tender_id:uuid}/legal-hold")
async def decide_hold(
    tender_id: FromPath[UUID],
    data: JSONBody[NewHold],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Retention:
    """Place a legal hold on the record, or lift it, with a reason; for an approver. Earlier requests to destroy end."""
    known = await lock_record(conn, caller, tender_id=tender_id)
    check_access(known.tender, caller, "decide_hold")
    before = await _find(conn, known.tender)
    if before.shredded_at is not None:
        raise AlreadyShredded(f"It was destroyed at {before.shredded_at.isoformat()}.")
    await SQL.insert_hold(conn, tender_id=tender_id, held=data.held, reason=data.reason, person_id=caller.person_id)
    facts = {"held": data.held, "reason": data.reason}
    await events.record(conn, "hold.decided", tender_id=tender_id, actor=caller.person_id, data=facts)
    return await _find(conn, known.tender)


@post("/tenders/{tender_id:uuid}/shredding")
async def shred_bids(
    tender_id: FromPath[UUID],
    data: JSONBody[NewShredding],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    state: State,
) -> Response[Retention]:
    """Destroy what suppliers sent, once the retention has run out; for two of the tender's approvers and auditors.

    The first is answered 202, and nothing happens; the second one's request does it. It cannot be undone. Destroyed are
    bids, documents, questions and answers; the log to the byte, results with the values that they rank, scores, reasons
    and sent letters stay.
    """
    known = await lock_record(conn, caller, tender_id=tender_id)
    check_access(known.tender, caller, "shred_bids")
    check_may_shred(known.tender, await _find(conn, known.tender))
    await SQL.insert_act(conn, tender_id=tender_id, person_id=caller.person_id, reason=data.reason)
    facts = {"reason": data.reason}
    await events.record(conn, "shredding.asked", tender_id=tender_id, actor=caller.person_id, data=facts)
    least = legal_rules(known.tender).record_years
    done = await SQL.shred_bids(conn, tender_id=tender_id, person_id=caller.person_id, least_years=least)
    if done is not None:
        async for row in SQL.list_objects(conn, tender_id=tender_id):
            await document_store.store_at(row["kept_in"], state.pool).delete(row["upload_id"])
    return Response(await _find(conn, known.tender), status_code=202 if done is None else 201)


router = Router(path="/", route_handlers=[get_retention, set_retention, decide_hold, shred_bids], tags=["Tenders"])
