"""Obvious errors mended by two persons, after the bidder was asked and has answered; the bid as opened stays as it is.

A moderator proposes the corrected value, an approver confirms it; the next evaluation uses it, and both values are
shown. Sources: C-599/10 SAG ELV Slovensko, C-336/12 Manova: an obvious clerical error may be corrected where that does
not amount to a new bid.
"""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

import scoring
from service import clarifications, db, events, opening, panel, tenders
from service.clarifications import Clarification
from service.drafts import Reason
from service.opening import PanelBid
from service.organisations import Caller
from service.panel import Place
from service.problems import CONSTRAINTS, Fault, NotFound, Refusal
from service.tenders import TenderLot

SQL = db.queries("corrections")

SOURCE = "C-599/10 SAG ELV Slovensko, paragraph 40; C-336/12 Manova, paragraph 32"


class NewCorrection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The value that the bid obviously meant, and why that is obvious without looking at any other bid."""

    corrected: Annotated[str, Meta(min_length=1, max_length=20_000)]
    reason: Reason


class NewCorrectionDecision(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the proposed value counts, and why."""

    decision: Literal["confirmed", "refused"]
    reason: Reason


class Correction(Struct, frozen=True, kw_only=True):
    """A proposed correction and what was decided about it; only a confirmed one counts, the last for its criterion.

    `source` is why the law lets an obvious error be mended at all.
    """

    clarification_id: UUID
    bid_id: UUID
    criterion_id: str
    original: str
    corrected: str
    reason: str
    proposed_by_id: UUID
    proposed_at: datetime
    decision: Literal["confirmed", "refused"] | None
    decision_reason: str | None
    decided_by_id: UUID | None
    decided_at: datetime | None
    source: str = SOURCE


# Refusals


class NotAnObviousError(Refusal):
    """Only an obvious error that the bidder was asked about, and has answered, is corrected.

    Ask it with `POST /bids/{id}/clarifications`, kind `obvious_error`. What follows from an explanation is
    for the panel to score; it changes no value.
    """


class UnfitCorrection(Refusal):
    """This cannot be the corrected value.

    It must be another value than the one opened, and one that the bid could have had when it was submitted. A criterion
    that the panel scores has no value to correct.
    """

    status = 422


class CorrectionProposed(Refusal):
    """A correction has been proposed on this answer.

    Somebody else confirms or refuses it. For another one ask the bidder again.
    """


class CorrectedByYourself(Refusal):
    """You proposed this correction yourself.

    What a bid is taken to mean is decided by two persons: another approver confirms it.
    """


class CorrectionDecided(Refusal):
    """This correction has been decided.

    A decision stands. If it was wrong, ask the bidder again and propose another correction.
    """


CONSTRAINTS["corrections_once_per_clarification"] = (CorrectionProposed, "One was proposed already.")
CONSTRAINTS["correction_decisions_once"] = (CorrectionDecided, "It was decided already.")

# Rules


def check_error(asked: Clarification) -> str:
    """The criterion of an obvious error that the bidder has answered about; refuses everything else."""
    if asked.kind != "obvious_error" or asked.criterion_id is None:
        raise NotAnObviousError(f"The bidder was asked for an {asked.kind.replace('_', ' ')}.")
    if asked.answered_at is None:
        raise NotAnObviousError("The bidder has not answered; nothing is corrected against its silence.")
    return asked.criterion_id


def check_value(lot: TenderLot, bid: PanelBid, criterion_id: str, corrected: str) -> None:
    """A value that the lot's rules could have taken in the bid, and another one than before."""
    criterion = next(one for one in scoring.leaves(lot.rules.criteria) if one.id == criterion_id)
    if scoring.is_for_panel(criterion):
        raise UnfitCorrection(f"The panel scores {criterion_id}: the answer explains it, nothing is corrected.")
    if corrected == (bid.offers | bid.corrections).get(criterion_id):
        raise UnfitCorrection(f"{criterion_id} is {corrected} already.")
    found = scoring.check_offer(lot.rules, bid.offers | {criterion_id: corrected})
    faults = tuple(Fault("/corrected", one.message, one.mend) for one in found if one.criterion == criterion_id)
    if faults:
        raise UnfitCorrection(f"{corrected!r} cannot be the value of {criterion_id}.", faults=faults)


def check_may_correct(lot: TenderLot, criterion_id: str) -> None:
    """Not after the award; what was open at the lock stays from then on, and a sealed price is not known."""
    panel.check_not_awarded(lot)
    if criterion_id in lot.price_envelope:
        opening.check_all_opened(lot)
    else:
        panel.check_not_locked(lot)


# Handlers


async def _place(conn: db.Connection, caller: Caller, clarification_id: UUID) -> tuple[Place, Clarification]:
    """The locked tender of a clarification, for its buyer's people."""
    bid_id: UUID | None = await clarifications.SQL.locate(conn, clarification_id=clarification_id)
    if bid_id is None:
        raise NotFound
    place = await panel.lock_bid(conn, caller, bid_id)
    return place, await clarifications.find(conn, clarification_id)


async def _find(conn: db.Connection, clarification_id: UUID) -> Correction:
    rows = SQL.list_corrections(conn, lot_id=None, clarification_id=clarification_id)
    for found in await db.many(rows, Correction):
        return found
    raise NotFound


@post("/clarifications/{clarification_id:uuid}/correction")
async def propose_correction(
    clarification_id: FromPath[UUID],
    data: JSONBody[NewCorrection],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Response[Correction]:
    """Propose the corrected value of an obvious error that the bidder has answered about; for moderators."""
    place, asked = await _place(conn, caller, clarification_id)
    tenders.check_access(place.known.tender, caller, "propose_correction")
    criterion_id = check_error(asked)
    check_may_correct(place.lot, criterion_id)
    opened = await db.many(opening.SQL.list_opened(conn, lot_id=place.lot.id), PanelBid)
    bid = next(one for one in opened if one.bid_id == asked.bid_id)
    check_value(place.lot, bid, criterion_id, data.corrected)
    await SQL.insert_correction(
        conn,
        clarification_id=clarification_id,
        bid_id=asked.bid_id,
        criterion_id=criterion_id,
        original=bid.offers.get(criterion_id, ""),
        corrected=data.corrected,
        reason=data.reason,
        person_id=caller.person_id,
        proposed_at=place.known.tender.now,
    )
    made = await _find(conn, clarification_id)
    facts = msgspec.to_builtins(made)
    await events.record(
        conn, "correction.proposed", tender_id=place.known.tender.id, actor=caller.person_id, data=facts
    )
    return Response(made, status_code=201)


@put("/clarifications/{clarification_id:uuid}/correction/decision")
async def decide_correction(
    clarification_id: FromPath[UUID],
    data: JSONBody[NewCorrectionDecision],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Correction:
    """Confirm or refuse a proposed correction; for an approver, and to confirm for another person than proposed it."""
    place, _ = await _place(conn, caller, clarification_id)
    tenders.check_access(place.known.tender, caller, "decide_correction")
    made = await _find(conn, clarification_id)
    check_may_correct(place.lot, made.criterion_id)
    if made.decision is not None:
        raise CorrectionDecided(f"It was {made.decision} at {made.decided_at}.")
    if data.decision == "confirmed" and made.proposed_by_id == caller.person_id:
        raise CorrectedByYourself("Another approver confirms it; you can refuse it.")
    await SQL.insert_decision(
        conn,
        clarification_id=clarification_id,
        proposer_id=made.proposed_by_id,
        decision=data.decision,
        reason=data.reason,
        person_id=caller.person_id,
        decided_at=place.known.tender.now,
    )
    made = await _find(conn, clarification_id)
    facts = msgspec.to_builtins(made)
    await events.record(conn, "correction.decided", tender_id=place.known.tender.id, actor=caller.person_id, data=facts)
    return made


@get("/lots/{lot_id:uuid}/corrections")
async def list_corrections(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[Correction]:
    """List the corrections of a lot's bids, with the values as opened beside them; for the panel.

    An evaluator reads those of the criteria on which this person is seated.
    """
    known = await tenders.read(conn, caller, lot_id=lot_id)
    tenders.check_access(known.tender, caller, "list_corrections")
    opening.check_reader(known.tender)
    sight = await opening.sight_of(conn, known, lot_id, caller)
    made = await db.many(SQL.list_corrections(conn, lot_id=lot_id, clarification_id=None), Correction)
    return [one for one in made if sight.reads(one.criterion_id)]


router = Router(path="/", route_handlers=[propose_correction, decide_correction, list_corrections], tags=["Evaluation"])
