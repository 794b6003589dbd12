"""The report on a spend analysis: the stored result as HTML and PDF, with charts; nothing is computed again."""

from datetime import datetime
from functools import partial
from typing import Any, cast
from uuid import UUID

import asyncpg
import msgspec
from litestar import MediaType, Response, Router, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from service import apart, db, jobs, reports, seals, spend, spend_analyses
from service.edge import UNCHANGED
from service.organisations import Caller
from service.problems import NotFound
from service.reports import Asking, Lang, ReportQueued, Stored
from service.settings import Settings
from service.spend_analysis import SpendAnalysis, SpendDocument
from service.spend_shelf import Shelf

SQL = db.queries("spend_reports")

DUTY = "spend-report"
"""What the worker calls the job that makes a PDF."""


class Asked(Struct, frozen=True):
    """A job's payload: which report to make, in which language."""

    analysis_id: UUID
    lang: str

    @classmethod
    def read(cls, payload: str) -> "Asked":
        """What a job asks for; a program before languages has queued the analysis's id alone."""
        return msgspec.json.decode(payload, type=cls) if payload.startswith("{") else cls(UUID(payload), "en")


class _Result(Struct, frozen=True, kw_only=True):
    buyer: str
    canonical: bytes
    digest: str
    analysed_at: datetime


async def load(conn: db.Connection, analysis_id: UUID) -> SpendDocument:
    """Everything that the report prints. Raises NotFound."""
    found = await db.one(SQL.get_document(conn, analysis_id=analysis_id), _Result)
    return SpendDocument(
        buyer=found.buyer,
        analysis=msgspec.json.decode(found.canonical, type=SpendAnalysis),
        canonical=found.canonical,
        digest=found.digest,
        analysed_at=found.analysed_at,
    )


async def make(pool: asyncpg.Pool, payload: str, *, seal: seals.Seal | None = None) -> None:
    """The worker's duty: render a report apart and store it, unless somebody else has. Raises JobError."""
    from service.typeset import print_spend  # drags pikepdf; most API processes never make a report

    asked = Asked.read(payload)
    async with db.transaction(pool) as conn:
        document = await load(conn, asked.analysis_id)
    with reports.as_job_error():
        made = await reports.sealed(await apart.run(print_spend, document, asked.lang), seal)
    async with db.transaction(pool) as conn:
        await SQL.insert_report(conn, analysis_id=asked.analysis_id, lang=asked.lang, **made.columns())


def duties(settings: Settings) -> dict[str, jobs.Do]:
    """What a worker does for spend analysis, by the names of its jobs."""

    async def with_shelf(do: Any, pool: asyncpg.Pool, payload: str) -> None:
        await do(pool, Shelf.of(pool, settings), payload)

    return {
        spend.DUTY: partial(with_shelf, spend.read_file),
        spend_analyses.DUTY: partial(with_shelf, spend_analyses.make),
        DUTY: partial(make, seal=seals.seal_of(settings)),
    }


# Handlers


@get("/spend/analyses/{analysis_id:uuid}/report.html", media_type=MediaType.HTML)
async def show_spend_report(
    analysis_id: FromPath[UUID], request: Asking, caller: NamedDependency[Caller], state: State, lang: Lang = None
) -> Response[str]:
    """Read the report on a spend analysis on a screen: the same templates as the PDF, without anything active."""
    from service.typeset import shown_spend

    spoken = reports.language_for(request, lang, None)
    async with db.transaction_of(cast("asyncpg.Pool", state.pool), caller.organisation_id) as conn:
        await spend_analyses.find(conn, caller, analysis_id)
        document = await load(conn, analysis_id)
    return await reports.on_screen(state, spoken, shown_spend, document, spoken)


@get(
    "/spend/analyses/{analysis_id:uuid}/report.pdf",
    media_type="application/pdf",
    responses=reports.being_made(ReportQueued) | UNCHANGED,
)
async def get_spend_report(
    analysis_id: FromPath[UUID],
    request: Asking,
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    lang: Lang = None,
) -> Response[Any]:
    """Read the report on a spend analysis as PDF (PDF/A-3A, PDF/UA-1, the result attached as JSON).

    It is made once, in the background: until then the answer is 202, to be repeated after `Retry-After` seconds.
    """
    spoken = reports.language_for(request, lang, None)
    asked = await spend_analyses.find(conn, caller, analysis_id)
    if asked.digest is None:
        raise NotFound("The analysis has not been made yet.")
    stored = await db.maybe(SQL.get_report(conn, analysis_id=analysis_id, lang=spoken), Stored)
    if stored is None:
        location = f"/spend/analyses/{analysis_id}/report.pdf?lang={spoken}"
        payload = msgspec.json.encode(Asked(analysis_id, spoken)).decode()
        return await reports.queue(conn, DUTY, payload, location, ReportQueued(location=location))
    return reports.filed(request, stored, f"spend-analysis-{analysis_id}", spoken)


router = Router(path="/", route_handlers=[show_spend_report, get_spend_report], tags=["Spend"])
