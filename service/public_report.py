"""The public report on an award: who won, with how many points, out of how many bids; everything else is withheld.

For anybody, once the award notice is out. No law publishes who lost, at which price or why; where a figure would tell a
loser's price it is withheld as well, and the reason is printed in its place. Sources: Procurement Act 2023 s. 50 and
94; Directive 2014/24/EU art. 50 and 55(3).
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct

import scoring
from scoring import BidResult, Criterion, Evaluation, ShownBid, ShownLetter
from scoring.answers import Graded, PassFail, YesNo
from scoring.model import price_criterion
from service import awards, db, evaluations, notices, summaries, tenders
from service.awards import NotAwarded
from service.evaluations import StoredEvaluation
from service.letters import BidFacts, Shown
from service.notices import Notice
from service.organisations import NOBODY
from service.paper_document import Document, Loaded, heading_of
from service.problems import Refusal
from service.report_view import rules_in
from service.summaries import Redaction

MIXED: Final = 1000
"""A total tells no price as long as what is in it besides can be so many different sums."""

PRICE_FOLLOWS: Final = "From it another bidder's price could be worked out."


class CriterionShown(Struct, frozen=True, kw_only=True):
    """A criterion at the top of the tree: the most that it gives, and what the winner has."""

    number: str
    title: str
    share: str
    weighted: Shown


class Placed(Struct, frozen=True, kw_only=True):
    """A bid that was ranked behind the winner; whose it is is not told."""

    rank: int
    total: Shown


class PublicReport(Document, frozen=True, kw_only=True):
    """Everything that the public report prints; `law`: on what grounds something is withheld.

    `price` is the winner's as it was compared, in the tender's currency; `full` are all the points that there are.
    """

    law: str
    published_at: datetime
    submission_deadline: datetime
    opened_at: datetime | None
    decided_at: datetime
    notice: str
    noticed_at: datetime
    standstill_ends_at: datetime | None
    received: int
    ranked: int
    winner: str
    identifier: str | None
    price: Shown
    total: Shown
    full: str
    criteria: tuple[CriterionShown, ...]
    others: tuple[Placed, ...]
    rules_digest: str
    result_digest: str
    engine: str


class NotPublicYet(Refusal):
    """The award is not public yet.

    The public report is there once the award notice is published, and as long as the award stands.
    """


# Rules


def law_of(jurisdiction: str) -> str:
    """On what grounds figures of others are withheld."""
    if jurisdiction.startswith("uk-"):
        return "Procurement Act 2023 s. 94"
    if jurisdiction.startswith("eu-"):
        return "Directive 2014/24/EU art. 21(1) and 55(3)"
    return "the bidders' legitimate commercial interests"


def sums_beside(lot: scoring.Lot, price: Criterion | None) -> int:
    """How many different sums the points beside the price can make at most; MIXED stands for that many and more."""
    number = 1
    for leaf in scoring.leaves(lot.criteria):
        if (price is not None and leaf.id == price.id) or not leaf.weighting:
            continue
        match leaf.method:
            case Graded(scale=scale):
                number *= len(scale)
            case YesNo():
                number *= 2
            case PassFail():
                pass
            case _:
                return MIXED
    return min(number, MIXED)


def price_follows(result: Evaluation, winner: BidResult, price: Criterion) -> bool:
    """Whether the winner's price and its points on the price tell somebody else's price, or may tell it.

    Both are public, so that the formula can be solved for the price that was the measure.
    """
    offer = {bid.id: bid.values for bid in result.inputs}[winner.id].get(price.id)
    if price.method is None or offer is None:
        return True
    decimals = next((one.decimals for one in result.lot.rounding if one.stage == "leaf" and not one.criteria), None)
    shown = ShownLetter(
        method=price.method,
        own=ShownBid(points=winner.points.get(price.id), price=offer),
        decimals=10 if decimals is None else decimals,
        unit_decimals=max(2, len(offer.partition(".")[2])),
        bids=len(result.reference_set),
    )
    told = scoring.debrief(shown)
    return told.not_examined is not None or any(one.pinned for one in told.derived)


def withheld(result: Evaluation, winner: BidResult, hidden: Mapping[str, str]) -> dict[str, str]:
    """What of the figures is withheld, by name, with the reason: the winner's points, its total, others' totals.

    hidden: fields about the winner that an approver has redacted. Where one score is, none is printed, and where the
    total is: what is left out would follow from the rest.
    """
    price = price_criterion(result.lot.criteria, result.lot.rule)
    found = {name: reason for name, reason in hidden.items() if name in {"price", "total"}}
    redacted = [reason for name, reason in hidden.items() if name == "total" or name.startswith("score:")]
    if redacted:
        found["criteria"] = redacted[0]
    if price is None:
        return found
    beside = sums_beside(result.lot, price)
    if beside < MIXED:
        found["others"] = PRICE_FOLLOWS
    if result.lot.rule is not None:
        found |= {"others": PRICE_FOLLOWS, "criteria": PRICE_FOLLOWS}
    elif price_follows(result, winner, price):
        found.setdefault("criteria", PRICE_FOLLOWS)
        if beside < MIXED:
            found.setdefault("total", PRICE_FOLLOWS)
    return found


def _shown(text: str | None, reason: str | None) -> Shown:
    return Shown(text=None if reason else text, redacted=reason)


def _price(result: Evaluation, winner: BidResult) -> str | None:
    price = price_criterion(result.lot.criteria, result.lot.rule)
    offers = {bid.id: bid.values for bid in result.inputs}
    return None if price is None else offers[winner.id].get(price.id)


def _criteria(result: Evaluation, winner: BidResult, reason: str | None) -> tuple[CriterionShown, ...]:
    return tuple(
        CriterionShown(
            number=rule.number,
            title=rule.title,
            share=rule.share,
            weighted=_shown(winner.weighted.get(rule.id), reason),
        )
        for rule in rules_in(result.lot, "")
        if rule.depth == 1 and Decimal(rule.weighting)
    )


# Reading


async def load(conn: db.Connection, _caller: object, lot_id: UUID) -> Loaded:
    """The public report on a lot's award, for anybody; raises NotPublicYet, and NotFound for a draft."""
    known = await tenders.read(conn, NOBODY, lot_id=lot_id)
    tender, lot = known.tender, known.lot(lot_id)
    award = await awards.standing_award(conn, lot_id)
    notice = await db.maybe(notices.SQL.get_notice(conn, lot_id=lot_id), Notice)
    if award is None or award.bid_id is None or notice is None or notice.award_number != award.number:
        raise NotPublicYet(f"No award notice of lot {lot.number} stands.")
    row = evaluations.SQL.get_evaluation(conn, evaluation_id=award.evaluation_id, organisation_id=tender.buyer_id)
    stored = await db.one(row, StoredEvaluation)
    result = msgspec.json.decode(stored.canonical, type=Evaluation)
    winner = next((bid for bid in result.bids if bid.id == str(award.bid_id)), None)
    if winner is None or tender.published_at is None or tender.submission_deadline is None:
        raise NotAwarded(f"Lot {lot.number} has no award to a bid that was ranked.")
    redactions = await db.many(summaries.SQL.list_redactions(conn, lot_id=lot_id), Redaction)
    hidden = {one.field: one.reason for one in redactions if one.bid_id == award.bid_id and one.reason is not None}
    facts = {bid.bid_id: bid for bid in await db.many(summaries.SQL.list_bids(conn, lot_id=lot_id), BidFacts)}
    secret = withheld(result, winner, hidden)
    behind = [bid for bid in result.bids if bid.rank is not None and bid.id != winner.id]
    document = PublicReport(
        heading=heading_of(known, lot),
        at=notice.recorded_at,
        law=law_of(tender.jurisdiction),
        published_at=tender.published_at,
        submission_deadline=tender.submission_deadline,
        opened_at=lot.opened_at,
        decided_at=award.decided_at,
        notice=notice.reference,
        noticed_at=notice.published_at,
        standstill_ends_at=notice.standstill_ends_at,
        received=len(result.bids),
        ranked=sum(bid.rank is not None for bid in result.bids),
        winner=award.bidder or facts[award.bid_id].supplier,
        identifier=facts[award.bid_id].identifier,
        price=_shown(_price(result, winner), secret.get("price")),
        total=_shown(winner.total, secret.get("total")),
        full=f"{result.lot.total:f}",
        criteria=_criteria(result, winner, secret.get("criteria")),
        others=tuple(Placed(rank=bid.rank or 0, total=_shown(bid.total, secret.get("others"))) for bid in behind),
        rules_digest=result.rules_digest,
        result_digest=stored.digest,
        engine=result.engine,
    )
    return Loaded(tender.id, document)


def view(_document: PublicReport) -> dict[str, Any]:
    """Its template sees the document and nothing else."""
    return {}
