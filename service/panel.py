"""The panel of a lot: who scores which criterion and why so many, who chairs, and when the panel must meet.

A seat is one person on one criterion. It ends by a recorded replacement; what its holder has scored stays in the record
and is no longer waited for. Source: Cabinet Office, Bid Evaluation Guidance Note (May 2021), appendix I.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

import scoring
from scoring.answers import Graded
from service import db, events, tenders, trainings
from service.drafts import Reason
from service.edge import check_replaced, etag
from service.organisations import Caller
from service.problems import Fault, NotFound, Refusal, pointer
from service.tenders import RoleHeld, TenderLot
from service.trainings import Training

SQL = db.queries("panel")

Majority = Literal["unanimous", "simple", "two_thirds"]
Steps = Annotated[int, Meta(ge=0, le=1000)]


class Policy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When the panel must meet about a question, and which majority agrees a score; nothing here has a default.

    `spread` is how many steps of the scale the highest and the lowest score may lie apart without a meeting, `outlier`
    how many one score may lie from all others: both fewer than the longest scale of the lot has, so that its two ends
    are always met about. `majority` counts the evaluators who are seated on the criterion.
    """

    every_question: bool
    spread: Steps
    outlier: Steps
    majority: Majority


class NewSeats(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An evaluator and the criteria that this person scores."""

    person_id: UUID
    criteria: Annotated[tuple[scoring.Id, ...], Meta(min_length=1, max_length=1000)]


class NewPanel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole panel of a lot: who chairs, who scores what, why so many, and when the panel meets."""

    chair_id: UUID
    reason: Reason
    policy: Policy
    seats: Annotated[tuple[NewSeats, ...], Meta(min_length=1, max_length=100)]


class NewReplacement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who leaves which criteria (all, if none are named), why, and who follows; nobody, if others stay seated."""

    person_id: UUID
    successor_id: UUID | None
    reason: Reason
    criteria: Annotated[tuple[scoring.Id, ...], Meta(max_length=1000)] = ()


class Seat(Struct, frozen=True, kw_only=True):
    """A person on a criterion, until the seat ended, if it did."""

    id: UUID
    criterion_id: str
    person_id: UUID
    person: str
    seated_at: datetime
    ended_at: datetime | None
    ended_because: str | None


class PanelRow(Struct, frozen=True, kw_only=True):
    """The panel's last version without its seats."""

    version: int
    chair_id: UUID
    reason: str
    policy: Policy
    set_by: UUID
    set_at: datetime


class Panel(Struct, frozen=True, kw_only=True):
    """A lot's panel with every seat that there was, and what should be looked at."""

    lot_id: UUID
    version: int
    chair_id: UUID
    reason: str
    policy: Policy
    set_by: UUID
    set_at: datetime
    seats: list[Seat]
    trainings: list[Training]
    warnings: tuple[Fault, ...]


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


class LotAlreadyAwarded(Refusal):
    """The lot's award has been decided.

    From then on its scores, the decisions about its bids and its evaluations stand. Read the award at
    `GET /lots/{id}/award`.
    """


class ConsensusLocked(Refusal):
    """The technical consensus of this lot is locked.

    From then on scores and agreed scores stay; decisions about bids wait until the prices are opened. So nobody can fit
    the quality to the price. Source: two-envelope procedure.
    """


class CriterionLocked(Refusal):
    """The agreed scores of this criterion are locked.

    No score and no agreed score of it changes any more. Only an approver unlocks it, with a reason, at `POST
    /lots/{id}/criteria/{criterion}/unlock`; both versions stay. Source: EnergySolutions v NDA [2016] EWHC 1988 (TCC).
    """


class PanelIncomplete(Refusal):
    """The panel cannot be seated like this.

    Evaluators sit, a moderator chairs, and every criterion that the panel scores has somebody. `errors` names what is
    missing; roles are given at `POST /tenders/{id}/roles`.
    """

    status = 422


class NoPanel(Refusal):
    """The lot has no panel yet.

    Seat it with `PUT /lots/{id}/panel`: who scores which criterion, who chairs, when the panel meets.
    """


class NotSeated(Refusal):
    """You are not seated on this criterion.

    Only those whom the panel's list names score a criterion: see it at `GET /lots/{id}/panel`.
    """

    status = 403


class SeatHasScored(Refusal):
    """Somebody who has submitted scores leaves the panel by a replacement only.

    Use `POST /lots/{id}/panel/replacements` with the reason: the scores stay in the record and are marked.
    """


class PolicyFrozen(Refusal):
    """The panel's policy is fixed since the first score was submitted.

    When the panel meets and which majority agrees must not follow from the scores.
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


def panel_criteria(lot: TenderLot) -> list[str]:
    """The criteria that the panel scores, as published."""
    return [criterion.id for criterion in scoring.leaves(lot.rules.criteria) if scoring.is_for_panel(criterion)]


def panel_criterion(lot: TenderLot, criterion_id: str) -> scoring.Criterion:
    """The criterion of this id, if the panel scores it; refuses all others."""
    for criterion in scoring.leaves(lot.rules.criteria):
        if criterion.id == criterion_id and scoring.is_for_panel(criterion):
            return criterion
    raise NotScoredByThePanel(f"Lot {lot.number} has no criterion {criterion_id!r} that the panel scores.")


def published_value(lot: TenderLot, criterion_id: str, value: str) -> str:
    """The score in the published scale's spelling; refuses any other, and criteria that the panel does not decide."""
    criterion = panel_criterion(lot, criterion_id)
    try:
        return scoring.judged_value(criterion, value)
    except (scoring.InvalidValue, ValueError) as error:
        message = str(error)
        raise ScoreOffTheScale(f"{message[:1].upper()}{message[1:]}.") from None


def panel_faults(lot: TenderLot, new: NewPanel, held: Collection[RoleHeld]) -> list[Fault]:
    """What stands against a panel: who lacks the role, which criterion is none of the panel's, or has nobody."""
    holders = {(role.person_id, role.role) for role in held}
    asked = panel_criteria(lot)
    faults = policy_faults(lot, new.policy)
    if (new.chair_id, "moderator") not in holders:
        faults.append(Fault("/chair_id", "This person is not a moderator of the tender.", "Let a moderator chair."))
    for number, seats in enumerate(new.seats):
        if (seats.person_id, "evaluator") not in holders:
            message = "This person is not an evaluator of the tender."
            faults.append(Fault(pointer("seats", number, "person_id"), message, "Give the role first."))
        faults += [
            Fault(pointer("seats", number, "criteria", place), f"The panel does not score {name!r}.", "Leave it out.")
            for place, name in enumerate(seats.criteria)
            if name not in asked
        ]
    taken = {name for seats in new.seats for name in seats.criteria}
    faults += [Fault("/seats", f"Nobody scores {name!r}.", "Seat an evaluator.") for name in asked if name not in taken]
    return faults


def policy_faults(lot: TenderLot, policy: Policy) -> list[Fault]:
    """A distance that no two marks of the published scales can have would never call a meeting."""
    judged = [one.method for one in scoring.leaves(lot.rules.criteria) if scoring.is_for_panel(one)]
    steps = max((len(method.scale) - 1 if isinstance(method, Graded) else 1 for method in judged), default=1)
    limit = max(steps - 1, 1)
    return [
        Fault(f"/policy/{name}", f"{value} is as far as the scale goes, or farther.", f"Give at most {limit}.")
        for name, value in (("spread", policy.spread), ("outlier", policy.outlier))
        if value > limit
    ]


class Change(NamedTuple):
    """The seats that a new list of seats ends and takes, as (criterion, person)."""

    ended: list[Seat]
    taken: list[tuple[str, UUID]]


def change_of(now: Collection[Seat], new: Sequence[NewSeats]) -> Change:
    """What changes from the seats in force to the wanted ones."""
    wanted = {(name, seats.person_id): None for seats in new for name in seats.criteria}
    there = {(seat.criterion_id, seat.person_id) for seat in now}
    ended = [seat for seat in now if (seat.criterion_id, seat.person_id) not in wanted]
    return Change(ended, [seat for seat in wanted if seat not in there])


def check_change(change: Change, scored: Collection[tuple[str, UUID]], locked: Collection[str]) -> None:
    """Who has scored leaves by a replacement; a locked criterion's seats stay."""
    touched = {seat.criterion_id for seat in change.ended} | {name for name, _ in change.taken}
    if stuck := sorted(touched & set(locked)):
        raise CriterionLocked(f"Locked: {', '.join(stuck)}.")
    for seat in change.ended:
        if (seat.criterion_id, seat.person_id) in scored:
            raise SeatHasScored(f"{seat.person} has submitted scores on {seat.criterion_id}.")


def replacement_faults(
    data: NewReplacement, leaving: Collection[Seat], staying: Collection[Seat], held: Collection[RoleHeld]
) -> list[Fault]:
    """What stands against a replacement."""
    if not leaving:
        return [Fault("/person_id", "This person has no such seat.", "See GET /lots/{id}/panel.")]
    if data.successor_id is None:
        left = {seat.criterion_id for seat in staying}
        return [
            Fault("/successor_id", f"Nobody would score {seat.criterion_id!r}.", "Name an evaluator who follows.")
            for seat in leaving
            if seat.criterion_id not in left
        ]
    if not any(role.person_id == data.successor_id and role.role == "evaluator" for role in held):
        return [Fault("/successor_id", "This person is not an evaluator of the tender.", "Give the role first.")]
    return []


# Reading


class Place(NamedTuple):
    """A lot and its tender, locked."""

    known: tenders.Known
    lot: TenderLot


async def lock_bid(conn: db.Connection, caller: Caller, bid_id: UUID) -> Place:
    """Lock the tender of an opened bid, for who is cleared; one that is not opened does not exist for anybody."""
    found = await SQL.locate_bid(conn, bid_id=bid_id)
    if found is None:
        raise NotFound
    known = await tenders.lock(conn, caller, lot_id=found["lot_id"])
    tenders.check_cleared(known.tender)
    return Place(known, known.lot(found["lot_id"]))


async def list_seats(conn: db.Connection, lot_id: UUID) -> list[Seat]:
    """Every seat that there was on a lot's panel."""
    return await db.many(SQL.list_seats(conn, lot_id=lot_id), Seat)


async def seats_in_force(conn: db.Connection, lot_id: UUID) -> list[Seat]:
    """The seats of a lot that have not ended."""
    return [seat for seat in await list_seats(conn, lot_id) if seat.ended_at is None]


async def locked_criteria(conn: db.Connection, lot: TenderLot) -> set[str]:
    """The criteria whose agreed scores are locked; all of them, once the technical consensus is."""
    if lot.consensus_locked_at is not None:
        return set(panel_criteria(lot))
    return {row["criterion_id"] async for row in SQL.list_locked(conn, lot_id=lot.id)}


async def check_criterion_open(conn: db.Connection, lot: TenderLot, criterion_id: str) -> None:
    """Refuse once the agreed scores of a criterion are locked."""
    if criterion_id in await locked_criteria(conn, lot):
        raise CriterionLocked(f"{criterion_id} is locked.")


async def find_panel(conn: db.Connection, lot_id: UUID) -> PanelRow:
    """The panel of a lot; refuses where there is none."""
    found = await db.maybe(SQL.get_panel(conn, lot_id=lot_id), PanelRow)
    if found is None:
        raise NoPanel("Nobody has been seated for this lot.")
    return found


async def present(conn: db.Connection, tender_id: UUID, lot_id: UUID) -> Panel:
    """The panel as it is answered."""
    row = await find_panel(conn, lot_id)
    seats = await db.many(SQL.list_seats(conn, lot_id=lot_id), Seat)
    trained = await db.many(trainings.SQL.list_trainings(conn, tender_id=tender_id), Training)
    names = {seat.person_id: seat.person for seat in seats if seat.ended_at is None}
    mend = "Record it with POST /tenders/{id}/trainings."
    warnings = tuple(
        Fault("/trainings", f"No training of {name} is recorded.", mend)
        for person, name in names.items()
        if person not in {training.person_id for training in trained}
    )
    fields = {name: getattr(row, name) for name in row.__struct_fields__}
    return Panel(lot_id=lot_id, seats=seats, trainings=trained, warnings=warnings, **fields)


async def _change_seats(conn: db.Connection, lot_id: UUID, caller: Caller, change: Change, reason: str) -> None:
    await SQL.change_seats(
        conn,
        lot_id=lot_id,
        by=caller.person_id,
        reason=reason,
        ended=[seat.id for seat in change.ended],
        criteria=[name for name, _ in change.taken],
        people=[person for _, person in change.taken],
    )


# Handlers


@put("/lots/{lot_id:uuid}/panel")
async def set_panel(
    lot_id: FromPath[UUID],
    data: JSONBody[NewPanel],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    if_match: tenders.IfMatch = None,
) -> Response[Panel]:
    """Seat the whole panel of a published lot in one request; for its author or a moderator.

    Sending it again changes it, and needs the ETag that was read as `If-Match`: nothing is undone that somebody else
    has changed since. Seats that are not named any more end, as long as nobody has scored from them.
    """
    known = await tenders.lock(conn, caller, lot_id=lot_id)
    lot = known.lot(lot_id)
    tenders.check_access(known.tender, caller, "set_panel")
    tenders.check_cleared(known.tender, "author")
    if known.tender.published_at is None:
        raise tenders.TenderNotPublished("Criteria are fixed at the publication; seat the panel then.")
    check_not_awarded(lot)
    check_not_locked(lot)
    tender_id = known.tender.id
    held = await db.many(tenders.SQL.list_roles(conn, tender_id=tender_id), RoleHeld)
    if faults := panel_faults(lot, data, held):
        raise PanelIncomplete(f"{len(faults)} things are wrong with the panel.", faults=tuple(faults))
    last = await db.maybe(SQL.get_panel(conn, lot_id=lot_id), PanelRow)
    seats = await list_seats(conn, lot_id)
    check_replaced(if_match, _edition(0 if last is None else last.version, seats))
    scored = {(row["criterion_id"], row["person_id"]) async for row in SQL.list_scored(conn, lot_id=lot_id)}
    if scored and last is not None and last.policy != data.policy:
        raise PolicyFrozen("Scores have been submitted for this lot.")
    change = change_of([seat for seat in seats if seat.ended_at is None], data.seats)
    check_change(change, scored, await locked_criteria(conn, lot))
    policy = msgspec.to_builtins(data.policy)
    await SQL.insert_panel(
        conn, lot_id=lot_id, chair_id=data.chair_id, reason=data.reason, policy=policy, set_by=caller.person_id
    )
    await _change_seats(conn, lot_id, caller, change, "The panel was seated anew.")
    facts: dict[str, Any] = {"lot_id": lot_id, **msgspec.to_builtins(data)}
    await events.record(conn, "panel.set", tender_id=tender_id, actor=caller.person_id, data=facts)
    return _tagged(await present(conn, tender_id, lot_id))


def _edition(version: int, seats: Sequence[Seat]) -> int | str:
    """What names a panel as it is now: its version, and how many seats have ended by then; 0 where there is none."""
    return f"{version}.{sum(seat.ended_at is not None for seat in seats)}" if version else 0


def _tagged(found: Panel) -> Response[Panel]:
    return Response(found, headers={"ETag": etag(_edition(found.version, found.seats))})


@post("/lots/{lot_id:uuid}/panel/replacements")
async def replace_evaluator(
    lot_id: FromPath[UUID],
    data: JSONBody[NewReplacement],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Panel:
    """Let somebody leave the panel, with the reason, and another follow; for the tender's author or a moderator.

    The scores of the one who leaves stay in the record, marked, and are not waited for any more.
    """
    known = await tenders.lock(conn, caller, lot_id=lot_id)
    lot = known.lot(lot_id)
    tenders.check_access(known.tender, caller, "replace_evaluator")
    tenders.check_cleared(known.tender, "author")
    check_not_awarded(lot)
    check_not_locked(lot)
    await find_panel(conn, lot_id)
    held = await db.many(tenders.SQL.list_roles(conn, tender_id=known.tender.id), RoleHeld)
    seats = await seats_in_force(conn, lot_id)
    named = set(data.criteria)
    leaving = [s for s in seats if s.person_id == data.person_id and (not named or s.criterion_id in named)]
    staying = [seat for seat in seats if seat not in leaving]
    if faults := replacement_faults(data, leaving, staying, held):
        raise PanelIncomplete("Nobody can be replaced like this.", faults=tuple(faults))
    there = {(seat.criterion_id, seat.person_id) for seat in staying}
    successor = data.successor_id
    taken = [
        (seat.criterion_id, successor)
        for seat in leaving
        if successor is not None and (seat.criterion_id, successor) not in there
    ]
    change = Change(leaving, taken)
    check_change(change, (), await locked_criteria(conn, lot))
    await _change_seats(conn, lot_id, caller, change, data.reason)
    facts: dict[str, Any] = {"lot_id": lot_id, "person_id": data.person_id, "reason": data.reason}
    facts["criteria"] = [seat.criterion_id for seat in leaving]
    await events.record(conn, "seat.ended", tender_id=known.tender.id, actor=caller.person_id, data=facts)
    if successor is not None:
        facts |= {"person_id": successor, "criteria": [name for name, _ in taken], "instead_of": data.person_id}
        await events.record(conn, "seat.taken", tender_id=known.tender.id, actor=caller.person_id, data=facts)
    return await present(conn, known.tender.id, lot_id)


@get("/lots/{lot_id:uuid}/panel")
async def get_panel(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> Response[Panel]:
    """Read who sits on the panel, who sat there, and since when; for everybody with a role in the tender."""
    known = await tenders.read(conn, caller, lot_id=lot_id)
    tenders.check_access(known.tender, caller, "get_panel")
    return _tagged(await present(conn, known.tender.id, lot_id))


router = Router(path="/", route_handlers=[set_panel, replace_evaluator, get_panel], tags=["Panel"])
