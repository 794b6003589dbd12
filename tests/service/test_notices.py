"""The award notice: after the letters, once, and under the Procurement Act the standstill's beginning."""

from datetime import datetime, timedelta
from typing import Any

import httpx

from tests.service.conftest import Market, Person, done, refused


def path_of(tender: dict[str, Any]) -> str:
    return f"/lots/{tender['lots'][0]['id']}/award-notice"


async def publish(market: Market, person: Person, tender: dict[str, Any], **fields: Any) -> httpx.Response:
    at: datetime = await market.owner.fetchval("SELECT clock_timestamp()")
    return await person.post(path_of(tender), {"published_at": at.isoformat(), "reference": "2026/S 000-7"} | fields)


async def test_summaries_then_notice_then_standstill(market: Market) -> None:
    """Procurement Act 2023 s.50–51: the order is kept by the service, and the notice begins the eight working days."""
    tender, _, _ = await market.awarded(jurisdiction="uk-pa2023")
    refused(await publish(market, market.approver, tender), 409, "letters-not-sent")
    sent = await market.send_letters(tender)
    assert sent["standstill_ends_at"] is None
    early = datetime.fromisoformat(sent["sent_at"]) - timedelta(microseconds=1)
    refused(await publish(market, market.approver, tender, published_at=early.isoformat()), 422, "invalid-request")
    refused(await publish(market, market.approver, tender, published_at="2131-01-01T00:00:00Z"), 422, "invalid-request")
    notice = done(await publish(market, market.approver, tender))
    assert notice["standstill_ends_at"]
    entry = await market.last(tender)
    assert (entry["kind"], entry["data"]["reference"]) == ("award-notice.published", "2026/S 000-7")
    assert done(await market.colleague.get(path_of(tender))) == notice
    refused(await publish(market, market.approver, tender), 409, "notice-already-published")


async def test_where_the_decision_begins_the_standstill_the_notice_does_not(market: Market) -> None:
    """Under the directives it began with the letters; the notice is recorded and changes nothing."""
    tender, _, _ = await market.awarded(jurisdiction="eu-2014-24-de", time_zone="Europe/Berlin")
    sent = await market.send_letters(tender)
    assert sent["standstill_ends_at"]
    told = done(await publish(market, market.approver, tender))["standstill_ends_at"]
    assert datetime.fromisoformat(told) == datetime.fromisoformat(sent["standstill_ends_at"])


async def test_a_notice_needs_an_award_and_an_approver(market: Market) -> None:
    """Others are told so; suppliers and strangers find nothing."""
    tender, _, _ = await market.evaluated()
    refused(await publish(market, market.approver, tender), 409, "not-awarded")
    for person in (market.moderator, market.author, market.colleague):
        refused(await publish(market, person, tender), 403, "forbidden")
    refused(await market.colleague.get(path_of(tender)), 404, "not-found")
    for person in (market.stranger, market.alder):
        refused(await publish(market, person, tender), 404, "not-found")
        refused(await person.get(path_of(tender)), 404, "not-found")
