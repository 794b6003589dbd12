"""Analyses of spend: asked for, made by a job from files that were read, kept for good; and who suppliers are.

An analysis says of which files it was made and under which choices, so that it can be made again and compared.
"""

import hashlib
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, cast
from uuid import UUID

import asyncpg
import msgspec
from litestar import MediaType, Response, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.response import Stream
from msgspec import Meta, Struct

from service import apart, db, events, jobs, reports, spend_counting
from service.edge import Cursor, Limit, Page, PartLimit, etag, link_to_next, page_of, part_of, start_of
from service.organisations import Caller
from service.problems import Fault, InvalidRequest, NotFound, Refusal
from service.spend import listing
from service.spend_analysis import NewAnalysis, SpendAnalysis
from service.spend_columns import Kind
from service.spend_counting import Source, Work
from service.spend_import import LINES, Imported, Mapped
from service.spend_reading import Unreadable
from service.spend_shares import analyse
from service.spend_shelf import Shelf, pieces_of
from service.spend_suppliers import Answers

SQL = db.queries("spend_analyses")

DUTY = "spend-analysis"
"""What the worker calls the job that makes an analysis."""

Key = Annotated[str, Meta(min_length=1, max_length=300, pattern=r"\S")]


class AskedAnalysis(Struct, frozen=True, kw_only=True):
    """An analysis that was asked for. `digest` is the SHA-256 of its canonical result, once there is one."""

    id: UUID
    location: str
    request: NewAnalysis
    person_id: UUID
    asked_at: datetime
    digest: str | None
    fault: Unreadable | None


class NewSupplierAnswer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether a supplier is the entry of the register that was proposed; `supplier` and `entry` as in the proposal."""

    supplier: Key
    entry: Key
    same: bool


class SupplierAnswer(Struct, frozen=True, kw_only=True):
    """What a person said of a supplier and an entry; the last word on both counts in analyses from then on."""

    id: UUID
    supplier: str
    entry: str
    same: bool
    person_id: UUID
    answered_at: datetime


class _Row(Struct, frozen=True, kw_only=True):
    id: UUID
    person_id: UUID
    request: NewAnalysis
    asked_at: datetime
    digest: str | None
    fault: Unreadable | None
    left_out_id: UUID | None

    def shown(self) -> AskedAnalysis:
        return AskedAnalysis(
            id=self.id,
            location=f"/spend/analyses/{self.id}",
            request=self.request,
            person_id=self.person_id,
            asked_at=self.asked_at,
            digest=self.digest,
            fault=self.fault,
        )


class Result(Struct, frozen=True, kw_only=True):
    """A stored result."""

    canonical: bytes
    digest: str
    analysed_at: datetime


class _Ready(Struct, frozen=True, kw_only=True):
    id: UUID
    kind: Kind
    name: str
    digest: str
    mapping: Mapped
    lines_id: UUID
    imported: Imported


# Refusals


class AnalysisNotPossible(Refusal):
    """The analysis could not be made as it was asked for.

    The fault says why and what helps. Ask for it again with that mended.
    """


# Rules


def check_files(new: NewAnalysis, ready: Sequence[_Ready]) -> None:
    """Every file must be there, read, of its kind, and in one currency."""
    kinds = {file.id: file.kind for file in ready}
    wanted: list[tuple[str, UUID, Kind]] = [(f"/files/{n}", one, "payments") for n, one in enumerate(new.files)]
    if new.register_id is not None:
        wanted.append(("/register_id", new.register_id, "register"))
    if new.places_id is not None:
        wanted.append(("/places_id", new.places_id, "places"))
    faults = [
        Fault(pointer, f"There is no file of the kind {kind} here that has been read.", "See GET /spend/files.")
        for pointer, file_id, kind in wanted
        if kinds.get(file_id) != kind
    ]
    if len(set(new.files)) < len(new.files):
        faults.append(Fault("/files", "A file is named twice.", "Name each once."))
    if (new.local or new.region) and new.places_id is None:
        faults.append(Fault("/places_id", "Rings are named, and no list of places.", "Name the list that has them."))
    currencies = {file.mapping.currency for file in ready if file.kind == "payments"}
    if len(currencies) > 1:
        faults.append(Fault("/files", f"They are in {', '.join(sorted(currencies))}.", "Analyse each currency alone."))
    if faults:
        raise InvalidRequest("The analysis cannot be made from these files.", faults=tuple(faults))


def answers_of(given: Sequence[SupplierAnswer]) -> Answers:
    """Answers as the analysis takes them; of two entries that a supplier was said to be the later counts."""
    answers = Answers(same={}, other={})
    for one in given:
        if one.same:
            answers.same[one.supplier] = one.entry
        else:
            answers.other.setdefault(one.supplier, set()).add(one.entry)
    return answers


# The job


def _analyse(work: Work, folder: Path) -> SpendAnalysis | Unreadable:
    apart.close_doors()
    return analyse(work, folder)


async def _prepare(
    conn: db.Connection, shelf: Shelf, buyer_id: UUID, new: NewAnalysis, folder: Path
) -> Work | Unreadable:
    """The work with its lines in the folder; Unreadable where a file has been deleted or mapped anew meanwhile."""
    others = [one for one in (new.register_id, new.places_id) if one is not None]
    rows = SQL.list_ready(conn, file_ids=[*new.files, *others], buyer_id=buyer_id)
    ready = {file.id: file for file in await db.many(rows, _Ready)}
    if len(ready) < len({*new.files, *others}):
        return Unreadable(message="A file was deleted or is being read anew.", mend="Ask for the analysis again.")

    async def source(file_id: UUID) -> Source:
        file = ready[file_id]
        path = folder / f"{file_id}-{LINES}"
        await shelf.fetch(file.lines_id, path)
        behind = file.mapping.layout.heading_row
        return Source(
            path=str(path),
            name=file.name,
            behind=behind,
            currency=file.mapping.currency,
            digest=file.digest,
            imported=file.imported,
        )

    all_of_them = {"after_at": None, "after_id": None, "limit": None}
    given = await db.many(SQL.list_answers(conn, buyer_id=buyer_id, **all_of_them), SupplierAnswer)
    return Work(
        new=new,
        files=tuple([await source(file_id) for file_id in new.files]),
        register=None if new.register_id is None else await source(new.register_id),
        places=None if new.places_id is None else await source(new.places_id),
        answers=answers_of(given),
    )


async def make(pool: asyncpg.Pool, shelf: Shelf, payload: str) -> None:
    """The worker's duty: analyse apart, and keep the result or why there is none."""
    analysis_id = UUID(payload)
    row = await SQL.get_work(pool, analysis_id=analysis_id)
    if row is None:
        return
    new = msgspec.convert(row["request"], NewAnalysis)
    with tempfile.TemporaryDirectory(prefix="tenderscore-spend-") as name:
        folder = Path(name)
        outcome = await _prepare(cast("Any", pool), shelf, row["buyer_id"], new, folder)
        if isinstance(outcome, Work):
            try:
                outcome = await apart.run(_analyse, outcome, folder)
            except apart.WorkError as error:
                outcome = Unreadable(message=f"It could not be made. {error}", mend="Analyse fewer files at once.")
        kept: dict[str, Any] = {"left_out_id": None, "canonical": None, "digest": None, "fault": outcome}
        if isinstance(outcome, SpendAnalysis):
            canonical = msgspec.json.encode(outcome, order="deterministic")
            kept |= {"canonical": canonical, "digest": hashlib.sha256(canonical).hexdigest(), "fault": None}
            if outcome.left_out:
                kept["left_out_id"] = await shelf.put(pieces_of(folder / spend_counting.LEFT_OUT))
    async with db.transaction(pool) as conn:
        if await SQL.insert_result(conn, analysis_id=analysis_id, **kept) is not None:
            facts = {"analysis_id": analysis_id, "digest": kept["digest"]}
            await events.record(conn, "spend.analysed", tender_id=None, actor=None, data=facts)
            return
    if kept["left_out_id"] is not None:
        await shelf.remove([kept["left_out_id"]])


# Handlers


@post("/spend/analyses", status_code=202)
async def ask_for_analysis(
    data: JSONBody[NewAnalysis], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> Response[AskedAnalysis]:
    """Ask for an analysis of files that have been read: by place, size, sector, supplier and year.

    It is made in the background; read it at `Location` after `Retry-After` seconds.
    """
    ids = [one for one in (*data.files, data.register_id, data.places_id) if one is not None]
    ready = await db.many(SQL.list_ready(conn, file_ids=ids, buyer_id=caller.organisation_id), _Ready)
    check_files(data, ready)
    row = SQL.insert_analysis(conn, buyer_id=caller.organisation_id, person_id=caller.person_id, request=data)
    asked = (await db.one(row, _Row)).shown()
    await jobs.enqueue(conn, DUTY, str(asked.id))
    headers = {"Location": asked.location, "Retry-After": str(reports.POLL_SECONDS)}
    return Response(asked, headers=headers)


@get("/spend/analyses")
async def list_analyses(
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    state: State,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response[Page[AskedAnalysis]]:
    """List your organisation's analyses, oldest first, with what each was asked."""
    after_at, after_id = start_of(cursor, state.secrets)
    rows = SQL.list_analyses(
        conn, buyer_id=caller.organisation_id, after_at=after_at, after_id=after_id, limit=limit + 1
    )
    found = [row.shown() for row in await db.many(rows, _Row)]
    page = page_of(found, limit, lambda one: (one.asked_at, one.id), state.secrets)
    return Response(page, headers=link_to_next("/spend/analyses", limit, page.next))


@get("/spend/analyses/{analysis_id:uuid}", responses=reports.being_made(AskedAnalysis))
async def get_analysis(
    analysis_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> Response[SpendAnalysis]:
    """Read an analysis as it was stored: the canonical JSON whose SHA-256 is the ETag; until it is made, 202."""
    asked = await find(conn, caller, analysis_id)
    if asked.digest is None:
        location = f"/spend/analyses/{analysis_id}"
        return cast("Any", await reports.queue(conn, DUTY, str(analysis_id), location, asked.shown()))
    result = await result_of(conn, caller, analysis_id)
    # The stored bytes themselves, described by their struct.
    headers = {"ETag": etag(result.digest)}
    return Response(cast("Any", result.canonical), media_type=MediaType.JSON, headers=headers)


async def find(conn: db.Connection, caller: Caller, analysis_id: UUID) -> _Row:
    """An analysis of the caller's organisation; raises AnalysisNotPossible for one that came to nothing."""
    asked = await db.one(SQL.get_analysis(conn, analysis_id=analysis_id, buyer_id=caller.organisation_id), _Row)
    if asked.fault is not None:
        fault = Fault("", asked.fault.message, asked.fault.mend)
        raise AnalysisNotPossible(f"{asked.fault.message} {asked.fault.mend}", faults=(fault,))
    return asked


async def result_of(conn: db.Connection, caller: Caller, analysis_id: UUID) -> Result:
    """The stored result of an analysis. Raises NotFound."""
    row = SQL.get_result(conn, analysis_id=analysis_id, buyer_id=caller.organisation_id)
    return await db.one(row, Result)


@get("/spend/analyses/{analysis_id:uuid}/left-out.csv", media_type="text/csv")
async def list_left_out_of_analysis(
    analysis_id: FromPath[UUID], state: State, conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> Stream:
    """Read the list of lines that do not count in an analysis, each with its file, row and reason, as CSV."""
    asked = await find(conn, caller, analysis_id)
    if asked.left_out_id is None:
        raise NotFound("Nothing was left out, or the analysis has not been made yet.")
    return listing(state.shelf, asked.left_out_id, f"left-out-{analysis_id}.csv")


@post("/spend/answers")
async def answer_about_supplier(
    data: JSONBody[NewSupplierAnswer], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> SupplierAnswer:
    """Say whether a supplier is the entry of the register that an analysis proposed; analyses from now on heed it."""
    facts = msgspec.structs.asdict(data)
    row = SQL.insert_answer(conn, buyer_id=caller.organisation_id, person_id=caller.person_id, **facts)
    answer = await db.one(row, SupplierAnswer)
    await events.record(conn, "spend.supplier-answered", tender_id=None, actor=caller.person_id, data=facts)
    return answer


@get("/spend/answers")
async def list_answers_about_suppliers(
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    state: State,
    limit: PartLimit = None,
    cursor: Cursor = None,
) -> Response[list[SupplierAnswer]]:
    """List the answers about suppliers that count, oldest first."""
    at, behind = start_of(cursor, state.secrets)
    most = None if limit is None else limit + 1
    rows = SQL.list_answers(conn, buyer_id=caller.organisation_id, after_at=at, after_id=behind, limit=most)
    found = await db.many(rows, SupplierAnswer)
    return part_of(found, limit, "/spend/answers", lambda one: (one.answered_at, one.id), state.secrets)


router = Router(
    path="/",
    route_handlers=[
        ask_for_analysis,
        list_analyses,
        get_analysis,
        list_left_out_of_analysis,
        answer_about_supplier,
        list_answers_about_suppliers,
    ],
    tags=["Spend"],
)
