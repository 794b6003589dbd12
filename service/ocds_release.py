"""A release made of what is public of a tender now: nothing that public notices and the public report do not tell.

Who lost, at which price and why stays untold; where something else is withheld from the public report, it is named
under `withheldInformation` with its reason. A bid's id here says nothing of the bid's id in the service.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal, NamedTuple
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from msgspec import Struct

import scoring
from scoring.answers import Credited, Target
from scoring.model import price_criterion, unit_of
from scoring.rules import highest_wins
from scoring.units import find_unit
from service import award_criteria, ocds, ocds_performance
from service.letters import Shown
from service.money import amounts_in
from service.ocds import Party, Release, Tag
from service.ocds_performance import ToldOf
from service.public_report import PublicReport
from service.tenders import Corrigendum, Known, TenderLot

Status = Literal["active", "cancelled", "complete"]
TAGS: Final[tuple[Tag, ...]] = (
    "tender",
    "tenderAmendment",
    "tenderUpdate",
    "tenderCancellation",
    "award",
    "awardCancellation",
    "contract",
    "contractUpdate",
    "implementation",
    "contractTermination",
)
"""In the order of a tender's life."""

LOSERS: Final = "No law publishes who was not successful: "


class Organisation(Struct, frozen=True, kw_only=True):
    """An organisation as it is registered, or as a bid has named it."""

    id: UUID | None
    name: str
    identifier: str | None
    bid_id: UUID | None = None


class Cancelled(Struct, frozen=True, kw_only=True):
    """A cancelled lot."""

    lot: int
    reason: str
    cancelled_at: datetime


class Noticed(Struct, frozen=True, kw_only=True):
    """An award that a notice has told of, with its contract once it is signed."""

    lot: int
    lot_id: UUID
    title: str
    number: int
    evaluation_id: UUID
    bid_id: UUID
    decided_at: datetime
    notice: str
    noticed_at: datetime
    annulled_at: datetime | None
    standstill_begins_at: datetime | None
    standstill_ends_at: datetime | None
    letters_sent_at: datetime | None
    contract: str | None
    signed_at: datetime | None
    bid_ids: tuple[UUID, ...]
    suppliers: tuple[Organisation, ...]

    @property
    def name(self) -> str:
        """Its id: the lot's number and its own."""
        return f"{self.lot}-{self.number}"


class Outcome(NamedTuple):
    """What an award rests on, the price as it is public, and, on a lot's last award, the public report.

    `hidden`: what about the winner is withheld, by field.
    """

    result: scoring.Evaluation
    price: Shown
    hidden: Mapping[str, str]
    report: PublicReport | None


class Facts(NamedTuple):
    """All that a release is made of. `address`: where anybody reaches the service; empty where nobody knows.

    `own_measures`: what the buyer's own catalogues said of criteria at publication, by their ids.
    """

    known: Known
    buyer: Organisation
    corrigenda: Sequence[Corrigendum]
    cancelled: Sequence[Cancelled]
    awards: Sequence[Noticed]
    outcomes: Mapping[str, Outcome]
    address: str
    own_measures: Mapping[str, award_criteria.Tagged] = {}
    performance: Sequence[ToldOf] = ()

    def reported(self) -> Iterator[tuple[Noticed, scoring.Evaluation, PublicReport]]:
        """The last noticed award of each lot, with its result and its public report."""
        for award in self.awards:
            outcome = self.outcomes[award.name]
            if outcome.report is not None:
                yield award, outcome.result, outcome.report

    def standing(self, lot: int) -> Noticed | None:
        """The noticed award of a lot that was not annulled."""
        return next((one for one in self.awards if one.lot == lot and one.annulled_at is None), None)

    def notices(self, award: Noticed) -> list[ToldOf]:
        """What published notices have told of how an award's contract is performed."""
        return [one for one in self.performance if (one.lot, one.award) == (award.lot, award.number)]


# What has happened


def told(facts: Facts) -> tuple[str, ...]:
    """Everything that has been made public of a tender, by names that stay."""

    def every() -> Iterator[str]:
        yield "tender"
        yield from (f"corrigendum {one.number}" for one in facts.corrigenda)
        yield from (f"cancellation {one.lot}" for one in facts.cancelled)
        for award in facts.awards:
            yield f"award {award.name}"
            if award.annulled_at is not None:
                yield f"annulment {award.name}"
            if award.signed_at is not None:
                yield f"contract {award.name}"
            for notice in facts.notices(award):
                yield f"{notice.about} {award.name} {notice.number}"
                if notice.ends_the_contract:
                    yield f"termination {award.name} {notice.number}"

    return tuple(every())


def tags(facts: Facts, new: Sequence[str]) -> tuple[Tag, ...]:
    """What a release is for, by what is new in it; a change that no event tells of is an update of the tender."""
    whole = len(facts.cancelled) == len(facts.known.lots)
    meant: dict[str, Tag] = {
        "tender": "tender",
        "corrigendum": "tenderAmendment",
        "cancellation": "tenderCancellation" if whole else "tenderUpdate",
        "award": "award",
        "annulment": "awardCancellation",
        "contract": "contract",
        "kpis": "contractUpdate",
        "assessment": "implementation",
        "failure": "implementation",
        "termination": "contractTermination",
    }
    found = {meant[one.partition(" ")[0]] for one in new} or {"tenderUpdate"}
    return tuple(tag for tag in TAGS if tag in found)


# The release


def release_of(facts: Facts, ocid: str, number: int, at: datetime, tag: tuple[Tag, ...]) -> Release:
    """The release, with everything that any profile shows."""
    buyer = party_of(facts.buyer, ("buyer", "procuringEntity"))
    winners = {
        party.id: party
        for award in facts.awards
        for one in award.suppliers
        for party in [party_of(one, ("tenderer", "supplier"))]
    }
    winners.pop(buyer.id, None)
    return Release(
        ocid=ocid,
        id=f"{ocid}-{number}",
        date=at,
        tag=tag,
        initiation_type="tender",
        language=facts.known.tender.language or ocds.LANGUAGE,
        parties=(buyer, *winners.values()),
        buyer=buyer.reference(),
        tender=_tender(facts, buyer),
        bids=_bids(facts),
        awards=tuple(_award(facts, one) for one in facts.awards),
        contracts=tuple(_contract(facts, one) for one in facts.awards if one.signed_at is not None),
        withheld_information=tuple(_every_withheld(facts)),
    )


def party_of(organisation: Organisation, roles: tuple[str, ...]) -> Party:
    """An organisation as a party: by its register number where it has one, else by its id here or its name."""
    own = organisation.id or re.sub("[^a-z0-9]+", "-", organisation.name.lower()).strip("-")
    return Party(
        id=organisation.identifier or f"tenderscore-{own}",
        name=organisation.name,
        identifier=ocds.identifier_of(organisation.identifier, organisation.name),
        roles=roles,
    )


def _tender(facts: Facts, buyer: Party) -> ocds.Tender:
    tender, lots = facts.known
    statuses = {_status(facts, lot) for lot in lots}
    status: Status = "active" if "active" in statuses else "complete" if "complete" in statuses else "cancelled"
    value = None
    if tender.estimated_value is not None:
        value = ocds.Value(amount=ocds.plain(tender.estimated_value), currency=tender.currency)
    return ocds.Tender(
        id=str(tender.id),
        title=tender.title,
        description=tender.description.strip() or None,
        status=status,
        procuring_entity=buyer.reference(),
        value=value,
        procurement_method="open",
        award_criteria=award_criteria.code([lot.rules for lot in lots]),
        submission_method=("electronicSubmission",),
        submission_method_details=f"Bids are sent to {facts.address}." if facts.address else None,
        tender_period=ocds.Period(start_date=tender.published_at, end_date=tender.submission_deadline),
        documents=tuple(_sheets(facts)),
        amendments=tuple(_amendments(facts)),
        techniques=_techniques(facts),
        lots=tuple(_lot(facts, lot) for lot in lots),
        targets=tuple(metric for lot in lots for metric in _targets(lot)),
    )


def _status(facts: Facts, lot: TenderLot) -> Status:
    if lot.cancelled_at is not None:
        return "cancelled"
    return "active" if facts.standing(lot.number) is None else "complete"


def _sheets(facts: Facts) -> Iterator[ocds.Document]:
    """How the bids for each lot are scored, for anybody."""
    if facts.address:
        for lot in facts.known.lots:
            yield ocds.Document(
                id=f"scoring-sheet-{lot.number}",
                document_type="evaluationCriteria",
                title=f"How bids are scored: {lot.title}",
                url=f"{facts.address}/public/lots/{lot.id}/scoring-sheet.html",
                date_published=facts.known.tender.published_at,
                format="text/html",
                language=facts.known.tender.language or ocds.LANGUAGE,
                related_lots=(str(lot.number),),
            )


def _amendments(facts: Facts) -> Iterator[ocds.Amendment]:
    for one in facts.corrigenda:
        yield ocds.Amendment(id=f"corrigendum-{one.number}", date=one.issued_at, rationale=one.reason)
    for cancelled in facts.cancelled:
        yield ocds.Amendment(
            id=f"cancellation-{cancelled.lot}",
            date=cancelled.cancelled_at,
            rationale=cancelled.reason,
            related_lots=(str(cancelled.lot),),
        )


def _techniques(facts: Facts) -> ocds.Techniques | None:
    agreed, tender = facts.known.tender.framework, facts.known.tender
    if agreed is None:
        return None
    return ocds.Techniques(
        has_framework_agreement=True,
        framework_agreement=ocds.FrameworkAgreement(
            maximum_participants=agreed.most_suppliers,
            value=ocds.Value(amount=ocds.plain(agreed.total_value), currency=tender.currency),
            period=ocds.Period(end_date=agreed.ends_at),
        ),
    )


def _lot(facts: Facts, lot: TenderLot) -> ocds.Lot:
    goals = award_criteria.sustainability(lot.rules, facts.own_measures)
    opened = lot.opened_at and ocds.BidOpening(
        date=lot.opened_at,
        description=f"Electronic, by {facts.known.tender.officers_needed} officers together.",
    )
    return ocds.Lot(
        id=str(lot.number),
        title=lot.title,
        status=_status(facts, lot),
        award_criteria=award_criteria.published(lot.rules),
        has_sustainability=bool(goals),
        sustainability=goals,
        submission_terms=ocds.SubmissionTerms(
            electronic_submission_policy="required",
            variant_policy="notAllowed" if lot.variants is None else "allowed",
        ),
        bid_opening=opened or None,
    )


def _targets(lot: TenderLot) -> Iterator[ocds.Metric]:
    """The quantities that earn full points, such as jobs or weeks of apprenticeships."""
    for leaf in scoring.leaves(lot.rules.criteria):
        if isinstance(leaf.method, Target | Credited):
            observation = ocds.Observation(
                id="target",
                measure=ocds.plain(leaf.method.target),
                unit=ocds.Unit(name=find_unit(unit_of(leaf)).label),
            )
            yield ocds.Metric(
                id=f"{lot.number}-{leaf.id}", title=leaf.title.strip() or leaf.id, observations=(observation,)
            )


# Bids, awards, contracts


def _bids(facts: Facts) -> ocds.Bids | None:
    statistics: list[ocds.Statistic] = []
    details: list[ocds.Bid] = []
    for award, result, report in facts.reported():
        counts: tuple[tuple[Literal["bids", "validBids"], int], ...] = (
            ("bids", report.received),
            ("validBids", report.ranked),
        )
        statistics += [
            ocds.Statistic(id=f"{award.lot}-{measure}", measure=measure, value=value, related_lot=str(award.lot))
            for measure, value in counts
        ]
        details += _details(facts, award, result, report)
    return ocds.Bids(statistics=tuple(statistics), details=tuple(details)) if statistics else None


def bid_name(award: Noticed, bid_id: str) -> str:
    """A bid's id in open data: the same as long as its award stands, and no way back to the bid.

    Another award ranks anew. Releases are merged, and two ranks of one bid would then stand in one place.
    """
    return str(uuid5(award.lot_id, f"{award.number} {bid_id}"))


def _details(facts: Facts, award: Noticed, result: scoring.Evaluation, report: PublicReport) -> Iterator[ocds.Bid]:
    """The bids that were ranked: the winner's, and of the others what the public report tells."""
    others = iter(report.others)
    for bid in result.bids:
        if bid.rank is None:
            continue
        won = bid.id == str(award.bid_id)
        total = (report.total if won else next(others).total).text
        evaluation = None
        if total is not None and (result.lot.rule is None or highest_wins(result.lot.rule)):
            words = _rounding(result.lot)
            scores = _scores(result.lot, report, Decimal(total)) if won and result.lot.rule is None else ()
            evaluation = ocds.BidEvaluation(
                total_score=ocds.plain(Decimal(total)), rounding_method=words, scores=scores
            )
        yield ocds.Bid(
            id=bid_name(award, bid.id),
            status="valid",
            tenderers=tuple(party_of(one, ()).reference() for one in award.suppliers if str(one.bid_id) == bid.id),
            value=_price(facts, award) if won else None,
            related_lots=(str(award.lot),),
            has_rank=True,
            rank=bid.rank,
            evaluation=evaluation,
        )


def _rounding(lot: scoring.Lot) -> str | None:
    """How totals are rounded, in words."""
    rounded = next((one for one in lot.rounding if one.stage == "total" and one.mode != "none"), None)
    if rounded is None:
        return None
    return f"{(rounded.mode or 'half_up').replace('_', ' ')}, {rounded.decimals} decimals"


def _scores(lot: scoring.Lot, report: PublicReport, total: Decimal) -> tuple[ocds.Score, ...]:
    """The weighted points of the criteria at the top, if all are public; what rounding adds stands as one more."""
    shown = [one.weighted.text for one in report.criteria]
    points = [Decimal(text) for text in shown if text is not None]
    if len(points) < len(shown):
        return ()
    names = [one.id for one in lot.criteria if one.weighting]
    scores = [
        ocds.Score(criterion=name, weighted_score=ocds.plain(score)) for name, score in zip(names, points, strict=True)
    ]
    if rest := total - sum(points):
        reason = f"What rounding adds ({_rounding(lot)})."
        scores.append(ocds.Score(criterion="rounding", weighted_score=ocds.plain(rest), rationale=reason))
    return tuple(scores)


def _award(facts: Facts, award: Noticed) -> ocds.Award:
    _, price, _, report = facts.outcomes[award.name]
    bids = award.bid_ids if report is not None else ()  # those of an earlier award stand in earlier releases
    documents: tuple[ocds.Document, ...] = ()
    if facts.address and report is not None:
        documents = (
            ocds.Document(
                id=f"evaluation-report-{award.lot}",
                document_type="evaluationReports",
                title=f"Public report on the evaluation of {award.title}",
                url=f"{facts.address}/public/lots/{award.lot_id}/evaluation-report.html",
                date_published=award.noticed_at,
                format="text/html",
                language=facts.known.tender.language or ocds.LANGUAGE,
                related_lots=(str(award.lot),),
            ),
        )
    standstill = None
    if award.standstill_begins_at is not None:
        standstill = ocds.Period(start_date=award.standstill_begins_at, end_date=award.standstill_ends_at)
    return ocds.Award(
        id=award.name,
        title=award.title,
        description=f"Award notice {award.notice}." + (f" Price as published: {price.text}" if price.text else ""),
        status="active" if award.annulled_at is None else "cancelled",
        date=award.decided_at,
        value=_price(facts, award),
        suppliers=tuple(party_of(one, ()).reference() for one in award.suppliers),
        related_lots=(str(award.lot),),
        related_bids=tuple(sorted(bid_name(award, str(bid_id)) for bid_id in bids)),
        documents=documents,
        standstill_period=standstill,
        assessment_summaries_date_sent=award.letters_sent_at,
    )


def _context(facts: Facts, award: Noticed) -> ocds_performance.Context:
    tender = facts.known.tender
    own = tuple(party_of(one, ()).reference() for one in award.suppliers if one.bid_id == award.bid_id)
    hidden = facts.outcomes[award.name].hidden
    return ocds_performance.Context(award.lot, tender.currency, ZoneInfo(tender.time_zone), own, hidden)


def _contract(facts: Facts, award: Noticed) -> ocds.Contract:
    assert award.signed_at is not None
    assert award.contract is not None
    notices, context = facts.notices(award), _context(facts, award)
    return ocds.Contract(
        id=award.name,
        award_id=award.name,
        title=award.contract,
        status="terminated" if any(one.ends_the_contract for one in notices) else "active",
        value=_price(facts, award),
        date_signed=award.signed_at,
        documents=ocds_performance.documents(notices, facts.known.tender.language or ocds.LANGUAGE),
        agreed_metrics=ocds_performance.agreed(notices, context),
        implementation=ocds_performance.implementation(notices, context),
    )


def _price(facts: Facts, award: Noticed) -> ocds.Value | None:
    """The winner's price as a number, where the published text tells just this amount."""
    result, shown = facts.outcomes[award.name][:2]
    price = price_criterion(result.lot.criteria, result.lot.rule)
    values = next(bid.values for bid in result.inputs if bid.id == str(award.bid_id))
    offer = values.get(price.id) if price is not None else None
    if offer is None or shown.text is None or Decimal(offer) not in amounts_in(shown.text):
        return None
    return ocds.Value(amount=ocds.plain(Decimal(offer)), currency=facts.known.tender.currency)


def _every_withheld(facts: Facts) -> Iterator[ocds.Withheld]:
    for award, _, report in facts.reported():
        yield from _withheld(award, report)
    for award in facts.awards:
        yield from ocds_performance.withheld(facts.notices(award), _context(facts, award), award.name)


def _withheld(award: Noticed, report: PublicReport) -> Iterator[ocds.Withheld]:
    """What the public report leaves out, each with its reason."""
    scores = next((one.weighted.redacted for one in report.criteria if one.weighted.redacted), None)
    totals = next((one.total.redacted for one in report.others if one.total.redacted), None)
    losers = f"{LOSERS}{report.law}." if any(one.supplier is None for one in report.others) else None
    for name, field, title, reason in (
        ("price", "awards.value", "Price of the contract", report.price.redacted),
        ("total", "bids.details.evaluation.totalScore", "Total of the successful bid", report.total.redacted),
        ("scores", "bids.details.evaluation.scores", "Scores of the successful bid", scores),
        ("totals", "bids.details.evaluation.totalScore", "Totals of the other bids", totals),
        ("bidders", "bids.details.tenderers", "Names of the other bidders", losers),
        ("values", "bids.details.value", "Prices of the other bids", losers),
    ):
        if reason:
            yield ocds.Withheld(id=f"{award.name}-{name}", field=field, name=title, rationale=reason)
