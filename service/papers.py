"""The papers of a tender beside the evaluation report: what each is made from, who reads it, its template, its file.

A paper is its data: read at one instant, kept to the byte, made into PDF and HTML once, by the worker. The same data is
the same paper with the same bytes; data that has changed since is another one, and the earlier ones stay.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

import asyncpg
import msgspec
from litestar import MediaType, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from service import (
    apart,
    chronicle,
    contract_paper,
    db,
    events,
    jobs,
    learnt_paper,
    letter_paper,
    moderation_paper,
    opening_paper,
    procedure_paper,
    public_report,
    reports,
    scoring_sheet,
    simulation_paper,
    summaries,
)
from service.edge import UNCHANGED
from service.organisations import Caller
from service.paper_document import Document, Loaded
from service.public_pages import PublicPages
from service.reports import Asking, Lang, ReportQueued, Stored
from service.screen import for_screen
from service.seals import Seal
from service.summaries import AwardNumber, LetterOf

if TYPE_CHECKING:
    from service.pdf import Sheet
    from service.typeset import Cut

SQL = db.queries("papers")
_BEING_MADE = reports.being_made(ReportQueued) | UNCHANGED

DUTY = "paper"
"""What the worker calls the job that makes a paper's files."""


class Paper(NamedTuple):
    """A kind of paper: how its data is read by whoever may, what type it has, and how it is printed.

    `load` refuses who may not read it. `view` adds to the data what its template needs, in words and order; it computes
    no points. `file` is the name that its files have on a reader's disk.
    """

    kind: str
    file: str
    document: type[Document]
    load: Callable[[db.Connection, Any, Any], Awaitable[Loaded]]
    view: Callable[[Any], dict[str, Any]]
    template: str


SCORING_SHEET: Final = Paper(
    kind="scoring-sheet",
    file="how-bids-are-scored",
    document=scoring_sheet.ScoringSheet,
    load=scoring_sheet.load,
    view=scoring_sheet.view,
    template="scoring_sheet.html",
)
SIMULATION: Final = Paper(
    kind="simulation",
    file="simulation-report",
    document=simulation_paper.SimulationPaper,
    load=simulation_paper.load,
    view=simulation_paper.view,
    template="simulation.html",
)
OPENING: Final = Paper(
    kind="opening",
    file="opening-record",
    document=opening_paper.OpeningPaper,
    load=opening_paper.load,
    view=opening_paper.view,
    template="opening_record.html",
)
MODERATION: Final = Paper(
    kind="moderation",
    file="moderation-record",
    document=moderation_paper.ModerationPaper,
    load=moderation_paper.load,
    view=moderation_paper.view,
    template="moderation.html",
)
LETTER: Final = Paper(
    kind="letter",
    file="assessment-summary",
    document=letter_paper.LetterPaper,
    load=letter_paper.load,
    view=letter_paper.view,
    template="letter.html",
)
PUBLIC: Final = Paper(
    kind="public-report",
    file="public-evaluation-report",
    document=public_report.PublicReport,
    load=public_report.load,
    view=public_report.view,
    template="public_report.html",
)
PROCEDURE: Final = Paper(
    kind="procedure",
    file="record-of-the-procedure",
    document=procedure_paper.ProcedurePaper,
    load=procedure_paper.load,
    view=procedure_paper.view,
    template="procedure.html",
)
CONTRACT: Final = Paper(
    kind="contract",
    file="contract-report",
    document=contract_paper.ContractPaper,
    load=contract_paper.load,
    view=contract_paper.view,
    template="contract.html",
)
LEARNT: Final = Paper(
    kind="learnt",
    file="what-was-learnt",
    document=learnt_paper.LearntPaper,
    load=learnt_paper.load,
    view=learnt_paper.view,
    template="learnt.html",
)
PAPERS: Final = {
    paper.kind: paper
    for paper in (SCORING_SHEET, SIMULATION, OPENING, MODERATION, LETTER, PUBLIC, PROCEDURE, CONTRACT, LEARNT)
}
"""Every kind of paper, in the order of a tender's life."""


class Kept(Struct, frozen=True, kw_only=True):
    """What a paper is made from, to the byte."""

    tender_id: UUID
    kind: str
    about_id: UUID
    lang: str
    data: bytes
    data_digest: str


class _Files(Stored, frozen=True, kw_only=True):
    html: str


class _Known(NamedTuple):
    """A paper as somebody asks for it: its data to the byte, in which language, and what it is kept under."""

    tender_id: UUID
    data: bytes
    lang: str
    key: dict[str, Any]


# Making, in a process of its own

apart.preload(__name__)  # or every child would load the nouns that papers are about, which takes it longer than a page


def shown_paper(kind: str, data: bytes, lang: str) -> str:
    """A paper for a screen. Raises LookupError for a language that there is none of."""
    return for_screen(typeset_paper(kind, data, lang))


def typeset_paper(kind: str, data: bytes, lang: str) -> str:
    """A paper as HTML for paper. Raises LookupError for a language that there is none of."""
    from service.typeset import fill

    paper = PAPERS[kind]
    document = msgspec.json.decode(data, type=paper.document)
    return fill(paper.template, lang, doc=document, zone=document.heading.time_zone, **paper.view(document))


def print_paper(kind: str, data: bytes, lang: str) -> tuple[bytes, str]:
    """A paper as PDF with its data inside, and for a screen; closes its process to the world. Raises WorkError."""
    from service.typeset import print_sheet

    whole = _sheet(kind, data, lang)
    return print_sheet(whole), for_screen(whole.html)


def begin_paper(kind: str, data: bytes, lang: str) -> tuple["bytes | Cut", str]:
    """The same, only begun where it has several parts."""
    from service.typeset import begin

    whole = _sheet(kind, data, lang)
    return begin(whole), for_screen(whole.html)


def _sheet(kind: str, data: bytes, lang: str) -> "Sheet":
    from service.pdf import Inside, carrying

    at = msgspec.json.decode(data, type=PAPERS[kind].document).at
    return carrying(typeset_paper(kind, data, lang), at, Inside(f"{PAPERS[kind].file}.json", data, lang))


async def find(pool: asyncpg.Pool, paper_id: UUID) -> Kept | None:
    """What a paper is made from; nothing once that was destroyed."""
    async with db.transaction(pool) as conn:
        return await db.maybe(SQL.get_paper(conn, paper_id=paper_id), Kept)


async def make(pool: asyncpg.Pool, payload: str, *, seats: asyncio.Semaphore, seal: Seal | None = None) -> None:
    """The worker's duty: make a paper's files in parts and store them, unless somebody else has. Raises JobError."""
    from service import report_parts

    paper_id = UUID(payload)

    async def tell(done: int, total: int) -> None:
        await jobs.tell(pool, DUTY, payload, jobs.Progress(done, total))

    kept = await find(pool, paper_id)
    if kept is None:
        return  # destroyed with the bids since somebody asked for it
    making = report_parts.Making(pool, seats, kept.tender_id, kept.lang, tell)
    with reports.as_job_error():
        async with seats:
            begun, html = await apart.run(begin_paper, kept.kind, kept.data, kept.lang)
        made = await reports.sealed(await report_parts.finish(making, begun), seal)
    async with db.transaction(pool) as conn:
        if await SQL.insert_files(conn, paper_id=paper_id, html=html, **made.columns()) is not None:
            facts: dict[str, Any] = {"paper_id": paper_id, "paper": kept.kind, "about_id": kept.about_id}
            facts |= {"lang": kept.lang, "digest": made.digest, "data_digest": kept.data_digest, "size": len(made.pdf)}
            facts |= {"sealed_digest": made.sealed_digest} if made.sealed_digest else {}
            await events.record(conn, "paper.stored", tender_id=kept.tender_id, actor=None, data=facts)


def duties(seats: asyncio.Semaphore, seal: Seal | None) -> dict[str, jobs.Do]:
    """What a worker does beside the evaluation reports, by the names of its jobs."""
    return {**chronicle.duties(seats, seal), DUTY: partial(make, seats=seats, seal=seal)}


# Reading


def _ours(request: Asking, caller: Caller | None, *, still: bool = False) -> AbstractAsyncContextManager[db.Connection]:
    """A transaction in the name of who reads, nobody's for what is public. still: all of it reads at one instant."""
    pool: asyncpg.Pool = request.app.state.pool
    named = caller and caller.organisation_id
    return db.transaction_of(pool, named, one_instant=still) if named else db.transaction(pool, one_instant=still)


async def _read(
    request: Asking, paper: Paper, caller: Caller | None, about: UUID | LetterOf, asked: str | None
) -> _Known:
    """A paper's data at one instant, by whoever may read it, in the language asked for or else the tender's."""
    reports.check_language(asked)
    async with _ours(request, caller, still=True) as conn:
        loaded = await paper.load(conn, caller, about)
    lang = reports.language_for(request, asked, loaded.tender.language)
    data = msgspec.json.encode(loaded.document)
    about_id = about.bid_id if isinstance(about, LetterOf) else about
    key = {"kind": paper.kind, "about_id": about_id, "lang": lang, "data_digest": hashlib.sha256(data).hexdigest()}
    return _Known(loaded.tender.id, data, lang, key)


async def give_pdf(
    request: Asking, paper: Paper, caller: Caller | None, about: UUID | LetterOf, lang: str | None
) -> Response[Any]:
    """The stored PDF of a paper as its data is now; or 202, and the worker is asked to make it."""
    known = await _read(request, paper, caller, about, lang)
    async with _ours(request, caller) as conn:
        files = await db.maybe(SQL.get_files(conn, **known.key), _Files)
        if files is None:
            await SQL.insert_paper(conn, tender_id=known.tender_id, data=known.data, **known.key)
            paper_id: UUID = await SQL.find_paper(conn, **known.key)
            location = f"{request.url.path}?{urlencode({**request.query_params, 'lang': known.lang})}"
            far = await jobs.find_progress(conn, DUTY, str(paper_id))
            body = ReportQueued(location=location, parts_done=far.parts_done, parts_total=far.parts_total)
            return await reports.queue(conn, DUTY, str(paper_id), location, body)
    return reports.filed(request, files, f"{paper.file}-{known.key['about_id']}", known.lang)


async def show(
    request: Asking, paper: Paper, caller: Caller | None, about: UUID | LetterOf, lang: str | None
) -> Response[str]:
    """A paper as HTML as its data is now: the stored page where its PDF was made, else one made for the reader.

    What anybody may read is made once for all who come after, and takes no seat from those who have a key.
    """
    known = await _read(request, paper, caller, about, lang)
    async with _ours(request, caller) as conn:
        files = await db.maybe(SQL.get_files(conn, **known.key), _Files)
    if files is not None:
        return reports.page(files.html, known.lang)
    if caller is not None:
        return await reports.on_screen(request.app.state, known.lang, shown_paper, paper.kind, known.data, known.lang)
    pages: PublicPages = request.app.state.public_pages

    async def typeset() -> str:
        return await apart.run(shown_paper, paper.kind, known.data, known.lang)

    return reports.page(await pages.find((paper.kind, known.lang, known.key["data_digest"]), typeset), known.lang)


# Handlers


@get("/public/lots/{lot_id:uuid}/scoring-sheet.pdf", media_type="application/pdf", responses=_BEING_MADE)
async def get_scoring_sheet(lot_id: FromPath[UUID], request: Asking, lang: Lang = None) -> Response[Any]:
    """Read as PDF how bids for a published lot will be scored, with a worked example; for anybody, without a key."""
    return await give_pdf(request, SCORING_SHEET, None, lot_id, lang)


@get("/public/lots/{lot_id:uuid}/scoring-sheet.html", media_type=MediaType.HTML)
async def show_scoring_sheet(lot_id: FromPath[UUID], request: Asking, lang: Lang = None) -> Response[str]:
    """Read on a screen how bids for a published lot will be scored; for anybody, without a key."""
    return await show(request, SCORING_SHEET, None, lot_id, lang)


@get("/public/lots/{lot_id:uuid}/evaluation-report.pdf", media_type="application/pdf", responses=_BEING_MADE)
async def get_public_report(lot_id: FromPath[UUID], request: Asking, lang: Lang = None) -> Response[Any]:
    """Read as PDF who won a lot, with how many points, of how many bids, once the award notice is out; for anybody.

    What would tell of a losing bidder is withheld, and the reason is printed in its place.
    """
    return await give_pdf(request, PUBLIC, None, lot_id, lang)


@get("/public/lots/{lot_id:uuid}/evaluation-report.html", media_type=MediaType.HTML)
async def show_public_report(lot_id: FromPath[UUID], request: Asking, lang: Lang = None) -> Response[str]:
    """Read on a screen who won a lot, once the award notice is out; for anybody, without a key."""
    return await show(request, PUBLIC, None, lot_id, lang)


@get("/simulations/{simulation_id:uuid}/report.pdf", media_type="application/pdf", responses=_BEING_MADE)
async def get_simulation_report(
    simulation_id: FromPath[UUID], request: Asking, caller: NamedDependency[Caller], lang: Lang = None
) -> Response[Any]:
    """Read the report on a trial of a draft's rules as PDF; for the tender's author, approver or auditor."""
    return await give_pdf(request, SIMULATION, caller, simulation_id, lang)


@get("/simulations/{simulation_id:uuid}/report.html", media_type=MediaType.HTML)
async def show_simulation_report(
    simulation_id: FromPath[UUID], request: Asking, caller: NamedDependency[Caller], lang: Lang = None
) -> Response[str]:
    """Read the report on a trial of a draft's rules on a screen; for the tender's author, approver or auditor."""
    return await show(request, SIMULATION, caller, simulation_id, lang)


@get("/lots/{lot_id:uuid}/opening/record.pdf", media_type="application/pdf", responses=_BEING_MADE)
async def get_opening_paper(
    lot_id: FromPath[UUID], request: Asking, caller: NamedDependency[Caller], lang: Lang = None
) -> Response[Any]:
    """Read the opening record of a lot as PDF; for those who read the record itself, once the lot is opened."""
    return await give_pdf(request, OPENING, caller, lot_id, lang)


@get("/lots/{lot_id:uuid}/opening/record.html", media_type=MediaType.HTML)
async def show_opening_paper(
    lot_id: FromPath[UUID], request: Asking, caller: NamedDependency[Caller], lang: Lang = None
) -> Response[str]:
    """Read the opening record of a lot on a screen; for those who read the record itself, once the lot is opened."""
    return await show(request, OPENING, caller, lot_id, lang)


@get("/lots/{lot_id:uuid}/moderation/record.pdf", media_type="application/pdf", responses=_BEING_MADE)
async def get_moderation_paper(
    lot_id: FromPath[UUID], request: Asking, caller: NamedDependency[Caller], lang: Lang = None
) -> Response[Any]:
    """Read the moderation record of a lot as PDF; for the moderator, approver or auditor."""
    return await give_pdf(request, MODERATION, caller, lot_id, lang)


@get("/lots/{lot_id:uuid}/moderation/record.html", media_type=MediaType.HTML)
async def show_moderation_paper(
    lot_id: FromPath[UUID], request: Asking, caller: NamedDependency[Caller], lang: Lang = None
) -> Response[str]:
    """Read the moderation record of a lot on a screen; for the moderator, approver or auditor."""
    return await show(request, MODERATION, caller, lot_id, lang)


@get(
    "/lots/{lot_id:uuid}/assessment-summaries/{bid_id:uuid}/letter.pdf",
    media_type="application/pdf",
    responses=_BEING_MADE,
)
async def get_letter(
    lot_id: FromPath[UUID],
    bid_id: FromPath[UUID],
    request: Asking,
    caller: NamedDependency[Caller],
    award: AwardNumber = None,
    lang: Lang = None,
) -> Response[Any]:
    """Read the letter to one bidder as PDF: that bidder once it is sent, the buyer's panel also as a draft."""
    return await give_pdf(request, LETTER, caller, LetterOf(lot_id, bid_id, award, summaries.address_of(request)), lang)


@get("/lots/{lot_id:uuid}/assessment-summaries/{bid_id:uuid}/letter.html", media_type=MediaType.HTML)
async def show_letter(
    lot_id: FromPath[UUID],
    bid_id: FromPath[UUID],
    request: Asking,
    caller: NamedDependency[Caller],
    award: AwardNumber = None,
    lang: Lang = None,
) -> Response[str]:
    """Read the letter to one bidder on a screen: that bidder once it is sent, the buyer's panel also as a draft."""
    return await show(request, LETTER, caller, LetterOf(lot_id, bid_id, award, summaries.address_of(request)), lang)


@get("/tenders/{tender_id:uuid}/procedure-report.pdf", media_type="application/pdf", responses=_BEING_MADE)
async def get_procedure_paper(
    tender_id: FromPath[UUID], request: Asking, caller: NamedDependency[Caller], lang: Lang = None
) -> Response[Any]:
    """Read the record of the procedure as PDF, as far as it has come; for those who decide or audit."""
    return await give_pdf(request, PROCEDURE, caller, tender_id, lang)


@get("/tenders/{tender_id:uuid}/procedure-report.html", media_type=MediaType.HTML)
async def show_procedure_paper(
    tender_id: FromPath[UUID], request: Asking, caller: NamedDependency[Caller], lang: Lang = None
) -> Response[str]:
    """Read the record of the procedure on a screen, as far as it has come; for those who decide or audit."""
    return await show(request, PROCEDURE, caller, tender_id, lang)


@get("/lots/{lot_id:uuid}/contract-report.pdf", media_type="application/pdf", responses=_BEING_MADE)
async def get_contract_report(
    lot_id: FromPath[UUID], request: Asking, caller: NamedDependency[Caller], lang: Lang = None
) -> Response[Any]:
    """Read how a lot's contract is performed as PDF, as on the day it is; for those who manage or audit it."""
    return await give_pdf(request, CONTRACT, caller, lot_id, lang)


@get("/lots/{lot_id:uuid}/contract-report.html", media_type=MediaType.HTML)
async def show_contract_report(
    lot_id: FromPath[UUID], request: Asking, caller: NamedDependency[Caller], lang: Lang = None
) -> Response[str]:
    """Read how a lot's contract is performed on a screen, as on the day it is; for those who manage or audit it."""
    return await show(request, CONTRACT, caller, lot_id, lang)


@get("/tenders/{tender_id:uuid}/what-was-learnt.pdf", media_type="application/pdf", responses=_BEING_MADE)
async def get_learnt_paper(
    tender_id: FromPath[UUID], request: Asking, caller: NamedDependency[Caller], lang: Lang = None
) -> Response[Any]:
    """Read as PDF what suppliers delivered of what they promised in your contracts, to draft this tender by."""
    return await give_pdf(request, LEARNT, caller, tender_id, lang)


@get("/tenders/{tender_id:uuid}/what-was-learnt.html", media_type=MediaType.HTML)
async def show_learnt_paper(
    tender_id: FromPath[UUID], request: Asking, caller: NamedDependency[Caller], lang: Lang = None
) -> Response[str]:
    """Read on a screen what suppliers delivered of what they promised in your contracts, to draft this tender by."""
    return await show(request, LEARNT, caller, tender_id, lang)


router = Router(
    path="/",
    route_handlers=[
        get_simulation_report,
        show_simulation_report,
        get_opening_paper,
        show_opening_paper,
        get_moderation_paper,
        show_moderation_paper,
        get_letter,
        show_letter,
        get_procedure_paper,
        show_procedure_paper,
        get_contract_report,
        show_contract_report,
        get_learnt_paper,
        show_learnt_paper,
    ],
    tags=["Reports"],
)
public = Router(
    path="/",
    route_handlers=[get_scoring_sheet, show_scoring_sheet, get_public_report, show_public_report],
    tags=["Public"],
)
