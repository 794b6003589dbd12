"""Whose rules a tender follows, and which of them."""

from datetime import UTC, date, datetime

import pytest

from service.jurisdictions import JURISDICTIONS, RulesNotInForce, presets
from service.legal import JurisdictionId
from service.legal_awards import STANDSTILLS
from service.legal_grounds import ABNORMALLY_LOW_MANDATORY, EXPLANATION_PERIODS, GROUNDS
from service.legal_rules import RULE_BOOKS
from tests.make import a_tender
from tests.service.conftest import Market, done, refused


@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
def test_every_jurisdiction_has_rules_today(jurisdiction: str):
    assert presets(jurisdiction, date(2026, 11, 27)).id == jurisdiction


def test_the_british_act_binds_from_the_day_it_came_into_force():
    assert presets("uk-pa2023", date(2025, 2, 24)).title == "United Kingdom, Procurement Act 2023"
    with pytest.raises(RulesNotInForce, match="2025-02-24"):
        presets("uk-pa2023", date(2025, 2, 23))


@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
def test_no_legal_data_lies_beyond_the_days_of_its_rule_books(jurisdiction: JurisdictionId):
    """What no tender can ever follow is no rule: it would be read as one and judged nowhere."""
    first = min(book.valid_from for book in RULE_BOOKS[jurisdiction])
    own = [data.get(jurisdiction, ()) for data in (STANDSTILLS, GROUNDS, ABNORMALLY_LOW_MANDATORY, EXPLANATION_PERIODS)]
    dated = [one for data in own for one in data] + [rule for book in RULE_BOOKS[jurisdiction] for rule in book.rules]
    assert [one for one in dated if one.valid_to is not None and one.valid_to < first] == []


async def test_a_tender_tells_whose_rules_it_follows(market: Market):
    drafted = done(await market.author.post("/tenders", a_tender(jurisdiction="uk-pa2023")))
    assert drafted["jurisdiction"] == "uk-pa2023"
    other = a_tender(jurisdiction="world-bank")
    edited = done(await market.author.put(f"/tenders/{drafted['id']}", other, If_Match='"1"'))
    assert edited["jurisdiction"] == "world-bank"
    refused(await market.author.post("/tenders", a_tender(jurisdiction="atlantis")), 422, "invalid-request")


async def test_a_corrigendum_leaves_the_jurisdiction_as_it_was_published(market: Market):
    tender = await market.publish(jurisdiction="uk-pa2023")
    amended = await market.amend(tender, {"reason": "Clearer.", "title": "Solar roofs"})
    assert amended["jurisdiction"] == "uk-pa2023"


async def test_who_publishes_under_no_country_s_rules_is_told_so(market: Market):
    """The default is no silent choice."""
    warned = {warning["pointer"] for warning in (await market.publish())["warnings"]}
    assert "/jurisdiction" in warned
    warned = {warning["pointer"] for warning in (await market.publish(jurisdiction="eu-2014-24"))["warnings"]}
    assert "/jurisdiction" not in warned


async def test_everybody_may_read_the_rules_of_a_day(market: Market):
    """The buyer sees before publication what holds; each rule says where it stands and whether its text was seen."""
    listed = done(await market.anonymous.get("/jurisdictions"))
    assert {one["id"] for one in listed} == set(JURISDICTIONS)
    german = done(await market.anonymous.get("/jurisdictions/eu-2014-24-de?on=2026-11-27"))
    (two,) = [rule for rule in german["rules"] if rule["id"] == "two-open"]
    assert (two["source"], two["evidence"], german["officers_least"]) == ("VgV § 55(2)", "seen", 2)
    assert done(await market.anonymous.get("/jurisdictions/none"))["rules"] == []
    refused(await market.anonymous.get("/jurisdictions/uk-pa2023?on=2024-12-31"), 422, "rules-not-in-force")
    refused(await market.anonymous.get("/jurisdictions/atlantis"), 404, "not-found")


async def test_a_supplier_reads_the_rules_that_a_published_tender_follows(market: Market):
    tender = await market.publish(jurisdiction="uk-pa2023")
    rules = done(await market.alder.get(f"/tenders/{tender['id']}/legal-rules"))
    assert (rules["id"], rules["record_years"]) == ("uk-pa2023", 3)
    draft = await market.draft(jurisdiction="uk-pa2023")
    refused(await market.alder.get(f"/tenders/{draft['id']}/legal-rules"), 404, "not-found")


async def test_the_day_of_publication_chooses_the_rules(frozen: Market):
    """Midnight where the tender is: one microsecond before the Act, and at the instant it comes into force."""
    await frozen.set_clock(datetime(2025, 2, 23, 23, 59, 59, 999999, tzinfo=UTC))
    deadline = "2131-03-14T12:00:00Z"
    tender = await frozen.draft(jurisdiction="uk-pa2023", submission_deadline=deadline)
    path = f"/tenders/{tender['id']}/publication"
    refused(await frozen.approver.post(path, If_Match='"1"'), 422, "rules-not-in-force")
    await frozen.set_clock(datetime(2025, 2, 24, tzinfo=UTC))
    done(await frozen.approver.post(path, If_Match='"1"'))
