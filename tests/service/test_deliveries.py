"""What counts of a delivery: what was verified of it, in the unit's own decimals, and nothing twice."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest

from service import deliveries
from service.deliveries import CountedTwice, Decision, Delivery, NewDecision, NewDelivery, Verdict, VerifiedByYourself
from service.obligations import Obligation, Plan, Terms, Watched, Worth
from service.organisations import NOBODY
from service.performance import Bounds, spans
from service.problems import InvalidRequest

AT = datetime(2031, 7, 1, tzinfo=UTC)
ID = UUID(int=1)


def an_obligation(number: int = 1, **fields: Any) -> Obligation:
    """An obligation of apprentices, of which there are no halves."""
    terms = {"contracted": True, "measure": "jobs", "counts": "hires", "evidence": (), "owner_id": ID, "kpi": False}
    plain: dict[str, Any] = {
        "id": UUID(int=number),
        "number": number,
        "criterion_id": f"promise-{number}",
        "title": f"Promise {number}",
        "unit": "apprentice",
        "direction": "higher",
        "accrual": "sum",
        "promised": "4",
        "worth": Worth(target=Decimal(4)),
        "version": 1,
        "terms": Terms(**terms, targets=(Decimal(4),), compensation=None),
    }
    return Obligation(**(plain | fields))


def a_delivery(quantity: int, *verdicts: tuple[Verdict, int], period: int = 1, **fields: Any) -> Delivery:
    decisions = tuple(
        Decision(verdict=verdict, quantity=Decimal(number), reason="Read.", person_id=ID, decided_at=AT)
        for verdict, number in verdicts
    )
    plain: dict[str, Any] = {"id": ID, "obligation_id": UUID(int=1), "note": "Told.", "counted": (), "person_id": ID}
    plain |= {"period": period, "quantity": Decimal(quantity), "reported_by": ID, "reported_at": AT, "evidence": ()}
    state = verdicts[-1][0] if verdicts else "reported"
    return Delivery(**(plain | {"decisions": decisions, "state": state} | fields))


def watched_with(*obligations: Obligation) -> Watched:
    plain: dict[str, Any] = dict.fromkeys(("tender_id", "lot_id", "bid_id", "supplier_id"), ID)
    plain |= {"award_number": 1, "contractor": "Birch", "reference": "C-1", "signed_at": AT, "made_at": AT}
    days = {"starts_on": AT.date(), "ends_on": AT.date(), "period_months": 3, "value": None, "currency": "GBP"}
    return Watched(plan=Plan(**plain, **days, bounds=Bounds()), obligations=obligations)


def test_what_is_not_verified_does_not_count() -> None:
    """Reported is nothing yet, rejected never, verified as much as was verified, accepted the same."""
    told = [
        a_delivery(9),
        a_delivery(9, ("rejected", 0)),
        a_delivery(9, ("verified", 7)),
        a_delivery(9, ("verified", 1), ("accepted", 1), period=2),
    ]
    assert deliveries.verified(told, an_obligation()) == {1: Decimal(7), 2: Decimal(1)}
    more = [*told, a_delivery(2, ("verified", 2))]
    assert deliveries.verified(more, an_obligation())[1] == Decimal(9)
    assert deliveries.verified(more, an_obligation(accrual="each_period"))[1] == Decimal(2)


@pytest.mark.parametrize("quantity", ["0.5", "-1", "NaN"])
def test_a_quantity_is_one_of_its_unit(quantity: str) -> None:
    """There is no half apprentice, and none that was taken away."""
    with pytest.raises(InvalidRequest) as error:
        deliveries.check_quantity(an_obligation(), Decimal(quantity), "/quantity")
    assert error.value.faults[0].pointer == "/quantity"


def test_one_hire_fulfils_one_promise() -> None:
    """Under another measure that counts hires it stands already; under one that counts something else it may stand."""
    other = an_obligation(2)
    tonnes = an_obligation(3, terms=Terms(**{**_fields(other.terms), "counts": "emissions"}))
    known = [a_delivery(1, ("verified", 1), counted=("payroll-0417",))]
    new = NewDelivery(period=1, quantity=Decimal(1), note="Again.", counted=("payroll-0417",))
    watched = watched_with(an_obligation(), other, tonnes)
    with pytest.raises(CountedTwice, match="payroll-0417: Promise 1, period 1"):
        deliveries.check_not_counted(watched, other, known, new)
    deliveries.check_not_counted(watched, tonnes, known, new)
    deliveries.check_not_counted(watched, other, [a_delivery(1, ("rejected", 0), counted=("payroll-0417",))], new)
    with pytest.raises(InvalidRequest) as unnamed:
        deliveries.check_named(watched, other, NewDelivery(period=1, quantity=Decimal(1), note="One hired."))
    assert [fault.pointer for fault in unnamed.value.faults] == ["/counted"]
    deliveries.check_named(watched, other, new)
    deliveries.check_named(watched, other, NewDelivery(period=1, quantity=Decimal(0), note="Nobody yet."))
    deliveries.check_named(watched, tonnes, NewDelivery(period=1, quantity=Decimal(1), note="One tonne."))
    twice = NewDelivery(period=1, quantity=Decimal(2), note="Twice.", counted=("a", "a"))
    with pytest.raises(CountedTwice):
        deliveries.check_not_counted(watched, other, (), twice)


def test_who_reported_or_verified_a_delivery_does_not_accept_it() -> None:
    """A reports, B verifies: a third person accepts."""
    new = NewDecision(verdict="accepted", reason="Taken over.")
    reported_and_not_verified = a_delivery(1, ("verified", 1), person_id=NOBODY.person_id)
    verified = a_delivery(1, ("verified", 1), person_id=UUID(int=7))
    with pytest.raises(VerifiedByYourself, match="reported"):
        deliveries.check_decision(an_obligation(), reported_and_not_verified, new, NOBODY)
    assert deliveries.check_decision(an_obligation(), verified, new, NOBODY) == Decimal(1)
    mine = msgspec.structs.replace(NOBODY, person_id=ID)
    with pytest.raises(VerifiedByYourself, match="verified"):
        deliveries.check_decision(an_obligation(), verified, new, mine)


def _fields(terms: Terms) -> dict[str, Any]:
    return {name: getattr(terms, name) for name in terms.__struct_fields__}


def test_the_days_of_a_plan_are_its_periods() -> None:
    plan = watched_with().plan
    assert plan.days() == spans(plan.starts_on, plan.ends_on, 3)
