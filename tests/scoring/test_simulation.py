from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scoring
from scoring import Criterion, Lot, OpenedBid, canonical, evaluate
from scoring.alternatives import alternatives
from scoring.cautions import cautions
from scoring.field import changers, first, prepared, ranked
from scoring.invention import Draws, invent, usual_price
from scoring.model import leaves
from scoring.simulation import Simulation, Trial, simulate, simulated
from scoring.tree import plan
from tests.make import a_rules

QUALITY = {"id": "A1", "best": "100", "worst": "0"}


def a_simple_lot(price_weighting: str = "50", /, **fields: Any) -> Lot:
    """Price by P1 and quality as points, the rest of 100."""
    rest = str(100 - Decimal(price_weighting))
    return msgspec.convert(
        {
            "criteria": [
                {"id": "price", "weighting": price_weighting, "unit": "GBP", "method": {"id": "P1", "zero": "reject"}},
                {"id": "quality", "weighting": rest, "method": QUALITY},
            ]
        }
        | fields,
        Lot,
    )


def bids(**offers: tuple[str, str]) -> tuple[OpenedBid, ...]:
    return tuple(OpenedBid(id=name, values={"price": p, "quality": q}) for name, (p, q) in offers.items())


VECTOR = bids(p80=("80", "50"), p100=("100", "70"), p120=("120", "80"), p200=("200", "95"))


# Who would win under …


def winners_under(lot: Lot, given_bids: Sequence[OpenedBid]) -> dict[str, list[tuple[str, ...]]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for row in alternatives(plan(lot), given_bids, ("p80",)):
        assert row.refused is None, row
        found.setdefault(row.id, []).append(row.winners)
    return found


def test_the_formula_is_a_policy_choice():
    """Of the same four bids price per quality point and utility index pick the 100, relative value cost the 80."""
    found = winners_under(a_simple_lot(), VECTOR)
    assert found["R1"] == found["R3"] == [("p100",)]
    assert found["R5"] == [("p80",)]
    assert found["S1"] == [("p80",)]
    assert found["S4"] == [("p200",)]


def test_every_formula_that_needs_no_more_than_price_and_quality_is_tried():
    """Left out is only what needs amounts of its own: bands, a fixed price, bonus, levels, costs over years, carbon."""
    answers = {"graded", "yes_no", "target", "credited", "pass_fail", "text"}
    listed = {method.id for method in scoring.methods()} - answers
    assert listed - winners_under(a_simple_lot(), VECTOR).keys() == {"A4", "A5", "M2", "M3", "M5", "M6"}


def test_an_alternative_is_what_the_engine_itself_ranks():
    """Each row can be redone: put the stated parameters into the lot and evaluate."""
    for row in alternatives(plan(a_simple_lot()), VECTOR, ()):
        criteria: list[dict[str, Any]] = [
            {"id": "price", "weighting": "50", "unit": "GBP", "method": row.parameters},
            {"id": "quality", "weighting": "50", "method": QUALITY},
        ]
        rule = None
        if row.id[0] in "RMS":
            criteria[0].pop("method")
            rule = row.parameters
        ranking = evaluate(msgspec.convert({"criteria": criteria, "rule": rule}, Lot), VECTOR).bids
        assert row.order == tuple(bid.id for bid in ranking if bid.rank is not None)
        assert row.winners == tuple(sorted(bid.id for bid in ranking if bid.rank == 1))


def test_parameters_are_stated_and_follow_the_published_ceiling():
    """Where the lot publishes a ceiling the alternatives use it; where not, the highest price plus a tenth."""
    published = a_simple_lot(
        criteria=[
            {"id": "price", "weighting": "50", "unit": "GBP", "method": {"id": "A2", "ceiling": "300"}},
            {"id": "quality", "weighting": "50", "method": QUALITY},
        ]
    )
    for lot, ceiling in ((published, "300"), (a_simple_lot(), "220.00")):
        rows = {row.id: row for row in alternatives(plan(lot), VECTOR, ())}
        assert rows["A2"].parameters == {"id": "A2", "ceiling": ceiling}


def test_a_lot_under_a_whole_tender_rule_is_tried_under_points_as_well():
    """The way back: from price per quality point to every formula that scores a price."""
    lot = msgspec.convert(
        {
            "criteria": [
                {"id": "price", "weighting": "40", "unit": "GBP"},
                {"id": "quality", "weighting": "60", "method": QUALITY},
            ],
            "rule": {"id": "R1", "zero": "reject"},
        },
        Lot,
    )
    found = simulate(lot, Trial(bids=VECTOR, runs=0))
    assert found.winners == ("p100",)
    assert {row.id for row in found.under_others if not row.refused} >= {"P1", "P4", "A1", "R1", "S2"}


# Rank reversal


REVERSAL = bids(a=("90", "60"), b=("140", "90"), c=("70", "30"))


def test_a_loser_that_leaves_changes_the_winner():
    """With C in last place B wins 70.00 to 68.89; without C it is A, 80.00 to 77.14."""
    found = simulate(
        a_simple_lot(rounding=[{"stage": "total", "decimals": 2, "mode": "half_up"}]), Trial(bids=REVERSAL, runs=0)
    )
    assert [(standing.bid, standing.total) for standing in found.ranking] == [("b", "70"), ("a", "68.89"), ("c", "65")]
    lot = plan(a_simple_lot())
    field = [prepared(lot, bid) for bid in REVERSAL]
    assert changers(lot, field, ranked(lot, field)) == ("c",)


def test_the_probability_is_an_exact_fraction_of_the_runs():
    """300 fields are tried; the answer is the fraction that changed, not a rounded percentage."""
    found = simulate(a_simple_lot(), Trial(number=3, runs=300, seed=4)).reversal
    assert found is not None
    assert found.possible
    assert 0 < found.changed < 300
    assert Fraction(found.probability or 0) == Fraction(found.changed, 300)


def test_absolute_formulas_cannot_reverse():
    """With published bounds nobody's leaving matters, and the answer says that it is impossible, not just unseen."""
    lot = msgspec.convert(
        {
            "criteria": [
                {"id": "price", "weighting": "50", "unit": "GBP", "method": {"id": "A1", "best": "60", "worst": "220"}},
                {"id": "quality", "weighting": "50", "method": QUALITY},
            ]
        },
        Lot,
    )
    found = simulate(lot, Trial(bids=REVERSAL, runs=200)).reversal
    assert found is not None
    assert not found.possible
    assert (found.changers, found.changed, found.probability) == ((), 0, "0")


PRICE = {"id": "price", "unit": "GBP"}
COARSE = [
    {"stage": "leaf", "decimals": 0, "mode": "half_even"},
    {"stage": "subtotal", "decimals": 1, "mode": "truncate"},
]
RULES = [
    a_rules(),
    a_rules(minimum="60"),
    a_rules(rounding=COARSE),
    {
        "criteria": [
            PRICE | {"weighting": "30", "max_pass": 3, "method": {"id": "P4"}},
            {"id": "quantity", "weighting": "70", "max_pass": 4, "method": {"id": "target", "target": "50"}},
        ]
    },
    {
        "criteria": [PRICE | {"weighting": "60"}, {"id": "quality", "weighting": "40", "method": QUALITY}],
        "rule": {"id": "R3", "zero": "reject"},
    },
    {
        "criteria": [
            {
                "id": "group",
                "weighting": "100",
                "criteria": [
                    PRICE | {"weighting": "50", "minimum": "40", "method": {"id": "P5", "zero": "reject"}},
                    {"id": "quality", "weighting": "50", "method": QUALITY},
                ],
            }
        ],
        "tie_break": [{"id": "lower_price"}],
    },
]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(RULES), st.integers(1, 7), st.integers(0, 10**6))
def test_fields_are_ranked_as_the_engine_ranks_them(rules: dict[str, Any], number: int, seed: int):
    """What makes thousands of fields cheap changes no rank: prepared bids rank as `evaluate` ranks the same bids."""
    lot = msgspec.convert(rules, Lot)
    ready = plan(lot)
    some = invent(ready, number, Draws(seed), Fraction(1000))
    field = [prepared(ready, bid) for bid in some]
    outcome = ranked(ready, field)
    truth = {bid.id: bid.rank for bid in evaluate(lot, some).bids}
    assert {entry.bid.id: entry.rank for entry in outcome} == truth
    losers = [bid for bid in some if truth[bid.id] != 1]
    expected = tuple(
        sorted(
            loser.id
            for loser in losers
            if tuple(sorted(b.id for b in evaluate(lot, [one for one in some if one is not loser]).bids if b.rank == 1))
            != first(outcome)
        )
    )
    assert changers(ready, field, outcome) == expected


def test_who_is_cut_by_a_limit_needs_no_price():
    """Only the two best on quality open their prices; the third bid states none, and the others are still ranked."""
    criteria = [
        PRICE | {"weighting": "40", "method": {"id": "P1", "zero": "reject"}},
        {"id": "quality", "weighting": "60", "max_pass": 2, "method": QUALITY},
    ]
    third = OpenedBid(id="third", values={"quality": "10"})
    found = simulate(msgspec.convert({"criteria": criteria}, Lot), Trial(bids=(*VECTOR[2:], third), runs=5))
    assert found.refused == ()
    assert {standing.bid: standing.rank for standing in found.ranking}["third"] is None
    assert found.reversal is not None


# Invention


def test_invented_bids_are_complete_and_can_be_ranked():
    """Every leaf that asks for a value has one that its method accepts, tables, people and hurdles included."""
    table = {"id": "A4", "values": {"gold": "100", "silver": "40"}}
    lot = msgspec.convert(
        {
            "criteria": [
                {"id": "price", "weighting": "50", "unit": "GBP", "method": {"id": "P1", "zero": "reject"}},
                {"id": "level", "weighting": "40", "method": table},
                {"id": "staff", "weighting": "10", "unit": "person", "method": {"id": "target", "target": "7"}},
                {"id": "insured", "method": {"id": "pass_fail"}},
                {"id": "note", "method": {"id": "text"}},
            ]
        },
        Lot,
    )
    for rules in (lot, msgspec.convert(a_rules(), Lot)):
        ready = plan(rules)
        invented = invent(ready, 30, Draws(1), Fraction(1000))
        assert all(bid.rank is not None or bid.flags for bid in evaluate(rules, invented).bids)


@pytest.mark.parametrize(
    "rule",
    [
        {"id": "R4"},
        {"id": "M1", "values": {"quality": "10"}},
        {"id": "M2", "bonus": {"quality": {"1": "5", "2": "9"}}},
        {"id": "M3", "levels": {"1": "0.05", "2": "0.10"}},
        {"id": "M6", "prices": {"2027": "60"}},
        {"id": "S2", "zero": "reject"},
        {"id": "S5", "rate": "100"},
    ],
)
def test_raw_values_of_whole_tender_rules_are_invented_too(rule: dict[str, Any]):
    """Shares, listed grades, amounts and points are invented as each rule reads them."""
    name = "2027" if rule["id"] == "M6" else "quality"
    criteria = [{"id": "price", "weighting": "60", "unit": "GBP"}, {"id": name, "weighting": "40"}]
    found = simulate(msgspec.convert({"criteria": criteria, "rule": rule}, Lot), Trial(number=6, runs=10))
    assert found.refused == ()
    assert found.winners


def test_prices_are_invented_around_the_given_ones():
    """Whoever brings bids around 100 gets fields around 100, not around a million."""
    ready = plan(a_simple_lot())
    assert usual_price(ready, VECTOR) == 125
    prices = [Fraction(bid.values["price"]) for bid in invent(ready, 40, Draws(1), Fraction(125))]
    assert min(prices) >= 93
    assert max(prices) <= 157


def test_the_same_seed_gives_the_same_bytes():
    """On every machine: a trial is identified by rules, bids, seed and runs alone."""
    lot = a_simple_lot()
    one, two, other = (canonical(simulate(lot, Trial(number=4, runs=50, seed=seed))) for seed in (9, 9, 10))
    assert one == two != other
    assert Draws(1).below(10**12) == 105_479_208_955
    trial = Trial(number=4, runs=50, seed=9)
    assert simulated(msgspec.json.encode(lot), msgspec.json.encode(trial)) == one
    assert canonical(msgspec.json.decode(one, type=Simulation)) == one


# Poles and cautions


def test_a_price_of_nothing_is_tried():
    """A Dutch court threw out a price of 0.00 in a denominator; the trial shows what the rules make of one."""
    for zero, refused in (("reject", False), (None, True)):
        method = {"id": "P1"} | ({"zero": zero} if zero else {})
        criteria = [
            PRICE | {"weighting": "50", "method": method},
            {"id": "quality", "weighting": "50", "method": QUALITY},
        ]
        (pole,) = simulate(msgspec.convert({"criteria": criteria}, Lot), Trial(bids=VECTOR, runs=0)).poles
        assert (pole.criterion, pole.formula, pole.bid) == ("price", "P1", "p200")
        assert (pole.refused is not None) is refused
        assert bool(pole.winners) is not refused


def messages(lot: Lot, number: int = 8) -> str:
    found = simulate(lot, Trial(number=number, runs=0))
    return "\n".join(f"{problem.message} {problem.law}" for problem in found.problems)


def test_the_law_that_cares_is_named_with_its_country():
    """Portugal forbids what depends on other tenders; the caution says so with the article and how sure we are."""
    assert "PT: CCP art. 139(4) (seen, forbidden)" in messages(a_simple_lot())


def test_a_hurdle_that_shortens_the_scale_is_a_caution():
    """A minimum of 40 turns a scale of 0–5 into one of 2–5."""
    assert "a minimum shortens the scale" in messages(msgspec.convert(a_rules(), Lot))


def test_half_marks_are_a_caution_where_the_scale_has_none():
    """Bromcom: averaged half marks were on no published scale. A scale that lists them is left alone."""
    scale = [{"value": value} for value in ("0", "0.5", "1")]
    whole = msgspec.convert(a_rules(), Lot)
    halves = msgspec.convert(
        {"criteria": [{"id": "q", "weighting": "100", "method": {"id": "graded", "scale": scale}}]}, Lot
    )
    assert "half marks are not on the scale" in messages(whole)
    assert "half marks" not in messages(halves)


def test_integer_points_without_a_mode_block_publication():
    """A German notice said "whole points" and no mode; that is a fault."""
    lot = a_simple_lot(rounding=[{"stage": "leaf", "decimals": 0}])
    (fault,) = [problem for problem in simulate(lot, Trial(number=3, runs=0)).problems if problem.severity == "fault"]
    assert "without a mode" in fault.message


THIRDS = [{"id": name, "weighting": "1", "method": QUALITY} for name in ("one", "two", "three")]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"total": "3", "criteria": [PRICE | {"weighting": "3", "method": {"id": "P4"}}]}, "are points for a notice"),
        (
            {"criteria": [{"id": "group", "weighting": "100", "total": "3", "criteria": THIRDS}]},
            "needs more than two decimals",
        ),
        ({"criteria": [PRICE], "rule": {"id": "S1"}}, "BT-543"),
    ],
)
def test_weightings_that_a_notice_cannot_carry_are_a_caution(fields: dict[str, Any], message: str):
    """eForms takes one flat list of exact numbers a lot, adding up to 100 or 1, or points."""
    assert message in messages(msgspec.convert(fields, Lot))


def test_plain_percentages_pass_for_a_notice():
    """Weightings with two decimals that add up to 100 need no caution."""
    assert "notice" not in messages(a_simple_lot("33.34"))


@pytest.mark.parametrize(
    ("method", "bidders", "warned"), [("P1", 8, 1), ("P1", 2, 1), ("P5", 8, 0), ("P5", 2, 1), ("P10", 2, 0)]
)
def test_a_debrief_that_reveals_a_price_is_a_caution(method: str, bidders: int, warned: int):
    """Own price and own points under P1 give the lowest price; a mean over two bids gives the rival's exact price."""
    written = {"id": method} | ({"points": ["100", "50"]} if method == "P10" else {"zero": "reject"})
    criterion = Criterion(
        id="price", weighting=Decimal(100), unit="GBP", method=msgspec.convert(written, scoring.Method)
    )
    found = [problem for problem in cautions(Lot(criteria=(criterion,)), bidders) if "work out" in problem.message]
    assert len(found) == warned


# Size


def test_a_full_trial_takes_about_a_second_or_two():
    """8 bids, 20 criteria and 1,000 runs are the default; the answer carries everything, and every leaf a spread."""
    scale = {"id": "graded", "scale": [{"value": str(value)} for value in range(6)]}
    criteria: list[dict[str, Any]] = [
        {"id": "price", "weighting": "43", "unit": "GBP", "method": {"id": "P1", "zero": "reject"}}
    ]
    criteria += [{"id": f"q{number}", "weighting": "3", "method": scale} for number in range(19)]
    lot = msgspec.convert({"criteria": criteria}, Lot)
    found = simulate(lot, Trial())
    assert found.reversal is not None
    assert found.reversal.runs == 1000
    assert found.sensitivity is not None
    assert {spread.criterion for spread in found.sensitivity.spreads} == {leaf.id for leaf in leaves(lot.criteria)}


@pytest.mark.parametrize("fields", [{"number": 0}, {"number": 51}, {"runs": -1}, {"runs": 10_001}, {"seed": -1}])
def test_a_trial_has_bounds(fields: dict[str, int]):
    """What would run for minutes is refused when it is written down."""
    with pytest.raises(ValueError, match=r"write|takes"):
        Trial(**fields)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(RULES),
    st.lists(st.dictionaries(st.sampled_from(["price", "quality"]), st.text(max_size=8)), max_size=4),
)
def test_nonsense_is_an_answer_and_no_crash(rules: dict[str, Any], offers: list[dict[str, str]]):
    """Whatever is written into invented bids, the trial says why they cannot be ranked."""
    nonsense = tuple(OpenedBid(id=f"b{place}", values=values) for place, values in enumerate(offers))
    found = simulate(msgspec.convert(rules, Lot), Trial(bids=nonsense, number=2, runs=2))
    assert bool(found.refused) is not bool(found.ranking)


def test_unreadable_values_of_a_bid_that_is_out_do_not_matter():
    """An excluded bid's price may be nonsense; the others are ranked without it."""
    out = OpenedBid(id="out", state="excluded", values={"price": "1e999999", "quality": "?"})
    found = simulate(a_simple_lot(), Trial(bids=(*VECTOR, out), runs=5))
    assert found.refused == ()
    assert len(found.ranking) == 5
    assert found.winners == simulate(a_simple_lot(), Trial(bids=VECTOR, runs=5)).winners


def test_two_bids_with_one_id_are_refused_in_the_answer():
    """A trial of bids that cannot be told apart says so and ranks nothing."""
    found = simulate(a_simple_lot(), Trial(bids=(VECTOR[0], VECTOR[0]), runs=10))
    assert "two bids have" in found.refused[0]
    assert found.ranking == ()
    assert found.reversal is None
