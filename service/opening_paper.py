"""The opening record of a lot as a paper: who opened, when, what was in the box, what came late, what stays sealed.

It changes when prices are opened later and when somebody comes too late; each state of it is a paper of its own.
"""

from typing import Any
from uuid import UUID

from msgspec import Struct

from service import db, opening, opening_record
from service.consortia import Overlap, Party
from service.opening_record import OpenedLine, OpeningRecord
from service.organisations import Caller
from service.paper_document import Document, Loaded, heading_of, latest, locked_by, tender_of
from service.report_document import Entry, LateBid, MissingBid, Officer, Opening, SealedPrice, Tender


class Behind(Struct, frozen=True, kw_only=True):
    """Who stands behind a bid, in which part, and who of them behind another too; what a variant does otherwise."""

    supplier: str
    variant: int
    variant_description: str | None
    parties: tuple[Party, ...]
    overlaps: tuple[Overlap, ...]


class OpeningPaper(Document, frozen=True, kw_only=True):
    """Everything that the opening record of a lot prints; `needed` is how many officers had to ask."""

    tender: Tender
    needed: int
    officers: tuple[Officer, ...]
    entries: tuple[Entry, ...]
    opening: Opening
    behind: tuple[Behind, ...]


async def load(conn: db.Connection, caller: Caller, lot_id: UUID) -> Loaded:
    """The opening record as it stands, for those who may read it over HTTP; raises NotOpened before the opening."""
    known, record = await opening.find_record(conn, caller, lot_id)
    lot = known.lot(lot_id)
    opening.check_opened(lot)
    latest_late = [bid.arrived_at for bid in record.late]
    document = OpeningPaper(
        heading=heading_of(known, lot),
        at=latest(lot.opened_at, lot.price_opened_at, lot.consensus_locked_at, *latest_late),
        tender=tender_of(known, lot),
        needed=record.officers_needed,
        officers=_officers(record.officers),
        entries=tuple(_entry(line, record) for line in record.bids),
        opening=Opening(
            custody=record.custody,
            withdrawn=record.withdrawn or 0,
            late=tuple(
                LateBid(supplier=bid.supplier, arrived_at=bid.arrived_at, size=bid.size, digest=bid.digest)
                for bid in record.late
            ),
            missing=tuple(MissingBid(supplier=bid.supplier, digest=bid.digest) for bid in _missing(record)),
            locked_at=lot.consensus_locked_at,
            locked_by=await locked_by(conn, lot_id),
            price_opened_at=lot.price_opened_at,
            price_officers=_officers(record.prices.officers) if record.prices else (),
            stay_sealed=tuple(
                SealedPrice(supplier=price.supplier, reason=price.stays_sealed)
                for price in (record.prices.bids if record.prices else ())
                if price.stays_sealed is not None
            ),
        ),
        behind=tuple(_behind(line) for line in record.bids if line.parties or line.overlaps or line.variant),
    )
    return Loaded(known.tender, document)


def _officers(acts: list[opening_record.OpeningAct]) -> tuple[Officer, ...]:
    return tuple(Officer(name=act.person, acted_at=act.acted_at) for act in acts)


def _missing(record: OpeningRecord) -> list[opening_record.MissingBid]:
    return [*record.missing, *(record.prices.missing if record.prices else ())]


def _entry(line: OpenedLine, record: OpeningRecord) -> Entry:
    prices = record.prices.bids if record.prices else ()
    faults = [line.fault, *(price.fault for price in prices if price.bid_id == line.bid_id)]
    return Entry(
        bid_id=str(line.bid_id),
        supplier=line.supplier,
        submitted_at=line.submitted_at,
        digest=line.digest,
        fault=" ".join(fault for fault in faults if fault) or None,
    )


def _behind(line: OpenedLine) -> Behind:
    return Behind(
        supplier=line.supplier,
        variant=line.variant,
        variant_description=line.variant_description,
        parties=line.parties,
        overlaps=line.overlaps,
    )


def view(document: OpeningPaper) -> dict[str, Any]:
    """What its template sees beside the document: the section is the evaluation report's."""
    return {"parts": {"opening": 1}, "brief": {"received": len(document.entries)}}
