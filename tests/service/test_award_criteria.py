"""A lot's rules as award criteria of the standards: exact weights, thresholds, kinds, goals, and words for the rest."""

from decimal import Decimal
from typing import Any

import msgspec

import scoring
from service import award_criteria
from tests.make import a_criterion, a_rules

GRADED = {"id": "graded", "scale": [{"value": "0"}, {"value": "5"}]}


def a_scored_lot(**fields: Any) -> scoring.Lot:
    return msgspec.convert(a_rules(**fields), scoring.Lot)


def quality(name: str, weighting: str, **fields: Any) -> dict[str, Any]:
    return {"id": name, "weighting": weighting, "method": GRADED} | fields


def test_every_leaf_has_its_exact_share_of_the_whole_lot() -> None:
    """Sub-criteria are flattened: 60 of 100 of a group that weighs 35 are 21; the shares add up to a hundred."""
    told = award_criteria.published(a_scored_lot())
    weights = {
        one.id: number.number for one in told.criteria for number in one.numbers if number.weight == "percentageExact"
    }
    assert weights == {
        "price": Decimal(40),
        "quality/method-statement": Decimal(21),
        "quality/working-time": Decimal(14),
        "social-value/apprentice-weeks": Decimal(15),
        "social-value/carbon": Decimal(10),
    }
    assert sum(weights.values()) == 100
    thresholds = [
        (one.id, number.number) for one in told.criteria for number in one.numbers if number.threshold is not None
    ]
    assert thresholds == [("quality/method-statement", Decimal(40))]
    assert [one.type for one in told.criteria] == ["price", "quality", "quality", "quality", "quality"]
    assert all(one.description for one in told.criteria)


def test_a_share_that_never_ends_is_not_rounded_but_its_group_is_listed() -> None:
    """A third has no exact weight: the group has, and says in words what it is made of."""
    thirds = [quality(name, "1") for name in ("plan", "team", "tools")]
    group = {"id": "quality", "title": "Quality", "weighting": "50", "total": "3", "criteria": thirds}
    told = award_criteria.published(a_scored_lot(criteria=[a_criterion(weighting="50"), group], tie_break=[]))
    assert [(one.id, [number.number for number in one.numbers]) for one in told.criteria] == [
        ("price", [Decimal(50)]),
        ("quality", [Decimal(50)]),
    ]
    assert told.criteria[1].description == "Made of: plan (1 of 3), team (1 of 3), tools (1 of 3)."


def test_what_is_not_out_of_a_hundred_is_points() -> None:
    """Eighty points are no percentages."""
    criteria = [a_criterion(weighting="50"), quality("plan", "30", max_pass=3)]
    told = award_criteria.published(a_scored_lot(criteria=criteria, total="80", tie_break=[]))
    numbers = [(number.number, number.weight, number.threshold) for one in told.criteria for number in one.numbers]
    assert numbers == [
        (Decimal(50), "pointsExact", None),
        (Decimal(30), "pointsExact", None),
        (Decimal(3), None, "maximumBids"),
    ]


def test_a_rule_for_the_whole_tender_is_told_in_words_and_never_as_weights() -> None:
    """Price per quality point is no weighted sum."""
    price = a_criterion(weighting="0", method=None)
    lot = a_scored_lot(criteria=[price, quality("plan", "0")], rule={"id": "R1"}, tie_break=[])
    told = award_criteria.published(lot)
    assert [(one.id, one.type, one.numbers) for one in told.criteria] == [
        ("price", "price", ()),
        ("plan", "quality", ()),
    ]
    assert (told.weighting_description or "").startswith("R1, Price per quality point: p / Q, the lowest wins.")


def test_how_criteria_combine_never_takes_more_than_eforms_has_room_for() -> None:
    """A hundred criteria are not all described there; what is said is whole sentences."""
    criteria = [quality(f"criterion-{number}", "1", title="A long title " * 5) for number in range(100)]
    text = award_criteria.combination(a_scored_lot(criteria=criteria, tie_break=[]))
    assert 800 < len(text) <= 1000
    assert text.endswith(".")


def test_goals_follow_from_measures_and_units() -> None:
    """Jobs, supply chains and emissions have codes; a price has none, and what is not weighed pursues nothing."""
    criteria = [
        a_criterion(weighting="60"),
        {"id": "jobs-fte", "weighting": "20", "unit": "fte_year", "method": {"id": "target", "target": "5"}},
        {"id": "sme-supply-chain", "weighting": "10", "unit": "percent", "method": {"id": "target", "target": "50"}},
        {"id": "co2", "weighting": "10", "unit": "tCO2e", "method": {"id": "A1", "best": "20", "worst": "120"}},
        {"id": "equality", "method": {"id": "pass_fail"}},
    ]
    lot = a_scored_lot(criteria=criteria, tie_break=[])
    assert [(one.goal, one.description) for one in award_criteria.sustainability(lot, {})] == [
        ("social.localEmployment", "jobs-fte"),
        ("social.smeInclusion", "sme-supply-chain"),
        ("environmental.carbonEmissionsReduction", "co2"),
    ]
    assert award_criteria.sustainability(a_scored_lot(criteria=[a_criterion()], tie_break=[]), {}) == ()


def test_a_fixed_price_is_published_and_decides_nothing() -> None:
    """BT-5422: the number that every bid has; without weight, and without a number where the tender names none."""
    price = {"id": "price", "weighting": "0", "unit": "GBP", "method": {"id": "A5", "price": "90000"}}
    lot = a_scored_lot(criteria=[price, quality("plan", "100")], tie_break=[])
    fixed, plan = award_criteria.published(lot).criteria
    assert [(one.number, one.fixed, one.weight) for one in fixed.numbers] == [(Decimal(90_000), "total", None)]
    assert (fixed.type, plan.numbers[0].number) == ("price", Decimal(100))
    assert award_criteria.code([lot]) == "qualityOnly"
    untold = a_scored_lot(criteria=[price | {"method": {"id": "A5"}}, quality("plan", "100")], tie_break=[])
    assert award_criteria.published(untold).criteria[0].numbers == ()


def test_one_word_for_how_all_lots_are_awarded() -> None:
    """Price alone, quality alone, or both rated."""
    price = a_scored_lot(criteria=[a_criterion()], tie_break=[])
    rated = a_scored_lot()
    alone = a_scored_lot(criteria=[quality("plan", "100")], tie_break=[])
    assert award_criteria.code([price]) == "priceOnly"
    assert award_criteria.code([alone]) == "qualityOnly"
    assert award_criteria.code([price, rated]) == award_criteria.code([rated]) == "ratedCriteria"
