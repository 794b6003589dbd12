"""The records of moderation meetings: who was there, what was said about each score, what was agreed, who dissented.

A record without the discussion explains no score. Source: Lancashire Care v Lancashire CC [2018] EWHC 1589 (TCC).
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

import scoring
from service import db, events, moderation, panel, tenders
from service.drafts import Reason
from service.organisations import Caller
from service.panel import Majority
from service.panel_scores import Cites, Value
from service.problems import Fault, Refusal, pointer

SQL = db.queries("meetings")


class Dissent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who did not agree, and why."""

    person_id: UUID
    reason: Reason


class NewItem(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a meeting said and agreed about one bid on one criterion.

    `answer` answers the warnings about the agreed score, where there are any; `change_reason` says why a score that was
    agreed earlier changes.
    """

    bid_id: UUID
    criterion_id: scoring.Id
    points: Annotated[tuple[Reason, ...], Meta(min_length=1, max_length=200)]
    value: Value
    reason: Reason
    cites: Cites
    dissent: Annotated[tuple[Dissent, ...], Meta(max_length=100)] = ()
    answer: Reason | None = None
    change_reason: Reason | None = None


class NewMeeting(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The record of a moderation meeting: when, who was present, and item by item what was discussed and agreed.

    `chair_reason` says why another moderator than the panel's chair has chaired it.
    """

    held_at: Annotated[datetime, Meta(tz=True, description="RFC 3339 with an offset; when the meeting began.")]
    present: Annotated[tuple[UUID, ...], Meta(min_length=1, max_length=100)]
    items: Annotated[tuple[NewItem, ...], Meta(min_length=1, max_length=1000)]
    chair_reason: Reason | None = None


class MeetingItem(Struct, frozen=True, kw_only=True):
    """An item of a meeting's record, with the individual scores as they stood before it."""

    bid_id: UUID
    criterion_id: str
    version: int
    value: str
    reason: str
    cites: tuple[str, ...]
    change_reason: str | None
    marks: list[dict[str, Any]]
    points: tuple[str, ...]
    dissent: list[Dissent]
    majority: Majority
    warnings: tuple[str, ...]
    answer: str | None


class Meeting(Struct, frozen=True, kw_only=True):
    """The record of a moderation meeting, its items in the order in which they were recorded.

    `chair_reason` says why another than the panel's chair has chaired it.
    """

    id: UUID
    lot_id: UUID
    number: int
    chair_id: UUID
    chair_reason: str | None
    present: tuple[UUID, ...]
    held_at: datetime
    recorded_at: datetime
    items: list[MeetingItem]


class _Row(Struct, frozen=True, kw_only=True):
    id: UUID
    lot_id: UUID
    number: int
    chair_id: UUID
    chair_reason: str | None
    present: tuple[UUID, ...]
    held_at: datetime
    recorded_at: datetime


class _ItemRow(MeetingItem, frozen=True, kw_only=True):
    meeting_id: UUID


# Refusals


class MeetingRecordIncomplete(Refusal):
    """The meeting's record cannot stand like this.

    Nothing of it was kept; `errors` names every gap and how to mend it.
    """

    status = 422


# Rules


def typed(item: NewItem, value: str) -> moderation.Agreed:
    """The agreed score of an item, in the published scale's spelling."""
    return moderation.Agreed(item.bid_id, item.criterion_id, value, item.reason, item.cites, item.change_reason)


def majority_holds(majority: Majority, seated: int, dissenting: int) -> bool:
    """Whether enough of those who are seated agree, by the rule that was set before the first score."""
    agreeing = seated - dissenting
    match majority:
        case "unanimous":
            return dissenting == 0
        case "simple":
            return agreeing * 2 > seated
        case "two_thirds":
            return agreeing * 3 >= seated * 2


def item_faults(bench: moderation.Bench, meeting: NewMeeting, number: int, value: str) -> list[Fault]:
    """What is missing from one item of a meeting's record."""
    item = meeting.items[number]
    seated = bench.seated(item.criterion_id)
    marks = bench.marks(item.bid_id, item.criterion_id)
    at = pointer("items", number)
    faults = [
        Fault(f"{at}/bid_id", f"{name} has not scored this bid.", "Wait for the score, or replace the evaluator.")
        for person, name in seated.items()
        if person not in marks
    ]
    faults += [
        Fault("/present", f"{name} is seated on {item.criterion_id} and was not present.", "Meet again, or replace.")
        for person, name in seated.items()
        if person not in meeting.present
    ]
    dissenting = {dissent.person_id for dissent in item.dissent}
    if dissenting - set(seated):
        message = "Dissent is of an evaluator who is seated on the criterion."
        faults.append(Fault(f"{at}/dissent", message, "See the panel at GET /lots/{id}/panel."))
    if not seated:
        faults.append(
            Fault(f"{at}/criterion_id", "Nobody is seated on it.", "Seat an evaluator: PUT /lots/{id}/panel.")
        )
    elif not majority_holds(bench.policy.majority, len(seated), len(dissenting)):
        message = f"{len(dissenting)} of {len(seated)} dissent; the rule of this lot is {bench.policy.majority}."
        faults.append(Fault(f"{at}/dissent", message, "Go on discussing: there is no agreed score yet."))
    faults += [
        Fault(f"{at}/answer", warning, "Say in `answer` what the meeting found that the evaluators had not.")
        for warning in moderation.warnings_of(bench, typed(item, value))
        if item.answer is None
    ]
    return faults


def meeting_faults(
    bench: moderation.Bench, meeting: NewMeeting, cleared: Collection[UUID], chair: UUID, now: datetime
) -> list[Fault]:
    """What is wrong with a meeting as a whole: its time, who was there, who chaired, questions that are asked twice."""
    faults: list[Fault] = []
    opened_at = bench.lot.opened_at
    if meeting.held_at > now or opened_at is None or meeting.held_at < opened_at:
        faults.append(Fault("/held_at", "It lies before the opening or in the future.", "Say when the meeting began."))
    if chair not in meeting.present:
        faults.append(Fault("/present", "You chair the meeting and are not named.", "Name yourself as well."))
    if chair != bench.chair_id and meeting.chair_reason is None:
        message = "You are not the chair of this lot's panel."
        faults.append(Fault("/chair_reason", message, "Let the chair record it, or say why you have chaired."))
    if strangers := [person for person in meeting.present if person not in cleared]:
        message = f"{', '.join(map(str, strangers))}: no role in the tender, or no approved declaration of interest."
        faults.append(Fault("/present", message, "Who is not cleared cannot be there."))
    questions = [(item.bid_id, item.criterion_id) for item in meeting.items]
    for number, question in enumerate(questions):
        if question[0] not in bench.bids:
            message = "No such bid is in the race for this lot."
            faults.append(Fault(pointer("items", number, "bid_id"), message, "See GET /lots/{id}/bids."))
        if question in questions[:number]:
            faults.append(Fault(pointer("items", number), "This question has an item already.", "Make one of both."))
    return faults


# Handlers


@post("/lots/{lot_id:uuid}/meetings")
async def record_meeting(
    lot_id: FromPath[UUID],
    data: JSONBody[NewMeeting],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Meeting:
    """Record a moderation meeting with the scores that it agreed; for the moderator who chaired it.

    That is the panel's chair, or another with a reason. Every evaluator who is seated on a criterion has scored and is
    present. Scores are typed in as they were agreed,
    with reasons, the places in the bid, what was discussed and who dissented; warnings are answered.
    """
    known, lot = await moderation.lock_lot(conn, caller, lot_id, "record_meeting")
    bench = await moderation.bench_of(conn, lot)
    values = [panel.published_value(lot, item.criterion_id, item.value) for item in data.items]
    if stuck := sorted({item.criterion_id for item in data.items} & set(bench.locked)):
        raise panel.CriterionLocked(f"Locked: {', '.join(stuck)}.")
    cleared = {row["person_id"] async for row in SQL.list_cleared(conn, tender_id=known.tender.id)}
    faults = meeting_faults(bench, data, cleared, caller.person_id, known.tender.now)
    for number, value in enumerate(values):
        faults += item_faults(bench, data, number, value)
    if faults:
        raise MeetingRecordIncomplete(f"{len(faults)} things are missing or wrong.", faults=tuple(faults))
    meeting_id: UUID = await SQL.insert_meeting(
        conn, lot_id=lot_id, chair_id=caller.person_id, present=list(data.present), held_at=data.held_at
    )
    agreed = await moderation.keep_agreed(
        conn, known, caller, bench, [typed(*pair) for pair in zip(data.items, values, strict=True)], meeting_id
    )
    await _keep_items(conn, bench, data, agreed, meeting_id)
    facts: dict[str, Any] = {"lot_id": lot_id, "meeting_id": meeting_id, "present": list(data.present)}
    facts |= {"held_at": data.held_at, "questions": len(agreed)}
    facts["dissent"] = sum(1 for item in data.items if item.dissent)
    facts["said"] = [_said(item) for item in data.items]
    if data.chair_reason is not None and caller.person_id != bench.chair_id:
        facts["chair_reason"] = data.chair_reason
    await events.record(conn, "meeting.held", tender_id=known.tender.id, actor=caller.person_id, data=facts)
    return (await meetings_of(conn, lot_id))[-1]


def _said(item: NewItem) -> dict[str, Any]:
    """What the log keeps of an item beside the agreed score, which has an entry of its own."""
    told = {"bid_id": item.bid_id, "criterion_id": item.criterion_id, "points": item.points}
    told |= {"dissent": msgspec.to_builtins(item.dissent)} if item.dissent else {}
    return told | ({"answer": item.answer} if item.answer else {})


async def _keep_items(
    conn: db.Connection,
    bench: moderation.Bench,
    meeting: NewMeeting,
    agreed: Sequence[moderation.ConsensusScore],
    meeting_id: UUID,
) -> None:
    # Tuples: the driver would make one array of lists of lists.
    marks = [
        tuple(
            {"person_id": person, "person": score.person, "version": score.version, "value": score.value}
            for person, score in bench.marks(item.bid_id, item.criterion_id).items()
        )
        for item in meeting.items
    ]
    await SQL.insert_items(
        conn,
        meeting_id=meeting_id,
        majority=bench.policy.majority,
        bid_ids=[item.bid_id for item in meeting.items],
        criteria=[item.criterion_id for item in meeting.items],
        versions=[score.version for score in agreed],
        marks=marks,
        points=[item.points for item in meeting.items],
        dissent=[item.dissent for item in meeting.items],
        warnings=[
            moderation.warnings_of(bench, typed(item, score.value))
            for item, score in zip(meeting.items, agreed, strict=True)
        ],
        answers=[item.answer for item in meeting.items],
    )


@get("/lots/{lot_id:uuid}/meetings")
async def list_meetings(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[Meeting]:
    """List the records of a lot's moderation meetings, first to last; for the moderator, approver or auditor."""
    await read_for_meetings(conn, caller, lot_id)
    return await meetings_of(conn, lot_id)


async def read_for_meetings(conn: db.Connection, caller: Caller, lot_id: UUID) -> tenders.Known:
    """The tender of a lot, for somebody who may read what its panel said: moderator, approver or auditor."""
    known = await tenders.read(conn, caller, lot_id=lot_id)
    tenders.check_access(known.tender, caller, "list_meetings")
    tenders.check_cleared(known.tender)
    await moderation.check_own_scores(conn, known, known.lot(lot_id), caller)
    return known


async def meetings_of(conn: db.Connection, lot_id: UUID) -> list[Meeting]:
    """The records of a lot's meetings, first to last."""
    rows = await db.many(SQL.list_meetings(conn, lot_id=lot_id), _Row)
    items = await db.many(SQL.list_items(conn, lot_id=lot_id), _ItemRow)
    return [
        Meeting(
            **msgspec.structs.asdict(row),
            items=[_item(item) for item in items if item.meeting_id == row.id],
        )
        for row in rows
    ]


def _item(row: _ItemRow) -> MeetingItem:
    return MeetingItem(**{name: getattr(row, name) for name in MeetingItem.__struct_fields__})


router = Router(path="/", route_handlers=[record_meeting, list_meetings], tags=["Evaluation"])
