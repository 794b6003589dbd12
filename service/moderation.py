"""Moderation: what the panel must meet about, and the scores that it agreed.

An agreed score is typed in with its reason and the places in the bid; no path computes one. Source: Bromcom v ULT
[2022] EWHC 3262 (TCC), averages.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from litestar import Response, Router, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

import scoring
from service import db, events, opening, panel, panel_scores, tenders
from service.edge import check_unchanged, etag
from service.opening import PanelBid
from service.organisations import Caller
from service.panel import Policy, Seat
from service.panel_scores import NewScore, PanelScore
from service.problems import Fault, Refusal, pointer
from service.tenders import TenderLot

SQL = db.queries("moderation")

Question = tuple[UUID, str]
"""A bid and a criterion."""

STUCK = {"missing_score", "missing_reason", "off_scale"}
"""Why a meeting cannot even begin."""


class Agreed(NamedTuple):
    """A score that the panel agreed, as it was typed in, in the published scale's spelling."""

    bid_id: UUID
    criterion_id: str
    value: str
    reason: str
    cites: tuple[str, ...]
    change_reason: str | None


class ConsensusScore(Struct, frozen=True, kw_only=True):
    """The score that the panel agreed for a bid on a criterion, recorded by a moderator."""

    bid_id: UUID
    criterion_id: str
    version: int
    person_id: UUID
    value: str
    reason: str
    cites: tuple[str, ...]
    change_reason: str | None
    meeting_id: UUID | None
    recorded_at: datetime


# Refusals


class PanelMustMeet(Refusal):
    """The panel must meet about this score.

    The agenda at `GET /lots/{id}/moderation/agenda` says why; an agreed score that is older than a mark or a seat is
    agreed anew before it is locked. Record the meeting, who was there and what was said at `POST /lots/{id}/meetings`;
    the agreed score is part of that record. Source: Lancashire Care [2018] EWHC 1589 (TCC).
    """


class OwnScoresFirst(Refusal):
    """You are an evaluator of this lot and have not submitted all your own scores.

    What others gave is shown to you afterwards.
    """


# Rules


class Bench(NamedTuple):
    """What a moderation starts from: the lot and its bids, who chairs and is seated, what was scored, the policy."""

    lot: TenderLot
    chair_id: UUID
    policy: Policy
    every_seat: Sequence[Seat]
    scores: Sequence[PanelScore]
    agreed: Mapping[Question, ConsensusScore]
    bids: Mapping[UUID, PanelBid]
    locked: Collection[str]

    @property
    def seats(self) -> list[Seat]:
        """The seats that have not ended."""
        return [seat for seat in self.every_seat if seat.ended_at is None]

    def seated(self, criterion_id: str) -> dict[UUID, str]:
        """Who is seated on a criterion, by id."""
        return {seat.person_id: seat.person for seat in self.seats if seat.criterion_id == criterion_id}

    def marks(self, bid_id: UUID, criterion_id: str) -> dict[UUID, PanelScore]:
        """The scores that count, by evaluator."""
        return {
            score.person_id: score
            for score in self.scores
            if score.counts and (score.bid_id, score.criterion_id) == (bid_id, criterion_id)
        }


def agenda_of(bench: Bench) -> scoring.Agenda:
    """What the panel must meet about, by the lot's policy; expected are those who are seated on the criterion."""
    given = [
        scoring.GivenScore(
            evaluator=str(score.person_id),
            bid=str(score.bid_id),
            criterion=score.criterion_id,
            value=score.value,
            reason=score.reason,
        )
        for score in bench.scores
        if score.counts and score.bid_id in bench.bids
    ]
    items: list[scoring.AgendaItem] = []
    for name in panel.panel_criteria(bench.lot):
        policy = scoring.ModerationPolicy(
            every_question=bench.policy.every_question,
            spread=bench.policy.spread,
            outlier=bench.policy.outlier,
            evaluators=tuple(sorted(str(person) for person in bench.seated(name))),
        )
        about = [score for score in given if score.criterion == name]
        agenda = scoring.moderation(bench.lot.rules, about, policy, bids=[str(bid) for bid in bench.bids])
        items += [item for item in agenda.items if item.criterion == name]
    return scoring.Agenda(items=tuple(items), ready=not any(STUCK & set(item.why) for item in items))


def warnings_of(bench: Bench, agreed: Agreed) -> tuple[str, ...]:
    """What the engine finds odd about an agreed score."""
    marks = [
        scoring.Mark(evaluator=str(person), value=score.value)
        for person, score in bench.marks(agreed.bid_id, agreed.criterion_id).items()
    ]
    criterion = panel.panel_criterion(bench.lot, agreed.criterion_id)
    return tuple(fault.message for fault in scoring.check_consensus(criterion, marks, agreed.value, agreed.reason))


def reasons_to_meet(bench: Bench, agreed: Agreed) -> list[str]:
    """Why the panel must meet about an agreed score; empty only where all who are seated have given that very mark."""
    question = agreed.bid_id, agreed.criterion_id
    asked = [one for one in agenda_of(bench).items if (UUID(one.bid), one.criterion) == question]
    why: list[str] = [reason for one in asked for reason in one.why] if asked else ["out_of_the_race"]
    marks = bench.marks(*question).values()
    if not marks or any(mark.value != agreed.value for mark in marks):
        why.append(f"not everybody who is seated has given {agreed.value}")
    return [*why, *warnings_of(bench, agreed)]


def outdated(bench: Bench, question: Question) -> str | None:
    """What an agreed score does not rest on any more: a mark or a seat that is newer; nothing where it stands."""
    bid_id, criterion_id = question
    agreed = bench.agreed.get(question)
    marks = bench.marks(bid_id, criterion_id)
    if agreed is None:
        return None
    if not marks:
        return "nobody who is seated has scored it"
    if late := sorted(str(mark.person) for mark in marks.values() if mark.given_at > agreed.recorded_at):
        return f"{', '.join(late)} scored it later than it was agreed"
    turned = [seat for seat in bench.every_seat if seat.criterion_id == criterion_id]
    if any(
        seat.seated_at > agreed.recorded_at or (seat.ended_at or seat.seated_at) > agreed.recorded_at for seat in turned
    ):
        return "the seats have changed since it was agreed"
    return None


def check_rests_on_marks(bench: Bench, criteria: Collection[str]) -> None:
    """Refuse to lock what was agreed before all who are seated had scored as they do now, or by others than them."""
    found: dict[Question, list[str]] = {}
    for item in agenda_of(bench).items:
        question = UUID(item.bid), item.criterion
        if item.criterion in criteria:
            found[question] = [why for why in item.why if why in STUCK]
            found[question] += [why] if (why := outdated(bench, question)) else []
    faults = tuple(
        Fault(
            f"/bids/{bid_id}/consensus/{name}",
            f"{bench.bids[bid_id].supplier} on {name}: {', '.join(why)}.",
            "Let everybody who is seated score it, then agree it again, with the reason.",
        )
        for (bid_id, name), why in found.items()
        if why
    )
    if faults:
        raise PanelMustMeet(f"{len(faults)} agreed scores do not rest on the panel's marks of now.", faults=faults)


# Reading


async def bench_of(conn: db.Connection, lot: TenderLot) -> Bench:
    """What a lot's moderation starts from; refuses where no panel is seated."""
    row = await panel.find_panel(conn, lot.id)
    opened = await db.many(opening.SQL.list_opened(conn, lot_id=lot.id), PanelBid)
    agreed = await standing(conn, lot.id)
    return Bench(
        lot=lot,
        chair_id=row.chair_id,
        policy=row.policy,
        every_seat=await panel.list_seats(conn, lot.id),
        scores=await panel_scores.standing(conn, lot.id),
        agreed={(score.bid_id, score.criterion_id): score for score in agreed},
        bids={bid.bid_id: bid for bid in opened if bid.state == "admissible"},
        locked=await panel.locked_criteria(conn, lot),
    )


async def standing(conn: db.Connection, lot_id: UUID) -> list[ConsensusScore]:
    """The standing agreed scores of a lot."""
    return await db.many(SQL.list_consensus(conn, lot_id=lot_id), ConsensusScore)


async def lock_lot(conn: db.Connection, caller: Caller, lot_id: UUID, operation: str) -> panel.Place:
    """Lock a lot for a moderator's work."""
    known = await tenders.lock(conn, caller, lot_id=lot_id)
    return _check(known, known.lot(lot_id), caller, operation)


def _check(known: tenders.Known, lot: TenderLot, caller: Caller, operation: str) -> panel.Place:
    """The place of a moderator's work."""
    tenders.check_access(known.tender, caller, operation)
    opening.check_opened(lot)
    tenders.check_cleared(known.tender)
    panel.check_not_awarded(lot)
    panel.check_not_locked(lot)
    return panel.Place(known, lot)


# Handlers


@get("/lots/{lot_id:uuid}/moderation/agenda")
async def get_agenda(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> scoring.Agenda:
    """Say what the panel must meet about and why, by the lot's policy; for moderators, approvers and auditors."""
    known = await tenders.read(conn, caller, lot_id=lot_id)
    tenders.check_access(known.tender, caller, "get_agenda")
    lot = known.lot(lot_id)
    opening.check_opened(lot)
    tenders.check_cleared(known.tender)
    await check_own_scores(conn, known, lot, caller)
    return agenda_of(await bench_of(conn, lot))


async def check_own_scores(conn: db.Connection, known: tenders.Known, lot: TenderLot, caller: Caller) -> None:
    """Who has ever had a seat, under whatever role by now, sees others' scores only once the own ones are in.

    On a locked criterion nobody scores any more; whoever left a seat without scores asks another moderator until then.
    """
    seats = [seat for seat in await panel.list_seats(conn, lot.id) if seat.person_id == caller.person_id]
    if not seats and "evaluator" not in known.tender.roles:
        return
    bench = await bench_of(conn, lot)
    own = {seat.criterion_id for seat in seats} - set(bench.locked)
    given = {(one.bid_id, one.criterion_id) for one in bench.scores if one.person_id == caller.person_id}
    missing = [name for name in own for bid in bench.bids if (bid, name) not in given]
    if missing or not seats:
        raise OwnScoresFirst(f"{len(missing)} of your own scores are missing.")


async def keep_agreed(
    conn: db.Connection,
    known: tenders.Known,
    caller: Caller,
    bench: Bench,
    agreed: Sequence[Agreed],
    meeting_id: UUID | None,
) -> list[ConsensusScore]:
    """Keep agreed scores as new versions, each with its entry in the log."""
    before = [bench.agreed.get((one.bid_id, one.criterion_id)) for one in agreed]
    versions = [1 if score is None else score.version + 1 for score in before]
    for number, one in enumerate(agreed):
        at = "" if meeting_id is None else pointer("items", number)
        panel_scores.check_change_reason(versions[number], one.change_reason, at)
    recorded_at: datetime = await SQL.insert_consensus(
        conn,
        meeting_id=meeting_id,
        person_id=caller.person_id,
        bid_ids=[one.bid_id for one in agreed],
        criteria=[one.criterion_id for one in agreed],
        versions=versions,
        agreed=[one.value for one in agreed],
        reasons=[one.reason for one in agreed],
        cites=[one.cites for one in agreed],
        change_reasons=[one.change_reason for one in agreed],
    )
    kept = [
        ConsensusScore(
            version=version,
            person_id=caller.person_id,
            meeting_id=meeting_id,
            recorded_at=recorded_at,
            **one._asdict(),
        )
        for one, version in zip(agreed, versions, strict=True)
    ]
    facts = [
        msgspec.to_builtins(score) | ({} if was is None else {"was": was.value})
        for score, was in zip(kept, before, strict=True)
    ]
    await events.record_all(conn, "consensus.recorded", tender_id=known.tender.id, actor=caller.person_id, data=facts)
    return kept


@put("/bids/{bid_id:uuid}/consensus/{criterion_id:str}")
async def record_consensus(
    bid_id: FromPath[UUID],
    criterion_id: FromPath[str],
    data: JSONBody[NewScore],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    if_match: tenders.IfMatch = None,
) -> Response[ConsensusScore]:
    """Record what the panel agreed about a question on which, by the lot's policy, it need not meet; for moderators.

    All who are seated have scored, and each of them has given this very score. Typed in, never computed. Where marks
    differ, by however little, one of them is chosen in a meeting alone: `POST /lots/{id}/meetings`. Sent again with
    nothing changed, it is the version that is there. Several moderators may edit: whoever sends the ETag of the agreed
    score that was read as `If-Match` overwrites no newer one of another.
    """
    place = await panel.lock_bid(conn, caller, bid_id)
    known, lot = _check(*place, caller, "record_consensus")
    value = panel.published_value(lot, criterion_id, data.value)
    bench = await bench_of(conn, lot)
    if criterion_id in bench.locked:
        raise panel.CriterionLocked(f"{criterion_id} is locked.")
    before = bench.agreed.get((bid_id, criterion_id))
    if before and panel_scores.says_the_same(data, value, before) and not outdated(bench, (bid_id, criterion_id)):
        return Response(before, headers={"ETag": etag(before.version)})
    check_unchanged(if_match, 0 if before is None else before.version)
    agreed = Agreed(bid_id, criterion_id, value, data.reason, data.cites, data.change_reason)
    if why := reasons_to_meet(bench, agreed):
        raise PanelMustMeet(f"{criterion_id}: {', '.join(why)}.")
    (score,) = await keep_agreed(conn, known, caller, bench, [agreed], None)
    return Response(score, headers={"ETag": etag(score.version)})


@get("/lots/{lot_id:uuid}/consensus")
async def list_consensus(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[ConsensusScore]:
    """List the agreed scores; for the moderator, approver or auditor."""
    known = await tenders.read(conn, caller, lot_id=lot_id)
    tenders.check_access(known.tender, caller, "list_consensus")
    tenders.check_cleared(known.tender)
    await check_own_scores(conn, known, known.lot(lot_id), caller)
    return await standing(conn, lot_id)


router = Router(
    path="/",
    route_handlers=[get_agenda, record_consensus, list_consensus],
    tags=["Evaluation"],
)
