"""The award decision: somebody who did not score decides, on the last evaluation, for the bid that it ranks first."""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

import scoring
from service import db, events, tenders
from service.organisations import Caller
from service.panel import LotAlreadyAwarded
from service.problems import CONSTRAINTS, NotFound, Refusal
from service.roles import RolesConflict
from service.tenders import Reason

SQL = db.queries("awards")


class NewAward(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The decision: on which evaluation, for which bid, and why. Without a bid nothing is awarded."""

    evaluation_id: UUID
    bid_id: UUID | None
    reason: Reason


class Award(Struct, frozen=True, kw_only=True):
    """A lot's award decision."""

    lot_id: UUID
    evaluation_id: UUID
    bid_id: UUID | None
    reason: str
    person_id: UUID
    decided_at: datetime


class NotTheLastEvaluation(Refusal):
    """An award rests on the lot's last evaluation.

    Read the lot's evaluations and decide on the last one.
    """


class NotRankedFirst(Refusal):
    """An award goes to the bid that is ranked first.

    Another bid can win only after a recorded decision about the first one and a new evaluation.
    """


CONSTRAINTS["awards_once_per_lot"] = (LotAlreadyAwarded, "The award has been decided already.")


class _Latest(Struct, frozen=True):
    id: UUID
    canonical: bytes


def check_award(new: NewAward, latest: _Latest | None) -> None:
    """The last evaluation, and one of the bids that it ranks first."""
    if latest is None or latest.id != new.evaluation_id:
        raise NotTheLastEvaluation("The evaluation is not this lot's last one.")
    result = msgspec.json.decode(latest.canonical, type=scoring.Evaluation)
    first = {bid.id for bid in result.bids if bid.rank == 1}
    if new.bid_id is not None and str(new.bid_id) not in first:
        raise NotRankedFirst(f"The evaluation ranks {', '.join(sorted(first)) or 'no bid'} first.")


@post("/lots/{lot_id:uuid}/award")
async def decide_award(
    lot_id: FromPath[UUID],
    data: JSONBody[NewAward],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Award:
    """Decide the award of a lot with reasons; for an approver, who by that role has not scored."""
    caller.require("write")
    known = await tenders.lock(conn, caller, lot_id=lot_id)
    tenders.check_role(known.tender, "approver")
    tenders.check_cleared(known.tender)
    if await SQL.has_scored(conn, lot_id=lot_id, person_id=caller.person_id):
        raise RolesConflict("You have scored bids of this lot; somebody who has not must decide its award.")
    check_award(data, await db.maybe(SQL.latest_evaluation(conn, lot_id=lot_id), _Latest))
    row = SQL.insert_award(
        conn,
        lot_id=lot_id,
        evaluation_id=data.evaluation_id,
        bid_id=data.bid_id,
        reason=data.reason,
        person_id=caller.person_id,
    )
    award = await db.one(row, Award)
    facts = msgspec.to_builtins(award)
    await events.record(conn, "award.decided", tender_id=known.tender.id, actor=caller.person_id, data=facts)
    return award


@get("/lots/{lot_id:uuid}/award")
async def get_award(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> Award:
    """Read a lot's award decision; for the buyer's people, the panel once it is cleared."""
    known = await tenders.read(conn, caller, lot_id=lot_id)
    if known.tender.buyer_id != caller.organisation_id:
        raise NotFound
    tenders.check_cleared(known.tender)
    return await db.one(SQL.get_award(conn, lot_id=lot_id), Award)


router = Router(path="/", route_handlers=[decide_award, get_award], tags=["Award"])
