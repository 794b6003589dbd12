"""Tenders of other installations, kept as evidence: an operator brings an export, it is checked, and never changed.

An imported tender is no tender of this service: nobody bids, scores or decides in it. What was checked is kept beside
it, with the key that its log is signed by; whoever doubts that reads the file and checks it again.
"""

import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from litestar import Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.openapi.spec import OpenAPIMediaType, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream
from msgspec import Struct

from service import apart, db, edge, events, retries, verify_export
from service.edge import Cursor, Limit, Page, link_to_next, page_of, start_of
from service.exchange import ZIP
from service.file_bodies import FileOperation, Flow, check_file
from service.organisations import Caller
from service.problems import Fault, Refusal, UnsupportedMediaType
from service.spend_shelf import pieces_of
from service.verify_export import Checked, NoExport

SQL = db.queries("imports")

ExpectedKey = Annotated[
    str,
    QueryParameter(min_length=1, max_length=100, description="The public key in base64 that must have signed its log."),
]


class ImportedTender(Struct, frozen=True, kw_only=True):
    """An export of another installation as it was checked when it came. `digest` is that of its manifest."""

    id: UUID
    digest: str
    size: int
    checked: Checked
    person_id: UUID
    imported_at: datetime


# Refusals


class ExportBroken(Refusal):
    """The export does not hold.

    Each fault says what of it was changed, is missing, or does not follow from the log that was signed. Nothing was
    kept. `tenderscore import FILE` finds the same without sending it.
    """

    status = 422


# Rules


def _check(path: Path, key: str) -> Checked | str:
    apart.close_doors()
    try:
        return verify_export.check(path, key)
    except NoExport as error:
        return str(error)


def check_holds(found: Checked | str) -> Checked:
    """Refuse an export of which anything does not hold."""
    if isinstance(found, str):
        raise ExportBroken(found)
    if found.broken:
        faults = tuple(Fault(line.partition(":")[0][:200], line) for line in found.broken[:100])
        raise ExportBroken(f"{len(found.broken)} things do not hold.", faults=faults)
    return found


# Handlers


@dataclass
class ExportOperation(FileOperation):
    """An operation whose body is an export; the handler reads it itself."""

    def __post_init__(self) -> None:
        """Describe the body, which litestar cannot see."""
        file = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY))
        self.request_body = RequestBody(required=True, content={ZIP: file})


@post("/imports", operation_class=ExportOperation, request_max_body_size=None)
async def import_tender(
    request: Request[Any, Any, Any], state: State, caller: NamedDependency[Caller], key: ExpectedKey
) -> Response[ImportedTender]:
    """Keep the export of another installation's tender as evidence, once all of it holds; for the platform's operator.

    The same export is kept once. Say with `key` whose signature you trust; get it from the other installation itself.
    """
    media_type = edge.media_type_of(request)
    if media_type != ZIP:
        raise UnsupportedMediaType(f"Send the file itself as {ZIP}, not as {media_type or 'a body without a type'}.")
    size = check_file(request, state.max_spend_bytes)
    with tempfile.TemporaryDirectory(prefix="tenderscore-import-") as folder:
        path = Path(folder) / "export.zip"
        flow = Flow(request.receive, size)
        await flow.into(path)
        try:
            found = check_holds(await apart.run(_check, path, key))
        except apart.WorkError as error:
            raise ExportBroken(f"It could not be checked. {error}") from None
        async with retries.last_connection_of(request, state.pool, flow.hash.digest()) as conn:
            kept, is_new = await _keep(conn, caller, path, found, size)
    headers = {"Location": f"/imports/{kept.id}"}
    return Response(kept, status_code=201 if is_new else 200, headers=headers)


async def _keep(
    conn: db.Connection, caller: Caller, path: Path, found: Checked, size: int
) -> tuple[ImportedTender, bool]:
    """Keep an export, all of it or nothing; and whether it had not been there."""
    made: UUID | None = await SQL.insert_import(
        conn, digest=found.digest, checked=found, size=size, person_id=caller.person_id
    )
    if made is not None:
        number = 0
        async for piece in pieces_of(path):
            await SQL.insert_chunk(conn, import_id=made, number=number, contents=piece)
            number += 1
        facts = {"import_id": made, "digest": found.digest, "log_root": found.log_root, "key": found.key}
        await events.record(conn, "tender.imported", tender_id=None, actor=caller.person_id, data=facts)
    row = SQL.get_import(conn, import_id=made, digest=found.digest)
    return await db.one(row, ImportedTender), made is not None


@get("/imports")
async def list_imports(
    conn: NamedDependency[db.Connection], state: State, limit: Limit = 50, cursor: Cursor = None
) -> Response[Page[ImportedTender]]:
    """List the tenders of other installations that are kept here, oldest first; for the platform's operator."""
    after_at, after_id = start_of(cursor, state.secrets)
    rows = SQL.list_imports(conn, after_at=after_at, after_id=after_id, limit=limit + 1)
    found = await db.many(rows, ImportedTender)
    page = page_of(found, limit, lambda one: (one.imported_at, one.id), state.secrets)
    return Response(page, headers=link_to_next("/imports", limit, page.next))


@get("/imports/{import_id:uuid}")
async def get_import(import_id: FromPath[UUID], conn: NamedDependency[db.Connection]) -> ImportedTender:
    """Read what was found of an imported tender; for the platform's operator."""
    return await db.one(SQL.get_import(conn, import_id=import_id, digest=None), ImportedTender)


@get("/imports/{import_id:uuid}/file", media_type=ZIP)
async def get_imported_file(import_id: FromPath[UUID], state: State, conn: NamedDependency[db.Connection]) -> Stream:
    """Give an imported tender back, to the byte; for the platform's operator."""
    await db.one(SQL.get_import(conn, import_id=import_id, digest=None), ImportedTender)
    headers = {"Content-Disposition": f'attachment; filename="import-{import_id}.zip"'}
    return Stream(_pieces(state.pool, import_id), media_type=ZIP, headers=headers)


async def _pieces(pool: asyncpg.Pool, import_id: UUID) -> AsyncIterator[bytes]:
    number = 0
    while (chunk := await SQL.read_chunk(pool, import_id=import_id, number=number)) is not None:
        yield chunk
        number += 1


router = Router(path="/", route_handlers=[import_tender, list_imports, get_import, get_imported_file], tags=["Tenders"])
