"""How a letter says by which formula and on which scale a criterion was to be assessed."""

from fractions import Fraction
from typing import Any

import msgspec
import pytest

import scoring
from service.criterion_words import how_assessed, in_units, scores_available
from tests.make import a_rules

CRITERIA = {criterion.id: criterion for criterion, _ in scoring.walk(msgspec.convert(a_rules(), scoring.Lot).criteria)}


def a_criterion(**fields: Any) -> scoring.Criterion:
    return msgspec.convert({"id": "one", "weighting": "100"} | fields, scoring.Criterion)


def test_a_formula_is_told_by_its_name_with_the_figures_that_were_published_for_it() -> None:
    """Names and figures, and not the ids under which the catalogue keeps them."""
    told = how_assessed(CRITERIA["carbon"])
    assert told.startswith("Linear between published bounds: ")
    assert told.endswith(" Published for it: best 20, worst 120.")
    assert how_assessed(CRITERIA["price"]).startswith("Inverse proportional: ")
    assert "Published" not in how_assessed(CRITERIA["price"])
    assert how_assessed(CRITERIA["quality"]) == "by its sub-criteria, whose weighted scores are added up"


def test_the_scores_that_there_were_to_have_are_the_published_scale() -> None:
    """With its words, from the least to the most."""
    assert scores_available(CRITERIA["method-statement"], Fraction(21)).startswith("0 unacceptable; 1 poor; 2 fair")
    assert scores_available(CRITERIA["price"], Fraction(40)) == "0 to 100 points by formula, then weighted"


@pytest.mark.parametrize(
    ("unit", "currency", "told"),
    [
        ("GBP", "GBP", "40.50 GBP"),
        ("money", "EUR", "40.50 EUR"),
        ("week", "GBP", "40.50 weeks"),
        (None, "GBP", "40.50"),
    ],
)
def test_an_offer_is_told_in_its_published_unit(unit: str | None, currency: str, told: str) -> None:
    """An amount never stands without its currency; what has no unit gets none."""
    method = {"id": "A1", "best": "0", "worst": "100"}
    assert in_units(a_criterion(unit=unit, method=method), "40.50", currency) == told
