"""The panel's recommendation: for which bid, on which run, why, and what it was warned about before it signed.

In Braceurself v NHS England one mark on one question changed the winner, and nobody had looked. Here the engine looks:
whoever recommends is shown every mark, every losing bid and every flag on which first place hangs, and answers each by
name, or there is no recommendation.
"""

import asyncio
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

import scoring
from scoring.tie_break import DrawLots
from service import (
    criterion_locks,
    db,
    evaluations,
    events,
    frameworks,
    opening,
    panel,
    requirements,
    selection,
    tenders,
)
from service.drafts import Reason
from service.evaluations import StoredEvaluation, get_stored
from service.forewarnings import Warned, record_warnings, warnings_of
from service.frameworks import PlacesNumber
from service.organisations import Caller
from service.panel import check_not_awarded
from service.problems import CONSTRAINTS, Fault, NotFound, Refusal
from service.requirements import Requirement
from service.selection import SelectionDecision
from service.tenders import Known, TenderLot

SQL = db.queries("recommendations")

WarningName = Annotated[str, Meta(min_length=1, max_length=1_000)]


class Acknowledgement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A warning by its name, and what the panel found when it looked into it."""

    warning: WarningName
    answer: Reason


class NewRecommendation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For which bid of which run, and why; without a bid, that nothing be awarded. Every warning is answered.

    `places`: where a framework is to be concluded with several, with how many.
    """

    evaluation_id: UUID
    bid_id: UUID | None
    reason: Reason
    acknowledged: Annotated[tuple[Acknowledgement, ...], Meta(max_length=10_000)] = ()
    places: PlacesNumber | None = None


class NewRejection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a recommendation is not followed."""

    reason: Reason


class AnsweredWarning(Struct, frozen=True, kw_only=True):
    """A warning with the panel's answer."""

    name: str
    message: str
    answer: str


class Rejection(Struct, frozen=True, kw_only=True):
    """An approver's decision not to follow a recommendation."""

    reason: str
    person_id: UUID
    rejected_at: datetime


class Recommendation(Struct, frozen=True, kw_only=True):
    """A numbered recommendation of a lot, with what the panel was warned about and what it answered."""

    lot_id: UUID
    number: int
    evaluation_id: UUID
    bid_id: UUID | None
    places: int | None
    reason: str
    warnings: list[AnsweredWarning]
    person_id: UUID
    person: str
    recommended_at: datetime
    rejection: Rejection | None


# Refusals


class EvaluationOutdated(Refusal):
    """What the evaluation was computed from has changed since.

    A decision about a bid, an agreed score, a corrected error or a draw came after it. A moderator evaluates the lot
    again, with the reason (`POST /lots/{id}/evaluations`), and recommends on that run.
    """


class NotTheLastEvaluation(Refusal):
    """An award rests on the lot's last evaluation.

    Read the lot's evaluations and decide on the last one.
    """


class NotRankedFirst(Refusal):
    """An award goes to the bid that is ranked first.

    Another bid can win only after a recorded decision about the first one and a new evaluation.
    """


class FirstPlaceShared(Refusal):
    """Several bids are ranked first, and nobody chooses between equals.

    Where the published rules draw lots, reveal the secret (`POST /lots/{id}/draw`), evaluate again and recommend on
    that run. Where no published rule is left to tell them apart, recommend that nothing be awarded (without `bid_id`)
    or cancel the lot; a mistake in a mark or a value is mended first, with its reason, and evaluated again.
    """


class RequirementsNotDecided(Refusal):
    """Nobody has decided whether the winner fulfils everything that was published.

    What was never looked at is not fulfilled. Decide on each condition and requirement that `errors` names, with its
    evidence: `POST /bids/{id}/selection`.
    """


class WarningsNotAnswered(Refusal):
    """The panel has not said that it knows on what this result hangs.

    Read `GET /evaluations/{id}/warnings`, look into each, and answer it by its name under `acknowledged`.
    Source: Braceurself v NHS England [2022] EWHC 1532 (TCC).
    """

    status = 422


class RecommendationDecided(Refusal):
    """This recommendation has been decided on, or a later one stands.

    It was rejected, or its award annulled. See `GET /lots/{id}/recommendations`; a moderator may recommend anew.
    """


CONSTRAINTS["recommendations_are_rejected_once"] = (RecommendationDecided, "The recommendation was rejected before.")

# Rules


def check_choice(result: scoring.Evaluation, bid_id: UUID | None) -> None:
    """The one bid that the run ranks first, or none."""
    first = {bid.id for bid in result.bids if bid.rank == 1}
    if bid_id is not None and str(bid_id) not in first:
        raise NotRankedFirst(f"The evaluation ranks {', '.join(sorted(first)) or 'no bid'} first.")
    if bid_id is not None and len(first) > 1:
        waits = any(isinstance(rule, DrawLots) for rule in result.lot.tie_break) and result.draw_secret is None
        left = "lots are still to be drawn" if waits else "no published rule tells them apart"
        raise FirstPlaceShared(f"The evaluation ranks {', '.join(sorted(first))} first together; {left}.")


def check_all_decided(asked: Iterable[Requirement], decided: Container[tuple[str, str]], bid_id: UUID) -> None:
    """Refuse while a published condition or requirement has no decision about a bid."""
    faults = tuple(
        Fault(
            f"/bids/{bid_id}/selection/{one.kind}/{one.id}",
            f"Nobody has decided on the {_KINDS[one.kind]} {one.id}: {one.title}.",
            f"POST /bids/{bid_id}/selection, whether it is met and by what that is shown.",
        )
        for one in asked
        if (one.kind, one.id) not in decided
    )
    if faults:
        raise RequirementsNotDecided(f"{len(faults)} decisions about bid {bid_id} are missing.", faults=faults)


_KINDS: Mapping[str, str] = {"condition": "condition of participation", "mandatory": "mandatory requirement"}


def answered(warned: Sequence[Warned], acknowledged: Sequence[Acknowledgement]) -> list[AnsweredWarning]:
    """Every warning with its answer; refuses when one has none, and answers to what nobody warned of."""
    answers = {given.warning: given.answer for given in acknowledged}
    names = {warning.name for warning in warned}
    faults = [
        Fault("/acknowledged", warning.message, f'Add {{"warning": "{warning.name}", "answer": "…"}}.')
        for warning in warned
        if warning.name not in answers
    ]
    faults += [
        Fault(f"/acknowledged/{index}/warning", f"There is no warning {given.warning!r}.", "Leave it out.")
        for index, given in enumerate(acknowledged)
        if given.warning not in names
    ]
    if faults:
        raise WarningsNotAnswered(f"{len(faults)} warnings need an answer of their own.", faults=tuple(faults))
    return [
        AnsweredWarning(name=warning.name, message=warning.message, answer=answers[warning.name]) for warning in warned
    ]


def check_may_reject(found: Sequence[Recommendation], number: int, annulled: int) -> None:
    """Only the recommendation that stands: the last one, on which no award was annulled. Raises NotFound.

    `annulled`: the number of the last recommendation whose award was annulled, 0 where none was.
    """
    if number not in {made.number for made in found}:
        raise NotFound
    if found[-1].number != number:
        raise RecommendationDecided(f"Recommendation {found[-1].number} came after it.")
    if number <= annulled:
        raise RecommendationDecided(f"The award that followed recommendation {number} was annulled.")


def check_last(lot: TenderLot, stored: StoredEvaluation | None, last: UUID | None) -> StoredEvaluation:
    """The run, which must be the lot's last one."""
    if stored is None or stored.lot_id != lot.id or stored.id != last:
        raise NotTheLastEvaluation("The evaluation is not this lot's last one.")
    return stored


async def check_fresh(conn: db.Connection, lot: TenderLot, stored: StoredEvaluation) -> None:
    """Refuse a run whose inputs do not hold any more: a decision, an agreed score, a correction or a draw since."""
    criterion_locks.check_all_locked(lot, await panel.locked_criteria(conn, lot))
    await criterion_locks.check_seats(conn, lot, panel.panel_criteria(lot))
    result = msgspec.json.decode(stored.canonical, type=scoring.Evaluation)
    inputs = tuple(sorted(await evaluations.read_inputs(conn, lot), key=lambda bid: bid.id))
    secret = await evaluations.SQL.get_secret(conn, lot_id=lot.id)
    if scoring.digest((inputs, secret)) != result.inputs_digest:
        raise EvaluationOutdated(f"Run {stored.number} of lot {lot.number} was computed from other inputs.")


# Reading


async def check_decided(conn: db.Connection, known: Known, lot: TenderLot, bid_ids: Iterable[UUID]) -> None:
    """Refuse while a published condition or mandatory requirement has no decision about one of the bids."""
    asked = (await requirements.of_tender(conn, known.tender.id)).of_lot(lot.number)
    made = await db.many(selection.SQL.list_decisions(conn, lot_id=lot.id), SelectionDecision)
    for bid_id in bid_ids:
        check_all_decided(asked, selection.standing(made, bid_id), bid_id)


async def stored_or_none(conn: db.Connection, caller: Caller, evaluation_id: UUID) -> StoredEvaluation | None:
    """The run of this id, if the caller may read it."""
    try:
        return await get_stored(conn, caller, evaluation_id)
    except NotFound:
        return None


async def standing(conn: db.Connection, lot_id: UUID) -> Recommendation | None:
    """The last recommendation of a lot, unless it was rejected or the award that followed it was annulled."""
    found = await db.many(SQL.list_recommendations(conn, lot_id=lot_id), Recommendation)
    annulled = await SQL.last_annulled(conn, lot_id=lot_id) or 0
    return found[-1] if found and found[-1].rejection is None and found[-1].number > annulled else None


# Handlers


@get("/evaluations/{evaluation_id:uuid}/warnings")
async def list_warnings(
    evaluation_id: FromPath[UUID],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    places: Annotated[PlacesNumber | None, QueryParameter(description="As in the recommendation.")] = None,
) -> list[Warned]:
    """List what a recommendation on this run must answer by name; for those who score, decide or audit."""
    stored = await get_stored(conn, caller, evaluation_id)
    result = msgspec.json.decode(stored.canonical, type=scoring.Evaluation)
    known = await tenders.read(conn, caller, lot_id=stored.lot_id)
    winner = UUID(result.winner) if result.winner else None
    holders = frameworks.beside(known.tender.framework, result, winner, places)
    recorded = await record_warnings(conn, known, known.lot(stored.lot_id), result, holders)
    return [*recorded, *await asyncio.to_thread(warnings_of, result)]


@post("/lots/{lot_id:uuid}/recommendations")
async def recommend_award(
    lot_id: FromPath[UUID],
    data: JSONBody[NewRecommendation],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Recommendation:
    """Recommend the award of a lot on its last run, with reasons and an answer to every warning; for moderators.

    It awards nothing: an approver who neither scored nor recommended decides (`POST /lots/{id}/award`).
    """
    known = await tenders.read(conn, caller, lot_id=lot_id)
    tenders.check_access(known.tender, caller, "recommend_award")
    stored = await stored_or_none(conn, caller, data.evaluation_id)
    warned: list[Warned] = []
    if stored is not None:
        result = msgspec.json.decode(stored.canonical, type=scoring.Evaluation)
        warned = await asyncio.to_thread(warnings_of, result) if data.bid_id is not None else []
    # Worked out before the lock, because it may take a second; the lock then makes sure that nothing has changed.
    known = await tenders.lock(conn, caller, lot_id=lot_id)
    lot = known.lot(lot_id)
    tenders.check_access(known.tender, caller, "recommend_award")
    opening.check_all_opened(lot)
    check_not_awarded(lot)
    stored = check_last(lot, stored, await SQL.last_evaluation(conn, lot_id=lot_id))
    result = msgspec.json.decode(stored.canonical, type=scoring.Evaluation)
    check_choice(result, data.bid_id)
    places = frameworks.beside(known.tender.framework, result, data.bid_id, data.places)
    await check_fresh(conn, lot, stored)
    if data.bid_id is not None:
        await check_decided(conn, known, lot, (data.bid_id, *places))
        warned = [*await record_warnings(conn, known, lot, result, places), *warned]
    number = await SQL.insert_recommendation(
        conn,
        lot_id=lot_id,
        evaluation_id=stored.id,
        bid_id=data.bid_id,
        places=data.places,
        reason=data.reason,
        warnings=answered(warned, data.acknowledged),
        person_id=caller.person_id,
    )
    made = (await db.many(SQL.list_recommendations(conn, lot_id=lot_id), Recommendation))[-1]
    facts = {"lot_id": lot_id, "number": number, "evaluation_id": stored.id, "bid_id": data.bid_id}
    facts |= {"places": data.places} if data.places else {}
    facts |= {"reason": data.reason, "warnings": made.warnings}
    await events.record(conn, "award.recommended", tender_id=known.tender.id, actor=caller.person_id, data=facts)
    return made


@post("/lots/{lot_id:uuid}/recommendations/{number:int}/rejection")
async def reject_recommendation(
    lot_id: FromPath[UUID],
    number: FromPath[int],
    data: JSONBody[NewRejection],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Recommendation:
    """Do not follow the standing recommendation, with a reason; for an approver. The panel may recommend anew."""
    known = await tenders.lock(conn, caller, lot_id=lot_id)
    tenders.check_access(known.tender, caller, "reject_recommendation")
    tenders.check_cleared(known.tender)
    check_not_awarded(known.lot(lot_id))
    found = await db.many(SQL.list_recommendations(conn, lot_id=lot_id), Recommendation)
    check_may_reject(found, number, await SQL.last_annulled(conn, lot_id=lot_id) or 0)
    await SQL.insert_rejection(conn, lot_id=lot_id, number=number, reason=data.reason, person_id=caller.person_id)
    facts = {"lot_id": lot_id, "number": number, "reason": data.reason}
    await events.record(conn, "recommendation.rejected", tender_id=known.tender.id, actor=caller.person_id, data=facts)
    return (await db.many(SQL.list_recommendations(conn, lot_id=lot_id), Recommendation))[-1]


@get("/lots/{lot_id:uuid}/recommendations")
async def list_recommendations(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[Recommendation]:
    """List a lot's recommendations, first to last; for those who score, decide or audit."""
    known = await tenders.read(conn, caller, lot_id=lot_id)
    tenders.check_access(known.tender, caller, "list_recommendations")
    opening.check_reader(known.tender)
    return await db.many(SQL.list_recommendations(conn, lot_id=lot_id), Recommendation)


router = Router(
    path="/",
    route_handlers=[list_warnings, recommend_award, reject_recommendation, list_recommendations],
    tags=["Award"],
)
