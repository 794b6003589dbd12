"""A contract at a glance: how each promise stands, what is due, what a shortfall costs; and what was learnt from all.

What suppliers delivered of what they had promised is told to whoever drafts the next tender. It is no award score:
only what a tender publishes may be scored, and past performance only where its law allows that.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

import scoring
from scoring.decimals import half_up
from service import contract_law, db, deliveries, measures, obligations, performance, performance_notices, remedies
from service.deliveries import Delivery
from service.obligations import Obligation, Origin, Owed, Place, Plan
from service.organisations import Caller
from service.performance import Accrual, Bounds, Standing
from service.performance_notices import About, Record
from service.problems import Fault
from service.remedies import LADDER, Remedy, Step
from service.shortfalls import Charge, Uncovered

SQL = db.queries("monitoring")

VERIFY_DAYS: Final = 14
"""Within so many days of its report a delivery is verified; then somebody is reminded."""
ASSESS_DAYS: Final = 30
"""So many days before an assessment is due somebody is reminded."""
PUBLISH_DAYS: Final = 10
"""So many days before a notice is due somebody is reminded."""

DueKind = Literal["report", "verify", "rectify", "assess", "publish"]


class Due(Struct, frozen=True, kw_only=True):
    """What somebody has to do from a day on.

    report: the contractor, what was delivered in a period that ended · verify: the buyer, a delivery that was reported
    · rectify: the contractor's day to put something right has passed · assess: the buyer, indicators · publish: the
    buyer, a notice. `last_day`: where the law or the contract names one. `about` says it in English; in parts it is
    `title`, of a promise or a notice, `number`, of its period, step or notice, the `notice` itself, and for indicators
    the day that is assessed first, `begins_on`.
    """

    kind: DueKind
    about: str
    due_on: date
    last_day: date | None = None
    title: str = ""
    number: int | None = None
    begins_on: date | None = None
    notice: About | None = None


class Reminder(Struct, frozen=True, kw_only=True):
    """What somebody was reminded of."""

    kind: DueKind
    about: str
    due_on: date
    reminded_at: datetime


class Monitored(Struct, frozen=True, kw_only=True):
    """One promise: how it stands, what was reported and waits, what its shortfall costs, which steps were taken.

    `charge`: by the agreed formula, for the periods that have ended; `charged`: withheld or claimed of it so far.
    `uncovered`: what was scored and the contract does not ask for, of which no shortfall and no charge tells. `origin`:
    whether the awarded bid promised it or the contract alone.
    """

    obligation_id: UUID
    criterion_id: str
    title: str
    origin: Origin
    unit: str
    direction: scoring.Direction
    accrual: Accrual
    contracted: bool
    kpi: bool
    measure: str
    owner_id: UUID
    points: str | None
    advantage: Decimal | None
    standing: Standing
    periods: tuple["PeriodStanding", ...]
    waiting: Decimal
    uncovered: Uncovered | None
    charge: Charge | None
    charged: Decimal
    remedies: tuple[Remedy, ...]
    next_step: Step | None


class PeriodStanding(Struct, frozen=True, kw_only=True):
    """One period of a promise; `achievement` in percent once it has ended and something of it is known."""

    number: int
    starts_on: date
    ends_on: date
    target: Decimal
    verified: Decimal | None
    achievement: Decimal | None


class Monitoring(Struct, frozen=True, kw_only=True):
    """A contract on a day."""

    plan: Plan
    today: date
    obligations: tuple[Monitored, ...]
    due: tuple[Due, ...]
    reminders: tuple[Reminder, ...]
    record: Record
    warnings: tuple[Fault, ...]


class Kept(NamedTuple):
    """Everything that happened on a contract, as it was read at one instant."""

    here: Place
    deliveries: Sequence[Delivery]
    remedies: Sequence[Remedy]
    record: Record


# Rules


def period_standings(one: Obligation, verified: dict[int, Decimal], today: date) -> Iterator[PeriodStanding]:
    """Each period by itself; what is not verified of a period that ended is nothing delivered, or not known."""
    for period in one.periods:
        value = verified.get(period.number)
        known = period.ends_on < today and (value is not None or one.direction == "higher")
        ratio = performance.ratio(Fraction(value or 0), Fraction(period.target), one.direction) if known else None
        yield PeriodStanding(
            number=period.number,
            starts_on=period.starts_on,
            ends_on=period.ends_on,
            target=period.target,
            verified=value,
            achievement=None if ratio is None else half_up(ratio * performance.HUNDRED, 2),
        )


def monitored(kept: Kept) -> Iterator[Monitored]:
    """How each promise stands."""
    watched, today = kept.here.watched, kept.here.today
    delivered, steps = obligations.by_obligation(kept.deliveries), obligations.by_obligation(kept.remedies)
    for one in watched.obligations:
        mine, taken = delivered[one.id], tuple(steps[one.id])
        verified = deliveries.verified(mine, one)
        standing = remedies.stands(one, verified, watched, today)
        highest = max((LADDER.index(step.step) for step in taken), default=-1)
        short = bool(standing.shortfall) and one.terms.contracted and highest + 1 < len(LADDER)
        waiting = (delivery.quantity for delivery in mine if not delivery.decisions)
        yield Monitored(
            obligation_id=one.id,
            criterion_id=one.criterion_id,
            title=one.title,
            origin=one.origin,
            unit=one.unit,
            direction=one.direction,
            accrual=one.accrual,
            contracted=one.terms.contracted,
            kpi=one.terms.kpi,
            measure=one.terms.measure,
            owner_id=one.terms.owner_id,
            points=one.worth.points,
            advantage=one.worth.advantage,
            standing=standing,
            periods=tuple(period_standings(one, verified, today)),
            waiting=sum(waiting, start=Decimal(0)),
            uncovered=one.uncovered(),
            charge=remedies.charge_of(one, verified, today),
            charged=remedies.charged(taken),
            remedies=taken,
            next_step=LADDER[highest + 1] if short else None,
        )


def dues(kept: Kept) -> list[Due]:
    """All that has to be done on a contract, earliest first; days that are to come are among them."""
    found = [*_of_periods(kept), *_of_steps(kept), *_of_notices(kept)]
    return sorted(found, key=lambda due: (due.due_on, due.kind, due.about))


def _of_periods(kept: Kept) -> Iterator[Due]:
    zone = ZoneInfo(kept.here.known.tender.time_zone)
    told = {(one.obligation_id, one.period) for one in kept.deliveries if one.state != "rejected"}
    titles = {one.id: one.title for one in kept.here.watched.obligations}
    for one in kept.here.watched.obligations:
        for period in one.periods if one.terms.contracted else ():
            if (one.id, period.number) not in told:
                about = f"{one.title}, period {period.number}"
                due_on = period.ends_on + timedelta(days=1)
                yield Due(kind="report", about=about, due_on=due_on, title=one.title, number=period.number)
    for delivery in kept.deliveries:
        if not delivery.decisions:
            reported_on = delivery.reported_at.astimezone(zone).date()
            title, due_on = titles[delivery.obligation_id], reported_on + timedelta(days=VERIFY_DAYS)
            about = f"{title}, period {delivery.period}"
            yield Due(kind="verify", about=about, due_on=due_on, title=title, number=delivery.period)


def _of_steps(kept: Kept) -> Iterator[Due]:
    """The last step of each obligation, where it gave a day."""
    titles = {one.id: one.title for one in kept.here.watched.obligations}
    last = {step.obligation_id: step for step in kept.remedies}
    for step in last.values():
        if step.due_on is not None:
            title = titles[step.obligation_id]
            about = f"{title}, step {step.number}"
            yield Due(kind="rectify", about=about, due_on=step.due_on, title=title, number=step.number)


def _of_notices(kept: Kept) -> Iterator[Due]:
    """Assessments once in twelve months wherever there are indicators; notices where the tender's law asks for them."""
    plan, made, law = kept.here.watched.plan, kept.record.assessments, contract_law.law_of(kept.here)
    if performance_notices.indicators(kept.here.watched) and not (made and made[-1].ends_on >= plan.ends_on):
        begins = made[-1].ends_on + timedelta(days=1) if made else plan.starts_on
        last_day = performance.months_later(begins, law.months if law else 12)
        about = f"indicators from {begins}"
        due_on = last_day - timedelta(days=ASSESS_DAYS)
        yield Due(kind="assess", about=about, due_on=due_on, last_day=last_day, begins_on=begins)
    for notice in performance_notices.notices_of(kept.here, kept.record, None):
        if notice.due_on is not None and notice.published is None:
            begins = notice.due_on - timedelta(days=PUBLISH_DAYS)
            about = f"{notice.code}, {notice.about} {notice.number}"
            told: dict[str, Any] = {"title": notice.code, "notice": notice.about, "number": notice.number}
            yield Due(kind="publish", about=about, due_on=begins, last_day=notice.due_on, **told)


def warnings_of(kept: Kept) -> Iterator[Fault]:
    """What to look at: scored and not owed, too few indicators, counted twice, a shortfall without a price."""
    every = kept.here.watched.obligations
    for one in every:
        at = f"/obligations/{one.number}"
        yield from _not_owed(one, at)
        if one.terms.contracted and one.terms.compensation is None:
            yield Fault(at, f"A shortfall of {one.title} has no agreed cost.", "Name a compensation in its terms.")
    counted = Counter(one.terms.counts for one in every if one.terms.counts and one.terms.contracted)
    for what in (what for what, often in counted.items() if often > 1):
        titles = ", ".join(one.title for one in every if one.terms.counts == what)
        yield Fault("/obligations", f"{titles} count the same {what}.", "Have deliveries name what they count.")
    yield from _by_value(kept.here)


def _not_owed(one: Obligation, at: str) -> Iterator[Fault]:
    """What was scored and did not come into the contract, or only a part of it."""
    lost = one.uncovered()
    if lost is None:
        return
    mend = "Change the contract, or be ready to say why the ranking still holds."
    if lost.contracted is None:
        yield Fault(at, f"{one.title} was scored, and is not in the contract.", mend)
        return
    message = f"{one.title} was scored with {lost.scored:f}; the contract's targets ask for {lost.contracted:f}."
    if lost.advantage is None:
        yield Fault(at, message, mend)
    else:
        given = f"{lost.advantage:f} of the advantage at the award ({lost.formula}) is covered by no target."
        yield Fault(at, message, given)


def _by_value(here: Place) -> Iterator[Fault]:
    """What the tender's law asks of contracts above a value, and where nobody can tell whether this is one."""
    found = contract_law.asking(here)
    if found is None:
        return
    law, reach = found
    if reach == "may_exceed":
        message = f"With value-added tax this contract may exceed {law.above:f} pounds, and nothing tells its rate."
        mend = f"Find it out: above that, {law.indicators} indicators and notices are due. Source: {law.source}."
        yield Fault("/plan/value", message, mend)
    elif reach == "unknown":
        message = f"There is no price in pounds that tells whether this contract exceeds {law.above:f} with its tax."
        mend = f"Work it out: above that, {law.indicators} indicators and notices are due. Source: {law.source}."
        yield Fault("/plan/value", message, mend)
    elif len(performance_notices.indicators(here.watched)) < law.indicators:
        message = f"A contract of more than {law.above:f} has at least {law.indicators} key performance indicators."
        mend = f"Mark them in the terms, add what else was agreed, or say why none fit. Source: {law.source}."
        yield Fault("/obligations", message, mend)


async def kept_of(conn: db.Connection, here: Place) -> Kept:
    """Everything that happened on a contract."""
    return Kept(
        here,
        await deliveries.of_contract(conn, here.watched),
        await remedies.of_contract(conn, here.watched),
        await performance_notices.record_of(conn, here.watched.plan),
    )


async def monitoring_of(conn: db.Connection, here: Place) -> Monitoring:
    """A contract on the day it is."""
    kept, plan = await kept_of(conn, here), here.watched.plan
    rows = SQL.list_reminders(conn, lot_id=plan.lot_id, award_number=plan.award_number)
    return Monitoring(
        plan=plan,
        today=here.today,
        obligations=tuple(monitored(kept)),
        due=tuple(due for due in dues(kept) if due.due_on <= here.today),
        reminders=tuple(await db.many(rows, Reminder)),
        record=kept.record,
        warnings=tuple(warnings_of(kept)),
    )


# What was learnt


class DeliveredBy(Struct, frozen=True, kw_only=True):
    """What one supplier delivered of what it had promised of a measure, over the periods that have ended.

    `promised`: at the award, whatever the contract made of it, in the contract's shares by period. `percent`: delivered
    ÷ promised, of what must be reached in every period the mean; None while nothing is known.
    """

    supplier_id: UUID
    supplier: str
    contracts: int
    promised: Decimal
    delivered: Decimal
    percent: Decimal | None


class DeliveredOf(Struct, frozen=True, kw_only=True):
    """What was delivered of a measure by all suppliers, and by each.

    `title`: the catalogue's, else that of the promise; the same code in two tenders is one measure.

    `plausible`: the share of a promise, 0 to 1, that experience makes plausible: the measure's own percent, at most 1.
    A tender that publishes it beforehand may credit quantities with it, or set a cap by it.
    """

    measure: str
    title: str
    unit: str
    direction: scoring.Direction
    promised: Decimal
    delivered: Decimal
    percent: Decimal | None
    plausible: Decimal | None
    suppliers: tuple[DeliveredBy, ...]


class Learnt(Struct, frozen=True, kw_only=True):
    """What was learnt up to a day; `known_at` is when the last of it was decided, None while there is nothing."""

    today: date
    known_at: datetime | None
    measures: tuple[DeliveredOf, ...]


class _Verified(Struct, frozen=True):
    period: int
    quantity: Decimal


class _Promise(Owed, frozen=True, kw_only=True):
    supplier_id: UUID
    supplier: str
    lot_id: UUID
    award_number: int
    starts_on: date
    ends_on: date
    period_months: int
    bounds: Bounds
    title: str
    verified: tuple[_Verified, ...]
    known_at: datetime

    def standing(self, today: date) -> Standing:
        """How it stands against what was scored at the award."""
        found = performance.counted(self.accrual, ((one.period, one.quantity) for one in self.verified))
        days = performance.spans(self.starts_on, self.ends_on, self.period_months)
        promise, targets = performance.as_scored(self.promise(), self.terms.targets, days)
        return performance.standing(promise, performance.periods_of(days, targets), found, today, self.bounds)


def learnt(promises: Iterable[_Promise], today: date) -> list[DeliveredOf]:
    """Delivered ÷ promised by measure and supplier, over the periods that have ended."""
    known = measures.by_code()
    groups: dict[tuple[str, str, scoring.Direction], list[tuple[_Promise, Standing]]] = {}
    for one in promises:
        groups.setdefault((one.terms.measure, one.unit, one.direction), []).append((one, one.standing(today)))
    found: list[DeliveredOf] = []
    for (measure, unit, direction), members in sorted(groups.items()):
        by_supplier: dict[UUID, list[tuple[_Promise, Standing]]] = {}
        for member in members:
            by_supplier.setdefault(member[0].supplier_id, []).append(member)
        whole = _together(members)
        found.append(
            DeliveredOf(
                measure=measure,
                title=known[measure].title if measure in known else members[0][0].title,
                unit=unit,
                direction=direction,
                plausible=None if whole["percent"] is None else min(Decimal(1), whole["percent"] / 100),
                **whole,
                suppliers=tuple(
                    DeliveredBy(
                        supplier_id=supplier_id,
                        supplier=own[0][0].supplier,
                        contracts=len({(one.lot_id, one.award_number) for one, _ in own}),
                        **_together(own),
                    )
                    for supplier_id, own in by_supplier.items()
                ),
            )
        )
    return found


def _together(members: Sequence[tuple[_Promise, Standing]]) -> dict[str, Any]:
    """Sums over promises of one unit of which something is known."""
    known = [(one, standing) for one, standing in members if standing.achievement is not None]
    promised = sum((Fraction(standing.target_to_date) for _, standing in known), start=Fraction(0))
    delivered = sum((Fraction(standing.verified_to_date) for _, standing in known), start=Fraction(0))
    if not known:
        ratio = None
    elif known[0][0].accrual == "sum":
        ratio = performance.ratio(delivered, promised, known[0][0].direction)
    else:
        ratio = (
            sum((Fraction(standing.achievement or 0) for _, standing in known), start=Fraction(0)) / len(known) / 100
        )
        promised, delivered = promised / len(known), delivered / len(known)
    return {
        "promised": performance.exactly(promised),
        "delivered": performance.exactly(delivered),
        "percent": None if ratio is None else half_up(ratio * performance.HUNDRED, 2),
    }


async def learnt_by(conn: db.Connection, buyer_id: UUID) -> Learnt:
    """What a buyer's contractors delivered of what they had promised, up to the day it is."""
    today: date = await SQL.read_day(conn)
    promises = await db.many(SQL.list_promises(conn, buyer_id=buyer_id), _Promise)
    known_at = max((one.known_at for one in promises), default=None)
    return Learnt(today=today, known_at=known_at, measures=tuple(learnt(promises, today)))


# Handlers


@get("/lots/{lot_id:uuid}/monitoring")
async def get_monitoring(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> Monitoring:
    """Read how a contract stands today: achievement, forecast, what is due, remedies; for who manages or audits it."""
    return await monitoring_of(conn, await obligations.place(conn, caller, "get_monitoring", lock=False, lot_id=lot_id))


@get("/contracts/delivered")
async def list_delivered(
    conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> tuple[DeliveredOf, ...]:
    """List what suppliers delivered of what they had promised you, by measure: to read when the next tender is drafted.

    It sets targets and caps that can be reached. It is no award score.
    """
    return (await learnt_by(conn, caller.organisation_id)).measures


router = Router(path="/", route_handlers=[get_monitoring, list_delivered], tags=["Contract"])
