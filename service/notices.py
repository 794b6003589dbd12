"""The award notice, with which standstill may begin, and the feed of all that the law makes public of a tender.

An award is noticed once the bidders have their letters. What was told of an award that was annulled stays, marked so.
"""

from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple, cast
from uuid import UUID

import msgspec
from litestar import MediaType, Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

import scoring
from service import awards, db, events, letter_sources, standstill, tenders
from service.awards import Annulled, NotAwarded
from service.drafts import Instant
from service.edge import Cursor, Limit, Page, etag, holds, link_to_next, page_of, start_of
from service.jurisdictions import Presets
from service.letter_sources import why_withheld
from service.letters import Shown, never_withheld
from service.organisations import NOBODY, Caller
from service.problems import CONSTRAINTS, Fault, InvalidRequest, NotFound, Refusal
from service.signing import Secrets
from service.tenders import TenderRow

SQL = db.queries("notices")


class NewNotice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When and under which number the award notice was published. `calendar` as for the letters."""

    published_at: Instant
    reference: Annotated[str, Meta(min_length=1, max_length=400, pattern=r"\S")]
    calendar: Annotated[str, Meta(min_length=2, max_length=20)] | None = None


class Notice(Struct, frozen=True, kw_only=True):
    """The published award notice of a lot, until when no contract is signed, and whether the award was annulled."""

    lot_id: UUID
    award_number: int
    reference: str
    published_at: datetime
    person_id: UUID
    recorded_at: datetime
    standstill_ends_at: datetime | None
    annulled: Annulled | None = None


class _Told(Struct, frozen=True, kw_only=True):
    id: UUID
    kind: Literal["tender", "corrigendum", "cancellation", "award", "annulment"]
    told_at: datetime
    lot_id: UUID | None
    lot_number: int | None
    lot: str | None
    number: int | None
    reference: str | None
    published_at: datetime | None
    reason: str | None
    awarded_to: tuple[str, ...]
    standstill_ends_at: datetime | None
    annulled: Annulled | None
    your_bid_id: UUID | None


class PublicNotice(_Told, frozen=True, kw_only=True):
    """Something of a tender that the law makes public: kind by kind.

    `tender`: it was published. `corrigendum`: a numbered change came into force. `cancellation`: a lot was cancelled.
    `award`: the award notice was published, at `published_at` under `reference`; `awarded_to` names who won, in a
    framework everybody who holds a place; `contract_price` is told where people have given it for publication, or the
    ground on which it is withheld; `annulled` marks an award that does not stand any more. `annulment`: that it was
    annulled. `told_at` is when it was told here, `number` that of the corrigendum or award, `your_bid_id` your own bid
    with a letter on this award (`GET /lots/{id}/assessment-summaries/{bid}?award={number}`).
    """

    contract_price: Shown | None


class _Row(_Told, frozen=True, kw_only=True):
    contract_price: str | None
    withheld_ground: str | None
    withheld_reason: str | None


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


def as_told(law: Presets, row: _Row) -> PublicNotice:
    """A notice with the contract's price, or with the ground on which the public does not read it."""
    shared = {name: getattr(row, name) for name in _Told.__struct_fields__}
    price = None
    if row.withheld_reason is not None and "contract_price" not in never_withheld(law):
        price = Shown(text=None, redacted=why_withheld(law, row.withheld_ground, row.withheld_reason))
    elif row.contract_price is not None:
        price = Shown(text=row.contract_price)
    return PublicNotice(**shared, contract_price=price)


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
    sent = await letter_sources.list_sent(conn, lot_id, award.number)
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


@get("/tenders/{tender_id:uuid}/notices")
async def list_notices(
    tender_id: FromPath[UUID],
    request: Request[Caller, Any, State],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response[Page[PublicNotice]]:
    """List what the law makes public of a published tender, in the order in which it was told; for everybody.

    Send the ETag that you have read as `If-None-Match`: while nothing has changed the answer is 304.
    """
    tender = (await tenders.read(conn, caller, tender_id=tender_id)).tender
    asked = _Asked(caller.organisation_id, limit, cursor)
    return _answer(request, asked, await _page(conn, tender, asked, request.app.state.secrets))


@get("/public/tenders/{tender_id:uuid}/notices")
async def list_public_notices(
    tender_id: FromPath[UUID],
    request: Request[Any, Any, State],
    conn: NamedDependency[db.Connection],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response[Page[PublicNotice]]:
    """List the same without a key, for everybody; not of tenders that exist for a framework's suppliers alone.

    Send the ETag that you have read as `If-None-Match`: while nothing has changed the answer is 304.
    """
    known = await tenders.read(conn, NOBODY, tender_id=tender_id)
    asked = _Asked(NOBODY.organisation_id, limit, cursor)
    page = await _page(conn, known.tender, asked, request.app.state.secrets)
    return _answer(request, asked, page)


class _Asked(NamedTuple):
    reader_id: UUID
    limit: int
    cursor: str | None


async def _page(conn: db.Connection, tender: TenderRow, asked: _Asked, secrets: Secrets) -> Page[PublicNotice]:
    """A page of a published tender's notices, for an organisation."""
    if tender.published_at is None:
        raise NotFound
    after_at, after_id = start_of(asked.cursor, secrets)
    await db.read_for_everybody(conn)  # withheld prices stand in letters, which are walled
    rows = SQL.list_notices(
        conn,
        tender_id=tender.id,
        supplier_id=asked.reader_id,
        after_at=after_at,
        after_id=after_id,
        limit=asked.limit + 1,
    )
    law = tenders.legal_rules(tender)
    told = [as_told(law, row) for row in await db.many(rows, _Row)]
    return page_of(told, asked.limit, lambda one: (one.told_at, one.id), secrets)


def _answer(request: Request[Any, Any, State], asked: _Asked, page: Page[PublicNotice]) -> Response[Page[PublicNotice]]:
    """The page with its ETag, or 304 where its reader has it."""
    digest = scoring.digest(page)
    headers = {"ETag": etag(digest), **link_to_next(request.url.path, asked.limit, page.next)}
    if holds(", ".join(request.headers.getall("if-none-match", [])), digest):
        return Response(cast("Any", b""), status_code=304, media_type=MediaType.TEXT, headers=headers)
    return Response(page, headers=headers)


router = Router(path="/", route_handlers=[record_notice, get_notice, list_notices], tags=["Award"])
public = Router(path="/", route_handlers=[list_public_notices], tags=["Public"])
