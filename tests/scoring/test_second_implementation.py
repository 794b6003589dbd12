"""The engine against an independent implementation of the same rules, on thousands of invented tenders."""

from collections.abc import Iterator
from itertools import islice
from random import Random
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import scoring
from tests.scoring.second.comparison import differences, engine_opinion
from tests.scoring.second.digits import Fault
from tests.scoring.second.formulas import Json
from tests.scoring.second.tenders import every, random_case

CASES = 2000
SHARES = 8
MOST_CASES_TO_FIND_A_FAULT = 1000


def cases(first: int) -> Iterator[Json]:
    """Tenders without end, always the same ones."""
    seed = first
    while True:
        yield random_case(Random(seed))
        seed += 1


def formulas_of(case: Json) -> set[str]:
    """The ids of every method and rule of a case."""
    lot = case["lot"]
    used = {spec["method"]["id"] for spec in every(lot["criteria"]) if "method" in spec}
    return used | ({lot["rule"]["id"]} if lot.get("rule") else set())


@pytest.mark.parametrize("share", range(SHARES))
def test_two_implementations_agree_on_points_totals_ranks_ties_and_winner(share: int):
    """Whoever redoes the arithmetic from the published rules comes to the same result, digit by digit."""
    for case in islice(cases(share * CASES), CASES // SHARES):
        assert differences(case) == [], case


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_two_implementations_agree_on_whatever_tender_is_searched_for(chance: Random):
    case = random_case(chance)
    assert differences(case) == []


def test_the_invented_tenders_use_every_formula_and_rank_most_of_them():
    """Agreement means little about a formula that no compared tender uses."""
    compared, ranked = set[str](), 0
    for case in islice(cases(0), 500):
        evaluation = engine_opinion(case)
        if evaluation is not None and any(bid.rank for bid in evaluation.bids):
            compared |= formulas_of(case)
            ranked += 1
    listed = {formula.id for formula in scoring.methods()}
    assert listed - compared == set()
    assert ranked > 300


@pytest.mark.parametrize("fault", get_args(Fault))
def test_a_planted_mistake_is_found(fault: Fault):
    """Half to even for half up, a failed bid that sets the lowest price, a minimum that must be exceeded …"""
    tried = islice(cases(0), MOST_CASES_TO_FIND_A_FAULT)
    assert any(differences(case, fault) and not differences(case) for case in tried)
