"""The letter to one bidder as a paper: its own assessment and the winner's, as it was sent, or as the buyer's draft."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from service import db, summaries, tenders
from service.awards import Annulled
from service.completeness import MissingField
from service.letters import Assessed, CriterionTold, Letter
from service.organisations import Caller
from service.paper_document import Document, Loaded, decimals_of, heading_of, latest
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


def view(document: LetterPaper) -> dict[str, Any]:
    """What its template sees beside the document: how many decimals each column of a bid's scores has."""
    return {"decimals": {"own": _decimals(document.letter.own), "winner": _decimals(document.letter.winner)}}


def _decimals(told: Assessed | None) -> dict[str, int]:
    if told is None:
        return {}
    rows = list(_rows(told.criteria))
    return {
        "mark": decimals_of(one.mark.text for one in rows),
        "points": decimals_of(one.points.text for one in rows),
        "score": decimals_of((told.total.text, *(one.score.text for one in rows))),
    }


def _rows(criteria: Iterable[CriterionTold]) -> Iterator[CriterionTold]:
    for one in criteria:
        yield one
        yield from _rows(one.sub_criteria)
