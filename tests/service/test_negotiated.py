"""What the contract alone agreed is owed, proved, rated and published like a promise, and never taken for one."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.make_contract import Contract, Later, watched
from tests.service.conftest import Market, done, refused

MEETINGS: dict[str, Any] = {
    "criterion_id": "safety-meetings",
    "title": "Safety meetings on site",
    "description": "A meeting in each month, with minutes (clause 21.3).",
    "unit": "count",
    "reason": "Agreed when the contract was made: three indicators are published.",
    "terms": {"kpi": True, "targets": ["3", "3", "3", "3"], "evidence": ["minutes"]},
}
TERMS = {"apprentice-weeks": {"measure": "apprentice-weeks", "kpi": True}, "carbon": {"kpi": True}}
START = datetime(2031, 3, 1, 9, tzinfo=UTC)


def with_terms(**terms: Any) -> dict[str, Any]:
    return {"terms": MEETINGS["terms"] | terms}


@pytest.fixture(scope="module")
async def contract(market: Market) -> Contract:
    """One contract to which these tests add."""
    return await watched(market, TERMS)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"criterion_id": "carbon"}, "/criterion_id"),
        ({"criterion_id": "price"}, "/criterion_id"),
        ({"unit": "meetings"}, "/unit"),
        ({"unit": "text"}, "/unit"),
        ({"unit": "number"}, "/direction"),
        ({"unit": "percent", "accrual": "sum"}, "/accrual"),
        (with_terms(targets=[]), "/terms/targets"),
        (with_terms(targets=["3", "3"]), "/terms/targets"),
        (with_terms(targets=["2.5", "3", "3", "3"]), "/terms/targets/0"),
        (with_terms(targets=["0", "0", "0", "0"]), "/terms/targets"),
        (with_terms(contracted=False), "/terms/contracted"),
        (with_terms(compensation={"id": "advantage"}), "/terms/compensation"),
        (with_terms(owner_id="3f0c1a52-8f5e-4a4e-9d7c-1f2f8d2f6f11"), "/terms"),
        ({"reason": " "}, "/reason"),
        ({"title": " "}, "/title"),
        ({"worth": {"points": "5"}}, ""),
    ],
)
async def test_what_is_no_obligation_of_its_own_is_refused_with_its_place(
    contract: Contract, change: dict[str, Any], pointer: str
) -> None:
    path = f"{contract.lot}/negotiated-obligations"
    problem = refused(await contract.manager.post(path, MEETINGS | change), 422, "invalid-request")
    assert problem["errors"][0]["pointer"].startswith(pointer), problem


async def test_a_contract_manager_adds_what_no_bid_promised_and_everybody_sees_that(market: Market) -> None:
    """In the answer, the log, the dashboard and the notice of the indicators: marked, without points and money."""
    one = await watched(market, TERMS)
    path = f"{one.lot}/negotiated-obligations"
    for person in (market.colleague, market.author):
        refused(await person.post(path, MEETINGS), 403, "forbidden")
    refused(await one.supplier.post(path, MEETINGS), 404, "not-found")
    added = done(await one.manager.post(path, MEETINGS))
    assert (added["origin"], added["number"], added["version"], added["accrual"]) == ("contract", 5, 1, "sum")
    assert added["worth"] == {"target": "12"}
    assert (added["terms"]["owner_id"], added["terms"]["compensation"]) == (one.manager.id, None)
    assert [period["target"] for period in added["periods"]] == ["3", "3", "3", "3"]
    entry = await market.last(one.tender)
    assert entry["kind"] == "obligation.added"
    told = {"origin": "contract", "title": MEETINGS["title"], "reason": MEETINGS["reason"]}
    assert {name: entry["data"][name] for name in told} == told
    refused(await one.manager.post(path, MEETINGS), 422, "invalid-request")
    own = done(await one.supplier.get(f"{one.lot}/obligations"))["obligations"]
    assert [(found["criterion_id"], found["origin"]) for found in own][-2:] == [
        ("carbon", "bid"),
        ("safety-meetings", "contract"),
    ]
    stands = done(await one.manager.get(f"{one.lot}/monitoring"))["obligations"][-1]
    assert (stands["origin"], stands["points"], stands["advantage"], stands["uncovered"]) == (
        "contract",
        None,
        None,
        None,
    )
    notices = done(await one.manager.get(f"{one.lot}/performance-notices"))
    assert [found["origin"] for found in notices[0]["indicators"]] == ["bid", "bid", "contract"]
    lowered = {"reason": "Change notice 1.", "terms": {"targets": ["1", "1", "1", "1"], "kpi": True}}
    changed = done(await one.manager.put(f"/obligations/{added['id']}/terms", lowered))
    assert (changed["version"], changed["origin"]) == (2, "contract")
    warnings = done(await one.manager.get(f"{one.lot}/monitoring"))["warnings"]
    assert not any("was scored with" in warning["message"] for warning in warnings), "no award rests on it"


async def test_what_must_hold_in_every_period_is_agreed_so(contract: Contract) -> None:
    """Four hours until somebody comes, at most, in every quarter: less is better, and hours do not add up."""
    agreed = {"criterion_id": "response", "unit": "hour", "direction": "lower", "accrual": "each_period"}
    body = MEETINGS | agreed | {"terms": {"targets": ["4", "4", "4", "4"]}}
    added = done(await contract.manager.post(f"{contract.lot}/negotiated-obligations", body))
    assert (added["direction"], added["accrual"], added["worth"]["target"]) == ("lower", "each_period", "4")
    none = MEETINGS | {"criterion_id": "accidents", "direction": "lower", "terms": {"targets": ["0", "0", "0", "0"]}}
    assert done(await contract.manager.post(f"{contract.lot}/negotiated-obligations", none))["worth"]["target"] == "0"


async def test_it_is_delivered_and_rated_and_no_part_of_what_suppliers_keep_of_their_bids(frozen: Market) -> None:
    await frozen.set_clock(START)
    terms = TERMS | {"apprentice-weeks": {"measure": "volunteering-hours", "kpi": True}}
    one = await watched(Later(frozen), terms, jurisdiction="none")
    added = done(await one.manager.post(f"{one.lot}/negotiated-obligations", MEETINGS))
    one.obligations["safety-meetings"] = added
    await frozen.set_clock(datetime(2031, 7, 1, 12, tzinfo=UTC))
    await one.deliver("safety-meetings", 1, "3")
    await one.deliver("apprentice-weeks", 1, "30")
    await one.deliver("carbon", 1, "15")
    span = {"starts_on": "2031-04-01", "ends_on": "2031-06-30"}
    made = done(await one.manager.post(f"{one.lot}/assessments", span))
    ratings = {rated["criterion_id"]: (rated["origin"], rated["rating"]) for rated in made["ratings"]}
    assert ratings["safety-meetings"] == ("contract", "good")
    assert ratings["apprentice-weeks"][0] == "bid"
    learnt = [found["measure"] for found in done(await frozen.author.get("/contracts/delivered"))]
    assert "safety-meetings" not in learnt
    assert "volunteering-hours" in learnt
    refused(
        await one.manager.post(one.path("safety-meetings", "remedies"), {"step": "withhold", "reason": "Short."}),
        409,
        "step-below-missing",
    )
    await frozen.set_clock(START)
