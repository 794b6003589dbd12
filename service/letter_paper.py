"""The letter to one bidder as a paper: its own assessment and the winner's, as it was sent, or as the buyer's draft."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from service import db, summaries, tenders
from service.completeness import MissingField
from service.letters import Letter
from service.organisations import Caller
from service.paper_document import Document, Loaded, heading_of, latest


class LetterPaper(Document, frozen=True, kw_only=True):
    """Everything that a letter prints; until it is sent it is a draft and names what it lacks."""

    letter: Letter
    sent_at: datetime | None
    digest: str | None
    missing: tuple[MissingField, ...]


class LetterOf(NamedTuple):
    """Which letter: about which lot, to the bidder of which bid; `address` is where this service is reached."""

    lot_id: UUID
    bid_id: UUID
    address: str


async def load(conn: db.Connection, caller: Caller, about: LetterOf) -> Loaded:
    """The letter about a lot to the bidder of a bid, for those who may read it over HTTP."""
    lot_id, bid_id, address = about
    known = await tenders.read(conn, caller, lot_id=lot_id)
    summary = await summaries.summary_of(conn, caller, lot_id, bid_id, address)
    document = LetterPaper(
        heading=heading_of(known, known.lot(lot_id)),
        at=latest(summary.letter.decided_at, summary.sent_at),
        letter=summary.letter,
        sent_at=summary.sent_at,
        digest=summary.digest,
        missing=tuple(summary.missing),
    )
    return Loaded(known.tender.id, document)


def view(_document: LetterPaper) -> dict[str, Any]:
    """Its template sees the document and nothing else."""
    return {}
