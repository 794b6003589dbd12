"""The moderation record of a lot as a paper: who sat, each one's own score, what was discussed, agreed, by whom not.

Bids are in it that the panel scored, whatever became of them later. Source: Lancashire Care v Lancashire CC [2018] EWHC
1589 (TCC): a record from which nobody can tell why a score was agreed explains no score.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

from msgspec import Struct

import scoring
from service import criterion_locks, db, meetings, moderation, opening, panel
from service.criterion_locks import CriterionLock
from service.meetings import Meeting, MeetingItem
from service.moderation import Bench, Question
from service.opening import PanelBid
from service.organisations import Caller
from service.panel import Policy, Seat
from service.paper_document import Document, Loaded, heading_of, latest, names_of


class Sat(Struct, frozen=True, kw_only=True):
    """A seat on a criterion: whose, since when, and where it ended, when and why."""

    person: str
    criterion: str
    seated_at: datetime
    ended_at: datetime | None
    ended_because: str | None


class Own(Struct, frozen=True, kw_only=True):
    """One evaluator's own score. It does not count once that person's seat has ended."""

    evaluator: str
    value: str
    reason: str
    cites: tuple[str, ...]
    change_reason: str | None
    given_at: datetime
    counts: bool


class Agreed(Struct, frozen=True, kw_only=True):
    """The score that stands as agreed, and who recorded it."""

    value: str
    reason: str
    cites: tuple[str, ...]
    change_reason: str | None
    version: int
    moderator: str
    recorded_at: datetime


class Asked(Struct, frozen=True, kw_only=True):
    """One bid on one criterion: why the panel had to meet about it, each own score, and what was agreed."""

    supplier: str
    why: tuple[str, ...]
    lowest: str | None
    highest: str | None
    spread: int | None
    own: tuple[Own, ...]
    agreed: Agreed | None


class Judged(Struct, frozen=True, kw_only=True):
    """A criterion that the panel scores, with every bid on it and its locks, first to last."""

    title: str
    questions: tuple[Asked, ...]
    locks: tuple["Locked", ...]


class Locked(Struct, frozen=True, kw_only=True):
    """A lock of a criterion: by whom and when, and who lifted it why, if anybody did."""

    number: int
    locked_by: str
    locked_at: datetime
    unlocked_by: str | None
    unlocked_because: str | None
    unlocked_at: datetime | None


class Dissenting(Struct, frozen=True, kw_only=True):
    """Who did not agree, and why."""

    person: str
    reason: str


class Item(Struct, frozen=True, kw_only=True):
    """What a meeting said and agreed about one bid on one criterion, with each own score as it stood before."""

    supplier: str
    criterion: str
    marks: tuple[tuple[str, str], ...]
    points: tuple[str, ...]
    value: str
    reason: str
    cites: tuple[str, ...]
    change_reason: str | None
    dissent: tuple[Dissenting, ...]
    majority: str
    warnings: tuple[str, ...]
    answer: str | None


class Met(Struct, frozen=True, kw_only=True):
    """A meeting: who chaired it, who was there, and what it said item by item."""

    number: int
    chair: str
    present: tuple[str, ...]
    held_at: datetime
    recorded_at: datetime
    items: tuple[Item, ...]


class ModerationPaper(Document, frozen=True, kw_only=True):
    """Everything that the moderation record of a lot prints."""

    chair: str
    why_so_many: str
    policy: Policy
    seats: tuple[Sat, ...]
    judged: tuple[Judged, ...]
    met: tuple[Met, ...]


class _Names(Struct, frozen=True):
    """How people, bids and criteria are called."""

    people: Mapping[UUID, str]
    bids: Mapping[UUID, str]
    criteria: Mapping[str, str]


async def load(conn: db.Connection, caller: Caller, lot_id: UUID) -> Loaded:
    """The record as it stands, for those who may read meetings over HTTP; raises NoPanel before anybody is seated."""
    known = await meetings.read_for_meetings(conn, caller, lot_id)
    lot = known.lot(lot_id)
    opening.check_opened(lot)
    bench = await moderation.bench_of(conn, lot)
    held = await meetings.meetings_of(conn, lot_id)
    locks = await criterion_locks.locks_of(conn, lot_id)
    set_up = await panel.find_panel(conn, lot_id)
    opened = await db.many(opening.SQL.list_opened(conn, lot_id=lot_id), PanelBid)
    names = _Names(
        people=await names_of(conn, _people(bench, held, locks)),
        bids={bid.bid_id: bid.supplier for bid in opened},
        criteria={one.id: one.title or one.id for one in scoring.leaves(lot.rules.criteria)},
    )
    document = ModerationPaper(
        heading=heading_of(known, lot),
        at=_latest(set_up.set_at, bench, held, locks),
        chair=names.people[bench.chair_id],
        why_so_many=set_up.reason,
        policy=bench.policy,
        seats=tuple(_seat(seat, names) for seat in bench.every_seat),
        judged=tuple(_judged(bench, name, locks, names) for name in panel.panel_criteria(lot)),
        met=tuple(_met(meeting, names) for meeting in held),
    )
    return Loaded(known.tender, document)


def _people(bench: Bench, held: Sequence[Meeting], locks: Sequence[CriterionLock]) -> set[UUID]:
    lifted = {lock.unlocked_by for lock in locks if lock.unlocked_by is not None}
    present = chain.from_iterable((meeting.chair_id, *meeting.present) for meeting in held)
    dissent = (one.person_id for meeting in held for item in meeting.items for one in item.dissent)
    agreed = (score.person_id for score in bench.agreed.values())
    return {bench.chair_id, *present, *dissent, *agreed, *(lock.person_id for lock in locks), *lifted}


def _latest(set_at: datetime, bench: Bench, held: Sequence[Meeting], locks: Sequence[CriterionLock]) -> datetime:
    return latest(
        set_at,
        *(seat.ended_at or seat.seated_at for seat in bench.every_seat),
        *(score.given_at for score in bench.scores),
        *(score.recorded_at for score in bench.agreed.values()),
        *(meeting.recorded_at for meeting in held),
        *(lock.unlocked_at or lock.locked_at for lock in locks),
    )


def _seat(seat: Seat, names: _Names) -> Sat:
    return Sat(
        person=seat.person,
        criterion=names.criteria[seat.criterion_id],
        seated_at=seat.seated_at,
        ended_at=seat.ended_at,
        ended_because=seat.ended_because,
    )


def _judged(bench: Bench, name: str, locks: Sequence[CriterionLock], names: _Names) -> Judged:
    """A criterion with every bid that is in the race or has a score on it, by the suppliers' names."""
    agenda = {(UUID(item.bid), item.criterion): item for item in moderation.agenda_of(bench).items}
    scored = {score.bid_id for score in bench.scores if score.criterion_id == name}
    agreed = {bid_id for bid_id, criterion in bench.agreed if criterion == name}
    bids = sorted({*bench.bids, *scored, *agreed}, key=lambda bid_id: (names.bids[bid_id], bid_id))
    return Judged(
        title=names.criteria[name],
        questions=tuple(_asked(bench, (bid_id, name), agenda.get((bid_id, name)), names) for bid_id in bids),
        locks=tuple(_lock(lock, names) for lock in locks if lock.criterion_id == name),
    )


def _asked(bench: Bench, question: Question, item: scoring.AgendaItem | None, names: _Names) -> Asked:
    own = [score for score in bench.scores if (score.bid_id, score.criterion_id) == question]
    agreed = bench.agreed.get(question)
    return Asked(
        supplier=names.bids[question[0]],
        why=() if item is None else item.why,
        lowest=None if item is None else item.lowest,
        highest=None if item is None else item.highest,
        spread=None if item is None else item.spread,
        own=tuple(
            Own(
                evaluator=score.person or "",
                value=score.value,
                reason=score.reason,
                cites=score.cites,
                change_reason=score.change_reason,
                given_at=score.given_at,
                counts=score.counts,
            )
            for score in sorted(own, key=lambda one: (one.person or "", one.person_id))
        ),
        agreed=None if agreed is None else _agreed(agreed, names),
    )


def _agreed(score: moderation.ConsensusScore, names: _Names) -> Agreed:
    return Agreed(
        value=score.value,
        reason=score.reason,
        cites=score.cites,
        change_reason=score.change_reason,
        version=score.version,
        moderator=names.people[score.person_id],
        recorded_at=score.recorded_at,
    )


def _lock(lock: CriterionLock, names: _Names) -> Locked:
    return Locked(
        number=lock.number,
        locked_by=names.people[lock.person_id],
        locked_at=lock.locked_at,
        unlocked_by=None if lock.unlocked_by is None else names.people[lock.unlocked_by],
        unlocked_because=lock.unlocked_because,
        unlocked_at=lock.unlocked_at,
    )


def _met(meeting: Meeting, names: _Names) -> Met:
    return Met(
        number=meeting.number,
        chair=names.people[meeting.chair_id],
        present=tuple(sorted(names.people[person] for person in meeting.present)),
        held_at=meeting.held_at,
        recorded_at=meeting.recorded_at,
        items=tuple(_item(item, names) for item in meeting.items),
    )


def _item(item: MeetingItem, names: _Names) -> Item:
    return Item(
        supplier=names.bids[item.bid_id],
        criterion=names.criteria[item.criterion_id],
        marks=tuple((mark["person"], mark["value"]) for mark in item.marks),
        points=item.points,
        value=item.value,
        reason=item.reason,
        cites=item.cites,
        change_reason=item.change_reason,
        dissent=tuple(Dissenting(person=names.people[one.person_id], reason=one.reason) for one in item.dissent),
        majority=item.majority,
        warnings=item.warnings,
        answer=item.answer,
    )


def view(_document: ModerationPaper) -> dict[str, Any]:
    """Its template sees the document and nothing else."""
    return {}
