"""Evaluations that others published with their numbers, read where they lie and scored as cases of our own."""

import json
import os
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from scoring.abnormally_low import Priced, Spain, Ukraine, alerts, spanish_limits
from scoring.decimals import rounded

PROJECT = Path(__file__).parents[2]
EXAMPLES = Path(os.environ.get("WORKED_EXAMPLES", PROJECT.parent / "shared" / "worked-examples"))

pytestmark = pytest.mark.skipif(not EXAMPLES.is_dir(), reason=f"the published examples are not at {EXAMPLES}")
HALF_UP = "half_up"


def example(name):
    (path,) = EXAMPLES.glob(f"{name}-*.json")
    return json.loads(path.read_text(), parse_float=Decimal, parse_int=Decimal)


def text(number):
    return f"{Decimal(number):f}"


def price(method, weighting="100", unit="EUR", **fields):
    return {"id": "price", "weighting": weighting, "unit": unit, "method": method, **fields}


def one_criterion(scored, method, offers, decimals, **lot):
    rounding = [{"stage": "leaf", "decimals": decimals, "mode": HALF_UP}]
    result = scored(
        {"criteria": [price(method)], "rounding": rounding, **lot},
        {name: {"price": text(offer)} for name, offer in offers.items()},
    )
    return {bid.id: Decimal(bid.points["price"]) for bid in result.bids if bid.points}


def test_01_the_cheapest_quote_divided_by_each(scored):
    """UK Digital Marketplace: 15,000, 10,000 and 30,000 score 0.667, 1 and 0.333."""
    case = example("01")
    offers = {bid["bidder"]: bid["price"] for bid in case["inputs"]["bids"]}
    found = one_criterion(scored, {"id": "P1"}, offers, 1)
    assert {name: points / 100 for name, points in found.items()} == case["published"]["scores"]


def test_03_a_graded_answer_takes_money_off_the_price(scored):
    """Negometrix: a partial answer to a question worth 2,500 makes 80,000 compare as 78,500."""
    case = example("03")
    criterion = case["inputs"]["criterion"]
    scale = [{"value": text(value), "label": label} for label, value in criterion["scale"].items()]
    lot = {
        "criteria": [
            {"id": "price", "unit": "EUR"},
            {"id": "2.1.4", "weighting": "100", "method": {"id": "graded", "scale": scale[::-1]}},
        ],
        "rule": {"id": "M1", "values": {"2.1.4": text(criterion["max_value"])}},
    }
    (bid,) = case["inputs"]["bids"]
    result = scored(lot, {"A": {"price": text(bid["price"]), "2.1.4": bid["grade"]}})
    assert Decimal(result.bids[0].total) == case["published"]["fictitious_price"]["A"]


def test_04_ukraine_flags_what_lies_far_below_the_others():
    """ProZorro: five cases of prices before and after the auction, two of them exactly at a limit."""
    case = example("04")
    for prices, flags in zip(case["inputs"]["cases"], case["published"]["flags_per_case"], strict=True):
        bids = [
            Priced(str(index), Fraction(after), Fraction(before), Fraction(0), Fraction(0))
            for index, (before, after) in enumerate(
                zip(prices["initial_prices"], prices["prices_after_auction"], strict=True)
            )
        ]
        found = [{"mean": 0, "next": 1}[alert.part] for alert in alerts(Ukraine(), bids) if alert.id == "0"]
        assert found == flags


def test_05_the_price_is_divided_by_a_coefficient(scored):
    """ProZorro: features of 0.1 and 0.1 out of 0.30 make 499 compare as 388.11."""
    case = example("05")
    lot = {
        "criteria": [
            {"id": "price", "weighting": "70", "unit": "UAH"},
            {"id": "AIR-INTAKE", "weighting": "15"},
            {"id": "YEARS", "weighting": "15"},
        ],
        "rule": {"id": "R4"},
        "rounding": [{"stage": "total", "decimals": 2, "mode": "half_even"}],
    }

    def bid(offer, values):
        return {"price": text(offer), "AIR-INTAKE": text(values[0]), "YEARS": text(values[1])}

    one = case["inputs"]["case_b_api_doc"]
    result = scored(lot, {"b": bid(one["price"], one["values"])})
    assert Decimal(result.bids[0].total) == case["published"]["case_b_weighted_amount"]
    two = {each["bidder"]: bid(each["price"], each["values"]) for each in case["inputs"]["case_c_test"]["bids"]}
    assert scored(lot, two).winner == case["published"]["case_c_winner"]


def test_07_financial_scores_of_india(scored):
    """QCBS: 20, 40 and 60 crore score 100, 50 and 33.3."""
    case = example("07")
    offers = {bid["bidder"]: bid["price"] for bid in case["inputs"]["bids"]}
    assert one_criterion(scored, {"id": "P1"}, offers, 1) == case["published"]["scores"]


def test_10_the_cheapest_bid_comes_last_on_quality(scored):
    """US design-build: adjusted bids of 1,176,471, 1,368,421 and 1,600,000."""
    case = example("10")
    lot = {
        "criteria": [{"id": "price", "unit": "USD"}, {"id": "technical", "weighting": "100"}],
        "rule": {"id": "R2"},
        "rounding": [{"stage": "total", "decimals": 0, "mode": HALF_UP}],
    }
    bids = {
        bid["bidder"]: {"price": text(bid["price"]), "technical": text(bid["technical_fraction"] * 100)}
        for bid in case["inputs"]["bids"]
    }
    result = scored(lot, bids)
    assert {bid.id: Decimal(bid.total) for bid in result.bids} == case["published"]["adjusted_bid"]
    assert {bid.id: bid.rank for bid in result.bids} == case["published"]["ranks"]
    assert result.winner == case["published"]["winner"]


def test_13_the_ladder_gives_a_fictitious_discount(scored):
    """CO2 performance ladder: level 3 takes 4 % off 30 million, which beats 29 million without a level."""
    case = example("13")
    levels = {level: text(share) for level, share in case["inputs"]["advantage_by_level"].items()}
    lot = {"criteria": [{"id": "price", "unit": "EUR"}, {"id": "level"}], "rule": {"id": "M3", "levels": levels}}
    bids = {bid["bidder"]: {"price": text(bid["price"]), "level": text(bid["level"])} for bid in case["inputs"]["bids"]}
    result = scored(lot, bids)
    assert {bid.id: Decimal(bid.total) for bid in result.bids} == case["published"]["fictitious_price"]
    assert result.winner == case["published"]["winner"]


def south_africa(bids, preference):
    table = {level: text(points) for level, points in preference.items()}
    criteria = [
        price({"id": "P2", "floor": "0"}, "80", "ZAR"),
        {"id": "level", "weighting": "20", "method": {"id": "A4", "values": table, "out_of": "20"}},
        {"id": "functional", "method": {"id": "pass_fail"}},
    ]
    rounding = [{"stage": stage, "decimals": 2, "mode": HALF_UP} for stage in ("price_points", "total")]
    passed = {True: "pass", False: "fail"}
    offers = {
        bid["bidder"]: {
            "price": text(bid["price"]),
            "level": bid["level"],
            "functional": passed[bid.get("passed_functionality", True)],
        }
        for bid in bids
    }
    return {"criteria": criteria, "rounding": rounding}, offers


def test_15_preference_points_overtake_the_cheapest(scored):
    """South Africa 80/20: price points 64, 80 and 73.74, totals 84, 86 and 91.74; the third bid wins."""
    case = example("15")
    result = scored(*south_africa(case["inputs"]["bids"], case["inputs"]["preference_table"]))
    published = case["published"]
    assert {bid.id: Decimal(bid.weighted["price"]) for bid in result.bids} == published["price_points"]
    assert {bid.id: Decimal(bid.total) for bid in result.bids} == published["total"]
    assert {bid.id: bid.rank for bid in result.bids} == published["ranks"]
    assert result.winner == published["winner"]


def test_18_a_failed_bid_does_not_set_the_minimum(scored):
    """South Africa: the cheapest fails functionality and is unscored; the next has all 80 points, the third 72."""
    case = example("18")
    result = scored(*south_africa(case["inputs"]["bids"], {"1": 20}))
    shown = {bid.id: (bid.rank, bid.total, bid.weighted.get("price")) for bid in result.bids}
    assert shown["1"] == (None, None, None)
    assert shown["2"][0] == case["published"]["ranks"]["2"]
    assert Decimal(shown["2"][2]) == case["published"]["price_points"]["2"]
    assert Decimal(shown["3"][2]) == case["verification"]["recomputed_unrounded"]["3"]


def test_19_functionality_is_a_weighted_rating_with_an_inclusive_threshold(scored):
    """South Africa: weight times rating over 5, summed; 70 passes a threshold of 70 and 69.99 does not."""
    case = example("19")
    scale = [{"value": str(value)} for value in range(6)]
    for ratings, score in zip(case["inputs"]["cases"], case["published"]["scores"], strict=True):
        criteria = [
            {"id": str(index), "weighting": text(one["weight"]), "method": {"id": "graded", "scale": scale}}
            for index, one in enumerate(ratings)
        ]
        rounding = [{"stage": "total", "decimals": 2, "mode": HALF_UP}]
        result = scored(
            {"criteria": criteria, "rounding": rounding},
            {"a": {str(index): text(one["rating"]) for index, one in enumerate(ratings)}},
        )
        assert Decimal(result.bids[0].total) == score
    for limit, passes in zip(case["inputs"]["threshold_cases"], case["published"]["threshold_pass"], strict=True):
        method = {"id": "A1", "best": "100", "worst": "0"}
        criterion = {"id": "q", "weighting": "100", "unit": "number", "method": method}
        criterion["minimum"] = text(limit["threshold"])
        assert (scored({"criteria": [criterion]}, {"a": {"q": text(limit["score"])}}).winner == "a") is passes


def test_19_a_rating_off_the_scale_is_refused(points):
    """Ratings of 6 and −1 are not on a scale of 0 to 5."""
    from scoring import InvalidValue

    scale = [{"value": str(value)} for value in range(6)]
    for rating in example("19")["inputs"]["invalid_ratings"]:
        with pytest.raises(InvalidValue, match="not on the published scale"):
            points({"id": "graded", "scale": scale}, text(rating))


def test_21_inverse_linear_and_discount_formulas_of_a_spanish_tool(scored):
    """Inverse 40 and 32 of 40, discount 0 of 50, a curve of 100, 100, 90 and 80; a price of 0 is not scorable."""
    case = example("21")
    inputs, published = case["inputs"], case["published"]
    for one, expected in zip(inputs["inverse"]["cases"], published["inverse"], strict=True):
        offers = {"bid": one["bid"], "rival": one.get("best_rival")}
        bids = {name: {"price": text(offer)} for name, offer in offers.items() if offer is not None}
        lot = {"criteria": [price({"id": "P1"}, "40")], "total": "40"}
        if expected is None:
            from scoring import Unscorable

            with pytest.raises(Unscorable):
                scored(lot, bids)
            continue
        totals = {bid.id: Decimal(bid.total) for bid in scored(lot, bids).bids}
        assert totals["bid"] == expected
    drop = inputs["proportional_to_drop"]
    method = {"id": "P7", "ceiling": text(drop["budget"])}
    offers = {"bid": drop["bid"], "rival": drop["best_rival"]}
    assert one_criterion(scored, method, offers, 2)["bid"] == published["proportional_to_drop"]
    linear = inputs["linear_to_budget"]
    best, worst = text(linear["best_rival"]), text(linear["budget"])
    found = one_criterion(scored, {"id": "A1", "best": best, "worst": worst}, {"bid": linear["bid"]}, 2)
    assert found["bid"] * linear["max_points"] / 100 == published["linear_to_budget"]
    curve = inputs["curve"]
    for rival, expected in zip(curve["rivals"], published["curve"], strict=True):
        assert one_criterion(scored, {"id": "P1"}, {"bid": curve["bid"], "rival": rival}, 2)["bid"] == expected


def test_22_spain_says_which_ten_points_it_means():
    """Prices of 100,000, 90,000 and 85,000: limits of 81,666.67 of the budget or 82,500 of the mean."""
    case = example("22")
    prices = [Fraction(bid["price"]) for bid in case["inputs"]["bids"]]
    budget, published = case["inputs"]["budget_implied"], case["verification"]["recomputed_unrounded"]
    readings = {
        "budget": published["limit_price_points_reading"],
        "mean": published["limit_price_percent_of_mean_reading"],
    }
    for reading, limit in readings.items():
        found = spanish_limits(Spain(budget=budget, reading=reading), prices)["mean"]
        assert rounded(found, 6, HALF_UP) == rounded(Fraction(limit), 6, HALF_UP)
    discount = 100 * (1 - sum(prices) / len(prices) / Fraction(budget))
    assert rounded(discount + 10, 2, HALF_UP) == Fraction(case["published"]["threshold_discount_pct"])


def test_25_a_scorecard_that_binary_floats_get_wrong(scored):
    """4.19, 4.015 and 3.955 are published as 4.19, 4.02 and 3.96."""
    case = example("25")
    weights = case["inputs"]["weights_pct"]
    method = {"id": "A1", "best": "5", "worst": "0"}
    criteria = [
        {"id": name, "weighting": text(weight / 20), "unit": "number", "method": method}
        for name, weight in weights.items()
    ]
    rounding = [{"stage": "total", "decimals": 2, "mode": HALF_UP}]
    bids = {
        bid["bidder"]: {name: text(score) for name, score in zip(weights, bid["scores"], strict=True)}
        for bid in case["inputs"]["bids"]
    }
    result = scored({"criteria": criteria, "total": "5", "rounding": rounding}, bids)
    assert {bid.id: Decimal(bid.total) for bid in result.bids} == case["published"]["total"]
    assert {bid.id: bid.rank for bid in result.bids} == case["published"]["ranks"]


def test_34_thresholds_at_three_levels_apply_together(scored):
    """World Bank: 70 overall, 65 per criterion, 50 per sub-criterion."""
    case = example("34")
    method = {"id": "A1", "best": "1", "worst": "0"}
    limits = {name: text(share * 100) for name, share in case["inputs"]["thresholds"].items()}

    def leaf(name, minimum):
        return {"id": name, "weighting": "50", "unit": "number", "method": method, "minimum": minimum}

    for one in case["computed_by_us"]["cases"]:
        criteria = [leaf(f"criterion {index}", limits["criterion"]) for index in range(2)]
        subs = [leaf(f"sub {index}", limits["sub_criterion"]) for index in range(2)]
        lot = {
            "criteria": [
                {"id": "rated", "weighting": "100", "minimum": limits["overall"], "criteria": criteria},
                {"id": "subs", "weighting": "0", "criteria": subs},
            ]
        }
        values = {f"criterion {index}": text(share) for index, share in enumerate(one["criteria"])}
        values |= {f"sub {index}": text(share) for index, share in enumerate(one["sub"])}
        assert (scored(lot, {"a": values}).winner == "a") is one["pass"]
