"""What the winner promised and was scored for becomes what it owes: from the stored result, complete, and once."""

from decimal import Decimal

import pytest

from tests.make_contract import YEAR, Contract, signed, watched
from tests.service.conftest import Market, done, refused


@pytest.fixture(scope="module")
async def contract(market: Market) -> Contract:
    """One contract that these tests read; what they write is refused."""
    terms = {"apprentice-weeks": {"measure": "apprentice-weeks", "kpi": True}, "working-time": {"contracted": False}}
    return await watched(market, terms)


async def test_every_scored_promise_is_an_obligation_with_what_it_earned(contract: Contract) -> None:
    """Quantities as offered, words in percent; points from the stored result, money by the price's own rate."""
    found = contract.obligations
    assert list(found) == ["method-statement", "working-time", "apprentice-weeks", "carbon"]
    weeks, words, carbon = found["apprentice-weeks"], found["method-statement"], found["carbon"]
    assert (weeks["promised"], weeks["worth"]["target"], weeks["unit"], weeks["accrual"]) == (
        "156",
        "156",
        "week",
        "sum",
    )
    assert (weeks["worth"]["points"], weeks["worth"]["advantage"]) == ("11.25", "225000.00")
    assert words["promised"].startswith("We strip and re-roof one school at a time")
    assert (words["worth"]["target"], words["unit"], words["accrual"]) == ("100", "percent", "each_period")
    assert (carbon["direction"], carbon["worth"]["target"]) == ("lower", "64.5")


async def test_a_promise_is_spread_over_the_contract_s_days_to_the_last_unit(contract: Contract) -> None:
    periods = contract.obligations["apprentice-weeks"]["periods"]
    assert [one["starts_on"] for one in periods] == ["2031-04-01", "2031-07-01", "2031-10-01", "2032-01-01"]
    assert [one["target"] for one in periods] == ["38.79", "39.21", "39.21", "38.79"]
    assert sum(Decimal(one["target"]) for one in periods) == 156


async def test_terms_come_from_the_catalogue_and_the_award_unless_the_contract_says_otherwise(
    contract: Contract,
) -> None:
    """Evidence by the measure; 1.5 × the advantage for a shortfall; what is not in the contract is marked."""
    weeks, hours = contract.obligations["apprentice-weeks"]["terms"], contract.obligations["working-time"]["terms"]
    assert weeks["evidence"]
    assert (weeks["kpi"], weeks["owner_id"]) == (True, contract.manager.id)
    assert weeks["compensation"] == {"id": "advantage", "factor": "1.5", "cap": None}
    assert hours["contracted"] is False


async def test_obligations_are_made_once_and_of_a_signed_contract_alone(contract: Contract, market: Market) -> None:
    refused(await contract.manager.post(f"{contract.lot}/obligations", YEAR), 409, "contract-already-watched")
    tender, _, _ = await market.awarded()
    path = f"/lots/{tender['lots'][0]['id']}/obligations"
    refused(await market.approver.post(path, YEAR), 409, "contract-not-signed")
    refused(await market.approver.get(path), 409, "contract-not-watched")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"ends_on": "2031-03-31"}, "/ends_on"),
        ({"ends_on": "2099-03-31"}, "/ends_on"),
        ({"terms": {"price": {}}}, "/terms/price"),
        ({"terms": {"carbon": {"measure": "nt1"}}}, "/terms/carbon/measure"),
        ({"terms": {"carbon": {"targets": ["1", "2"]}}}, "/terms/carbon/targets"),
        ({"terms": {"carbon": {"targets": ["NaN", "1", "1", "1"]}}}, ""),
        ({"terms": {"carbon": {"targets": ["0", "0", "0", "0"]}}}, "/terms/carbon/targets"),
        ({"terms": {"apprentice-weeks": {"targets": ["-5", "60", "60", "41"]}}}, "/terms/apprentice-weeks/targets/0"),
        ({"terms": {"apprentice-weeks": {"targets": ["0", "0", "0", "0"]}}}, "/terms/apprentice-weeks/targets"),
        ({"terms": {"carbon": {"owner_id": "3f0c1a52-8f5e-4a4e-9d7c-1f2f8d2f6f11"}}}, "/terms"),
        ({"terms": {"carbon": {"compensation": {"id": "advantage", "factor": "-1"}}}}, ""),
        ({"bounds": {"good": "90"}}, ""),
    ],
)
async def test_what_does_not_fit_the_promise_is_refused_with_its_place(
    unwatched: Contract, change: dict[str, object], pointer: str
) -> None:
    problem = refused(
        await unwatched.manager.post(f"{unwatched.lot}/obligations", YEAR | change), 422, "invalid-request"
    )
    assert all(fault["message"] and fault["pointer"].startswith(pointer) for fault in problem["errors"]), problem


@pytest.fixture(scope="module")
async def unwatched(market: Market) -> Contract:
    """A signed contract without obligations."""
    tender, manager = await signed(market)
    return Contract(market, tender, manager, market.birch, {})


async def test_the_contract_changes_with_a_reason_and_the_earlier_terms_are_kept(market: Market) -> None:
    one = await watched(market)
    terms = {"targets": ["20", "40", "40", "40"], "compensation": {"id": "per_unit", "rate": "100", "source": "cl. 14"}}
    path = one.path("apprentice-weeks", "terms")
    refused(await one.manager.put(path, {"reason": " ", "terms": terms}), 422, "invalid-request")
    refused(await one.supplier.put(path, {"reason": "Better so.", "terms": terms}), 404, "not-found")
    notice = {"reason": "Change notice 1: two schools fewer.", "terms": terms}
    refused(await one.manager.put(path, notice, If_Match='"2"'), 412, "precondition-failed")
    answer = await one.manager.put(path, notice, If_Match='"1"')
    changed = done(answer)
    assert answer.headers["etag"] == '"2"'
    assert (changed["version"], [period["target"] for period in changed["periods"]]) == (2, ["20", "40", "40", "40"])
    assert changed["worth"]["target"] == "156"
    second = await market.colleague_of(market.author, "Cato Contract")
    await market.give(one.tender, second, "contract_manager")
    again = done(await second.put(path, {"reason": "Change notice 2.", "terms": terms}))
    assert again["terms"]["owner_id"] == one.manager.id, "who changes terms does not take the promise over"
    rows = await market.owner.fetch("SELECT version FROM obligation_terms WHERE obligation_id = $1", changed["id"])
    assert sorted(row["version"] for row in rows) == [1, 2, 3]
    entry = await market.last(one.tender)
    assert (entry["kind"], entry["data"]["reason"]) == ("obligation.changed", "Change notice 2.")


async def test_a_measure_of_the_buyer_s_own_catalogue_brings_its_evidence_and_what_it_counts(market: Market) -> None:
    """As a built-in one does: of two editions the later; another buyer's catalogue says nothing."""
    for version, proof in (("2030", "a letter"), ("2031", "site register; payroll")):
        content = f"code,title,unit,evidence,counts\nNT99,Weeks of training,weeks,{proof},training\n"
        path = f"/catalogues?title=Own&version={version}&licence=own%20work&source=Northgate"
        headers = {"Authorization": f"Bearer {market.author.key}", "Content-Type": "text/csv"}
        done(await market.author.http.post(path, content=content.encode(), headers=headers))
    one = await watched(market, {"carbon": {"measure": "NT99"}})
    terms = one.obligations["carbon"]["terms"]
    assert (terms["counts"], terms["evidence"]) == ("training", ["site register", "payroll"])
    changed = {"reason": "Change notice 1.", "terms": {"measure": "NT99"}}
    assert done(await one.manager.put(one.path("carbon", "terms"), changed))["terms"]["counts"] == "training"


async def test_the_contractor_reads_its_own_obligations_and_nobody_else_s(contract: Contract, market: Market) -> None:
    own = done(await contract.supplier.get(f"{contract.lot}/obligations"))
    assert [one["criterion_id"] for one in own["obligations"]] == list(contract.obligations)
    for person in (market.alder, market.stranger):
        refused(await person.get(f"{contract.lot}/obligations"), 404, "not-found")
    refused(await market.colleague.get(f"{contract.lot}/obligations"), 403, "forbidden")
