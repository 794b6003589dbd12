"""How a contract is performed, as a paper: each promise with what was delivered, what it costs, how it is rated."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec import Struct

from scoring import UNITS
from service import db, monitoring, obligations
from service.deliveries import Delivery, Progress, Verdict
from service.monitoring import Due, Kept, Monitored, PeriodStanding
from service.obligations import Obligation, Origin
from service.organisations import Caller
from service.paper_document import Document, Loaded, heading_of, latest, names_of
from service.performance import Standing
from service.performance_notices import FailureKind, Outcome, Publication, Rated
from service.remedies import Step
from service.shortfalls import Charge, Uncovered


class Proof(Struct, frozen=True, kw_only=True):
    """A file that proves a delivery."""

    name: str
    digest: str


class Decided(Struct, frozen=True, kw_only=True):
    """What somebody decided about a delivery."""

    verdict: Verdict
    quantity: Decimal
    reason: str
    person: str


class Delivered(Struct, frozen=True, kw_only=True):
    """A delivery: what was reported by whom, its proofs, what was decided."""

    period: int
    quantity: Decimal
    state: Progress
    note: str
    person: str
    proofs: tuple[Proof, ...]
    decisions: tuple[Decided, ...]


class Taken(Struct, frozen=True, kw_only=True):
    """A step of the ladder."""

    number: int
    step: Step
    reason: str
    shortfall: Decimal | None
    amount: Decimal | None
    due_on: date | None
    person: str
    taken_at: datetime


class Promised(Struct, frozen=True, kw_only=True):
    """One promise with everything that happened about it."""

    number: int
    title: str
    promised: str
    unit: str
    contracted: bool
    kpi: bool
    owner: str
    evidence: tuple[str, ...]
    points: str | None
    advantage: Decimal | None
    standing: Standing
    periods: tuple[PeriodStanding, ...]
    charge: Charge | None
    charged: Decimal
    deliveries: tuple[Delivered, ...]
    remedies: tuple[Taken, ...]
    origin: Origin = "bid"
    uncovered: Uncovered | None = None


class AssessedSpan(Struct, frozen=True, kw_only=True):
    """An assessment of the indicators: of which periods, and which was not over and counts in none at the end."""

    number: int
    starts_on: date
    ends_on: date
    ratings: tuple[Rated, ...]
    person: str
    periods: tuple[int, ...] = ()
    running: tuple[int, ...] = ()
    at_termination: bool = False


class Failed(Struct, frozen=True, kw_only=True):
    """A breach, or what did not improve."""

    number: int
    kind: FailureKind
    outcome: Outcome
    description: str
    arose_on: date
    decided_by: str


class ContractPaper(Document, frozen=True, kw_only=True):
    """Everything that the report on a contract prints; `today` is the day for which it stands."""

    contractor: str
    reference: str
    signed_at: datetime
    starts_on: date
    ends_on: date
    value: Decimal | None
    today: date
    promises: tuple[Promised, ...]
    assessments: tuple[AssessedSpan, ...]
    failures: tuple[Failed, ...]
    notices: tuple[Publication, ...]
    due: tuple[Due, ...]
    warnings: tuple[str, ...]


def _delivered(one: Delivery, names: Mapping[UUID, str]) -> Delivered:
    return Delivered(
        period=one.period,
        quantity=one.quantity,
        state=one.state,
        note=one.note,
        person=names[one.person_id],
        proofs=tuple(Proof(name=proof.name, digest=proof.digest) for proof in one.evidence),
        decisions=tuple(
            Decided(verdict=made.verdict, quantity=made.quantity, reason=made.reason, person=names[made.person_id])
            for made in one.decisions
        ),
    )


def _promised(one: Monitored, obligation: Obligation, mine: Iterable[Delivery], names: Mapping[UUID, str]) -> Promised:
    return Promised(
        number=obligation.number,
        title=one.title,
        promised=obligation.promised,
        unit=one.unit,
        contracted=one.contracted,
        kpi=one.kpi,
        owner=names[one.owner_id],
        evidence=obligation.terms.evidence,
        points=one.points,
        advantage=one.advantage,
        origin=one.origin,
        uncovered=one.uncovered,
        standing=one.standing,
        periods=one.periods,
        charge=one.charge,
        charged=one.charged,
        deliveries=tuple(_delivered(delivery, names) for delivery in mine),
        remedies=tuple(
            Taken(
                number=step.number,
                step=step.step,
                reason=step.reason,
                shortfall=step.shortfall,
                amount=step.amount,
                due_on=step.due_on,
                person=names[step.person_id],
                taken_at=step.taken_at,
            )
            for step in one.remedies
        ),
    )


def _people(kept: Kept) -> set[UUID]:
    """Everybody whom the paper names."""
    found = {one.terms.owner_id for one in kept.here.watched.obligations}
    found |= {step.person_id for step in kept.remedies} | {made.person_id for made in kept.record.assessments}
    for delivery in kept.deliveries:
        found |= {delivery.person_id, *(made.person_id for made in delivery.decisions)}
    return found


def _last(kept: Kept) -> datetime:
    """The latest instant that the paper tells of."""
    record = kept.record
    found = [kept.here.watched.plan.made_at, *(step.taken_at for step in kept.remedies)]
    found += [made.assessed_at for made in record.assessments] + [failed.recorded_at for failed in record.failures]
    for delivery in kept.deliveries:
        found += [delivery.reported_at, *(made.decided_at for made in delivery.decisions)]
        found += [proof.received_at for proof in delivery.evidence]
    return latest(*found)


async def load(conn: db.Connection, caller: Caller, lot_id: UUID) -> Loaded:
    """How the contract of a lot stands on the day it is, for those who may read its dashboard."""
    here = await obligations.place(conn, caller, "get_monitoring", lock=False, lot_id=lot_id)
    kept, plan = await monitoring.kept_of(conn, here), here.watched.plan
    names = await names_of(conn, _people(kept))
    record, delivered = kept.record, obligations.by_obligation(kept.deliveries)
    document = ContractPaper(
        heading=heading_of(here.known, here.known.lot(lot_id)),
        at=_last(kept),
        contractor=plan.contractor,
        reference=plan.reference,
        signed_at=plan.signed_at,
        starts_on=plan.starts_on,
        ends_on=plan.ends_on,
        value=plan.value,
        today=here.today,
        promises=tuple(
            _promised(one, obligation, delivered[obligation.id], names)
            for one, obligation in zip(monitoring.monitored(kept), here.watched.obligations, strict=True)
        ),
        assessments=tuple(
            AssessedSpan(
                number=made.number,
                starts_on=made.starts_on,
                ends_on=made.ends_on,
                ratings=made.ratings,
                person=names[made.person_id],
                periods=tuple(sorted({number for one in made.ratings for number in one.periods or ()})),
                running=tuple(sorted({one.running for one in made.ratings if one.running is not None})),
                at_termination=made.at_termination,
            )
            for made in record.assessments
        ),
        failures=tuple(
            Failed(**{name: getattr(failed, name) for name in Failed.__struct_fields__}) for failed in record.failures
        ),
        notices=record.published,
        due=tuple(one for one in monitoring.dues(kept) if one.due_on <= here.today),
        warnings=tuple(f"{fault.message}\n\n{fault.mend}" for fault in monitoring.warnings_of(kept)),
    )
    return Loaded(here.known.tender, document)


def view(document: ContractPaper) -> dict[str, Any]:
    """What its template sees beside the document: what units are called; a currency is called by its code."""
    codes = {one.unit for one in document.promises}
    codes |= {rated.unit for made in document.assessments for rated in made.ratings}
    return {"units": {code: UNITS[code].label if code in UNITS else code for code in codes}}
