"""The award decision: somebody who neither judged anything nor recommended decides on the standing recommendation.

An award that a court or the buyer annuls stays in the record; the lot goes back to evaluation, and its next award has
the next number.
"""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

import scoring
from service import abnormally_low, criterion_locks, db, events, frameworks, recommendations, tenders
from service.drafts import Reason
from service.frameworks import PlacesNumber
from service.organisations import Caller
from service.panel import LotAlreadyAwarded
from service.problems import CONSTRAINTS, Refusal
from service.recommendations import Recommendation, check_choice, check_last, stored_or_none
from service.roles import RolesConflict

SQL = db.queries("awards")

AnnulledBy = Literal["court", "review_body", "buyer"]


class NewAward(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The decision: on which evaluation, for which bid, and why. Without a bid nothing is awarded.

    `places`: with how many bids a framework is concluded, as the panel has recommended.
    """

    evaluation_id: UUID
    bid_id: UUID | None
    reason: Reason
    places: PlacesNumber | None = None


class NewAnnulment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who annuls an award, why, and under which reference: the judgment's citation, or the buyer's own file.

    Where letters or a notice have told of the award, their readers find reason and reference beside them.
    """

    annulled_by: AnnulledBy
    reference: Annotated[str, Meta(min_length=1, max_length=400, pattern=r"\S")]
    reason: Reason


class Annulment(Struct, frozen=True, kw_only=True):
    """An award annulled: by whom, under which reference, why, and who recorded it."""

    annulled_by: AnnulledBy
    reference: str
    reason: str
    person_id: UUID
    annulled_at: datetime


class Annulled(Struct, frozen=True, kw_only=True):
    """The mark of a letter or notice whose award was annulled: when, by whom, why.

    `replaced_by` is the number of the award by whose letter or notice this one is replaced, once there is one.
    """

    annulled_at: datetime
    annulled_by: AnnulledBy
    reference: str
    reason: str
    replaced_by: int | None


class Award(Struct, frozen=True, kw_only=True):
    """A lot's award decision. Its number is 1 unless an earlier one was annulled.

    `bidder` names the supplier, all who bid with it, and which variant it is; `places` says with how many bids in all a
    framework is concluded, if with more than one.
    """

    lot_id: UUID
    number: int
    evaluation_id: UUID
    recommendation_number: int | None
    bid_id: UUID | None
    reason: str
    person_id: UUID
    decided_at: datetime
    bidder: str | None
    places: int | None = None
    annulment: Annulment | None = None


# Refusals


class NotRecommended(Refusal):
    """An award follows the panel's standing recommendation.

    A moderator recommends with `POST /lots/{id}/recommendations`, on the last evaluation and answering its warnings;
    for another bid the panel must recommend anew.
    """


class RecommendedByYourself(Refusal):
    """You recommended this award yourself.

    Somebody who neither judged anything in the lot nor recommended decides it.
    """


class NotAwarded(Refusal):
    """No award of this lot stands.

    It has not been decided, or it was annulled. See `GET /lots/{id}/awards`.
    """


class ContractSigned(Refusal):
    """The contract of this lot has been signed.

    From then on only a court or a review body annuls the award.
    """


CONSTRAINTS["award_decisions_stand_once_per_lot"] = (LotAlreadyAwarded, "The award has been decided already.")
CONSTRAINTS["awards_are_annulled_once"] = (NotAwarded, "The award has been annulled already.")

# Rules


def check_award(new: NewAward, made: Recommendation | None, person_id: UUID) -> Recommendation:
    """What is decided is what the panel recommends, and who decides did not recommend it."""
    if made is None:
        raise NotRecommended("No recommendation of this lot stands.")
    if (made.evaluation_id, made.bid_id) != (new.evaluation_id, new.bid_id):
        named = f"bid {made.bid_id}" if made.bid_id else "that nothing be awarded"
        raise NotRecommended(f"Recommendation {made.number} is for {named}, on evaluation {made.evaluation_id}.")
    if made.places != new.places:
        asked = f"concludes the framework with {made.places} bids" if made.places else "gives no further places"
        raise NotRecommended(f"Recommendation {made.number} {asked}; decide on that with `places`, or reject it.")
    if made.person_id == person_id:
        raise RecommendedByYourself(f"Recommendation {made.number} is yours.")
    return made


def check_may_annul(award: Award | None, new: NewAnnulment, *, signed: bool) -> Award:
    """A standing award; once there is a contract, only by a court or a review body."""
    if award is None:
        raise NotAwarded("There is no award to annul.")
    if signed and new.annulled_by == "buyer":
        raise ContractSigned("A buyer cannot annul the award of a contract that it has signed.")
    return award


# Reading


async def standing_award(conn: db.Connection, lot_id: UUID) -> Award | None:
    """The lot's award, unless it was annulled."""
    return await db.maybe(SQL.get_award(conn, lot_id=lot_id), Award)


# Handlers


@post("/lots/{lot_id:uuid}/award")
async def decide_award(
    lot_id: FromPath[UUID],
    data: JSONBody[NewAward],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Award:
    """Approve the standing recommendation and so decide the award, with reasons; for an approver who judged nothing."""
    known = await tenders.lock(conn, caller, lot_id=lot_id)
    lot = known.lot(lot_id)
    tenders.check_access(known.tender, caller, "decide_award")
    tenders.check_cleared(known.tender)
    if lot.awarded_at is not None:
        raise LotAlreadyAwarded(f"The award of lot {lot.number} was decided at {lot.awarded_at.isoformat()}.")
    if await criterion_locks.has_scored(conn, lot_id, caller.person_id):
        raise RolesConflict(
            "You have scored, moderated or decided about bids of this lot, or evaluated it; somebody who has not must"
            " decide its award."
        )
    last = await recommendations.SQL.last_evaluation(conn, lot_id=lot_id)
    stored = check_last(lot, await stored_or_none(conn, caller, data.evaluation_id), last)
    result = msgspec.json.decode(stored.canonical, type=scoring.Evaluation)
    check_choice(result, data.bid_id)
    places = frameworks.beside(known.tender.framework, result, data.bid_id, data.places)
    if data.bid_id is not None:
        await abnormally_low.check_assessed(conn, lot, known.tender.now)
    await recommendations.check_fresh(conn, lot, stored)
    if data.bid_id is not None:
        await recommendations.check_decided(conn, known, lot, (data.bid_id, *places))
    made = check_award(data, await recommendations.standing(conn, lot_id), caller.person_id)
    row = SQL.insert_award(
        conn,
        lot_id=lot_id,
        evaluation_id=data.evaluation_id,
        recommendation_number=made.number,
        bid_id=data.bid_id,
        reason=data.reason,
        person_id=caller.person_id,
    )
    award = await db.one(row, Award)
    facts = msgspec.to_builtins(award)
    await events.record(conn, "award.decided", tender_id=known.tender.id, actor=caller.person_id, data=facts)
    if places:
        by = frameworks.GivenBy(lot_id, award.number, data.reason, caller.person_id)
        await frameworks.give_places(conn, known, by, places)
    return award


@post("/lots/{lot_id:uuid}/award/annulment")
async def annul_award(
    lot_id: FromPath[UUID],
    data: JSONBody[NewAnnulment],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Award:
    """Record that the award of a lot is annulled, by whom and why; for an approver.

    The award stays in the record, and the lot returns to evaluation: decisions, scores and a new run are possible.
    """
    known = await tenders.lock(conn, caller, lot_id=lot_id)
    tenders.check_access(known.tender, caller, "annul_award")
    tenders.check_cleared(known.tender)
    signed = await SQL.has_contract(conn, lot_id=lot_id)
    award = check_may_annul(await standing_award(conn, lot_id), data, signed=signed)
    row = SQL.insert_annulment(
        conn,
        lot_id=lot_id,
        number=award.number,
        annulled_by=data.annulled_by,
        reference=data.reference,
        reason=data.reason,
        person_id=caller.person_id,
    )
    annulment = await db.one(row, Annulment)
    facts = {"lot_id": lot_id, "number": award.number, **msgspec.to_builtins(annulment)}
    await events.record(conn, "award.annulled", tender_id=known.tender.id, actor=caller.person_id, data=facts)
    return msgspec.structs.replace(award, annulment=annulment)


@get("/lots/{lot_id:uuid}/award")
async def get_award(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> Award:
    """Read a lot's standing award decision; for the buyer's people, the panel once it is cleared."""
    known = await tenders.read(conn, caller, lot_id=lot_id)
    tenders.check_access(known.tender, caller, "get_award")
    tenders.check_cleared(known.tender)
    return await db.one(SQL.get_award(conn, lot_id=lot_id), Award)


@get("/lots/{lot_id:uuid}/awards")
async def list_awards(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[Award]:
    """List a lot's award decisions with the annulled ones, first to last; for the buyer's people."""
    known = await tenders.read(conn, caller, lot_id=lot_id)
    tenders.check_access(known.tender, caller, "list_awards")
    tenders.check_cleared(known.tender)
    return await db.many(SQL.list_awards(conn, lot_id=lot_id), Award)


router = Router(path="/", route_handlers=[decide_award, annul_award, get_award, list_awards], tags=["Award"])
