"""What a report says about how firmly first place stands is what the engine found, rounded to the safe side."""

from fractions import Fraction

import pytest

import scoring
from service.firmness import DRAWS, SEED, Firmness, firmness_of
from service.report_document import ReportDocument
from service.report_view import rules_of, standings_of
from tests.make_reports import SCALE, lot_of, opened, report_on, retrofit_report


def firmness_in(document: ReportDocument) -> Firmness:
    rules = rules_of(document)
    return firmness_of(document, rules, standings_of(document, rules))


@pytest.fixture(scope="module")
def found() -> Firmness:
    return firmness_in(retrofit_report())


def test_every_limit_lies_inside_the_one_that_the_engine_found(found: Firmness):
    """Whoever reads "up to 41.27" and tries 41.27 finds the same bid first."""
    stored = retrofit_report().evaluation
    exact = scoring.sensitivity(stored.lot, stored.inputs, stored.draw_secret, draws=DRAWS, seed=SEED)
    limits = {one.criterion: one for one in exact.intervals}
    assert {one.rule.id for one in found.ranges} == set(limits)
    for one in found.ranges:
        whole = limits[one.rule.id]
        assert Fraction(whole.lowest) <= Fraction(one.lowest) <= Fraction(whole.weighting)
        assert Fraction(whole.weighting) <= Fraction(one.highest) <= Fraction(whole.highest)
        assert Fraction(one.lowest) - Fraction(whole.lowest) < Fraction("0.01")
        assert Fraction(whole.highest) - Fraction(one.highest) < Fraction("0.01")


def test_the_weighting_that_stands_nearest_to_a_change_comes_first(found: Firmness):
    margins = [one.margin for one in found.ranges if one.margin is not None]
    assert margins == sorted(margins)
    assert found.nearest is found.ranges[0]
    assert found.nearest.rival == "Alder & Sons Building Services Ltd"
    assert found.nearest.limit in {found.nearest.lowest, found.nearest.highest}


def test_the_shares_of_all_places_are_the_whole_and_the_first_s_is_how_often_it_stays(found: Firmness):
    for chance in found.chances:
        assert sum(Fraction(share) for share in chance.shares) == 100
    assert found.chances[0].standing.result.rank == 1
    assert found.kept == found.chances[0].shares[0]


def test_the_same_evaluation_gives_the_same_figures(found: Firmness):
    assert firmness_in(retrofit_report()) == found


def test_a_shared_first_place_has_no_ranges_and_says_why():
    lot = lot_of({"criteria": [{"id": "plan", "title": "Plan", "weighting": "100", "method": SCALE}]})
    offers = {"Alder": ("4",), "Birch": ("4",), "Cedar": ("3",)}
    shared = firmness_in(report_on(scoring.evaluate(lot, opened(lot, offers)), list(offers)))
    assert shared.ranges == ()
    assert shared.kept is None
    assert shared.reasons["intervals"] == "first place is shared"
    assert {mark.winner for mark in shared.marks} == {"Alder", "Birch"}, "one step more or less parts them"


def test_a_losing_bid_that_makes_another_first_is_named_with_whom_it_makes_first():
    """House example: with relative points the price of a bid that loses decides between the other two."""
    rules = {
        "criteria": [
            {"id": "price", "title": "Price", "weighting": "50", "unit": "GBP", "method": {"id": "P1"}},
            {
                "id": "plan",
                "title": "Plan",
                "weighting": "50",
                "method": {"id": "graded", "scale": [{"value": str(grade)} for grade in (0, 60, 75, 100)]},
            },
        ]
    }
    lot = lot_of(rules)
    offers = {"Alder": ("100", "60"), "Birch": ("120", "75"), "Cedar": ("50", "0")}
    found = firmness_in(report_on(scoring.evaluate(lot, opened(lot, offers)), list(offers)))
    assert [(one.supplier, one.winner) for one in found.leavers] == [("Cedar", "Alder")]
