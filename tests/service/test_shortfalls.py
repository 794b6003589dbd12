"""What a shortfall costs by the award's own figures, and what part of the award no target of the contract covers."""

import doctest
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from msgspec import structs

from service import performance, shortfalls
from service.performance import periods_of
from service.shortfalls import ByAdvantage, ByUnit, charge, uncovered
from tests.service.test_performance import DAY, YEAR, promise


def test_worked_examples_in_the_docstrings_hold():
    assert doctest.testmod(shortfalls).failed == 0


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


def owed(targets: list[int], scored: int, **fields: Any) -> performance.Promise:
    """A promise of which the contract asks for these targets."""
    made = promise(target=Fraction(sum(targets)), scored=Fraction(scored), **fields)
    if made.accrual == "each_period":
        made = structs.replace(made, target=made.target / len(targets))
    return structs.replace(made, lacking=performance.lacking(made, [Decimal(one) for one in targets]))


def test_what_the_contract_lowered_is_told_and_what_it_still_asks_for_is_charged_at_the_award_s_rate():
    """40 earned 100,000; 20 are contracted: 50,000 are covered by nothing, and 10 missing of the 20 cost 25,000."""
    lowered = owed([20], 40, advantage=Decimal(100_000))
    told = uncovered(lowered)
    assert told is not None
    assert (told.scored, told.contracted, told.advantage, told.formula) == (
        Decimal(40),
        Decimal(20),
        Decimal("50000.00"),
        "100000 × 20 ÷ 40",
    )
    cost = charge(lowered, ByAdvantage(factor=Decimal(1)), Fraction(10), (1, 1))
    assert cost is not None
    assert (cost.amount, cost.formula) == (Decimal("25000.00"), "1 × 100000 × 10 ÷ 40")
    whole = charge(lowered, ByAdvantage(factor=Decimal(1)), Fraction(20), (1, 1))
    assert whole is not None
    assert whole.amount + told.advantage == Decimal(100_000), "the advantage is lost once, to the cent"


@pytest.mark.parametrize(
    ("targets", "scored", "fields", "advantage"),
    [
        ([40], 40, {}, None),
        ([50], 40, {}, None),
        ([60], 40, {"direction": "lower"}, "50.00"),
        ([30], 40, {"direction": "lower"}, None),
        ([-60], -120, {"direction": "lower"}, "50.00"),
        ([100, 50], 100, {"accrual": "each_period"}, "25.00"),
        ([10], 0, {"direction": "lower"}, "100.00"),
    ],
)
def test_less_ambitious_is_lower_or_higher_as_the_measure_s_direction_says(
    targets: list[int], scored: int, fields: dict[str, Any], advantage: str | None
):
    told = uncovered(owed(targets, scored, advantage=Decimal(100), **fields))
    assert (told and told.advantage) == (advantage and Decimal(advantage))


def test_published_levels_and_rates_say_what_a_lowered_target_earned_for_nothing():
    levels = {"0": Decimal(0), "1": Decimal(600_000), "3": Decimal(1_200_000)}
    lowered = owed([1, 1], 3, accrual="each_period", advantage=levels["3"], levels=levels)
    told = uncovered(lowered)
    assert told is not None
    assert (told.advantage, told.formula) == (Decimal("600000.00"), "(1200000 − 600000)")
    cost = charge(lowered, ByAdvantage(factor=Decimal(1)), Fraction(1), (2, 2))
    assert cost is not None
    assert cost.formula == "1 × (600000 − 0) × 2 ÷ 2"
    priced = uncovered(owed([80], 60, direction="lower", rate=Decimal(300)))
    assert priced is not None
    assert priced.advantage == Decimal("6000.00")


def test_what_no_bid_promised_has_no_award_to_cover():
    assert uncovered(promise(target=Fraction(20))) is None
