"""Documents as the opening meets them: sealed with the bids that name them, opened with those bids' envelopes.

How they come in is in `uploads.py`, who reads them afterwards in `opened_documents.py`.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Struct

from service import db, sealing
from service.sealing import SealBroken

SQL = db.queries("documents")


class SealedDocument(Struct, frozen=True, kw_only=True):
    """A document that a standing bid names, as the opening finds it."""

    bid_id: UUID
    supplier_id: UUID
    document_id: UUID
    header: bytes


class OpenedDocument(NamedTuple):
    """What the opening learnt of a document: its content key, or why there is none."""

    document_id: UUID
    bid_id: UUID
    name: str
    content_key: bytes | None
    fault: str | None = None


async def list_sealed(conn: db.Connection, lot_id: UUID) -> list[SealedDocument]:
    """The documents that a lot's standing bids name; those of replaced and withdrawn bids stay sealed."""
    return await db.many(SQL.list_sealed(conn, lot_id=lot_id), SealedDocument)


def unwrap(private: bytes, tender_id: UUID, lot_id: UUID, sealed: SealedDocument) -> tuple[bytes | None, str | None]:
    """A document's content key by the tender's private key, or why it has none."""
    context = sealing.context(tender_id, lot_id, sealed.supplier_id, "document", sealed.document_id)
    try:
        return sealing.unwrap(private, context, sealed.header), None
    except SealBroken as broken:
        return None, str(broken)


async def keep_opened(conn: db.Connection, opened: Sequence[OpenedDocument]) -> None:
    """Keep what the opening learnt of documents, in the transaction of the opening."""
    numbers: Counter[UUID] = Counter()
    rows: list[tuple[Any, ...]] = []
    for document in opened:
        numbers[document.bid_id] += 1
        rows.append((*document, numbers[document.bid_id]))
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(6)]
    names = ("document_ids", "bid_ids", "names", "content_keys", "faults", "numbers")
    await SQL.keep_opened(conn, **dict(zip(names, columns, strict=True)))
