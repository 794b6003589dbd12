import doctest
import importlib
import json
import pkgutil
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import get_args

import pytest

import scoring
from scoring.intervals import common_power, ln_bounds, log_ratio_points, power_points
from scoring.methods import Method
from scoring.rules import Rule

CASES = Path(__file__).parent / "cases"
PRICES = ("80", "100", "120", "200")
BIDS = (("80", "50"), ("100", "70"), ("120", "80"), ("200", "95"))
TEN_THOUSANDTH = Decimal("0.0001")

PRICE_VECTORS = {
    "P1": ({"id": "P1"}, ["100", "80", "66.6667", "40"]),
    "P2 unfloored": ({"id": "P2"}, ["100", "75", "50", "-50"]),
    "P2 unfloored, said so": ({"id": "P2", "floor": "none"}, ["100", "75", "50", "-50"]),
    "P2 floored": ({"id": "P2", "floor": "0"}, ["100", "75", "50", "0"]),
    "P3": ({"id": "P3", "k": "3"}, ["100", "87.5", "75", "25"]),
    "P4": ({"id": "P4"}, ["100", "83.3333", "66.6667", "0"]),
    "P5": ({"id": "P5"}, ["86", "70", "54", "-10"]),
    "P6 base 2": ({"id": "P6", "base": "2"}, ["100", "67.8072", "41.5037", "-32.1928"]),
    "P6 base 3": ({"id": "P6", "base": "3"}, ["100", "79.6886", "63.0930", "16.5956"]),
    "P7 alpha 1": ({"id": "P7", "ceiling": "220", "alpha": "1"}, ["100", "85.7143", "71.4286", "14.2857"]),
    "P7 alpha 0.5": ({"id": "P7", "ceiling": "220", "alpha": "0.5"}, ["100", "92.5820", "84.5154", "37.7964"]),
    "P8 x 0.80": ({"id": "P8", "ceiling": "220", "x": "0.80"}, ["100", "91.1111", "82.2222", "16.8421"]),
    "P8 x 0.90": ({"id": "P8", "ceiling": "220", "x": "0.90"}, ["100", "95.5556", "91.1111", "18.9474"]),
    "A1": ({"id": "A1", "best": "60", "worst": "220"}, ["87.5", "75", "62.5", "12.5"]),
    "A2": ({"id": "A2", "ceiling": "220"}, ["63.6364", "54.5455", "45.4545", "9.0909"]),
    "A3": ({"id": "A3", "ceiling": "220", "n": "5"}, ["99.3642", "98.0596", "95.1717", "37.9079"]),
}
RULE_VECTORS = {
    "R1": ({"id": "R1"}, "50", ["1.6", "1.4286", "1.5", "2.1053"], "1"),
    "R3": ({"id": "R3"}, "50", ["0.55", "0.60", "0.5667", "0.40"], "1"),
    "R5": ({"id": "R5"}, "50", ["80", "88.2353", "100", "153.8462"], "0"),
    "M1": ({"id": "M1", "values": {"quality": "1"}}, "50", ["30", "30", "40", "105"], None),
    "M4": ({"id": "M4", "estimate": "120"}, "60", ["80", "84", "96", "164"], "0"),
}


@pytest.mark.parametrize("name", PRICE_VECTORS)
def test_the_common_test_vector_holds(name, points):
    """Prices 80, 100, 120 and 200 earn the published points under every price formula."""
    method, expected = PRICE_VECTORS[name]
    found = [value.quantize(TEN_THOUSANDTH) for value in points(method, *PRICES)]
    assert found == [Decimal(value) for value in expected]


@pytest.mark.parametrize("name", RULE_VECTORS)
def test_the_formula_is_a_policy_choice(name, figures):
    """The same four bids have different winners under different whole-tender rules."""
    rule, price, expected, _ = RULE_VECTORS[name]
    found = [value.quantize(TEN_THOUSANDTH) for value in figures(rule, *BIDS, price=price)]
    assert found == [Decimal(value) for value in expected]


@pytest.mark.parametrize("name", RULE_VECTORS)
def test_the_winner_under_each_rule_is_the_published_one(name, scored):
    """R1 and R3 pick the bid of 100, R5 and M4 that of 80, and M1 ties the two."""
    rule, price, _, winner = RULE_VECTORS[name]
    criteria = [
        {"id": "price", "weighting": price, "unit": "GBP"},
        {"id": "quality", "weighting": str(100 - int(price))},
    ]
    bids = {str(index): dict(zip(("price", "quality"), bid, strict=True)) for index, bid in enumerate(BIDS)}
    result = scored({"criteria": criteria, "rule": rule}, bids)
    assert result.winner == winner
    assert [bid.rank for bid in result.bids][:2] == ([1, 1] if winner is None else [1, 2])


@pytest.mark.parametrize("method", [{"id": "P1"}, {"id": "P2"}, {"id": "P3"}, {"id": "P4"}, {"id": "P6", "base": "2"}])
def test_one_bid_and_equal_bids_have_full_price_points(method, points):
    """Without a rival, or with equal prices, a relative formula gives everybody full points."""
    assert points(method, "80") == [100]
    assert points(method, "80", "80", "80") == [100, 100, 100]


def test_discount_formulas_give_full_points_to_equal_bids(points):
    """P7 with nobody below the ceiling, and P8 with all discounts equal, would be 0 / 0: the published points hold."""
    assert points({"id": "P7", "ceiling": "100"}, "100", "100") == [100, 100]
    assert points({"id": "P7", "ceiling": "100", "no_discount": "none"}, "100", "100") == [0, 0]
    assert points({"id": "P8", "ceiling": "100", "x": "0.8"}, "90", "90") == [100, 100]


def test_a_zero_price_stops_a_formula_that_would_divide_by_it(points):
    """A price of 0 under the inverse formula is a named error unless the tender published what it means."""
    with pytest.raises(scoring.ZeroValue, match="publish a zero rule"):
        points({"id": "P1"}, "0", "100")
    assert points({"id": "P1", "zero": "0.01"}, "0", "100")[1] == Decimal("0.01")
    assert points({"id": "P1", "zero": "full"}, "0", "100") == [100, 100]
    assert points({"id": "P4"}, "0", "100") == [100, 0]


def test_a_rejected_zero_price_does_not_set_the_lowest(scored):
    """Under the zero rule "reject" the bid is unranked and flagged, and the next price is the lowest."""
    lot = {"criteria": [{"id": "p", "weighting": "100", "method": {"id": "P1", "zero": "reject"}}]}
    result = scored(lot, {"a": {"p": "0"}, "b": {"p": "50"}, "c": {"p": "100"}})
    assert result.winner == "b"
    assert [(bid.id, bid.rank, bid.total) for bid in result.bids] == [
        ("b", 1, "100"),
        ("c", 2, "50"),
        ("a", None, None),
    ]
    assert set(result.bids[2].flags) == {"zero_price:p", "zero:p"}


def test_a_negative_price_is_scored_only_as_income(points):
    """A rebate cannot be scored by a formula of lowest prices; income has its own, inverted form."""
    with pytest.raises(scoring.InvalidValue, match="below 0"):
        points({"id": "P1"}, "-5", "100")
    assert points({"id": "P2"}, "80", "100", direction="higher") == [80, 100]


def test_a_price_above_the_ceiling_is_floored_or_excluded_as_published(scored, points):
    """The tender publishes whether a price above the ceiling earns no points or is not ranked."""
    assert points({"id": "A2", "ceiling": "100"}, "90", "120") == [10, 0]
    method = {"id": "A2", "ceiling": "100", "over_ceiling": "exclude"}
    result = scored(
        {"criteria": [{"id": "p", "weighting": "100", "method": method}]}, {"a": {"p": "90"}, "b": {"p": "120"}}
    )
    assert [(bid.id, bid.rank, bid.flags) for bid in result.bids] == [("a", 1, ()), ("b", None, ("above_ceiling:p",))]


def test_only_listed_grades_are_valid(points):
    """An average of 3.5 is no grade of a scale of whole marks."""
    scale = [{"value": str(value), "label": f"level {value}"} for value in range(6)]
    assert points({"id": "graded", "scale": scale}, "4", "level 5") == [80, 100]
    for grade in ("3.5", "6", "-1", "NaN", ""):
        with pytest.raises(scoring.InvalidValue):
            points({"id": "graded", "scale": scale}, grade)


def test_a_fatal_grade_rules_the_bid_out(scored):
    """Where the scale publishes 0 as fatal, a bid graded 0 is not ranked, and its price sets nothing."""
    scale = [{"value": "0", "fatal": True}, {"value": "5"}]
    lot = {
        "criteria": [
            {"id": "p", "weighting": "40", "method": {"id": "P1"}},
            {"id": "q", "weighting": "60", "method": {"id": "graded", "scale": scale}},
        ]
    }
    result = scored(lot, {"a": {"p": "10", "q": "0"}, "b": {"p": "100", "q": "5"}})
    assert (result.winner, result.reference_set, result.bids[1].flags) == ("b", ("b",), ("fatal:q",))
    assert result.bids[0].points["p"] == "100"


def test_a_quantity_earns_up_to_its_published_target(points):
    """More than the target earns no more, and a rival's promise changes nothing."""
    assert points({"id": "target", "target": "40"}, "10", "40", "90") == [25, 100, 100]


def test_a_social_value_promise_is_half_quality_and_half_quantity(scored):
    """Qualitative and quantitative shares of one criterion are mixed as published."""
    scale = [{"value": str(value)} for value in range(6)]
    lot = {
        "criteria": [
            {"id": "plan", "weighting": "0", "method": {"id": "graded", "scale": scale}},
            {
                "id": "jobs",
                "weighting": "100",
                "unit": "fte_year",
                "method": {"id": "target", "target": "40", "quality_share": "0.5", "quality": "plan"},
            },
        ]
    }
    result = scored(lot, {"a": {"plan": "4", "jobs": "10"}})
    assert result.bids[0].points == {"plan": "80", "jobs": "52.5"}


PLAN = {
    "id": "plan",
    "weighting": "0",
    "method": {"id": "graded", "scale": [{"value": str(value)} for value in range(6)]},
}


def believed(**plan):
    """A lot with a promise that is credited with the grade of its plan."""
    weeks = {"id": "weeks", "weighting": "100", "unit": "week"}
    return {"criteria": [PLAN | plan, weeks | {"method": {"id": "credited", "target": "40", "confidence": "plan"}}]}


@pytest.mark.parametrize(
    ("grade", "promised", "points"),
    [
        ("5", "10", "25"),
        ("4", "10", "20"),
        ("1", "10", "5"),
        ("0", "10000", "0"),
        ("2", "100", "100"),
        ("1", "90", "45"),
    ],
)
def test_a_promise_is_credited_with_the_confidence_in_it(scored, grade, promised, points):
    """A fifth of the confidence is a fifth of the quantity; what nobody believes counts nothing, whatever it is."""
    result = scored(believed(), {"a": {"plan": grade, "weeks": promised}})
    assert result.bids[0].points["weeks"] == points


def test_what_a_promise_is_credited_with_can_be_worked_out_on_paper(scored):
    """The sentence names quantity, confidence and target, and whose points the confidence is."""
    (bid,) = scored(believed(title="The plan"), {"a": {"plan": "4", "weeks": "10"}}).bids
    (step,) = [step for step in bid.chain if step.criterion == "weeks"]
    assert "100 × 10 × 0.8 ÷ 40 = 20" in step.sentence
    assert "0.8 is 80, the points of plan, ÷ 100" in step.sentence


def test_nobodys_promise_changes_what_another_is_credited_with(scored):
    """The target is published; a rival's ten thousand weeks move nothing but the rival's own points."""
    alone = scored(believed(), {"a": {"plan": "4", "weeks": "10"}})
    beside = scored(believed(), {"a": {"plan": "4", "weeks": "10"}, "b": {"plan": "5", "weeks": "10000"}})
    assert next(bid for bid in beside.bids if bid.id == "a").points == alone.bids[0].points


@pytest.mark.parametrize(
    "plan",
    [
        {"id": "other"},
        {"method": {"id": "yes_no"}},
        {"method": {"id": "graded", "scale": [{"value": "-1"}, {"value": "1"}]}},
    ],
)
def test_confidence_is_a_grade_from_nought_up(scored, plan):
    """A criterion that is not there, one that is not graded, and less than no confidence are refused."""
    with pytest.raises(scoring.BadDocument, match="confidence"):
        scored(believed(**plan), {"a": {"plan": "4", "weeks": "10"}})


def test_bands_say_which_end_belongs_to_them(points):
    """A value on the border of two bands falls where the published rule for the ends puts it."""
    bands = [{"from": "0", "to": "10", "points": "100"}, {"from": "10", "to": "20", "points": "50"}]
    assert points({"id": "A4", "bands": bands}, "9.99", "10", "20") == [100, 50, 50]
    assert points({"id": "A4", "bands": bands, "ends": "to"}, "0", "10", "10.01") == [100, 100, 50]
    with pytest.raises(scoring.InvalidValue, match="no band"):
        points({"id": "A4", "bands": bands}, "20.01")


def test_a_table_can_be_written_in_the_units_of_its_author(points):
    """Preference points 20, 18 and 0 out of 20 are 100, 90 and 0 points."""
    method = {"id": "A4", "values": {"1": "20", "2": "18", "non-compliant": "0"}, "out_of": "20"}
    assert points(method, "1", "2", "non-compliant") == [100, 90, 0]


def test_income_is_best_when_highest(points):
    """Every relative formula has its mirror image for values of which more is better."""
    expected = {"P1": [50, 100], "P2": [50, 100], "P3": [0, 100], "P4": [0, 100], "P10": [60, 100]}
    for name, wanted in expected.items():
        method = {"id": name, "points": ["100", "60"]} if name == "P10" else {"id": name}
        assert points(method, "50", "100", direction="higher") == wanted, name


def test_irrational_points_are_rounded_by_proof():
    """The enclosure of a logarithm always holds the published digits between its ends, and ties are found exactly."""
    low, high = ln_bounds(Fraction(10), 150)
    true = 2302585092994045684017991454684364207601101488628772976 * 2**150 // 10**54
    assert low <= true <= high
    assert high - low < 2**10
    assert common_power(Fraction(9, 4), Fraction(27, 8)) == Fraction(2, 3)
    assert log_ratio_points(Fraction(2), Fraction(256), 0) == (Fraction(175, 2), True)
    assert power_points(Fraction(8, 27), Fraction(2, 3), 4) == (Fraction(400, 9), True)


def test_every_formula_of_the_tables_is_there_and_documented():
    """37 formulas and six kinds of answers, each with five sections, a schema and a worked example."""
    listed = {one.id: one for one in scoring.methods()}
    assert len(listed) == len(scoring.methods()) == 43
    formulas = "P1 P1h P2 P3 P4 P5 P6 P7 P7b P8 P9 P10 A1 A2 A2b A3 A4 A5 R1 R2 R2b R3 R4 R5"
    formulas += " M1 M2 M3 M4 M5 M6 M7 S1 S2 S2b S3 S4 S5"
    assert set(formulas.split()) < listed.keys()
    for one in listed.values():
        assert one.example or one.id == "text", one.id
        assert all((one.formula, one.used, one.parameter_notes, one.edge_cases, one.source)), one.id
        assert one.parameters["type"] == "object"


def test_relative_formulas_are_forbidden_in_portugal():
    """The notes on the law follow from whether other bids can change a bid's points."""
    for one in scoring.methods():
        portugal = [note.weight for note in one.law if note.country == "PT"]
        assert portugal == (["forbidden"] if one.relative else []), one.id


def test_every_formula_has_a_case():
    """Each tag is scored in at least one case folder."""
    text = "".join(path.read_text() for path in CASES.glob("*/lot.json"))
    tags = [str(kind.__struct_config__.tag) for kind in (*get_args(Method), *get_args(Rule))]
    assert [tag for tag in tags if f'"id": {json.dumps(tag)}' not in text] == []


@pytest.mark.parametrize("module", [module.name for module in pkgutil.iter_modules(scoring.__path__)])
def test_worked_examples_in_docstrings_hold(module):
    """The examples that people read are run."""
    result = doctest.testmod(importlib.import_module(f"scoring.{module}"))
    assert result.failed == 0
