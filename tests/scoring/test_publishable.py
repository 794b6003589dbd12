from decimal import Decimal

import pytest

from scoring import Criterion, Lot, Rounding, check_publishable
from scoring.discount import DiscountProportional
from scoring.price import InverseProportional, LinearFromLowest, LowestToHighest
from scoring.quality_price import PricePerQualityPoint
from scoring.tie_break import LowerPrice


def lot_of(method, **fields):
    return Lot(criteria=(Criterion(id="price", weighting=Decimal(100), unit="GBP", method=method),), **fields)


def found(lot, severity):
    return {problem.pointer for problem in check_publishable(lot) if problem.severity == severity}


@pytest.mark.parametrize(
    "method", [InverseProportional(), LinearFromLowest(), DiscountProportional(ceiling=Decimal(100))]
)
def test_a_formula_with_a_pole_is_not_published_without_a_zero_rule(method):
    """A price of 0.00 in a denominator has decided a court case; the tender says beforehand what it means."""
    assert found(lot_of(method), "fault") == {"/criteria/0/method/zero"}


def test_a_formula_without_a_pole_needs_no_zero_rule():
    assert found(lot_of(LowestToHighest()), "fault") == set()
    assert found(lot_of(InverseProportional(zero="reject")), "fault") == set()


def test_income_is_not_divided_by():
    criterion = Criterion(id="income", weighting=Decimal(100), direction="higher", method=InverseProportional())
    assert found(Lot(criteria=(criterion,)), "fault") == set()


def test_a_rule_that_divides_needs_a_zero_rule_too():
    criteria = (Criterion(id="price", unit="GBP"), Criterion(id="quality", weighting=Decimal(100)))
    assert found(Lot(criteria=criteria, rule=PricePerQualityPoint()), "fault") == {"/rule/zero"}
    assert found(Lot(criteria=criteria, rule=PricePerQualityPoint(zero="reject")), "fault") == set()


def test_whole_points_need_a_rounding_mode():
    """A tender that says "whole points only" and no mode cannot be published."""
    lot = lot_of(LowestToHighest(), rounding=(Rounding(stage="leaf", decimals=0),))
    assert found(lot, "fault") == {"/rounding/0/mode"}


def test_portugal_and_france_are_named_where_their_law_cares():
    """Relative data are forbidden in Portugal, negative marks were annulled in France."""
    problems = {problem.pointer: problem for problem in check_publishable(lot_of(LinearFromLowest(zero="reject")))}
    assert any("CCP art. 139(4)" in law for law in problems["/criteria/0/method"].law)
    assert any("362532" in law for law in problems["/criteria/0/method/floor"].law)


def test_a_missing_tie_break_is_a_warning():
    assert "/tie_break" in found(lot_of(LowestToHighest()), "warning")
    assert "/tie_break" not in found(lot_of(LowestToHighest(), tie_break=(LowerPrice(),)), "warning")
