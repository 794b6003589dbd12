"""The award notice: published once the bidders have their letters, and where the law says so the standstill's start."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from service import awards, db, events, standstill, summaries, tenders
from service.awards import NotAwarded
from service.drafts import Instant
from service.organisations import Caller
from service.problems import CONSTRAINTS, Fault, InvalidRequest, Refusal
from service.tenders import TenderRow

SQL = db.queries("notices")


class NewNotice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When and under which number the award notice was published. `calendar` as for the letters."""

    published_at: Instant
    reference: Annotated[str, Meta(min_length=1, max_length=400, pattern=r"\S")]
    calendar: Annotated[str, Meta(min_length=2, max_length=20)] | None = None


class Notice(Struct, frozen=True, kw_only=True):
    """The published award notice of a lot, and until when no contract is signed."""

    lot_id: UUID
    award_number: int
    reference: str
    published_at: datetime
    person_id: UUID
    recorded_at: datetime
    standstill_ends_at: datetime | None


# Refusals


class LettersNotSent(Refusal):
    """The bidders must have their letters before the award notice is published.

    Send them with `POST /lots/{id}/assessment-summaries/sending`. Source: Procurement Act 2023 s.50(3).
    """


class NoticeAlreadyPublished(Refusal):
    """The award notice of this award has been recorded.

    Read it at `GET /lots/{id}/award-notice`.
    """


CONSTRAINTS["award_notices_are_published_once_per_award"] = (NoticeAlreadyPublished, "The notice is recorded already.")

# Rules


def check_time(tender: TenderRow, published_at: datetime, not_before: datetime) -> None:
    """A notice is recorded once it is published, and it was published after what the law puts before it."""
    if published_at > tender.now:
        fault = Fault("/published_at", "This lies in the future.", "Record the notice once it is published.")
        raise InvalidRequest("The notice is not published yet.", faults=(fault,))
    if published_at < not_before:
        message = f"This is before {not_before.isoformat()}, when the award was decided or its letters were sent."
        fault = Fault("/published_at", message, "Check the instant, or publish the notice again.")
        raise InvalidRequest("The order of the steps is wrong.", faults=(fault,))


# Handlers


@post("/lots/{lot_id:uuid}/award-notice")
async def record_notice(
    lot_id: FromPath[UUID],
    data: JSONBody[NewNotice],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Notice:
    """Record the published award notice of a lot; for an approver. Under the Procurement Act 2023 standstill begins."""
    known = await tenders.lock(conn, caller, lot_id=lot_id)
    tenders.check_access(known.tender, caller, "record_notice")
    tenders.check_cleared(known.tender)
    award = await awards.standing_award(conn, lot_id)
    if award is None or award.bid_id is None:
        raise NotAwarded("No award to a bid stands.")
    law = tenders.legal_rules(known.tender)
    sent = await summaries.list_sent(conn, lot_id, award.number)
    if law.letters and not sent:
        raise LettersNotSent(f"No letters on award {award.number} have been sent.")
    check_time(known.tender, data.published_at, max([award.decided_at, *(one.sent_at for one in sent.values())]))
    await SQL.insert_notice(
        conn,
        lot_id=lot_id,
        award_number=award.number,
        reference=data.reference,
        published_at=data.published_at,
        person_id=caller.person_id,
    )
    if law.standstill is not None and law.standstill.starts == "notice":
        calendar = standstill.calendar_of(law.standstill, data.calendar)
        zone = known.tender.time_zone
        waiting = standstill.wait(law.standstill, data.published_at, zone, calendar=calendar)
        await standstill.begin(conn, known.tender, lot_id, award.number, data.published_at, waiting)
    notice = await db.one(SQL.get_notice(conn, lot_id=lot_id), Notice)
    facts = msgspec.to_builtins(notice)
    await events.record(conn, "award-notice.published", tender_id=known.tender.id, actor=caller.person_id, data=facts)
    return notice


@get("/lots/{lot_id:uuid}/award-notice")
async def get_notice(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> Notice:
    """Read the award notice of a lot's last award; for the buyer's people."""
    known = await tenders.read(conn, caller, lot_id=lot_id)
    tenders.check_access(known.tender, caller, "get_notice")
    tenders.check_cleared(known.tender)
    return await db.one(SQL.get_notice(conn, lot_id=lot_id), Notice)


router = Router(path="/", route_handlers=[record_notice, get_notice], tags=["Award"])
