"""What a letter gives away: every price that its reader can work out is found, and the interval holds the truth."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import Debrief, ShownBid, ShownLetter, debrief
from scoring.decimals import decimal_text, rounded
from scoring.discount import DiscountProportional
from scoring.methods import Method, relative_points
from scoring.placing import Band, RankPoints, ToleranceBand
from scoring.price import (
    InverseProportional,
    InverseWithMinimumMark,
    LinearFromLowest,
    LinearToMultiple,
    Logarithmic,
    LowestToHighest,
    MeanBased,
)

BY_LOWEST: list[Method] = [
    InverseProportional(),
    InverseWithMinimumMark(floor=Decimal(10)),
    LinearFromLowest(floor=Decimal(0)),
    LinearToMultiple(k=Decimal(2)),
]


def printed(method: Method, prices: list[str], decimals: int = 2) -> list[str]:
    """The points of all bids as a letter prints them."""
    worked = relative_points(method, [Fraction(price) for price in prices], "lower")
    return [decimal_text(rounded(one.points, decimals, "half_up"), decimals) for one in worked]


def letter(method: Method, prices: list[str], *, own: int, winner: int, **more: object) -> ShownLetter:
    points = printed(method, prices)
    known = ShownBid(points=points[winner], price=prices[winner] if more.pop("price_known", False) else None)
    return ShownLetter(method=method, own=ShownBid(points=points[own], price=prices[own]), winner=known, **more)


def spans(found: Debrief) -> dict[str, tuple[Fraction, Fraction]]:
    return {one.whose: (Fraction(one.lowest), Fraction(one.highest)) for one in found.derived}


@pytest.mark.parametrize("method", BY_LOWEST)
def test_the_winner_with_the_lowest_price_is_pinned(method: Method) -> None:
    """Own price and own points are an equation for the lowest price, which full points show to be the winner's."""
    found = debrief(letter(method, ["118000.00", "100000.00", "131000.00"], own=0, winner=1))
    (one,) = found.derived
    assert (one.whose, one.pinned, one.third_party) == ("winner", True, False)
    assert Fraction(one.lowest) <= 100_000 <= Fraction(one.highest)
    assert found.warnings == (one.how,)


@pytest.mark.parametrize("method", BY_LOWEST)
def test_a_third_bidder_with_the_lowest_price_is_pinned(method: Method) -> None:
    """Where neither reader nor winner was cheapest, a stranger's price stands in the letter without being named."""
    found = debrief(letter(method, ["118000.00", "110000.00", "100000.00"], own=0, winner=1))
    by_whose = {one.whose: one for one in found.derived}
    assert by_whose["lowest"].pinned
    assert by_whose["lowest"].third_party
    low, high = spans(found)["lowest"]
    assert low <= 100_000 <= high
    low, high = spans(found)["winner"]
    assert low <= 110_000 <= high


def test_the_cheapest_reader_learns_the_winners_price() -> None:
    """Full points of one's own make one's own price the measure: the winner's points give the winner's price."""
    found = debrief(letter(InverseProportional(), ["100.00", "125.00"], own=0, winner=1))
    assert spans(found) == {"winner": (Fraction(125), Fraction(125))}


@settings(deadline=None)
@given(
    prices=st.lists(st.integers(50_00, 500_00), min_size=3, max_size=6),
    method=st.sampled_from([*BY_LOWEST, Logarithmic(base=Decimal(10)), MeanBased()]),
    known=st.booleans(),
)
def test_an_interval_always_holds_the_price_that_was_bid(prices: list[int], method: Method, *, known: bool) -> None:
    """The warning never excludes the truth, whatever was bid and rounded."""
    texts = [decimal_text(Fraction(price, 100), 2) for price in prices]
    found = spans(debrief(letter(method, texts, own=0, winner=1, price_known=known, bids=len(prices))))
    truth = {
        "winner": Fraction(prices[1], 100),
        "lowest": Fraction(min(prices), 100),
        "mean": Fraction(sum(prices), 100 * len(prices)),
        "other": Fraction(prices[2], 100),
    }
    for whose, (low, high) in found.items():
        assert low <= truth[whose] <= high, whose


@settings(deadline=None)
@given(prices=st.lists(st.integers(50_00, 500_00), min_size=3, max_size=6, unique=True))
def test_both_ends_follow_from_two_prices_with_their_points(prices: list[int]) -> None:
    """Between lowest and highest: whoever knows two prices and their points knows both ends."""
    texts = [decimal_text(Fraction(price, 100), 2) for price in prices]
    found = spans(debrief(letter(LowestToHighest(), texts, own=0, winner=1, price_known=True)))
    for whose, truth in (("lowest", min(prices)), ("highest", max(prices))):
        if whose in found:
            assert found[whose][0] <= Fraction(truth, 100) <= found[whose][1]


def test_two_prices_known_pin_the_ends() -> None:
    """The award notice tells the winner's price; the letter then tells two strangers' prices."""
    prices = ["104000.00", "112000.00", "100000.00", "131000.00"]
    found = debrief(letter(LowestToHighest(), prices, own=0, winner=1, price_known=True))
    assert {one.whose for one in found.derived if one.pinned} == {"lowest", "highest"}
    assert debrief(letter(LowestToHighest(), prices, own=0, winner=1)).derived == ()


def test_of_three_bids_the_mean_gives_the_third() -> None:
    """Who knows two of three prices and the mean knows the third."""
    found = debrief(letter(MeanBased(), ["104000.00", "112000.00", "99000.00"], own=0, winner=1, bids=3))
    other = next(one for one in found.derived if one.whose == "other")
    assert other.pinned
    assert Fraction(other.lowest) <= 99_000 <= Fraction(other.highest)


def test_bands_and_coarse_points_do_not_pin() -> None:
    """Points in whole bands, or points at a floor, leave an interval too wide to harm."""
    bands = (Band(to=Decimal("0.10"), points=Decimal(100)), Band(from_=Decimal("0.10"), points=Decimal(60)))
    found = debrief(letter(ToleranceBand(bands=bands), ["108.00", "100.00", "120.00"], own=0, winner=1))
    assert not any(one.pinned for one in found.derived)
    floored = debrief(letter(LinearFromLowest(floor=Decimal(0)), ["300.00", "100.00", "120.00"], own=0, winner=2))
    assert not next(one for one in floored.derived if one.whose == "winner").pinned


def test_what_depends_on_nobody_gives_nothing_away_and_what_was_not_examined_says_so() -> None:
    """No warning is never mistaken for no danger."""
    ranks = RankPoints(points=(Decimal(100), Decimal(50)))
    own = ShownBid(points="50.00", price="120.00")
    assert debrief(ShownLetter(method=ranks, own=own)).not_examined
    ceiling = DiscountProportional(ceiling=Decimal(200))
    assert debrief(ShownLetter(method=ceiling, own=own)).not_examined
    assert debrief(ShownLetter(method=InverseProportional(), own=ShownBid(points="50.00"))).not_examined


def test_a_mean_that_is_no_whole_number_of_units_is_found():
    """Hourly rates in whole pounds: 90, 80 and 81 have a mean that no rate can be, and the third one follows still."""
    prices = [Fraction(price) for price in (90, 80, 81)]
    method = MeanBased(floor="none")
    points = printed(method, ["90", "80", "81"])
    shown = ShownLetter(
        method=method,
        own=ShownBid(points=points[0], price="90"),
        winner=ShownBid(points=points[1], price="80"),
        unit_decimals=0,
        bids=3,
    )
    (mean, other) = debrief(shown).derived
    assert Fraction(mean.lowest) <= sum(prices) / 3 <= Fraction(mean.highest)
    assert Fraction(other.lowest) <= 81 <= Fraction(other.highest)
