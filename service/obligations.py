"""From the awarded bid to the contract: every scored promise becomes an obligation with periods, evidence and an owner.

Promises come from the stored evaluation that the award rests on, to the byte; the contract manager adds what the
contract says of each. What was scored and is not in the contract stays here and is pointed at.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Final, Literal, NamedTuple, Protocol, TypeVar
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

import scoring
from scoring.decimals import is_plain_decimal
from scoring.model import price_criterion
from service import (
    awards,
    contracts,
    db,
    evaluations,
    events,
    jobs,
    measures,
    opening,
    performance,
    shortfalls,
    tenders,
)
from service.drafts import Reason
from service.edge import check_unchanged, etag
from service.opening import PanelBid
from service.organisations import Caller
from service.performance import Accrual, Bounds, InUnit, Period, Promise
from service.problems import CONSTRAINTS, Fault, InvalidRequest, NotFound, Refusal, pointer
from service.shortfalls import ByAdvantage, Compensation, Uncovered

SQL = db.queries("obligations")

REMIND: Final = "contract-reminders"
"""What the worker calls the job that looks what is due on a contract (service/contract_reminders.py)."""
LEAST_DECIMALS = 2

Months = Literal[1, 3, 6, 12]
Origin = Literal["bid", "contract"]
"""bid: promised in the awarded bid and scored · contract: agreed in the contract alone, so that it earned nothing."""


class NewTerms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the contract says of a promise.

    `contracted`: false where the promise was scored and did not come into the contract. `measure`: its code in the
    built-in catalogue or in one of your own, the criterion's id unless told. `evidence`: what proves it; else the
    measure's. `owner_id`: who of the buyer watches it; else who makes the plan, and of changed terms who watched it
    before. `kpi`: one of the key performance indicators that are published and rated. `targets`: one for each period,
    in place of the promise spread by days. `compensation`: what a shortfall costs; else 1.5 × the advantage at the
    award, where that is known in money.
    """

    contracted: bool = True
    measure: Annotated[str, Meta(max_length=100)] | None = None
    evidence: Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=400)], ...], Meta(max_length=20)] = ()
    owner_id: UUID | None = None
    kpi: bool = False
    targets: Annotated[tuple[Decimal, ...], Meta(max_length=400)] = ()
    compensation: Compensation | None = None


class NewPlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Over which days the contract runs, how often it is looked at, and what it says of each promise, by criterion.

    `bounds`: from which achievement a rating holds.
    """

    starts_on: date
    ends_on: date
    period_months: Months = 3
    bounds: Bounds = Bounds()
    terms: dict[scoring.Id, NewTerms] = {}


class ChangedTerms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """New terms of an obligation, and the contract change that they rest on."""

    reason: Reason
    terms: NewTerms


class Measured(Struct, frozen=True, kw_only=True):
    """What a catalogue says of a measure: what must not be counted for two of them, and what proves it."""

    code: str
    counts: str
    evidence: tuple[str, ...]


class Worth(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a promise earned at the award: weighted points, and money where the published rules say how much.

    `target`: what was promised and scored; of what the contract alone agreed, what was agreed first.
    """

    target: Decimal
    points: str | None = None
    advantage: Decimal | None = None
    rate: Decimal | None = None
    levels: dict[str, Decimal] = {}


class Terms(Struct, frozen=True, kw_only=True):
    """What the contract says of a promise, complete. `counts` tells what must not be counted for two measures."""

    contracted: bool
    measure: str
    counts: str
    evidence: tuple[str, ...]
    owner_id: UUID
    kpi: bool
    targets: tuple[Decimal, ...]
    compensation: Compensation | None


class Owed(Struct, frozen=True, kw_only=True):
    """What a promise amounts to under the terms in force."""

    unit: str
    direction: scoring.Direction
    accrual: Accrual
    worth: Worth
    terms: Terms
    origin: Origin = "bid"

    def promise(self) -> Promise:
        """What the arithmetic needs. The targets of the contract are what is owed: their sum, or their mean."""
        worth, total = self.worth, Fraction(sum(self.terms.targets, start=Decimal(0)))
        if self.accrual == "each_period":
            total /= len(self.terms.targets)
        made = Promise(
            direction=self.direction,
            accrual=self.accrual,
            target=total,
            scored=Fraction(worth.target) if self.origin == "bid" else None,
            advantage=worth.advantage,
            rate=worth.rate,
            levels=worth.levels,
        )
        return msgspec.structs.replace(made, lacking=performance.lacking(made, self.terms.targets))

    def uncovered(self) -> Uncovered | None:
        """What was scored and the contract does not ask for; None where it asks for all of it."""
        if self.origin == "bid" and not self.terms.contracted:
            return Uncovered(scored=self.worth.target, contracted=None, advantage=self.worth.advantage)
        return shortfalls.uncovered(self.promise())


class Obligation(Owed, frozen=True, kw_only=True):
    """A promise of the contractor's with the terms in force; `version` is theirs.

    `criterion_id` names the criterion that it was scored by; of what the contract alone agreed, a name of its own.
    """

    id: UUID
    number: int
    criterion_id: str
    title: str
    promised: str
    version: int
    periods: tuple[Period, ...] = ()


class _OfObligation(Protocol):
    @property
    def obligation_id(self) -> UUID: ...


_T = TypeVar("_T", bound=_OfObligation)


def by_obligation(every: Iterable[_T]) -> dict[UUID, list[_T]]:
    """What belongs to each obligation, in its order; an empty list to one that nothing belongs to."""
    found: defaultdict[UUID, list[_T]] = defaultdict(list)
    for one in every:
        found[one.obligation_id].append(one)
    return found


class Plan(Struct, frozen=True, kw_only=True):
    """How a contract is watched. `value`: the awarded price in `currency`, for which laws have thresholds."""

    tender_id: UUID
    lot_id: UUID
    award_number: int
    bid_id: UUID
    supplier_id: UUID
    contractor: str
    reference: str
    signed_at: datetime
    starts_on: date
    ends_on: date
    period_months: Months
    value: Decimal | None
    currency: str
    bounds: Bounds
    made_at: datetime

    def days(self) -> list[tuple[date, date]]:
        """First and last day of each period."""
        return performance.spans(self.starts_on, self.ends_on, self.period_months)


class Watched(Struct, frozen=True, kw_only=True):
    """A contract's plan and obligations."""

    plan: Plan
    obligations: tuple[Obligation, ...]

    def obligation(self, obligation_id: UUID) -> Obligation:
        """The obligation of this id; raises NotFound."""
        for one in self.obligations:
            if one.id == obligation_id:
                return one
        raise NotFound


class Due(Struct, frozen=True):
    """A job's payload: to look what is due on a contract, on a day; without one, at once."""

    lot_id: UUID
    award_number: int
    on: date | None


class Place(NamedTuple):
    """A watched contract as one request finds it; `today` is where the tender is, by the database's clock."""

    known: tenders.Known
    watched: Watched
    today: date


# Refusals


class ContractNotSigned(Refusal):
    """The contract of this lot has not been recorded.

    Obligations are made of a signed contract: record it with `POST /lots/{id}/contract`, once the standstill has ended.
    """


class ContractNotWatched(Refusal):
    """No obligations of this contract have been made yet.

    A contract manager makes them of the awarded bid with `POST /lots/{id}/obligations`, once the contract is signed.
    """


class ContractAlreadyWatched(Refusal):
    """The obligations of this contract have been made already.

    What the contract changes is told one by one with `PUT /obligations/{id}/terms`, each with its reason.
    """


CONSTRAINTS["monitoring_plans_are_made_once"] = (ContractAlreadyWatched, "The plan has been made already.")

# Rules


def complete(
    new: NewTerms,
    one: dict[str, Any],
    days: Sequence[tuple[date, date]],
    owner_id: UUID,
    known: Mapping[str, Measured],
) -> Terms:
    """The terms with what the catalogue and the award say. Raises InvalidRequest, with the criterion's place."""
    at = pointer("terms", one["criterion_id"])
    code = new.measure or one["criterion_id"]
    worth, target = one["worth"], one["worth"].target
    if new.measure is not None and new.measure not in known:
        fault = Fault(f"{at}/measure", f"There is no measure {new.measure!r}.", f"There are {', '.join(known)}.")
        raise InvalidRequest("The terms name no measure of the catalogue.", faults=(fault,))
    if new.targets:
        nought = one["direction"] == "lower" and target == 0
        performance.check_targets(new.targets, len(days), InUnit(one["unit"], nought), f"{at}/targets")
    elif one["accrual"] == "each_period":
        new = msgspec.structs.replace(new, targets=(target,) * len(days))
    else:
        own = max(LEAST_DECIMALS, -int(target.as_tuple().exponent))
        allowed = min(own, scoring.UNITS[one["unit"]].decimals if one["unit"] in scoring.UNITS else own)
        new = msgspec.structs.replace(new, targets=performance.spread(target, days, allowed))
    earned = worth.advantage is not None or worth.rate is not None
    measure = known.get(code)
    return Terms(
        contracted=new.contracted,
        measure=code,
        counts=measure.counts if measure else "",
        evidence=new.evidence or (measure.evidence if measure else ()),
        owner_id=new.owner_id or owner_id,
        kpi=new.kpi and new.contracted,
        targets=new.targets,
        compensation=new.compensation or (ByAdvantage() if earned else None),
    )


def drafts_of(
    result: scoring.Evaluation, bid: PanelBid, new: NewPlan, owner_id: UUID, measured: Mapping[str, Measured]
) -> list[dict[str, Any]]:
    """What is to be kept of each promise. Raises InvalidRequest for terms of what nobody promised."""
    drafts: list[dict[str, Any]] = []
    for one in scoring.commitments(result, str(bid.bid_id)):
        offered = bid.offers.get(one.criterion, one.value)
        found = performance.promise_of(one, one.value)
        if found is None:
            continue
        target, unit, accrual = found
        # A judged promise is fulfilled in percent: its grades are no levels of that.
        levels = one.levels if not one.judged and all(map(is_plain_decimal, one.levels)) else {}
        worth = Worth(target=target, points=one.points, advantage=one.advantage, rate=one.rate, levels=levels)
        direction = "higher" if unit == "percent" else one.direction
        names = {"criterion_id": one.criterion, "title": one.title, "unit": unit, "direction": direction}
        drafts.append({**names, "accrual": accrual, "promised": offered, "worth": worth})
    known = {draft["criterion_id"] for draft in drafts}
    faults = tuple(
        Fault(pointer("terms", name), "The awarded bid has promised nothing here.", f"It promised {', '.join(known)}.")
        for name in new.terms
        if name not in known
    )
    if faults:
        raise InvalidRequest("There are terms of what nobody promised.", faults=faults)
    days = performance.spans(new.starts_on, new.ends_on, new.period_months)
    for draft in drafts:
        draft["terms"] = complete(new.terms.get(draft["criterion_id"], NewTerms()), draft, days, owner_id, measured)
    return drafts


def draft_of(one: Obligation) -> dict[str, Any]:
    """What terms are completed with."""
    return {name: getattr(one, name) for name in ("criterion_id", "unit", "direction", "accrual", "worth")}


def value_of(result: scoring.Evaluation, bid_id: UUID) -> Decimal | None:
    """The awarded price, in the tender's currency."""
    price = price_criterion(result.lot.criteria, result.lot.rule)
    values = next(one.values for one in result.inputs if one.id == str(bid_id))
    return Decimal(values[price.id]) if price is not None and price.id in values else None


# Reading and locking, used by what follows


async def place(conn: db.Connection, caller: Caller, operation: str, *, lock: bool, **where: UUID) -> Place:
    """The watched contract that a lot, an obligation, a delivery or its evidence belongs to.

    For the buyer's people by the role table, for the contractor where that says so. Raises NotFound to everybody else.
    """
    ids: dict[str, UUID | None] = dict.fromkeys(("lot_id", "obligation_id", "delivery_id", "evidence_id"))
    scope = {**ids, **where, "organisation_id": caller.organisation_id}
    plan = await db.maybe(SQL.find_plan(conn, **scope), Plan)
    if plan is None:
        if "lot_id" in where:
            known = await tenders.read(conn, caller, lot_id=where["lot_id"])
            tenders.check_access(known.tender, caller, operation)
            if known.tender.buyer_id == caller.organisation_id:
                tenders.check_cleared(known.tender)
                raise ContractNotWatched("There is no plan yet.")
        raise NotFound
    if lock:
        await SQL.lock_tender(conn, tender_id=plan.tender_id)
    known = await tenders.read(conn, caller, lot_id=plan.lot_id)
    tenders.check_access(known.tender, caller, operation)
    if known.tender.buyer_id == caller.organisation_id:
        tenders.check_cleared(known.tender)
    return Place(known, await watched(conn, plan), measures.today_of(known.tender))


async def watched(conn: db.Connection, plan: Plan) -> Watched:
    """A plan with its obligations and their periods."""
    rows = SQL.list_obligations(conn, lot_id=plan.lot_id, award_number=plan.award_number)
    days = plan.days()
    obligations = tuple(
        msgspec.structs.replace(one, periods=performance.periods_of(days, one.terms.targets))
        for one in await db.many(rows, Obligation)
    )
    return Watched(plan=plan, obligations=obligations)


async def measures_of(conn: db.Connection, buyer_id: UUID, codes: Iterable[str]) -> dict[str, Measured]:
    """The measures of the built-in catalogue, and those of a buyer's own with these codes, as last imported."""
    own = await db.many(SQL.list_own_measures(conn, buyer_id=buyer_id, codes=list(codes)), Measured)
    built_in = msgspec.convert(measures.built_in().measures, list[Measured], from_attributes=True)
    return {one.code: one for one in (*own, *built_in)}


async def check_owners(conn: db.Connection, caller: Caller, terms: dict[str, NewTerms]) -> None:
    """Owners are people of the buyer."""
    named = {one.owner_id for one in terms.values() if one.owner_id is not None}
    if await SQL.count_people(conn, person_ids=list(named), organisation_id=caller.organisation_id) != len(named):
        fault = Fault("/terms", "An owner is nobody of your organisation.", "Take ids from `GET /people`.")
        raise InvalidRequest("An owner is not known.", faults=(fault,))


# Handlers


@post("/lots/{lot_id:uuid}/obligations")
async def make_obligations(
    lot_id: FromPath[UUID],
    data: JSONBody[NewPlan],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Response[Watched]:
    """Turn every promise of the awarded bid that was scored into an obligation; for a contract manager.

    The contract is signed. Targets are spread over the periods by days unless the terms give them; what a shortfall
    costs is 1.5 × the advantage at the award unless the terms say otherwise.
    """
    known = await tenders.lock(conn, caller, lot_id=lot_id)
    tenders.check_access(known.tender, caller, "make_obligations")
    tenders.check_cleared(known.tender)
    performance.check_days(data.starts_on, data.ends_on)
    await check_owners(conn, caller, data.terms)
    contract = await db.maybe(contracts.SQL.get_contract(conn, lot_id=lot_id), contracts.Contract)
    if contract is None:
        raise ContractNotSigned("There is no contract yet.")
    award = contracts.check_has_winner(await awards.standing_award(conn, lot_id), contract.signed_at)
    stored = await evaluations.get_stored(conn, caller, award.evaluation_id)
    result = msgspec.json.decode(stored.canonical, type=scoring.Evaluation)
    opened = await db.many(opening.SQL.list_opened(conn, lot_id=lot_id), PanelBid)
    bid = next(one for one in opened if one.bid_id == contract.bid_id)
    codes = {leaf.id for leaf in scoring.leaves(result.lot.criteria)}
    codes |= {terms.measure for terms in data.terms.values() if terms.measure is not None}
    measured = await measures_of(conn, caller.organisation_id, codes)
    drafts = drafts_of(result, bid, data, caller.person_id, measured)
    key = {"lot_id": lot_id, "award_number": contract.award_number, "bid_id": contract.bid_id}
    made = {**key, "person_id": caller.person_id, "starts_on": data.starts_on, "ends_on": data.ends_on}
    made |= {"period_months": data.period_months, "value": value_of(result, bid.bid_id), "bounds": data.bounds}
    await SQL.insert_plan(conn, **made)
    reason = "As promised in the awarded bid."
    await SQL.insert_obligations(conn, **key, obligations=drafts)
    of = {"lot_id": lot_id, "award_number": contract.award_number, "person_id": caller.person_id}
    await SQL.insert_first_terms(conn, **of, reason=reason, obligations=drafts)
    found = await place(conn, caller, "make_obligations", lock=False, lot_id=lot_id)
    await jobs.enqueue(conn, REMIND, msgspec.json.encode(Due(lot_id, contract.award_number, None)).decode())
    facts = {**made, "obligations": [facts_of(one) for one in found.watched.obligations]}
    await events.record(conn, "obligations.made", tender_id=known.tender.id, actor=caller.person_id, data=facts)
    return Response(found.watched, status_code=201)


def facts_of(one: Obligation) -> dict[str, Any]:
    """What the log keeps of an obligation: the numbers and who watches it; the promise's words stand in the bid."""
    facts = {"obligation_id": one.id, "criterion_id": one.criterion_id, "target": one.worth.target, "unit": one.unit}
    return facts | {"origin": one.origin, "version": one.version, "terms": one.terms}


@get("/lots/{lot_id:uuid}/obligations")
async def list_obligations(
    lot_id: FromPath[UUID], conn: NamedDependency[db.Connection], caller: NamedDependency[Caller]
) -> Watched:
    """List what the contractor of a lot has promised, by period; for who manages or audits the contract, and for it."""
    return (await place(conn, caller, "list_obligations", lock=False, lot_id=lot_id)).watched


@put("/obligations/{obligation_id:uuid}/terms")
async def change_terms(
    obligation_id: FromPath[UUID],
    data: JSONBody[ChangedTerms],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
    if_match: tenders.IfMatch = None,
) -> Response[Obligation]:
    """Change what the contract says of a promise, with the reason; for a contract manager. Earlier terms are kept.

    Whoever sends the obligation's `version` that was read as `If-Match`, in quotes, overwrites no newer terms.
    """
    here = await place(conn, caller, "change_terms", lock=True, obligation_id=obligation_id)
    one = here.watched.obligation(obligation_id)
    check_unchanged(if_match, one.version)
    await check_owners(conn, caller, {one.criterion_id: data.terms})
    measured = await measures_of(conn, caller.organisation_id, [data.terms.measure or one.criterion_id])
    terms = complete(data.terms, draft_of(one), here.watched.plan.days(), one.terms.owner_id, measured)
    if not terms.evidence:
        terms = msgspec.structs.replace(terms, evidence=one.terms.evidence)
    ids = {"obligation_id": obligation_id, "person_id": caller.person_id}
    await SQL.insert_terms(conn, **ids, reason=data.reason, terms=terms)
    found = (await watched(conn, here.watched.plan)).obligation(obligation_id)
    facts = {**facts_of(found), "reason": data.reason}
    await events.record(conn, "obligation.changed", tender_id=here.known.tender.id, actor=caller.person_id, data=facts)
    return Response(found, headers={"ETag": etag(found.version)})


router = Router(path="/", route_handlers=[make_obligations, list_obligations, change_terms], tags=["Contract"])
