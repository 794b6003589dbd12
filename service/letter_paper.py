"""The letter to one bidder as a paper: its own assessment and the winner's, as it was sent, or as the buyer's draft."""

from datetime import datetime
from typing import Any

from service import db, summaries, tenders
from service.awards import Annulled
from service.completeness import MissingField
from service.letters import Letter
from service.organisations import Caller
from service.paper_document import Document, Loaded, heading_of, latest
from service.summaries import LetterOf


class LetterPaper(Document, frozen=True, kw_only=True):
    """Everything that a letter prints; until it is sent it is a draft and names what it lacks.

    `annulled`: the award that it tells of was annulled since.
    """

    letter: Letter
    sent_at: datetime | None
    digest: str | None
    missing: tuple[MissingField, ...]
    annulled: Annulled | None


async def load(conn: db.Connection, caller: Caller, about: LetterOf) -> Loaded:
    """The letter about a lot to the bidder of a bid, for those who may read it over HTTP."""
    known = await tenders.read(conn, caller, lot_id=about.lot_id)
    summary = await summaries.summary_of(conn, caller, about)
    annulled_at = None if summary.annulled is None else summary.annulled.annulled_at
    document = LetterPaper(
        heading=heading_of(known, known.lot(about.lot_id)),
        at=latest(summary.letter.decided_at, summary.sent_at, annulled_at),
        letter=summary.letter,
        sent_at=summary.sent_at,
        digest=summary.digest,
        missing=tuple(summary.missing),
        annulled=summary.annulled,
    )
    return Loaded(known.tender, document)


def view(_document: LetterPaper) -> dict[str, Any]:
    """Its template sees the document and nothing else."""
    return {}
