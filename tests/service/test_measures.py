"""The built-in catalogue: which model holds on which day, what a tonne is worth, criteria proposed from measures."""

import csv
import os
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from scoring.units import find_unit
from service.measures import ADDITIONAL, built_in, model_on
from tests.make import a_lot, a_rules
from tests.service.conftest import Market, done, refused

PROJECT = Path(__file__).parents[2]
CARBON = Path(os.environ.get("SHARED_DATA", PROJECT.parent / "shared" / "data")) / "desnz-carbon-values-2022-prices.csv"

TWO: dict[str, Any] = {
    "weighting": "10",
    "starts_on": "2026-02-01",
    "measures": [
        {"code": "apprentice-weeks", "weighting": "60", "target": "208"},
        {"code": "fair-work", "weighting": "40"},
    ],
}


@pytest.mark.parametrize(
    ("day", "model"),
    [
        (date(2020, 12, 31), None),
        (date(2021, 1, 1), "ppn-06-20"),
        (date(2025, 9, 30), "ppn-06-20"),
        (date(2025, 10, 1), "ppn-002"),
        (date(2027, 1, 1), "ppn-002"),
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
        if measure.method != "graded":
            assert find_unit(measure.unit).direction == ("lower" if measure.method == "band" else "higher")
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
    assert done(await market.author.get("/catalogue/series/wellby/central"))["value"] == "13000"


async def test_the_catalogue_and_its_models_are_read(market: Market) -> None:
    assert {one["id"] for one in done(await market.alder.get("/catalogue"))["models"]} == {"ppn-06-20", "ppn-002"}
    assert done(await market.alder.get("/catalogue/model?starts_on=2025-10-01"))["id"] == "ppn-002"
    refused(await market.alder.get("/catalogue/model?starts_on=1999-01-01"), 404, "not-found")


async def propose(market: Market, tender: dict[str, Any], **change: Any) -> Any:
    return await market.author.post(f"/tenders/{tender['id']}/criteria/from-catalogue", TWO | change)


async def test_proposed_criteria_are_taken_by_a_draft_as_they_stand(market: Market) -> None:
    """What is proposed goes into a lot's rules without a change, with additionality and evidence in its words."""
    found = done(await propose(market, await market.draft()))
    assert (found["warnings"], found["model"]["id"]) == ([], "ppn-002")
    group = found["criterion"]
    assert all(ADDITIONAL in one["description"] and "Evidence:" in one["description"] for one in group["criteria"])
    price = {"id": "price", "weighting": "90", "unit": "GBP", "method": {"id": "P1", "zero": "reject"}}
    rules = a_rules(criteria=[price, group], tie_break=[])
    await market.draft(lots=[a_lot(rules=rules)])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"weighting": "9.99"}, "at least 10"),
        (
            {
                "measures": [
                    {"code": "jobs-fte", "weighting": "50", "target": "4"},
                    {"code": "jobs-disadvantaged", "weighting": "50", "target": "2"},
                ]
            },
            "count the same hires",
        ),
    ],
)
async def test_little_weight_and_double_counting_are_warned_of(
    market: Market, change: dict[str, Any], words: str
) -> None:
    """Warnings, not refusals: the buyer may have reasons; the source is told."""
    warnings = done(await propose(market, await market.draft(), **change))["warnings"]
    assert [words in one["message"] for one in warnings] == [True]


async def test_before_the_first_model_no_weight_is_asked_for(market: Market) -> None:
    found = done(await propose(market, await market.draft(), weighting="1", starts_on="2019-01-01"))
    assert (found["model"], found["warnings"]) == (None, [])


@pytest.mark.parametrize(
    ("measures", "pointer"),
    [
        ([{"code": "toms-nt1", "weighting": "100", "target": "1"}], "/measures/0/code"),
        ([{"code": "jobs-fte", "weighting": "100"}], "/measures/0/target"),
        ([{"code": "emissions", "weighting": "100", "target": "10"}], "/measures/0/worst"),
        ([{"code": "fair-work", "weighting": "99"}], "/measures"),
        ([{"code": "fair-work", "weighting": "50"}, {"code": "fair-work", "weighting": "50"}], "/measures"),
        ([{"code": "jobs-fte", "weighting": "100", "target": "-1"}], "/measures"),
    ],
)
async def test_what_makes_no_criterion_is_refused(market: Market, measures: Any, pointer: str) -> None:
    answer = await propose(market, await market.draft(), measures=measures)
    assert refused(answer, 422, "invalid-request")["errors"][0]["pointer"] == pointer


async def test_only_the_author_of_a_draft_is_proposed_to(market: Market) -> None:
    tender = await market.draft()
    path = f"/tenders/{tender['id']}/criteria/from-catalogue"
    refused(await market.approver.post(path, TWO), 403, "forbidden")
    refused(await market.stranger.post(path, TWO), 404, "not-found")
    published = await market.publish()
    refused(await propose(market, published), 409, "tender-already-published")
