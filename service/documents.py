"""Documents as the opening meets them: sealed with the bids that name them, opened with those bids' envelopes.

How they come in is in `uploads.py`, who reads them afterwards in `opened_documents.py`. The opening keeps content keys;
the documents themselves stay as they are.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from service import db, sealing
from service.sealing import SealBroken

SQL = db.queries("documents")


class SealedDocument(Struct, frozen=True, kw_only=True):
    """A document that a standing bid was sent with: in its header its content key is sealed to the tender's key."""

    bid_id: UUID
    supplier_id: UUID
    document_id: UUID
    header: bytes


KeyOf = Callable[[SealedDocument], bytes]
"""The content key of a document; raises SealBroken where there is none."""


class OpenedDocument(NamedTuple):
    """What the opening learnt of a document: its content key, or why there is none."""

    sealed: SealedDocument
    name: str
    content_key: bytes | None
    fault: str | None


def by_private_key(tender_id: UUID, lot_id: UUID, private: bytes) -> KeyOf:
    """Content keys as the tender's private key gives them."""

    def key_of(sealed: SealedDocument) -> bytes:
        context = sealing.context(tender_id, lot_id, sealed.supplier_id, "document", sealed.document_id)
        return sealing.unwrap(private, context, sealed.header)

    return key_of


def _open(sealed: SealedDocument, name: str, key_of: KeyOf) -> OpenedDocument:
    """One that does not open is a fault of its own and stops no other."""
    try:
        return OpenedDocument(sealed, name, key_of(sealed), None)
    except SealBroken as broken:
        return OpenedDocument(sealed, name, None, f"{broken.part[:1].upper()}{broken.part[1:]}: {broken.why}")


async def list_sealed(conn: db.Connection, lot_id: UUID) -> list[SealedDocument]:
    """The documents that a lot's standing bids were sent with; those of replaced and withdrawn bids stay sealed.

    None are told before the lot may be opened. `opening.read_documents` asks in the one role that may.
    """
    return await db.many(SQL.list_sealed(conn, lot_id=lot_id), SealedDocument)


async def open_all(
    conn: db.Connection, sealed: Sequence[SealedDocument], names: Mapping[UUID, str], key_of: KeyOf
) -> list[OpenedDocument]:
    """Keep the documents' content keys and names, in the transaction of the opening.

    names: by document, as the opened offers have them; a document that its offer does not name goes by its id.
    """
    if not sealed:
        return []

    def work() -> list[OpenedDocument]:
        return [_open(one, names.get(one.document_id, str(one.document_id)), key_of) for one in sealed]

    opened = await asyncio.to_thread(work)
    numbers: Counter[UUID] = Counter()
    places: list[int] = []
    for one in opened:
        numbers[one.sealed.bid_id] += 1
        places.append(numbers[one.sealed.bid_id])
    await SQL.keep_opened(
        conn,
        document_ids=[one.sealed.document_id for one in opened],
        bid_ids=[one.sealed.bid_id for one in opened],
        numbers=places,
        names=[one.name for one in opened],
        content_keys=[one.content_key for one in opened],
        faults=[one.fault for one in opened],
    )
    return opened
