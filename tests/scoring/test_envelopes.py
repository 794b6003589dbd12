"""Two envelopes: whose price is opened at all, by the criteria outside of the price envelope."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

import scoring

GRADES = {"id": "graded", "scale": [{"value": str(value), "label": f"grade {value}"} for value in range(6)]}
PRICE = {"id": "price", "weighting": "50", "unit": "GBP", "method": {"id": "P1", "zero": "reject"}}
QUALITY = {"id": "quality", "weighting": "50", "method": GRADES}


def lot_of(*criteria: Mapping[str, Any]) -> scoring.Lot:
    return scoring.decode(json.dumps({"criteria": criteria}).encode(), scoring.Lot)


def bid(name: str, state: str = "admissible", **values: str) -> scoring.OpenedBid:
    return scoring.OpenedBid(id=name, state=state, values=values)


def fallen(lot: scoring.Lot, *bids: scoring.OpenedBid) -> dict[str, str]:
    """Who does not go on, and the sentences why."""
    failures = scoring.technical_failures(lot, bids, {"price"})
    return {failure.bid: " ".join(step.sentence for step in failure.reasons) for failure in failures}


def test_a_bid_below_a_minimum_keeps_its_price_sealed():
    """Points that equal the minimum go on."""
    lot = lot_of(PRICE, QUALITY | {"minimum": "60"})
    found = fallen(lot, bid("low", quality="2"), bid("equal", quality="3"), bid("high", quality="5"))
    assert found == {"low": "quality: 40 points are below the minimum of 60, so the bid is not ranked."}


def test_the_price_is_not_looked_at_even_if_somebody_knows_it():
    """A price of nought would leave the bid unranked; before its envelope is opened nobody can say so."""
    assert fallen(lot_of(PRICE, QUALITY), bid("free", quality="3", price="0")) == {}


def test_a_bid_that_was_excluded_keeps_its_price_sealed():
    found = fallen(lot_of(PRICE, QUALITY), bid("out", "excluded"), bid("in", quality="1"))
    assert found == {"out": "The bid is not ranked, because its state is “excluded”."}


def test_a_bid_behind_the_best_so_many_fell_by_comparison():
    """It does not come back when one of the best fails by its price: the other envelopes were never opened."""
    lot = lot_of(PRICE, QUALITY | {"max_pass": 2})
    bids = [bid(name, quality=grade) for name, grade in (("a", "5"), ("b", "4"), ("c", "4"), ("d", "3"))]
    (failure,) = scoring.technical_failures(lot, bids, {"price"})
    assert (failure.bid, failure.by_comparison) == ("d", True)
    (other,) = scoring.technical_failures(lot, [bid("out", "excluded")], {"price"})
    assert not other.by_comparison


def test_a_group_with_the_price_in_it_is_judged_when_the_price_is_known():
    group = {"id": "all", "weighting": "100", "criteria": [PRICE, QUALITY], "minimum": "90"}
    assert fallen(lot_of(group), bid("a", quality="0")) == {}


def test_a_missing_technical_value_stops_the_lock():
    lot = lot_of(PRICE, QUALITY)
    with pytest.raises(scoring.MissingValue) as missing:
        scoring.technical_failures(lot, [bid("a"), bid("b", quality="3")], {"price"})
    assert "'a', criterion 'quality'" in str(missing.value)


@pytest.mark.parametrize("grade", ["0", "1", "2", "3", "4", "5"])
def test_who_fails_before_the_prices_fails_after_them_too(grade: str):
    """The engine comes to the same end whether it has seen the prices or not."""
    lot = lot_of(PRICE, QUALITY | {"minimum": "50"})
    bids = [bid("a", quality=grade), bid("b", quality="4")]
    before = set(fallen(lot, *bids))
    priced = [msgspec.structs.replace(one, values=one.values | {"price": "100"}) for one in bids]
    after = {one.id for one in scoring.evaluate(lot, priced).bids if one.rank is None}
    assert before == after


# What may be sealed apart


def test_the_price_can_be_sealed_apart():
    assert scoring.check_price_envelope(lot_of(PRICE, QUALITY), ["price"]) == ()
    assert scoring.check_price_envelope(lot_of(PRICE, QUALITY), []) == ()


@pytest.mark.parametrize(
    ("sealed", "word"),
    [
        (["prices"], "no criterion"),
        (["quality"], "graded by the panel"),
        (["price", "price"], "twice"),
        (["price", "quality"], "all criteria"),
    ],
)
def test_what_cannot_be_sealed_apart(sealed: list[str], word: str):
    """What is unknown, what the panel must read, and everything."""
    assert any(word in problem for problem in scoring.check_price_envelope(lot_of(PRICE, QUALITY), sealed))


def test_a_technical_hurdle_that_compares_bids_cannot_be_judged_without_prices():
    """Its reference is the bids that have a price; a bid that fails it would have been opened for nothing."""
    days = {"id": "days", "weighting": "50", "unit": "hour", "direction": "lower", "method": {"id": "P1"}}
    (problem,) = scoring.check_price_envelope(lot_of(PRICE, days | {"minimum": "50"}), ["price"])
    assert "'days' compares bids" in problem
    assert scoring.check_price_envelope(lot_of(PRICE, days), ["price"]) == ()
