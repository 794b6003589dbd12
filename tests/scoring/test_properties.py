"""What holds for every tender, whatever its bids; and, beside each such law, the tender that shows where it ends."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from hashlib import sha256
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import scoring
from tests.scoring.second.comparison import engine_opinion
from tests.scoring.second.formulas import Json
from tests.scoring.second.tenders import BANDS, TOLERANCES, Making, case_under, every, price_method, random_case
from tests.scoring.second.tree import is_lower_better, leaf_specs

Scored = Callable[..., scoring.Evaluation]
seeds = st.integers(0, 2**32 - 1)
prices = st.lists(st.integers(1, 5000).map(lambda cents: f"{cents // 10}.{cents % 10}5"), min_size=1, max_size=6)
searched = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])

MONOTONE_RULES = ("R1", "R2", "R2b", "R4", "R5", "M2", "M4", "M7", "S1", "S2", "S2b", "S3", "S4", "S5")
"""Rules under which a bid that is no worse anywhere never ranks below, as under weighted points; for R3 see its own
test. In M1, M3, M5 and M6 the buyer's own table says what is better."""

RATIO_METHODS: list[Json] = [
    {"id": "P1"},
    {"id": "P1h", "floor": "10"},
    {"id": "P2"},
    {"id": "P3", "k": "3"},
    {"id": "P4"},
    {"id": "P5"},
    {"id": "P6", "base": "2"},
    {"id": "P9", "bands": TOLERANCES},
    {"id": "P10", "points": ["100", "60", "20"]},
]
RATIO_RULES = ("R1", "R2", "R3", "R4", "R5", "S1", "S2", "S2b")

# The lowest and the highest points that each formula can give for a positive price, without a published floor or cap.
BOUNDS: list[tuple[Json, str | None, str | None]] = [
    ({"id": "P1"}, "0", "100"),
    ({"id": "P1h", "floor": "10", "top": "90"}, "10", "90"),
    ({"id": "P2"}, None, "100"),
    ({"id": "P3", "k": "2"}, "0", "100"),
    ({"id": "P4"}, "0", "100"),
    ({"id": "P5"}, None, "150"),
    ({"id": "P6", "base": "2"}, None, "100"),
    ({"id": "P7", "ceiling": "300", "alpha": "0.5"}, "0", "100"),
    ({"id": "P7b", "ceiling": "300", "threshold": "0.05"}, "0", "100"),
    ({"id": "P8", "ceiling": "300", "x": "0.85"}, "0", "100"),
    ({"id": "P9", "bands": TOLERANCES}, "0", "100"),
    ({"id": "P10", "points": ["100", "60", "20"]}, "0", "100"),
    ({"id": "A1", "best": "50", "worst": "300"}, "0", "100"),
    ({"id": "A2", "ceiling": "300"}, "0", "100"),
    ({"id": "A2b", "reference": "100"}, "0", "100"),
    ({"id": "A3", "ceiling": "300", "n": "2.5"}, "0", "100"),
    ({"id": "A4", "bands": BANDS}, "5", "100"),
    ({"id": "A5"}, "0", "0"),
]


def one_criterion(method: Json, offers: Sequence[str], **spec: Any) -> Json:
    """A tender decided by one criterion; the bids are named by their places in the list."""
    criterion = {"id": "price", "unit": "GBP", "weighting": "100", "method": method, **spec}
    bids = [{"id": f"{index}", "values": {"price": offer}} for index, offer in enumerate(offers)]
    return {"lot": {"criteria": [criterion]}, "bids": bids}


def price_points(method: Json, offers: Sequence[str]) -> list[Decimal | None]:
    """Points for offers under one method, in their order; nothing for a bid that is not ranked."""
    evaluation = engine_opinion(one_criterion(method, offers))
    assert evaluation is not None
    by_id = {bid.id: bid for bid in evaluation.bids}
    found = [by_id[f"{index}"] for index in range(len(offers))]
    return [Decimal(bid.points["price"]) if bid.rank else None for bid in found]


def outcome(case: Json) -> dict[str, Any] | None:
    """What each bid got; nothing where the bids cannot be ranked."""
    evaluation = engine_opinion(case)
    if evaluation is None:
        return None
    return {bid.id: (bid.rank, bid.tied, bid.total, bid.points, bid.weighted) for bid in evaluation.bids}


def breaks_ties_by(case: Json, tag: str) -> bool:
    return any(entry["id"] == tag for entry in case["lot"].get("tie_break", ()))


@searched
@given(seeds)
def test_the_order_in_which_bids_arrived_changes_no_byte(seed: int):
    chance = Random(seed)
    case = random_case(chance)
    evaluation = engine_opinion(case)
    assume(evaluation is not None)
    chance.shuffle(case["bids"])
    assert scoring.canonical(engine_opinion(case)) == scoring.canonical(evaluation)


def shuffled(chance: Random, criteria: list[Json]) -> list[Json]:
    """The same criteria in another order, at every level."""
    changed = [
        {**spec, "criteria": shuffled(chance, spec["criteria"])} if "criteria" in spec else spec for spec in criteria
    ]
    return chance.sample(changed, len(changed))


@searched
@given(seeds)
def test_the_order_in_which_criteria_are_written_decides_nothing(seed: int):
    """Except where the tender breaks ties by the heaviest criterion and two weigh the same: see the next test."""
    chance = Random(seed)
    case = random_case(chance)
    assume(not breaks_ties_by(case, "heaviest"))
    changed = {**case, "lot": {**case["lot"], "criteria": shuffled(chance, case["lot"]["criteria"])}}
    assert outcome(changed) == outcome(case)


def test_among_equally_heavy_criteria_the_first_written_breaks_the_tie(scored: Scored):
    def winner(*names: str) -> str | None:
        graded = {"id": "graded", "scale": [{"value": "0"}, {"value": "1"}]}
        criteria = [{"id": name, "weighting": "50", "method": graded} for name in names]
        bids = {"alder": {"design": "1", "staff": "0"}, "birch": {"design": "0", "staff": "1"}}
        return scored({"criteria": criteria, "tie_break": [{"id": "heaviest"}]}, bids).winner

    assert (winner("design", "staff"), winner("staff", "design")) == ("alder", "birch")


@searched
@given(seeds, prices)
def test_a_dearer_bid_never_earns_more_price_points(seed: int, offers: list[str]):
    chance = Random(seed)
    method = price_method(Making(chance))
    assume(method != {"id": "A5", "price": "100"})
    in_order = [points for points in price_points(method, sorted(offers, key=Decimal)) if points is not None]
    assert in_order == sorted(in_order, reverse=True)


@searched
@given(seeds, prices, st.integers(1, 500))
def test_raising_its_price_never_gains_a_bid_points(seed: int, offers: list[str], more: int):
    """Even though its own price is part of the lowest, the highest and the mean."""
    chance = Random(seed)
    method = price_method(Making(chance))
    assume(method != {"id": "A5", "price": "100"})
    before = price_points(method, offers)[0]
    after = price_points(method, [str(Decimal(offers[0]) + more), *offers[1:]])[0]
    assert after is None or (before is not None and after <= before)


def goodness(spec: Json, text: str) -> Decimal:
    """How good a value is, on a scale of its own; more is better."""
    method = spec.get("method", {"id": None})
    match method["id"]:
        case "text":
            return Decimal(0)
        case "pass_fail" | "yes_no":
            return Decimal(text in {"pass", "yes"})
        case "graded":
            named = {level.get("label"): level["value"] for level in method["scale"]}
            return Decimal(named.get(text, text))
        case "A1":
            return Decimal(text) * (1 if Decimal(method["best"]) > Decimal(method["worst"]) else -1)
        case _:
            lower = is_lower_better(spec) or method["id"] in {"A2", "A2b", "A3", "P7", "P7b", "P8"}
            return -Decimal(text) if lower else Decimal(text)


def worsened(case: Json, chance: Random) -> tuple[str, Json]:
    """The id of a bid, and a rival that is as bad as the worse of it and another bid on every criterion."""
    one, other = chance.choice(case["bids"]), chance.choice(case["bids"])
    values = dict(one["values"])
    for spec in leaf_specs(case["lot"]["criteria"]):
        if spec["id"] in values and spec["id"] in other["values"]:
            pair = (values[spec["id"]], other["values"][spec["id"]])
            values[spec["id"]] = min(pair, key=lambda text: goodness(spec, text))
    return one["id"], {**one, "id": "rival", "values": values}


@searched
@given(seeds, st.sampled_from((None, None, None, *MONOTONE_RULES)))
def test_a_bid_no_worse_on_any_criterion_never_ranks_below(seed: int, rule: str | None):
    """Weighted points under every formula, hurdle and rounding, and the whole-tender rules of MONOTONE_RULES."""
    chance = Random(seed)
    case = case_under(chance, rule)
    assume(not breaks_ties_by(case, "lots"))
    assume(all(value not in {"0", "-1", "1e1"} for bid in case["bids"] for value in bid["values"].values()))
    better, rival = worsened(case, chance)
    evaluation = engine_opinion({**case, "bids": [*case["bids"], rival]})
    places = ranks(evaluation)
    assume(places is not None)
    rank, rank_of_rival = (places or {})[better], (places or {})["rival"]
    assert rank_of_rival is None or (rank is not None and rank <= rank_of_rival)


def test_under_the_utility_index_a_dearer_bid_of_low_quality_can_rank_above_its_cheaper_twin(scored: Scored):
    """R3: far below the best quality the index is negative, and dividing it by a higher price brings it nearer to 0."""
    lot = {
        "criteria": [
            {"id": "price", "unit": "GBP", "weighting": "20"},
            {"id": "quality", "weighting": "80", "unit": "number", "direction": "higher"},
        ],
        "rule": {"id": "R3", "price": "price"},
    }
    bids = {
        "best": {"price": "100", "quality": "100"},
        "cheap": {"price": "100", "quality": "50"},
        "dear": {"price": "200", "quality": "50"},
    }
    assert {bid.id: bid.total for bid in scored(lot, bids).bids} == {"best": "1", "dear": "-0.5", "cheap": "-1"}


def test_drawing_lots_can_place_the_cheaper_of_two_equal_totals_second(scored: Scored):
    """Lots look at no price: where the total does not tell two bids apart, publish lower_price before them."""
    secret = "dew point"
    lot = {
        "criteria": [{"id": "price", "unit": "GBP", "weighting": "100", "method": {"id": "A4", "bands": BANDS}}],
        "tie_break": [{"id": "lots", "commitment": sha256(secret.encode()).hexdigest()}],
    }
    winners = {
        scored(lot, {"a": {"price": low}, "b": {"price": high}}, secret).winner
        for low, high in (("50", "60"), ("60", "50"))
    }
    assert len(winners) == 1


@pytest.mark.parametrize(("method", "low", "high"), BOUNDS, ids=[method["id"] for method, _, _ in BOUNDS])
def test_points_stay_within_the_bounds_of_their_formula(method: Json, low: str | None, high: str | None):
    @searched
    @given(prices)
    def holds(offers: list[str]):
        for points in price_points(method, offers):
            assert points is None or low is None or points >= Decimal(low)
            assert points is None or high is None or points <= Decimal(high)

    holds()


@searched
@given(seeds, prices, st.sampled_from(((), ("0",))))
def test_a_published_floor_and_cap_hold_for_everybody(seed: int, offers: list[str], zero: tuple[str, ...]):
    """One bid, equal bids and a price of 0 included."""
    chance = Random(seed)
    method = {**price_method(Making(chance)), "floor": "10.5", "cap": "95"}
    assume(method["id"] not in {"P1h", "P9", "P10", "A4", "A5"})
    offers = [*offers, *zero] if "zero" in method else offers
    assert all(points is None or Decimal("10.5") <= points <= 95 for points in price_points(method, offers))


@pytest.mark.parametrize("method", RATIO_METHODS, ids=[method["id"] for method in RATIO_METHODS])
def test_a_change_of_currency_changes_no_points_of_a_ratio_method(method: Json):
    @searched
    @given(prices, st.sampled_from(("100", "0.5", "1.12", "7.46")))
    def holds(offers: list[str], rate: str):
        converted = [str(Decimal(offer) * Decimal(rate)) for offer in offers]
        assert price_points(method, converted) == price_points(method, offers)

    holds()


@searched
@given(seeds, st.sampled_from(RATIO_RULES), st.sampled_from(("100", "0.5", "1.12", "7.46")))
def test_a_change_of_currency_changes_no_rank_under_a_ratio_rule(seed: int, rule: str, rate: str):
    chance = Random(seed)
    case = unrounded(case_under(chance, rule))
    converted = [
        {**bid, "values": {**bid["values"], "price": str(Decimal(bid["values"].get("price", 1)) * Decimal(rate))}}
        for bid in case["bids"]
    ]
    back = [
        {**bid, "values": {**bid["values"], "price": str(Decimal(bid["values"]["price"]) / Decimal(rate))}}
        for bid in converted
    ]
    assert ranks(engine_opinion({**case, "bids": converted})) == ranks(engine_opinion({**case, "bids": back}))


def unrounded(case: Json) -> Json:
    """The same tender without roundings and without a least total."""
    return {**case, "lot": {key: value for key, value in case["lot"].items() if key not in {"rounding", "minimum"}}}


def ranks(evaluation: scoring.Evaluation | None) -> dict[str, int | None] | None:
    """The places; nothing where the bids cannot be ranked."""
    return {bid.id: bid.rank for bid in evaluation.bids} if evaluation else None


def test_published_amounts_must_be_converted_with_the_prices():
    """A1 measures in pounds: the same offers in pence are all beyond its worst price."""
    method = {"id": "A1", "best": "50", "worst": "300"}
    assert price_points(method, ["100", "200"]) == [80, 40]
    assert price_points(method, ["10000", "20000"]) == [0, 0]


@searched
@given(seeds)
def test_a_bid_outside_the_reference_set_changes_nothing_by_leaving(seed: int):
    """Withdrawn, late or excluded, or failed by a question or a minimum that needs no other bid: it never counted."""
    chance = Random(seed)
    case = random_case(chance)
    assume(not breaks_ties_by(case, "lots"))
    chance.choice(case["bids"])["state"] = "withdrawn"
    evaluation = engine_opinion(case)
    assume(evaluation is not None)
    counted = set(evaluation.reference_set if evaluation else ())
    whole = outcome(case) or {}
    rest = outcome({**case, "bids": [bid for bid in case["bids"] if bid["id"] in counted]}) or {}
    assert rest == {name: whole[name] for name in counted}


def test_a_bid_that_fails_a_minimum_on_relative_points_still_set_the_reference(scored: Scored):
    """Its points were only known by comparing it; the cheapest bid measured the others before it failed."""
    lot = {
        "criteria": [
            {"id": "price", "unit": "GBP", "weighting": "50", "method": {"id": "P1"}},
            {"id": "jobs", "unit": "hour", "weighting": "50", "minimum": "50", "method": {"id": "P4"}},
        ]
    }
    bids = {"a": {"price": "80", "jobs": "1"}, "b": {"price": "100", "jobs": "5"}}
    with_a, alone = scored(lot, bids), scored(lot, {"b": bids["b"]})
    assert [(bid.id, bid.rank) for bid in with_a.bids] == [("b", 1), ("a", None)]
    assert (with_a.bids[0].points["price"], alone.bids[0].points["price"]) == ("80", "100")


def test_a_losing_bid_can_change_the_winner_by_leaving(scored: Scored):
    """Lowest price over price, half the weighting: with Cedar, which comes last, Birch wins; without it, Alder."""
    criteria = [
        {"id": "price", "unit": "GBP", "weighting": "50", "method": {"id": "P1"}},
        {"id": "quality", "unit": "number", "weighting": "50", "method": {"id": "A1", "best": "100", "worst": "0"}},
    ]
    alder, birch = {"price": "90", "quality": "60"}, {"price": "140", "quality": "90"}
    cedar = {"price": "70", "quality": "30"}
    with_cedar = scored({"criteria": criteria}, {"alder": alder, "birch": birch, "cedar": cedar})
    assert [bid.id for bid in with_cedar.bids] == ["birch", "alder", "cedar"]
    assert scored({"criteria": criteria}, {"alder": alder, "birch": birch}).winner == "alder"


@searched
@given(seeds, st.sampled_from(("R5", "M4")))
def test_under_r5_and_m4_a_leaving_bid_never_reorders_the_others(seed: int, rule: str):
    """Both compare with the lowest quality of the field, but its change moves every figure alike.

    Unless only the best so many may go on: then a leaving bid makes room for another.
    """
    chance = Random(seed)
    case = unrounded(case_under(chance, rule))
    before = engine_opinion(case)
    assume(before is not None and len(case["bids"]) > 1)
    assume(not any("max_pass" in spec for spec in every(case["lot"]["criteria"])))
    left = chance.choice(case["bids"])["id"]
    after = engine_opinion({**case, "bids": [bid for bid in case["bids"] if bid["id"] != left]})
    assert after is not None
    assert [bid.id for bid in after.bids] == [bid.id for bid in (before.bids if before else ()) if bid.id != left]
