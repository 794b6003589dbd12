"""The opening in the officers' custody: shares are passed on, headers given out, and content keys taken in.

The private key comes together in one officer's client only. From there the service gets the content keys of one lot's
envelopes, all of them or none, checks each against the commitment in its envelope, and opens as it opens otherwise.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from service import custody, db, events, opening, opening_record, sealing, tenders
from service.custody import Sealed
from service.documents import SealedDocument
from service.opening_record import OpeningRecord
from service.organisations import Caller
from service.problems import Fault, InvalidRequest, NotFound, Refusal
from service.sealing import SealBroken
from service.tenders import Known, RoleHeld, TenderLot
from service.unsealing import Box, EnvelopeKind, SealedBid

SQL = db.queries("ceremony")

OFFICERS_TO_FIND_UNOPENABLE = 2
"""One officer's word that a bid does not open would let one officer take out a bidder."""

MOST_KEY_BYTES = 16_000_000
"""Bytes, largest body with content keys: a lot of 100,000 envelopes."""


class RelayedShare(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Your share of the tender's key, sealed to the officer whose client opens."""

    sealed_share: Sealed


class Relayed(Struct, frozen=True, kw_only=True):
    """A share that was passed on. The service cannot read it."""

    relayed_at: datetime


class Relay(Struct, frozen=True, kw_only=True):
    """A share that another officer passed on to you, and the SHA-256 that it must have."""

    person_id: UUID
    person: str
    sealed_share: bytes
    share_digest: str


class Header(Struct, frozen=True, kw_only=True):
    """The header of a bid's envelope, in which its content key is sealed to the tender's key."""

    bid_id: UUID
    version: int
    supplier_id: UUID
    supplier: str
    submitted_at: datetime
    digest: str
    header: bytes


class ContentKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content key of a bid's envelope; null when the envelope's header does not open with the tender's key."""

    bid_id: UUID
    key: Annotated[bytes, Meta(min_length=32, max_length=32)] | None


class DocumentKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content key of a document; null when its header does not open with the tender's key."""

    document_id: UUID
    key: Annotated[bytes, Meta(min_length=32, max_length=32)] | None


class ContentKeys(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content keys of all envelopes of one kind that a lot has; with offers, of all their documents too."""

    envelope: EnvelopeKind
    keys: Annotated[tuple[ContentKey, ...], Meta(max_length=100_000)]
    documents: Annotated[tuple[DocumentKey, ...], Meta(max_length=100_000)] = ()


# Refusals


class MoreOfficersNeeded(Refusal):
    """Not enough opening officers have asked to open.

    The tender's `officers_needed` says how many it takes. Each asks with `tenderscore officer act`. If more officers
    have lost their shares than the tender can spare, nobody can open it, the service included: it was made so.
    """


class WrongContentKey(Refusal):
    """A content key does not belong to its envelope.

    Every envelope has a commitment to its key in it. Nothing was opened: a lot's envelopes are opened together or not
    at all. Run `tenderscore officer open` again.
    """

    status = 422


# Rules


def check_keys(box: Box, new: ContentKeys) -> dict[UUID, bytes | None]:
    """A right key for every envelope, or the finding that there is none; refuses everything otherwise."""
    given = {one.bid_id: one.key for one in new.keys}
    there = {bid.bid_id: bid for bid in box.bids if bid.header is not None}
    if given.keys() != there.keys() or len(given) != len(new.keys):
        message = (
            f"There are {len(there)} envelopes, you gave keys for {len(new.keys)}, {len(given)} of them different."
        )
        mend = "Read the headers again and give every key once."
        raise InvalidRequest("A lot is opened whole.", faults=(Fault("/keys", message, mend),))
    for bid_id, key in given.items():
        if key is not None:
            try:
                sealing.check_content_key(key, there[bid_id].header or b"")
            except SealBroken:
                raise WrongContentKey(f"The key for the bid of {there[bid_id].supplier} is not its own.") from None
    return given


def check_document_keys(attached: Sequence[SealedDocument], new: ContentKeys) -> dict[UUID, bytes | None]:
    """A right key for every document, or the finding that there is none; refuses everything otherwise."""
    given = {one.document_id: one.key for one in new.documents}
    there = {document.document_id: document for document in attached}
    if given.keys() != there.keys() or len(given) != len(new.documents):
        message = f"There are {len(there)} documents, you gave keys for {len(new.documents)}."
        mend = "Read the documents' headers again and give every key once."
        raise InvalidRequest("A lot is opened whole.", faults=(Fault("/documents", message, mend),))
    for document_id, key in given.items():
        if key is not None:
            try:
                sealing.check_content_key(key, there[document_id].header)
            except SealBroken:
                raise WrongContentKey(f"The key for the document {document_id} is not its own.") from None
    return given


# Handlers


async def _may_open(conn: db.Connection, caller: Caller, lot_id: UUID, envelope: EnvelopeKind) -> Known:
    """Lock the tender; refuse all but its opening officers, from the deadline on, in the officers' custody."""
    known = await tenders.lock(conn, caller, lot_id=lot_id)
    opening.check_may_open(known.tender, known.lot(lot_id), envelope)
    custody.check_officers_custody(known.tender)
    return known


async def _enough(conn: db.Connection, known: Known, lot_id: UUID, envelope: EnvelopeKind) -> None:
    have = await opening.SQL.count_officers(conn, lot_id=lot_id, envelope=envelope)
    if have < known.tender.officers_needed:
        raise MoreOfficersNeeded(f"{have} of {known.tender.officers_needed} officers have asked to open.")


@put("/lots/{lot_id:uuid}/opening/shares/{person_id:uuid}")
async def relay_share(
    lot_id: FromPath[UUID],
    person_id: FromPath[UUID],
    data: JSONBody[RelayedShare],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    envelope: FromQuery[EnvelopeKind] = "offer",
) -> Relayed:
    """Pass your share on to the officer whose client opens, sealed to that officer's key; after the deadline.

    `tenderscore officer act` does it and asks for the opening as well.
    """
    known = await _may_open(conn, caller, lot_id, envelope)
    held = await db.many(tenders.SQL.list_roles(conn, tender_id=known.tender.id), RoleHeld)
    if person_id not in {one.person_id for one in held if one.role == "opening_officer"}:
        raise NotFound
    at: datetime = await SQL.put_relay(
        conn,
        lot_id=lot_id,
        envelope=envelope,
        person_id=caller.person_id,
        recipient_id=person_id,
        sealed_share=data.sealed_share,
    )
    facts: dict[str, Any] = {"lot_id": lot_id, "envelope": envelope, "recipient_id": person_id}
    await events.record(conn, "share.relayed", tender_id=known.tender.id, actor=caller.person_id, data=facts)
    return Relayed(relayed_at=at)


@get("/lots/{lot_id:uuid}/opening/shares")
async def list_relays(
    lot_id: FromPath[UUID],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    envelope: FromQuery[EnvelopeKind] = "offer",
) -> list[Relay]:
    """List the shares that were passed on to you for opening a lot."""
    await _may_open(conn, caller, lot_id, envelope)
    rows = SQL.list_relays(conn, lot_id=lot_id, envelope=envelope, recipient_id=caller.person_id)
    return await db.many(rows, Relay)


@get("/lots/{lot_id:uuid}/opening/headers")
async def list_headers(
    lot_id: FromPath[UUID],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    envelope: FromQuery[EnvelopeKind] = "offer",
) -> list[Header]:
    """List the headers of a lot's envelopes, once enough officers have asked to open it.

    The tender's private key gives each envelope's content key; contents are not here.
    """
    known = await _may_open(conn, caller, lot_id, envelope)
    await _enough(conn, known, lot_id, envelope)
    found = await opening.read_envelopes(conn, lot_id, envelope, SealedBid)
    return [msgspec.convert(bid, Header, from_attributes=True) for bid in found if bid.header is not None]


@get("/lots/{lot_id:uuid}/opening/documents")
async def list_document_headers(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> list[SealedDocument]:
    """List the headers of the documents that a lot's bids came with, once enough officers have asked to open it.

    The tender's private key gives each document's content key.
    """
    known = await _may_open(conn, caller, lot_id, "offer")
    await _enough(conn, known, lot_id, "offer")
    return await opening.read_documents(conn, lot_id)


@post("/lots/{lot_id:uuid}/opening/keys", request_max_body_size=MOST_KEY_BYTES)
async def open_with_keys(
    lot_id: FromPath[UUID],
    data: JSONBody[ContentKeys],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Response[OpeningRecord]:
    """Open a lot with the content keys of all its envelopes, once enough officers have asked for it.

    A key that is not its envelope's own is refused and nothing is opened. Where an envelope does not open with the
    tender's key, a second officer's client has to find the same: until then the answer is 202 and nothing is opened.
    """
    known = await _may_open(conn, caller, lot_id, data.envelope)
    await _enough(conn, known, lot_id, data.envelope)
    lot: TenderLot = known.lot(lot_id)
    box = (await opening.read_sealed(conn, known, lot, data.envelope)).box
    keys = check_keys(box, data)
    attached = await opening.read_documents(conn, lot_id) if box.kind == "offer" else []
    document_keys = check_document_keys(attached, data)
    agreed = [
        await _found_by_enough(conn, caller, box, {bid_id for bid_id, key in keys.items() if key is None}),
        await _documents_found_by_enough(conn, caller, box, {one for one, key in document_keys.items() if key is None}),
    ]
    if not all(agreed):
        return Response(await opening_record.record_of(conn, caller, lot_id), status_code=202)

    def key_of(bid: SealedBid) -> bytes:
        key = keys.get(bid.bid_id)
        if key is None:
            raise SealBroken("header", f"{OFFICERS_TO_FIND_UNOPENABLE} officers' clients could not open it.")
        return key

    def document_key_of(document: SealedDocument) -> bytes:
        key = document_keys.get(document.document_id)
        if key is None:
            raise SealBroken("header", f"{OFFICERS_TO_FIND_UNOPENABLE} officers' clients could not open it.")
        return key

    found = await opening.open_box(conn, box, key_of, document_key_of)
    await opening.record_opened(conn, caller, box, found)
    return Response(await opening_record.record_of(conn, caller, lot_id), status_code=201)


async def _found_by_enough(conn: db.Connection, caller: Caller, box: Box, unopenable: set[UUID]) -> bool:
    """Note what this officer found not to open; whether enough officers have found each of them so."""
    if not unopenable:
        return True
    place: dict[str, Any] = {"lot_id": box.lot_id, "envelope": box.kind}
    await SQL.insert_findings(conn, bid_ids=sorted(unopenable), person_id=caller.person_id, **place)
    facts = {**place, "bid_ids": sorted(unopenable)}
    await events.record(conn, "envelopes.unopenable", tender_id=box.tender_id, actor=caller.person_id, data=facts)
    found = {row["bid_id"]: row["officers"] async for row in SQL.list_findings(conn, **place)}
    return all(found.get(bid_id, 0) >= OFFICERS_TO_FIND_UNOPENABLE for bid_id in unopenable)


async def _documents_found_by_enough(conn: db.Connection, caller: Caller, box: Box, unopenable: set[UUID]) -> bool:
    """The same of documents: one officer's word would let one officer take out a bidder's method statement."""
    if not unopenable:
        return True
    await SQL.insert_document_findings(conn, document_ids=sorted(unopenable), person_id=caller.person_id)
    facts = {"lot_id": box.lot_id, "document_ids": sorted(unopenable)}
    await events.record(conn, "envelopes.unopenable", tender_id=box.tender_id, actor=caller.person_id, data=facts)
    rows = SQL.list_document_findings(conn, lot_id=box.lot_id)
    found = {row["document_id"]: row["officers"] async for row in rows}
    return all(found.get(document_id, 0) >= OFFICERS_TO_FIND_UNOPENABLE for document_id in unopenable)


router = Router(
    path="/",
    route_handlers=[relay_share, list_relays, list_headers, list_document_headers, open_with_keys],
    tags=["Opening"],
)
