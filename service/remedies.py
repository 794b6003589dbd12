"""What follows a shortfall: the ladder from notifying the contractor to termination, one step after the other.

Money is asked for by the agreed formula alone, never more than is left of it, and by another person than took the step
before. Source of the formula: Dutch practice charges 1.5 × the fictitious advantage that an unmet promise obtained.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal, get_args
from uuid import UUID

from litestar import Response, Router, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from scoring.decimals import require_decimal
from service import db, deliveries, events, obligations, performance, shortfalls
from service.drafts import Reason
from service.obligations import Obligation, Place, Watched
from service.organisations import Caller
from service.performance import Standing
from service.problems import Fault, InvalidRequest, Refusal
from service.shortfalls import Charge

SQL = db.queries("remedies")

Step = Literal["notify", "rectification_plan", "withhold", "damages", "step_in", "termination", "exclusion_record"]
LADDER: Final[tuple[Step, ...]] = get_args(Step)
MONEY: Final = frozenset({"withhold", "damages"})


class NewRemedy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step of the ladder and its reason.

    `due_on`: by when the contractor puts it right; a rectification plan needs it. `amount`: what is withheld or
    claimed, all that is left of the agreed charge unless less is said. `skipping`: why steps below are left out, such
    as a breach that cannot be put right.
    """

    step: Step
    reason: Reason
    due_on: date | None = None
    amount: Decimal | None = None
    skipping: Reason | None = None


class Remedy(Struct, frozen=True, kw_only=True):
    """A step that was taken: with the shortfall then, and how its amount, in the tender's currency, was worked out."""

    obligation_id: UUID
    number: int
    step: Step
    reason: str
    shortfall: Decimal | None
    formula: str | None
    amount: Decimal | None
    currency: str
    due_on: date | None
    person_id: UUID
    taken_at: datetime


# Refusals


class StepBelowMissing(Refusal):
    """A step below this one has not been taken.

    The ladder goes from notifying to termination, one step after the other. Take the step that the detail names, or say
    under `skipping` why it is left out.
    """


class NothingToCharge(Refusal):
    """There is nothing to charge.

    There is no shortfall in the periods that have ended, all of it was charged before, or neither the award nor the
    contract says what it costs: name a compensation with `PUT /obligations/{id}/terms`.
    """


class TakenByYourself(Refusal):
    """Another person must have taken the step before this one.

    What costs the contractor money or the contract is never decided by one person alone.
    """


class TermsSetByYourself(Refusal):
    """You have set the terms that this amount follows from.

    Whoever says what a shortfall costs, or how much was due, neither withholds nor claims it: let another contract
    manager or an approver take the step. Terms that are what the awarded bid promised are nobody's own; what was agreed
    in the contract alone is always somebody's.
    """


# Rules


def check_step(taken: Sequence[Remedy], new: NewRemedy, caller: Caller) -> None:
    """In the order of the ladder, and from withholding on by another person than the step before."""
    highest = max((LADDER.index(one.step) for one in taken), default=-1)
    place = LADDER.index(new.step)
    if place > highest + 1 and new.skipping is None:
        raise StepBelowMissing(f"The next step is {LADDER[highest + 1]}.")
    if place < LADDER.index("withhold"):
        return
    if not taken:
        raise TakenByYourself("No step was taken yet: somebody else notifies the contractor first.")
    if taken[-1].person_id == caller.person_id:
        raise TakenByYourself(f"Step {taken[-1].number} ({taken[-1].step}) is yours.")


def check_terms(
    one: Obligation, days: Sequence[tuple[date, date]], set_by: UUID, new: NewRemedy, caller: Caller
) -> None:
    """Who has set other terms than the bid's own charges nothing by them."""
    if new.step not in MONEY or set_by != caller.person_id:
        return
    plain = obligations.complete(obligations.NewTerms(), obligations.draft_of(one), days, caller.person_id, {})
    if one.origin == "contract" or (one.terms.targets, one.terms.compensation) != (plain.targets, plain.compensation):
        raise TermsSetByYourself(f"Version {one.version} of the terms is yours.")


def check_fields(new: NewRemedy, today: date) -> None:
    """An amount for money alone; a day still to come, where the contractor is to put something right."""
    faults: list[Fault] = []
    if new.amount is not None and new.step not in MONEY:
        faults.append(Fault("/amount", f"The step {new.step} takes no amount.", f"Only {', '.join(sorted(MONEY))} do."))
    if new.step == "rectification_plan" and new.due_on is None:
        faults.append(Fault("/due_on", "A plan needs its day.", "Say by when it is put right."))
    if new.due_on is not None and new.due_on <= today:
        faults.append(Fault("/due_on", f"It is {today}.", "Give a day that is still to come."))
    if faults:
        raise InvalidRequest("The step does not fit its description.", faults=tuple(faults))


def stands(one: Obligation, verified: Mapping[int, Decimal], watched: Watched, today: date) -> Standing:
    """How an obligation stands on a day, by what was verified in each period."""
    return performance.standing(one.promise(), one.periods, verified, today, watched.plan.bounds)


def charge_of(one: Obligation, verified: Mapping[int, Decimal], today: date) -> Charge | None:
    """What the shortfall of the ended periods costs; None without one, and where no amount is agreed."""
    shortfall = performance.missing(one.promise(), one.periods, verified, today)
    if not shortfall or one.terms.compensation is None or not one.terms.contracted:
        return None
    ended = sum(period.ends_on < today for period in one.periods)
    return shortfalls.charge(one.promise(), one.terms.compensation, shortfall, (ended, len(one.periods)))


def charged(taken: Iterable[Remedy]) -> Decimal:
    """What was withheld and claimed so far."""
    return sum((one.amount for one in taken if one.amount is not None), start=Decimal(0))


def amount_of(new: NewRemedy, cost: Charge | None, taken: Sequence[Remedy]) -> Decimal:
    """What this step asks for, at most what is left of the charge."""
    left = Decimal(0) if cost is None else cost.amount - charged(taken)
    if left <= 0:
        raise NothingToCharge("Nothing is left." if cost else "The shortfall costs nothing that was agreed.")
    if new.amount is None:
        return left
    try:
        require_decimal(new.amount, "amount", low=Decimal("0.01"), high=left, decimals=2)
    except ValueError as error:
        fault = Fault("/amount", str(error), f"At most {left:f} is left of the agreed charge.")
        raise InvalidRequest("The amount is not what was agreed.", faults=(fault,)) from None
    return new.amount


async def of_contract(conn: db.Connection, watched: Watched) -> list[Remedy]:
    """Every step that was taken on a contract."""
    plan = watched.plan
    return await db.many(SQL.list_remedies(conn, lot_id=plan.lot_id, award_number=plan.award_number), Remedy)


# Handlers


@post("/obligations/{obligation_id:uuid}/remedies")
async def take_remedy(
    obligation_id: FromPath[UUID],
    data: JSONBody[NewRemedy],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Response[Remedy]:
    """Take a step of the remedies' ladder about an obligation; for contract managers and approvers.

    An amount is worked out by the agreed formula from the shortfall of the periods that have ended.
    """
    here = await obligations.place(conn, caller, "take_remedy", lock=True, obligation_id=obligation_id)
    one = here.watched.obligation(obligation_id)
    taken = [step for step in await of_contract(conn, here.watched) if step.obligation_id == obligation_id]
    check_fields(data, here.today)
    check_step(taken, data, caller)
    set_by = await SQL.get_who_set_terms(conn, obligation_id=obligation_id)
    check_terms(one, here.watched.plan.days(), set_by, data, caller)
    every = obligations.by_obligation(await deliveries.of_contract(conn, here.watched))
    verified = deliveries.verified(every[obligation_id], one)
    standing = stands(one, verified, here.watched, here.today)
    cost = charge_of(one, verified, here.today)
    amount = amount_of(data, cost, taken) if data.step in MONEY else None
    facts: dict[str, Any] = {"obligation_id": obligation_id, "step": data.step, "reason": data.reason}
    facts |= {"amount": amount, "formula": cost.formula if cost and amount is not None else None}
    facts |= {"shortfall": standing.shortfall, "due_on": data.due_on}
    await SQL.insert_remedy(conn, **facts, person_id=caller.person_id)
    await _record(conn, here, caller, facts | ({"skipping": data.skipping} if data.skipping else {}))
    last = [step for step in await of_contract(conn, here.watched) if step.obligation_id == obligation_id][-1]
    return Response(last, status_code=201)


async def _record(conn: db.Connection, here: Place, caller: Caller, facts: dict[str, Any]) -> None:
    await events.record(conn, "remedy.taken", tender_id=here.known.tender.id, actor=caller.person_id, data=facts)


router = Router(path="/", route_handlers=[take_remedy], tags=["Contract"])
