"""Criteria of somebody else's: exact weights are taken, everything else is named as missing, nothing is made up."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

import scoring
from scoring.selection import LeastCost
from service import award_criteria, ocds, wire
from service.ocds_criteria import FoundRules, ScoredBy, Terms, found_rules
from service.ocds_reading import Reading
from tests.make import a_rules

PRICE = msgspec.convert({"method": {"id": "P1", "zero": "reject"}}, ScoredBy)
QUALITY = msgspec.convert({"method": {"id": "yes_no"}}, ScoredBy)
BOTH = {"price": PRICE, "quality": QUALITY}


def weighed(kind: str, number: object, weight: str = "percentageExact", **more: Any) -> dict[str, Any]:
    return {"type": kind, "name": kind.title(), "numbers": [{"number": number, "weight": weight}]} | more


def read(
    *criteria: dict[str, Any], methods: dict[str, ScoredBy] | None = None, **more: Any
) -> tuple[FoundRules, Reading]:
    reading = Reading({"awardCriteria": {"criteria": list(criteria)} | more}, "")
    terms = Terms("GBP", BOTH if methods is None else methods, price_only=False)
    return found_rules(reading, reading.root, "/rules", terms), reading


@pytest.mark.parametrize(
    ("criteria", "weightings", "total"),
    [
        ([weighed("price", 60), weighed("quality", 40)], ["60", "40"], "100"),
        ([weighed("price", 6, "pointsExact"), weighed("quality", 4, "pointsExact")], ["6", "4"], "10"),
        ([weighed("price", 1, "decimalExact"), weighed("quality", 0, "decimalExact")], ["100", "0"], "100"),
        ([weighed("price", 60), {"type": "quality", "name": "Q", "description": "40%"}], ["60", "40"], "100"),
    ],
)
def test_exact_weights_are_taken_as_they_are(criteria: list[Any], weightings: list[str], total: str) -> None:
    """In percent, points or shares of one, and as a percentage in words: the last only where there is nothing else."""
    found, _ = read(*criteria)
    assert found.rules is not None
    assert [one.weighting for one in found.rules.criteria] == [Decimal(one) for one in weightings]
    assert found.rules.total == Decimal(total)
    assert found.rules.criteria[0].unit == "GBP"


@pytest.mark.parametrize(
    ("criteria", "need"),
    [
        ([weighed("price", 60), weighed("quality", 39)], "add up to 99"),
        ([weighed("price", 60), weighed("quality", 4, "pointsExact")], "beside weights in points"),
        ([weighed("price", 60), weighed("quality", 40, "percentageRangeMiddle")], "Quality: It has no exact weight."),
        ([weighed("price", 1, "order"), weighed("quality", 2, "order")], "Price: It has no exact weight."),
        ([weighed("price", 60), {"type": "quality", "name": "Q", "description": "about 40%"}], "no exact weight"),
        ([weighed("price", 60), weighed("social", 40)], "Whether it is a price"),
        ([weighed("price", 60), weighed("cost", 40)], "How it earns points is not told"),
        ([], "no award criteria"),
        ([{}] * 100_000, "It has 100000 criteria"),
    ],
)
def test_what_is_not_exact_is_missing_and_named(criteria: list[dict[str, Any]], need: str) -> None:
    found, _ = read(*criteria)
    assert found.rules is None
    assert any(need in one for one in found.needs), found.needs


def test_the_lowest_price_alone_needs_no_method() -> None:
    """By the one criterion, or by the code of the whole tender; a method that was given is used all the same."""
    found, _ = read(weighed("price", 100), methods={})
    assert found.rules is not None
    assert found.rules.rule == LeastCost()
    scored, _ = read(weighed("price", 100))
    assert scored.rules is not None
    assert scored.rules.criteria[0].method == PRICE.method
    reading = Reading({"awardCriteria": "priceOnly"}, "")
    told = found_rules(reading, reading.root, "/rules", Terms("GBP", {}, price_only=True))
    assert told.rules is not None
    assert [one.id for one in told.rules.criteria] == ["price"]
    assert award_criteria.code([told.rules]) == "priceOnly"


def test_a_minimum_is_taken_only_where_its_scale_is_ours() -> None:
    """Our own extension's `id` tells it; of another's a 50 may be of 50 or of 1000."""
    minimum = {"numbers": [{"number": 40, "weight": "percentageExact"}, {"number": 50, "threshold": "minimumScore"}]}
    passes = {"numbers": [{"number": 60, "weight": "percentageExact"}, {"number": 3, "threshold": "maximumBids"}]}
    theirs, reading = read(weighed("price", 60), weighed("quality", 40) | minimum)
    assert theirs.rules is not None
    assert theirs.rules.criteria[1].minimum is None
    assert any("scale" in one.reason for one in reading.left_out())
    ours, _ = read(weighed("price", 60) | passes, weighed("quality", 40, id="quality") | minimum)
    assert ours.rules is not None
    assert (ours.rules.criteria[1].minimum, ours.rules.criteria[0].max_pass) == (50, 3)


def test_criteria_of_one_name_have_ids_of_their_own() -> None:
    found, _ = read(weighed("price", 20), weighed("quality", 40), weighed("quality", 40))
    assert [one.id for one in found.criteria] == ["price", "quality", "quality-2"]


def test_what_we_publish_of_a_lot_comes_back_the_same() -> None:
    """Kinds, names, weights, minimums and the words on how they combine: the tree is flat, and nothing is lost."""
    lot = msgspec.convert(a_rules(), scoring.Lot)
    asked = award_criteria.published(lot)
    told = wire.read_json(ocds.encode(asked))
    methods = {
        path.id: ScoredBy(method=one.method, unit=one.unit, direction=one.direction)
        for path, one in zip(asked.criteria, scoring.leaves(lot.criteria), strict=True)
        if path.id is not None and one.method is not None
    }
    reading = Reading({"awardCriteria": told}, "")
    found = found_rules(reading, reading.root, "/rules", Terms("GBP", methods, price_only=False))
    assert found.rules is not None, found.needs
    assert award_criteria.published(found.rules) == asked
    assert reading.left_out() == ()
    assert [one.description for one in found.rules.criteria] == [
        one.description for one in scoring.leaves(lot.criteria)
    ]
