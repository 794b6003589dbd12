"""What the people of a tender were trained in, and when, as its record tells it."""

from datetime import date, datetime
from uuid import UUID

import msgspec
from litestar import Router, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from service import db, events, tenders
from service.drafts import Title
from service.organisations import Caller

SQL = db.queries("trainings")


class NewTraining(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person was trained in, and when."""

    person_id: UUID
    subject: Title
    held_on: date


class Training(Struct, frozen=True, kw_only=True):
    """A person's training, as it was recorded."""

    person_id: UUID
    person: str
    subject: str
    held_on: date
    recorded_by: UUID
    recorded_at: datetime


@post("/tenders/{tender_id:uuid}/trainings")
async def record_training(
    tender_id: FromPath[UUID],
    data: JSONBody[NewTraining],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Training:
    """Record what somebody of the tender was trained in; for its author or a moderator."""
    known = await tenders.lock(conn, caller, tender_id=tender_id)
    tenders.check_access(known.tender, caller, "record_training")
    row = SQL.insert_training(
        conn,
        tender_id=tender_id,
        person_id=data.person_id,
        subject=data.subject,
        held_on=data.held_on,
        recorded_by=caller.person_id,
    )
    training = await db.one(row, Training)
    facts = msgspec.to_builtins(training)
    await events.record(conn, "training.recorded", tender_id=tender_id, actor=caller.person_id, data=facts)
    return training


router = Router(path="/", route_handlers=[record_training], tags=["Panel"])
