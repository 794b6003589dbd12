"""The arithmetic of a contract: targets that add up, achievement that forgives nothing unverified, what a gap costs."""

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
from service.performance import Bounds, ByAdvantage, ByUnit, Promise, charge, periods_of, spans, spread, standing

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


def test_a_shortfall_costs_one_and_a_half_times_the_advantage_at_the_award():
    """4 % of 30,000,000 earned with level 3, and level 1 with 2 % delivered: 1.5 × 600,000."""
    levels = {"0": Decimal(0), "1": Decimal(600_000), "3": Decimal(1_200_000)}
    ladder = promise(accrual="each_period", target=Fraction(3), advantage=levels["3"], levels=levels)
    found = charge(ladder, ByAdvantage(), Fraction(2), (4, 4))
    assert found is not None
    assert (found.amount, found.formula) == (Decimal("900000.00"), "1.5 × (1200000 − 600000) × 4 ÷ 4")
    capped = charge(ladder, ByAdvantage(cap=Decimal(500_000)), Fraction(2), (4, 4))
    assert capped is not None
    assert capped.amount == Decimal("500000.00")
    steps = {"10": Decimal(30_000), "20": Decimal(10_000)}
    less = promise(direction="lower", target=Fraction(10), advantage=steps["10"], levels=steps)
    worse = charge(less, ByAdvantage(), Fraction(8), (4, 4))
    assert worse is not None
    assert worse.formula == "1.5 × (30000 − 10000)", "18 tonnes where 10 were promised earn what 20 earn"
    halfway = charge(ladder, ByAdvantage(), Fraction(2), (2, 4))
    assert halfway is not None
    assert halfway.amount == Decimal("450000.00")


def test_without_levels_the_advantage_shrinks_in_proportion_or_by_its_published_rate():
    weeks = charge(promise(advantage=Decimal("120.00")), ByAdvantage(), Fraction(10), (2, 4))
    tonnes = charge(promise(direction="lower", rate=Decimal("294.5")), ByAdvantage(), Fraction(10), (2, 4))
    hours = charge(promise(), ByUnit(rate=Decimal(100), source="clause 14.2"), Fraction("2.5"), (2, 4))
    assert weeks is not None
    assert tonnes is not None
    assert hours is not None
    assert [one.amount for one in (weeks, tonnes, hours)] == [Decimal("45.00"), Decimal("4417.50"), Decimal("250.00")]


def test_a_charge_is_rounded_once_and_not_by_way_of_a_rounded_shortfall():
    """One of three quarters without anything: 3.00 for each of 100 is 300.00; the mean gap has no end."""
    each = promise(accrual="each_period", target=Fraction(200, 3), advantage=Decimal(600))
    periods = periods_of(YEAR[:3], [Decimal(100), Decimal(100), Decimal(0)])
    gap = performance.missing(each, periods, {2: Decimal(100)}, DAY.replace(year=2032))
    assert gap == Fraction(100, 3)
    by_unit = charge(each, ByUnit(rate=Decimal(3), source="clause 14.2"), gap, (3, 3))
    by_advantage = charge(each, ByAdvantage(), gap, (3, 3))
    assert by_unit is not None
    assert by_advantage is not None
    assert (by_unit.amount, by_unit.formula) == (Decimal("300.00"), "3 × (100/3) × 3")
    assert (by_advantage.amount, by_advantage.formula) == (Decimal("450.00"), "1.5 × 600 × (100/3) ÷ (200/3) × 3 ÷ 3")


def test_where_no_figure_is_published_no_charge_is_made_up():
    assert charge(promise(), ByAdvantage(), Fraction(10), (2, 4)) is None


@pytest.mark.parametrize("fields", [{"good": 90}, {"requires_improvement": -1}, {"good": 10**9}])
def test_bounds_that_order_nothing_are_refused(fields: dict[str, int]):
    with pytest.raises(ValueError, match=r"good|requires_improvement|fall"):
        Bounds(**{name: Decimal(value) for name, value in fields.items()})
