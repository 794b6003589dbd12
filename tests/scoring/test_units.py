from decimal import Decimal

import pytest

from scoring import UNITS, Criterion
from scoring.model import direction_of, unit_of
from scoring.units import find_unit, is_money


@pytest.mark.parametrize("code", UNITS)
def test_every_unit_can_be_shown_and_has_sane_bounds(code):
    """A unit has a label for people, and its least offer is below its highest."""
    unit = find_unit(code)
    assert unit.label
    assert 0 <= unit.decimals <= 12
    assert unit.low is None or unit.high is None or unit.low < unit.high


@pytest.mark.parametrize("code", ["GBP", "EUR", "money"])
def test_any_currency_is_money_of_which_less_is_better(code):
    assert is_money(code)
    assert find_unit(code).direction == "lower"


@pytest.mark.parametrize("code", ["gbp", "GB", "POUND", "jobs", ""])
def test_an_unknown_unit_is_refused_with_the_known_ones(code):
    with pytest.raises(ValueError, match="tCO2e"):
        find_unit(code)


@pytest.mark.parametrize(
    ("unit", "direction"),
    [
        ("tCO2e", "lower"),
        ("kgCO2e", "lower"),
        ("km", "lower"),
        ("fte_year", "higher"),
        ("percent", "higher"),
        ("wellby", "higher"),
    ],
)
def test_the_unit_says_which_way_is_better_unless_the_criterion_does(unit, direction):
    """Carbon and distance are better low, jobs better high; a saving of carbon says so itself."""
    assert direction_of(Criterion(id="c", unit=unit)) == direction
    assert direction_of(Criterion(id="c", unit=unit, direction="higher")) == "higher"


def test_a_criterion_without_unit_is_measured_as_its_method_measures():
    """Graded answers are grades, yes/no answers yes or no, prices money, anything else a number."""
    from scoring.answers import Graded, Level, Target, YesNo
    from scoring.price import InverseProportional

    scale = Graded(scale=(Level(value=Decimal(5)),))
    assert unit_of(Criterion(id="c", method=scale)) == "grade"
    assert unit_of(Criterion(id="c", method=YesNo())) == "yes_no"
    assert unit_of(Criterion(id="c", method=InverseProportional())) == "money"
    assert unit_of(Criterion(id="c", method=InverseProportional(), direction="higher")) == "number"
    assert unit_of(Criterion(id="c", method=Target(target=Decimal(5)))) == "number"
