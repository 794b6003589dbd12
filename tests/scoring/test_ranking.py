import hashlib
import json
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scoring
from scoring import OpenedBid
from scoring.decimals import Rounding, rounded, rounded_by
from scoring.tie_break import ticket

QUALITY = {"id": "A1", "best": "100", "worst": "0"}
SCALE = [{"value": str(value)} for value in range(6)]


def price_and_quality(method, price="50", quality="50", **lot):
    return {
        "criteria": [
            {"id": "price", "weighting": price, "unit": "GBP", "method": method},
            {"id": "quality", "weighting": quality, "direction": "higher", "unit": "number", "method": QUALITY},
        ],
        **lot,
    }


def bids_of(**bids):
    return {name: dict(zip(("price", "quality"), bid, strict=True)) for name, bid in bids.items()}


def totals(result):
    return {bid.id: bid.total for bid in result.bids}


def ranks(result):
    return {bid.id: bid.rank for bid in result.bids}


amounts = st.decimals(min_value="0.01", max_value="999999.99", places=2)
grades = st.integers(0, 100)
RELATIVE = st.sampled_from(
    [
        {"id": "P1"},
        {"id": "P1h", "floor": "10"},
        {"id": "P2"},
        {"id": "P2", "floor": "0"},
        {"id": "P3", "k": "2.5"},
        {"id": "P4"},
        {"id": "P5"},
        {"id": "P6", "base": "2"},
        {"id": "P7", "ceiling": "1000000", "alpha": "0.5"},
        {"id": "P7b", "ceiling": "1000000", "threshold": "0.05"},
        {"id": "P8", "ceiling": "1000000", "x": "0.85"},
        {"id": "P9", "bands": [{"to": "0.1", "points": "100"}, {"from": "0.1", "points": "40"}]},
        {"id": "P10", "points": ["100", "80", "50"]},
        {"id": "A1", "best": "0", "worst": "1000000"},
        {"id": "A2", "ceiling": "1000000"},
        {"id": "A2b", "reference": "1000"},
        {"id": "A3", "ceiling": "1000000", "n": "2.5"},
        {"id": "A4", "bands": [{"to": "1000", "points": "100"}, {"from": "1000", "points": "20"}]},
    ]
)
fields = st.lists(st.tuples(amounts, grades), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(method=RELATIVE, field=fields, data=st.data())
def test_order_of_arrival_does_not_matter(scored, method, field, data):
    """The result is the same, byte for byte, whichever bid was received first."""
    bids = [
        OpenedBid(id=str(number), values={"price": f"{price:f}", "quality": str(grade)})
        for number, (price, grade) in enumerate(field)
    ]
    lot = scored(price_and_quality(method), bids_of(a=("1", "1"))).lot
    shuffled = data.draw(st.permutations(bids))
    assert scoring.canonical(scoring.evaluate(lot, bids)) == scoring.canonical(scoring.evaluate(lot, shuffled))


@settings(max_examples=60, deadline=None)
@given(method=RELATIVE, field=fields)
def test_a_dearer_bid_never_earns_more_price_points(scored, method, field):
    """Whatever the formula, points do not rise with the price."""
    result = scored(
        price_and_quality(method),
        {str(number): {"price": f"{price:f}", "quality": str(grade)} for number, (price, grade) in enumerate(field)},
    )
    points = {bid.id: Decimal(bid.points["price"]) for bid in result.bids}
    for one, (cheap, _) in enumerate(field):
        for two, (dear, _) in enumerate(field):
            assert cheap > dear or points[str(one)] >= points[str(two)]


@settings(max_examples=60, deadline=None)
@given(method=RELATIVE, field=fields)
def test_a_bid_no_worse_on_every_criterion_never_ranks_below(scored, method, field):
    """Cheaper or equal, and as good or better: such a bid is not behind."""
    result = scored(
        price_and_quality(method),
        {str(number): {"price": f"{price:f}", "quality": str(grade)} for number, (price, grade) in enumerate(field)},
    )
    places = ranks(result)
    for one, (price, grade) in enumerate(field):
        for two, (other_price, other_grade) in enumerate(field):
            if price <= other_price and grade >= other_grade:
                assert places[str(one)] <= places[str(two)]


@settings(max_examples=50, deadline=None)
@given(method=RELATIVE.filter(lambda method: method["id"] not in {"P2", "P5", "P6"} or "floor" in method), field=fields)
def test_points_stay_within_their_bounds(scored, method, field):
    """A floored formula gives between 0 and 100 points."""
    bids = {str(number): {"price": f"{price:f}", "quality": "1"} for number, (price, _) in enumerate(field)}
    for bid in scored(price_and_quality(method), bids).bids:
        assert 0 <= Decimal(bid.points["price"]) <= 100


@settings(max_examples=50, deadline=None)
@given(
    method=st.sampled_from(
        [{"id": "P1"}, {"id": "P2"}, {"id": "P3"}, {"id": "P4"}, {"id": "P5"}, {"id": "P6", "base": "3"}]
    ),
    field=fields,
    factor=st.sampled_from([Decimal("1.25"), Decimal("0.5"), Decimal(8)]),
)
def test_a_change_of_currency_changes_nothing_in_ratio_formulas(scored, method, field, factor):
    """Pounds or euros: points depend on ratios of prices alone."""
    here = {str(number): {"price": f"{price:f}", "quality": str(grade)} for number, (price, grade) in enumerate(field)}
    there = {name: {**bid, "price": f"{Decimal(bid['price']) * factor:f}"} for name, bid in here.items()}
    lot = price_and_quality(method)
    shown = [[(bid.id, bid.rank, bid.points, bid.total) for bid in scored(lot, bids).bids] for bids in (here, there)]
    assert shown[0] == shown[1]


def test_removing_a_losing_bid_can_change_the_winner(scored):
    """With relative points a bid that comes last can decide who is first; the report and the draft screen say so."""
    field = bids_of(alder=("100", "60"), birch=("120", "75"), cedar=("50", "0"))
    lot = price_and_quality({"id": "P1"}, rounding=[{"stage": "total", "decimals": 2, "mode": "half_up"}])
    with_cedar = scored(lot, field)
    assert (with_cedar.winner, totals(with_cedar)) == ("birch", {"birch": "58.33", "alder": "55.00", "cedar": "50.00"})
    without = scored(lot, {name: field[name] for name in ("alder", "birch")})
    assert (without.winner, totals(without)) == ("alder", {"alder": "80.00", "birch": "79.17"})


def test_the_published_rank_reversal_holds(scored):
    """A: 90, 60. B: 140, 90. C: 70, 30. B leads with C in the field, A without it, although C is last."""
    field = bids_of(A=("90", "60"), B=("140", "90"), C=("70", "30"))
    lot = price_and_quality({"id": "P1"}, rounding=[{"stage": "total", "decimals": 2, "mode": "half_up"}])
    assert totals(scored(lot, field)) == {"B": "70.00", "A": "68.89", "C": "65.00"}
    assert totals(scored(lot, {name: field[name] for name in "AB"})) == {"A": "80.00", "B": "77.14"}


def test_an_exclusion_after_scoring_is_worked_both_ways(scored):
    """Both runs are kept, and the published policy says which points count."""
    field = bids_of(alder=("100", "60"), birch=("120", "75"), cedar=("50", "0"))
    for policy, closed, holds, order in (
        ("always", True, "after", ("alder", "birch")),
        ("until_admission_closed", False, "after", ("alder", "birch")),
        ("until_admission_closed", True, "before", ("birch", "alder")),
        ("never", False, "before", ("birch", "alder")),
    ):
        before = scored(price_and_quality({"id": "P1"}, recompute_on_exclusion=policy), field)
        run = scoring.exclude(before, {"cedar": "excluded"}, admission_closed=closed)
        assert (run.holds, run.order) == (holds, order)
        assert (run.before.winner, run.after.winner) == ("birch", "alder")
        assert scoring.verify(run.after) == ()
        back = scoring.exclude(run.after, {"cedar": "admissible"}, admission_closed=False)
        assert scoring.canonical(back.after) == scoring.canonical(before)


def test_a_failed_bid_never_sets_the_lowest_price(scored):
    """With the failed bid in the reference set the others would get 90.9 and 82.6 points instead."""
    rounding = [{"stage": "leaf", "decimals": 1, "mode": "half_up", "criteria": ["price"]}]
    lot = price_and_quality({"id": "P1"}, rounding=rounding)
    lot["criteria"][1]["minimum"] = "70"
    result = scored(lot, bids_of(a=("100", "69.99"), b=("110", "70"), c=("121", "100")))
    assert {bid.id: bid.points.get("price") for bid in result.bids} == {"a": None, "b": "100.0", "c": "90.9"}
    assert result.reference_set == ("b", "c")


def test_hurdles_hold_at_every_level_and_name_the_lowest_failing_one(scored):
    """70 overall, 65 on each criterion and 50 on each sub-criterion apply together; each is inclusive."""

    def outcome(subs, other):
        group = {
            "id": "criterion",
            "weighting": "50",
            "minimum": "65",
            "criteria": [
                {"id": name, "weighting": "50", "minimum": "50", "unit": "number", "method": QUALITY}
                for name in ("one", "two")
            ],
        }
        single = {"id": "other", "weighting": "50", "minimum": "65", "unit": "number", "method": QUALITY}
        lot = {"criteria": [{"id": "all", "weighting": "100", "minimum": "70", "criteria": [group, single]}]}
        bid = scored(lot, {"x": {"one": subs[0], "two": subs[1], "other": other}}).bids[0]
        return bid.rank, [flag.removeprefix("minimum:") for flag in bid.flags]

    assert outcome(("90", "50"), "70") == (1, [])
    assert outcome(("95", "49"), "90") == (None, ["two"])
    assert outcome(("80", "48"), "95") == (None, ["two", "criterion"])
    assert outcome(("69", "69"), "69") == (None, ["all"])


def test_a_minimum_on_relative_points_leaves_the_reference_set_alone(scored):
    """A bid that fails a minimum on price points is unranked, yet the prices it was compared with stay the same."""
    lot = price_and_quality({"id": "P4"})
    lot["criteria"][0]["minimum"] = "10"
    result = scored(lot, bids_of(a=("100", "50"), b=("150", "50"), c=("200", "100")))
    assert ranks(result) == {"a": 1, "b": 2, "c": None}
    assert result.bids[1].points["price"] == "50"
    assert result.reference_set == ("a", "b", "c")


def test_the_least_total_that_may_win_is_inclusive(scored):
    result = scored(price_and_quality({"id": "P1"}, minimum="75"), bids_of(a=("100", "50"), b=("200", "50")))
    assert [(bid.id, bid.rank, bid.flags) for bid in result.bids] == [("a", 1, ()), ("b", None, ("minimum_total",))]


@pytest.mark.parametrize(
    ("mode", "expected"), [("half_up", "62.13"), ("half_even", "62.12"), ("truncate", "62.12"), ("none", "62.125")]
)
def test_the_published_mode_decides_the_last_digit(points, scored, mode, expected):
    """62.125 is 62.13 half up, 62.12 half even: the tender says which."""
    lot = {"criteria": [{"id": "q", "weighting": "100", "method": QUALITY}]}
    lot["rounding"] = [{"stage": "total", "decimals": 2, "mode": mode}]
    assert totals(scored(lot, {"a": {"q": "62.125"}})) == {"a": expected}


@given(st.fractions(max_denominator=10**6), st.integers(0, 6))
def test_rounding_is_to_the_nearest_and_symmetric(value, decimals):
    """Half up means half away from zero, so a malus is rounded as a bonus is."""
    step = Fraction(1, 10**decimals)
    for mode in ("half_up", "half_even"):
        assert abs(rounded(value, decimals, mode) - value) <= step / 2
        assert rounded(-value, decimals, mode) == -rounded(value, decimals, mode)
    assert abs(rounded(value, decimals, "truncate")) <= abs(value)
    assert rounded_by((Rounding(stage="leaf", mode="none"),), value) == value


def test_rounding_before_adding_and_adding_before_rounding_differ(scored):
    """Three thirds of 100 are 99.99 when rounded first and 100.00 when added first; the tender publishes the stage."""
    lot = {
        "criteria": [{"id": name, "weighting": "33.3333333", "method": QUALITY} for name in "abc"],
        "total": "99.9999999",
    }
    bids = {"x": dict.fromkeys("abc", "100")}
    first = {**lot, "rounding": [{"stage": "criterion", "decimals": 2, "mode": "half_up"}]}
    last = {**lot, "rounding": [{"stage": "total", "decimals": 2, "mode": "half_up"}]}
    assert totals(scored(first, bids)) == {"x": "99.99"}
    assert totals(scored(last, bids)) == {"x": "100.00"}


def test_weighted_points_as_shown_add_up_to_the_total_as_shown(scored):
    """Where criteria are rounded, the total is the sum of what is printed."""
    lot = price_and_quality({"id": "P1"}, rounding=[{"stage": "criterion", "decimals": 2, "mode": "half_up"}])
    for bid in scored(lot, bids_of(a=("100", "33.333"), b=("300", "66.666"), c=("700", "1"))).bids:
        assert sum(map(Decimal, bid.weighted.values())) == Decimal(bid.total)


def test_equal_as_published_means_tied_even_if_the_exact_totals_differ(scored):
    """A published total of two decimals ranks by these; without one, the exact totals decide."""
    field = bids_of(a=("100", "50"), b=("100", "50.001"))
    assert ranks(scored(price_and_quality({"id": "P4"}), field)) == {"a": 2, "b": 1}
    lot = price_and_quality({"id": "P4"}, rounding=[{"stage": "total", "decimals": 2, "mode": "half_up"}])
    result = scored(lot, field)
    assert ranks(result) == {"a": 1, "b": 1}
    assert result.winner is None
    assert all(bid.tied for bid in result.bids)


@pytest.mark.parametrize(
    ("tie_break", "winner"),
    [
        ({"id": "heaviest"}, "a"),
        ({"id": "higher_quality"}, "b"),
        ({"id": "lower_price"}, "a"),
        ({"id": "criterion", "criterion": "quality"}, "b"),
        ({"id": "criterion", "criterion": "local"}, "b"),
        ({"id": "criterion", "criterion": "temporary"}, "a"),
    ],
)
def test_equal_totals_are_split_as_published(scored, tie_break, winner):
    """Heaviest criterion, quality, price, or a criterion that earns no points such as a share of disabled workers."""
    lot = price_and_quality({"id": "P1"}, tie_break=[tie_break])
    lot["criteria"] += [
        {"id": "local", "method": {"id": "text"}},
        {"id": "temporary", "method": {"id": "text"}, "direction": "lower"},
    ]
    field = {
        "a": {"price": "50", "quality": "40", "local": "3", "temporary": "1"},
        "b": {"price": "100", "quality": "90", "local": "12", "temporary": "5"},
    }
    result = scored(lot, field)
    assert result.winner == winner
    assert {bid.total for bid in result.bids} == {"70"}
    assert all(f"tie_broken:{tie_break['id']}" in bid.flags for bid in result.bids)


def test_anyone_can_draw_the_lots_again(scored):
    """The secret's hash is published before, the ids of all bids are mixed in, and the lowest ticket is drawn first."""
    secret = "kept in the safe"
    lots = [{"id": "lots", "commitment": hashlib.sha256(secret.encode()).hexdigest()}]
    lot, field = (
        price_and_quality({"id": "P1"}, tie_break=lots),
        bids_of(a=("50", "40"), b=("100", "90"), c=("50", "40")),
    )
    result = scored(lot, field, secret)
    by_hand = sorted("abc", key=lambda bid: hashlib.sha256(f"{secret}\na\nb\nc\n{bid}".encode()).hexdigest())
    assert [bid.id for bid in result.bids] == by_hand
    assert [bid.rank for bid in result.bids] == [1, 2, 3]
    assert ticket(secret, ["c", "a", "b"], "a") == ticket(secret, ["a", "b", "c"], "a")
    with pytest.raises(scoring.InvalidValue, match="not the secret"):
        scored(lot, field, "another secret")
    assert [note.message for note in scored(lot, field).notes] == ["lots_pending"]


def test_a_missing_value_stops_the_ranking_and_every_one_is_named(scored):
    """Missing is never 0 points, and an evaluation does not stop at the first gap."""
    with pytest.raises(scoring.MissingValue) as stopped:
        scored(price_and_quality({"id": "P1"}), {"a": {"price": "1"}, "b": {}, "c": {"price": "1", "quality": "2"}})
    named = {(fault.bid, fault.criterion) for fault in stopped.value.bid_faults}
    assert named == {("a", "quality"), ("b", "price"), ("b", "quality")}


def test_a_value_for_a_criterion_that_does_not_exist_is_refused(scored):
    """A misspelt id is a fault and not a missing value."""
    with pytest.raises(scoring.InvalidValue, match="no such criterion"):
        scored(price_and_quality({"id": "P1"}), {"a": {"price": "1", "qualty": "3"}})


def test_a_bid_that_is_out_anyway_cannot_stop_the_others(scored):
    """An unreadable value of a bid that fails a requirement does not matter, wherever the requirement stands."""
    lot = price_and_quality({"id": "P1"})
    lot["criteria"].append({"id": "insured", "method": {"id": "pass_fail"}})
    field = {
        "a": {"price": "1", "quality": "50", "insured": "pass"},
        "b": {"price": "1e3", "quality": "NaN", "insured": "fail"},
    }
    assert scored(lot, field).winner == "a"
    passed = {**field, "b": {**field["b"], "insured": "pass"}}
    with pytest.raises(scoring.InvalidValue):
        scored(lot, passed)
    lot["criteria"][1]["minimum"] = "10"
    assert scored(lot, {**passed, "b": {**passed["b"], "quality": "9"}}).winner == "a"


def test_two_bids_with_one_id_are_refused(scored):
    lot = scored(price_and_quality({"id": "P1"}), bids_of(a=("1", "1"))).lot
    bid = OpenedBid(id="a", values={"price": "1", "quality": "1"})
    with pytest.raises(scoring.InvalidValue, match="ids must differ"):
        scoring.evaluate(lot, [bid, bid])


def test_a_bid_can_be_redone_on_paper(scored):
    """Every step of a bid is a sentence with the numbers in it, from the offer to the rank."""
    lot = price_and_quality({"id": "P1"}, rounding=[{"stage": "leaf", "decimals": 2, "mode": "half_up"}])
    result = scored(lot, bids_of(alder=("120", "75"), birch=("80", "60")))
    assert [step.sentence for step in result.bids[1].chain] == [
        (
            "price: 100 × 80 ÷ 120 = 66.6666666667 (exactly 200/3), rounded half up to 2 decimals: 66.67 points,"
            " where 80 is the lowest of the bids; weighting 50 gives 66.67 × 50 ÷ 100 = 33.335."
        ),
        "quality: 100 × (75 − 0) ÷ (100 − 0) = 75 points; weighting 50 gives 75 × 50 ÷ 100 = 37.5.",
        "Total: 33.335 + 37.5 = 70.835.",
        "Rank 2 of 2.",
    ]
    step = result.bids[1].chain[0]
    assert (step.input, step.exact, step.result, step.weighting, step.contribution) == (
        "120",
        "200/3",
        "66.67",
        "50",
        "33.335",
    )


def test_a_supplier_reads_decimals_and_the_data_keep_the_fraction(scored):
    """700/9 is 77.7777777778 to a reader; whoever recomputes finds 700/9 in the step's data, through to the total."""
    result = scored(price_and_quality({"id": "P1"}), bids_of(alder=("90", "75"), birch=("70", "60")))
    price, _, total, _ = next(bid for bid in result.bids if bid.id == "alder").chain
    assert price.sentence == (
        "price: 100 × 70 ÷ 90 = 77.7777777778 (exactly 700/9) points, where 70 is the lowest of the bids;"
        " weighting 50 gives 77.7777777778 × 50 ÷ 100 = 38.8888888889 (exactly 350/9)."
    )
    assert (price.exact, price.result, price.contribution) == ("700/9", "700/9", "350/9")
    assert total.sentence == "Total: 38.8888888889 + 37.5 = 76.3888888889 (exactly 1375/18)."
    assert total.exact == "1375/18"


@pytest.mark.parametrize(
    ("method", "said"),
    [
        (
            {"id": "P8", "ceiling": "200", "x": "0.8"},
            (
                "100 × (0.8 + (1 − 0.8) × (0.6 − 0.3) ÷ (0.6 − 0.3)) = 100 points, where 0.6 is the discount"
                " (200 − 80) ÷ 200, 0.3 the mean of all discounts, 0.6 the largest;"
            ),
        ),
        ({"id": "P5"}, "50 − 100 × (80 − 140) ÷ 140 = 92.8571428571 (exactly 650/7) points, where 140 is the mean of"),
        ({"id": "P3", "k": "1.5"}, "100 × (1.5 × 80 − 200) ÷ ((1.5 − 1) × 80) = -200, which the floor makes 0 points,"),
        (
            {"id": "P10", "points": ["25", "22"], "out_of": "25"},
            "the published points for place 2 with 200 are 22 of 25: 88 points;",
        ),
        (
            {"id": "A3", "ceiling": "190", "n": "2"},
            " ^ 2) = 0 points, where a price above the ceiling counts as a discount of 0;",
        ),
        (
            {"id": "A4", "bands": [{"to": "90", "points": "100"}, {"from": "90", "points": "20"}]},
            "the published points for 200, in the band from 90: 20 points;",
        ),
    ],
    ids=["P8", "P5", "P3", "P10", "A3", "A4"],
)
def test_whatever_stands_in_a_formula_is_named(scored, method: dict[str, str], said: str):
    """Means, largest discounts and floors are other bids' doing; a supplier is told which number is which."""
    result = scored(price_and_quality(method), bids_of(alder=("80", "75"), birch=("200", "60")))
    assert any(said in step.sentence for bid in result.bids for step in bid.chain)


def test_each_published_rounding_is_told_in_the_order_it_acts(scored):
    """Cut off is not rounded; the sentence says which, to how many decimals, and what came out."""
    lot = price_and_quality(
        {"id": "P1"},
        rounding=[
            {"stage": "price_points", "decimals": 3, "mode": "truncate"},
            {"stage": "criterion", "decimals": 1, "mode": "half_even"},
        ],
    )
    result = scored(lot, bids_of(alder=("90", "75"), birch=("70", "60")))
    price = next(bid for bid in result.bids if bid.id == "alder").chain[0]
    assert price.sentence.endswith(
        "= 38.8888888889 (exactly 350/9), cut off after 3 decimals, then rounded half to even to 1 decimal: 38.9."
    )


def test_a_changed_digit_is_found_by_verification(scored):
    """Whatever is altered in a stored result, recomputing it from its own rules and bids tells."""
    result = scored(price_and_quality({"id": "P1"}), bids_of(a=("100", "60"), b=("120", "75")))
    stored = json.loads(scoring.canonical(result))
    assert scoring.verify(scoring.decode(json.dumps(stored).encode(), scoring.Evaluation)) == ()
    stored["bids"][0]["total"] = "99"
    assert scoring.verify(scoring.decode(json.dumps(stored).encode(), scoring.Evaluation)) == (
        'bids[0].total is "99"; its rules and bids give "80"',
    )
    stored["inputs"][0]["values"]["price"] = "101"
    altered = scoring.verify(scoring.decode(json.dumps(stored).encode(), scoring.Evaluation))
    assert any(difference.startswith("inputs_digest is ") for difference in altered)
    del stored["bids"][1]
    assert "bids has 1 entries; its rules and bids give 2" in scoring.verify(
        scoring.decode(json.dumps(stored).encode(), scoring.Evaluation)
    )
