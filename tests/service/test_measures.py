"""The built-in catalogue: which model holds on which day, what a tonne is worth, criteria proposed from measures."""

import csv
import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from scoring.units import find_unit
from service.measures import built_in, model_on
from tests.service.conftest import Market, done, refused

PROJECT = Path(__file__).parents[2]
CARBON = Path(os.environ.get("SHARED_DATA", PROJECT.parent / "shared" / "data")) / "desnz-carbon-values-2022-prices.csv"


@pytest.mark.parametrize(
    ("day", "model"),
    [
        (date(2020, 12, 31), None),
        (date(2021, 1, 1), "ppn-06-20"),
        (date(2025, 9, 30), "ppn-06-20"),
        (date(2025, 10, 1), "ppn-002"),
        (date(2026, 12, 31), "ppn-002"),
        (date(2027, 1, 1), "ppn-026"),
    ],
)
def test_the_model_is_that_of_the_day_on_which_the_procurement_starts(day: date, model: str | None) -> None:
    found = model_on(day)
    assert (found.id if found else None) == model


def test_every_entry_has_a_source_and_fits_the_others() -> None:
    """Codes are unique, units are the engine's, outcomes and measures that are named are there."""
    found = built_in()
    codes = [measure.code for measure in found.measures]
    outcomes = {outcome.id for model in found.models for outcome in model.outcomes}
    assert len(set(codes)) == len(codes)
    for measure in found.measures:
        assert measure.evidence
        assert set(measure.outcomes) <= outcomes
        assert measure.direction == ("lower" if measure.method == "band" else "higher")
        if measure.method != "graded":
            assert find_unit(measure.unit).direction == measure.direction
        assert measure.goal
        assert measure.social_objective is None or measure.goal.startswith(("social", "economic"))
    assert all(model.question or model.note for model in found.models)
    skills = next(one for model in found.models for one in model.outcomes if one.id == "ppn-002:2")
    assert skills.metrics == ("apprentice-weeks", "placement-weeks", "training-hours")
    for series in found.series:
        assert series.source
        assert series.licence in {"Open Government Licence 3.0", "facts"}
        assert series.measure in codes
    assert {len(ladder.levels) for ladder in found.ladders} == {5, 3}


@pytest.mark.skipif(not CARBON.exists(), reason="the published table is not here")
def test_carbon_values_are_those_of_the_published_table() -> None:
    """Every year, low, central and high, in 2022 prices."""
    (series,) = (one for one in built_in().series if one.id == "desnz-carbon-2023")
    with CARBON.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 93
    for row in rows:
        assert series.values[row["scenario"]][row["year"]] == Decimal(row["value_gbp_per_tco2e"]), row
    assert sum(len(values) for values in series.values.values()) == len(rows)


async def test_a_tonne_has_the_value_of_its_year_and_nothing_is_extrapolated(market: Market) -> None:
    """120 tonnes that are emitted in 2030 are 35,340 pounds of 2022; for 2051 there is no value."""
    path = "/catalogue/series/desnz-carbon-2023/central"
    value = done(await market.author.get(f"{path}?year=2030"))
    assert 120 * Decimal(value["value"]) == 35_340
    assert (value["price_base"], value["currency"]) == ("2022", "GBP")
    assert "DESNZ" in value["source"]
    problem = refused(await market.author.get(f"{path}?year=2051"), 404, "not-found")
    assert "2020 to 2050" in problem["detail"]
    refused(await market.author.get("/catalogue/series/toms/central?year=2030"), 404, "not-found")
    wellby = done(await market.author.get("/catalogue/series/wellby/central"))
    assert (wellby["value"], wellby["per"]) == ("13000", "wellby")


async def test_the_catalogue_and_its_models_are_read(market: Market) -> None:
    assert {one["id"] for one in done(await market.alder.get("/catalogue"))["models"]} == {
        "ppn-06-20",
        "ppn-002",
        "ppn-026",
    }
    assert done(await market.alder.get("/catalogue/model?starts_on=2025-10-01"))["id"] == "ppn-002"
    refused(await market.alder.get("/catalogue/model?starts_on=1999-01-01"), 404, "not-found")


def test_skills_and_apprenticeships_are_no_jobs_for_the_disadvantaged() -> None:
    """BT-775 has no code for them, nor has OCDS: `other`, and a code of ours. Source: eForms SDK 1.16, codelists."""
    tags = {one.code: (one.social_objective, one.goal) for one in built_in().measures}
    assert tags["apprentice-weeks"] == ("other", "social.apprenticeships")
    assert [name for name, (code, _) in tags.items() if code == "opp"] == ["jobs-disadvantaged"]
    assert tags["jobs-disadvantaged"][1] == "social.disadvantagedEmploymentOpportunities"


def test_a_larger_contract_weighs_more_where_the_model_says_so() -> None:
    """20 from five million on; who has not told the value is asked for 10."""
    model = model_on(date(2027, 3, 1))
    assert model is not None
    asked = [model.least(value) for value in (None, Decimal("4999999.99"), Decimal(5_000_000))]
    assert asked == [Decimal(10), Decimal(10), Decimal(20)]
