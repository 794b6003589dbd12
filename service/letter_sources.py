"""What the letters on a lot's award are made from, as it is stored: the run, the award, people's texts, redactions."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

import scoring
from scoring.model import price_criterion
from service import awards, db, frameworks, letters, opening, participation, standstill, tenders
from service.awards import Annulled, NotAwarded
from service.evaluations import get_stored
from service.jurisdictions import Presets
from service.letters import BidderName, BidFacts, Sources
from service.organisations import Caller
from service.problems import Refusal
from service.tenders import Known, TenderLot

SQL = db.queries("letter_sources")


class GivenText(Struct, frozen=True, kw_only=True):
    """A version of a text about a bid."""

    bid_id: UUID
    field: str
    version: int
    text: str
    given_at: datetime


class Redaction(Struct, frozen=True, kw_only=True):
    """A version of the decision whether a field about a bid is shown, and by which of the law's grounds it is not."""

    bid_id: UUID
    field: str
    version: int
    ground: str | None
    reason: str | None
    decided_at: datetime


class SentLetter(Struct, frozen=True):
    """A letter as it went out, and whether its award was annulled since."""

    bid_id: UUID
    award_number: int
    canonical: bytes
    digest: str
    sent_at: datetime
    annulled: Annulled | None = None


class _Agreed(Struct, frozen=True):
    bid_id: UUID
    criterion_id: str
    reason: str
    cites: list[str]


# Refusals


class LettersAlreadySent(Refusal):
    """The letters of this award have been sent.

    They stand as they were sent. A correction is a letter of its own; another award has letters of its own.
    """


# Reading


async def load(conn: db.Connection, caller: Caller, known: Known, lot: TenderLot, address: str) -> Sources:
    """Everything that the letters on a lot's standing award are made from; raises NotAwarded."""
    award = await awards.standing_award(conn, lot.id)
    if award is None:
        raise NotAwarded(f"Lot {lot.number} has no standing award.")
    law = tenders.legal_rules(known.tender)
    stored = await get_stored(conn, caller, award.evaluation_id)
    texts = await db.many(SQL.list_texts(conn, lot_id=lot.id), GivenText)
    hidden = await db.many(SQL.list_redactions(conn, lot_id=lot.id), Redaction)
    agreed = await db.many(SQL.list_reasons(conn, lot_id=lot.id), _Agreed)
    bids = await bids_of(conn, lot.id)
    names = await db.many(SQL.list_names(conn, lot_id=lot.id), BidderName)
    waiting = await standstill.current(conn, lot.id, award.number)
    given = {(one.bid_id, one.field): one.text for one in texts}
    return Sources(
        tender=known.tender,
        lot=lot,
        kind=letters.kind_of(law),
        required=bool(law.letters),
        law=law.standstill,
        award_number=award.number,
        winner_id=award.bid_id,
        decision=award.reason,
        decided_at=award.decided_at,
        result=msgspec.json.decode(stored.canonical, type=scoring.Evaluation),
        address=address,
        bids={bid.bid_id: bid for bid in bids},
        agreed={(one.bid_id, one.criterion_id): letters.with_cites(one.reason, one.cites) for one in agreed},
        texts=given,
        hidden=_hidden(law, hidden),
        names=tuple(names),
        opened_prices=await _opened_prices(conn, known, lot) if letters.WITH_PRICES in law.letters else {},
        standstill_ends_at=None if waiting is None else waiting.ends_at,
        holders=await frameworks.holders_of(conn, known.tender, lot.id),
        participation={
            bid_id: tuple(participation.retold(one, given.get((bid_id, one.field))) for one in decided)
            for bid_id, decided in (await participation.of_lot(conn, known, lot)).items()
        },
    )


def _hidden(law: Presets, decided: Sequence[Redaction]) -> dict[tuple[UUID, str], str]:
    """What is withheld, by bid and field, with the words that stand in its place: reason and ground.

    What the law has told is told, also where an earlier release let somebody withhold it.
    """
    return {
        (one.bid_id, one.field): why_withheld(law, one.ground, one.reason)
        for one in decided
        if one.reason is not None and one.field not in letters.never_withheld(law)
    }


def why_withheld(law: Presets, ground: str | None, reason: str) -> str:
    """What is read instead of a field: why it is withheld, and by which provision (Procurement Act 2023 s.94(3))."""
    source = next((one.source for one in law.withholding if one.id == ground), None)
    return f"{reason} (Withheld: {source}.)" if source else reason


async def bids_of(conn: db.Connection, lot_id: UUID) -> list[BidFacts]:
    """The opened bids of a lot, to whose bidders letters go."""
    return await db.many(SQL.list_bids(conn, lot_id=lot_id), BidFacts)


async def _opened_prices(conn: db.Connection, known: Known, lot: TenderLot) -> dict[UUID, str]:
    """Every price as it was opened, with its currency."""
    price = price_criterion(lot.rules.criteria, lot.rules.rule)
    opened = await db.many(opening.SQL.list_opened(conn, lot_id=lot.id), opening.PanelBid)
    told = {bid.bid_id: (bid.offers.get(price.id) if price else None, bid.currency) for bid in opened}
    return {bid_id: f"{text} {code or known.tender.currency}" for bid_id, (text, code) in told.items() if text}


async def list_sent(conn: db.Connection, lot_id: UUID, award_number: int) -> dict[UUID, SentLetter]:
    """The letters of an award as they were sent, by bid."""
    rows = SQL.list_sent(conn, lot_id=lot_id, award_number=award_number)
    return {sent.bid_id: sent for sent in await db.many(rows, SentLetter)}
