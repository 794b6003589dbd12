"""What bidders are asked after the opening, and their answers: explanations, never a new bid.

Every question is tied to the part of the bid that it touches and has an instant until which it can be answered; an
answer changes nothing in the bid. Sources: C-599/10 SAG ELV Slovensko, C-336/12 Manova; Directive 2014/24/EU, article
56(3). The hearing on an exclusion ground and the request to explain a low price are asked in the same way.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from litestar import Response, Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

import scoring
from service import db, events, opening, panel, tenders
from service.drafts import Instant, Reason
from service.organisations import Caller
from service.panel import Place
from service.problems import CONSTRAINTS, Fault, NotFound, Refusal
from service.tenders import TenderLot, TenderRow

SQL = db.queries("clarifications")

LONGEST: Final = timedelta(days=90)
"""The longest time to answer: nothing is decided while it runs, so an instant far off would block an award for good."""

Kind = Literal["explanation", "obvious_error", "self_cleaning", "abnormally_low"]


class NewClarification(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question about one part of an opened bid: a criterion or a document.

    `explanation`: what does the bid mean? `obvious_error`: is this value what you meant? Anything else would invite a
    new bid.
    """

    kind: Literal["explanation", "obvious_error"]
    question: Reason
    due_at: Instant
    criterion_id: scoring.Id | None = None
    document_id: UUID | None = None

    def __post_init__(self) -> None:
        if (self.criterion_id is None) == (self.document_id is None):
            raise ValueError("criterion_id or document_id: name exactly one, the part of the bid that is touched")
        if self.kind == "obvious_error" and self.criterion_id is None:
            raise ValueError("criterion_id is missing: an obvious error is in the value of a criterion")


class NewAnswer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The bidder's answer. It explains the bid and changes nothing in it."""

    answer: Reason


class Clarification(Struct, frozen=True, kw_only=True):
    """A question to a bidder, and its answer if there is one. At `due_at` it is too late to answer."""

    id: UUID
    bid_id: UUID
    number: int
    supplier: str
    kind: Kind
    criterion_id: str | None
    document_id: UUID | None
    ground_id: str | None
    question: str
    asked_at: datetime
    due_at: datetime
    answer: str | None
    answered_at: datetime | None


class Ask(NamedTuple):
    """What a bidder is to be asked, and the part of its bid or the ground that it touches."""

    kind: Kind
    question: str
    due_at: datetime
    criterion_id: str | None = None
    document_id: UUID | None = None
    ground_id: str | None = None


# Refusals


class NoTimeToAnswer(Refusal):
    """The time to answer is none, or without end.

    A bidder must be able to answer: give an instant in the future, and enough time for what you ask. More than 90 days
    are not given: until then nothing is awarded.
    """

    status = 422


class NoSuchPart(Refusal):
    """The bid has no such part.

    A clarification is tied to one criterion of the lot or to one document that the bid names: nothing else can be asked
    without inviting a new bid. Sources: C-599/10 SAG ELV Slovensko, C-336/12 Manova.
    """

    status = 422


class AnswerTooLate(Refusal):
    """The time to answer has elapsed.

    The instant itself is already too late. What was asked is decided on what the buyer has.
    """


class AlreadyAnswered(Refusal):
    """This has been answered.

    An answer stands as it was given. If the buyer needs to know more, it asks again.
    """


class NotAnswered(Refusal):
    """The bidder has not been heard yet.

    Wait for its answer, or until the time that it was given has elapsed.
    """


CONSTRAINTS["clarification_answers_once"] = (AlreadyAnswered, "There is an answer already.")

# Rules


def check_part(lot: TenderLot, criterion_id: str | None) -> None:
    """A criterion of the lot, and none whose value is still sealed."""
    if criterion_id is None:
        return
    if criterion_id not in {criterion.id for criterion in scoring.leaves(lot.rules.criteria)}:
        raise NoSuchPart(f"Lot {lot.number} has no criterion {criterion_id!r} that bids answer.")
    if criterion_id in lot.price_envelope:
        opening.check_all_opened(lot)


def check_time(tender: TenderRow, due_at: datetime) -> None:
    """An instant that is still to come, by the database's clock, and within 90 days."""
    last = tender.now + LONGEST
    if due_at <= tender.now:
        fault = Fault("/due_at", "This instant has passed.", "Give one in the future.")
    elif due_at > last:
        fault = Fault(
            "/due_at", f"More than {LONGEST.days} days are not given.", f"Give {last.isoformat()} or earlier."
        )
    else:
        return
    raise NoTimeToAnswer(f"It is {tender.now.isoformat()}.", faults=(fault,))


def is_heard(asked: Clarification, now: datetime) -> bool:
    """Whether the bidder has answered, or has let its time elapse."""
    return asked.answered_at is not None or asked.due_at <= now


def check_heard(asked: Sequence[Clarification], now: datetime, what: str) -> Clarification:
    """The last of the questions, once the bidder has been heard about it; refuses before.

    A later question replaces an earlier one, with the time that it gave.
    """
    if not asked:
        raise NotAnswered(f"The bidder has not been asked about {what}.")
    last = asked[-1]
    if not is_heard(last, now):
        raise NotAnswered(f"The bidder may answer about {what} until {last.due_at.isoformat()}.")
    return last


# Asking, used by whoever must hear a bidder


async def ask(conn: db.Connection, caller: Caller, place: Place, bid_id: UUID, new: Ask) -> Clarification:
    """Put a question to the bidder and write it down; the tender is locked."""
    check_time(place.known.tender, new.due_at)
    clarification_id: UUID = await SQL.insert_clarification(
        conn,
        bid_id=bid_id,
        person_id=caller.person_id,
        asked_at=place.known.tender.now,
        **new._asdict(),
    )
    asked = await find(conn, clarification_id)
    facts: dict[str, Any] = {"clarification_id": asked.id, "bid_id": bid_id, "number": asked.number, **new._asdict()}
    facts = {name: value for name, value in facts.items() if value is not None}
    await events.record(
        conn, "clarification.asked", tender_id=place.known.tender.id, actor=caller.person_id, data=facts
    )
    return asked


async def find(conn: db.Connection, clarification_id: UUID) -> Clarification:
    """The clarification of this id; raises NotFound."""
    for found in await _list(conn, clarification_id=clarification_id):
        return found
    raise NotFound


async def of_bid(conn: db.Connection, bid_id: UUID, kind: Kind) -> list[Clarification]:
    """What a bidder was asked of a kind, first to last."""
    return await _list(conn, bid_id=bid_id, kinds=[kind])


async def of_lot(conn: db.Connection, lot_id: UUID, kind: Kind) -> list[Clarification]:
    """What all bidders of a lot were asked of a kind, first to last."""
    return await _list(conn, lot_id=lot_id, kinds=[kind])


async def _list(conn: db.Connection, **where: Any) -> list[Clarification]:
    scope = {"lot_id": None, "bid_id": None, "clarification_id": None, "kinds": None} | where
    return await db.many(SQL.list_clarifications(conn, **scope), Clarification)


# Handlers


@post("/bids/{bid_id:uuid}/clarifications")
async def ask_bidder(
    bid_id: FromPath[UUID],
    data: JSONBody[NewClarification],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Response[Clarification]:
    """Ask a bidder to explain one part of its opened bid, or about an obvious error in it; for those who moderate.

    Ask all bidders with the like part the like question: `GET /lots/{id}/clarifications` shows who was asked what.
    """
    place = await panel.lock_bid(conn, caller, bid_id)
    tenders.check_access(place.known.tender, caller, "ask_bidder")
    panel.check_not_awarded(place.lot)
    check_part(place.lot, data.criterion_id)
    if data.document_id and not await SQL.names_document(conn, bid_id=bid_id, document_id=data.document_id):
        raise NoSuchPart("The bid names no such document; see `GET /bids/{id}/documents`.")
    new = Ask(data.kind, data.question, data.due_at, data.criterion_id, data.document_id)
    return Response(await ask(conn, caller, place, bid_id, new), status_code=201)


@put("/clarifications/{clarification_id:uuid}/answer")
async def answer_clarification(
    clarification_id: FromPath[UUID],
    data: JSONBody[NewAnswer],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Clarification:
    """Answer what you were asked about your own bid, once and before `due_at`; for its supplier.

    This goes for explanations, for errors, for the hearing on an exclusion ground and for a price that seems too low.
    """
    own = await SQL.lock_own(conn, clarification_id=clarification_id, supplier_id=caller.organisation_id)
    if own is None:
        raise NotFound
    known = await tenders.read(conn, caller, tender_id=own["tender_id"])
    tenders.check_not_cancelled([known.lot(own["lot_id"])])
    asked = await find(conn, clarification_id)
    if asked.answered_at is not None:
        raise AlreadyAnswered(f"It was answered at {asked.answered_at.isoformat()}.")
    at = await SQL.answer(conn, clarification_id=clarification_id, answer=data.answer, person_id=caller.person_id)
    if at is None:
        raise AnswerTooLate(f"The time to answer ended at {asked.due_at.isoformat()}.")
    facts = {"clarification_id": clarification_id, "bid_id": asked.bid_id, "answer": data.answer}
    await events.record(conn, "clarification.answered", tender_id=own["tender_id"], actor=caller.person_id, data=facts)
    return await find(conn, clarification_id)


@get("/bids/{bid_id:uuid}/clarifications")
async def list_bid_clarifications(
    bid_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[Clarification]:
    """List what was asked about a bid, and the answers; for its own supplier, and for the buyer's panel."""
    found = await SQL.find_bid(conn, bid_id=bid_id, organisation_id=caller.organisation_id)
    if found is None:
        raise NotFound
    if found["own"]:
        return await _list(conn, bid_id=bid_id)
    known = await tenders.read(conn, caller, lot_id=found["lot_id"])
    return await _shown(conn, known, found["lot_id"], caller, bid_id=bid_id)


@get("/lots/{lot_id:uuid}/clarifications")
async def list_clarifications(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[Clarification]:
    """List which bidders of a lot were asked what, and their answers: equal treatment at a glance; for the panel.

    An evaluator reads what concerns the criteria on which this person is seated, and the documents.
    """
    known = await tenders.read(conn, caller, lot_id=lot_id)
    tenders.check_access(known.tender, caller, "list_clarifications")
    opening.check_reader(known.tender)
    opening.check_opened(known.lot(lot_id))
    return await _shown(conn, known, lot_id, caller, lot_id=lot_id)


async def _shown(
    conn: db.Connection, known: tenders.Known, at: UUID, caller: Caller, **where: UUID
) -> list[Clarification]:
    """An evaluator reads what this person scores means, not what is held against a bidder or its price."""
    opening.check_reader(known.tender)
    beyond = {"moderator", "approver", "auditor"} & set(known.tender.roles)
    kinds: list[Kind] | None = None if beyond else ["explanation", "obvious_error"]
    sight = await opening.sight_of(conn, known, at, caller)
    asked = await _list(conn, **where, kinds=kinds if sight.criteria is None else ["explanation", "obvious_error"])
    return [one for one in asked if one.criterion_id is None or sight.reads(one.criterion_id)]


router = Router(
    path="/",
    route_handlers=[ask_bidder, answer_clarification, list_bid_clarifications, list_clarifications],
    tags=["Evaluation"],
)
