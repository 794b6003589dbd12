"""Selection: who may take part, decided by exclusion grounds, conditions of participation and mandatory requirements.

Each decision names its ground, condition or requirement, the evidence, the reason and who decided. None is a score: a
bid is in the race or out of it. A supplier is heard before it is excluded, and may prove that it is reliable again
(self-cleaning). Sources: Directive 2014/24/EU, article 57; Procurement Act 2023, sections 57 and 58.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

import scoring
from service import bidders, clarifications, db, decisions, events, opening, panel, requirements, tenders
from service.clarifications import Ask, Clarification, is_heard
from service.consortia import Party
from service.decisions import BidState, Effect
from service.drafts import Instant, Reason
from service.legal import Ground
from service.organisations import Caller
from service.panel import Place
from service.problems import Fault, Refusal

SQL = db.queries("selection")

Subject = Literal["ground", "condition", "mandatory"]
Outcome = Literal["met", "not_met", "excluded", "self_cleaned", "not_excluded"]
FITTING: dict[Subject, tuple[Outcome, ...]] = {
    "ground": ("met", "excluded", "self_cleaned", "not_excluded"),
    "condition": ("met", "not_met"),
    "mandatory": ("met", "not_met"),
}
"""Which outcomes a subject can have: a supplier that a ground does not touch has met what it asks."""


class NewSelectionDecision(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A decision about a bid and one ground, condition or requirement.

    For a ground: `met` (it does not apply), `excluded`, `self_cleaned` (it applies and the supplier has proved that it
    is reliable again), `not_excluded` (a discretionary one that applies, and excluding would go too far).
    `self_cleaning` says how what the supplier has proved was judged, also where it is excluded all the same. Where
    several stand behind the bid, `evidence` on a ground names each of them. For a condition of participation or a
    mandatory requirement: `met` or `not_met`.
    """

    subject: Subject
    id: scoring.Id
    outcome: Outcome
    evidence: Reason
    reason: Reason
    self_cleaning: Annotated[str, Meta(min_length=1, max_length=10_000, pattern=r"\S")] | None = None

    def __post_init__(self) -> None:
        if self.outcome not in FITTING[self.subject]:
            raise ValueError(
                f"outcome {self.outcome!r} is none for {self.subject}; use {', '.join(FITTING[self.subject])}"
            )
        if self.outcome == "self_cleaned" and self.self_cleaning is None:
            raise ValueError("self_cleaning: write how what the supplier has proved was assessed")
        if self.outcome not in {"self_cleaned", "excluded"} and self.self_cleaning is not None:
            raise ValueError("self_cleaning: write it with the outcomes self_cleaned and excluded, and with no other")


class NewHearing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a supplier is told is held against it, by which ground, and until when it can answer and prove otherwise."""

    ground_id: scoring.Id
    question: Reason
    due_at: Instant


class SelectionDecision(Struct, frozen=True, kw_only=True):
    """A numbered decision about a bid and one ground, condition or requirement; the last for its subject counts."""

    bid_id: UUID
    number: int
    subject: Subject
    subject_id: str
    outcome: Outcome
    evidence: str
    reason: str
    self_cleaning: str | None
    person_id: UUID
    decided_at: datetime


class Decided(Struct, frozen=True, kw_only=True):
    """A decision, what it made of the bid if that changed, and what it does to the order of the last run."""

    decision: SelectionDecision
    state: BidState | None
    effect: Effect | None


# Refusals


class NoSuchGround(Refusal):
    """The tender knows no such ground, condition or requirement.

    Grounds are those of the tender's jurisdiction on the day of its publication (`GET /jurisdictions/{id}`), conditions
    and requirements those published with it (`GET /tenders/{id}/requirements`). Nothing else decides who takes part.
    """

    status = 422


class NotHeard(Refusal):
    """The supplier must be heard before it is excluded on this ground.

    Ask it with `POST /bids/{id}/hearings`, and wait for its answer or until its time has elapsed. Sources: Directive
    2014/24/EU, article 57(6); Procurement Act 2023, section 58(3).
    """


class GroundIsMandatory(Refusal):
    """On a mandatory ground there is no discretion.

    A supplier that it applies to is excluded unless it has proved that it is reliable again, where the law lets it.
    """


class NoSelfCleaning(Refusal):
    """The law knows no self-cleaning on this ground, or the supplier has proved nothing yet.

    It is the supplier that proves its reliability, in its answer to the hearing.
    """


class MeasuresNotJudged(Refusal):
    """The supplier has answered, and nothing is said about what it has proved.

    Who takes measures to be reliable again and is excluded all the same is told why they are not enough: write that
    under `self_cleaning`. Sources: Directive 2014/24/EU, article 57(6); Procurement Act 2023, section 58.
    """

    status = 422


class PartyNotNamed(Refusal):
    """Several stand behind this bid, and nothing is said about one of them.

    Grounds are looked at for every member of a joint bid and for everybody whose capacities it relies upon: name each
    under `evidence`, with what shows it. Who is excluded for one of them is told whom it concerns. They are the
    `parties` of `GET /lots/{id}/bids`. Sources: Directive 2014/24/EU, articles 57 and 63(1).
    """

    status = 422


# Rules


def check_parties(new: NewSelectionDecision, parties: Sequence[Party]) -> None:
    """Refuse evidence on a ground that does not name everybody behind a bid, or for an exclusion anybody."""
    evidence = new.evidence.casefold()
    unnamed = [party for party in parties if party.name.casefold() not in evidence]
    if not unnamed or (new.outcome == "excluded" and len(unnamed) < len(parties)):
        return
    faults = tuple(
        Fault("/evidence", f"Nothing is said about {one.name}, {one.role}.", "Name it, with what was found about it.")
        for one in unnamed
    )
    raise PartyNotNamed(f"Of {len(parties)} behind the bid {len(unnamed)} are not named.", faults=faults)


def check_ground(ground: Ground, new: NewSelectionDecision, hearings: Sequence[Clarification], now: datetime) -> None:
    """A supplier is heard before it is excluded, wherever the law leaves discretion or lets it clean itself."""
    last = hearings[-1] if hearings else None
    if new.outcome == "not_excluded" and ground.kind == "mandatory":
        raise GroundIsMandatory(f"{ground.id} is mandatory: {ground.source}.")
    if new.outcome == "self_cleaned":
        if not ground.self_cleaning:
            raise NoSelfCleaning(f"{ground.id} has none: {ground.source}.")
        if last is None or last.answered_at is None:
            raise NoSelfCleaning(f"The supplier has not answered about {ground.id}.")
    if new.outcome == "excluded" and (ground.self_cleaning or ground.kind == "discretionary"):
        check_heard_out(ground, new, last, now)


def check_heard_out(ground: Ground, new: NewSelectionDecision, last: Clarification | None, now: datetime) -> None:
    """Nobody is excluded unasked, within the time to answer, or without a word on what the answer has proved."""
    if last is None:
        raise NotHeard(f"Nobody has asked the supplier about {ground.id}.")
    if not is_heard(last, now):
        raise NotHeard(f"The supplier may answer about {ground.id} until {last.due_at.isoformat()}.")
    if ground.self_cleaning and last.answered_at is not None and new.self_cleaning is None:
        fault = Fault("/self_cleaning", "It is missing.", "Say why what the supplier has answered is not enough.")
        raise MeasuresNotJudged(f"The supplier has answered about {ground.id}.", faults=(fault,))


def standing(made: Iterable[SelectionDecision], bid_id: UUID) -> dict[tuple[Subject, str], SelectionDecision]:
    """The last decision about a bid for each subject."""
    return {(one.subject, one.subject_id): one for one in made if one.bid_id == bid_id}


def verdict_of(made: Iterable[SelectionDecision]) -> scoring.State:
    """What the standing decisions make of a bid: grounds first, then conditions, then requirements."""
    out = {(one.subject, one.outcome) for one in made}
    if ("ground", "excluded") in out:
        return "excluded"
    if ("condition", "not_met") in out:
        return "failed_selection"
    return "non_compliant" if ("mandatory", "not_met") in out else "admissible"


def reasons_out(made: Iterable[SelectionDecision], grounds: Iterable[Ground]) -> str:
    """All that stands against a bid, as its bidder reads it, each ground with its source; empty where nothing does."""
    sources = {("ground", ground.id): f" ({ground.source})" for ground in grounds}
    told = [
        (f"{one.subject} {one.subject_id}{sources.get((one.subject, one.subject_id), '')}, {one.outcome}:", one)
        for one in made
        if one.outcome in {"excluded", "not_met"}
    ]
    return " ".join(part for name, one in told for part in (name, one.reason, one.self_cleaning) if part)


# Reading


def _ground(place: Place, ground_id: str) -> Ground:
    law = tenders.legal_rules(place.known.tender)
    for ground in law.grounds:
        if ground.id == ground_id:
            return ground
    raise NoSuchGround(f"{law.title} has no exclusion ground {ground_id!r} for this tender.")


async def _check_subject(conn: db.Connection, place: Place, bid_id: UUID, new: NewSelectionDecision) -> None:
    """Refuse what the tender does not know, and an exclusion before the supplier was heard."""
    if new.subject == "ground":
        asked = await clarifications.of_bid(conn, bid_id, "self_cleaning")
        hearings = [one for one in asked if one.ground_id == new.id]
        check_ground(_ground(place, new.id), new, hearings, place.known.tender.now)
        check_parties(new, (await bidders.behind(conn, place.lot.id)).parties.get(bid_id, ()))
        return
    published = (await requirements.of_tender(conn, place.known.tender.id)).of_lot(place.lot.number)
    if (new.subject, new.id) not in {(one.kind, one.id) for one in published}:
        raise NoSuchGround(f"Lot {place.lot.number} was published without a {new.subject} {new.id!r}.")


# Handlers


@post("/bids/{bid_id:uuid}/hearings")
async def open_hearing(
    bid_id: FromPath[UUID],
    data: JSONBody[NewHearing],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Response[Clarification]:
    """Tell a supplier which exclusion ground is held against it and ask for its answer; for moderators and approvers.

    It answers with `PUT /clarifications/{id}/answer`, and may prove there that it is reliable again.
    """
    place = await panel.lock_bid(conn, caller, bid_id)
    tenders.check_access(place.known.tender, caller, "open_hearing")
    panel.check_not_awarded(place.lot)
    _ground(place, data.ground_id)
    new = Ask("self_cleaning", data.question, data.due_at, ground_id=data.ground_id)
    return Response(await clarifications.ask(conn, caller, place, bid_id, new), status_code=201)


@post("/bids/{bid_id:uuid}/selection")
async def decide_selection(
    bid_id: FromPath[UUID],
    data: JSONBody[NewSelectionDecision],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Response[Decided]:
    """Decide about a bid and one ground, condition or requirement, with evidence and reason; for those who moderate.

    On a joint bid the evidence on a ground names every party. The bid's state follows from all such decisions together,
    out of the race and back into it. Where the lot has been
    ranked the answer shows the order before and after, both ways; a new run makes it count.
    """
    place = await panel.lock_bid(conn, caller, bid_id)
    tenders.check_access(place.known.tender, caller, "decide_selection")
    panel.check_not_awarded(place.lot)
    await _check_subject(conn, place, bid_id, data)
    row = SQL.insert_decision(
        conn,
        bid_id=bid_id,
        subject=data.subject,
        subject_id=data.id,
        outcome=data.outcome,
        evidence=data.evidence,
        reason=data.reason,
        self_cleaning=data.self_cleaning,
        person_id=caller.person_id,
    )
    made = await db.one(row, SelectionDecision)
    facts = msgspec.to_builtins(made)
    await events.record(conn, "selection.decided", tender_id=place.known.tender.id, actor=caller.person_id, data=facts)
    every = await db.many(SQL.list_decisions(conn, lot_id=place.lot.id), SelectionDecision)
    earlier = [one for one in every if (one.bid_id, one.number) != (bid_id, made.number)]
    now, then = standing(every, bid_id).values(), standing(earlier, bid_id).values()
    verdict, grounds = verdict_of(now), tenders.legal_rules(place.known.tender).grounds
    before = (await decisions.verdicts_of(conn, bid_id)).get("selection", "admissible")
    state = effect = None
    if verdict != before or reasons_out(now, grounds) != reasons_out(then, grounds):
        reason = reasons_out(now, grounds) or f"{data.subject} {data.id}, {data.outcome}: {data.reason}"
        state = await decisions.decide(conn, caller, place, (bid_id, "selection", verdict, reason))
        effect = await decisions.effect_of(conn, place.lot.id, {bid_id: state.state})
    return Response(Decided(decision=made, state=state, effect=effect), status_code=201)


@get("/lots/{lot_id:uuid}/selection")
async def list_selection(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[SelectionDecision]:
    """List every selection decision about a lot's bids, first to last; for the panel."""
    known = await tenders.read(conn, caller, lot_id=lot_id)
    tenders.check_access(known.tender, caller, "list_selection")
    opening.check_reader(known.tender)
    return await db.many(SQL.list_decisions(conn, lot_id=lot_id), SelectionDecision)


router = Router(path="/", route_handlers=[open_hearing, decide_selection, list_selection], tags=["Evaluation"])
