"""Stored evaluation → HTML → PDF. What is read is read in one transaction; rendering happens apart, with none open."""

import asyncio
import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, TypeVar, cast
from uuid import UUID

import asyncpg
import msgspec
from litestar import MediaType, Request, Response, Router, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from msgspec import Meta, Struct

import scoring
from service import apart, db, evaluations, events, jobs
from service.edge import etag
from service.jobs import JobError
from service.language import LANGUAGES
from service.organisations import Caller
from service.problems import Fault, Refusal
from service.report_document import (
    AuditEntry,
    Consensus,
    Decision,
    Entry,
    LateBid,
    MissingBid,
    Officer,
    Opening,
    PanelScore,
    ReportDocument,
    SealedPrice,
    Tender,
)
from service.settings import Settings

SQL = db.queries("reports")
T = TypeVar("T")

DUTY = "report"
"""What the worker calls the job that makes a PDF."""

POLL_SECONDS = 2
TRY_ANEW_SECONDS = 60
SEAT_SECONDS = 20
"""How long a reader of HTML waits for one of the processes that typeset it; each may take gigabytes."""

Lang = Annotated[str, Meta(max_length=20, description="Language of the report, such as en.")]


class ReportQueued(Struct, frozen=True, kw_only=True):
    """The report is being made. Ask the same address again after the seconds in `Retry-After`."""

    location: str


class Stored(Struct, frozen=True, kw_only=True):
    """A report as it was stored once and for all."""

    pdf: bytes
    digest: str


class Subject(Struct, frozen=True, kw_only=True):
    """The row that a report starts from: the evaluation, its lot, its tender."""

    lot_id: UUID
    tender_id: UUID
    canonical: bytes
    digest: str
    number: int
    evaluated_at: datetime
    evaluated_by: str
    title: str
    reference: str
    currency: str
    time_zone: str
    published_at: datetime | None
    submission_deadline: datetime | None
    buyer: str
    lot_number: int
    lot_title: str
    opened_at: datetime | None
    custody: str
    withdrawn: int
    locked_at: datetime | None
    locked_by: str | None
    price_opened_at: datetime | None


class Asked(Struct, frozen=True):
    """A job's payload: which report to make."""

    evaluation_id: UUID
    lang: str


class ReportFailed(Refusal):
    """The report could not be made.

    The detail says why and, where one helps, the command that mends it. The evaluation itself is stored and can be
    read. A minute after the last attempt the report is tried anew when somebody asks for it.
    """

    status = 503


class LanguageUnknown(Refusal):
    """Reports do not exist in this language.

    The detail lists the languages that there are.
    """

    status = 422


# Rules


def check_language(lang: str) -> None:
    """A report is made in a language that has been translated in full, or not at all."""
    if lang not in LANGUAGES:
        raise LanguageUnknown(
            f"There are reports in {', '.join(LANGUAGES)}.",
            faults=(Fault("lang", f"{lang!r} is none of them.", "Leave it out for English."),),
        )


def payload_of(evaluation_id: UUID, lang: str) -> str:
    """The job's payload, which is also its identity."""
    return msgspec.json.encode(Asked(evaluation_id, lang)).decode()


def content_policy(page: str) -> str:
    """A Content-Security-Policy under which an HTML report shows itself and can load and run nothing."""
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    nothing = ("default-src", "frame-ancestors", "base-uri", "form-action")
    return "; ".join([*(f"{what} 'none'" for what in nothing), f"style-src 'sha256-{digest}'"])


# Reading and making


async def load(pool: asyncpg.Pool, evaluation_id: UUID) -> ReportDocument:
    """Everything that the report prints, as it stood when the lot was evaluated; read at one instant."""
    async with db.transaction(pool) as conn:
        await SQL.see_one_instant(conn)
        subject = await db.one(SQL.get_subject(conn, evaluation_id=evaluation_id), Subject)
        then: dict[str, Any] = {"lot_id": subject.lot_id, "until": subject.evaluated_at}
        log = SQL.list_events(conn, tender_id=subject.tender_id, evaluation_id=evaluation_id)
        return ReportDocument(
            evaluation=msgspec.json.decode(subject.canonical, type=scoring.Evaluation),
            canonical=subject.canonical,
            digest=subject.digest,
            number=subject.number,
            evaluated_at=subject.evaluated_at,
            evaluated_by=subject.evaluated_by,
            tender=msgspec.convert(subject, Tender, from_attributes=True),
            entries=tuple(await db.many(SQL.list_entries(conn, lot_id=subject.lot_id), Entry)),
            scores=tuple(await db.many(SQL.list_panel_scores(conn, **then), PanelScore)),
            consensus=tuple(await db.many(SQL.list_consensus(conn, **then), Consensus)),
            decisions=tuple(await db.many(SQL.list_decisions(conn, **then), Decision)),
            officers=tuple(await db.many(SQL.list_officers(conn, lot_id=subject.lot_id, envelope="offer"), Officer)),
            opening=await _opening(conn, subject, then),
            events=tuple(await db.many(log, AuditEntry)),
        )


async def _opening(conn: db.Connection, subject: Subject, then: dict[str, Any]) -> Opening:
    officers = SQL.list_officers(conn, lot_id=subject.lot_id, envelope="price")
    return Opening(
        custody=subject.custody,
        withdrawn=subject.withdrawn,
        late=tuple(await db.many(SQL.list_late(conn, **then), LateBid)),
        missing=tuple(await db.many(SQL.list_missing(conn, lot_id=subject.lot_id), MissingBid)),
        locked_at=subject.locked_at,
        locked_by=subject.locked_by,
        price_opened_at=subject.price_opened_at,
        price_officers=tuple(await db.many(officers, Officer)),
        stay_sealed=tuple(await db.many(SQL.list_stay_sealed(conn, lot_id=subject.lot_id), SealedPrice)),
    )


async def make(pool: asyncpg.Pool, payload: str) -> None:
    """The worker's duty: render a report apart and store it, unless somebody else has. Raises JobError."""
    from service.typeset import print_report  # drags pikepdf; most API processes never make a report

    asked = msgspec.json.decode(payload, type=Asked)
    document = await load(pool, asked.evaluation_id)
    try:
        pdf = await apart.run(print_report, document, asked.lang)
    except apart.WorkError as error:
        raise JobError(str(error), mend=error.mend, final=bool(error.mend)) from None
    digest = hashlib.sha256(pdf).hexdigest()
    async with db.transaction(pool) as conn:
        row = SQL.insert_report(conn, evaluation_id=asked.evaluation_id, lang=asked.lang, pdf=pdf, digest=digest)
        if await row is not None:
            tender_id = await events.SQL.find_log(
                conn, tender_id=None, lot_id=None, bid_id=None, evaluation_id=asked.evaluation_id
            )
            facts = {"evaluation_id": asked.evaluation_id, "lang": asked.lang, "digest": digest, "size": len(pdf)}
            await events.record(conn, "report.stored", tender_id=tender_id, actor=None, data=facts)


async def work(dsn: str, settings: Settings, also: Mapping[str, jobs.Do] | None = None) -> None:
    """Make the reports that are asked for until cancelled; a program of its own wraps it in `jobs.until_told`.

    also: duties of other modules by their names.
    """
    await jobs.work(
        dsn,
        {DUTY: make, **(also or {})},
        at_once=max(1, settings.report_workers),
        grace=settings.shutdown_seconds,
        pooler=settings.database_pooler,
    )


# Handlers


@get("/evaluations/{evaluation_id:uuid}/report.pdf", media_type="application/pdf")
async def get_report(
    evaluation_id: FromPath[UUID],
    request: Request[Caller, Any, State],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    lang: FromQuery[Lang] = "en",
) -> Response[Any]:
    """Read the evaluation report as PDF (PDF/A-3A, PDF/UA-1; the result and the scores are attached).

    It is made once, in the background: until then the answer is 202, to be repeated after `Retry-After` seconds.
    """
    check_language(lang)
    await evaluations.get_stored(conn, caller, evaluation_id)
    stored = await db.maybe(SQL.get_report(conn, evaluation_id=evaluation_id, lang=lang), Stored)
    if stored is None:
        location = f"/evaluations/{evaluation_id}/report.pdf?lang={lang}"
        return await queue(conn, DUTY, payload_of(evaluation_id, lang), location, ReportQueued(location=location))
    headers = {
        "ETag": etag(stored.digest),
        "Content-Disposition": f'inline; filename="evaluation-report-{evaluation_id}-{lang}.pdf"',
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(b"", status_code=304, media_type=MediaType.TEXT, headers=headers)
    return Response(stored.pdf, media_type="application/pdf", headers=headers)


async def queue(conn: db.Connection, duty: str, payload: str, location: str, body: T) -> Response[T]:
    """Ask the worker for a file; one that was given up is tried anew after a minute."""
    failure = await jobs.find_failure(conn, duty, payload)
    if failure is not None and failure.seconds_ago < TRY_ANEW_SECONDS:
        wait = TRY_ANEW_SECONDS - failure.seconds_ago
        mend = f" To mend it: {failure.mend}" if failure.mend else ""
        raise ReportFailed(f"{failure.failure}{mend}", headers={"Retry-After": str(wait)})
    if failure is not None:
        await jobs.forget(conn, duty, payload)
    await jobs.enqueue(conn, duty, payload)
    headers = {"Location": location, "Retry-After": str(POLL_SECONDS)}
    return Response(body, status_code=202, media_type=MediaType.JSON, headers=headers)


@get("/evaluations/{evaluation_id:uuid}/report.html", media_type=MediaType.HTML)
async def show_report(
    evaluation_id: FromPath[UUID],
    caller: NamedDependency[Caller],
    state: State,
    lang: FromQuery[Lang] = "en",
) -> Response[str]:
    """Read the evaluation report on a screen: the same templates as the PDF, without anything active."""
    from service.typeset import typeset

    check_language(lang)
    pool = cast("asyncpg.Pool", state.pool)
    async with db.transaction_of(pool, caller.organisation_id) as conn:
        await evaluations.get_stored(conn, caller, evaluation_id)
    document = await load(pool, evaluation_id)
    try:
        async with asyncio.timeout(SEAT_SECONDS):
            await state.typesetting.acquire()
    except TimeoutError:
        raise ReportFailed("Others are reading reports just now.", headers={"Retry-After": "5"}) from None
    try:
        page = await apart.run(typeset, document, lang)
    except apart.WorkError as error:
        raise ReportFailed(str(error)) from None
    finally:
        state.typesetting.release()
    return Response(page, media_type=MediaType.HTML, headers={"Content-Security-Policy": content_policy(page)})


router = Router(path="/", route_handlers=[get_report, show_report], tags=["Evaluation"])
