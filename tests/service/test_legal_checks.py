"""What a country's law says before a tender is published under it."""

from datetime import date
from typing import Any

import msgspec

import scoring
from service.jurisdictions import presets
from service.legal import JurisdictionId
from service.legal_checks import judge_law, judge_officers
from tests.make import a_criterion, a_lot, a_rules, a_tender
from tests.service.conftest import Market, done, refused

ABSOLUTE = {"id": "A1", "best": "1000000", "worst": "2000000"}
LADDER = [{"id": "higher_quality"}]


def lot_of(method: dict[str, Any], **rules: Any) -> dict[str, Any]:
    """A lot of one price criterion."""
    return a_lot(rules={"criteria": [a_criterion(method=method)], "tie_break": LADDER} | rules)


async def published(market: Market, jurisdiction: JurisdictionId, lot: dict[str, Any]) -> Any:
    """The answer to the publication of a tender of this lot."""
    deadline = await market.in_an_hour()
    tender = await market.draft(jurisdiction=jurisdiction, lots=[lot], submission_deadline=deadline)
    return await market.approver.post(f"/tenders/{tender['id']}/publication", If_Match='"1"')


def by_pointer(said: list[dict[str, str]]) -> dict[str, str]:
    """What was said, by place."""
    return {one["pointer"]: " ".join(o["message"] for o in said if o["pointer"] == one["pointer"]) for one in said}


async def faults(market: Market, jurisdiction: JurisdictionId, lot: dict[str, Any]) -> dict[str, str]:
    """Why the publication was refused, by place."""
    return by_pointer(refused(await published(market, jurisdiction, lot), 422, "tender-not-ready")["errors"])


async def warnings(market: Market, jurisdiction: JurisdictionId, lot: dict[str, Any]) -> dict[str, str]:
    """What the publication was warned of, by place."""
    return by_pointer(done(await published(market, jurisdiction, lot))["warnings"])


async def test_portugal_refuses_points_that_depend_on_other_bids(market: Market):
    """CCP art. 139(4)."""
    said = await faults(market, "eu-2014-24-pt", lot_of({"id": "P1", "zero": "reject"}))
    assert list(said) == ["/lots/0/rules/criteria/0/method"]
    assert "CCP art. 139(4)" in said["/lots/0/rules/criteria/0/method"]
    assert (await published(market, "eu-2014-24-pt", lot_of(ABSOLUTE))).is_success


def test_what_a_jurisdiction_says_of_relative_scoring_is_what_publication_is_judged_by():
    """`relative_scoring` is no label: a country that came to forbid it would refuse what Britain warns of."""
    british = presets("uk-pa2023", date(2026, 11, 27))
    lot = msgspec.convert(lot_of({"id": "P1", "zero": "reject"})["rules"], scoring.Lot)
    found = {
        weight: judge_law(msgspec.structs.replace(british, relative_scoring=weight), [lot], [()])
        for weight in ("allowed", "discouraged", "forbidden")
    }
    assert [(len(one.faults), len(one.warnings)) for one in found.values()] == [(0, 0), (0, 1), (1, 0)]


async def test_portugal_refuses_a_whole_tender_rule_that_depends_on_other_bids(market: Market):
    price = {"id": "price", "weighting": "60", "unit": "GBP"}
    quality = {"id": "quality", "weighting": "40", "method": {"id": "yes_no"}}
    rules = {"criteria": [price, quality], "rule": {"id": "S2", "zero": "reject"}, "tie_break": LADDER}
    assert "/lots/0/rules/rule" in await faults(market, "eu-2014-24-pt", a_lot(rules=rules))


async def test_portugal_wants_the_tie_break_defined_and_knows_none_by_time(market: Market):
    """CCP art. 74(4)-(5); a tie-break by the time of submission does not exist here for anybody."""
    said = await faults(market, "eu-2014-24-pt", lot_of(ABSOLUTE, tie_break=[]))
    assert "CCP art. 74" in said["/lots/0/rules/tie_break"]
    deadline = await market.in_an_hour()
    by_time = a_tender(lots=[lot_of(ABSOLUTE, tie_break=[{"id": "submitted_at"}])], submission_deadline=deadline)
    refused(await market.author.post("/tenders", by_time), 422, "invalid-request")


async def test_a_formula_that_guidance_advises_against_is_warned_of_with_its_source(market: Market):
    said = await warnings(market, "uk-pa2023", lot_of({"id": "P1", "zero": "reject"}))
    assert "/lots/0/rules/criteria/0/method" in said
    said = await warnings(market, "eu-2014-24-de", lot_of({"id": "P4"}))
    assert "VK Südbayern" in said["/lots/0/rules/criteria/0/method"]


async def test_poland_wants_its_thirty_percent_test_published(market: Market):
    """PZP art. 224."""
    said = await faults(market, "eu-2014-24-pl", lot_of(ABSOLUTE))
    assert "PZP art. 224" in said["/lots/0/rules/abnormally_low"]
    lot = lot_of(ABSOLUTE, abnormally_low=[{"id": "ALT-PL", "estimate": "1500000"}])
    assert (await published(market, "eu-2014-24-pl", lot)).is_success


async def test_italy_is_warned_that_no_anomaly_method_is_published(market: Market):
    said = await warnings(market, "eu-2014-24-it", lot_of(ABSOLUTE))
    assert "annex II.2" in said["/lots/0/rules/abnormally_low"]


async def test_spain_is_told_of_its_ladder_and_of_judgement_before_formulas(market: Market):
    """LCSP arts 146 and 147."""
    rules = a_rules(tie_break=[])
    said = await warnings(market, "eu-2014-24-es", a_lot(rules=rules))
    assert "LCSP art. 147" in said["/lots/0/rules/tie_break"]
    assert "LCSP art. 146(2)" in said["/lots/0/price_envelope"]
    sealed = ["price", "working-time", "apprentice-weeks", "carbon"]
    said = await warnings(market, "eu-2014-24-es", a_lot(rules=rules, price_envelope=sealed))
    assert "/lots/0/price_envelope" not in said
    assert "LCSP art. 146(3)" in said["/lots/0/rules/criteria/1/criteria/0/minimum"]


async def test_a_corrigendum_cannot_bring_in_what_the_law_refuses(market: Market):
    tender = done(await published(market, "eu-2014-24-pt", lot_of(ABSOLUTE)))
    change = {
        "reason": "Another formula.",
        "submission_deadline": "2131-03-16T12:00:00Z",
        "lots": [lot_of({"id": "P1", "zero": "reject"})],
    }
    problem = refused(await market.propose(tender, change), 422, "invalid-request")
    assert "CCP art. 139(4)" in problem["errors"][0]["message"]


def test_fewer_officers_than_the_law_wants_are_refused():
    """VgV § 55(2): two representatives. The service asks two of everybody; a stricter law is data."""
    german = presets("eu-2014-24-de", date(2026, 11, 27))
    assert judge_officers(german, 2) == []
    stricter = msgspec.structs.replace(german, officers_least=3)
    assert [fault.pointer for fault in judge_officers(stricter, 2)] == ["/officers_needed"]
    assert "VgV § 55(2)" in judge_officers(stricter, 2)[0].message
