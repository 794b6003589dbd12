"""The vector engine gives the same digits as the plain one, whatever the lot."""

import random
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from itertools import product

import msgspec
import numpy as np
import pytest

from scoring.bulk import Vectors, plain_standings, score_many
from scoring.canonical import canonical
from scoring.columns import AMOUNT_UNIT, ByHand, NotByColumns, Quotient, Steps, columns_of
from scoring.decimals import rounded
from scoring.kernels import rounded_quotients
from scoring.model import Lot, OpenedBid
from scoring.ranking import evaluate
from scoring.worked import InvalidValue, MissingValue

HALF_UP_6 = {"stage": "leaf", "decimals": 6, "mode": "half_up"}
BANDS = [{"to": "10", "points": "100"}, {"from": "10", "to": "20.5", "points": "62.5"}, {"from": "20.5", "points": "5"}]
GRADES = [{"value": str(grade), "label": f"grade {grade}"} for grade in range(6)]
METHODS = (
    {"id": "P1", "zero": "reject"},
    {"id": "P1", "zero": "reject", "floor": "33.3333335"},
    {"id": "P2", "zero": "reject"},
    {"id": "P2", "zero": "reject", "floor": "0"},
    {"id": "P3", "k": "2", "zero": "reject"},
    {"id": "P3", "k": "2.5", "zero": "reject", "floor": "none"},
    {"id": "P4"},
    {"id": "A1", "best": "60", "worst": "220"},
    {"id": "A1", "best": "500.25", "worst": "10", "floor": "none", "cap": "none"},
    {"id": "A2", "ceiling": "300"},
    {"id": "A2", "ceiling": "777.77", "floor": "none"},
    {"id": "A4", "bands": BANDS},
    {"id": "A4", "bands": BANDS, "ends": "to", "out_of": "30"},
    {"id": "A4", "values": {"gold": "100", "silver": "66.6666665", "none": "0"}},
    {"id": "graded", "scale": GRADES},
    {"id": "graded", "scale": [{"value": "-2"}, {"value": "0.5"}, {"value": "3"}]},
    {"id": "yes_no"},
    {"id": "yes_no", "yes": "80", "no": "-12.5"},
    {"id": "target", "target": "37"},
)
BY_HAND = (
    {"id": "P1h", "floor": "10", "top": "100", "zero": "reject"},
    {"id": "P5"},
    {"id": "P6", "base": "2", "decimals": 4, "zero": "reject"},
    {"id": "P10", "points": ["25", "22", "20"], "out_of": "25"},
    {"id": "A2b", "reference": "100", "zero": "reject"},
    {"id": "A3", "ceiling": "5000", "n": "2"},
)


def an_offer(chance: random.Random, method: dict, scale: int) -> str:
    """A value that the method takes; small ranges make ties, large ones exceed what a binary float holds."""
    match method["id"]:
        case "graded":
            return chance.choice([level["value"] for level in method["scale"]])
        case "yes_no":
            return chance.choice(("yes", "no"))
        case "A4" if "values" in method:
            return chance.choice(list(method["values"]))
        case _:
            return f"{Decimal(chance.randint(1, 400 * scale)) / Decimal(scale):f}"


def direction_by(method: dict) -> str | None:
    """Which way is better where the formula leaves no choice."""
    if method["id"] == "A1":
        return "higher" if Decimal(method["best"]) > Decimal(method["worst"]) else "lower"
    return "lower" if method["id"] in {"A2", "A2b", "A3"} else None


def a_random_case(seed: int, methods: tuple[dict, ...] = METHODS) -> tuple[Lot, list[OpenedBid]]:
    """A lot of up to 12 criteria, some in a group, and up to 40 bids."""
    chance = random.Random(seed)
    count = chance.randint(2, 12)
    weightings = sorted(chance.sample(range(1, 10_000), count - 1))
    shares = [high - low for low, high in zip([0, *weightings], [*weightings, 10_000], strict=True)]
    criteria = [
        {
            "id": f"c{place}",
            "weighting": f"{Decimal(share) / 100:f}",
            "direction": direction_by(method) or chance.choice(("lower", "higher")),
            "method": dict(method),
        }
        for place, share in enumerate(shares)
        for method in [chance.choice(methods)]
    ]
    if chance.random() < 0.5:
        inner = criteria[: count // 2]
        total = f"{sum(Decimal(one['weighting']) for one in inner):f}"
        criteria = [{"id": "g", "weighting": total, "total": total, "criteria": inner}, *criteria[count // 2 :]]
    mode = chance.choice(("half_up", "half_up", "half_even", "truncate"))
    names = [f"c{place}" for place in range(count)]
    rounding = [
        {"stage": "leaf", "decimals": chance.choice((0, 2, 3, 6)), "mode": mode, "criteria": part}
        for part in (names[::2], names[1::2])
    ]
    if chance.random() < 0.7:
        rounding.append(
            {
                "stage": "total",
                "decimals": chance.choice((0, 1, 2, 4)),
                "mode": chance.choice(("half_up", "half_even", "truncate")),
            }
        )
    lot = msgspec.convert({"criteria": criteria, "rounding": rounding}, Lot)
    scale = chance.choice((1, 2, 10_000))
    grown = chance.random() < 0.3
    bids = []
    leaves = [leaf for one in criteria for leaf in one.get("criteria", [one])]
    for place in range(chance.randint(1, 40)):
        values = {leaf["id"]: an_offer(chance, leaf["method"], scale) for leaf in leaves}
        for leaf in leaves if grown else ():
            if leaf["method"]["id"] in {"P1", "P2", "P3", "P4"}:
                values[leaf["id"]] = f"{Decimal(999_999_999_990_000 + chance.randint(0, 20)) / 10_000 + 9 * 10**11:f}"
        bids.append(OpenedBid(id=f"bid {place:02}", values=values))
    return lot, bids


def by_vectors(lot: Lot, bids: list[OpenedBid]):
    vectors = Vectors(columns_of(lot))
    return vectors.standings(vectors.score(vectors.table(bids)))


@pytest.mark.parametrize("start", range(0, 400, 40))
def test_both_engines_give_the_same_points_totals_and_ranks(start):
    """Random tenders of all methods, with ties and amounts beyond what a float holds, show no difference."""
    scored = 0
    for seed in range(start, start + 40):
        lot, bids = a_random_case(seed)
        try:
            found = by_vectors(lot, bids)
        except NotByColumns:
            continue
        scored += 1
        assert canonical(found) == canonical(plain_standings(lot, bids)), seed
    assert scored > 20


def test_formulas_without_a_column_form_are_worked_out_by_the_plain_functions():
    """P1h, P5, P6, P10, A2b and A3 stand beside columns and still give the plain engine's digits."""
    scored = 0
    for seed in range(1000, 1040):
        lot, bids = a_random_case(seed, BY_HAND + METHODS[:2])
        try:
            found = by_vectors(lot, bids)
        except NotByColumns:
            continue
        scored += 1
        assert canonical(found) == canonical(plain_standings(lot, bids)), seed
    assert scored > 20


def a_lot(*criteria: dict, **fields) -> Lot:
    return msgspec.convert({"criteria": list(criteria), "rounding": [HALF_UP_6], **fields}, Lot)


def a_price(weighting: str, **method) -> dict:
    return {"id": "price", "weighting": weighting, "direction": "lower", "method": method}


def a_grade(weighting: str, **fields) -> dict:
    return {"id": "a", "weighting": weighting, "method": {"id": "graded", "scale": GRADES}, **fields}


def many_bids(**choices: tuple[str, ...]) -> list[OpenedBid]:
    """150 bids that go through the choices of each criterion in turn."""
    return [
        OpenedBid(id=f"bid {place:03}", values={name: texts[place % len(texts)] for name, texts in choices.items()})
        for place in range(150)
    ]


def as_evaluated(lot: Lot, bids: list[OpenedBid]) -> list[tuple]:
    """Id, rank, tied, total and points of the leaves from the explained ranking."""
    leaves = {column.id for column in lot.criteria}
    return [
        (bid.id, bid.rank, bid.tied, bid.total, {name: bid.points[name] for name in bid.points.keys() & leaves})
        for bid in evaluate(lot, bids).bids
    ]


PRICES = tuple(f"{price}.{price % 7}" for price in range(100, 163))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"minimum": "60"},
        {"tie_break": [{"id": "criterion", "criterion": "a"}]},
        {"rounding": [{"stage": "criterion", "decimals": 2, "mode": "half_up"}]},
        {"rounding": []},
        {"rounding": [HALF_UP_6, {"stage": "total", "decimals": 1, "mode": "half_even"}]},
    ],
)
def test_big_lots_rank_as_the_explained_ranking_does(fields):
    """Whatever the lot publishes, the door for many bids gives what `evaluate` gives."""
    lot = a_lot(a_price("60", id="P1", zero="reject"), a_grade("40"), **fields)
    bids = many_bids(price=PRICES, a=("0", "1", "2", "3", "grade 4", "5"))
    found = [(one.id, one.rank, one.tied, one.total, one.points) for one in score_many(lot, bids)]
    assert found == as_evaluated(lot, bids)


def test_hurdles_zero_rules_and_states_are_left_to_the_plain_engine():
    """A bid that is not ranked, for whatever reason, stays out of the reference values of a big lot too."""
    lot = a_lot(a_price("60", id="P1", zero="reject"), a_grade("40", minimum="40"))
    bids = many_bids(price=("0", *PRICES), a=("0", "1", "2", "3", "4", "5"))
    bids[7] = msgspec.structs.replace(bids[7], state="excluded")
    found = [(one.id, one.rank, one.tied, one.total, one.points) for one in score_many(lot, bids)]
    assert found == as_evaluated(lot, bids)
    assert any(rank is None for _, rank, *_ in found)


def test_a_value_off_the_scale_is_refused_in_big_lots():
    """A half mark that the scale does not list stops the ranking, and a missing value too."""
    lot = a_lot(a_price("60", id="P1", zero="reject"), a_grade("40"))
    with pytest.raises(InvalidValue, match="not on the published scale"):
        score_many(lot, many_bids(price=PRICES, a=("1", "2.5")))
    with pytest.raises(MissingValue):
        score_many(lot, many_bids(price=PRICES))


def test_amounts_beyond_what_a_float_holds_are_told_apart():
    """Prices near 10^12 that differ in the fourth decimal earn different points, correctly rounded."""
    lot = a_lot(a_price("100", id="P4"))
    bids = many_bids(price=tuple(f"900719925474.{place:04}" for place in range(60)))
    assert isinstance(columns_of(lot).columns[0].work, Quotient)
    assert by_vectors(lot, bids) == plain_standings(lot, bids)
    assert len({one.points["price"] for one in by_vectors(lot, bids)}) == 60


def test_halves_are_rounded_by_the_published_mode():
    """Every second price lies exactly between two published points; floats could fall either way."""
    for mode in ("half_up", "half_even", "truncate"):
        lot = a_lot(
            a_price("100", id="A1", best="0", worst="200"),
            rounding=[{"stage": "leaf", "decimals": 0, "mode": mode}],
        )
        bids = many_bids(price=tuple(str(price) for price in range(150)))
        found = {one.id: one.points["price"] for one in by_vectors(lot, bids)}
        expected = {bid.id: rounded(100 - Fraction(bid.values["price"]) / 2, 0, mode) for bid in bids}
        assert {bid: Fraction(points) for bid, points in found.items()} == expected


@pytest.mark.parametrize("mode", ["half_up", "half_even", "truncate"])
def test_whole_number_quotients_round_like_the_one_function_that_rounds(mode):
    """Signs and halves included."""
    pairs = [(above, below) for above, below in product(range(-13, 14), (-6, -4, -3, -1, 1, 2, 3, 5, 8))]
    above, below = (np.array(side) for side in zip(*pairs, strict=True))
    found = rounded_quotients(np, above, below, mode).tolist()
    assert found == [int(rounded(Fraction(one, two), 0, mode)) for one, two in pairs]


def test_totals_in_half_marks_are_never_wrong():
    """Marks in halves and weightings 5/10/15/20/25/25: every total out of 10 is the exact one, rounded half up."""
    shares = (5, 10, 15, 20, 25, 25)
    scale = [{"value": f"{half / 2:g}"} for half in range(21)]
    leaves = [
        {"id": f"c{at}", "weighting": f"{share / 10:g}", "method": {"id": "graded", "scale": scale}}
        for at, share in enumerate(shares)
    ]
    rounding = [{"stage": "total", "decimals": 2, "mode": "half_up"}]
    vectors = Vectors(columns_of(a_lot(*leaves, total="10", rounding=rounding)))
    chance = random.Random(4)
    halves = np.array([[chance.randint(0, 20) for _ in range(20_000)] for _ in shares])
    scored = vectors.score(vectors.table_of(tuple(f"{at:05}" for at in range(20_000)), halves * 5_000))
    right = (np.array(shares) @ halves + 1) // 2
    floats = np.rint(np.round(np.array(shares) / 100 @ (halves / 2), 2) * 100).astype(int)
    assert (scored.totals == right).all()
    assert (floats != right).mean() > 0.05


def test_weightings_of_five_decimals_go_by_columns_and_of_seven_do_not():
    """Beyond 2^53 sums would be rounded; such a lot is ranked by the plain engine, as exactly."""
    five = a_lot(a_price("33.33333", id="P1", zero="reject"), a_grade("66.66667"))
    seven = a_lot(a_price("33.3333333", id="P1", zero="reject"), a_grade("66.6666667"))
    assert columns_of(five).denominator < 1 << 53
    with pytest.raises(NotByColumns):
        columns_of(seven)
    bids = many_bids(price=PRICES, a=("1", "4"))
    assert score_many(seven, bids) == plain_standings(seven, bids)


def test_points_far_below_zero_go_to_the_plain_engine():
    """Without a floor a price of a million times the lowest earns points that sums of columns could not hold."""
    lot = a_lot(a_price("60", id="P2", zero="reject"), a_grade("40"))
    bids = many_bids(price=("0.01", "1000000"), a=("1", "4"))
    with pytest.raises(NotByColumns):
        by_vectors(lot, bids)
    assert score_many(lot, bids) == plain_standings(lot, bids)


def test_chunks_do_not_show():
    """20,000 bids, worked on in chunks, have the points they have in a table of their own."""
    lot = a_lot(a_price("60", id="A1", best="60", worst="220"), a_grade("40"))
    vectors = Vectors(columns_of(lot))
    rows = np.array(
        [[at * 17 % 160 * AMOUNT_UNIT for at in range(40_000)], [at % 6 * AMOUNT_UNIT for at in range(40_000)]]
    )
    rows = rows[[("price", "a").index(name) for name in vectors.criteria]]
    whole = vectors.score(vectors.table_of(tuple(f"{at:05}" for at in range(40_000)), rows))
    part = vectors.score(vectors.table_of(("x", "y", "z"), rows[:, 39_000:39_003]))
    assert (whole.points[:, 39_000:39_003] == part.points).all()
    assert (np.sort(whole.ranks)[:1] == 1).all()


def test_the_ends_of_bands_fall_as_published():
    """A ten-thousandth decides: an end belongs to the upper band, or to the lower one where the tender says so."""
    for ends in ("from", "to"):
        lot = a_lot({"id": "b", "weighting": "100", "method": {"id": "A4", "bands": BANDS, "ends": ends}})
        bids = many_bids(b=("9.9999", "10", "10.0001", "20.4999", "20.5", "20.5001"))
        assert isinstance(columns_of(lot).columns[0].work, Steps)
        assert by_vectors(lot, bids) == plain_standings(lot, bids)


def test_each_kind_of_column_is_used():
    """Formulas, scales, wide bands and formulas by hand each have their own arithmetic."""
    bands = {"id": "A4", "bands": [{"to": "1000000", "points": "100"}, {"from": "1000000", "points": "0"}]}
    lot = a_lot(
        a_price("25", id="P1", zero="reject"),
        a_grade("25"),
        {"id": "b", "weighting": "25", "method": bands},
        {"id": "c", "weighting": "25", "method": {"id": "P5"}},
    )
    assert [type(column.work) for column in columns_of(lot).columns] == [Quotient, Steps, Steps, ByHand]
    bids = many_bids(price=PRICES, a=("1", "4"), b=("999999.9999", "1000000"), c=PRICES[5:])
    assert by_vectors(lot, bids) == plain_standings(lot, bids)


def test_ranking_small_lots_never_loads_numpy():
    """A worker that ranks small lots stays small: numpy comes in with the first big table only."""
    script = "import sys, scoring, scoring.bulk, scoring.sensitivity; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
