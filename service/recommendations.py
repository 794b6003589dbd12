"""The panel's recommendation: for which bid, on which run, why, and what it was warned about before it signed.

In Braceurself v NHS England one mark on one question changed the winner, and nobody had looked. Here the engine looks:
whoever recommends is shown every mark, every losing bid and every flag on which first place hangs, and answers each by
name, or there is no recommendation.
"""

import asyncio
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

import scoring
from scoring.tie_break import DrawLots
from service import (
    criterion_locks,
    db,
    evaluations,
    events,
    opening,
    panel,
    panel_scores,
    requirements,
    robustness,
    selection,
    tenders,
)
from service.drafts import Reason
from service.evaluations import StoredEvaluation, get_stored
from service.legal import Ground
from service.organisations import Caller
from service.panel import PanelRow, check_not_awarded
from service.panel_scores import PanelScore
from service.problems import CONSTRAINTS, Fault, NotFound, Refusal
from service.requirements import Requirement
from service.tenders import Known, TenderLot

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

    List them at `GET /lots/{id}/recommendations`.
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
        yield Warned(
            name="shared-first-place", message=f"{len(first)} bids share the first place; none of them can win."
        )
    if any("tie_broken:lots" in bid.flags for bid in first):
        yield Warned(name="lots-drawn", message="The first place was decided by drawing lots.")
    for bid in first:
        if any(flag.startswith("abnormally_low") for flag in bid.flags):
            message = f"The price of bid {bid.id}, ranked first, looks abnormally low by the published tests."
            yield Warned(name=f"abnormally-low/{bid.id}", message=message)


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


def grounds_warning(grounds: Iterable[Ground], decided: Container[tuple[str, str]], bid_id: UUID) -> Iterator[Warned]:
    """Mandatory exclusion grounds on which nothing is recorded about the winner."""
    mandatory = [ground.id for ground in grounds if ground.kind == "mandatory"]
    left = [name for name in mandatory if ("ground", name) not in decided]
    if left:
        message = (
            f"Of {len(mandatory)} mandatory exclusion grounds {len(left)} have no recorded decision about bid {bid_id},"
            f" ranked first: {', '.join(left)}. Record them (POST /bids/{bid_id}/selection), or say how it is known"
            " that none applies."
        )
        yield Warned(name="grounds-not-decided", message=message)


def panel_warning(scores: Iterable[PanelScore], chair_id: UUID) -> Iterator[Warned]:
    """All marks that count are one person's, or on some criterion the only ones are the chair's own."""
    scorers: dict[str, dict[UUID, str]] = {}
    for score in scores:
        if score.counts:
            scorers.setdefault(score.criterion_id, {})[score.person_id] = score.person or str(score.person_id)
    everybody = {person: name for held in scorers.values() for person, name in held.items()}
    alone = sorted(name for name, held in scorers.items() if set(held) == {chair_id})
    if len(everybody) == 1:
        (name,) = everybody.values()
        message = f"Every mark that counts is {name}'s: nobody else has scored this lot."
    elif alone:
        message = f"The chair is the only one who has scored {', '.join(alone)}."
    else:
        return
    yield Warned(name="one-person-panel", message=f"{message} Say why the result can be relied on all the same.")


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


async def check_decided(conn: db.Connection, known: Known, lot: TenderLot, bid_id: UUID) -> None:
    """Refuse while a published condition or mandatory requirement has no decision about the bid."""
    asked = (await requirements.of_tender(conn, known.tender.id)).of_lot(lot.number)
    check_all_decided(asked, await selection.decided(conn, lot.id, bid_id), bid_id)


async def record_warnings(
    conn: db.Connection, known: Known, lot: TenderLot, result: scoring.Evaluation
) -> list[Warned]:
    """What the lot's record, and not the engine, warns of: a panel of one, and undecided grounds about the winner."""
    warned: list[Warned] = []
    seated = await db.maybe(panel.SQL.get_panel(conn, lot_id=lot.id), PanelRow)
    if seated is not None:
        warned += panel_warning(await panel_scores.standing(conn, lot.id), seated.chair_id)
    if result.winner is not None:
        winner = UUID(result.winner)
        decided = await selection.decided(conn, lot.id, winner)
        warned += grounds_warning(tenders.legal_rules(known.tender).grounds, decided, winner)
    return warned


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
    known = await tenders.read(conn, caller, lot_id=stored.lot_id)
    recorded = await record_warnings(conn, known, known.lot(stored.lot_id), result)
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
    await check_fresh(conn, lot, stored)
    if data.bid_id is not None:
        await check_decided(conn, known, lot, data.bid_id)
        warned = [*await record_warnings(conn, known, lot, result), *warned]
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
    known = await tenders.lock(conn, caller, lot_id=lot_id)
    tenders.check_access(known.tender, caller, "reject_recommendation")
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
    tenders.check_access(known.tender, caller, "list_recommendations")
    opening.check_reader(known.tender)
    return await db.many(SQL.list_recommendations(conn, lot_id=lot_id), Recommendation)


router = Router(
    path="/",
    route_handlers=[list_warnings, recommend_award, reject_recommendation, list_recommendations],
    tags=["Award"],
)
