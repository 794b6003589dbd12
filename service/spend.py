"""Files for spend analysis: payments, registers of suppliers, lists of places; sent, looked at, mapped, read by a job.

A file counts once a person has confirmed what its columns mean and all of it has been read. It may be mapped anew, and
deleted: payments can name persons, and are no part of a tender's record.
"""

import asyncio
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import asyncpg
import msgspec
from litestar import Request, Response, Router, delete, get, post, put
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Stream
from msgspec import Meta, Struct

from service import apart, db, events, jobs, retries, spend_import, spend_preview
from service.edge import Cursor, Limit, Page, link_to_next, page_of, start_of
from service.file_bodies import FileOperation, Flow, check_file
from service.organisations import Caller
from service.problems import CONSTRAINTS, Fault, InvalidRequest, NotFound, Refusal
from service.spend_columns import FIELDS, Field, Kind
from service.spend_import import LEFT_OUT, LINES, Imported, Mapped, missing_of
from service.spend_preview import Preview
from service.spend_reading import Unreadable, starts_as_workbook
from service.spend_shelf import Shelf, pieces_of

SQL = db.queries("spend")

DUTY = "spend-import"
"""What the worker calls the job that reads a file."""
POLL_SECONDS: Final = 2
LOOKED_AT: Final = 64 * 1024 * 1024
"""Bytes of a file that a preview looks at."""
AT_ONCE: Final = 2
"""So many previews are made at once; further ones wait for their turn."""

FileName = Annotated[
    str, Meta(min_length=1, max_length=200, pattern=r"\S", description="The file's name, to be shown.")
]
FileKind = Annotated[Kind, Meta(description="What the file is: payments, a register of suppliers, a list of places.")]

_turn = asyncio.Semaphore(AT_ONCE)


class SpendFile(Struct, frozen=True, kw_only=True):
    """A file: sent, then mapped, then read. `digest` is the SHA-256 of its bytes.

    `pending` says that it is being read under its mapping; then either `imported` says what became of every row, or
    `fault` why nothing of it was read.
    """

    id: UUID
    kind: Kind
    name: str
    digest: str
    size: int
    person_id: UUID
    received_at: datetime
    version: int | None
    mapping: Mapped | None
    imported: Imported | None
    fault: Unreadable | None
    pending: bool = False


class Kept(Struct, frozen=True, kw_only=True):
    """A file's row."""

    id: UUID
    kind: Kind
    name: str
    digest: str
    size: int
    person_id: UUID
    received_at: datetime
    object_id: UUID
    version: int | None
    mapping: Mapped | None
    imported: Imported | None
    fault: Unreadable | None
    left_out_id: UUID | None

    def shown(self) -> SpendFile:
        """The file as its buyer sees it."""
        shown = {name: getattr(self, name) for name in SpendFile.__struct_fields__ if name != "pending"}
        pending = self.version is not None and self.imported is None and self.fault is None
        return SpendFile(**shown, pending=pending)


class _Work(Struct, frozen=True):
    kind: Kind
    object_id: UUID
    mapping: Mapped


class _Asked(Struct, frozen=True):
    """A job's payload: which file to read under which version of its mapping."""

    file_id: UUID
    version: int


# Refusals


class FileNotReadable(Refusal):
    """The file cannot be read.

    The detail says what is wrong with it, and the fault in which row and column and what helps. Nothing of it counts.
    """

    status = 422


class FileNotImported(Refusal):
    """The file has not been read.

    Confirm what its columns mean (`PUT /spend/files/{id}/mapping`) and wait until it has been read.
    """


class FileMappedMeanwhile(Refusal):
    """Somebody else has confirmed the file's columns in the same moment.

    Read the file again, look at their mapping, and send yours if it still differs.
    """


CONSTRAINTS["spend_mappings_are_numbered"] = (FileMappedMeanwhile, "Two mappings came at once; the other one counts.")

# Rules


def check_mapping(kind: Kind, mapping: Mapped) -> None:
    """Every column of the kind that is needed, and none of another kind."""
    faults = [
        Fault(f"/columns/{field}", "This is needed.", "Name the number of its column, from 1.")
        for field in missing_of(kind, mapping)
    ]
    faults += [
        Fault(
            f"/columns/{field}", f"A file of the kind {kind} has no such field.", f"It has {', '.join(FIELDS[kind])}."
        )
        for field in mapping.columns
        if field not in FIELDS[kind]
    ]
    numbers = list(mapping.columns.values())
    faults += [
        Fault(f"/columns/{field}", f"Column {number} is named twice.", "Name another one, or leave it out.")
        for place, (field, number) in enumerate(mapping.columns.items())
        if number in numbers[:place]
    ]
    if faults:
        raise InvalidRequest("The columns do not fit the kind of file.", faults=tuple(faults))


def refusal_of(unreadable: Unreadable) -> FileNotReadable:
    """Why a file was not read, with the place in it."""
    place = [f"row {unreadable.row}"] if unreadable.row is not None else []
    place += [unreadable.column] if unreadable.column is not None else []
    fault = Fault(", ".join(place), unreadable.message, unreadable.mend)
    return FileNotReadable(
        " ".join([unreadable.message, f"({fault.pointer})" if place else ""]).strip(), faults=(fault,)
    )


async def find(conn: db.Connection, caller: Caller, file_id: UUID) -> Kept:
    """A file of the caller's organisation. Raises NotFound."""
    return await db.one(SQL.get_file(conn, file_id=file_id, buyer_id=caller.organisation_id), Kept)


# The job


def _preview(source: Path, kind: Kind, known: Mapping[str, Field]) -> Preview | Unreadable:
    apart.close_doors()
    return spend_preview.preview(source, kind, None, known)


def _import(source: Path, kind: Kind, mapping: Mapped, folder: Path) -> Imported | Unreadable:
    apart.close_doors()
    return spend_import.import_file(source, kind, mapping, folder)


async def read_file(pool: asyncpg.Pool, shelf: Shelf, payload: str) -> None:
    """The worker's duty: read a file under its mapping and keep its lines, or why that was impossible."""
    asked = msgspec.json.decode(payload, type=_Asked)
    ids = {"file_id": asked.file_id, "version": asked.version}
    work = await db.maybe(SQL.get_work(pool, **ids), _Work)
    if work is None:
        return
    with tempfile.TemporaryDirectory(prefix="tenderscore-spend-") as name:
        folder = Path(name)
        await shelf.fetch(work.object_id, folder / "source")
        try:
            outcome = await apart.run(_import, folder / "source", work.kind, work.mapping, folder)
        except apart.WorkError as error:
            outcome = Unreadable(message=f"It could not be read. {error}", mend="Split the file, or send it as CSV.")
        kept: dict[str, Any] = {"lines_id": None, "left_out_id": None, "summary": None, "fault": outcome}
        if isinstance(outcome, Imported):
            lines_id = await shelf.put(pieces_of(folder / LINES))
            left_out_id = await shelf.put(pieces_of(folder / LEFT_OUT))
            kept = {"lines_id": lines_id, "left_out_id": left_out_id, "summary": outcome, "fault": None}
    async with db.transaction(pool) as conn:
        if await SQL.insert_import(conn, **ids, **kept) is not None:
            facts = {**ids, "read": isinstance(outcome, Imported)}
            await events.record(conn, "spend.imported", tender_id=None, actor=None, data=facts)
            return
    await shelf.remove([one for one in (kept["lines_id"], kept["left_out_id"]) if one is not None])


# Handlers


@post("/spend/files", operation_class=FileOperation)
async def upload_spend_file(
    request: Request[Any, Any, Any],
    state: State,
    caller: NamedDependency[Caller],
    name: FromQuery[FileName],
    kind: FromQuery[FileKind] = "payments",
) -> Response[SpendFile]:
    """Send a file for spend analysis, CSV or XLSX: the file itself is the body; for people of a buyer.

    The same bytes sent again for the same purpose are the same file, answered 200.
    """
    announced = check_file(request, state.max_spend_bytes)
    shelf: Shelf = state.shelf
    shelf.disk.check_room(announced)
    flow = Flow(request.receive, announced)
    object_id = await shelf.put(aiter(flow))
    owner: dict[str, Any] = {"buyer_id": caller.organisation_id, "kind": kind, "digest": flow.hash.hexdigest()}
    file_id: UUID | None = None
    try:
        async with retries.last_connection_of(request, state.pool, flow.hash.digest()) as conn:
            file_id = await SQL.insert_file(
                conn, **owner, person_id=caller.person_id, object_id=object_id, name=name, size=announced
            )
            known = file_id or await SQL.find_file(conn, **owner)
            if file_id is not None:
                facts = {"file_id": file_id, **owner, "size": announced}
                await events.record(conn, "spend.file-received", tender_id=None, actor=caller.person_id, data=facts)
            found = await find(conn, caller, known)
    finally:
        if file_id is None:
            await shelf.remove([object_id])
    headers = {"Location": f"/spend/files/{found.id}"}
    return Response(found.shown(), status_code=201 if file_id else 200, headers=headers)


@get("/spend/files")
async def list_spend_files(
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    state: State,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response[Page[SpendFile]]:
    """List your organisation's files for spend analysis, oldest first."""
    after_at, after_id = start_of(cursor, state.secrets)
    rows = SQL.list_files(conn, buyer_id=caller.organisation_id, after_at=after_at, after_id=after_id, limit=limit + 1)
    files = [kept.shown() for kept in await db.many(rows, Kept)]
    page = page_of(files, limit, lambda file: (file.received_at, file.id), state.secrets)
    return Response(page, headers=link_to_next("/spend/files", limit, page.next))


@get("/spend/files/{file_id:uuid}")
async def get_spend_file(
    file_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> SpendFile:
    """Read what is known of a file: its mapping, and what became of every row or why nothing was read."""
    return (await find(conn, caller, file_id)).shown()


@get("/spend/files/{file_id:uuid}/preview")
async def preview_spend_file(file_id: FromPath[UUID], state: State, caller: NamedDependency[Caller]) -> Preview:
    """Look at a file's first rows, what each column was taken for, and a mapping to confirm."""
    async with db.transaction_of(state.pool, caller.organisation_id) as conn:
        file = await find(conn, caller, file_id)
        known: dict[str, Field] = {}
        async for row in SQL.list_headings(conn, buyer_id=caller.organisation_id, kind=file.kind):
            known |= row["headings"]
    shelf: Shelf = state.shelf
    async with _turn:
        with tempfile.TemporaryDirectory(prefix="tenderscore-spend-") as folder:
            source = Path(folder) / "source"
            await shelf.fetch(file.object_id, source, LOOKED_AT)
            if file.size > LOOKED_AT and starts_as_workbook(source):
                await shelf.fetch(file.object_id, source)  # a workbook's list of parts stands at its end
            try:
                seen = await apart.run(_preview, Path(folder) / "source", file.kind, known)
            except apart.WorkError as error:
                raise FileNotReadable(f"It could not be looked at. {error}") from None
    if isinstance(seen, Unreadable):
        raise refusal_of(seen)
    return seen


@put("/spend/files/{file_id:uuid}/mapping", status_code=202)
async def map_spend_file(
    file_id: FromPath[UUID],
    data: JSONBody[Mapped],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Response[SpendFile]:
    """Confirm how a file is written and what its columns are; it is read in the background, whole or not at all.

    A later mapping of the same file takes the place of this one.
    """
    kind: Kind | None = await SQL.get_kind(conn, file_id=file_id, buyer_id=caller.organisation_id)
    if kind is None:
        raise NotFound
    check_mapping(kind, data)
    version: int = await SQL.insert_mapping(conn, file_id=file_id, person_id=caller.person_id, mapping=data)
    await jobs.enqueue(conn, DUTY, msgspec.json.encode(_Asked(file_id, version)).decode())
    facts = {"file_id": file_id, "version": version}
    await events.record(conn, "spend.file-mapped", tender_id=None, actor=caller.person_id, data=facts)
    headers = {"Location": f"/spend/files/{file_id}", "Retry-After": str(POLL_SECONDS)}
    return Response((await find(conn, caller, file_id)).shown(), headers=headers)


@get("/spend/files/{file_id:uuid}/left-out.csv", media_type="text/csv")
async def list_left_out(
    file_id: FromPath[UUID], state: State, conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> Stream:
    """Read the list of the file's rows that were left out, each with its row number and the reason, as CSV."""
    file = await find(conn, caller, file_id)
    if file.left_out_id is None:
        raise FileNotImported("It has not been read, or could not be; the file itself says which.")
    return listing(state.shelf, file.left_out_id, f"left-out-{file_id}.csv")


def listing(shelf: Shelf, object_id: UUID, name: str) -> Stream:
    """A list that lies on the shelf, as a download."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Stream(shelf.read(object_id), media_type="text/csv", headers=headers)


@delete("/spend/files/{file_id:uuid}", status_code=204)
async def delete_spend_file(file_id: FromPath[UUID], state: State, caller: NamedDependency[Caller]) -> None:
    """Delete a file with everything that was read from it; analyses that were made with it stay."""
    async with db.transaction_of(state.pool, caller.organisation_id) as conn:
        objects = [row["object_id"] async for row in SQL.list_objects(conn, file_id=file_id)]
        digest = await SQL.delete_file(conn, file_id=file_id, buyer_id=caller.organisation_id)
        if digest is None:
            raise NotFound
        facts = {"file_id": file_id, "digest": digest}
        await events.record(conn, "spend.file-deleted", tender_id=None, actor=caller.person_id, data=facts)
    shelf: Shelf = state.shelf
    await shelf.remove(objects)


router = Router(
    path="/",
    route_handlers=[
        upload_spend_file,
        list_spend_files,
        get_spend_file,
        preview_spend_file,
        map_spend_file,
        list_left_out,
        delete_spend_file,
    ],
    tags=["Spend"],
)
