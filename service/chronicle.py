"""The chronological record of a tender: everything a person did, with old and new value and reason, in one file.

Source: Directive 2014/24/EU art. 84(2); Procurement Act 2023 s. 98. It is the log, read by people: nothing is in it
that is not in the log, whose hashes prove it.
"""

import asyncio
from datetime import datetime
from functools import partial
from typing import Annotated, Any, cast
from uuid import UUID

import asyncpg
from litestar import MediaType, Response, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from service import apart, db, events, jobs, reports, transparency
from service.chronicle_document import (
    ChronicleDocument,
    ChronicleEntry,
    ChronicleRow,
    ChronicleTitle,
    entry_of,
)
from service.edge import UNCHANGED
from service.organisations import Caller
from service.reports import Asking, Lang, Stored
from service.seals import Seal
from service.tenders import TenderRow, check_access, check_cleared, read
from service.transparency import LogHead, ScoresUntold

SQL = db.queries("chronicle")

DUTY = "record"
"""What the worker calls the job that makes a record's PDF."""

MOST_ENTRIES = 1_000_000

Page = Annotated[int, QueryParameter(ge=1, le=1000, description="At most so many entries.")]


class Chronicle(Struct, frozen=True, kw_only=True):
    """A part of a tender's record. `next` is what to send as `after` for the entries that follow; None: there are none.

    `sealed`: not all lots are opened, so what suppliers do is left out, and positions.
    """

    tender: ChronicleTitle
    at: datetime
    sealed: bool
    entries: list[ChronicleEntry]
    next: int | None


class RecordFile(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A tender's record as a PDF, up to the present entry. Ask `location` until it is there.

    Of how many parts it will be is known once its making has begun, where it has several.
    """

    id: UUID
    location: str
    parts_done: int | None = None
    parts_total: int | None = None


class RecordAsked(Struct, frozen=True, kw_only=True):
    """A record as it was asked for: up to which entry, in which language; its contents where they are made."""

    tender_id: UUID
    log_size: int
    sealed: bool
    lang: str
    asked_at: datetime
    pdf: bytes | None
    digest: str | None


# Reading and making


async def _find(conn: db.Connection, caller: Caller, tender_id: UUID, operation: str) -> tuple[TenderRow, LogHead]:
    """A tender whose record the caller may read: its own organisation's, as approver or auditor."""
    known = await read(conn, caller, tender_id=tender_id)
    check_access(known.tender, caller, operation)
    check_cleared(known.tender)
    if await transparency.SQL.has_withheld(conn, tender_id=tender_id, reader_id=caller.person_id):
        raise ScoresUntold("Others have given scores that you have still to give.")
    return known.tender, await transparency.find_head(conn, caller, tender_id)


async def find_file(pool: asyncpg.Pool, file_id: UUID) -> RecordAsked:
    """A file that was asked for. Raises NotFound."""
    async with db.transaction(pool) as conn:
        return await db.one(SQL.get_file(conn, record_file_id=file_id), RecordAsked)


async def load(pool: asyncpg.Pool, asked: RecordAsked) -> ChronicleDocument:
    """Everything that a file prints, as it stood when it was asked for."""
    async with db.transaction(pool) as conn:
        rows = SQL.list_entries(
            conn,
            tender_id=asked.tender_id,
            sealed=asked.sealed,
            size=asked.log_size,
            skip=0,
            limit=MOST_ENTRIES,
        )
        return ChronicleDocument(
            tender=await db.one(SQL.get_title(conn, tender_id=asked.tender_id), ChronicleTitle),
            at=asked.asked_at,
            sealed=asked.sealed,
            entries=tuple(entry_of(row) for row in await db.many(rows, ChronicleRow)),
        )


async def make(pool: asyncpg.Pool, payload: str, *, seats: asyncio.Semaphore, seal: Seal | None = None) -> None:
    """The worker's duty: make a record in parts and store it, unless somebody else has. Raises JobError."""
    from service import report_parts  # drags what lays pages out; most API processes never make a file
    from service.typeset import begin_chronicle

    file_id = UUID(payload)

    async def tell(done: int, total: int) -> None:
        await jobs.tell(pool, DUTY, payload, jobs.Progress(done, total))

    asked = await find_file(pool, file_id)
    document = await load(pool, asked)
    making = report_parts.Making(pool, seats, asked.tender_id, asked.lang, tell)
    with reports.as_job_error():
        async with seats:
            begun = await apart.run(begin_chronicle, document, asked.lang)
        made = await reports.sealed(await report_parts.finish(making, begun), seal)
    async with db.transaction(pool) as conn:
        if await SQL.insert_contents(conn, record_file_id=file_id, **made.columns()) is not None:
            facts: dict[str, Any] = {"record_file_id": file_id, "lang": asked.lang, "entries": len(document.entries)}
            facts |= {"digest": made.digest, "size": len(made.pdf)}
            facts |= {"sealed_digest": made.sealed_digest} if made.sealed_digest else {}
            await events.record(conn, "record.stored", tender_id=asked.tender_id, actor=None, data=facts)


def duties(seats: asyncio.Semaphore, seal: Seal | None) -> dict[str, jobs.Do]:
    """What a worker does for records, by the names of its jobs."""
    return {DUTY: partial(make, seats=seats, seal=seal)}


# Handlers


@get("/tenders/{tender_id:uuid}/record")
async def read_record(
    tender_id: FromPath[UUID],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    after: Annotated[int, QueryParameter(ge=0, le=2**63 - 1, description="How many entries you have read.")] = 0,
    limit: Page = 100,
) -> Chronicle:
    """Read a tender's chronological record: who did what and when, old and new value, reason; approver or auditor.

    Refused attempts are in it. From publication until all lots are opened what suppliers do is left out.
    """
    tender, head = await _find(conn, caller, tender_id, "read_record")
    rows = SQL.list_entries(conn, tender_id=tender_id, sealed=head.sealed, size=head.size, skip=after, limit=limit + 1)
    found = [entry_of(row) for row in await db.many(rows, ChronicleRow)]
    return Chronicle(
        tender=await db.one(SQL.get_title(conn, tender_id=tender_id), ChronicleTitle),
        at=tender.now,
        sealed=head.sealed,
        entries=found[:limit],
        next=after + limit if len(found) > limit else None,
    )


@post("/tenders/{tender_id:uuid}/record-files", status_code=202)
async def ask_for_record(
    tender_id: FromPath[UUID],
    request: Asking,
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    lang: Lang = None,
) -> Response[RecordFile]:
    """Ask for the tender's record up to now as a PDF (PDF/A-3A, PDF/UA-1, the entries attached as JSON)."""
    reports.check_language(lang)
    tender, head = await _find(conn, caller, tender_id, "ask_for_record")
    file_id: UUID = await SQL.insert_file(
        conn,
        tender_id=tender_id,
        person_id=caller.person_id,
        log_size=head.size,
        sealed=head.sealed,
        lang=reports.language_for(request, lang, tender.language),
    )
    await jobs.enqueue(conn, DUTY, str(file_id))
    location = f"/record-files/{file_id}"
    headers = {"Location": location, "Retry-After": str(reports.POLL_SECONDS)}
    return Response(RecordFile(id=file_id, location=location), headers=headers)


@get(
    "/record-files/{record_file_id:uuid}",
    media_type="application/pdf",
    responses=reports.being_made(RecordFile) | UNCHANGED,
)
async def get_record_file(
    record_file_id: FromPath[UUID],
    request: Asking,
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Response[Any]:
    """Read a record that was asked for, as PDF; until it is made the answer is 202, to be repeated."""
    asked = await db.one(SQL.get_file(conn, record_file_id=record_file_id), RecordAsked)
    await _find(conn, caller, asked.tender_id, "get_record_file")
    location = f"/record-files/{record_file_id}"
    if asked.pdf is None or asked.digest is None:
        far = await jobs.find_progress(conn, DUTY, str(record_file_id))
        body = RecordFile(id=record_file_id, location=location, parts_done=far.parts_done, parts_total=far.parts_total)
        return await reports.queue(conn, DUTY, str(record_file_id), location, body)
    stored = Stored(pdf=asked.pdf, digest=asked.digest)
    return reports.filed(request, stored, f"tender-record-{record_file_id}", asked.lang)


@get("/record-files/{record_file_id:uuid}/record.html", media_type=MediaType.HTML)
async def show_record_file(
    record_file_id: FromPath[UUID], caller: NamedDependency[Caller], state: State
) -> Response[str]:
    """Read a record that was asked for on a screen: the same as the PDF, at once."""
    from service.typeset import shown_chronicle

    pool = cast("asyncpg.Pool", state.pool)
    async with db.transaction_of(pool, caller.organisation_id) as conn:
        asked = await db.one(SQL.get_file(conn, record_file_id=record_file_id), RecordAsked)
        await _find(conn, caller, asked.tender_id, "show_record_file")
    return await reports.on_screen(state, asked.lang, shown_chronicle, await load(pool, asked), asked.lang)


router = Router(
    path="/", route_handlers=[read_record, ask_for_record, get_record_file, show_record_file], tags=["Reports"]
)
