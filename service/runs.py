"""Runs of the engine side by side: each is proved again from its own inputs, two are told apart by what changed.

A result is never replaced. An exclusion or a corrected error makes a further run, and the difference between the two is
data: which inputs changed, by whose decision, what that did to totals and ranks, and whether another bid wins.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

import scoring
from service import db, events, opening, tenders
from service.evaluations import StoredEvaluation, get_stored
from service.organisations import Caller
from service.problems import Refusal

SQL = db.queries("runs")


class Verification(Struct, frozen=True, kw_only=True):
    """A run computed again from its stored inputs. `differences` names every place that did not come out the same.

    `digest` is that of the result as computed now, by `engine`; `agrees` when no digit differs from what is stored.
    """

    evaluation_id: UUID
    number: int
    person_id: UUID
    engine: str
    digest: str
    differences: list[str]
    verified_at: datetime
    agrees: bool


class Decision(Struct, frozen=True, kw_only=True):
    """What a person decided between two runs that may have changed an input.

    A bid's state, an agreed score, or the confirmation of a corrected value that a moderator had proposed
    (`GET /lots/{id}/corrections`).
    """

    kind: Literal["state", "agreed_score", "correction"]
    bid_id: UUID
    criterion_id: str | None
    number: int
    value: str
    reason: str
    person: str
    decided_at: datetime


class Drawing(Struct, frozen=True, kw_only=True):
    """The lots drawn between two runs: with which secret, revealed by whom and when."""

    secret: str
    person: str
    revealed_at: datetime


class ChangedInput(Struct, frozen=True, kw_only=True):
    """An input that differs between two runs, with the decisions behind it; without a criterion the bid's state."""

    bid_id: str
    criterion_id: str | None
    before: str | None
    after: str | None
    decisions: list[Decision]


class MovedBid(Struct, frozen=True, kw_only=True):
    """A bid's total and rank in both runs; what is missing was not ranked, or not there."""

    bid_id: str
    total_before: str | None
    total_after: str | None
    rank_before: int | None
    rank_after: int | None


class Difference(Struct, frozen=True, kw_only=True):
    """What is different between an earlier run and a later one, and why the later one was made."""

    before: UUID
    after: UUID
    reason: str | None
    rules_changed: bool
    engine_before: str
    engine_after: str
    lots_drawn_between: bool
    drawing: Drawing | None
    inputs: list[ChangedInput]
    bids: list[MovedBid]
    winner_before: str | None
    winner_after: str | None
    winner_changed: bool


# Refusals


class RunsNotComparable(Refusal):
    """Only a run with an earlier one of the same lot can be compared.

    List a lot's runs at `GET /lots/{id}/evaluations`, and name the earlier one in `from`.
    """

    status = 422


# Rules


def verified(canonical: bytes) -> tuple[str, tuple[str, ...]]:
    """The digest of a stored run as the engine computes it now, and every place at which it differs."""
    stored = msgspec.json.decode(canonical, type=scoring.Evaluation)
    again = scoring.evaluate(stored.lot, stored.inputs, stored.draw_secret)
    found = hashlib.sha256(scoring.canonical(again)).hexdigest()
    return found, () if found == hashlib.sha256(canonical).hexdigest() else scoring.verify(stored)


def changed_inputs(
    before: scoring.Evaluation, after: scoring.Evaluation, decisions: Sequence[Decision]
) -> list[ChangedInput]:
    """Every state and value that is not the same in both runs, bid by bid, with what was decided about it between."""
    earlier = {bid.id: bid for bid in before.inputs}
    later = {bid.id: bid for bid in after.inputs}
    changes: list[ChangedInput] = []
    for name in sorted(earlier.keys() | later.keys()):
        one, two = earlier.get(name), later.get(name)
        was: dict[str | None, str] = {None: one.state, **one.values} if one else {}
        now: dict[str | None, str] = {None: two.state, **two.values} if two else {}
        changes.extend(
            ChangedInput(
                bid_id=name,
                criterion_id=criterion,
                before=was.get(criterion),
                after=now.get(criterion),
                decisions=[made for made in decisions if (str(made.bid_id), made.criterion_id) == (name, criterion)],
            )
            for criterion in sorted(was.keys() | now.keys(), key=lambda key: key or "")
            if was.get(criterion) != now.get(criterion)
        )
    return changes


def moved_bids(before: scoring.Evaluation, after: scoring.Evaluation) -> list[MovedBid]:
    """Every bid's total and rank before and after, in the order of the later ranks."""
    earlier = {bid.id: bid for bid in before.bids}
    later = {bid.id: bid for bid in after.bids}
    names = [*later, *(name for name in earlier if name not in later)]
    return [
        MovedBid(
            bid_id=name,
            total_before=earlier[name].total if name in earlier else None,
            total_after=later[name].total if name in later else None,
            rank_before=earlier[name].rank if name in earlier else None,
            rank_after=later[name].rank if name in later else None,
        )
        for name in names
    ]


def explain(
    before: StoredEvaluation, after: StoredEvaluation, decisions: Sequence[Decision], drawing: Drawing | None
) -> Difference:
    """The difference between two runs of a lot."""
    one = msgspec.json.decode(before.canonical, type=scoring.Evaluation)
    two = msgspec.json.decode(after.canonical, type=scoring.Evaluation)
    return Difference(
        before=before.id,
        after=after.id,
        reason=after.reason,
        rules_changed=one.rules_digest != two.rules_digest,
        engine_before=one.engine,
        engine_after=two.engine,
        lots_drawn_between=one.draw_secret != two.draw_secret,
        drawing=drawing,
        inputs=changed_inputs(one, two, decisions),
        bids=moved_bids(one, two),
        winner_before=one.winner,
        winner_after=two.winner,
        winner_changed=one.winner != two.winner,
    )


# Handlers


@post("/evaluations/{evaluation_id:uuid}/verification")
async def verify_evaluation(
    evaluation_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> Verification:
    """Compute a stored run again from its own inputs and compare every digit; for those who score, decide or audit.

    The outcome is kept, whichever it is. `tenderscore verify RESULT.json` does the same without us.
    """
    stored = await get_stored(conn, caller, evaluation_id)
    known = await tenders.lock_record(conn, caller, tender_id=stored.tender_id)
    opening.check_reader(known.tender)
    digest, differences = await asyncio.to_thread(verified, stored.canonical)
    row = SQL.insert_verification(
        conn,
        evaluation_id=evaluation_id,
        person_id=caller.person_id,
        engine=scoring.ENGINE,
        digest=digest,
        differences=list(differences),
    )
    verification = await db.one(row, Verification)
    facts = {"evaluation_id": evaluation_id, "number": verification.number, "digest": digest}
    facts |= {"engine": scoring.ENGINE, "agrees": verification.agrees}
    await events.record(conn, "evaluation.verified", tender_id=known.tender.id, actor=caller.person_id, data=facts)
    return verification


@get("/evaluations/{evaluation_id:uuid}/verifications")
async def list_verifications(
    evaluation_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[Verification]:
    """List when a run was computed again, and what came out; for those who score, decide or audit."""
    await get_stored(conn, caller, evaluation_id)
    return await db.many(SQL.list_verifications(conn, evaluation_id=evaluation_id), Verification)


@get("/evaluations/{evaluation_id:uuid}/difference")
async def get_difference(
    evaluation_id: FromPath[UUID],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    earlier: Annotated[UUID, QueryParameter(name="from", description="The earlier run of the same lot.")],
) -> Difference:
    """Say what differs in a run from an earlier one, and by whose decisions; for those who score, decide or audit."""
    after = await get_stored(conn, caller, evaluation_id)
    before = await get_stored(conn, caller, earlier)
    if before.lot_id != after.lot_id:
        raise RunsNotComparable("The two runs belong to different lots.")
    if before.number > after.number:
        raise RunsNotComparable(f"Run {before.number} is not earlier than run {after.number}; exchange the two.")
    window = {"lot_id": after.lot_id, "since": before.evaluated_at, "until": after.evaluated_at}
    decisions = await db.many(SQL.list_decisions(conn, **window), Decision)
    return explain(before, after, decisions, await db.maybe(SQL.get_drawing(conn, **window), Drawing))


router = Router(path="/", route_handlers=[verify_evaluation, list_verifications, get_difference], tags=["Evaluation"])
