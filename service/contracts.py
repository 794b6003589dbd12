"""The contract: recorded as signed, once for an award, and only after the standstill has ended."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from service import awards, db, events, standstill, tenders
from service.awards import Award, ContractSigned, NotAwarded
from service.drafts import Instant
from service.jurisdictions import Presets
from service.organisations import Caller
from service.problems import CONSTRAINTS, Fault, InvalidRequest, Refusal
from service.standstill import StoredStandstill

SQL = db.queries("contracts")


class NewContract(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When the contract was signed by both, and under which reference."""

    signed_at: Instant
    reference: Annotated[str, Meta(min_length=1, max_length=400, pattern=r"\S")]


class Contract(Struct, frozen=True, kw_only=True):
    """The signed contract of a lot."""

    lot_id: UUID
    award_number: int
    bid_id: UUID
    reference: str
    signed_at: datetime
    person_id: UUID
    recorded_at: datetime


# Refusals


class StandstillRuns(Refusal):
    """No contract before the standstill has ended.

    Read `GET /lots/{id}/standstill` for its end, day by day. It begins with the letters to the bidders or with the
    award notice, as the law of the tender says; a contract signed earlier can be set aside.
    """


CONSTRAINTS["contracts_are_signed_once_per_award"] = (ContractSigned, "The contract has been recorded already.")

# Rules


def check_has_winner(award: Award | None, signed_at: datetime) -> Award:
    """A contract follows an award to a bid."""
    if award is None or award.bid_id is None:
        raise NotAwarded("No award to a bid stands.")
    if signed_at < award.decided_at:
        fault = Fault("/signed_at", f"The award was decided at {award.decided_at.isoformat()}.", "Check the instant.")
        raise InvalidRequest("No contract is signed before its award.", faults=(fault,))
    return award


def check_may_sign(law: Presets, waiting: StoredStandstill | None, signed_at: datetime, now: datetime) -> None:
    """Signed in the past, and not an instant before the standstill ended."""
    if signed_at > now:
        fault = Fault("/signed_at", "This lies in the future.", "Record the contract once it is signed.")
        raise InvalidRequest("The contract is not signed yet.", faults=(fault,))
    if law.standstill is not None and waiting is None:
        raise StandstillRuns("The standstill has not begun.")
    if waiting is not None and signed_at < waiting.ends_at:
        raise StandstillRuns(f"The standstill ends at {waiting.ends_at.isoformat()}.")


# Handlers


@post("/lots/{lot_id:uuid}/contract")
async def record_contract(
    lot_id: FromPath[UUID],
    data: JSONBody[NewContract],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Contract:
    """Record the signed contract of a lot; for an approver or contract manager, after the standstill."""
    known = await tenders.lock(conn, caller, lot_id=lot_id)
    tenders.check_access(known.tender, caller, "record_contract")
    tenders.check_cleared(known.tender)
    award = check_has_winner(await awards.standing_award(conn, lot_id), data.signed_at)
    waiting = await standstill.current(conn, lot_id, award.number)
    check_may_sign(tenders.legal_rules(known.tender), waiting, data.signed_at, known.tender.now)
    await SQL.insert_contract(
        conn,
        lot_id=lot_id,
        award_number=award.number,
        reference=data.reference,
        signed_at=data.signed_at,
        person_id=caller.person_id,
    )
    contract = await db.one(SQL.get_contract(conn, lot_id=lot_id), Contract)
    facts = msgspec.to_builtins(contract)
    await events.record(conn, "contract.signed", tender_id=known.tender.id, actor=caller.person_id, data=facts)
    return contract


@get("/lots/{lot_id:uuid}/contract")
async def get_contract(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> Contract:
    """Read the signed contract of a lot's last award; for the buyer's people."""
    known = await tenders.read(conn, caller, lot_id=lot_id)
    tenders.check_access(known.tender, caller, "get_contract")
    tenders.check_cleared(known.tender)
    return await db.one(SQL.get_contract(conn, lot_id=lot_id), Contract)


router = Router(path="/", route_handlers=[record_contract, get_contract], tags=["Award"])
