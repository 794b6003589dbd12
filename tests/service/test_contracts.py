"""The contract: after the standstill, to the microsecond, and once."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx

from tests.service.conftest import Market, Person, done, refused


def path_of(tender: dict[str, Any], what: str = "contract") -> str:
    return f"/lots/{tender['lots'][0]['id']}/{what}"


async def sign(person: Person, tender: dict[str, Any], at: datetime, **fields: Any) -> httpx.Response:
    return await person.post(path_of(tender), {"signed_at": at.isoformat(), "reference": "C-2026-7"} | fields)


async def now(market: Market) -> datetime:
    return await market.owner.fetchval("SELECT clock_timestamp()")


async def test_a_contract_is_signed_when_the_standstill_has_ended_and_not_a_microsecond_earlier(market: Market) -> None:
    """Eight working days from the award notice; the instant of the end is the first that is allowed."""
    tender, bids, _ = await market.awarded(jurisdiction="uk-pa2023")
    await market.send_letters(tender)
    at = await now(market)
    notice = {"published_at": at.isoformat(), "reference": "2026/S 000-1"}
    told = done(await market.approver.post(path_of(tender, "award-notice"), notice))["standstill_ends_at"]
    assert datetime.fromisoformat(told) - at > timedelta(days=8)
    refused(await sign(market.approver, tender, await now(market)), 409, "standstill-runs")
    # The end is data, as a deadline is: moved into the past, where its last microsecond can be tried.
    ends = at + timedelta(microseconds=1)
    await market.owner.execute("UPDATE standstills SET ends_at = $2 WHERE lot_id = $1", tender["lots"][0]["id"], ends)
    refused(await sign(market.approver, tender, ends - timedelta(microseconds=1)), 409, "standstill-runs")
    refused(await sign(market.approver, tender, ends + timedelta(days=2)), 422, "invalid-request")
    signed = done(await sign(market.approver, tender, ends))
    assert (signed["bid_id"], signed["award_number"]) == (bids[1]["bid_id"], 1)
    entry = await market.last(tender)
    assert (entry["kind"], entry["data"]["reference"]) == ("contract.signed", "C-2026-7")
    assert done(await market.colleague.get(path_of(tender))) == signed
    refused(await sign(market.approver, tender, ends), 409, "contract-signed")
    annulment = {"annulled_by": "buyer", "reference": "file 7", "reason": "Second thoughts."}
    refused(await market.approver.post(path_of(tender, "award/annulment"), annulment), 409, "contract-signed")
    done(await market.approver.post(path_of(tender, "award/annulment"), annulment | {"annulled_by": "court"}))


async def test_without_a_notice_the_standstill_has_not_begun(market: Market) -> None:
    """Under the Procurement Act 2023 letters alone do not start it."""
    tender, _, _ = await market.awarded(jurisdiction="uk-pa2023")
    await market.send_letters(tender)
    refused(await sign(market.approver, tender, await now(market)), 409, "standstill-runs")


async def test_where_no_law_asks_for_a_standstill_the_award_is_enough(market: Market) -> None:
    """Signed after the award, recorded by an approver or a contract manager, once."""
    tender, _, award = await market.awarded()
    manager = await market.colleague_of(market.author, "Manager")
    await market.give(tender, manager, "contract_manager")
    early = datetime.fromisoformat(award["decided_at"]) - timedelta(microseconds=1)
    refused(await sign(market.approver, tender, early), 422, "invalid-request")
    at = await now(market)
    answers = await asyncio.gather(*(sign(manager, tender, at) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


async def test_a_contract_needs_a_standing_award_to_a_bid(market: Market) -> None:
    """Not before the award, not where nothing was awarded, not after an annulment."""
    tender, _, run = await market.evaluated()
    refused(await sign(market.approver, tender, await now(market)), 409, "not-awarded")
    await market.recommend(tender, run, None)
    nothing = {"evaluation_id": run["id"], "bid_id": None, "reason": "No budget."}
    done(await market.approver.post(path_of(tender, "award"), nothing))
    refused(await sign(market.approver, tender, await now(market)), 409, "not-awarded")


async def test_contracts_are_for_approvers_and_contract_managers(market: Market) -> None:
    """Others are told so; suppliers and strangers find nothing."""
    tender, _, _ = await market.awarded()
    at = await now(market)
    for person in (market.moderator, market.author, market.evaluator, market.colleague):
        refused(await sign(person, tender, at), 403, "forbidden")
    refused(await market.colleague.get(path_of(tender)), 404, "not-found")
    for person in (market.stranger, market.alder):
        refused(await sign(person, tender, at), 404, "not-found")
        refused(await person.get(path_of(tender)), 404, "not-found")
    refused(await sign(market.approver, tender, at, reference=" "), 422, "invalid-request")
