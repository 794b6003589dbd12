"""A whole tender as one file: its tables, log, receipts, results, letters, papers and documents, for another service.

The same tender gives the same bytes: files in a fixed order and unpacked, without times of their own. It is sent as it
is read, and no connection is held in between. `verify_export.py` checks it, here or elsewhere.
"""

import base64
import hashlib
import io
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec
from litestar import Router, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream
from msgspec import Struct

from service import db, merkle, opened_documents, receipts, tenders, transparency
from service.organisations import Caller
from service.receipts import Receipt
from service.sealing import SealBroken
from service.signing import Secrets
from service.tenders import Known, TenderNotPublished
from service.verify_export import CHECKPOINT, FORMAT, LOG, MANIFEST, Manifest, Member

SQL = db.queries("exchange")

ZIP = "application/zip"


class _Table(Struct, frozen=True):
    name: str
    rows: str | None


class _File(Struct, frozen=True):
    path: str
    kind: str
    of_id: UUID
    lang: str
    number: int


class _Document(Struct, frozen=True):
    bid_id: UUID
    document_id: UUID


class _Snapshot(NamedTuple):
    """What was read while the tender was locked, and where the rest of it is."""

    known: Known
    tables: list[_Table]
    files: list[_File]
    documents: list[_Document]
    receipts: list[Receipt]
    log_size: int
    checkpoint: str


class _Sink(io.RawIOBase):
    """What the packer writes to: bytes that are sent on. It has no place to go back to."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: Any, /) -> int:
        """Hold some bytes."""
        before = len(self._held)
        self._held += data
        return len(self._held) - before

    def taken(self) -> bytes:
        """What is held, and no more then."""
        held = bytes(self._held)
        self._held.clear()
        return held


async def _snapshot(conn: db.Connection, caller: Caller, tender_id: UUID, secrets: Secrets) -> _Snapshot:
    """Everything that is read at once. The log's head comes last: it tells of every file that was seen before."""
    known = await tenders.lock_record(conn, caller, tender_id=tender_id)
    files = await db.many(SQL.list_files(conn, tender_id=tender_id), _File)
    documents = await db.many(SQL.list_documents(conn, tender_id=tender_id), _Document)
    tables = await db.many(SQL.list_tables(conn, tender_id=tender_id), _Table)
    every = await receipts.every_receipt(conn, secrets, tender_id)
    head = await transparency.find_head(conn, caller, tender_id)
    checkpoint = secrets.checkpoint(tender_id, head.size, merkle.append(head.frontier, head.size, ()).root)
    return _Snapshot(known, tables, files, documents, every, head.size, checkpoint)


async def _bytes(content: bytes) -> AsyncIterator[bytes]:
    yield content


class _Export:
    """An export on its way out."""

    def __init__(self, pool: asyncpg.Pool, caller: Caller, secrets: Secrets, found: _Snapshot) -> None:
        self._pool, self._caller, self._secrets, self._found = pool, caller, secrets, found

    def _members(self) -> list[tuple[str, AsyncIterator[bytes]]]:
        """Every file but the manifest, in order, each to be read when its turn comes."""
        found = self._found
        tender_id = found.known.tender.id
        log = transparency.entries(self._pool, self._caller, tender_id, found.log_size)
        return [
            (CHECKPOINT, _bytes(found.checkpoint.encode())),
            (LOG, log),
            *((f"tables/{one.name}.json", _bytes((one.rows or "[]").encode())) for one in found.tables),
            *((_name(one), _bytes(receipts.ENCODER.encode(one))) for one in found.receipts),
            *((one.path, self._file(one)) for one in found.files),
            *((f"documents/{one.bid_id}/{one.document_id}", self._document(one)) for one in found.documents),
        ]

    async def _file(self, file: _File) -> AsyncIterator[bytes]:
        async with db.transaction_of(self._pool, self._caller.organisation_id) as conn:
            which = {name: getattr(file, name) for name in ("kind", "of_id", "lang", "number")}
            content: bytes | None = await SQL.read_file(conn, **which)
        yield content or b""

    def _document(self, one: _Document) -> AsyncIterator[bytes]:
        return opened_documents.content_of(self._pool, self._caller, one.bid_id, one.document_id)

    async def pieces(self) -> AsyncGenerator[bytes]:
        """The file's bytes as they come."""
        sink, members = _Sink(), list[Member]()
        with zipfile.ZipFile(sink, "w") as packed:
            for path, content in self._members():
                digest, size, fault = hashlib.sha256(), 0, None
                with packed.open(zipfile.ZipInfo(path), "w", force_zip64=True) as member:
                    try:
                        async for piece in content:
                            member.write(piece)
                            digest.update(piece)
                            size += len(piece)
                            yield sink.taken()
                    except SealBroken as broken:
                        fault = f"It broke off: {broken}"
                members.append(Member(path=path, size=size, sha256=digest.hexdigest(), fault=fault))
            packed.writestr(zipfile.ZipInfo(MANIFEST), msgspec.json.encode(self._manifest(members)))
        yield sink.taken()

    def _manifest(self, members: list[Member]) -> Manifest:
        tender = self._found.known.tender
        return Manifest(
            format=FORMAT,
            tender_id=str(tender.id),
            reference=tender.reference,
            title=tender.title,
            buyer=tender.buyer,
            key=base64.b64encode(self._secrets.signers[0].public_key).decode(),
            log_size=self._found.log_size,
            members=members,
        )


def _name(receipt: Receipt) -> str:
    return f"receipts/{receipt.bid_id}-{receipt.version}.json"


@get("/tenders/{tender_id:uuid}/export", media_type=ZIP)
async def export_tender(
    tender_id: FromPath[UUID], state: State, conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> Stream:
    """Give a whole tender as one file: tables, log, receipts, results, letters, papers, documents; once all is opened.

    For its approvers and auditors. `tenderscore import FILE` checks it without us and hands it to another installation.
    Keys, sealed envelopes, drafts of scores and what was destroyed are not in it.
    """
    known = await tenders.read(conn, caller, tender_id=tender_id)
    tenders.check_access(known.tender, caller, "export_tender")
    if known.tender.published_at is None:
        raise TenderNotPublished(f"{known.tender.reference} is still a draft; export its setup instead.")
    tenders.check_cleared(known.tender)
    await transparency.check_all_told(conn, caller, tender_id)
    found = await _snapshot(conn, caller, tender_id, state.secrets)
    headers = {"Content-Disposition": f'attachment; filename="tender-{tender_id}.zip"'}
    return Stream(_Export(state.pool, caller, state.secrets, found).pieces(), media_type=ZIP, headers=headers)


router = Router(path="/", route_handlers=[export_tender], tags=["Tenders"])
