"""Stored evaluation → HTML → PDF. What is read is read in one transaction; rendering happens apart, with none open."""

import asyncio
import base64
import contextlib
import hashlib
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from datetime import datetime
from functools import partial
from typing import Annotated, Any, ParamSpec, TypeVar, cast
from uuid import UUID

import asyncpg
import msgspec
from litestar import MediaType, Request, Response, Router, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

import scoring
from service import apart, db, evaluations, events, jobs, seals, wording
from service.edge import UNCHANGED, etag, holds
from service.jobs import JobError
from service.language import LANGUAGES
from service.organisations import Caller
from service.problems import Fault, Refusal
from service.report_document import (
    AuditEntry,
    Consensus,
    Decision,
    Entry,
    Issued,
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
P = ParamSpec("P")
Asking = Request[Caller, Any, State]

DUTY = "report"
"""What the worker calls the job that makes a PDF."""

POLL_SECONDS = 2
TRY_ANEW_SECONDS = 60
SEAT_SECONDS = 20
"""How long a reader of HTML waits for one of the processes that typeset it; each may take gigabytes."""

Lang = Annotated[
    str | None,
    QueryParameter(
        max_length=20,
        description="Language, such as en. Without it `Accept-Language` decides, then the tender's own language.",
    ),
]


class ReportQueued(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The report is being made. Ask the same address again after the seconds in `Retry-After`.

    Of how many parts it will be is known once its making has begun; parts that were ready before count as done.
    """

    location: str
    parts_done: int | None = None
    parts_total: int | None = None


def being_made(body: type[Struct]) -> dict[int, ResponseSpec]:
    """How an address is described whose file is made when it is asked for: what it answers until then."""
    told = "Being made: ask again after `Retry-After` seconds at `Location`."
    return {202: ResponseSpec(body, generate_examples=False, description=told)}


class Stored(Struct, frozen=True, kw_only=True):
    """A report as it was stored once and for all."""

    pdf: bytes
    digest: str


class Made(Struct, frozen=True, kw_only=True):
    """A file as it was made, its digest, and the seal that is put behind its bytes."""

    pdf: bytes
    digest: str
    signature: bytes | None

    def columns(self) -> dict[str, Any]:
        """What is stored of it."""
        return msgspec.structs.asdict(self)

    @property
    def sealed_digest(self) -> str | None:
        """The digest of all together, where there is a seal."""
        return hashlib.sha256(self.pdf + self.signature).hexdigest() if self.signature else None


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


def check_language(lang: str | None) -> None:
    """A report is made in a language that has been translated in full, or not at all."""
    if lang is not None and lang not in LANGUAGES:
        raise LanguageUnknown(
            f"There are reports in {', '.join(LANGUAGES)}.",
            faults=(Fault("lang", f"{lang!r} is none of them.", "Leave it out for the tender's language."),),
        )


def language_for(request: Asking, lang: str | None, own: str | None) -> str:
    """The language that a reader gets: the one asked for, else one that its program prefers, else the tender's own.

    English where nobody has chosen any. Raises LanguageUnknown.
    """
    check_language(lang)
    return lang or wording.choose(request.headers.get("accept-language", ""), own or wording.ENGLISH)


def payload_of(evaluation_id: UUID, lang: str) -> str:
    """The job's payload, which is also its identity."""
    return msgspec.json.encode(Asked(evaluation_id, lang)).decode()


def content_policy(page: str) -> str:
    """A Content-Security-Policy under which an HTML report shows itself and can load and run nothing from elsewhere."""
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    nothing = ("default-src", "frame-ancestors", "base-uri", "form-action")
    return "; ".join([*(f"{what} 'none'" for what in nothing), f"style-src 'sha256-{digest}'", "font-src data:"])


# Reading and making


async def load(pool: asyncpg.Pool, evaluation_id: UUID) -> ReportDocument:
    """Everything that the report prints, as it stood when the lot was evaluated; read at one instant."""
    async with db.transaction(pool, one_instant=True) as conn:
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
            issued=await issued_of(conn, subject.tender_id),
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


async def issued_of(conn: db.Connection, tender_id: UUID) -> tuple[Issued, ...]:
    """A tender's corrigenda in force; all are older than its deadline."""
    return tuple(await db.many(SQL.list_issued(conn, tender_id=tender_id), Issued))


async def make(pool: asyncpg.Pool, payload: str, *, seats: asyncio.Semaphore, seal: seals.Seal | None = None) -> None:
    """The worker's duty: make a report in parts and store it, unless somebody else has. Raises JobError.

    seats: how many processes may lay out parts at the same time. seal: what is put behind the report's own bytes, whose
    digest is the one in the log.
    """
    from service import report_parts  # drags what lays pages out; most API processes never make a report

    asked = msgspec.json.decode(payload, type=Asked)

    async def tell(done: int, total: int) -> None:
        await jobs.tell(pool, DUTY, payload, jobs.Progress(done, total))

    tender_id = await _log_of(pool, asked.evaluation_id)
    making = report_parts.Making(pool, seats, tender_id, asked.lang, tell)
    document = await load(pool, asked.evaluation_id)
    with as_job_error():
        made = await sealed(await report_parts.make(making, document), seal)
    async with db.transaction(pool) as conn:
        row = SQL.insert_report(conn, evaluation_id=asked.evaluation_id, lang=asked.lang, **made.columns())
        if await row is not None:
            facts: dict[str, Any] = {"evaluation_id": asked.evaluation_id, "lang": asked.lang}
            facts |= {"digest": made.digest, "size": len(made.pdf)}
            facts |= {"sealed_digest": made.sealed_digest} if made.sealed_digest else {}
            await events.record(conn, "report.stored", tender_id=tender_id, actor=None, data=facts)


async def prepare(pool: asyncpg.Pool, payload: str, *, seats: asyncio.Semaphore) -> None:
    """The worker's duty after a run: lay out what its report will print of each bid, in the tender's language.

    Raises JobError.
    """
    from service import report_parts

    async def tell(done: int, total: int) -> None:
        await jobs.tell(pool, evaluations.PREPARE, payload, jobs.Progress(done, total))

    evaluation_id = UUID(payload)
    tender_id = await _log_of(pool, evaluation_id)
    making = report_parts.Making(pool, seats, tender_id, await find_language(pool, evaluation_id), tell)
    document = await load(pool, evaluation_id)
    with as_job_error():
        await report_parts.prepare(making, document)


async def _log_of(pool: asyncpg.Pool, evaluation_id: UUID) -> UUID:
    async with db.transaction(pool) as conn:
        return await events.SQL.find_log(conn, tender_id=None, lot_id=None, bid_id=None, evaluation_id=evaluation_id)


async def find_language(pool: asyncpg.Pool, evaluation_id: UUID) -> str:
    """The language of the tender that was evaluated; English where it has chosen none, or there is no such run."""
    async with db.transaction(pool) as conn:
        own: str | None = await SQL.find_language(conn, evaluation_id=evaluation_id)
    return own or wording.ENGLISH


@contextlib.contextmanager
def as_job_error() -> Generator[None]:
    """What goes wrong in a child process is the job's failure; a missing library stays missing."""
    try:
        yield
    except apart.WorkError as error:
        raise JobError(str(error), mend=error.mend, final=error.final) from None


async def sealed(pdf: bytes, seal: seals.Seal | None) -> Made:
    """A file as it is stored, with the buyer's seal where it has one. Raises WorkError."""
    signature = await apart.run(seals.sealed, pdf, seal) if seal else None
    return Made(pdf=pdf, digest=hashlib.sha256(pdf).hexdigest(), signature=signature)


Also = Callable[[asyncio.Semaphore, seals.Seal | None], Mapping[str, jobs.Do]]
"""Duties of other modules by their names, with the seats and the seal that they share with the reports."""


async def work(dsn: str, settings: Settings, also: Also | None = None) -> None:
    """Make the reports that are asked for until cancelled; a program of its own wraps it in `jobs.until_told`."""
    at_once = max(1, settings.report_workers)
    seats, seal = asyncio.Semaphore(at_once), seals.seal_of(settings)
    await jobs.work(
        dsn,
        {
            DUTY: partial(make, seats=seats, seal=seal),
            evaluations.PREPARE: partial(prepare, seats=seats),
            **(also(seats, seal) if also else {}),
        },
        at_once=at_once,
        grace=settings.shutdown_seconds,
        pooler=settings.database_pooler,
    )


# Handlers


@get(
    "/evaluations/{evaluation_id:uuid}/report.pdf",
    media_type="application/pdf",
    responses=being_made(ReportQueued) | UNCHANGED,
)
async def get_report(
    evaluation_id: FromPath[UUID],
    request: Asking,
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    lang: Lang = None,
) -> Response[Any]:
    """Read the evaluation report as PDF (PDF/A-3A, PDF/UA-1; the result and the scores are attached).

    It is made once, in the background: until then the answer is 202, to be repeated after `Retry-After` seconds.
    """
    check_language(lang)
    await evaluations.get_stored(conn, caller, evaluation_id)
    spoken = language_for(request, lang, await SQL.find_language(conn, evaluation_id=evaluation_id))
    stored = await db.maybe(SQL.get_report(conn, evaluation_id=evaluation_id, lang=spoken), Stored)
    if stored is None:
        location = f"/evaluations/{evaluation_id}/report.pdf?lang={spoken}"
        payload = payload_of(evaluation_id, spoken)
        far = await jobs.find_progress(conn, DUTY, payload)
        body = ReportQueued(location=location, parts_done=far.parts_done, parts_total=far.parts_total)
        return await queue(conn, DUTY, payload, location, body)
    return filed(request, stored, f"evaluation-report-{evaluation_id}", spoken)


def filed(request: Asking, stored: Stored, name: str, lang: str) -> Response[Any]:
    """A stored PDF under the name that it gets on a reader's disk; nothing where the reader has it already."""
    headers = {"ETag": etag(stored.digest), "Content-Disposition": f'inline; filename="{name}-{lang}.pdf"'}
    headers |= spoken_in(lang)
    if holds(", ".join(request.headers.getall("if-none-match", [])), stored.digest):
        return Response(b"", status_code=304, media_type=MediaType.TEXT, headers=headers)
    return Response(stored.pdf, media_type="application/pdf", headers=headers)


def spoken_in(lang: str) -> dict[str, str]:
    """What tells readers and caches in which language an answer is, and that it depends on who asks."""
    return {"Content-Language": lang, "Vary": "Accept-Language"}


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
    evaluation_id: FromPath[UUID], request: Asking, caller: NamedDependency[Caller], state: State, lang: Lang = None
) -> Response[str]:
    """Read the evaluation report on a screen: the same templates as the PDF, without anything active."""
    from service.typeset import shown

    check_language(lang)
    pool = cast("asyncpg.Pool", state.pool)
    async with db.transaction_of(pool, caller.organisation_id) as conn:
        await evaluations.get_stored(conn, caller, evaluation_id)
    spoken = language_for(request, lang, await find_language(pool, evaluation_id))
    return await on_screen(state, spoken, shown, await load(pool, evaluation_id), spoken)


async def on_screen(
    state: State, lang: str, work: Callable[P, str], *args: P.args, **kwargs: P.kwargs
) -> Response[str]:
    """A page in a language, typeset for its reader in a process apart, as soon as one is free. Raises ReportFailed."""
    async with seat(state.typesetting):
        return page(await apart.run(work, *args, **kwargs), lang)


@contextlib.asynccontextmanager
async def seat(seats: asyncio.Semaphore) -> AsyncGenerator[None]:
    """A seat for as long as a page is typeset, whose reader is told what goes wrong. Raises ReportFailed."""
    try:
        async with asyncio.timeout(SEAT_SECONDS):
            await seats.acquire()
    except TimeoutError:
        raise ReportFailed("Others are reading reports just now.", headers={"Retry-After": "5"}) from None
    try:
        yield
    except apart.WorkError as error:
        raise ReportFailed(str(error)) from None
    finally:
        seats.release()


def page(html: str, lang: str) -> Response[str]:
    """A typeset page, under a policy that lets it load and run nothing."""
    headers = {"Content-Security-Policy": content_policy(html), **spoken_in(lang)}
    return Response(html, media_type=MediaType.HTML, headers=headers)


router = Router(path="/", route_handlers=[get_report, show_report], tags=["Evaluation"])
