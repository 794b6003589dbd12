"""What a bid has promised, and what each promise was worth at the award by the published rules."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

import scoring
from service.examples import SCHOOL_ROOFS

PRICE = {"id": "price", "unit": "EUR", "direction": "lower"}
LADDER = {"id": "M3", "levels": {"0": "0", "3": "0.04", "5": "0.10"}, "criterion": "ladder"}


def promised(lot: dict[str, Any], values: dict[str, str]) -> dict[str, scoring.Commitment]:
    """The promises of one bid among two, by criterion."""
    rules = msgspec.convert(lot, scoring.Lot)
    bids = [scoring.OpenedBid(id=name, values=values) for name in ("ours", "theirs")]
    return {one.criterion: one for one in scoring.commitments(scoring.evaluate(rules, bids), "ours")}


def test_every_scored_answer_beside_the_price_is_a_promise():
    """The price is paid, not promised; a graded answer is a promise that is no quantity."""
    values = {"price": "100", "method-statement": "4", "working-time": "yes", "apprentice-weeks": "156", "carbon": "70"}
    found = promised(SCHOOL_ROOFS, values)
    assert list(found) == ["method-statement", "working-time", "apprentice-weeks", "carbon"]
    assert (found["method-statement"].judged, found["apprentice-weeks"].judged) == (True, False)
    assert (found["apprentice-weeks"].points, found["apprentice-weeks"].advantage) == ("11.25", None)
    assert (found["carbon"].direction, found["carbon"].unit) == ("lower", "tCO2e")


def test_a_level_of_the_ladder_is_worth_its_fictitious_discount():
    """4 % of 30,000,000; and what each other level would have been worth, for the shortfall."""
    lot = {"criteria": [PRICE, {"id": "ladder", "unit": "number"}], "rule": LADDER}
    one = promised(lot, {"price": "30000000", "ladder": "3"})["ladder"]
    assert one.advantage == Decimal("1200000.00")
    assert one.levels == {"0": Decimal("0.00"), "3": Decimal("1200000.00"), "5": Decimal("3000000.00")}


@pytest.mark.parametrize(
    ("rule", "method", "value", "advantage", "rate"),
    [
        ({"id": "M1", "values": {"weeks": "250"}}, None, "12", "3000.00", "250"),
        ({"id": "M1", "values": {"weeks": "9000"}}, {"id": "target", "target": "24"}, "8", "3000.00", None),
        ({"id": "M2", "bonus": {"weeks": {"2": "500"}}, "malus": {"weeks": {"1": "70"}}}, None, "1", "-70.00", None),
        ({"id": "M6", "prices": {"weeks": "294.5"}}, None, "12", None, "294.5"),
    ],
)
def test_a_monetised_rule_says_what_a_promise_is_worth(
    rule: dict[str, Any], method: Any, value: str, advantage: str | None, rate: str | None
):
    quality = {"id": "weeks", "unit": "number"} | ({"method": method, "weighting": "100"} if method else {})
    one = promised({"criteria": [PRICE, quality], "rule": rule}, {"price": "1000", "weeks": value})["weeks"]
    assert one.advantage == (advantage and Decimal(advantage))
    assert one.rate == (rate and Decimal(rate))


def test_points_have_a_price_where_no_other_bid_can_change_it():
    """A1 from 60 to 220, weighing 40: a point costs 4. Against the lowest bid it has no price of its own."""
    weeks = {"id": "weeks", "weighting": "60", "unit": "week", "method": {"id": "target", "target": "100"}}
    bounds = PRICE | {"weighting": "40", "method": {"id": "A1", "best": "60", "worst": "220"}}
    values = {"price": "100", "weeks": "50"}
    assert promised({"criteria": [bounds, weeks]}, values)["weeks"].advantage == Decimal("120.00")
    relative = PRICE | {"weighting": "40", "method": {"id": "P1", "zero": "reject"}}
    assert promised({"criteria": [relative, weeks]}, values)["weeks"].advantage is None
