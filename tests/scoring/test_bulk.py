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

from scoring.bulk import Vectors, plain_standings, rounded_quotients, score_many
from scoring.canonical import canonical
from scoring.columns import AMOUNT_UNIT, ByHand, NotByColumns, Quotient, Steps, columns_of
from scoring.decimals import rounded
from scoring.model import Lot, OpenedBid
from scoring.ranking import evaluate
from scoring.worked import InvalidValue

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
            "direction": chance.choice(("lower", "higher")),
            "method": dict(chance.choice(methods)),
        }
        for place, share in enumerate(shares)
    ]
    if chance.random() < 0.5:
        inner = criteria[: count // 2]
        total = f"{sum(Decimal(one['weighting']) for one in inner):f}"
        criteria = [{"id": "g", "weighting": total, "total": total, "criteria": inner}, *criteria[count // 2 :]]
    mode = chance.choice(("half_up", "half_up", "half_even", "truncate"))
    rounding = [{"stage": "leaf", "decimals": chance.choice((0, 2, 3, 6)), "mode": mode}]
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
