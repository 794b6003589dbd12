"""Who stands behind opened bids is kept once, by the opening, and read with the bids."""

from tests.make import a_bid
from tests.service.conftest import Market, done, refused
from tests.service.test_consortia import LEAD, PARTNER


async def test_parties_of_withdrawn_and_replaced_bids_are_never_known(market: Market) -> None:
    """Only what stood at the opening is opened."""
    tender = await market.publish()
    first = done(await market.alder.submit(tender, a_bid() | {"members": [LEAD, PARTNER]}))
    done(await market.alder.put(f"/bids/{first['bid_id']}", a_bid(), Idempotency_Key="alone"))
    gone = done(await market.birch.submit(tender, a_bid() | {"members": [LEAD, PARTNER]}))
    done(await market.birch.delete(f"/bids/{gone['bid_id']}"))
    (line,) = (await market.open(tender))["bids"]
    assert (line["parties"], line["overlaps"]) == ([], [])
    kept = "SELECT count(*) FROM bid_parties WHERE bid_id = ANY($1::uuid[])"
    assert await market.owner.fetchval(kept, [first["bid_id"], gone["bid_id"]]) == 0


async def test_who_stands_behind_bids_is_for_those_who_may_read_them(market: Market) -> None:
    """A colleague without a role, a rival and another buyer learn nothing."""
    tender = await market.publish()
    done(await market.alder.submit(tender, a_bid() | {"members": [LEAD, PARTNER]}))
    path = f"/lots/{tender['lots'][0]['id']}"
    refused(await market.officer.get(f"{path}/bids"), 403, "forbidden")
    refused(await market.evaluator.get(f"{path}/bids"), 409, "not-opened")
    await market.open(tender)
    refused(await market.colleague.get(f"{path}/opening"), 403, "forbidden")
    refused(await market.birch.get(f"{path}/opening"), 404, "not-found")
    refused(await market.stranger.get(f"{path}/opening"), 404, "not-found")
    assert "Elm" not in (await market.birch.get(f"{path}/bids")).text
