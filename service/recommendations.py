"""The panel's recommendation: for which bid, on which run, why, and what it was warned about before it signed.

In Braceurself v NHS England one mark on one question changed the winner, and nobody had looked. Here the engine looks:
whoever recommends is shown every mark, every losing bid and every flag on which first place hangs, and answers each by
name, or there is no recommendation.
"""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

import scoring
from service import criterion_locks, db, evaluations, events, opening, panel, robustness, tenders
from service.drafts import Reason
from service.evaluations import StoredEvaluation, get_stored
from service.organisations import Caller
from service.panel import check_not_awarded
from service.problems import CONSTRAINTS, Fault, NotFound, Refusal
from service.tenders import TenderLot

SQL = db.queries("recommendations")

WarningName = Annotated[str, Meta(min_length=1, max_length=1_000)]


class Acknowledgement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A warning by its name, and what the panel found when it looked into it."""

    warning: WarningName
    answer: Reason


class NewRecommendation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For which bid of which run, and why; without a bid, that nothing be awarded. Every warning is answered."""

    evaluation_id: UUID
    bid_id: UUID | None
    reason: Reason
    acknowledged: Annotated[tuple[Acknowledgement, ...], Meta(max_length=10_000)] = ()


class NewRejection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a recommendation is not followed."""

    reason: Reason


class Warned(Struct, frozen=True, kw_only=True):
    """Something on which the first place hangs. The name is what an acknowledgement repeats."""

    name: str
    message: str


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


class WarningsNotAnswered(Refusal):
    """The panel has not said that it knows on what this result hangs.

    Read `GET /evaluations/{id}/warnings`, look into each, and answer it by its name under `acknowledged`.
    Source: Braceurself v NHS England [2022] EWHC 1532 (TCC).
    """

    status = 422


class RecommendationDecided(Refusal):
    """This recommendation has been decided on, or a later one stands.

    List them at `GET /lots/{id}/recommendations`.
    """


CONSTRAINTS["recommendations_are_rejected_once"] = (RecommendationDecided, "The recommendation was rejected before.")

# Rules


def check_choice(result: scoring.Evaluation, bid_id: UUID | None) -> None:
    """One of the bids that the run ranks first, or none."""
    first = {bid.id for bid in result.bids if bid.rank == 1}
    if bid_id is not None and str(bid_id) not in first:
        raise NotRankedFirst(f"The evaluation ranks {', '.join(sorted(first)) or 'no bid'} first.")


def warnings_of(result: scoring.Evaluation) -> list[Warned]:
    """All on which the first place of a run hangs, worked out by the engine."""
    try:
        robustness.check_size(result)
    except robustness.TooLargeToAnswer:
        text = (
            "The evaluation is too large to be examined here: run `tenderscore sensitivity` on it and say what it says."
        )
        return [Warned(name="not-examined", message=text), *_flagged(result)]
    found = scoring.sensitivity(result.lot, result.inputs, result.draw_secret, draws=0)
    return [*_marks(found), *_removals(found, result), *_flagged(result)]


def _marks(found: scoring.Sensitivity) -> Iterator[Warned]:
    """One mark on one question."""
    for mark in found.marks:
        then = f"bid {mark.winner} wins" if mark.winner else "first place is shared"
        yield Warned(
            name=f"one-mark/{mark.criterion}/{mark.bid}/{mark.grade}-{mark.changed_to}",
            message=f"One mark on one question changes the winner: with {mark.changed_to} instead of {mark.grade} on"
            f" {mark.criterion} for bid {mark.bid}, {then}.",
        )


def _removals(found: scoring.Sensitivity, result: scoring.Evaluation) -> Iterator[Warned]:
    """A losing bid that makes the winner."""
    for removal in found.removals:
        if result.winner not in {removal.bid, removal.winner}:
            then = f"bid {removal.winner} wins" if removal.winner else "first place is shared"
            message = f"A losing bid makes the winner: without bid {removal.bid}, {then}."
            yield Warned(name=f"without-bid/{removal.bid}", message=message)


def _flagged(result: scoring.Evaluation) -> Iterator[Warned]:
    """First place shared, drawn, or held by a price that looks abnormally low."""
    first = [bid for bid in result.bids if bid.rank == 1]
    if len(first) > 1:
        yield Warned(name="shared-first-place", message=f"{len(first)} bids share the first place.")
    if result.draw_secret is not None and any(bid.tied for bid in first):
        yield Warned(name="lots-drawn", message="The first place was decided by drawing lots.")
    for bid in first:
        if any(flag.startswith("abnormally_low") for flag in bid.flags):
            message = f"The price of bid {bid.id}, ranked first, looks abnormally low by the published tests."
            yield Warned(name=f"abnormally-low/{bid.id}", message=message)


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
    evaluation_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[Warned]:
    """List what a recommendation on this run must answer by name; for those who score, decide or audit."""
    stored = await get_stored(conn, caller, evaluation_id)
    result = msgspec.json.decode(stored.canonical, type=scoring.Evaluation)
    return await asyncio.to_thread(warnings_of, result)


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
    caller.require("write")
    known = await tenders.read(conn, caller, lot_id=lot_id)
    if known.tender.buyer_id != caller.organisation_id:
        raise NotFound
    tenders.check_role(known.tender, "moderator")
    stored = await stored_or_none(conn, caller, data.evaluation_id)
    warned: list[Warned] = []
    if stored is not None:
        result = msgspec.json.decode(stored.canonical, type=scoring.Evaluation)
        warned = await asyncio.to_thread(warnings_of, result) if data.bid_id is not None else []
    # Worked out before the lock, because it may take a second; the lock then makes sure that nothing has changed.
    known = await tenders.lock(conn, caller, lot_id=lot_id)
    lot = known.lot(lot_id)
    tenders.check_role(known.tender, "moderator")
    opening.check_all_opened(lot)
    check_not_awarded(lot)
    stored = check_last(lot, stored, await SQL.last_evaluation(conn, lot_id=lot_id))
    check_choice(msgspec.json.decode(stored.canonical, type=scoring.Evaluation), data.bid_id)
    await check_fresh(conn, lot, stored)
    number = await SQL.insert_recommendation(
        conn,
        lot_id=lot_id,
        evaluation_id=stored.id,
        bid_id=data.bid_id,
        reason=data.reason,
        warnings=answered(warned, data.acknowledged),
        person_id=caller.person_id,
    )
    made = (await db.many(SQL.list_recommendations(conn, lot_id=lot_id), Recommendation))[-1]
    facts = {"lot_id": lot_id, "number": number, "evaluation_id": stored.id, "bid_id": data.bid_id}
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
    caller.require("write")
    known = await tenders.lock(conn, caller, lot_id=lot_id)
    tenders.check_role(known.tender, "approver")
    tenders.check_cleared(known.tender)
    check_not_awarded(known.lot(lot_id))
    found = await db.many(SQL.list_recommendations(conn, lot_id=lot_id), Recommendation)
    if number not in {made.number for made in found}:
        raise NotFound
    if found[-1].number != number:
        raise RecommendationDecided(f"Recommendation {found[-1].number} came after it.")
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
    if known.tender.buyer_id != caller.organisation_id:
        raise NotFound
    opening.check_reader(known.tender)
    return await db.many(SQL.list_recommendations(conn, lot_id=lot_id), Recommendation)


router = Router(
    path="/",
    route_handlers=[list_warnings, recommend_award, reject_recommendation, list_recommendations],
    tags=["Award"],
)
