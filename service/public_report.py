"""The public report on an award: who won, with how many points, out of how many bids; everything else is withheld.

For anybody, once the award notice is out. No law publishes who lost, at which price or why; where a figure would tell a
loser's price it is withheld as well, and the reason is printed in its place. Sources: Procurement Act 2023 s. 50 and
94; Directive 2014/24/EU art. 50 and 55(3).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct

import scoring
from scoring import BidResult, Criterion, Evaluation, ShownBid, ShownLetter
from scoring.answers import Graded, PassFail, YesNo
from scoring.model import price_criterion
from service import awards, db, evaluations, frameworks, letter_sources, notices, tenders
from service.awards import Annulled, Award, NotAwarded
from service.evaluations import StoredEvaluation
from service.jurisdictions import Presets
from service.letter_sources import Redaction, why_withheld
from service.letters import Shown, never_withheld
from service.notices import Notice
from service.organisations import NOBODY
from service.paper_document import Document, Loaded, decimals_of, heading_of, latest
from service.problems import Refusal
from service.report_document import Issued
from service.report_view import rules_in
from service.reports import issued_of
from service.tenders import Known, TenderLot

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
    """A bid that was ranked behind the first; whose it is is told only where it holds a place in a framework."""

    rank: int
    supplier: str | None
    total: Shown


class PublicReport(Document, frozen=True, kw_only=True):
    """Everything that the public report prints; `law`: on what grounds something is withheld.

    `price` is the contract's as it was given for publication; `full` are all the points that there are. `annulled`: the
    award does not stand any more. `issued`: the corrigenda that changed the tender after its publication.
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
    annulled: Annulled | None
    issued: tuple[Issued, ...] = ()


class NotPublicYet(Refusal):
    """The award is not public yet.

    The public report is there once the award notice is published; that of an award that was annulled stays, marked so.
    """


# Rules


def law_of(law: Presets) -> str:
    """On what ground what concerns the other bidders is withheld."""
    found = next((one.source for one in law.withholding if one.id == "commercial-interests"), None)
    return found or "the bidders' legitimate commercial interests"


def redacted(law: Presets, decided: Sequence[Redaction], bid_id: UUID) -> dict[str, str]:
    """What about a bid an approver withholds, by field, with the words that stand in its place."""
    told = never_withheld(law)
    return {
        one.field: why_withheld(law, one.ground, one.reason)
        for one in decided
        if one.bid_id == bid_id and one.reason is not None and one.field not in told
    }


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
    found = {name: reason for name, reason in hidden.items() if name == "total"}
    left_out = [reason for name, reason in hidden.items() if name == "total" or name.startswith("score:")]
    if left_out:
        found["criteria"] = left_out[0]
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


def _others(
    result: Evaluation, winner: BidResult, holders: Mapping[str, str], reason: str | None
) -> tuple[Placed, ...]:
    return tuple(
        Placed(rank=bid.rank, supplier=holders.get(bid.id), total=_shown(bid.total, reason))
        for bid in result.bids
        if bid.rank is not None and bid.id != winner.id
    )


# Reading


class Grounds(NamedTuple):
    """What the report on a lot's last noticed award rests on; `hidden`: what about the winner is withheld, and why."""

    notice: Notice
    award: Award
    digest: str
    result: Evaluation
    hidden: Mapping[str, str]
    price: str | None


async def grounds_of(conn: db.Connection, known: Known, lot: TenderLot) -> Grounds:
    """What the report is made of; raises NotPublicYet."""
    notice = await db.maybe(notices.SQL.get_notice(conn, lot_id=lot.id), Notice)
    if notice is None:
        raise NotPublicYet(f"There is no award notice of lot {lot.number}.")
    decided = await db.many(awards.SQL.list_awards(conn, lot_id=lot.id), Award)
    award = next(one for one in decided if one.number == notice.award_number)
    buyer_id = known.tender.buyer_id
    row = evaluations.SQL.get_evaluation(conn, evaluation_id=award.evaluation_id, organisation_id=buyer_id)
    stored = await db.one(row, StoredEvaluation)
    if award.bid_id is None:
        raise NotAwarded(f"Lot {lot.number} has no award to a bid.")
    result = msgspec.json.decode(stored.canonical, type=Evaluation)
    hidden, price = await told_of(conn, known, lot.id, award.bid_id)
    return Grounds(notice, award, stored.digest, result, hidden, price)


async def told_of(conn: db.Connection, known: Known, lot_id: UUID, bid_id: UUID) -> tuple[dict[str, str], str | None]:
    """What about an awarded bid is withheld, by field, and the contract's price, where somebody has given it."""
    decided = await letter_sources.redactions_of(conn, lot_id)
    hidden = redacted(tenders.legal_rules(known.tender), decided, bid_id)
    given = await letter_sources.texts_of(conn, lot_id)
    return hidden, next((one.text for one in given if (one.bid_id, one.field) == (bid_id, "contract_price")), None)


async def load(conn: db.Connection, _caller: object, lot_id: UUID) -> Loaded:
    """The public report on a lot's award, for anybody; raises NotPublicYet, and NotFound for a draft."""
    known = await tenders.read(conn, NOBODY, lot_id=lot_id)
    grounds = await grounds_of(conn, known, known.lot(lot_id))
    return Loaded(known.tender, await report_of(conn, known, known.lot(lot_id), grounds))


async def report_of(conn: db.Connection, known: Known, lot: TenderLot, grounds: Grounds) -> PublicReport:
    """The report on what was found; raises NotAwarded."""
    tender = known.tender
    notice, award, digest, result, hidden, price = grounds
    winner = next((bid for bid in result.bids if bid.id == str(award.bid_id)), None)
    if winner is None or tender.published_at is None or tender.submission_deadline is None:
        raise NotAwarded(f"Lot {lot.number} has no award to a bid that was ranked.")
    bids = {bid.bid_id: bid for bid in await letter_sources.bids_of(conn, lot.id)}
    secret = withheld(result, winner, hidden)
    holders = await frameworks.holders_of(conn, tender, lot.id)
    return PublicReport(
        heading=heading_of(known, lot),
        at=latest(notice.recorded_at, None if notice.annulled is None else notice.annulled.annulled_at),
        law=law_of(tenders.legal_rules(tender)),
        published_at=tender.published_at,
        submission_deadline=tender.submission_deadline,
        opened_at=lot.opened_at,
        decided_at=award.decided_at,
        notice=notice.reference,
        noticed_at=notice.published_at,
        standstill_ends_at=notice.standstill_ends_at,
        received=len(result.bids),
        ranked=sum(bid.rank is not None for bid in result.bids),
        winner=award.bidder or bids[UUID(winner.id)].supplier,
        identifier=bids[UUID(winner.id)].identifier,
        price=_shown(price, hidden.get("contract_price")),
        total=_shown(winner.total, secret.get("total")),
        full=f"{result.lot.total:f}",
        criteria=_criteria(result, winner, secret.get("criteria")),
        others=_others(result, winner, {str(one): bids[one].supplier for one in holders}, secret.get("others")),
        rules_digest=result.rules_digest,
        issued=await issued_of(conn, tender.id),
        result_digest=digest,
        engine=result.engine,
        annulled=notice.annulled,
    )


def view(document: PublicReport) -> dict[str, Any]:
    """What its template sees beside the document: how many decimals each column has."""
    return {
        "decimals": {
            "share": decimals_of(one.share for one in document.criteria),
            "weighted": decimals_of(one.weighted.text for one in document.criteria),
            "total": decimals_of(one.total.text for one in document.others),
        }
    }
