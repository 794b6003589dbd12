"""What a framework is limited to, and where a call-off does not keep to it."""

import copy
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

import scoring
from service import agreements
from service.agreements import Agreed, CallOff, Framework
from tests.make import a_rules

NOW = datetime(2031, 3, 1, 9, tzinfo=UTC)
END = datetime(2033, 3, 1, 9, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
RULES = msgspec.convert(a_rules(), scoring.Lot)
TERMS = Framework(ends_at=END, most_suppliers=3, total_value=Decimal("500000.00"))
AGREED = Agreed("ROOFS", "GBP", TERMS, suppliers=2, called_off=Decimal("200000.00"), rules=[RULES])
CALL_OFF = CallOff("GBP", Decimal("300000.00"), NOW + timedelta(days=30), NOW, [RULES])


def faults(call_off: CallOff = CALL_OFF, agreed: Agreed = AGREED) -> dict[str, str]:
    return {fault.pointer: fault.message for fault in agreements.call_off_faults(call_off, agreed)}


def changed(**fields: Any) -> scoring.Lot:
    """The rules with another price criterion."""
    rules = copy.deepcopy(a_rules())
    rules["criteria"][0] |= fields
    if "id" in fields:
        rules["tie_break"] = [step for step in rules["tie_break"] if step.get("criterion") != "price"]
    return msgspec.convert(rules, scoring.Lot)


def test_a_call_off_that_keeps_to_its_framework_has_no_faults():
    """Its value may use up exactly what is left."""
    assert faults() == {}
    assert list(agreements.call_off_warnings(CALL_OFF, AGREED)) == []


@pytest.mark.parametrize(
    ("call_off", "agreed", "place"),
    [
        (CALL_OFF._replace(estimated_value=Decimal("300000.01")), AGREED, "/estimated_value"),
        (CALL_OFF._replace(currency="EUR"), AGREED, "/currency"),
        (CALL_OFF, AGREED._replace(suppliers=0), "/framework_id"),
        (CALL_OFF._replace(rules=[changed(id="whole-life-cost")]), AGREED, "/lots/0/rules/criteria"),
    ],
)
def test_a_call_off_keeps_to_value_currency_suppliers_and_criteria(call_off: CallOff, agreed: Agreed, place: str):
    """C-23/20: once its value is used up a framework has no effect; C-216/17: nor beyond what was published."""
    assert faults(call_off, agreed).keys() == {place}


@pytest.mark.parametrize(("offset", "ended"), [(-MICROSECOND, False), (timedelta(0), True), (MICROSECOND, True)])
def test_the_instant_at_which_a_framework_ends_is_too_late(offset: timedelta, *, ended: bool):
    """For publishing a call-off, and for the bids to it."""
    late = CALL_OFF._replace(now=END + offset, submission_deadline=None)
    assert ("/framework_id" in faults(late)) is ended
    bids = CALL_OFF._replace(submission_deadline=END + offset)
    assert ("/submission_deadline" in faults(bids)) is ended


def test_other_weightings_and_formulas_are_warned_of():
    """A call-off may refine what the framework announced; whether it did, somebody must check (art. 33(5))."""
    other = [changed(method={"id": "P2", "zero": "reject", "floor": "0"})]
    (warning,) = agreements.call_off_warnings(CALL_OFF._replace(rules=other), AGREED)
    assert "scored otherwise" in warning.message
    rules = copy.deepcopy(a_rules())
    rules["criteria"][0]["weighting"], rules["criteria"][1]["weighting"] = "35", "40"
    weighed = CALL_OFF._replace(rules=[msgspec.convert(rules, scoring.Lot)])
    assert {warning.message.split()[0] for warning in agreements.call_off_warnings(weighed, AGREED)} == {
        "price",
        "quality",
    }
    assert faults(weighed) == {}


@pytest.mark.parametrize(("jurisdiction", "warned"), [("eu-2014-24-de", True), ("uk-pa2023", True), ("none", False)])
def test_a_framework_of_more_than_four_years_is_warned_of_where_a_law_says_so(jurisdiction: str, *, warned: bool):
    """To the day: four years are four years."""
    four = Framework(ends_at=NOW.replace(year=2035), most_suppliers=1, total_value=Decimal(1))
    longer = Framework(ends_at=four.ends_at + timedelta(days=1), most_suppliers=1, total_value=Decimal(1))
    assert list(agreements.term_warnings(four, jurisdiction, NOW)) == []
    assert bool(list(agreements.term_warnings(longer, jurisdiction, NOW))) is warned


def test_a_framework_that_ends_with_its_own_deadline_agrees_nothing():
    assert [fault.pointer for fault in agreements.term_faults(TERMS, END)] == ["/framework/ends_at"]
    assert list(agreements.term_faults(TERMS, END - MICROSECOND)) == []


@pytest.mark.parametrize("value", ["0", "-1", "NaN", "1000000000000000", "1.00001", "Infinity"])
def test_a_total_value_is_an_amount_of_money(value: str):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"ends_at": END, "most_suppliers": 1, "total_value": value}, Framework)
