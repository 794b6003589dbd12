"""Criteria proposed from catalogues, and what publication warns of: too little weight, licences, what counts twice."""

from typing import Any

import pytest

from service.measures import ADDITIONAL
from tests.make import a_criterion, a_lot, a_rules, a_tender
from tests.service.conftest import Market, done, refused
from tests.service.test_own_measures import send_catalogue

TWO: dict[str, Any] = {
    "weighting": "10",
    "starts_on": "2026-02-01",
    "measures": [
        {"code": "apprentice-weeks", "weighting": "60", "target": "208"},
        {"code": "fair-work", "weighting": "40"},
    ],
}
UK = "uk-pa2023"


async def propose(market: Market, tender: dict[str, Any], **change: Any) -> Any:
    return await market.author.post(f"/tenders/{tender['id']}/criteria/from-catalogue", TWO | change)


async def test_proposed_criteria_are_taken_by_a_draft_as_they_stand(market: Market) -> None:
    """What is proposed goes into a lot's rules without a change, with additionality and evidence in its words."""
    found = done(await propose(market, await market.draft(jurisdiction=UK)))
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
    warnings = done(await propose(market, await market.draft(jurisdiction=UK), **change))["warnings"]
    assert [words in one["message"] for one in warnings] == [True]


RATE = {"basis": "exclusive", "rates": [{"percent": "20"}]}
PART = {"basis": "exclusive", "rates": [{"percent": "20", "applies_to": "works"}, {"percent": "0"}]}


@pytest.mark.parametrize(
    ("fields", "weighting", "words"),
    [
        ({"estimated_value": "5000000"}, "10", "at least 20"),
        ({"estimated_value": "4999999.99", "vat": {"basis": "inclusive"}}, "10", None),
        ({"estimated_value": "4200000", "vat": RATE}, "10", "asks for at least 20"),
        ({"estimated_value": "4100000", "vat": RATE}, "10", None),
        ({"estimated_value": "4200000"}, "10", "may reach 5,000,000 pounds"),
        ({"estimated_value": "4200000", "vat": PART}, "10", "may reach 5,000,000 pounds"),
        ({"estimated_value": "4200000"}, "9", "asks for at least 10"),
        ({"estimated_value": "4200000"}, "20", None),
        ({"estimated_value": "4100000"}, "10", None),
        ({"estimated_value": "9000000", "currency": "EUR"}, "10", None),
    ],
)
async def test_a_threshold_in_pounds_with_tax_is_held_against_such_a_value(
    market: Market, fields: dict[str, Any], weighting: str, words: str | None
) -> None:
    """A value without tax is raised by the stated rate; where none is, its standard rate is a doubt that is told."""
    tender = await market.draft(jurisdiction=UK, **fields)
    warnings = done(await propose(market, tender, weighting=weighting, starts_on="2027-03-01"))["warnings"]
    said = [one["message"] for one in warnings if one["pointer"] == "/weighting"]
    assert [words is not None and words in message for message in said] == [True] * (words is not None)


async def test_before_the_first_model_no_weight_is_asked_for(market: Market) -> None:
    found = done(await propose(market, await market.draft(jurisdiction=UK), weighting="1", starts_on="2019-01-01"))
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


@pytest.mark.parametrize("jurisdiction", ["eu-2014-24", "none"])
async def test_who_buys_under_other_law_is_not_judged_by_the_cabinet_office(market: Market, jurisdiction: str) -> None:
    found = done(await propose(market, await market.draft(jurisdiction=jurisdiction), weighting="1"))
    assert (found["model"], found["warnings"]) == (None, [])


async def test_without_its_first_day_a_procurement_is_judged_by_today_and_told_so(market: Market) -> None:
    warned = done(await propose(market, await market.draft(jurisdiction=UK), starts_on=None))["warnings"]
    assert [one["pointer"] for one in warned] == ["/starts_on"]


WORKS: dict[str, Any] = {"jurisdiction": UK, "estimated_value": "6000000", "vat": {"basis": "inclusive"}}


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2019-01-01", []),
        ("2025-09-01", ["Social Value Model (PPN 06/20) asks for at least 10."]),
        ("2026-02-01", ["Social Value Model (PPN 002) asks for at least 10."]),
        ("2027-03-01", ["asks for at least 20."]),
    ],
)
@pytest.mark.parametrize("kept_by", ["draft", "edit", "proposal"])
async def test_publication_is_judged_by_the_model_of_the_procurement_s_start(
    market: Market, day: str, words: list[str], kept_by: str
) -> None:
    """Whoever said the day: the draft, its edition, or who asked for criteria; and proposals without one follow it."""
    price = {"id": "price", "weighting": "100", "unit": "GBP", "method": {"id": "P1", "zero": "reject"}}
    lots = [a_lot(rules=a_rules(criteria=[price], tie_break=[]))]
    fields = WORKS | {"lots": lots, "submission_deadline": await market.in_an_hour()}
    draft = await market.draft(**fields, **({"starts_on": day} if kept_by == "draft" else {}))
    if kept_by == "proposal":
        done(await propose(market, draft, starts_on=day))
        (edited,) = [one for one in await market.log(draft) if one["kind"] == "tender.edited"]
        assert edited["data"]["changes"] == {"starts_on": {"old": None, "new": day}}
    if kept_by == "edit":
        changed = a_tender(**fields, reference=draft["reference"], starts_on=day)
        done(await market.author.put(f"/tenders/{draft['id']}", changed, If_Match='"1"'))
    found = done(await propose(market, draft, starts_on=None))
    assert [one["pointer"] for one in found["warnings"] if one["pointer"] == "/starts_on"] == []
    assert done(await market.author.get(f"/tenders/{draft['id']}"))["starts_on"] == day
    told = done(
        await market.approver.post(
            f"/tenders/{draft['id']}/publication", If_Match='"2"' if kept_by == "edit" else '"1"'
        )
    )["warnings"]
    light = [one["message"] for one in told if one["message"].startswith("Social value")]
    assert len(light) == len(words)
    assert all(said in message for said, message in zip(words, light, strict=True))


async def test_a_draft_that_is_replaced_without_a_day_keeps_the_one_it_has(market: Market) -> None:
    """Who asked for criteria with a day and then puts them into the draft has not taken the day back."""
    draft = await market.draft(jurisdiction=UK)
    done(await propose(market, draft))
    path = f"/tenders/{draft['id']}"
    kept = done(await market.author.put(path, a_tender(reference=draft["reference"]), If_Match='"1"'))
    assert kept["starts_on"] == TWO["starts_on"]
    other = a_tender(reference=draft["reference"], starts_on="2027-03-01")
    assert done(await market.author.put(path, other, If_Match='"2"'))["starts_on"] == "2027-03-01"


async def test_what_the_draft_counts_already_is_not_proposed_again_unseen(market: Market) -> None:
    """Two proposals, each with one measure of hires: the second is told of the first."""
    jobs = a_criterion(id="jobs-fte", unit="fte_year", method={"id": "target", "target": "4"}, weighting="100")
    draft = await market.draft(lots=[a_lot(rules=a_rules(criteria=[jobs], tie_break=[]))])
    asked = [{"code": "jobs-disadvantaged", "weighting": "100", "target": "2"}]
    (warned,) = done(await propose(market, draft, measures=asked))["warnings"]
    assert warned["message"] == "jobs-disadvantaged, jobs-fte count the same hires."


CATALOGUE = b"""code,title,unit,counts,direction,BT-775,BT-774,OCDS goal,value,currency
SV-SAVED,Tonnes saved,tCO2e,saved,higher,,clim-mitig,environmental.energyEfficiency,90,EUR
SV-HIRED,People hired,person,hires,,opp,,,,
"""


async def test_a_tender_says_at_its_publication_what_its_own_catalogue_s_measures_bring_along(market: Market) -> None:
    """Tonnes saved are better when more; goals are published as imported; licence and double counting are warned of."""
    fields = {"title": "Licensed", "licence": "CC BY-NC-ND 4.0", "version": "7"}
    own = done(await send_catalogue(market.author, CATALOGUE, **fields))
    draft = await market.draft()
    path = f"/tenders/{draft['id']}/criteria/from-catalogue/{own['id']}"
    codes = [
        {"code": "SV-SAVED", "weighting": "50", "target": "30"},
        {"code": "SV-HIRED", "weighting": "50", "target": "3"},
    ]
    group = done(await market.author.post(path, {"weighting": "4", "measures": codes}))["criterion"]
    saved, hired = group["criteria"]
    assert (saved["method"]["id"], saved["direction"], hired.get("direction")) == ("target", "higher", None)
    assert "Source: Licensed 7, Its owner (CC BY-NC-ND 4.0)." in saved["description"]
    jobs = {"id": "jobs-fte", "weighting": "1", "unit": "fte_year", "method": {"id": "target", "target": "5"}}
    rules = a_rules(criteria=[a_criterion(weighting="95"), jobs, group], tie_break=[])
    tender = await market.publish(jurisdiction=UK, lots=[a_lot(rules=rules)])
    said = [one["message"] for one in tender["warnings"] if one["pointer"] == "/lots/0/rules/criteria"]
    assert [words in message for words, message in zip(("weighs 5 of 100", "same hires", "ND 4.0"), said, strict=True)]
    (lot,) = done(await market.author.get(f"/tenders/{tender['id']}/eforms"))["lots"]
    assert (lot["social"], lot["environmental"]) == (["other", "opp"], ["clim-mitig"])
    done(await send_catalogue(market.author, CATALOGUE.replace(b"opp", b"acc-all"), **fields | {"version": "8"}))
    (again,) = done(await market.alder.get(f"/tenders/{tender['id']}/eforms"))["lots"]
    assert again == lot, "as published, whatever was imported since, and whoever reads it"
