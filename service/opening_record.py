"""What an opening amounts to on paper: who asked, when, what was in the box, what came late or was missing."""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from service import bidders, db, tenders
from service.consortia import Overlap, Party
from service.drafts import Custody
from service.organisations import Caller
from service.tenders import TenderLot
from service.unsealing import EnvelopeKind, kind_of

SQL = db.queries("opening_record")


class OpeningAct(Struct, frozen=True, kw_only=True):
    """An officer's request to open."""

    person_id: UUID
    person: str
    acted_at: datetime


class OpenedLine(Struct, frozen=True, kw_only=True):
    """A bid as the opening record names it, with everybody who stands behind it."""

    bid_id: UUID
    supplier: str
    version: int
    submitted_at: datetime
    digest: str
    fault: str | None
    variant: int
    variant_description: str | None
    parties: tuple[Party, ...] = ()
    overlaps: tuple[Overlap, ...] = ()


class LateBid(Struct, frozen=True, kw_only=True):
    """A bid that came too late: it was not stored and so cannot be opened."""

    supplier_id: UUID
    supplier: str
    arrived_at: datetime
    size: int
    digest: str


class MissingBid(Struct, frozen=True, kw_only=True):
    """A bid that stands in the log and not in the database: somebody took it out behind the service's back."""

    bid_id: UUID
    supplier_id: UUID
    version: int
    digest: str


class PriceLine(Struct, frozen=True, kw_only=True):
    """What became of a bid's price envelope; `stays_sealed` is the reason why it is never opened."""

    bid_id: UUID
    supplier: str
    opened: bool
    fault: str | None
    stays_sealed: str | None


class PriceOpening(Struct, frozen=True, kw_only=True):
    """The opening of the prices, after the technical consensus was locked; `missing` as in the opening record."""

    officers: list[OpeningAct]
    opened_at: datetime | None
    bids: list[PriceLine]
    missing: list[MissingBid]


class OpeningRecord(Struct, frozen=True, kw_only=True):
    """Who asked to open a lot, when it was opened, and what was in the box.

    Until as many officers as are needed have asked, nothing is opened and nothing is told about bids: `number` and
    `withdrawn` are missing. `prices` is there once the technical consensus of a lot with price envelopes is locked.
    `missing` are bids that the log has and the opening did not find: their suppliers hold receipts, so ask who had
    access to the database.
    """

    tender_id: UUID
    lot_id: UUID
    custody: Custody
    officers: list[OpeningAct]
    officers_needed: int
    opened_at: datetime | None
    number: int | None
    bids: list[OpenedLine]
    late: list[LateBid]
    missing: list[MissingBid]
    withdrawn: int | None
    prices: PriceOpening | None


# Rules


def without_details(record: OpeningRecord) -> OpeningRecord:
    """The record as it is for whoever scores: of each fault only its kind."""

    def plain(fault: str | None) -> str | None:
        return None if fault is None else kind_of(fault)

    bids = [msgspec.structs.replace(line, fault=plain(line.fault)) for line in record.bids]
    prices = record.prices
    if prices is not None:
        lines = [msgspec.structs.replace(line, fault=plain(line.fault)) for line in prices.bids]
        prices = msgspec.structs.replace(prices, bids=lines)
    return msgspec.structs.replace(record, bids=bids, prices=prices)


# Reading


async def record_of(conn: db.Connection, caller: Caller, lot_id: UUID) -> OpeningRecord:
    """The opening record as it stands now."""
    known = await tenders.read(conn, caller, lot_id=lot_id)
    lot = known.lot(lot_id)
    opened = lot.opened_at is not None
    lines = await db.many(SQL.list_opened_lines(conn, lot_id=lot_id), OpenedLine)
    if lines:
        behind = await bidders.behind(conn, lot_id)
        lines = [msgspec.structs.replace(line, **behind.of(line.bid_id)) for line in lines]
    return OpeningRecord(
        tender_id=known.tender.id,
        lot_id=lot_id,
        custody=known.tender.custody,
        officers=await _acts(conn, lot_id, "offer"),
        officers_needed=known.tender.officers_needed,
        opened_at=lot.opened_at,
        number=len(lines) if opened else None,
        bids=lines,
        late=await db.many(SQL.list_late(conn, lot_id=lot_id), LateBid) if opened else [],
        missing=await _missing(conn, lot_id, "offer"),
        withdrawn=await SQL.count_withdrawn(conn, lot_id=lot_id) if opened else None,
        prices=await _price_opening(conn, lot),
    )


async def _price_opening(conn: db.Connection, lot: TenderLot) -> PriceOpening | None:
    if lot.consensus_locked_at is None:
        return None
    return PriceOpening(
        officers=await _acts(conn, lot.id, "price"),
        opened_at=lot.price_opened_at,
        bids=await db.many(SQL.list_price_lines(conn, lot_id=lot.id), PriceLine),
        missing=await _missing(conn, lot.id, "price"),
    )


async def _missing(conn: db.Connection, lot_id: UUID, envelope: EnvelopeKind) -> list[MissingBid]:
    return await db.many(SQL.list_missing(conn, lot_id=lot_id, envelope=envelope), MissingBid)


async def _acts(conn: db.Connection, lot_id: UUID, envelope: EnvelopeKind) -> list[OpeningAct]:
    return await db.many(SQL.list_opening_acts(conn, lot_id=lot_id, envelope=envelope), OpeningAct)
