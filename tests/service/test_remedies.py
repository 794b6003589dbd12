"""The ladder: in order, money by the formula and by another person. The play is in test_monitoring."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest

from service import obligations, remedies
from service.obligations import NewTerms, Obligation, Worth
from service.organisations import NOBODY, Caller
from service.problems import InvalidRequest
from service.remedies import (
    LADDER,
    NewRemedy,
    NothingToCharge,
    Remedy,
    StepBelowMissing,
    TakenByYourself,
    TermsSetByYourself,
)
from service.shortfalls import ByUnit, Charge

TODAY = date(2031, 7, 1)
OTHER = UUID(int=7)


def a_step(step: Any, **fields: Any) -> Remedy:
    plain: dict[str, Any] = dict.fromkeys(("shortfall", "formula", "amount", "due_on")) | {"currency": "GBP"}
    plain |= {"obligation_id": OTHER, "number": 1, "reason": "Short.", "person_id": OTHER}
    return Remedy(step=step, taken_at=datetime(2031, 7, 1, tzinfo=UTC), **(plain | fields))


def new(step: Any, **fields: Any) -> NewRemedy:
    return NewRemedy(step=step, reason="Short.", **fields)


def test_each_step_needs_the_one_below_it_or_a_reason() -> None:
    caller: Caller = NOBODY
    for place, step in enumerate(LADDER[1:], start=1):
        below = [a_step(one) for one in LADDER[:place]]
        remedies.check_step(below, new(step), caller)
        with pytest.raises(StepBelowMissing, match=LADDER[place - 1]):
            remedies.check_step(below[:-1], new(step), caller)
        notified = below[:1]  # by somebody else: from money on nobody decides alone, whatever is skipped
        remedies.check_step(notified, new(step, skipping="It cannot be put right."), caller)


@pytest.mark.parametrize("step", LADDER[2:])
def test_what_costs_money_or_the_contract_is_another_person_s_step(step: Any) -> None:
    mine = [a_step(one, person_id=NOBODY.person_id) for one in LADDER[: LADDER.index(step)]]
    with pytest.raises(TakenByYourself):
        remedies.check_step(mine, new(step), NOBODY)
    with pytest.raises(TakenByYourself):
        remedies.check_step([], new(step, skipping="It cannot be put right."), NOBODY)
    remedies.check_step([*mine, a_step(LADDER[LADDER.index(step) - 1])], new(step), NOBODY)


def test_no_more_is_charged_than_is_left_of_the_agreed_cost() -> None:
    cost = Charge(amount=Decimal("100.00"), formula="1.5 × 66.67")
    taken = [a_step("withhold", amount=Decimal("60.00"))]
    assert remedies.amount_of(new("damages"), cost, taken) == Decimal("40.00")
    with pytest.raises(InvalidRequest):
        remedies.amount_of(new("damages", amount=Decimal("40.01")), cost, taken)
    for nothing in (None, Charge(amount=Decimal("60.00"), formula="")):
        with pytest.raises(NothingToCharge):
            remedies.amount_of(new("damages"), nothing, taken)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"step": "notify", "amount": Decimal(1)}, "/amount"),
        ({"step": "rectification_plan"}, "/due_on"),
        ({"step": "notify", "due_on": TODAY}, "/due_on"),
    ],
)
def test_a_step_takes_what_belongs_to_it(body: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        remedies.check_fields(NewRemedy(reason="Short.", **body), TODAY)
    assert [fault.pointer for fault in error.value.faults] == [pointer]


def test_whoever_set_other_terms_than_the_bid_s_charges_nothing_by_them() -> None:
    """A rate or a target of one's own is looked at by a second person; what was promised is nobody's own."""
    days = [(date(2031, 4, 1), date(2031, 6, 30)), (date(2031, 7, 1), date(2031, 9, 30))]
    worth = Worth(target=Decimal(10), advantage=Decimal(1000))
    plain = {"criterion_id": "weeks", "unit": "week", "direction": "higher", "accrual": "sum", "worth": worth}
    fields: dict[str, Any] = {**plain, "id": OTHER, "number": 1, "title": "Weeks", "promised": "10", "version": 2}

    def under(**terms: Any) -> Obligation:
        set_terms = obligations.complete(NewTerms(**terms), plain, days, OTHER, {})
        return Obligation(**fields, terms=set_terms)

    rate = {"compensation": ByUnit(rate=Decimal(9999), source="clause 1")}
    for terms in (rate, {"targets": (Decimal(10), Decimal(9))}):
        for step in ("withhold", "damages"):
            with pytest.raises(TermsSetByYourself):
                remedies.check_terms(
                    under(**terms), days, OTHER, new(step), msgspec.structs.replace(NOBODY, person_id=OTHER)
                )
            remedies.check_terms(under(**terms), days, OTHER, new(step), NOBODY)
    mine = msgspec.structs.replace(NOBODY, person_id=OTHER)
    remedies.check_terms(under(**rate), days, OTHER, new("notify"), mine)
    remedies.check_terms(under(kpi=True, evidence=("payroll",)), days, OTHER, new("withhold"), mine)
    with pytest.raises(TermsSetByYourself):
        remedies.check_terms(msgspec.structs.replace(under(), origin="contract"), days, OTHER, new("withhold"), mine)
