"""The panel at work: individual scores, the agreed score, decisions about bids, and the run of the engine.

People decide every grade and say why; the engine only computes. No path here averages anybody's scores.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, NamedTuple, TypeVar
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

import scoring
from service import db, events, opening, tenders
from service.opening import PanelBid
from service.organisations import Caller
from service.problems import Fault, NotFound, Refusal
from service.tenders import Reason, TenderLot

SQL = db.queries("evaluations")

T = TypeVar("T")


class NewScore(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A score with its reason. The value is one of the published scale, or pass or fail, as text: "4"."""

    value: Annotated[str, Meta(min_length=1, max_length=100)]
    reason: Reason


class NewEvaluation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which rules the panel believes it applies: the lot's `rules_digest` as published."""

    rules_digest: Annotated[
        str, Meta(pattern="^[0-9a-f]{64}$", description="64 hexadecimal digits, as the published lot shows them.")
    ]


class PanelScore(Struct, frozen=True, kw_only=True):
    """One evaluator's standing score for a bid on a criterion."""

    bid_id: UUID
    criterion_id: str
    person_id: UUID
    version: int
    value: str
    reason: str
    given_at: datetime
    person: str | None = None


class ConsensusScore(Struct, frozen=True, kw_only=True):
    """The score that the panel agreed for a bid on a criterion, recorded by a moderator."""

    bid_id: UUID
    criterion_id: str
    version: int
    person_id: UUID
    value: str
    reason: str
    recorded_at: datetime


class EvaluationRun(Struct, frozen=True, kw_only=True):
    """A stored run of the engine. The digest is the SHA-256 of the canonical result at `/evaluations/{id}`."""

    id: UUID
    lot_id: UUID
    number: int
    digest: str
    rules_digest: str
    engine: str
    evaluated_at: datetime


class StoredEvaluation(Struct, frozen=True, kw_only=True):
    """A run with its canonical bytes."""

    id: UUID
    lot_id: UUID
    tender_id: UUID
    number: int
    canonical: bytes
    digest: str
    evaluated_at: datetime


class Outcome(Struct, frozen=True, kw_only=True):
    """What the technical consensus meant for a bid: with a reason it is out, and its price is never opened."""

    bid_id: UUID
    reason: str | None
    by_comparison: bool


# Refusals


class ScoreOffTheScale(Refusal):
    """Only the values of the published scale can be given.

    A score between the steps, or an average, is not on the scale. Source: Bromcom v ULT [2022] EWHC 3262 (TCC).
    """

    status = 422


class NotScoredByThePanel(Refusal):
    """No such criterion is scored by the panel.

    Criteria with a formula are scored by the engine from the bid's own value.
    """

    status = 422


class NobodyHasScored(Refusal):
    """There is nothing to agree on yet.

    At least one evaluator must have scored the bid on this criterion before a consensus is recorded.
    """


class EvaluationIncomplete(Refusal):
    """The lot cannot be ranked yet.

    A missing value stops the ranking; it is never taken as nought. What is missing is listed under `errors`.
    """


class LotAlreadyAwarded(Refusal):
    """The lot's award has been decided.

    From then on its scores, the decisions about its bids and its evaluations stand. Read the award at
    `GET /lots/{id}/award`.
    """


class OtherRules(Refusal):
    """These are not the rules under which the lot was published.

    Bids are scored under the published digest and no other. Read the lot's `rules_digest` again.
    """


class ConsensusLocked(Refusal):
    """The technical consensus of this lot is locked.

    From then on scores and agreed scores stay; decisions about bids wait until the prices are opened. So nobody can fit
    the quality to the price. Source: two-envelope procedure.
    """


class NoRanking(Refusal):
    """The rules allow no ranking of these bids.

    The detail says why. Nothing was stored.
    """


# Rules


def check_not_awarded(lot: TenderLot) -> None:
    """Refuse once the award is decided: what it rests on must stay as it was."""
    if lot.awarded_at is not None:
        raise LotAlreadyAwarded(f"The award of lot {lot.number} was decided at {lot.awarded_at.isoformat()}.")


def check_not_locked(lot: TenderLot) -> None:
    """Refuse once the technical consensus is locked."""
    if lot.consensus_locked_at is not None:
        at = lot.consensus_locked_at.isoformat()
        raise ConsensusLocked(f"The technical consensus of lot {lot.number} was locked at {at}.")


def published_value(lot: TenderLot, criterion_id: str, value: str) -> str:
    """The score in the published scale's spelling; refuses any other, and criteria that the panel does not decide."""
    for criterion in scoring.leaves(lot.rules.criteria):
        if criterion.id == criterion_id and scoring.is_for_panel(criterion):
            try:
                return scoring.judged_value(criterion, value)
            except (scoring.InvalidValue, ValueError) as error:
                message = str(error)
                raise ScoreOffTheScale(f"{message[:1].upper()}{message[1:]}.") from None
    raise NotScoredByThePanel(f"Lot {lot.number} has no criterion {criterion_id!r} that the panel scores.")


def engine_inputs(
    lot: TenderLot,
    opened: Sequence[PanelBid],
    agreed: Mapping[tuple[UUID, str], str],
    fell_behind: Collection[UUID] = (),
) -> list[scoring.OpenedBid]:
    """What the engine gets: offered values as opened, and for what the panel decides the agreed score alone.

    A bid that fell behind others before the prices were opened stays out, whatever becomes of those others; what a bid
    says beyond what was asked is not looked at. Refuses when a bid that is still in the race lacks an agreed score,
    naming every one.
    """
    asked = {criterion.id: criterion for criterion in scoring.leaves(lot.rules.criteria)}
    judged = [name for name, criterion in asked.items() if scoring.is_for_panel(criterion)]
    faults = tuple(
        Fault(
            f"/bids/{bid.bid_id}/consensus/{criterion_id}",
            f"No agreed score for {bid.supplier} on {criterion_id}.",
            f"A moderator records it with PUT /bids/{bid.bid_id}/consensus/{criterion_id}.",
        )
        for bid in opened
        for criterion_id in judged
        if bid.state == "admissible" and (bid.bid_id, criterion_id) not in agreed
    )
    if faults:
        raise EvaluationIncomplete(f"{len(faults)} agreed scores are missing.", faults=faults)
    inputs: list[scoring.OpenedBid] = []
    for bid in opened:
        values = {name: value for name, value in bid.offers.items() if name in asked and name not in judged}
        values |= {name: agreed[bid.bid_id, name] for name in judged if (bid.bid_id, name) in agreed}
        state = "failed_hurdle" if bid.state == "admissible" and bid.bid_id in fell_behind else bid.state
        inputs.append(scoring.OpenedBid(id=str(bid.bid_id), state=state, values=values))
    return inputs


def check_rules(lot: TenderLot, asked: str) -> None:
    """The digest that was published, the one the panel names and the stored rules' own must be one and the same."""
    if not asked == lot.rules_digest == scoring.rules_digest(lot.rules):
        raise OtherRules(f"Lot {lot.number} was published under {lot.rules_digest}.")


def run_engine(work: Callable[..., T], *arguments: object) -> T:
    """What the engine finds; what it cannot score becomes a refusal."""
    try:
        return work(*arguments)
    except scoring.MissingValue as error:
        faults = tuple(Fault("/bids", str(part)) for part in error.args)
        raise EvaluationIncomplete("Values are missing.", faults=faults) from None
    except scoring.Unscorable as error:
        raise NoRanking(" ".join(str(part) for part in error.args)) from None


# Reading


class Place(NamedTuple):
    """A lot and its tender, locked."""

    known: tenders.Known
    lot: TenderLot


async def lock_bid(conn: db.Connection, caller: Caller, bid_id: UUID) -> Place:
    """Lock the tender of an opened bid; a bid that is not opened does not exist for anybody here."""
    found = await SQL.locate_bid(conn, bid_id=bid_id)
    if found is None:
        raise NotFound
    known = await tenders.lock(conn, caller, tender_id=found["tender_id"])
    return Place(known, known.lot(found["lot_id"]))


async def get_stored(conn: db.Connection, caller: Caller, evaluation_id: UUID) -> StoredEvaluation:
    """A run that the caller may read: one of its own organisation's tenders, with a role in it; raises NotFound."""
    row = SQL.get_evaluation(conn, evaluation_id=evaluation_id, organisation_id=caller.organisation_id)
    stored = await db.one(row, StoredEvaluation)
    opening.check_reader((await tenders.read(conn, caller, tender_id=stored.tender_id)).tender)
    return stored


async def read_inputs(conn: db.Connection, lot: TenderLot) -> list[scoring.OpenedBid]:
    """A lot's opened bids as the engine gets them now; refuses changed ones, and while an agreed score is missing."""
    await opening.check_unchanged(conn, lot)
    opened = await db.many(opening.SQL.list_opened(conn, lot_id=lot.id), PanelBid)
    consensus = await db.many(SQL.list_consensus(conn, lot_id=lot.id), ConsensusScore)
    outcomes = await db.many(SQL.list_outcomes(conn, lot_id=lot.id), Outcome)
    agreed = {(score.bid_id, score.criterion_id): score.value for score in consensus}
    return engine_inputs(lot, opened, agreed, {found.bid_id for found in outcomes if found.by_comparison})


# Handlers


@put("/bids/{bid_id:uuid}/scores/{criterion_id:str}")
async def give_score(
    bid_id: FromPath[UUID],
    criterion_id: FromPath[str],
    data: JSONBody[NewScore],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> PanelScore:
    """Give your own score for a bid on a criterion, with your reason; for evaluators. A new one is a new version."""
    caller.require("write")
    known, lot = await lock_bid(conn, caller, bid_id)
    tenders.check_role(known.tender, "evaluator")
    check_not_awarded(lot)
    check_not_locked(lot)
    value = published_value(lot, criterion_id, data.value)
    row = SQL.insert_panel_score(
        conn,
        bid_id=bid_id,
        criterion_id=criterion_id,
        person_id=caller.person_id,
        value=value,
        reason=data.reason,
    )
    score = await db.one(row, PanelScore)
    await events.record(
        conn, "score.given", tender_id=known.tender.id, actor=caller.person_id, data=msgspec.to_builtins(score)
    )
    return score


@get("/lots/{lot_id:uuid}/scores")
async def list_scores(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[PanelScore]:
    """List the panel's scores. An evaluator sees others' only where the own score has been given."""
    known = await tenders.read(conn, caller, lot_id=lot_id)
    if known.tender.buyer_id != caller.organisation_id:
        raise NotFound
    tenders.check_role(known.tender, "evaluator", "moderator", "approver", "auditor")
    opening.check_opened(known.lot(lot_id))
    only = caller.person_id if "evaluator" in known.tender.roles else None
    return await db.many(SQL.list_panel_scores(conn, lot_id=lot_id, person_id=only), PanelScore)


@put("/bids/{bid_id:uuid}/consensus/{criterion_id:str}")
async def record_consensus(
    bid_id: FromPath[UUID],
    criterion_id: FromPath[str],
    data: JSONBody[NewScore],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> ConsensusScore:
    """Record the score that the panel agreed, with the agreed reasons; for moderators. Typed in, never computed."""
    caller.require("write")
    known, lot = await lock_bid(conn, caller, bid_id)
    tenders.check_role(known.tender, "moderator")
    check_not_awarded(lot)
    check_not_locked(lot)
    value = published_value(lot, criterion_id, data.value)
    if await SQL.count_panel_scores(conn, bid_id=bid_id, criterion_id=criterion_id) == 0:
        raise NobodyHasScored(f"No evaluator has scored this bid on {criterion_id}.")
    row = SQL.insert_consensus(
        conn,
        bid_id=bid_id,
        criterion_id=criterion_id,
        person_id=caller.person_id,
        value=value,
        reason=data.reason,
    )
    score = await db.one(row, ConsensusScore)
    await events.record(
        conn,
        "consensus.recorded",
        tender_id=known.tender.id,
        actor=caller.person_id,
        data=msgspec.to_builtins(score),
    )
    return score


@get("/lots/{lot_id:uuid}/consensus")
async def list_consensus(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[ConsensusScore]:
    """List the agreed scores; for the moderator, approver or auditor."""
    known = await tenders.read(conn, caller, lot_id=lot_id)
    if known.tender.buyer_id != caller.organisation_id:
        raise NotFound
    tenders.check_role(known.tender, "moderator", "approver", "auditor")
    return await db.many(SQL.list_consensus(conn, lot_id=lot_id), ConsensusScore)


@post("/lots/{lot_id:uuid}/evaluations")
async def evaluate_lot(
    lot_id: FromPath[UUID],
    data: JSONBody[NewEvaluation],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Response[EvaluationRun]:
    """Run the engine on the opened bids and the agreed scores under the published rules; for moderators.

    The result is kept for good with its digest; a later run stands beside it.
    """
    caller.require("write")
    known = await tenders.lock(conn, caller, lot_id=lot_id)
    lot = known.lot(lot_id)
    tenders.check_role(known.tender, "moderator")
    opening.check_all_opened(lot)
    check_not_awarded(lot)
    check_rules(lot, data.rules_digest)
    inputs = await read_inputs(conn, lot)
    result = await asyncio.to_thread(run_engine, scoring.evaluate, lot.rules, inputs)
    row = SQL.insert_evaluation(
        conn,
        lot_id=lot_id,
        person_id=caller.person_id,
        canonical=scoring.canonical(result),
        digest=scoring.digest(result),
        rules_digest=result.rules_digest,
        engine=result.engine,
    )
    run = await db.one(row, EvaluationRun)
    facts: dict[str, Any] = {"evaluation_id": run.id, "number": run.number, "digest": run.digest}
    facts |= {"rules_digest": run.rules_digest, "inputs_digest": result.inputs_digest, "winner": result.winner}
    await events.record(conn, "lot.evaluated", tender_id=known.tender.id, actor=caller.person_id, data=facts)
    return Response(run, status_code=201, headers={"Location": f"/evaluations/{run.id}"})


@get("/lots/{lot_id:uuid}/evaluations")
async def list_evaluations(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[EvaluationRun]:
    """List a lot's runs, first to last; for those who score, decide or audit."""
    known = await tenders.read(conn, caller, lot_id=lot_id)
    if known.tender.buyer_id != caller.organisation_id:
        raise NotFound
    opening.check_reader(known.tender)
    return await db.many(SQL.list_evaluations(conn, lot_id=lot_id), EvaluationRun)


router = Router(
    path="/",
    route_handlers=[
        give_score,
        list_scores,
        record_consensus,
        list_consensus,
        evaluate_lot,
        list_evaluations,
    ],
    tags=["Evaluation"],
)
