"""Documents after the opening: read by those who score, decide or audit, and by the supplier whose they are.

Nothing is stored in the clear: a document is opened with its content key each time that it is read, and compared with
the digest of what arrived, which is in the log. Its last chunk is held back until the digest is known to be right.
"""

import hashlib
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final, NamedTuple
from urllib.parse import quote
from uuid import UUID

import asyncpg
import msgspec
import structlog
from litestar import Router, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream
from msgspec import Struct

from service import db, document_store, opening, sealing, tenders
from service.organisations import Caller
from service.problems import NotFound, Refusal
from service.sealing import HEADER_BYTES, SealBroken

SQL = db.queries("opened_documents")

_log: structlog.stdlib.BoundLogger = structlog.get_logger("tenderscore")


UNREADABLE: Final = "The document does not open, or is not what was received."
"""What whoever scores is told of a fault; the whole is for its supplier and for who decides or audits."""


class BidDocument(Struct, frozen=True, kw_only=True):
    """A document that a bid's present version names. Its name is sealed with the bid and known from the opening on.

    `digest` and `size` are those of the sealed bytes. `fault` says why a document cannot be read; to whoever scores
    only that it cannot.
    """

    document_id: UUID
    name: str | None
    digest: str
    size: int
    received_at: datetime
    readable: bool
    fault: str | None


class _Place(NamedTuple):
    """When a bid's lot was opened, and whether the reader is told the whole of a fault."""

    opened_at: datetime | None
    told_whole: bool

    def fault(self, fault: str) -> str:
        return fault if self.told_whole else UNREADABLE


class _Stored(Struct, frozen=True, kw_only=True):
    document_id: UUID
    upload_id: UUID
    kept_in: str | None
    header: bytes
    size: int
    name: str | None
    content_key: bytes | None
    fault: str | None
    digest: str | None
    intact: bool


# Refusals


class DocumentSealed(Refusal):
    """The document was not opened.

    Only what the bids that stood at the opening name is opened; the documents of withdrawn and replaced bids stay
    sealed.
    """


class DocumentUnreadable(Refusal):
    """The document cannot be read with the tender's key.

    It was sealed by its supplier for something else, or it is no longer what arrived. The bid stands; the panel decides
    what follows.
    """


# Handlers


@get("/bids/{bid_id:uuid}/documents")
async def list_documents(
    bid_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[BidDocument]:
    """List the documents that a bid names: for its supplier at any time, for the tender's panel after the opening."""
    place = await _locate(conn, caller, bid_id)
    return [
        one if one.fault is None else msgspec.structs.replace(one, fault=place.fault(one.fault))
        for one in await db.many(SQL.list_documents(conn, bid_id=bid_id), BidDocument)
    ]


@get("/bids/{bid_id:uuid}/documents/{document_id:uuid}", media_type="application/octet-stream")
async def read_document(
    bid_id: FromPath[UUID],
    document_id: FromPath[UUID],
    state: State,
    caller: NamedDependency[Caller],
) -> Stream:
    """Read a document of an opened bid: for its supplier, and for those who score, decide or audit.

    Its length is not announced; a connection that breaks off means that the document is not whole.
    """
    async with db.transaction_of(state.pool, caller.organisation_id) as conn:
        place = await _locate(conn, caller, bid_id)
        found = await db.one(SQL.get_document(conn, bid_id=bid_id, document_id=document_id), _Stored)
    if found.fault is not None:
        raise DocumentUnreadable(place.fault(found.fault))
    if found.content_key is None:
        if place.opened_at is None:
            raise opening.NotOpened("The lot has not been opened.")
        raise DocumentSealed("It was not named by a bid that stood at the opening.")
    content = _content(state.pool, found, found.content_key)
    try:
        first = await anext(content, b"")
    except SealBroken as broken:
        raise DocumentUnreadable(place.fault(str(broken))) from None
    name = quote(found.name or str(document_id), safe="")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}", "X-Content-Type-Options": "nosniff"}
    return Stream(_all(first, content), media_type="application/octet-stream", headers=headers)


async def _locate(conn: db.Connection, caller: Caller, bid_id: UUID) -> _Place:
    """The place of a bid. Raises NotFound for strangers, and for the panel until the bid is open to it."""
    found = await SQL.locate_bid(conn, bid_id=bid_id, organisation_id=caller.organisation_id)
    if found is None or not (found["own"] or found["opened"]):
        raise NotFound
    known = await tenders.read(conn, caller, lot_id=found["lot_id"])
    opened_at = known.lot(found["lot_id"]).opened_at
    if found["own"]:
        return _Place(opened_at, told_whole=True)
    opening.check_reader(known.tender)
    sight = await opening.sight_of(conn, known, found["lot_id"], caller)
    return _Place(opened_at, told_whole=sight.criteria is None)


async def content_of(pool: asyncpg.Pool, caller: Caller, bid_id: UUID, document_id: UUID) -> AsyncIterator[bytes]:
    """A document that was opened, as it came, for whoever may read it already. Raises SealBroken where it breaks."""
    async with db.transaction_of(pool, caller.organisation_id) as conn:
        found = await db.one(SQL.get_document(conn, bid_id=bid_id, document_id=document_id), _Stored)
    if found.content_key is not None:
        async for piece in _content(pool, found, found.content_key):
            yield piece


async def _content(pool: asyncpg.Pool, found: _Stored, content_key: bytes) -> AsyncIterator[bytes]:
    if not found.intact:
        _log.error("document's entry changed", document_id=str(found.document_id))
        raise SealBroken("document", "Its entry in the log was changed, or is gone.")
    store = document_store.store_at(found.kept_in, pool)

    async def body() -> AsyncIterator[bytes]:
        behind, arrived = HEADER_BYTES, hashlib.sha256()
        async for piece in store.read(found.document_id, found.upload_id):
            arrived.update(piece)
            yield piece[behind:]
            behind = max(0, behind - len(piece))
        if arrived.hexdigest() != found.digest:
            _log.error("document changed", document_id=str(found.document_id))
            raise SealBroken("document", f"It has the digest {arrived.hexdigest()}, and in the log {found.digest}.")

    async for piece in sealing.open_stream(content_key, found.header, body()):
        yield piece


async def _all(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


router = Router(path="/", route_handlers=[list_documents, read_document], tags=["Bids"])
