"""The lock of a criterion's agreed scores: final for the panel; only an approver lifts it, with a reason.

The database itself keeps scores out behind a lock, whoever writes them (migration 0028).

Source: EnergySolutions v NDA [2016] EWHC 1988 (TCC): scores that change late, without a reason, decide awards.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from service import db, events, moderation, opening, panel, tenders
from service.drafts import Reason
from service.organisations import Caller
from service.problems import CONSTRAINTS, Fault, Refusal
from service.tenders import TenderLot

SQL = db.queries("criterion_locks")


class NewUnlock(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a criterion has to be opened again."""

    reason: Reason


class CriterionLock(Struct, frozen=True, kw_only=True):
    """A lock of a criterion, and who lifted it why, if anybody did."""

    criterion_id: str
    number: int
    person_id: UUID
    locked_at: datetime
    unlocked_by: UUID | None
    unlocked_because: str | None
    unlocked_at: datetime | None


class Holder(Struct, frozen=True, kw_only=True):
    """Who holds seats in force, and whether this person may still score: by the role, and by the declaration."""

    person_id: UUID
    person: str
    criteria: tuple[str, ...]
    evaluates: bool
    clearance: tenders.Clearance


# Refusals


class AgreementsMissing(Refusal):
    """The criterion cannot be locked yet.

    Every bid in the race needs its agreed score first; `errors` names those without one.
    """


class NotLocked(Refusal):
    """The criterion is not locked.

    Its scores and agreed scores can be changed, with a reason, without unlocking anything.
    """


class CriteriaNotLocked(Refusal):
    """The agreed scores are not locked yet.

    Bids are ranked by scores that do not change any more. A moderator locks each criterion with `POST
    /lots/{id}/criteria/{criterion}/lock`; `errors` names those that are open.
    """


class SeatNotCleared(Refusal):
    """Somebody who is seated may not score: the role is gone, or no declaration of interest is approved.

    Scores of such a person decide nothing. Let the declaration be approved, or replace the person with `POST
    /lots/{id}/panel/replacements`; an approver unlocks a locked criterion before that. Source: Edmonton City Auditor
    2017, a conflicted evaluator who stayed.
    """


class ScoredBefore(Refusal):
    """Somebody who has scored, moderated or decided about bids does not unlock scores.

    Another approver has to decide about it.
    """


for _table in ("panel_scores", "consensus_scores"):
    CONSTRAINTS[f"{_table}_stay_behind_a_lock"] = (panel.CriterionLocked, "The criterion was locked in the meantime.")

# Rules


def check_agreed(bench: moderation.Bench, criterion_id: str) -> None:
    """Every bid in the race has its agreed score on the criterion."""
    faults = tuple(
        Fault(
            f"/bids/{bid.bid_id}/consensus/{criterion_id}",
            f"No agreed score for {bid.supplier} on {criterion_id}.",
            "Record it with its meeting: POST /lots/{id}/meetings.",
        )
        for bid in bench.bids.values()
        if (bid.bid_id, criterion_id) not in bench.agreed
    )
    if faults:
        raise AgreementsMissing(f"{len(faults)} agreed scores are missing.", faults=faults)


def check_all_locked(lot: TenderLot, locked: Collection[str]) -> None:
    """Refuse to rank while a criterion that the panel scores is open."""
    faults = tuple(
        Fault(
            f"/lots/{lot.id}/criteria/{name}",
            f"{name} is not locked.",
            f"A moderator locks it with POST /lots/{lot.id}/criteria/{name}/lock.",
        )
        for name in panel.panel_criteria(lot)
        if name not in locked
    )
    if faults:
        raise CriteriaNotLocked(" ".join(fault.message for fault in faults), faults=faults)


_CLEARED: dict[tenders.Clearance, str | None] = {
    "not_needed": None,
    "approved": None,
    "outdated": None,
    "none": "has declared no interests",
    "awaiting": "has a declaration of interest that nobody has approved",
    "rejected": "has a declaration of interest that was rejected",
}
"""What stands against scores that were given; a lot that was opened later takes nothing from them."""


def check_holders(holders: Collection[Holder], criteria: Collection[str]) -> None:
    """Refuse while a seat on these criteria is held by somebody who may not score, naming each."""
    found = {
        one.person_id: f"{one.person} {why}."
        for one in holders
        if {*one.criteria} & {*criteria}
        and (why := _CLEARED[one.clearance] if one.evaluates else "is no evaluator of the tender any more")
    }
    faults = tuple(
        Fault("/seats", message, f"Replace the person {person_id}, or let a declaration be approved.")
        for person_id, message in found.items()
    )
    if faults:
        raise SeatNotCleared(" ".join(found.values()), faults=faults)


# Reading


async def check_seats(conn: db.Connection, lot: TenderLot, criteria: Collection[str]) -> None:
    """Refuse while a seat on these criteria of a lot is held by somebody who may not score."""
    check_holders(await db.many(SQL.list_holders(conn, lot_id=lot.id), Holder), criteria)


async def has_scored(conn: db.Connection, lot_id: UUID, person_id: UUID) -> bool:
    """Whether a person has judged anything in the lot: a mark, a bid, a low price, a run; its roles do not matter."""
    judged: bool = await SQL.has_scored(conn, lot_id=lot_id, person_id=person_id)
    return judged


async def locks_of(conn: db.Connection, lot_id: UUID) -> list[CriterionLock]:
    """Every lock of a lot's criteria, first to last."""
    return await db.many(SQL.list_locks(conn, lot_id=lot_id), CriterionLock)


# Handlers


@post("/lots/{lot_id:uuid}/criteria/{criterion_id:str}/lock")
async def lock_criterion(
    lot_id: FromPath[UUID],
    criterion_id: FromPath[str],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> CriterionLock:
    """Lock the agreed scores of a criterion, finally; for moderators.

    Every bid in the race has one, everybody who is seated has scored, and no mark and no seat is newer than it.
    """
    known = await tenders.lock(conn, caller, lot_id=lot_id)
    lot = known.lot(lot_id)
    tenders.check_access(known.tender, caller, "lock_criterion")
    opening.check_opened(lot)
    tenders.check_cleared(known.tender)
    panel.check_not_awarded(lot)
    panel.check_not_locked(lot)
    panel.panel_criterion(lot, criterion_id)
    bench = await moderation.bench_of(conn, lot)
    if criterion_id in bench.locked:
        raise panel.CriterionLocked(f"{criterion_id} is locked already.")
    check_agreed(bench, criterion_id)
    await check_seats(conn, lot, [criterion_id])
    moderation.check_rests_on_marks(bench, [criterion_id])
    await lock_criteria(conn, lot_id, [criterion_id], caller)
    lock = await _last(conn, lot_id, criterion_id)
    facts: dict[str, Any] = {"lot_id": lot_id, "criterion_id": criterion_id, "number": lock.number}
    facts["agreed"] = _told(bench.agreed, criterion_id)
    await events.record(conn, "criterion.locked", tender_id=known.tender.id, actor=caller.person_id, data=facts)
    return lock


async def lock_criteria(conn: db.Connection, lot_id: UUID, criteria: list[str], caller: Caller) -> None:
    """Lock criteria that are open, each under its next number."""
    await SQL.insert_locks(conn, lot_id=lot_id, criteria=criteria, person_id=caller.person_id)


def _told(agreed: Mapping[moderation.Question, moderation.ConsensusScore], criterion_id: str) -> list[dict[str, Any]]:
    return [
        {"bid_id": score.bid_id, "version": score.version, "value": score.value}
        for (_, name), score in agreed.items()
        if name == criterion_id
    ]


async def _last(conn: db.Connection, lot_id: UUID, criterion_id: str) -> CriterionLock:
    locks = await locks_of(conn, lot_id)
    return [lock for lock in locks if lock.criterion_id == criterion_id][-1]


@post("/lots/{lot_id:uuid}/criteria/{criterion_id:str}/unlock")
async def unlock_criterion(
    lot_id: FromPath[UUID],
    criterion_id: FromPath[str],
    data: JSONBody[NewUnlock],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> CriterionLock:
    """Lift the lock of a criterion, with a reason; for an approver who has not scored. Every version stays.

    Not once the technical consensus is locked, and not after the award. The log tells whether a ranking was known.
    """
    known = await tenders.lock(conn, caller, lot_id=lot_id)
    lot = known.lot(lot_id)
    tenders.check_access(known.tender, caller, "unlock_criterion")
    opening.check_opened(lot)
    tenders.check_cleared(known.tender)
    panel.check_not_awarded(lot)
    panel.check_not_locked(lot)
    panel.panel_criterion(lot, criterion_id)
    if await has_scored(conn, lot_id, caller.person_id):
        raise ScoredBefore("You have scored, moderated or decided about bids in this lot.")
    if criterion_id not in await panel.locked_criteria(conn, lot):
        raise NotLocked(f"{criterion_id} is open.")
    standing = await _last(conn, lot_id, criterion_id)
    await SQL.insert_unlock(
        conn,
        lot_id=lot_id,
        criterion_id=criterion_id,
        number=standing.number,
        person_id=caller.person_id,
        reason=data.reason,
    )
    facts: dict[str, Any] = {"lot_id": lot_id, "criterion_id": criterion_id, "number": standing.number}
    facts |= {"reason": data.reason, "ranking_known_since": lot.evaluated_at}
    await events.record(conn, "criterion.unlocked", tender_id=known.tender.id, actor=caller.person_id, data=facts)
    return await _last(conn, lot_id, criterion_id)


@get("/lots/{lot_id:uuid}/criteria/locks")
async def list_locks(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[CriterionLock]:
    """List the locks of a lot's criteria and who lifted which, first to last; for the panel and auditors."""
    known = await tenders.read(conn, caller, lot_id=lot_id)
    tenders.check_access(known.tender, caller, "list_locks")
    opening.check_reader(known.tender)
    return await locks_of(conn, lot_id)


router = Router(path="/", route_handlers=[lock_criterion, unlock_criterion, list_locks], tags=["Evaluation"])
