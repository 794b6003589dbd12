from decimal import Decimal
from fractions import Fraction

import pytest

from scoring.abnormally_low import (
    FourFifths,
    Italy,
    Poland,
    Priced,
    RelativeLimit,
    Spain,
    Threshold,
    Ukraine,
    alerts,
    italian_threshold,
)


def priced(*prices, initial=None):
    return [
        Priced(str(index), Fraction(price), Fraction((initial or prices)[index]), Fraction(1), Fraction(1))
        for index, price in enumerate(prices)
    ]


def flagged(test, bids):
    return [(alert.id, alert.part) for alert in alerts(test, bids)]


def test_a_discount_at_the_italian_threshold_is_anomalous():
    """Ten discounts of 10 to 28: trimmed mean 19, mean excess 4, threshold 23; 24, 26 and 28 are anomalous."""
    discounts = [Fraction(value) for value in range(10, 29, 2)]
    assert italian_threshold(discounts) == 23
    bids = priced(*(100 - value for value in discounts))
    assert flagged(Italy(ceiling=Decimal(100)), bids) == [(name, "threshold") for name in ("7", "8", "9")]


def test_close_discounts_are_not_anomalous_in_italy():
    """Discounts of 18.00 to 22.50: the mean excess is small beside the mean, so the threshold is 1.2 times the mean."""
    discounts = [Fraction(36 + step, 2) for step in range(10)]
    assert italian_threshold(discounts) == Fraction("24.3")
    assert flagged(Italy(ceiling=Decimal(100)), priced(*(100 - value for value in discounts))) == []


def test_from_fifteen_bids_on_the_first_decimals_of_the_sum_lower_the_italian_threshold():
    """Sixteen discounts: 2 trimmed at each end, sum 185.28, mean 15.44, threshold 16.777; five bids anomalous."""
    text = "10.12 11.45 12.33 13.01 13.77 14.20 14.66 15.12 15.55 16.03 16.50 17.18 17.99 18.94 20.47 21.10"
    discounts = [Fraction(value) for value in text.split()]
    threshold = italian_threshold(discounts)
    assert threshold is not None
    assert round(threshold, 3) == Fraction("16.777")
    bids = priced(*(100 - value for value in discounts))
    assert len(flagged(Italy(ceiling=Decimal(100)), bids)) == 5


def test_trimming_that_leaves_nothing_finds_nothing():
    assert italian_threshold([]) is None
    assert flagged(Italy(ceiling=Decimal(100)), priced(90, 80)) == []


def test_spain_measures_points_of_the_budget_or_of_the_mean_as_published():
    """Mean price 91,666.67 of a budget of 100,000: the limit is 81,666.67 in one reading and 82,500 in the other."""
    bids = priced(100_000, 93_000, 82_000)
    assert flagged(Spain(budget=Decimal(100_000)), bids) == []
    assert flagged(Spain(budget=Decimal(100_000), reading="mean"), bids) == [("2", "mean")]


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        ((75,), []),
        (("74.99",), [("0", "budget")]),
        ((90, 70), []),
        ((90, "69.99"), [("1", "other")]),
        ((100, 80, 75), []),
        ((100, 80, 60), [("2", "budget")]),
        ((100, 90, 85, 60), [("3", "mean")]),
        ((130, 100, 99, 98), []),
    ],
)
def test_spain_has_its_own_limit_for_one_two_three_and_more_bids(prices, expected):
    """RGLCAP art. 85: 25 points below the budget, 20 below the other, 10 below the mean without outliers."""
    assert flagged(Spain(budget=Decimal(100)), priced(*prices)) == expected


def test_poland_asks_for_explanations_thirty_percent_below_estimate_or_mean():
    """Exactly 30 % below is enough; the estimate is the one with VAT."""
    assert flagged(Poland(estimate=Decimal(100)), priced(70, 71, 90)) == [("0", "estimate")]
    assert flagged(Poland(), priced(56, 100, 84)) == [("0", "mean")]


def test_both_price_and_quality_at_four_fifths_are_suspicious_in_italy():
    bids = [
        Priced("a", Fraction(1), Fraction(1), Fraction(4, 5), Fraction(4, 5)),
        Priced("b", Fraction(1), Fraction(1), Fraction(1), Fraction("0.79")),
    ]
    assert flagged(FourFifths(), bids) == [("a", "points")]


def test_a_published_threshold_is_a_price_below_which_explanations_are_due():
    assert flagged(Threshold(threshold=Decimal(80)), priced(80, "79.99")) == [("1", "threshold")]


def test_mean_median_and_deviation_are_three_tests():
    """One dear bid pulls the mean up and the median not."""
    bids = priced(60, 100, 100, 400)
    assert flagged(RelativeLimit(x=Decimal("0.40")), bids) == [("0", "mean")]
    assert flagged(RelativeLimit(x=Decimal("0.40"), of="median"), bids) == []
    assert flagged(RelativeLimit(k=Decimal("1.5")), priced(10, 100, 100, 100, 100)) == [("0", "deviation")]
    with pytest.raises(ValueError, match="both missing"):
        RelativeLimit()


def test_a_single_bid_is_not_abnormally_low_in_ukraine():
    assert flagged(Ukraine(), priced(1)) == []
