"""What open data tells of a contract: nothing before its notice, then what the notice told, in both profiles valid."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.make_contract import Contract, watched
from tests.ocds_bundle import check_seen_by_cove, check_valid, need_bundle
from tests.service.conftest import Market, done
from tests.service.test_notices import publish
from tests.service.test_releases import make_due, packaged

TERMS = {
    "apprentice-weeks": {"measure": "apprentice-weeks", "kpi": True},
    "method-statement": {"kpi": True, "evidence": ["site diary"]},
    "carbon": {"kpi": True},
}
PROMISED = "We strip and re-roof one school at a time"


async def noticed(one: Contract, about: str, number: int = 1) -> dict[str, Any]:
    """Record that a notice was published; the release that follows, as it is read with the current extensions."""
    at = await one.market.owner.fetchval("SELECT clock_timestamp()")
    notice = {"about": about, "number": number, "reference": f"2031/S {about}-{number}", "published_at": at.isoformat()}
    done(await one.manager.post(f"{one.lot}/performance-notices", notice))
    assert await make_due(one.market, one.tender) == 1
    return (await packaged(one.market, one.tender))["releases"][-1]


@pytest.fixture(scope="module")
async def told(market: Market) -> tuple[Contract, list[dict[str, Any]]]:
    """A contract whose first quarter is over; a release before any notice and one after each; carbon is withheld."""
    today: date = await market.owner.fetchval("SELECT clock_timestamp()::date")
    days = {"starts_on": f"{today - timedelta(100)}", "ends_on": f"{today + timedelta(265)}", "period_months": 3}
    one = await watched(market, TERMS, days, jurisdiction="none")
    bid = (await market.owner.fetchrow("SELECT bid_id FROM monitoring_plans WHERE lot_id = $1", one.lot[6:]))["bid_id"]
    hidden = f"{one.lot}/assessment-summaries/{bid}/redactions/score:carbon"
    done(await market.approver.put(hidden, {"ground": "own-rules", "reason": "How it is saved is a trade secret."}))
    await market.send_letters(one.tender)
    done(await publish(market, market.approver, one.tender))
    await one.deliver("apprentice-weeks", 1, "38", verified="19.5")
    await one.deliver("method-statement", 1, "80")
    await one.deliver("carbon", 1, "17.5")
    await make_due(market, one.tender)
    releases = [(await packaged(market, one.tender))["releases"][-1], await noticed(one, "kpis")]
    ended = today - timedelta(1)
    span = {"starts_on": f"{today - timedelta(100)}", "ends_on": f"{ended}"}
    words = {"method-statement": {"rating": "other", "comment": "The method was changed together."}}
    done(await one.manager.post(f"{one.lot}/assessments", span | {"ratings": words}))
    failure = {"kind": "breach", "outcome": "settlement", "description": "Weeks short.", "arose_on": f"{ended}"}
    failure["decided_by"] = "agreement of the parties"
    done(await one.manager.post(f"{one.lot}/performance-failures", failure))
    ending = failure | {"outcome": "terminated", "description": "The site was left.", "decided_by": "the buyer"}
    done(await one.manager.post(f"{one.lot}/performance-failures", ending))
    releases += [await noticed(one, "assessment"), await noticed(one, "failure"), await noticed(one, "failure", 2)]
    return one, releases


Told = tuple[Contract, list[dict[str, Any]]]


async def test_nothing_of_a_contract_s_performance_is_told_before_its_notice(told: Told) -> None:
    """Obligations, deliveries, ratings and failures that are recorded and not published stay the parties' own."""
    _, (before, kpis, assessed, *_) = told
    assert "agreedMetrics" not in before["contracts"][0]
    assert "implementation" not in kpis["contracts"][0]
    assert "performanceFailures" not in assessed["contracts"][0]["implementation"]
    assert [one["tag"] for one in told[1]][1:] == [
        ["contractUpdate"],
        ["implementation"],
        ["implementation"],
        ["implementation", "contractTermination"],
    ]
    assert PROMISED not in json.dumps(told[1])


async def test_the_indicators_lead_from_target_to_promise_to_what_was_verified(told: Told) -> None:
    """One id from tender to contract; what a person rated otherwise keeps its figure; what is withheld is named."""
    last = told[1][2]
    (contract,) = last["contracts"]
    agreed = {one["id"]: one["observations"][0] for one in contract["agreedMetrics"]}
    assert {one["id"] for one in last["tender"]["targets"]} & agreed.keys() == {"1-apprentice-weeks"}
    assert (agreed["1-apprentice-weeks"]["measure"], agreed["1-apprentice-weeks"]["unit"]["name"]) == (156, "weeks")
    results = {one["id"]: one["observations"][0] for one in contract["implementation"]["metrics"]}
    assert results.keys() == agreed.keys() == {"1-apprentice-weeks", "1-method-statement"}
    assert results["1-apprentice-weeks"]["measure"] == 19.5
    assert results["1-apprentice-weeks"]["notes"].startswith("Rating: Inadequate. Target of these days:")
    assert results["1-method-statement"]["notes"].endswith("changed together.")
    hidden = [one["field"] for one in last["withheldInformation"] if one["id"].endswith("-carbon")]
    assert hidden == ["contracts.agreedMetrics", "contracts.implementation.metrics"]


async def test_find_a_tender_reads_ratings_failures_and_notices_by_its_codes(market: Market, told: Told) -> None:
    """The codes of the United Kingdom's extension; the contract ends with the notice of its termination."""
    last = (await packaged(market, told[0].tender, "find-a-tender"))["releases"][-1]
    (contract,) = last["contracts"]
    rated = contract["implementation"]["metrics"][1]["observations"][0]["measureClassification"]
    assert rated == {"id": "significantlyBelow", "description": "Inadequate"}
    settled, ended = contract["implementation"]["performanceFailures"]
    assert (settled["penaltyType"], settled["description"]) == ("negotiated", "Weeks short.")
    assert ended["suppliers"] == [{"id": last["parties"][1]["id"], "name": market.birch.name}]
    assert contract["status"] == "terminated"
    assert [one["noticeType"] for one in contract["documents"]] == ["UK7", "UK9", "UK9", "UK11"]


async def test_what_is_told_of_contracts_is_valid_in_both_profiles(market: Market, told: Told, tmp_path: Path) -> None:
    """No error and no unknown field, by the schema and by lib-cove-ocds."""
    need_bundle()
    for profile, bundle in (("current", "bundle-core"), ("find-a-tender", "bundle-uk")):
        file = tmp_path / f"{profile}.json"
        file.write_text(json.dumps(await packaged(market, told[0].tender, profile)))
        check_valid(bundle, file)
        check_seen_by_cove(file, len(told[1]))
