"""The arithmetic of a contract: targets that add up, achievement that forgives nothing unverified."""

import doctest
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from scoring.decimals import half_up
from service import performance
from service.performance import Bounds, InUnit, Promise, check_targets, periods_of, spans, spread, standing
from service.problems import InvalidRequest

YEAR = spans(date(2031, 4, 1), date(2032, 3, 31), 3)
DAY = date(2031, 10, 1)
"""The first day after two of the year's quarters."""


def promise(**fields: Any) -> Promise:
    return Promise(**{"direction": "higher", "accrual": "sum", "target": Fraction(40)} | fields)


def stands(one: Promise, targets: tuple[int, ...], verified: dict[int, int], day: date = DAY) -> performance.Standing:
    periods = periods_of(YEAR, [Decimal(target) for target in targets])
    return standing(one, periods, {number: Decimal(value) for number, value in verified.items()}, day, Bounds())


def test_worked_examples_in_the_docstrings_hold():
    assert doctest.testmod(performance).failed == 0


@given(some.decimals(0, 10**6, places=3), some.sampled_from([1, 3, 6, 12]), some.integers(1, 900), some.integers(0, 3))
def test_the_targets_of_the_periods_add_up_to_the_promise(target: Decimal, months: int, days: int, decimals: int):
    """Whatever the contract's length: no rounding loses or makes a unit, and no day lies in two periods or in none."""
    first = date(2031, 1, 31)
    periods = spans(first, date.fromordinal(first.toordinal() + days), months)
    assert sum(spread(target, periods, decimals)) == half_up(Fraction(target), decimals)
    assert (periods[0][0], periods[-1][1].toordinal()) == (first, first.toordinal() + days)
    assert all(one[1].toordinal() + 1 == two[0].toordinal() for one, two in pairwise(periods))


def test_achievement_is_verified_against_what_was_due():
    """15 of 20 after two quarters: 75 %, so 30 of 40 at the end, if the rest goes on like this."""
    found = stands(promise(), (10, 10, 10, 10), {1: 9, 2: 6})
    assert (found.target_to_date, found.verified, found.shortfall) == (Decimal(20), Decimal(15), Decimal(5))
    assert (found.achievement, found.rating) == (Decimal("75.00"), "requires_improvement")
    assert (found.forecast, found.forecast_achievement) == (Decimal(30), Decimal("75.00"))


def test_a_period_belongs_to_its_last_day():
    """On the last day of a quarter the quarter is not due yet; the day after it is."""
    assert stands(promise(), (10, 10, 10, 10), {}, date(2031, 6, 30)).achievement is None
    assert stands(promise(), (10, 10, 10, 10), {}, date(2031, 7, 1)).rating == "inadequate"


def test_what_nobody_has_verified_is_never_an_achievement():
    """No jobs reported are no jobs; no emissions reported are not known, and surely not none."""
    emissions = promise(direction="lower")
    assert stands(promise(), (10, 10, 10, 10), {1: 10}).achievement == Decimal("50.00")
    assert stands(emissions, (10, 10, 10, 10), {1: 10}).achievement is None
    found = stands(emissions, (10, 10, 10, 10), {1: 10, 2: 15})
    assert (found.achievement, found.shortfall, found.forecast) == (Decimal("80.00"), Decimal(5), Decimal(50))


def test_a_good_quarter_does_not_excuse_a_bad_one_where_each_must_reach_the_target():
    each = promise(accrual="each_period", target=Fraction(90))
    found = stands(each, (90, 90, 90, 90), {1: 99, 2: 45})
    assert (found.achievement, found.verified, found.shortfall) == (Decimal("75.00"), Decimal(72), Decimal("22.5"))
    idle = stands(promise(accrual="each_period", target=Fraction(100)), (100, 100, 100, 100), {1: 200, 2: 0})
    assert (idle.achievement, idle.shortfall) == (Decimal("50.00"), Decimal(50))


@pytest.mark.parametrize(
    ("verified", "rating"),
    [(20, "good"), (18, "approaching_target"), (17, "requires_improvement"), (14, "inadequate")],
)
def test_ratings_go_by_the_exact_fraction(verified: int, rating: str):
    assert stands(promise(), (10, 10, 10, 10), {1: verified}).rating == rating


@pytest.mark.parametrize("fields", [{"good": 90}, {"requires_improvement": -1}, {"good": 10**9}])
def test_bounds_that_order_nothing_are_refused(fields: dict[str, int]):
    with pytest.raises(ValueError, match=r"good|requires_improvement|fall"):
        Bounds(**{name: Decimal(value) for name, value in fields.items()})


@pytest.mark.parametrize(
    ("saved", "achievement", "rating"),
    [(-60, "50.00", "inadequate"), (-120, "100.00", "good"), (-150, "100.00", "good"), (10, "0.00", "inadequate")],
)
def test_a_promised_saving_is_achieved_by_the_part_of_it_that_was_saved(saved: int, achievement: str, rating: str):
    """-120 tonnes are promised: -60 are half of it, -150 all of it, and a tonne more than before is nothing."""
    found = stands(promise(direction="lower", target=Fraction(-120)), (-30, -30, -30, -30), {1: 0, 2: saved}, DAY)
    half = stands(promise(direction="lower", target=Fraction(-120)), (-60, -60, 0, 0), {1: 0, 2: saved}, DAY)
    assert (half.achievement, half.rating) == (Decimal(achievement), rating)
    assert found.shortfall == max(Decimal(0), Decimal(60 + saved))


def test_a_saving_is_forecast_as_it_goes():
    """-45 of -60 after two quarters: -90 of -120 at the end, and no less than what is verified already."""
    saving = promise(direction="lower", target=Fraction(-120))
    found = stands(saving, (-30, -30, -30, -30), {1: -30, 2: -15})
    assert (found.forecast, found.forecast_achievement) == (Decimal(-90), Decimal("75.00"))
    assert stands(saving, (-30, -30, -30, -30), {1: -30, 2: -15, 3: -60}).forecast == Decimal(-105)
    worse = stands(saving, (-30, -30, -30, -30), {1: 5, 2: 5})
    assert (worse.forecast, worse.forecast_achievement) == (Decimal(20), Decimal("0.00"))


@pytest.mark.parametrize(
    ("unit", "targets"),
    [
        ("hour", ["-5", "10"]),
        ("apprentice", ["12.5", "12.5"]),
        ("hour", ["0", "0"]),
        ("hour", ["NaN", "1"]),
        ("hour", ["10"]),
    ],
)
def test_targets_are_quantities_of_their_unit_and_promise_something(unit: str, targets: list[str]):
    with pytest.raises(InvalidRequest) as error:
        check_targets([Decimal(one) for one in targets], 2, InUnit(unit, nought=False), "/targets")
    assert error.value.faults[0].pointer.startswith("/targets")


def test_targets_may_be_nought_where_that_is_the_promise_and_below_it_where_the_unit_allows():
    check_targets([Decimal(0), Decimal(0)], 2, InUnit("tCO2e", nought=True), "/targets")
    check_targets([Decimal(-60), Decimal(-60)], 2, InUnit("tCO2e", nought=False), "/targets")
    check_targets([Decimal(0), Decimal(5)], 2, InUnit("apprentice", nought=False), "/targets")


def test_what_was_scored_is_spread_as_the_contract_s_targets_are():
    """40 scored, 20 contracted, all of it in the first two quarters: 20 and 20; where no target is, by days."""
    lowered = promise(target=Fraction(20), scored=Fraction(40))
    made, targets = performance.as_scored(lowered, [Decimal(10), Decimal(10), Decimal(0), Decimal(0)], YEAR)
    assert (made.target, [int(one) for one in targets]) == (40, [20, 20, 0, 0])
    nothing = promise(target=Fraction(0), scored=Fraction(366))
    assert sum(performance.as_scored(nothing, [Decimal(0)] * 4, YEAR)[1]) == 366
    each = promise(accrual="each_period", target=Fraction(75), scored=Fraction(100))
    assert performance.as_scored(each, [Decimal(75)] * 4, YEAR)[1] == (Decimal(100),) * 4
    agreed = promise(target=Fraction(20))
    assert performance.as_scored(agreed, [Decimal(5)] * 4, YEAR)[1] == (Decimal(5),) * 4
