"""The run of the engine on opened bids and locked agreed scores; every result is kept with its digest.

People decide every grade and say why; the engine only computes. No path here averages anybody's scores.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

import scoring
from service import criterion_locks, db, events, jobs, moderation, opening, panel, tenders
from service.drafts import Reason
from service.edge import Cursor, PartLimit, part_of, start_of
from service.opening import PanelBid
from service.organisations import Caller
from service.problems import Fault, Refusal
from service.tenders import TenderLot

SQL = db.queries("evaluations")

T = TypeVar("T")

PREPARE = "report-parts"
"""What the worker calls the job that lays out the report's sections ahead: a run signs off what the panel said of each
bid, and weeks pass before somebody asks for the report of an award."""


class NewEvaluation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which rules the panel believes it applies: the lot's `rules_digest` as published.

    A run after the first one needs a reason: what was excluded, corrected or agreed anew since.
    """

    rules_digest: Annotated[
        str, Meta(pattern="^[0-9a-f]{64}$", description="64 hexadecimal digits, as the published lot shows them.")
    ]
    reason: Reason | None = None


class EvaluationRun(Struct, frozen=True, kw_only=True):
    """A stored run of the engine. The digest is the SHA-256 of the canonical result at `/evaluations/{id}`."""

    id: UUID
    lot_id: UUID
    number: int
    reason: str | None
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
    reason: str | None
    canonical: bytes
    digest: str
    evaluated_at: datetime


class Outcome(Struct, frozen=True, kw_only=True):
    """What the technical consensus meant for a bid: with a reason it is out, and its price is never opened."""

    bid_id: UUID
    reason: str | None
    by_comparison: bool


# Refusals


class EvaluationIncomplete(Refusal):
    """The lot cannot be ranked yet.

    A missing value stops the ranking; it is never taken as nought. What is missing is listed under `errors`.
    """


class OtherRules(Refusal):
    """These are not the rules under which the lot was published.

    Bids are scored under the published digest and no other. Read the lot's `rules_digest` again.
    """


class RunWithoutReason(Refusal):
    """A further run needs a reason.

    The first result stays. A later one stands beside it, and whoever compares them must learn why there are two.
    """

    status = 422


class NoRanking(Refusal):
    """The rules allow no ranking of these bids.

    The detail says why. Nothing was stored.
    """


# Rules


def engine_inputs(
    lot: TenderLot,
    opened: Sequence[PanelBid],
    agreed: Mapping[tuple[UUID, str], str],
    fell_behind: Collection[UUID] = (),
) -> list[scoring.OpenedBid]:
    """What the engine gets: values as opened or corrected, and for what the panel decides the agreed score alone.

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
            f"A moderator records it with its meeting: POST /lots/{lot.id}/meetings.",
        )
        for bid in opened
        for criterion_id in judged
        if bid.state == "admissible" and (bid.bid_id, criterion_id) not in agreed
    )
    if faults:
        raise EvaluationIncomplete(f"{len(faults)} agreed scores are missing.", faults=faults)
    inputs: list[scoring.OpenedBid] = []
    for bid in opened:
        offers = bid.comparable(lot.rules).items()
        values = {name: value for name, value in offers if name in asked and name not in judged}
        values |= {name: agreed[bid.bid_id, name] for name in judged if (bid.bid_id, name) in agreed}
        state = "failed_hurdle" if bid.state == "admissible" and bid.bid_id in fell_behind else bid.state
        inputs.append(scoring.OpenedBid(id=str(bid.bid_id), state=state, values=values))
    return inputs


def check_rules(lot: TenderLot, asked: str) -> None:
    """The digest that was published, the one the panel names and the stored rules' own must be one and the same."""
    if not asked == lot.rules_digest == scoring.rules_digest(lot.rules):
        raise OtherRules(f"Lot {lot.number} was published under {lot.rules_digest}.")


def check_reason(runs: int, reason: str | None) -> None:
    """Refuse a run after the first one that does not say why it was made."""
    if runs and reason is None:
        fault = Fault("/reason", "The reason is missing.", "Say what was excluded, corrected or agreed anew.")
        raise RunWithoutReason(f"The lot has {runs} runs already.", faults=(fault,))


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
    consensus = await moderation.standing(conn, lot.id)
    outcomes = await db.many(SQL.list_outcomes(conn, lot_id=lot.id), Outcome)
    agreed = {(score.bid_id, score.criterion_id): score.value for score in consensus}
    return engine_inputs(lot, opened, agreed, {found.bid_id for found in outcomes if found.by_comparison})


# Handlers


@post("/lots/{lot_id:uuid}/evaluations")
async def evaluate_lot(
    lot_id: FromPath[UUID],
    data: JSONBody[NewEvaluation],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Response[EvaluationRun]:
    """Run the engine on the opened bids and the agreed scores under the published rules; for moderators.

    The agreed scores of every criterion are locked by then (`POST /lots/{id}/criteria/{criterion}/lock`). The result
    is kept for good with its digest; a later run, which needs a reason, stands beside it
    (`GET /evaluations/{id}/difference`). Where lots were drawn, the revealed secret decides the ties.
    """
    known = await tenders.lock(conn, caller, lot_id=lot_id)
    lot = known.lot(lot_id)
    tenders.check_access(known.tender, caller, "evaluate_lot")
    opening.check_all_opened(lot)
    tenders.check_cleared(known.tender)
    panel.check_not_awarded(lot)
    check_rules(lot, data.rules_digest)
    check_reason(await SQL.count_evaluations(conn, lot_id=lot_id), data.reason)
    inputs = await read_inputs(conn, lot)
    criterion_locks.check_all_locked(lot, await panel.locked_criteria(conn, lot))
    await criterion_locks.check_seats(conn, lot, panel.panel_criteria(lot))
    secret = await SQL.get_secret(conn, lot_id=lot_id)
    result = await asyncio.to_thread(run_engine, scoring.evaluate, lot.rules, inputs, secret)
    row = SQL.insert_evaluation(
        conn,
        lot_id=lot_id,
        person_id=caller.person_id,
        reason=data.reason,
        canonical=scoring.canonical(result),
        digest=scoring.digest(result),
        rules_digest=result.rules_digest,
        engine=result.engine,
    )
    run = await db.one(row, EvaluationRun)
    facts: dict[str, Any] = {"evaluation_id": run.id, "number": run.number, "digest": run.digest}
    facts |= {"rules_digest": run.rules_digest, "inputs_digest": result.inputs_digest, "winner": result.winner}
    facts |= {"reason": run.reason} if run.reason else {}
    await events.record(conn, "lot.evaluated", tender_id=known.tender.id, actor=caller.person_id, data=facts)
    await jobs.enqueue(conn, PREPARE, str(run.id))
    return Response(run, status_code=201, headers={"Location": f"/evaluations/{run.id}"})


@get("/lots/{lot_id:uuid}/evaluations")
async def list_evaluations(
    lot_id: FromPath[UUID],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    state: State,
    limit: PartLimit = None,
    cursor: Cursor = None,
) -> Response[list[EvaluationRun]]:
    """List a lot's runs, first to last; for those who score, decide or audit."""
    known = await tenders.read(conn, caller, lot_id=lot_id)
    tenders.check_access(known.tender, caller, "list_evaluations")
    opening.check_reader(known.tender)
    at, behind = start_of(cursor, state.secrets)
    most = None if limit is None else limit + 1
    rows = SQL.list_evaluations(conn, lot_id=lot_id, after_at=at, after_id=behind, limit=most)
    runs = await db.many(rows, EvaluationRun)
    path = f"/lots/{lot_id}/evaluations"
    return part_of(runs, limit, path, lambda run: (run.evaluated_at, run.id), state.secrets)


router = Router(
    path="/",
    route_handlers=[
        evaluate_lot,
        list_evaluations,
    ],
    tags=["Evaluation"],
)
