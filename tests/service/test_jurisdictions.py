"""Whose rules a tender follows, and which of them."""

from datetime import date

import pytest

from service.jurisdictions import JURISDICTIONS, RulesNotInForce, presets
from tests.make import a_tender
from tests.service.conftest import Market, done, refused


@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
def test_every_jurisdiction_has_rules_today(jurisdiction: str):
    assert presets(jurisdiction, date(2026, 11, 27)).id == jurisdiction


def test_the_british_act_binds_from_the_day_it_came_into_force():
    assert presets("uk-pa2023", date(2025, 2, 24)).title == "United Kingdom, Procurement Act 2023"
    with pytest.raises(RulesNotInForce, match="2025-02-24"):
        presets("uk-pa2023", date(2025, 2, 23))


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
