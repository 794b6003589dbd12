"""Prices that seem too low: flagged by the published tests, explained by the bidder, judged and decided by people.

Nothing here rejects by itself. A flagged bid's supplier is asked in writing and has a time to answer; a moderator
judges the explanation with reasons; an approver accepts or rejects on that. Where the law wants a rejection the case is
named. Sources: Directive 2014/24/EU, article 69; Procurement Act 2023, section 19(4) and (5).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

import scoring
from service import clarifications, db, decisions, events, opening, panel, tenders
from service.clarifications import Ask, Clarification, check_heard
from service.drafts import Instant, Reason
from service.legal import ExplanationPeriod, LegalRule
from service.opening import PanelBid
from service.organisations import Caller
from service.panel import Place
from service.problems import Fault, Refusal
from service.tenders import TenderLot

SQL = db.queries("abnormally_low")

FLAG = "abnormally_low:"
WHAT = "its price"


class NewRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the supplier is to explain about its price or costs, in writing, and until when.

    A bid that no published test flags can be asked too: then the question says why its price seems too low.
    """

    question: Reason
    due_at: Instant


class NewAssessment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the explanation was judged, and why. `mandatory_case` is the law's rule by which it must be rejected.

    Name one of the jurisdiction's `abnormally_low_mandatory` rules where it applies.
    """

    explained: bool
    reason: Reason
    mandatory_case: scoring.Id | None = None

    def __post_init__(self) -> None:
        if self.explained and self.mandatory_case is not None:
            raise ValueError("mandatory_case: what must be rejected is not explained; leave one of the two out")


class NewLowDecision(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What follows from the last assessment, and why."""

    outcome: Literal["accepted", "rejected"]
    reason: Reason


class Assessment(Struct, frozen=True, kw_only=True):
    """A numbered assessment of what a bidder has explained, or has left unexplained in its time."""

    bid_id: UUID
    number: int
    clarification_id: UUID
    explained: bool
    mandatory_case: str | None
    reason: str
    person_id: UUID
    assessed_at: datetime


class LowDecision(Struct, frozen=True, kw_only=True):
    """A numbered decision on an assessment; the last one counts."""

    bid_id: UUID
    number: int
    assessment: int
    outcome: Literal["accepted", "rejected"]
    reason: str
    person_id: UUID
    decided_at: datetime


class LowBid(Struct, frozen=True, kw_only=True):
    """A bid whose price seems too low: by which published tests of the last run, and what has happened about it.

    `open` is what is still to be done before the lot can be awarded; none: nothing.
    """

    bid_id: UUID
    supplier: str
    state: scoring.State
    flags: list[str]
    requests: list[Clarification]
    assessments: list[Assessment]
    decisions: list[LowDecision]
    open: Literal["request", "answer", "assessment", "decision"] | None


# Refusals


class NotAssessed(Refusal):
    """A bid with an abnormally low price has not been dealt with.

    Its supplier is asked to explain, the explanation is assessed, and an approver accepts or rejects it with reasons.
    What is still to be done for which bid is listed under `errors`, and at `GET /lots/{id}/abnormally-low`.
    """


class AssessmentMissing(Refusal):
    """There is nothing to decide on yet.

    A moderator assesses what the bidder has explained, with `POST /bids/{id}/abnormally-low/assessments`; after a new
    request it is assessed anew.
    """


class PeriodNotAllowed(Refusal):
    """The law sets how long a supplier may explain its price.

    Give an instant within the period that the detail names, with its source.
    """

    status = 422


class NoSuchCase(Refusal):
    """The jurisdiction knows no such case of mandatory rejection.

    Its cases are the `abnormally_low_mandatory` rules of `GET /jurisdictions/{id}`. Without one the rejection is a
    matter of judgement, with reasons.
    """

    status = 422


class AssessmentSaysOtherwise(Refusal):
    """The decision does not follow from the assessment.

    What was explained is not rejected, and what the law wants rejected is not accepted. Assess it anew first.
    """


class AssessedByYourself(Refusal):
    """You assessed this bid's price yourself.

    An approver who has not judged it decides; the role that you hold by now does not change that.
    """


# Rules


class Procedure(NamedTuple):
    """All that has happened about one bid's price, each first to last."""

    requests: Sequence[Clarification]
    assessments: Sequence[Assessment]
    decisions: Sequence[LowDecision]


def flags_of(canonical: bytes | None) -> dict[UUID, list[str]]:
    """The published tests that flagged bids in a run, by bid."""
    if canonical is None:
        return {}
    result = msgspec.json.decode(canonical, type=scoring.Evaluation)
    found = {
        UUID(bid.id): [flag.removeprefix(FLAG) for flag in bid.flags if flag.startswith(FLAG)] for bid in result.bids
    }
    return {bid_id: flags for bid_id, flags in found.items() if flags}


def check_period(period: ExplanationPeriod | None, now: datetime, due_at: datetime) -> None:
    """At least and at most as long as the law says, where it says so."""
    if period is None:
        return
    least = timedelta(days=period.least_days or 0)
    most = None if period.most_days is None else timedelta(days=period.most_days)
    if due_at - now < least or (most is not None and due_at - now > most):
        ends = f"at least {period.least_days or 0} days" + (f", at most {period.most_days}" if most else "")
        fault = Fault("/due_at", f"The period is {ends}.", "Give an instant within it.")
        raise PeriodNotAllowed(f"By {period.source} the supplier has {ends}.", faults=(fault,))


def still_open(done: Procedure, now: datetime) -> Literal["request", "answer", "assessment", "decision"] | None:
    """The next step of a procedure; a later request or assessment asks for the steps behind it anew."""
    if not done.requests:
        return "request"
    request = done.requests[-1]
    if not clarifications.is_heard(request, now):
        return "answer"
    if not done.assessments or done.assessments[-1].clarification_id != request.id:
        return "assessment"
    decided = bool(done.decisions) and done.decisions[-1].assessment == done.assessments[-1].number
    return None if decided else "decision"


def check_other_person(done: Procedure, person_id: UUID) -> None:
    """Who has assessed the price, whenever that was, does not decide on it."""
    mine = [one.number for one in done.assessments if one.person_id == person_id]
    if mine:
        raise AssessedByYourself(f"Assessment {mine[-1]} is yours.")


def check_decision(done: Procedure, outcome: Literal["accepted", "rejected"], now: datetime) -> Assessment:
    """On the last assessment of the last request; as the assessment says, except that discretion may accept."""
    check_heard(done.requests, now, WHAT)
    if still_open(done, now) == "assessment":
        raise AssessmentMissing("Nobody has assessed the bidder's explanation since it was last asked.")
    last = done.assessments[-1]
    if outcome == "rejected" and last.explained:
        raise AssessmentSaysOtherwise("The price was found explained; a bid is not rejected against that.")
    if outcome == "accepted" and last.mandatory_case is not None:
        raise AssessmentSaysOtherwise(f"By {last.mandatory_case} the bid must be rejected.")
    return last


def told_reason(mandatory: Iterable[LegalRule], assessment: Assessment, new: NewLowDecision) -> str:
    """The reason as the bidder reads it: with the law's source where by that law the bid must be rejected."""
    source = next((rule.source for rule in mandatory if rule.id == assessment.mandatory_case), None)
    return new.reason if source is None else f"{new.reason} ({source})"


def check_all_assessed(bids: Iterable[LowBid]) -> None:
    """Refuse an award while a bid in the race that was flagged, or asked about its price, waits for a decision."""
    faults = tuple(
        Fault(
            f"/bids/{bid.bid_id}/abnormally-low",
            f"{bid.supplier}: {', '.join(bid.flags) or 'asked'}.",
            _MENDS[bid.open],
        )
        for bid in bids
        if bid.open is not None and bid.state == "admissible"
    )
    if faults:
        raise NotAssessed(f"{len(faults)} bids with low prices wait for a decision.", faults=faults)


_MENDS: Mapping[str, str] = {
    "request": "Ask its supplier to explain the price: POST /bids/{id}/abnormally-low/requests.",
    "answer": "Wait for the supplier's answer, or until its time has elapsed.",
    "assessment": "Assess what was explained: POST /bids/{id}/abnormally-low/assessments.",
    "decision": "Let an approver decide: POST /bids/{id}/abnormally-low/decisions.",
}


# Reading, used by the award


async def low_bids(conn: db.Connection, lot: TenderLot, now: datetime) -> list[LowBid]:
    """The lot's bids that the last run flags, or that were asked about their price, with what has happened."""
    last = await SQL.last_evaluation(conn, lot_id=lot.id)
    flags = flags_of(last and last["canonical"])
    asked = await clarifications.of_lot(conn, lot.id, "abnormally_low")
    judged = await db.many(SQL.list_assessments(conn, lot_id=lot.id), Assessment)
    made = await db.many(SQL.list_decisions(conn, lot_id=lot.id), LowDecision)
    found: list[LowBid] = []
    for bid in await db.many(opening.SQL.list_opened(conn, lot_id=lot.id), PanelBid):
        done = Procedure(
            [one for one in asked if one.bid_id == bid.bid_id],
            [one for one in judged if one.bid_id == bid.bid_id],
            [one for one in made if one.bid_id == bid.bid_id],
        )
        if bid.bid_id in flags or done.requests:
            found.append(
                LowBid(
                    bid_id=bid.bid_id,
                    supplier=bid.supplier,
                    state=bid.state,
                    flags=flags.get(bid.bid_id, []),
                    requests=list(done.requests),
                    assessments=list(done.assessments),
                    decisions=list(done.decisions),
                    open=still_open(done, now),
                )
            )
    return found


async def check_assessed(conn: db.Connection, lot: TenderLot, now: datetime) -> None:
    """Refuse an award of the lot while a bid with a low price waits for a decision; raises NotAssessed."""
    check_all_assessed(await low_bids(conn, lot, now))


async def _find(conn: db.Connection, place: Place, bid_id: UUID) -> LowBid | None:
    found = await low_bids(conn, place.lot, place.known.tender.now)
    return next((one for one in found if one.bid_id == bid_id), None)


# Handlers


async def _lock(conn: db.Connection, caller: Caller, bid_id: UUID, operation: str) -> Place:
    """A bid's place before its award, with its price open, for whom the operation is."""
    place = await panel.lock_bid(conn, caller, bid_id)
    tenders.check_access(place.known.tender, caller, operation)
    panel.check_not_awarded(place.lot)
    opening.check_all_opened(place.lot)
    return place


async def _answer(conn: db.Connection, place: Place, bid_id: UUID) -> Response[LowBid]:
    found = await _find(conn, place, bid_id)
    assert found is not None
    return Response(found, status_code=201)


async def _record(
    conn: db.Connection, caller: Caller, place: Place, kind: events.Kind, facts: Mapping[str, Any]
) -> None:
    await events.record(conn, kind, tender_id=place.known.tender.id, actor=caller.person_id, data=facts)


@post("/bids/{bid_id:uuid}/abnormally-low/requests")
async def request_explanation(
    bid_id: FromPath[UUID],
    data: JSONBody[NewRequest],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Response[LowBid]:
    """Ask a supplier to explain its low price in writing until an instant; for moderators and approvers.

    It answers with `PUT /clarifications/{id}/answer`. Its silence is no answer, and is assessed once the time is over.
    At most 90 days are given. A later request replaces this one, with its time: a slip in `due_at` is mended by it.
    """
    place = await _lock(conn, caller, bid_id, "request_explanation")
    tender = place.known.tender
    check_period(tenders.legal_rules(tender).explanation_period, tender.now, data.due_at)
    await clarifications.ask(conn, caller, place, bid_id, Ask("abnormally_low", data.question, data.due_at))
    return await _answer(conn, place, bid_id)


@post("/bids/{bid_id:uuid}/abnormally-low/assessments")
async def assess_explanation(
    bid_id: FromPath[UUID],
    data: JSONBody[NewAssessment],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Response[LowBid]:
    """Record how the explanation was judged, once there is one or its time has elapsed; for moderators."""
    place = await _lock(conn, caller, bid_id, "assess_explanation")
    request = check_heard(await clarifications.of_bid(conn, bid_id, "abnormally_low"), place.known.tender.now, WHAT)
    law = tenders.legal_rules(place.known.tender)
    if data.mandatory_case is not None and data.mandatory_case not in {
        rule.id for rule in law.abnormally_low_mandatory
    }:
        raise NoSuchCase(f"{law.title} has no case {data.mandatory_case!r} in which a low price must be rejected.")
    await SQL.insert_assessment(
        conn,
        bid_id=bid_id,
        clarification_id=request.id,
        explained=data.explained,
        mandatory_case=data.mandatory_case,
        reason=data.reason,
        person_id=caller.person_id,
        assessed_at=place.known.tender.now,
    )
    facts = {"bid_id": bid_id, "clarification_id": request.id, **msgspec.to_builtins(data)}
    await _record(conn, caller, place, "abnormally-low.assessed", facts)
    return await _answer(conn, place, bid_id)


@post("/bids/{bid_id:uuid}/abnormally-low/decisions")
async def decide_low_price(
    bid_id: FromPath[UUID],
    data: JSONBody[NewLowDecision],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Response[LowBid]:
    """Accept or reject a low price on the last assessment, with reasons; for an approver, who has not judged it.

    This is the only way in which a bid becomes `abnormally_low_rejected`, and the way back.
    """
    place = await _lock(conn, caller, bid_id, "decide_low_price")
    found = await _find(conn, place, bid_id)
    done = Procedure(found.requests, found.assessments, found.decisions) if found else Procedure((), (), ())
    check_other_person(done, caller.person_id)
    assessment = check_decision(done, data.outcome, place.known.tender.now)
    await SQL.insert_decision(
        conn,
        bid_id=bid_id,
        assessment=assessment.number,
        outcome=data.outcome,
        reason=data.reason,
        person_id=caller.person_id,
        decided_at=place.known.tender.now,
    )
    facts = {"bid_id": bid_id, "assessment": assessment.number, **msgspec.to_builtins(data)}
    await _record(conn, caller, place, "abnormally-low.decided", facts)
    verdict: scoring.State = "abnormally_low_rejected" if data.outcome == "rejected" else "admissible"
    before = (await decisions.verdicts_of(conn, bid_id)).get("abnormally_low", "admissible")
    if verdict != before:
        reason = told_reason(tenders.legal_rules(place.known.tender).abnormally_low_mandatory, assessment, data)
        await decisions.decide(conn, caller, place, (bid_id, "abnormally_low", verdict, reason))
    return await _answer(conn, place, bid_id)


@get("/lots/{lot_id:uuid}/abnormally-low")
async def list_low_bids(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[LowBid]:
    """List the bids whose price seems too low, what happened about them and what is still to be done; for deciders."""
    known = await tenders.read(conn, caller, lot_id=lot_id)
    tenders.check_access(known.tender, caller, "list_low_bids")
    tenders.check_cleared(known.tender)
    return await low_bids(conn, known.lot(lot_id), known.tender.now)


router = Router(
    path="/",
    route_handlers=[request_explanation, assess_explanation, decide_low_price, list_low_bids],
    tags=["Evaluation"],
)
