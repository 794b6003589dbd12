"""What letters give away is said before publication, for every formula that the campaign of debriefs (C-13) finds."""

from decimal import Decimal

import msgspec
import pytest

from scoring import Criterion, Lot, giveaways
from scoring.methods import Method
from scoring.rules import Rule

PRICE = {"id": "price", "weighting": "100", "direction": "lower", "unit": "GBP"}


def lot_by(method: dict[str, object]) -> Lot:
    """A lot of one price by a formula."""
    made = msgspec.convert(method, Method, strict=False)
    return Lot(criteria=(Criterion(id="price", weighting=Decimal(100), unit="GBP", direction="lower", method=made),))


@pytest.mark.parametrize(
    ("method", "what"),
    [
        ({"id": "P1"}, "the lowest price"),
        ({"id": "P4"}, "the lowest and the highest price"),
        ({"id": "P5"}, "the third price where three bid"),
        ({"id": "P7", "ceiling": "200"}, "the lowest price"),
        ({"id": "P8", "ceiling": "200", "x": "0.80"}, "the largest discount"),
        ({"id": "P10", "points": ["100", "50"]}, "between which of the prices"),
    ],
)
def test_a_formula_that_depends_on_others_is_warned_of_with_what_it_tells(method: dict[str, object], what: str):
    (warning,) = giveaways(lot_by(method))
    assert (warning.severity, warning.pointer) == ("warning", "/criteria/0/method")
    assert what in warning.message
    assert "art. 55(3)" in warning.law[0]


@pytest.mark.parametrize(
    "method", [{"id": "A1", "best": "50", "worst": "200"}, {"id": "A2", "ceiling": "200"}, {"id": "yes_no"}]
)
def test_what_depends_on_nobody_gives_nothing_away(method: dict[str, object]):
    lot = msgspec.convert(
        {"criteria": [PRICE | {"method": method, "unit": None, "direction": None}]}, Lot, strict=False
    )
    assert giveaways(lot) == ()


@pytest.mark.parametrize(("rule", "warned"), [("S2", True), ("R3", True), ("S1", False)])
def test_a_rule_for_the_whole_tender_that_measures_by_the_lowest_price_is_warned_of(rule: str, *, warned: bool):
    price = PRICE | {"weighting": "60"}
    quality = {"id": "quality", "weighting": "40", "method": {"id": "yes_no"}}
    zero = {} if rule == "S1" else {"zero": "reject"}
    lot = msgspec.convert({"criteria": [price, quality], "rule": {"id": rule, **zero}}, Lot, strict=False)
    assert isinstance(lot.rule, Rule)
    assert [warning.pointer for warning in giveaways(lot)] == (["/rule"] if warned else [])
