"""Obligations that the contract alone agreed: no bid promised them, and so they earned nothing at the award.

They are watched, proved, rated and published as the others are, and are marked wherever they are told. What suppliers
delivered of what they had promised at the award leaves them out.
"""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, Router, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

import scoring
from scoring.units import find_unit
from service import db, events, jobs, obligations, performance
from service.drafts import Reason
from service.obligations import REMIND, Due, NewTerms, Obligation, Place, Terms, Worth
from service.organisations import Caller
from service.performance import EACH_PERIOD, Accrual, InUnit
from service.problems import Fault, InvalidRequest
from service.shortfalls import ByAdvantage

SQL = db.queries("negotiated")


class NewObligation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a contract owes beside the bid, and the clause or the negotiation that it rests on.

    `criterion_id`: a name of its own, by which ratings call it; no criterion of the lot has it. `description`: what is
    owed, in the contract's words. `direction`: the unit's unless told. `accrual`: `each_period` where every period must
    reach its target, else what is delivered adds up; the unit's unless told. `terms`: as those of the others, with a
    target for each period; there is no advantage by which a shortfall could be charged, so a cost is an agreed rate.
    """

    criterion_id: scoring.Id
    title: Annotated[str, Meta(min_length=1, max_length=400, pattern=r"\S")]
    description: Annotated[str, Meta(min_length=1, max_length=10_000, pattern=r"\S")]
    unit: str
    reason: Reason
    terms: NewTerms
    direction: scoring.Direction | None = None
    accrual: Accrual | None = None


# Rules


def check_new(new: NewObligation, here: Place) -> None:
    """Its own name, a unit in which deliveries count, targets, and no cost by an advantage that it never brought."""
    faults = [*_of_name(new, here), *_of_unit(new), *_of_terms(new.terms, len(here.watched.plan.days()))]
    if faults:
        raise InvalidRequest("This is no obligation of the contract's own.", faults=tuple(faults))


def _of_name(new: NewObligation, here: Place) -> Iterator[Fault]:
    lot = here.known.lot(here.watched.plan.lot_id)
    taken = {leaf.id for leaf in scoring.leaves(lot.rules.criteria)}
    taken |= {one.criterion_id for one in here.watched.obligations}
    if new.criterion_id in taken:
        message = f"{new.criterion_id!r} is a criterion of the lot, or another obligation."
        yield Fault("/criterion_id", message, "Give it a name of its own; the terms of a promise are changed.")


def _of_unit(new: NewObligation) -> Iterator[Fault]:
    try:
        known = find_unit(new.unit)
    except ValueError as error:
        yield Fault("/unit", str(error), "Give a unit in which deliveries can be counted.")
        return
    if new.unit == "text":
        yield Fault("/unit", "Texts are not counted.", "Give a unit, such as percent of what is described.")
    elif new.direction is None and known.direction is None:
        yield Fault("/direction", "The unit does not say which way is better.", "Give a direction.")
    if new.accrual == "sum" and new.unit in EACH_PERIOD:
        yield Fault("/accrual", "Two periods of this unit are no sum.", "Leave it out.")


def _of_terms(terms: NewTerms, periods: int) -> Iterator[Fault]:
    if not terms.targets:
        yield Fault("/terms/targets", "No bid says what is owed.", f"Give one for each of the {periods} periods.")
    if not terms.contracted:
        yield Fault("/terms/contracted", "It is owed by the contract alone.", "Leave it out.")
    if isinstance(terms.compensation, ByAdvantage):
        message, mend = "It brought no advantage at the award.", "Agree a rate for each unit, or leave it out."
        yield Fault("/terms/compensation", message, mend)


def draft_of(new: NewObligation, periods: int) -> dict[str, Any]:
    """What is to be kept of it beside its terms; `worth` is what was agreed first, with no points and no money."""
    direction = new.direction or find_unit(new.unit).direction
    accrual: Accrual = new.accrual or ("each_period" if new.unit in EACH_PERIOD else "sum")
    targets = new.terms.targets
    performance.check_targets(targets, periods, InUnit(new.unit, direction == "lower"), "/terms/targets")
    total = Fraction(sum(targets, start=Decimal(0)))
    worth = Worth(target=performance.exactly(total / len(targets) if accrual == "each_period" else total))
    names = {"criterion_id": new.criterion_id, "title": new.title, "promised": new.description, "unit": new.unit}
    return {**names, "direction": direction, "accrual": accrual, "worth": worth}


# Handlers


@post("/lots/{lot_id:uuid}/negotiated-obligations")
async def add_obligation(
    lot_id: FromPath[UUID],
    data: JSONBody[NewObligation],
    conn: NamedDependency[db.Connection],
    caller: NamedDependency[Caller],
) -> Response[Obligation]:
    """Add an obligation that no bid promised and the contract agreed, such as an indicator; for a contract manager.

    It is marked as not from the bid, earned no points and no advantage, and tells nothing of how bids are kept.
    """
    here = await obligations.place(conn, caller, "add_obligation", lock=True, lot_id=lot_id)
    plan = here.watched.plan
    check_new(data, here)
    draft = draft_of(data, len(plan.days()))
    await obligations.check_owners(conn, caller, {data.criterion_id: data.terms})
    known = await obligations.measures_of(conn, caller.organisation_id, [data.terms.measure or data.criterion_id])
    terms: Terms = obligations.complete(data.terms, draft, plan.days(), caller.person_id, known)
    key = {"lot_id": lot_id, "award_number": plan.award_number}
    obligation_id: UUID = await SQL.insert_obligation(conn, **key, bid_id=plan.bid_id, **draft)
    ids = {"obligation_id": obligation_id, "person_id": caller.person_id}
    await SQL.insert_agreed_terms(conn, **ids, reason=data.reason, terms=terms)
    one = (await obligations.watched(conn, plan)).obligation(obligation_id)
    due = Due(lot_id, plan.award_number, None)
    await jobs.enqueue(conn, REMIND, msgspec.json.encode(due).decode())
    facts = {**obligations.facts_of(one), "title": one.title, "reason": data.reason}
    await events.record(conn, "obligation.added", tender_id=here.known.tender.id, actor=caller.person_id, data=facts)
    return Response(one, status_code=201)


router = Router(path="/", route_handlers=[add_obligation], tags=["Contract"])
